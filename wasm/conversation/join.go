package conversation

import (
	"bytes"

	"github.com/sealwire/sealwire/wasm/wire"
)

const (
	packageSeconds = 7 * 24 * 3600 // until the key package of a commit or a join request expires
	rejoinPause    = 60_000        // milliseconds from what came of one request to the next
)

// Joins lists the join requests that stand, in the log's order.
func (c *Conversation) Joins() []wire.Standing { return c.chain.Joins() }

// JoinRequest asks the others to add this end again: in state Lost, or as a
// customer's new identity, which never was a member, in the place of a customer
// of its alias. Save the end and the conversation in one go before sending. As
// long as an answer to it would do, the same bytes come back. RateLimited: less
// than a minute ago it was added again, refused or displaced; two copies of one
// identity would else ask in turns without end. Now is Unix milliseconds.
func (c *Conversation) JoinRequest(now uint64) ([]byte, error) {
	var old *wire.Member
	switch c.State() {
	case Lost:
		old = c.chain.Member(c.end.ID())
	case NotMember:
		if c.was || c.end.role != wire.Customer {
			return nil, wire.NotMember
		}
		for i := range c.Members() {
			alias := ""
			if c.end.credential != nil {
				alias = c.end.credential.Alias
			}
			if m := &c.Members()[i]; m.Role == wire.Customer && m.Alias == alias {
				old = m
			}
		}
	default:
		if err := c.ready(); err != nil {
			return nil, err
		}
		return nil, wire.BadArgument
	}
	if old == nil || old.Leaving {
		return nil, wire.NotMember
	}
	if err := c.maySend(now); err != nil {
		return nil, err
	}
	leaf := old.KeyPackage.Leaf.Hash()
	before := c.asked()
	if before != nil && before.Leaf == leaf {
		_, displaced := c.stands(before)
		if kp := before.KeyPackage; !displaced && kp.ValidAt(now/1000) == nil && !c.end.renewed(kp) && c.end.packageFor(kp.Leaf) != nil {
			return c.request, nil
		}
	}
	if now-c.rejoined < rejoinPause { // a clock that was set back makes no pause
		return nil, wire.RateLimited
	}
	kp, err := c.end.keyPackage(now/1000+packageSeconds, wire.UsePlace)
	if err != nil {
		return nil, err
	}
	j := &wire.JoinRequest{Conversation: c.ID(), Leaf: leaf, Reason: max(c.lost, wire.ReasonLost), KeyPackage: kp}
	entry, err := j.Sign(c.end.identity)
	if err == nil {
		err = c.chain.Check(&wire.Entry{Kind: wire.KindJoin, Join: j})
	}
	if err != nil {
		c.end.spend(kp.Leaf.Hash())
		return nil, err
	}
	if before != nil {
		c.end.spend(before.KeyPackage.Leaf.Hash())
		c.rejoined = now
	}
	c.request = entry
	return entry, nil
}

// asked is the own join request that may be out, or nil.
func (c *Conversation) asked() *wire.JoinRequest {
	if e, err := wire.DecodeEntry(c.request); err == nil {
		return e.Join
	}
	return nil
}

// stands tells whether the own request does, or another in its place: of two
// copies of an identity the one that asked later, or of two new identities.
func (c *Conversation) stands(j *wire.JoinRequest) (mine, other bool) {
	self, id := c.end.ID(), wire.EntryID(c.request)
	for _, s := range c.chain.Joins() {
		if s.Leaf == j.Leaf && s.Same == (s.Replaces == self) {
			return s.ID == id, s.ID != id
		}
	}
	return false, false
}

// asksNoMore forgets the own join request if the leaf that it names is gone: it
// was answered, or never will be.
func (c *Conversation) asksNoMore(j *wire.JoinRequest, stood bool, now uint64) {
	if c.chain.Owner(j) != nil && !c.chain.Closed() {
		return
	}
	c.request = nil
	if stood {
		c.rejoined = now
	}
	if own := c.chain.Member(c.end.ID()); own == nil || !bytes.Equal(own.KeyPackage.Leaf, j.KeyPackage.Leaf) {
		c.end.spend(j.KeyPackage.Leaf.Hash())
	}
}

// keepsAnswer drops a pending commit whose join request stands no longer: it
// will not be valid on this head any more, nor would any other be made.
func (c *Conversation) keepsAnswer() {
	p := c.pending
	if p == nil {
		return
	}
	e, err := wire.DecodeEntry(p.entry)
	if err != nil || len(e.Commit.Answers) == 0 {
		return
	}
	for _, j := range c.chain.Joins() {
		if wire.Equal(j.ID[:], e.Commit.Answers) {
			return
		}
	}
	p.wipe()
	c.pending = nil
}

// answer finds the join request by which the member comes back with the next
// commit: the chosen one, or its own that may be answered.
func (c *Conversation) answer(now uint64, m *wire.Member, chosen wire.ID) (found *wire.Standing) {
	for _, j := range c.chain.Joins() {
		switch {
		case j.Replaces != m.ID:
		case j.ID == chosen:
			return &j
		case j.KeyPackage.ValidAt(now/1000) == nil && c.chain.Answerable(j, c.chain.Member(c.end.ID()).Role, c.end.chains):
			found = &j
		}
	}
	return found
}
