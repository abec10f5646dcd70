package conversation

import "github.com/sealwire/sealwire/wasm/wire"

const (
	packageSeconds = 7 * 24 * 3600 // until the key package of a commit or a join request expires
	rejoinPause    = 60_000        // milliseconds from one answer to the next request
)

// Joins lists the join requests that stand, in the log's order.
func (c *Conversation) Joins() []wire.Standing { return c.chain.Joins() }

// JoinRequest asks the others to add this end again: in state Lost, or as a
// customer's new identity, which never was a member, in the place of a customer
// of its alias. Save the end and the conversation in one go before sending. As
// long as an answer to it would do, the same bytes come back. RateLimited: it
// was added again less than a minute ago; two copies of one identity would
// else ask in turns without end. Now is Unix milliseconds.
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
	if e, err := wire.DecodeEntry(c.request); err == nil && e.Kind == wire.KindJoin && e.Join.Leaf == leaf {
		if kp := e.Join.KeyPackage; kp.ValidAt(now/1000) == nil && !c.end.renewed(kp) && c.end.packageFor(kp.Leaf) != nil {
			return c.request, nil
		}
	}
	if now-c.rejoined < rejoinPause { // a clock that was set back makes no pause
		return nil, wire.RateLimited
	}
	kp, err := c.end.keyPackage(now/1000+packageSeconds, false)
	if err != nil {
		return nil, err
	}
	j := &wire.JoinRequest{Conversation: c.ID(), Leaf: leaf, Reason: max(c.lost, wire.ReasonLost), KeyPackage: kp}
	entry, err := j.Sign(c.end.identity)
	if err != nil {
		return nil, err
	}
	if err := c.chain.Check(&wire.Entry{Kind: wire.KindJoin, Join: j}); err != nil {
		return nil, err
	}
	c.request = entry
	return entry, nil
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
