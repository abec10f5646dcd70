package conversation

import (
	"bytes"

	"github.com/sealwire/sealwire/wasm/wire"
)

// StateVersion is the first byte of a saved conversation. LoadConversation
// answers UnsupportedVersion to any other.
const StateVersion = 5

// maxInstances bounds the counters of one sender in one conversation.
const maxInstances = 4_096

// Marshal encodes the whole state, secrets included, for package keystore to
// seal. LoadConversation reads it.
func (c *Conversation) Marshal() []byte {
	chain := c.chain.Marshal()
	// Room for all of it, so that no half-written copy stays behind.
	size := 1024 + len(chain) + 32*len(c.hashes) + 24*len(c.doubted) + 40*len(c.counters) + 40*len(c.passed) + 40*len(c.past) + len(c.Pending()) + len(c.request)
	w := wire.NewWriter(size)
	w.U8(StateVersion)
	w.Bytes32(chain)
	c.fields(&coder{w: w})
	return w.Bytes()
}

// LoadConversation reads what Marshal wrote, for the end it belongs to. Under a
// newly loaded end the counter starts anew, for the instance is another; within
// one load of the end it goes on.
func (e *End) LoadConversation(b []byte) (*Conversation, error) {
	r := wire.NewReader(b) // holds secrets: only copied where it is kept
	if v := r.U8(); !r.Failed() && v != StateVersion {
		return nil, wire.UnsupportedVersion
	}
	chain, err := wire.LoadChain(r.Bytes32(len(b)), e.manifest)
	if err != nil {
		return nil, err
	}
	c := &Conversation{end: e, chain: chain}
	c.fields(&coder{r: r})
	if c.lost > wire.ReasonUnopened {
		r.Fail()
	}
	if err := r.Done(); err != nil {
		c.Wipe()
		return nil, err
	}
	return c, nil
}

// fields are those of a saved conversation, in their order, to write or to read.
func (c *Conversation) fields(x *coder) {
	x.u64(&c.index)
	x.u64(&c.base)
	n := x.count(len(c.hashes))
	if x.r != nil {
		if c.base > c.index || uint64(n) != min(c.index-c.base+1, seenWindow) {
			x.r.Fail()
			return
		}
		c.hashes = make([]wire.Hash, n)
	}
	for i := range c.hashes {
		x.raw(c.hashes[i][:])
	}
	x.u8(&c.lost)
	x.bool(&c.forked)
	x.raw(c.forkedBy[:])
	for i := range x.count(len(c.doubted)) {
		if x.r != nil {
			c.doubted = append(c.doubted, doubt{})
		}
		x.raw(c.doubted[i].id[:])
		x.u64(&c.doubted[i].at)
		if x.failed() {
			return
		}
	}
	x.u64(&c.defend)
	x.bool(&c.member)
	x.bool(&c.was)
	x.bool(&c.whole)
	x.u64(&c.rejoined)
	x.bytes(&c.request)
	x.raw(c.secrets.init[:])
	x.raw(c.secrets.epoch[:])
	x.leaf(&c.leaf)
	x.raw(c.published[:])
	x.counters(&c.counters)
	x.counters(&c.passed)
	pending := c.pending != nil
	if x.bool(&pending); pending {
		if x.r != nil {
			c.pending = new(pendingCommit)
		}
		p := c.pending
		x.bytes(&p.entry)
		x.raw(p.parent[:])
		x.raw(p.secret[:])
		if x.leaf(&p.leaf); p.leaf == nil {
			x.r.Fail()
			return
		}
		x.raw(p.madeIn[:])
		p.id = wire.EntryID(p.entry)
	}
	for i := range x.count(len(c.past)) {
		if x.r != nil {
			c.past = append(c.past, pastEpoch{})
		}
		x.u64(&c.past[i].number)
		x.raw(c.past[i].secret[:])
		if x.failed() {
			return
		}
	}
	x.u64(&c.since)
	x.u64(&c.reread)
	x.raw(c.until[:])
	x.u64(&c.epochTime)
	x.u64(&c.epochMessages)
	x.u64(&c.ownMessages)
	x.raw(c.committedIn[:])
	instance := c.end.instance
	x.raw(instance[:])
	x.u64(&c.counter)
	x.u64(&c.passing)
	if instance != c.end.instance {
		c.counter, c.passing = 0, 0
	}
}

// coder writes fields, or reads them.
type coder struct {
	w *wire.Writer
	r *wire.Reader // nil: writes
}

func (x *coder) failed() bool { return x.r != nil && x.r.Failed() }

func (x *coder) raw(p []byte) {
	if x.r == nil {
		x.w.Raw(p)
	} else {
		copy(p, x.r.Raw(len(p)))
	}
}

func (x *coder) u8(v *uint8) {
	if x.r == nil {
		x.w.U8(*v)
	} else {
		*v = x.r.U8()
	}
}

func (x *coder) bool(v *bool) {
	if x.r == nil {
		x.w.Bool(*v)
	} else {
		*v = x.r.Bool()
	}
}

func (x *coder) u64(v *uint64) {
	if x.r == nil {
		x.w.U64(*v)
	} else {
		*v = x.r.U64()
	}
}

func (x *coder) count(n int) int {
	v := uint64(n)
	x.u64(&v)
	return int(v)
}

func (x *coder) bytes(p *[]byte) {
	if x.r == nil {
		x.w.Bytes32(*p)
	} else {
		*p = bytes.Clone(x.r.Bytes32(wire.MaxCommitEntry))
	}
}

func (x *coder) leaf(l **leafSecret) {
	there := *l != nil
	if x.bool(&there); !there {
		return
	}
	if x.r != nil {
		*l = new(leafSecret)
	}
	x.raw((*l).x25519[:])
	x.raw((*l).mlkem[:])
}

func (x *coder) counters(c *counters) {
	for i := range x.count(len(*c)) {
		if x.r != nil {
			*c = append(*c, counterOf{})
		}
		x.raw((*c)[i].instance[:])
		x.raw((*c)[i].sender[:])
		x.u64(&(*c)[i].last)
		if x.failed() {
			return
		}
	}
}
