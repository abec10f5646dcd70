package conversation

import "github.com/sealwire/sealwire/wasm/wire"

// A message that does not open proves nothing: whoever carries it can have
// changed a bit. But where its public header tells of another log than this
// end's, its sender may have been shown one. So it suspends (state Doubtful)
// until something proves that the sender has read this log as far as here;
// only what a member signed stops for good (state Forked). The member in whose
// name it came sees it too and commits, which is such a proof, without
// anybody's asking: an honest log with garbage in it heals, a fork does not.

// doubt is of one member, at the index of the message that raised it.
type doubt struct {
	id wire.ID
	at uint64
}

// suspect notes in whose name an ignored message came that tells of another
// log. All ends that hold the epoch come to the same here, the named one too.
func (c *Conversation) suspect(m *wire.Message) {
	sender := c.chain.Member(m.Sender)
	if !c.member || sender == nil || !sender.Role.Speaks() || m.Conversation != c.ID() || m.Retention != wire.Stored {
		return
	}
	// Whoever seals in this epoch has read its commit; of one before, nobody need have.
	if m.Epoch <= c.Epoch() && (m.Epoch != c.Epoch() && m.SeenIndex < c.base || c.tooOld(m.SeenIndex) || c.sameLog(m.SeenIndex, m.SeenHash)) {
		return
	}
	if m.Sender == c.end.ID() {
		c.defend = c.index + 1
		return
	}
	c.settle(m.Sender, c.index) // so that it stands there once
	c.doubted = append(c.doubted, doubt{m.Sender, c.index + 1})
}

// settle ends the doubt about a member, this end's own too, that has read this
// log as far as seen: not by a message that a relay kept back from before.
func (c *Conversation) settle(id wire.ID, seen uint64) {
	if id == c.end.ID() && c.defend <= seen {
		c.defend = 0
	}
	kept := c.doubted[:0]
	for _, d := range c.doubted {
		if d.id != id || d.at > seen {
			kept = append(kept, d)
		}
	}
	c.doubted = kept
}
