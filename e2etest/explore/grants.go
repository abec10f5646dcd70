package explore

import (
	"fmt"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// What must be kept and granted of the past (SPEC section 5.7), by the log and
// by what each end has read of it; the ends' own idea of it is compared.

// judgeGrant wants a commit to make the moves that were asked for, and to grant
// what its maker must hold, to nobody but its newcomer, and nothing where no
// reason was given.
func (w *World) judgeGrant(before, m *Member, moves *conversation.Moves) error {
	made := m.pending.decoded.Commit
	role := w.Log.Chain(before.index).Member(m.ID).Role
	if moves.Role != 0 {
		role = moves.Role
	}
	for _, id := range moves.Removes {
		if !slices.Contains(made.Removes, id) {
			return fmt.Errorf("%s removes not all whom it was to", m.Name)
		}
	}
	if made.Role != role || made.Marks != moves.Marks || len(made.Adds) < len(moves.Adds) {
		return fmt.Errorf("%s makes other moves than it was to", m.Name)
	}
	for _, a := range made.Adds {
		to := a.KeyPackage.MemberID()
		asked := moves.History != 0 && slices.ContainsFunc(moves.Adds, func(n conversation.Newcomer) bool { return slices.Equal(n.KeyPackage, a.KeyPackage.Bytes()) })
		var want []uint64
		if asked {
			want = w.kept(before, w.Log.Chain(before.index), append(slices.Clip(before.past), before.epoch))
		}
		if got := granted(made, to); !slices.Equal(got, want) {
			return fmt.Errorf("%s grants %v, and holds %v", m.Name, got, want)
		}
		for _, g := range made.Grants {
			if g.Grantee == to && (a.Role != wire.Agent && a.Role != wire.Inbox && !(a.Role == wire.Supervisor && g.Reason == forSupervision) || g.Reason != moves.History) {
				return fmt.Errorf("%s grants something to one in role %d for reason %d", m.Name, a.Role, g.Reason)
			}
		}
	}
	return nil
}

// kept is what is left of epochs that an end held when all goes that it may
// not grant, or not any more.
func (w *World) kept(m *Member, at *wire.Chain, past []uint64) []uint64 {
	own := at.Member(m.ID)
	if own == nil || own.Role != wire.Agent && own.Role != wire.Supervisor && own.Role != wire.Inbox {
		return nil
	}
	switch w.Company.grants {
	case 1:
		since := uint64(0)
		if m.index > 0 {
			since = w.Log.Entries[m.index-1].Since
		}
		return slices.DeleteFunc(slices.Clone(past), func(n uint64) bool { return n < since })
	case 2:
		return past
	}
	return nil
}

// follows sets what a member must keep once it has read an entry.
func (w *World) follows(before, m *Member, p Placed, ev *conversation.Event) {
	switch {
	case ev.Rewound:
		m.past = granted(p.decoded.Commit, m.ID)
		return
	case m.state == conversation.Rereading:
		return
	case m.state != conversation.Active && m.state != conversation.Doubtful:
		m.past = nil
		return
	case p.Kind != wire.KindCommit || p.Err != nil:
		return
	case before.state == conversation.Active || before.state == conversation.Doubtful:
		m.past = append(slices.Clip(before.past), before.epoch)
	}
	m.past = w.kept(m, p.After, m.past)
}

// judgePast wants a member to keep what it must, as it is, and nothing else.
func (w *World) judgePast(c *conversation.Conversation, m *Member) error {
	past := field(c, "past")
	var got []uint64
	for i := range past.Len() {
		n := past.Index(i).FieldByName("number").Uint()
		if n != c.Epoch() || m.state == conversation.Rereading { // whoever grants keeps the epoch that it is in before that is over
			got = append(got, n)
		}
		if secret := string(past.Index(i).FieldByName("secret").Bytes()); secret != w.epochs[w.Log.begins(n)] {
			return fmt.Errorf("it keeps another secret of epoch %d than was that epoch's", n)
		}
	}
	if !slices.Equal(got, m.past) {
		return fmt.Errorf("it keeps the secrets of epochs %v, and should of %v", got, m.past)
	}
	return nil
}

// judgeRewound wants an end to go back to the beginning that was granted
// something, with that and with nothing else.
func (w *World) judgeRewound(before, m *Member, ev *conversation.Event, p Placed) error {
	c := m.Look()
	switch {
	case p.Err != nil || p.Kind != wire.KindCommit || len(m.past) == 0 || before.state == conversation.Rereading || !p.decoded.Commit.Newcomer(m.ID):
		return fmt.Errorf("it goes back, and was granted nothing")
	case m.state != conversation.Rereading || m.index != 0 || c.Epoch() != 0 || c.LogHash() != wire.LogHash0(c.ID()) || len(c.Members()) != 0:
		return fmt.Errorf("it goes back, and not to the beginning: state %d, index %d", m.state, m.index)
	case field(c, "reread").Uint() != before.index+1 || string(field(c, "until").Bytes()) != string(p.Hash[:]):
		return fmt.Errorf("it is to read up to %d", field(c, "reread").Uint())
	case secret(c, "secrets") != "" || secret(c, "leaf") != "" || m.pending != nil:
		return fmt.Errorf("it goes back, and keeps more than it was granted")
	}
	return w.judgePast(c, m)
}

// judgeRereading is judgeState of who reads again: it holds what it was
// granted, opens by that or by what it was sealed once, and may not grant.
func (w *World) judgeRereading(c *conversation.Conversation, m *Member) error {
	if m.pending != nil {
		return fmt.Errorf("it reads again, and has a commit to send")
	}
	if !field(c, "secrets").FieldByName("init").IsZero() && !w.heldAt(m) {
		return fmt.Errorf("it reads again, and holds more of an epoch than its secret")
	}
	if epoch := secret(c, "secrets"); epoch != "" {
		if known, ok := w.epochs[c.TranscriptHash()]; !ok || string(field(c, "secrets").FieldByName("epoch").Bytes()) != known {
			return fmt.Errorf("it reads again with another secret than was the epoch's")
		}
		if !slices.Contains(m.past, c.Epoch()) && !w.heldAt(m) {
			return fmt.Errorf("it reads in epoch %d, and was granted %v", c.Epoch(), m.past)
		}
	}
	return w.judgePast(c, m)
}

// heldAt tells whether a member was in where it has read to.
func (w *World) heldAt(m *Member) bool {
	own := w.Log.Chain(m.index).Member(m.ID)
	return own != nil && !own.Leaving
}
