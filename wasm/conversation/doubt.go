package conversation

import (
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

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
	if m.Epoch <= c.Epoch() && (m.SeenIndex < c.base || c.tooOld(m.SeenIndex) || c.sameLog(m.SeenIndex, m.SeenHash)) {
		return
	}
	c.settle(m.Sender) // so that it stands there once
	if m.Sender == c.end.ID() {
		c.defend = true
	} else {
		c.doubted = append(c.doubted, m.Sender)
	}
}

// settle ends the doubt about a member.
func (c *Conversation) settle(id wire.ID) {
	if id == c.end.ID() {
		c.defend = false
	}
	if i := slices.Index(c.doubted, id); i >= 0 {
		c.doubted = append(c.doubted[:i], c.doubted[i+1:]...)
	}
}
