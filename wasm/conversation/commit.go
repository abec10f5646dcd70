package conversation

import (
	"bytes"
	"crypto/rand"
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Due says what must happen before a message may be sealed.
type Due uint8

// What Due answers.
const (
	DueNothing Due = 0 // seal
	DueCommit  Due = 1 // commit first
	DuePending Due = 2 // an own commit waits to be read back: send the same bytes again
)

// Due tells whether a sender commits first (SPEC section 5.6): its epoch is
// old or has carried much, it has not committed in this page load or for many
// of its own messages, a newer manifest or an own renewed credential is known,
// a member is leaving or no longer stands, asks to be added again, or has cause
// to doubt this end, or somebody asks for this end's own place, which is not
// lost. The last three bear no delay: commit at once, whether or not there is
// anything to send. Now is Unix milliseconds. Expired
// means that a member's credential ended that this end may not remove, or the
// own one, or the manifest.
func (c *Conversation) Due(now uint64) (Due, error) {
	if err := c.ready(); err != nil {
		return 0, err
	}
	if c.pending != nil {
		return DuePending, nil
	}
	if err := c.maySend(now); err != nil {
		return 0, err
	}
	fallen, company, _, err := c.fallen(now, &Moves{})
	if err != nil && !c.urgent() {
		return 0, err
	}
	policy := c.end.newest.Policy
	_, sequence := c.chain.Manifest()
	own := c.chain.Member(c.end.ID())
	switch {
	case len(fallen) != 0, c.urgent(), c.end.renewed(own.KeyPackage):
		return DueCommit, nil
	case own.Role == wire.Customer && !company: // nobody would read it
		return 0, wire.Unavailable
	case c.end.newest.Sequence > sequence,
		c.committedIn != c.end.instance,
		c.ownMessages >= uint64(policy.RotateMessages),
		c.epochMessages >= uint64(policy.RotateMessages),
		now > c.epochTime && now-c.epochTime >= uint64(policy.RotateMinutes)*60_000:
		return DueCommit, nil
	}
	return DueNothing, nil
}

// maySend asks this end's own clock about the manifest and the own credential.
func (c *Conversation) maySend(now uint64) error {
	if c.end.newest == nil {
		return wire.Unavailable
	}
	if err := c.end.newest.ValidAt(now / 1000); err != nil {
		return err
	}
	if c.end.credential != nil {
		return c.end.credential.EndedAt(now / 1000)
	}
	return nil
}

// fallen lists the other members that must go before anything is sent: those
// that marked themselves leaving, those whose credential has ended or whose
// issuer is gone from the newest manifest, and one that comes back by the
// answer to a join request: the chosen one, or the first that may be answered.
// A credential that stands in such a request excuses one in the roster that has
// ended. Company tells whether an agent, inbox or bot is left or comes; where a
// customer has none, those with an ended credential stay, for renewed they go
// on. Whom the moves remove is among them. The error is of a member that this
// end may not remove, who is not among them.
func (c *Conversation) fallen(now uint64, moves *Moves) (out []wire.ID, company bool, answer *wire.Standing, err error) {
	own, chosen := c.chain.Member(c.end.ID()), moves.Answers
	for _, a := range moves.Adds {
		company = company || a.Role == wire.Inbox
	}
	var whatever []wire.ID // who goes, even where nobody of the company is left
	for i := range c.chain.Members() {
		m := &c.chain.Members()[i]
		if m.ID == own.ID {
			continue
		}
		if slices.Contains(moves.Removes, m.ID) {
			out, whatever = append(out, m.ID), append(whatever, m.ID)
			continue
		}
		j := c.answer(now, m, chosen)
		var fault error
		if cr := m.KeyPackage.Credential; cr != nil && j == nil {
			if fault = cr.EndedAt(now / 1000); fault == nil {
				fault = c.end.chains(cr)
			}
		}
		if fault == nil && !m.Leaving {
			if m.Role == wire.Agent || m.Role == wire.Inbox || m.Role == wire.Bot {
				company = true
			}
			if j == nil || j.ID != chosen && (answer != nil || chosen != wire.ID{} || moves.Quiet) {
				continue // at most one is answered at a time
			}
			answer = j
		} else if !m.Leaving && !wire.MayRemove(own.Role, m, c.end.newest) {
			err = wire.CodeOf(fault)
			continue
		}
		if m.Leaving || fault != nil && fault != error(wire.Expired) {
			whatever = append(whatever, m.ID)
		}
		out = append(out, m.ID)
	}
	if own.Role == wire.Customer && !company {
		out, answer = whatever, nil
	}
	return out, company, answer, err
}

// urgent tells whether this end's own commit is called for, whatever else
// stands: the others doubt it, or somebody asks for its place.
func (c *Conversation) urgent() bool { return c.defend != 0 || c.contested() }

// contested tells whether a join request stands on this end's own leaf, which
// only someone else can have made who has its identity key, or says to be its
// new one. A commit of its own, which no thief of the key can make, refuses it.
func (c *Conversation) contested() bool {
	self := c.end.ID()
	for _, j := range c.chain.Joins() {
		if j.Replaces == self {
			return true
		}
	}
	return false
}

// Newcomer is a member to add.
type Newcomer struct {
	Role       wire.Role
	KeyPackage []byte
}

// Moves are the changes of a commit beyond its fresh secret; the zero value
// only refreshes.
type Moves struct {
	Marks   uint8
	Role    wire.Role // zero keeps it; a supervisor takes over as agent
	Adds    []Newcomer
	Removes []wire.ID // beyond those who must go
	History uint8     // reason of the grant to the one newcomer of all that this end may grant; zero: none
	Answers wire.ID   // the standing join request that a person said yes to, or zero
	Quiet   bool      // answers no other: its owner is left time to refuse (SPEC section 7)
}

// Genesis begins a conversation as its customer, with the given newcomers. It
// refuses, before anything leaves, a key package that has ended, does not
// chain to the newest manifest or does not hold the queue. Previous is empty, or
// the id of the conversation that it continues. Now is Unix milliseconds. The
// entry is [Conversation.Pending].
func (e *End) Genesis(now uint64, queue string, adds []Newcomer, previous []byte) (*Conversation, error) {
	if len(queue) > wire.MaxQueue || len(previous)%16 != 0 || len(previous) > 16 {
		return nil, wire.BadArgument
	}
	var id wire.ID
	rand.Read(id[:])
	c := newConversation(e, id)
	if err := c.make(now, &wire.Commit{SeenHash: c.LogHash(), Role: e.role, Queue: queue, Previous: bytes.Clone(previous)}, Moves{Adds: adds}); err != nil {
		return nil, err
	}
	return c, nil
}

// Pending is the own commit that waits to be read back, or nil.
func (c *Conversation) Pending() []byte {
	if c.pending == nil {
		return nil
	}
	return c.pending.entry
}

// Commit makes a commit on the head: a fresh leaf, a fresh secret, the members
// who must go removed, and the moves. It answers a join request: the one that
// Moves names (BadCommit when that does not stand), else one that a leaf's owner
// made. A new identity's is never answered unless named. Save the state before
// sending. While one is pending on this head the same entry comes back,
// whatever the moves.
func (c *Conversation) Commit(now uint64, moves Moves) ([]byte, error) {
	if err := c.ready(); err != nil {
		return nil, err
	}
	if c.pending != nil {
		return c.pending.entry, nil
	}
	if err := c.maySend(now); err != nil {
		return nil, err
	}
	own := c.chain.Member(c.end.ID())
	m := &wire.Commit{Epoch: c.chain.Epoch() + 1, Parent: c.chain.Head(), SeenIndex: c.index, SeenHash: c.LogHash(), Role: own.Role}
	if moves.Role != 0 {
		m.Role = moves.Role
	}
	if moves.Marks&wire.MarkClose == 0 {
		for _, id := range moves.Removes {
			if id == own.ID || c.chain.Member(id) == nil {
				return nil, wire.BadCommit
			}
		}
		removes, _, answer, err := c.fallen(now, &moves)
		if err != nil && !c.urgent() {
			return nil, err
		}
		m.Removes = removes
		if answer != nil {
			if err := answer.KeyPackage.ValidAt(now / 1000); err != nil {
				return nil, err
			}
			m.Adds = []wire.Add{{Role: c.chain.Member(answer.Replaces).Role, KeyPackage: answer.KeyPackage}}
			m.Answers = answer.ID[:]
		} else if moves.Answers != (wire.ID{}) {
			return nil, wire.BadCommit
		}
	}
	if err := c.make(now, m, moves); err != nil {
		return nil, err
	}
	return c.pending.entry, nil
}

// make completes, seals, confirms and signs a commit and keeps it pending.
func (c *Conversation) make(now uint64, m *wire.Commit, moves Moves) error {
	if err := c.maySend(now); err != nil {
		return err
	}
	m.Conversation, m.ManifestHash, m.Time, m.Marks = c.ID(), c.end.newest.Hash(), now, moves.Marks
	for _, a := range moves.Adds {
		kp, err := wire.DecodeKeyPackage(a.KeyPackage)
		if err != nil {
			return err
		}
		if err := kp.ValidAt(now / 1000); err != nil {
			return err
		}
		m.Adds = append(m.Adds, wire.Add{Role: a.Role, KeyPackage: kp})
	}
	leaf, public := newLeaf()
	p := &pendingCommit{parent: m.Parent, leaf: leaf, madeIn: c.end.instance}
	defer func() {
		if c.pending != p {
			p.wipe()
		}
		if n := len(c.past); n != 0 && c.past[n-1].number == c.Epoch() { // only to grant it
			c.past[n-1] = pastEpoch{}
			c.past = c.past[:n-1]
		}
	}()
	if moves.History != 0 {
		if err := c.grant(m, moves); err != nil {
			return err
		}
	}
	kp := &wire.KeyPackage{Credential: c.end.credential, Leaf: public, Expires: now/1000 + packageSeconds, Use: wire.UsePlace}
	if _, err := kp.Sign(c.end.identity); err != nil {
		return err
	}
	m.KeyPackage = kp
	var ephemeral leafSecret
	rand.Read(ephemeral.x25519[:])
	m.Ephemeral = x25519Public(&ephemeral)
	defer ephemeral.wipe()
	rand.Read(p.secret[:])
	if m.Marks&wire.MarkClose == 0 {
		if err := c.sealCommit(m, p, &ephemeral); err != nil {
			return err
		}
	}
	m.Sign(c.end.identity)
	p.entry = m.Encode()
	p.id = wire.EntryID(p.entry)
	// What every other end will check is checked before anything leaves.
	e, err := wire.DecodeEntry(p.entry)
	if err != nil {
		return err
	}
	if err := c.chain.Check(e); err != nil {
		return err
	}
	c.pending = p
	return nil
}

// sealCommit seals the secret to each other member of the new roster and tags
// the commit with the epoch that follows from it.
func (c *Conversation) sealCommit(m *wire.Commit, p *pendingCommit, ephemeral *leafSecret) error {
	join := joiner(&c.secrets.init, p.secret[:])
	defer clear(join)
	body := wire.Sum("commit body", m.Body())
	for _, to := range c.chain.Preview(m).Others(m) {
		plain, kind := p.secret[:], byte(toContinuing)
		if m.Newcomer(to.ID) {
			plain, kind = c.withGranted(m, to.ID, join), toNewcomer
		}
		s, err := sealTo(&to, kind, body, ephemeral, m.Ephemeral, plain)
		if kind == toNewcomer {
			clear(plain)
		}
		if err != nil {
			return err
		}
		m.Seals = append(m.Seals, s)
	}
	confirmed := m.Confirmed()
	next := schedule(join, confirmed)
	m.Tag = tag(next.epoch[:], confirmed)
	next.wipe()
	return nil
}
