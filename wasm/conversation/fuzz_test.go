package conversation

import (
	"bytes"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// The seeds under testdata/fuzz say how a real entry or state is changed:
// which one, where, by what, and how much is cut off or put behind. The real
// ones are made anew, for their keys are random.

// changed is raw with bytes written over, and cut or grown at its end.
func changed(raw []byte, at uint16, with []byte, cut uint16, tail []byte) []byte {
	out := bytes.Clone(raw)
	copy(out[int(at)%(len(out)+1):], with)
	out = out[:len(out)-int(cut)%(len(out)+1)]
	return append(out, tail...)
}

// played is a conversation with entries of every kind, and copies of each
// end's state before every entry.
type played struct {
	*pair
	states  [2][][]byte
	ends    [2]*End
	entries [][]byte
	join    []byte // one of them
}

func newPlayed(t testing.TB) *played {
	p := &played{pair: newPair(t)}
	p.ends = [2]*End{p.customer.end, p.agent.end}
	p.settle()
	p.send(p.customer, "one")
	p.send(p.agent, "two")
	p.read(p.customer)
	third := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.read(p.customer)
	p.send(p.customer, "three")
	p.read(p.agent)
	p.remove(p.agent, third.end.ID())
	p.read(p.customer)
	kp := &wire.KeyPackage{Expires: 1 << 40, Use: wire.UsePlace}
	_, kp.Leaf = newLeaf()
	if _, err := kp.Sign(p.customer.end.identity); err != nil {
		t.Fatal(err)
	}
	join, err := (&wire.JoinRequest{Conversation: p.customer.ID(), Leaf: p.customer.chain.Member(p.customer.end.ID()).KeyPackage.Leaf.Hash(), Reason: wire.ReasonLost, KeyPackage: kp}).Sign(p.customer.end.identity)
	if err != nil {
		t.Fatal(err)
	}
	p.join = join
	p.log.mustAppend(join)
	p.read(p.customer)
	p.read(p.agent)
	open := [2]*Conversation{copyOf(t, p.customer), copyOf(t, p.agent)}
	p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{Marks: wire.MarkClose})))
	p.entries = p.log.entries
	for i, e := range p.ends {
		c := e.Join(p.customer.ID())
		for n, entry := range p.entries {
			p.states[i] = append(p.states[i], c.Marshal())
			if _, err := c.Receive(entry, p.now); err != nil {
				t.Fatalf("entry %d: %v", n, err)
			}
		}
		p.states[i] = append(p.states[i], c.Marshal())
	}
	p.states[0] = append(p.states[0], p.customer.Marshal())
	p.states[1] = append(p.states[1], p.agent.Marshal())
	for i, e := range p.ends { // lost, and asking; then in doubt
		c := e.Join(p.customer.ID())
		for _, entry := range p.entries[:len(p.entries)-1] {
			if _, err := c.Receive(entry, p.now); err != nil {
				t.Fatal(err)
			}
		}
		p.must(c.JoinRequest(p.now))
		c.rejoined = p.now
		p.states[i] = append(p.states[i], c.Marshal())
		c = open[i]
		c.doubted, c.defend = []doubt{{p.ends[1-i].ID(), 7}}, 7
		p.states[i] = append(p.states[i], c.Marshal())
		c = e.Join(p.customer.ID()) // granted what it once held, and reading again
		for n, entry := range p.entries[:6] {
			if _, err := c.Receive(entry, p.now); err != nil {
				t.Fatal(err)
			}
			c.past = append(c.past, pastEpoch{uint64(n), p.agent.secrets.epoch})
		}
		c.rewind()
		p.states[i] = append(p.states[i], c.Marshal())
	}
	return p
}

func isCode(err error) bool {
	c, ok := err.(wire.Code)
	return ok && c >= wire.BadArgument && c <= wire.Internal
}

