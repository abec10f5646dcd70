package conversation

import "github.com/sealwire/sealwire/wasm/wire"

// What an end may show others of the past (SPEC section 5.7). It keeps the
// secrets of epochs that are over as long as policy lets it grant them, and
// grants them to a newcomer inside its seal. Who is granted something cannot
// open what it has read already, and so reads the log again from its beginning;
// each secret is checked against its epoch's tag, which stands for the whole
// history of membership, when that commit comes by.

// forSupervision is the one reason for which a supervisor is granted anything.
const forSupervision = 5

// pastEpoch is the secret of an epoch that is over.
type pastEpoch struct {
	number uint64
	secret [wire.EpochSecret]byte
}

// keepPast keeps the secret of the epoch that ends with the commit that begins
// the given one.
func (c *Conversation) keepPast(next uint64) {
	if n := len(c.past); c.member && c.reread == 0 && (n == 0 || c.past[n-1].number < next-1) {
		c.past = append(c.past, pastEpoch{next - 1, c.secrets.epoch})
	}
}

// trim drops what this end may not grant, or not any more.
func (c *Conversation) trim() {
	if c.reread != 0 {
		return
	}
	n := len(c.past)
	if own := c.chain.Member(c.end.ID()); own != nil && c.member && c.end.newest != nil && (own.Role == wire.Agent || own.Role == wire.Supervisor || own.Role == wire.Inbox) {
		switch c.end.newest.Policy.Grants {
		case 1:
			for n = 0; n < len(c.past) && c.past[n].number < c.since; n++ {
			}
		case 2:
			n = 0
		}
		n = max(n, len(c.past)-wire.MaxGranted)
	}
	c.forgetPast(n)
}

// forgetPast erases the oldest n.
func (c *Conversation) forgetPast(n int) {
	copy(c.past, c.past[n:])
	clear(c.past[len(c.past)-n:])
	c.past = c.past[:len(c.past)-n]
}

// grant names in the commit all epochs that this end holds, for the one
// newcomer of the moves.
func (c *Conversation) grant(m *wire.Commit, moves Moves) error {
	if len(moves.Adds) != 1 || !c.member || moves.Adds[0].Role == wire.Supervisor && moves.History != forSupervision {
		return wire.BadArgument
	}
	c.keepPast(m.Epoch)
	c.trim()
	if len(c.past) == 0 {
		return nil
	}
	to := m.Adds[len(m.Adds)-1].KeyPackage.MemberID()
	for _, p := range c.past {
		if n := len(m.Grants); n != 0 && m.Grants[n-1].To == p.number-1 {
			m.Grants[n-1].To = p.number
		} else {
			if n == wire.MaxMembers {
				m.Grants = m.Grants[1:] // a list's limit: the newest
			}
			m.Grants = append(m.Grants, wire.Grant{Grantee: to, From: p.number, To: p.number, Reason: moves.History})
		}
	}
	return nil
}

// withGranted is what a newcomer's seal holds: the joiner, then what the commit
// grants it.
func (c *Conversation) withGranted(m *wire.Commit, to wire.ID, join []byte) []byte {
	plain := append(make([]byte, 0, len(join)+wire.EpochSecret*len(c.past)), join...)
	for _, g := range m.Grants {
		for _, p := range c.past {
			if g.Grantee == to && g.From <= p.number && p.number <= g.To {
				plain = append(plain, p.secret[:]...)
			}
		}
	}
	return plain
}

// takeGranted takes what a seal held behind the joiner.
func (c *Conversation) takeGranted(m *wire.Commit, granted []byte) {
	c.forgetPast(len(c.past))
	for _, g := range m.Grants {
		for n := g.From; g.Grantee == c.end.ID() && n <= g.To; n++ {
			p := pastEpoch{number: n}
			granted = granted[copy(p.secret[:], granted):]
			c.past = append(c.past, p)
		}
	}
}

// rewind goes back to before the log's first entry, with what was granted.
func (c *Conversation) rewind() {
	fresh := newConversation(c.end, c.ID())
	fresh.past, fresh.reread, fresh.until = c.past, c.index, c.LogHash()
	fresh.counter, fresh.passing = c.counter, c.passing
	c.past = nil
	c.Wipe()
	*c = *fresh
}

// recall takes up the epoch that a commit begins, to read only, when this end
// was granted it. A secret that is not the epoch's is dropped: nothing opens by
// it, and it is not granted on.
func (c *Conversation) recall(m *wire.Commit, ev *Event) {
	if c.reread == 0 {
		return
	}
	for i := range c.past {
		p := &c.past[i]
		switch {
		case p.number != m.Epoch:
		case !wire.Equal(tag(p.secret[:], m.Confirmed()), m.Tag):
			copy(c.past[1:], c.past[:i])
			c.forgetPast(1)
			ev.Code = wire.OpenFailed
			return
		case !c.member: // else it opened what it once was sealed
			c.secrets.epoch, c.member = p.secret, true
		}
	}
}
