package conversation

import "github.com/sealwire/sealwire/wasm/wire"

// A message that does not open proves nothing: whoever carries it can have
// changed a bit. But where its public header tells of another log than this
// end's, its sender may have been shown one. So it suspends (state Doubtful)
// until something proves that the sender reads this log; only what a member
// signed stops for good (state Forked). The member in whose name it came sees
// it too and commits, which is such a proof, without anybody's asking: an
// honest log with garbage in it heals, a fork does not.

// suspect notes in whose name an ignored message came that tells of another
// log. All ends that hold the epoch come to the same here, the named one too.
func (c *Conversation) suspect(m *wire.Message) {
	sender := c.chain.Member(m.Sender)
	if !c.member || sender == nil || !sender.Role.Speaks() || m.Conversation != c.ID() || m.Retention != wire.Stored {
		return
	}
	if m.Epoch > c.Epoch() || m.SeenIndex >= c.base && !c.tooOld(m.SeenIndex) && !c.sameLog(m.SeenIndex, m.SeenHash) {
		c.settle(m.Sender) // once
		c.doubted = append(c.doubted, m.Sender)
	}
}

// settle ends the doubt about members.
func (c *Conversation) settle(members ...wire.ID) {
	var kept []wire.ID
	for _, id := range c.doubted {
		for _, m := range members {
			if id == m {
				id = wire.ID{}
			}
		}
		if id != (wire.ID{}) {
			kept = append(kept, id)
		}
	}
	c.doubted = kept
}

// doubt is the first other member that is doubted, or zero.
func (c *Conversation) doubt() wire.ID {
	for _, id := range c.doubted {
		if id != c.end.ID() {
			return id
		}
	}
	return wire.ID{}
}

// defends tells whether the others doubt this end.
func (c *Conversation) defends() bool {
	for _, id := range c.doubted {
		if id == c.end.ID() {
			return true
		}
	}
	return false
}