// FuzzReceive gives an end real entries that were changed: only the real ones
// come to something.
func FuzzReceive(f *testing.F) {
	f.Add(uint8(0), uint16(0), []byte{}, uint16(0), []byte{})
	p := newPair(f)
	p.settle()
	p.send(p.customer, "first")
	p.read(p.agent)
	p.read(p.customer)
	agent := p.agent.Marshal()
	message := p.must(p.customer.Seal(p.now, wire.Stored, []byte("a canary")))
	passing := p.must(p.customer.Seal(p.now, wire.Passing, []byte("a canary")))
	fresh := p.must(p.customer.Commit(p.now, Moves{}))
	request := p.must(requestOf(p.customer.end, p.customer, p.customer.Self()))
	real := append(append([][]byte{message, fresh, passing}, p.log.entries...), request)
	before, err := p.agent.Safety(p.customer.Self())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, with []byte, cut uint16, tail []byte) {
		raw := real[int(which)%len(real)]
		entry := changed(raw, at, with, cut, tail)
		c, err := p.agent.end.LoadConversation(agent)
		if err != nil {
			t.Fatal(err)
		}
		ev, err := c.Receive(entry, day0)
		switch {
		case err != nil:
			if !isCode(err) || !bytes.Equal(c.Marshal(), agent) {
				t.Fatalf("error %v, or the state changed", err)
			}
		case bytes.Equal(entry, message) || bytes.Equal(entry, fresh) || bytes.Equal(entry, request):
			if ev.Type == Ignored {
				t.Fatalf("a real entry is ignored: %v", ev.Code)
			}
		case ev.Type != Ignored || ev.Content != nil || !isCode(ev.Code) || ev.Code == wire.Internal:
			t.Fatalf("a forged entry: %+v", ev)
		case c.TranscriptHash() != p.agent.TranscriptHash():
			t.Fatal("a forged entry changed the head")
		case c.State() == Doubtful: // until the one in whose name it came speaks
			by := c.ForkedBy()
			if c.settle(by, c.index); by != p.customer.end.ID() || c.State() != Active {
				t.Fatalf("a forged entry makes doubtful of %x", by)
			}
		case c.State() != Active:
			t.Fatalf("a forged entry changed the state to %d", c.State())
		}
		c.digits = p.agent.digits
		if s, err := c.Safety(p.customer.Self()); err != nil || s.Number != before.Number || s.Transcript != before.Transcript != bytes.Equal(entry, fresh) {
			t.Fatalf("safety number: %v, %v before: %v", s, before, err)
		}
		if ev, err := c.Pass(entry); err == nil && !bytes.Equal(entry, passing) {
			t.Fatalf("a forged passing message: %+v", ev)
		}
	})
}

// FuzzLoadConversation loads states that were changed: whatever loads can be
// asked anything without a panic, and marshals to what loads again.
func FuzzLoadConversation(f *testing.F) {
	f.Add(uint8(0), uint16(0), []byte{}, uint16(0), []byte{})
	p := newPlayed(f)
	last := uint8(2 * (len(p.states[0]) - 1))
	for side := range uint8(2) { // the end of a state holds what is granted, since when, and how far it is read again
		for _, back := range []uint16{1, 24, 60, 100, 140, 180, 220, 300, 400} {
			size := uint16(len(p.states[side][last/2]))
			f.Add(last+side, size-back, []byte{0, 0, 0, 0, 0, 0, 0, 1}, uint16(0), []byte{})
			f.Add(last+side, size-back, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, uint16(0), []byte{})
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, with []byte, cut uint16, tail []byte) {
		side := int(which) % 2
		states := p.states[side]
		raw := states[int(which/2)%len(states)]
		state := changed(raw, at, with, cut, tail)
		end := p.ends[side]
		c, err := end.LoadConversation(state)
		if err != nil {
			if !isCode(err) || bytes.Equal(raw, state) {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := end.LoadConversation(c.Marshal())
		if err != nil || !bytes.Equal(again.Marshal(), c.Marshal()) {
			t.Fatalf("what was loaded does not load again: %v", err)
		}
		c.State()
		c.LogHash()
		c.ForkedBy()
		c.Joins()
		if _, err := c.JoinRequest(day0); err != nil && !isCode(err) {
			t.Fatalf("join request: %v", err)
		}
		if _, err := c.Due(day0); err != nil && !isCode(err) {
			t.Fatalf("due: %v", err)
		}
		for _, m := range append(c.Members(), wire.Member{ID: p.ends[1-side].ID()}) {
			if s, err := c.Safety(m.ID); err != nil && !isCode(err) || err == nil && s.Number == [60]byte{} {
				t.Fatalf("safety number: %v", err)
			}
		}
		c.Seal(day0, wire.Stored, []byte("x"))
		c.Seal(day0, wire.Passing, []byte("x"))
		c.Commit(day0, Moves{Answers: wire.EntryID(p.join)})
		c.Commit(day0, Moves{})
		for _, entry := range p.entries {
			c.Receive(entry, day0)
			c.Pass(entry)
			c.Reseal(day0, entry, nil)
		}
		c.Marshal()
		c.Wipe()
	})
}

func FuzzLoadEnd(f *testing.F) {
	f.Add(uint8(0), uint16(0), []byte{}, uint16(0), []byte{})
	p := newPair(f)
	bare, err := NewEnd(wire.Customer, p.company.roots())
	if err != nil {
		f.Fatal(err)
	}
	ends := []*End{p.agent.end, p.customer.end, bare}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, with []byte, cut uint16, tail []byte) {
		from := ends[int(which)%len(ends)]
		raw := from.Marshal()
		state := changed(raw, at, with, cut, tail)
		e, err := LoadEnd(state, from.role, from.roots)
		if err != nil {
			if !isCode(err) || bytes.Equal(raw, state) || e != nil {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !bytes.Equal(e.Marshal(), state) {
			t.Fatal("marshals to other bytes")
		}
		e.ID()
		e.Expire(day0)
		e.KeyPackage(day0, true)
		e.Hello(make([]byte, 32), nil, nil)
		e.Genesis(day0, queue, nil, nil)
	})
}
