package conversation

import (
	"bytes"

	"github.com/sealwire/sealwire/wasm/wire"
)

// maxInstances bounds the counters of one sender in one conversation.
const maxInstances = 4_096

// Marshal encodes the whole state, secrets included, for package keystore to
// seal. LoadConversation reads it.
func (c *Conversation) Marshal() []byte {
	chain := c.chain.Marshal()
	// Room for all of it, so that no half-written copy stays behind.
	size := 1024 + len(chain) + 32*len(c.hashes) + 40*len(c.counters) + len(c.Pending()) + len(c.request)
	w := wire.NewWriter(size)
	w.U8(wire.Version)
	w.Bytes32(chain)
	w.U64(c.index)
	w.U64(c.base)
	w.U32(uint32(len(c.hashes)))
	for _, h := range c.hashes {
		w.Raw(h[:])
	}
	w.U8(c.lost)
	writeBool(w, c.forked)
	w.Raw(c.forkedBy[:])
	w.U8(uint8(len(c.doubted)))
	for _, id := range c.doubted {
		w.Raw(id[:])
	}
	writeBool(w, c.defend)
	writeBool(w, c.member)
	writeBool(w, c.was)
	w.U64(c.joined)
	w.U64(c.rejoined)
	w.Bytes16(c.request)
	w.Raw(c.secrets.init[:])
	w.Raw(c.secrets.epoch[:])
	writeBool(w, c.leaf != nil)
	if c.leaf != nil {
		c.leaf.write(w)
	}
	w.Raw(c.published[:])
	w.U32(uint32(len(c.counters)))
	for _, seen := range c.counters {
		w.Raw(seen.instance[:])
		w.Raw(seen.sender[:])
		w.U64(seen.last)
	}
	writeBool(w, c.pending != nil)
	if p := c.pending; p != nil {
		w.Bytes32(p.entry)
		w.Raw(p.parent[:])
		w.Raw(p.secret[:])
		p.leaf.write(w)
	}
	w.U64(c.epochTime)
	w.U64(c.epochMessages)
	w.U64(c.ownMessages)
	w.Raw(c.committedIn[:])
	w.Raw(c.end.instance[:])
	w.U64(c.counter)
	w.U64(c.passing)
	return w.Bytes()
}

func writeBool(w *wire.Writer, v bool) {
	if v {
		w.U8(1)
	} else {
		w.U8(0)
	}
}

// LoadConversation reads what Marshal wrote, for the end it belongs to. Under a
// newly loaded end the counter starts anew, for the instance is another; within
// one load of the end it goes on.
func (e *End) LoadConversation(b []byte) (*Conversation, error) {
	r := wire.NewReader(b) // holds secrets: only copied where it is kept
	if v := r.U8(); !r.Failed() && v != wire.Version {
		return nil, wire.UnsupportedVersion
	}
	chain, err := wire.LoadChain(bytes.Clone(r.Bytes32(len(b))), e.manifest)
	if err != nil {
		return nil, err
	}
	c := &Conversation{end: e, chain: chain, index: r.U64(), base: r.U64()}
	n := r.U32()
	if c.base > c.index || uint64(n) != min(c.index-c.base+1, seenWindow) {
		return nil, wire.BadArgument
	}
	for range n {
		c.hashes = append(c.hashes, r.Hash())
	}
	c.lost, c.forked, c.forkedBy = r.U8(), r.Bool(), r.ID()
	for range r.Count(wire.MaxMembers) {
		c.doubted = append(c.doubted, r.ID())
	}
	c.defend, c.member, c.was, c.joined, c.rejoined = r.Bool(), r.Bool(), r.Bool(), r.U64(), r.U64()
	c.request = bytes.Clone(r.Bytes16(wire.MaxJoinEntry))
	copy(c.secrets.init[:], r.Raw(initSize))
	copy(c.secrets.epoch[:], r.Raw(wire.EpochSecret))
	if r.Bool() {
		c.leaf = readLeafSecret(r)
	}
	c.published = r.Hash()
	n = r.U32()
	for range n {
		c.counters = append(c.counters, counterOf{instance: r.ID(), sender: r.ID(), last: r.U64()})
		if r.Failed() {
			return nil, wire.BadArgument
		}
	}
	if r.Bool() {
		p := &pendingCommit{entry: bytes.Clone(r.Bytes32(wire.MaxCommitEntry)), parent: r.Hash()}
		copy(p.secret[:], r.Raw(wire.CommitSecret))
		p.leaf = readLeafSecret(r)
		p.id = wire.EntryID(p.entry)
		c.pending = p
	}
	c.epochTime, c.epochMessages, c.ownMessages, c.committedIn = r.U64(), r.U64(), r.U64(), r.ID()
	instance, counter, passing := r.ID(), r.U64(), r.U64()
	if c.lost > wire.ReasonUnopened {
		r.Fail()
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	if instance == e.instance {
		c.counter, c.passing = counter, passing
	}
	return c, nil
}
