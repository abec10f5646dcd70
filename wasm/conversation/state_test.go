package conversation

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

func TestLoadConversationRefusesBadStates(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.send(p.customer, "x")
	p.read(p.customer)
	raw := p.customer.Marshal()
	load := func(b []byte) error { _, err := p.customer.end.LoadConversation(b); return err }
	for n := range raw {
		if err := load(raw[:n]); err != wire.BadArgument {
			t.Fatalf("cut to %d of %d: %v", n, len(raw), err)
		}
	}
	for n := 1; n <= 64; n++ {
		want(t, "grown", load(append(bytes.Clone(raw), make([]byte, n)...)), wire.BadArgument)
	}
	for v := range 256 {
		bad := bytes.Clone(raw)
		bad[0] = byte(v)
		if v != StateVersion {
			want(t, "version", load(bad), wire.UnsupportedVersion)
		}
	}
	// version ‖ bytes32 chain ‖ u64 index ‖ u64 base ‖ u64 count ‖ hashes …
	at := 5 + int(binary.BigEndian.Uint32(raw[1:]))
	hashes := int(binary.BigEndian.Uint64(raw[at+16:]))
	if hashes != 2 {
		t.Fatalf("%d log hashes", hashes)
	}
	with := func(index, base uint64, count uint64, kept int) []byte {
		head := binary.BigEndian.AppendUint64(bytes.Clone(raw[:at]), index)
		head = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(head, base), count)
		return slices.Concat(head, raw[at+24:at+24+32*kept], raw[at+24+32*hashes:])
	}
	index, base := p.customer.index, p.customer.base
	want(t, "as it was", load(with(index, base, 2, 2)), 0)
	want(t, "one log hash and an index less", load(with(index-1, base, 1, 1)), 0)
	want(t, "no log hash", load(with(index, index+1, 0, 0)), wire.BadArgument)
	want(t, "base after index", load(with(index, index+2, 1<<32-1, 0)), wire.BadArgument)
	want(t, "count that is not theirs", load(with(index, base, 1, 1)), wire.BadArgument)
	want(t, "more log hashes than bytes", load(with(1<<33, 1<<33-1<<31, 1<<31+1, 2)), wire.BadArgument)
}

func TestLoadEndRefusesBadStates(t *testing.T) {
	p := newPair(t)
	e := p.agent.end
	raw := e.Marshal()
	load := func(b []byte) error { _, err := LoadEnd(b, wire.Agent, e.roots); return err }
	want(t, "as it was", load(raw), 0)
	for n := range raw {
		if err := load(raw[:n]); err != wire.BadArgument {
			t.Fatalf("cut to %d of %d: %v", n, len(raw), err)
		}
	}
	for n := 1; n <= 64; n++ {
		want(t, "grown", load(append(bytes.Clone(raw), make([]byte, n)...)), wire.BadArgument)
	}
	loaded, err := LoadEnd(bytes.Clone(raw), wire.Agent, e.roots)
	want(t, "load", err, 0)
	if loaded.ID() != e.ID() || loaded.Instance() == e.Instance() || !bytes.Equal(loaded.Marshal(), raw) || loaded.Newest().Hash() != e.Newest().Hash() {
		t.Error("another end was loaded")
	}
}

// An own commit that waits while another copy of this identity commits: its
// secret is not the other's.
func TestOtherCopysCommitDropsTheOwnPending(t *testing.T) {
	p := newPair(t)
	p.settle()
	twin := reload(t, p.customer)
	p.must(p.customer.Commit(p.now, Moves{}))
	p.commit(twin)
	if ev := p.last(p.customer); ev.Type != Applied || p.customer.State() != Lost || p.customer.Pending() != nil {
		t.Errorf("%+v, state %d", ev, p.customer.State())
	}
}

// What an end knows of its own request, of the pause after an answer and of
// doubt outlives a page load.
func TestLostAndDoubtfulStatesComeBackAlike(t *testing.T) {
	p := newPair(t)
	p.settle()
	lost := p.wiped(p.agent)
	p.must(lost.JoinRequest(p.now))
	lost.rejoined = p.now - 1
	doubtful := copyOf(t, p.customer)
	doubtful.doubted, doubtful.defend = []doubt{{p.agent.Self(), 1<<64 - 1}, {wire.ID{7}, 3}}, 9
	for name, c := range map[string]*Conversation{"lost": lost, "doubtful": doubtful} {
		raw := c.Marshal()
		again := reload(t, c)
		if again.State() != c.State() || again.lost != c.lost || again.rejoined != c.rejoined || !bytes.Equal(again.request, c.request) ||
			!slices.Equal(again.doubted, c.doubted) || again.defend != c.defend {
			t.Errorf("%s: another state was loaded", name)
		}
		for n := range raw {
			if _, err := c.end.LoadConversation(raw[:n]); err != wire.BadArgument {
				t.Fatalf("%s cut to %d of %d: %v", name, n, len(raw), err)
			}
		}
	}
	if lost.lost != wire.ReasonLost || len(lost.request) == 0 {
		t.Errorf("reason %d, a request of %d bytes", lost.lost, len(lost.request))
	}
	lost.lost = wire.ReasonUnopened + 1
	_, err := lost.end.LoadConversation(lost.Marshal())
	want(t, "a reason that there is none of", err, wire.BadArgument)
}

// A buffer that grows while a state is written leaves a half-written copy with
// secrets behind, which nobody wipes.
func TestStatesAreWrittenInOnePiece(t *testing.T) {
	allocs := func(f func() []byte) float64 { return testing.AllocsPerRun(5, func() { f() }) }
	p := newPair(t)
	p.settle()
	e := p.agent.end
	least := allocs((&End{identity: e.identity}).Marshal)
	for range 4 {
		if n := allocs(e.Marshal); n != least {
			t.Errorf("%d key packages: %v allocations, an empty end %v", len(e.packages), n, least)
		}
		for range 7 {
			p.must(e.KeyPackage(1<<40, false))
		}
	}
	p.must(p.customer.Commit(p.now, Moves{}))
	fill(p.customer, 300, wire.ID{7})
	if all, public := allocs(p.customer.Marshal), allocs(p.customer.chain.Marshal); all > public+least {
		t.Errorf("a conversation: %v allocations, of them %v for what is public", all, public)
	}
}
