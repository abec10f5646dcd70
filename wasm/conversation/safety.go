package conversation

import "github.com/sealwire/sealwire/wasm/wire"

// Safety is what two members compare over a channel that the relay does not
// carry (SPEC section 2.6).
type Safety struct {
	Epoch      uint64
	Number     [60]byte    // ASCII digits, the same at both ends
	Transcript wire.Digits // of the transcript hash, the same at all ends in this epoch
}

// maxHalves bounds the halves of safety numbers that an end remembers: each
// costs thousands of hashes.
const maxHalves = 64

// half is that of one identity key under a root.
type half struct {
	root     wire.Hash
	identity string
	digits   wire.Digits
}

// transcriptDigits remembers those of the newest transcript hash that was asked for.
type transcriptDigits struct {
	of     wire.Hash
	digits wire.Digits
}

// Safety is told by an end that is in the roster and holds the epoch: one that
// lost it may have another with its key in its place, whose number is the same.
// Forked and doubtful ends tell theirs, for that is how a person finds out.
// BadArgument: the id is this end's own. NotMember: nobody in the roster, or
// leaving it.
func (c *Conversation) Safety(id wire.ID) (*Safety, error) {
	switch {
	case id == c.end.ID():
		return nil, wire.BadArgument
	case c.reread != 0 || !c.chain.Started():
		return nil, wire.Unavailable
	case c.gone() || c.chain.Closed():
		return nil, wire.NotMember
	case !c.member:
		return nil, wire.EpochGone
	}
	other := c.chain.Member(id)
	if other == nil || other.Leaving {
		return nil, wire.NotMember
	}
	if head := c.chain.Head(); c.digits.of != head {
		c.digits = transcriptDigits{head, wire.TranscriptDigits(head)}
	}
	s := &Safety{Epoch: c.chain.Epoch(), Transcript: c.digits.digits}
	root := c.chain.Root()
	s.Number = wire.SafetyNumber(c.end.Identity(), other.Identity, func(identity []byte) wire.Digits { return c.end.half(root, identity) })
	return s, nil
}

// half is wire.SafetyDigits, remembered: an own half is asked for with every
// member's.
func (e *End) half(root wire.Hash, identity []byte) wire.Digits {
	for _, h := range e.halves {
		if h.root == root && h.identity == string(identity) {
			return h.digits
		}
	}
	if len(e.halves) >= maxHalves {
		e.halves = e.halves[:0]
	}
	d := wire.SafetyDigits(root[:], identity)
	e.halves = append(e.halves, half{root, string(identity), d})
	return d
}
