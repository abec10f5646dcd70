package conversation

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Where the fields of a message entry lie (SPEC section 6.1).
var messageFields = []struct {
	name     string
	from, to int // to 0: the end
}{
	{"conversation", 2, 18}, {"epoch", 18, 26}, {"sender", 26, 42}, {"instance", 42, 58}, {"counter", 58, 66}, {"retention", 66, 67},
	{"seen index", 67, 75}, {"seen hash", 75, 107}, {"nonce", 107, 131}, {"sealed", 131, 0},
}

func TestC04_FlippedMessageShowsNothing(t *testing.T) {
	p := newPair(t)
	raw := p.send(p.customer, "flip me")
	codes := map[wire.Code]int{}
	bad := bytes.Clone(raw)
	for i := range raw {
		for bit := range 8 {
			bad[i] ^= 1 << bit
			c := copyOf(t, p.agent)
			before := c.Marshal()
			ev, err := c.Receive(bad, p.now)
			switch {
			case err != nil:
				codes[wire.CodeOf(err)]++
				if !bytes.Equal(before, c.Marshal()) {
					t.Fatalf("bit %d of byte %d: an error changed the state", bit, i)
				}
			case ev.Type != Ignored || ev.Content != nil || c.State() != Active && c.State() != Doubtful || len(c.counters) != len(p.agent.counters):
				t.Fatalf("bit %d of byte %d: %+v, state %d", bit, i, ev, c.State())
			default:
				codes[ev.Code]++
			}
			bad[i] ^= 1 << bit
		}
	}
	// What the log's rules see has their codes; all else has the one answer.
	seen := codes[wire.UnsupportedVersion] + codes[wire.BadArgument] + codes[wire.StaleEpoch] + codes[wire.NotMember]
	if codes[wire.OpenFailed] == 0 || codes[wire.OpenFailed]+seen != 8*len(raw) {
		t.Errorf("codes %v", codes)
	}
	if ev := p.last(p.agent); ev.Type != Opened {
		t.Errorf("itself: %+v", ev)
	}
}

func TestC05_CutAndGrownMessagesAreNoEntries(t *testing.T) {
	p := newPair(t)
	raw := p.send(p.customer, "cut me")
	before := p.agent.Marshal()
	for n := range raw {
		if _, err := p.agent.Receive(raw[:n], p.now); err != wire.BadArgument {
			t.Fatalf("cut to %d: %v", n, err)
		}
	}
	for n := 1; n <= 64; n++ {
		if _, err := p.agent.Receive(append(bytes.Clone(raw), make([]byte, n)...), p.now); err != wire.BadArgument {
			t.Fatalf("%d more: %v", n, err)
		}
	}
	if !bytes.Equal(before, p.agent.Marshal()) {
		t.Error("the state changed")
	}
}

// Every header field of every message with that of every other: of both
// members, several epochs, a passing one, another conversation.
func TestC07_HeaderFieldsCannotBeSwapped(t *testing.T) {
	type sent struct {
		entry  []byte
		reader *Conversation // as it was before it read the entry
	}
	var all []sent
	for range 2 {
		p := newPair(t)
		for round := range 2 {
			for _, from := range []*Conversation{p.customer, p.agent} {
				to := p.agent
				if from == p.agent {
					to = p.customer
				}
				p.read(from)
				if round == 0 {
					p.commit(from)
				}
				p.read(to)
				before := copyOf(t, to)
				all = append(all, sent{p.send(from, "a message"), before})
				p.read(to)
			}
		}
		p.read(p.customer)
		p.due("passing", p.customer, DueNothing)
		passing, err := p.customer.Seal(p.now, wire.Passing, []byte("typing"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sent{passing, copyOf(t, p.agent)})
	}
	opens := func(s sent, entry []byte) (*Event, error) {
		c := copyOf(t, s.reader)
		if entry[66] == wire.Passing {
			return c.Pass(entry)
		}
		ev, err := c.Receive(entry, day0)
		if err == nil && ev.Type == Ignored {
			return nil, ev.Code
		}
		return ev, err
	}
	tried := 0
	for i, a := range all {
		if ev, err := opens(a, a.entry); err != nil || ev.Type != Opened {
			t.Fatalf("message %d itself: %v", i, err)
		}
		for k, b := range all {
			for _, f := range messageFields {
				mixed := bytes.Clone(a.entry)
				if f.to == 0 {
					mixed = append(mixed[:f.from], b.entry[f.from:]...)
				} else {
					copy(mixed[f.from:f.to], b.entry[f.from:f.to])
				}
				if i == k || bytes.Equal(mixed, a.entry) {
					continue
				}
				tried++
				if ev, err := opens(a, mixed); err == nil {
					t.Errorf("message %d with the %s of %d: %q opens", i, f.name, k, ev.Content)
				}
			}
		}
	}
	if tried < 300 {
		t.Errorf("%d mixtures: the messages are too alike", tried)
	}
}

// forged seals as whoever holds the epoch secret could: any header, signed by
// any key.
func forged(c *Conversation, signer *End, change func(*wire.Message), content []byte) []byte {
	m := &wire.Message{Conversation: c.ID(), Epoch: c.Epoch(), Sender: c.end.ID(), Instance: wire.ID{7}, Counter: 1, Retention: wire.Stored, SeenIndex: c.index, SeenHash: c.LogHash(), Nonce: [24]byte{1}}
	if change != nil {
		change(m)
	}
	w := wire.NewWriter(0)
	w.Bytes32(content)
	w.Raw(wire.Sign(signer.identity, "message", signedMessage(c.chain.Head(), m.Header(), content)))
	plain := append(w.Bytes(), make([]byte, wire.Padded(len(w.Bytes()))-len(w.Bytes()))...)
	m.Sealed = nacl.Seal(nil, plain, &m.Nonce, messageKey(c.secrets.epoch[:], m.Header()))
	return m.Encode()
}

func TestC09_RecipientCannotForgeTheSender(t *testing.T) {
	p := newPair(t)
	third := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.read(p.customer)
	name := func(m *wire.Message) { m.Sender = p.customer.end.ID() }
	lie := forged(p.agent, p.agent.end, name, []byte("I never wrote this"))
	if err := p.log.chain.Check(&wire.Entry{Kind: wire.KindMessage, Message: message(t, lie)}); err != nil {
		t.Fatalf("not refused by the signature but by the log: %v", err)
	}
	for who, c := range map[string]*Conversation{"a third member": third, "the one who is named": p.customer, "the forger": p.agent} {
		ignored(t, who, next(t, c, lie), wire.OpenFailed)
	}
	// The forgery is right but for the signature.
	if ev := next(t, third, forged(p.agent, p.customer.end, name, []byte("mine"))); ev.Type != Opened || string(ev.Content) != "mine" {
		t.Errorf("signed by the sender: %+v", ev)
	}
	ignored(t, "under the agent's own name, signed by another", next(t, p.customer, forged(p.agent, third.end, nil, nil)), wire.OpenFailed)
}

func TestC09_SignatureOfAnotherEpochOrHeaderDoesNotCount(t *testing.T) {
	p := newPair(t)
	p.settle()
	raw := p.send(p.customer, "signed once")
	m := message(t, raw)
	plain, err := nacl.Open(nil, m.Sealed, &m.Nonce, messageKey(p.customer.secrets.epoch[:], m.Header()))
	if err != nil {
		t.Fatal(err)
	}
	p.read(p.agent)
	sealedAgain := func(change func(*wire.Message)) []byte {
		again := *m
		fresh := wire.Message{Conversation: again.Conversation, Epoch: p.agent.Epoch(), Sender: again.Sender, Instance: again.Instance, Counter: again.Counter + 1, Retention: again.Retention,
			SeenIndex: p.agent.index, SeenHash: p.agent.LogHash(), Nonce: again.Nonce}
		if change != nil {
			change(&fresh)
		}
		fresh.Sealed = nacl.Seal(nil, plain, &fresh.Nonce, messageKey(p.agent.secrets.epoch[:], fresh.Header()))
		return fresh.Encode()
	}
	ignored(t, "with a higher counter", next(t, p.agent, sealedAgain(nil)), wire.OpenFailed)
	p.read(p.customer)
	p.commit(p.agent)
	p.read(p.customer)
	ignored(t, "in the next epoch", next(t, p.customer, sealedAgain(nil)), wire.OpenFailed)
	ignored(t, "as passing", next(t, p.customer, sealedAgain(func(m *wire.Message) { m.Retention = wire.Passing })), wire.BadArgument)
}

func TestC10_ReplayIsShownOnce(t *testing.T) {
	p := newPair(t)
	raw := p.send(p.customer, "once")
	if ev := p.last(p.agent); ev.Type != Opened {
		t.Fatalf("first: %+v", ev)
	}
	ignored(t, "again", next(t, p.agent, raw), wire.Replayed)
	loaded := reload(t, p.agent)
	ignored(t, "after a reload", next(t, loaded, raw), wire.Replayed)
	ev, err := loaded.Receive(raw, p.now)
	if err != nil {
		t.Fatal(err)
	}
	ignored(t, "after a reload, in the log", ev, wire.Replayed)
	ignored(t, "a third time", next(t, reload(t, loaded), raw), wire.Replayed)
	p.read(p.customer)
	ignored(t, "own", next(t, p.customer, raw), wire.Replayed)
}

func TestC10_PassingMessageIsShownOnce(t *testing.T) {
	p := newPair(t)
	first := p.must(p.customer.Seal(p.now, wire.Passing, []byte("typing")))
	second := p.must(p.customer.Seal(p.now, wire.Passing, []byte("typing still")))
	stored := p.must(p.customer.Seal(p.now, wire.Stored, []byte("text")))
	ev, err := p.agent.Pass(first)
	if err != nil || ev.Type != Opened || string(ev.Content) != "typing" || ev.Index != 0 {
		t.Fatalf("passing: %+v, %v", ev, err)
	}
	_, err = p.agent.Pass(first)
	want(t, "again", err, wire.Replayed)
	_, err = reload(t, p.agent).Pass(first)
	want(t, "after a reload", err, wire.Replayed)
	_, err = p.agent.Pass(second)
	want(t, "the next", err, 0)
	_, err = p.agent.Pass(first)
	want(t, "the one before", err, wire.Replayed)
	_, err = p.agent.Pass(stored)
	want(t, "stored in its place", err, wire.BadArgument)
	ignored(t, "passing in the log", next(t, p.agent, second), wire.BadArgument)
	if ev := next(t, p.agent, stored); ev.Type != Opened || ev.Gap != 0 {
		t.Errorf("stored after passing ones: %+v", ev)
	}
	if len(first) != len(second) || len(first) != 131+4+16+wire.PadFloor {
		t.Errorf("passing messages of %d and %d bytes", len(first), len(second))
	}
	if _, err := p.agent.Pass(p.log.entries[0]); err != wire.BadArgument {
		t.Errorf("a commit: %v", err)
	}
	if _, err := p.agent.Pass([]byte("no entry")); err != wire.UnsupportedVersion {
		t.Errorf("no entry: %v", err)
	}
	p.commit(p.customer)
	p.read(p.agent)
	_, err = p.agent.Pass(second)
	want(t, "of the epoch before", err, wire.StaleEpoch)
}

func TestC11_ExtremeEpochsAndCounters(t *testing.T) {
	p := newPair(t)
	p.settle()
	epoch := p.customer.Epoch()
	for _, e := range []uint64{epoch - 1, epoch + 1, 0, 1<<32 - 1, 1<<32 + epoch, 1 << 53, 1 << 63, 1<<64 - 1} {
		ignored(t, "epoch", next(t, p.agent, forged(p.customer, p.customer.end, func(m *wire.Message) { m.Epoch = e }, nil)), wire.StaleEpoch)
	}
	counters := []uint64{1, 2, 1<<32 - 1, 1 << 32, 1 << 53, 1<<53 + 1, 1 << 63, 1<<64 - 1}
	var last uint64
	for _, n := range counters {
		entry := forged(p.customer, p.customer.end, func(m *wire.Message) { m.Counter = n }, nil)
		ev, err := p.agent.Receive(entry, p.now)
		if err != nil || ev.Type != Opened || ev.Counter != n || ev.Gap != n-last-1 {
			t.Fatalf("counter %d: %+v, %v", n, ev, err)
		}
		p.customer.Receive(entry, p.now)
		last = n
		for _, low := range append(slices.Clone(counters), 1) {
			if low <= n {
				again := forged(p.customer, p.customer.end, func(m *wire.Message) { m.Counter, m.Nonce = low, [24]byte{9} }, nil)
				ignored(t, "counter that does not rise", next(t, p.agent, again), wire.Replayed)
			}
		}
	}
	if _, err := p.agent.Receive(bytes.Clone(zeroCounter(t, p)), p.now); err != wire.BadArgument {
		t.Errorf("counter 0: %v", err)
	}
}

func zeroCounter(t *testing.T, p *pair) []byte {
	t.Helper()
	b := forged(p.customer, p.customer.end, nil, nil)
	clear(b[58:66])
	return b
}

func TestC20_ContentSizesRoundTripExactly(t *testing.T) {
	p := newPair(t)
	contents := [][]byte{{}, {0}, {0xff}, []byte("\xed\xa0\x80\xff\xfe\x00"), bytes.Repeat([]byte{0xff, 0, 0xc3}, wire.MaxContent)[:wire.MaxContent], make([]byte, wire.MaxContent-1)}
	for i, content := range contents {
		p.send(p.customer, string(content))
		if ev := p.last(p.agent); ev.Type != Opened || !bytes.Equal(ev.Content, content) {
			t.Errorf("content %d of %d bytes: %d came, %v", i, len(content), len(ev.Content), ev.Code)
		}
	}
	p.read(p.customer)
	before := p.customer.Marshal()
	_, err := p.customer.Seal(p.now, wire.Stored, make([]byte, wire.MaxContent+1))
	want(t, "one too many", err, wire.TooLong)
	_, err = p.customer.Seal(p.now, wire.Passing, make([]byte, 188))
	want(t, "passing of 188", err, 0)
	_, err = p.customer.Seal(p.now, wire.Passing, make([]byte, 189))
	want(t, "passing of 189", err, wire.TooLong)
	for _, r := range []uint8{0, 3, 255} {
		_, err = p.customer.Seal(p.now, r, nil)
		want(t, "retention", err, wire.BadArgument)
	}
	if bytes.Equal(before, p.customer.Marshal()) {
		t.Error("a passing counter was not used up")
	}
}

// What a member seals by hand with a content that lies about itself.
func TestC20_PlaintextHasOneForm(t *testing.T) {
	p := newPair(t)
	body := func(m *wire.Message, plain []byte) []byte {
		m.Sealed = nacl.Seal(nil, plain, &m.Nonce, messageKey(p.customer.secrets.epoch[:], m.Header()))
		return m.Encode()
	}
	header := func() *wire.Message {
		return &wire.Message{Conversation: p.customer.ID(), Epoch: p.customer.Epoch(), Sender: p.customer.end.ID(), Instance: wire.ID{7}, Counter: 1, Retention: wire.Stored, SeenIndex: p.customer.index, SeenHash: p.customer.LogHash()}
	}
	plaintext := func(m *wire.Message, content []byte, size int) []byte {
		w := wire.NewWriter(0)
		w.Bytes32(content)
		w.Raw(wire.Sign(p.customer.end.identity, "message", signedMessage(p.customer.chain.Head(), m.Header(), content)))
		return append(w.Bytes(), make([]byte, size-len(w.Bytes()))...)
	}
	m := header()
	if ev := next(t, p.agent, body(m, plaintext(m, []byte("x"), 256))); ev.Type != Opened {
		t.Fatalf("the good one: %+v", ev)
	}
	m = header()
	ignored(t, "padded to another size", next(t, p.agent, body(m, plaintext(m, []byte("x"), 512))), wire.OpenFailed)
	for _, at := range []int{4 + 1 + 64, 255} {
		m = header()
		plain := plaintext(m, []byte("x"), 256)
		plain[at] = 1
		ignored(t, "padding that is not zero", next(t, p.agent, body(m, plain)), wire.OpenFailed)
	}
	for _, length := range []byte{2, 255} {
		m = header()
		plain := plaintext(m, []byte("x"), 256)
		plain[3] = length
		ignored(t, "another length", next(t, p.agent, body(m, plain)), wire.OpenFailed)
	}
	m = header()
	ignored(t, "all zero", next(t, p.agent, body(m, make([]byte, 256))), wire.OpenFailed)
	m = header()
	ignored(t, "all ones", next(t, p.agent, body(m, bytes.Repeat([]byte{0xff}, 256))), wire.OpenFailed)
}

func TestContentsOfOneBucketHaveOneLength(t *testing.T) {
	p := newPair(t)
	length := func(n int) int { return len(p.must(p.customer.Seal(p.now, wire.Stored, make([]byte, n)))) }
	for _, pair := range [][2]int{{0, 188}, {189, 204}, {1, 100}, {32_701, 32_768}} {
		if a, b := length(pair[0]), length(pair[1]); a != b {
			t.Errorf("contents of %d and %d bytes make %d and %d", pair[0], pair[1], a, b)
		}
	}
	if length(188) == length(189) {
		t.Error("the bucket's edge is elsewhere")
	}
}

func TestC24_UnknownKindsAndVersionsChangeNothing(t *testing.T) {
	p := newPair(t)
	raw := p.send(p.customer, "x")
	before := p.agent.Marshal()
	for v := range 256 {
		bad := bytes.Clone(raw)
		bad[0] = byte(v)
		if v != wire.Version {
			_, err := p.agent.Receive(bad, p.now)
			want(t, "version", err, wire.UnsupportedVersion)
		}
		bad[0], bad[1] = wire.Version, byte(v)
		if v < 1 || v > 3 {
			_, err := p.agent.Receive(bad, p.now)
			want(t, "kind", err, wire.UnsupportedVersion)
		}
	}
	if !bytes.Equal(before, p.agent.Marshal()) {
		t.Error("the state changed")
	}
}

// P01: what the relay drops leaves a gap, and the log hash tells.
func TestP01_DroppedMessagesShow(t *testing.T) {
	p := newPair(t)
	var sent [][]byte
	for range 6 { // sealed at one place of the log: no hash of theirs tells
		sent = append(sent, p.must(p.customer.Seal(p.now, wire.Stored, []byte("x"))))
	}
	for drop := range sent {
		c := copyOf(t, p.agent)
		for i, entry := range sent {
			if i == drop {
				continue
			}
			ev, err := c.Receive(entry, p.now)
			gap := uint64(0)
			if i == drop+1 {
				gap = 1
			}
			if err != nil || ev.Type != Opened || ev.Gap != gap {
				t.Errorf("without %d, message %d: %+v, %v", drop, i, ev, err)
			}
		}
	}
	// P02: out of order nothing is shown twice or in the wrong place.
	c := copyOf(t, p.agent)
	for i, n := range []int{0, 2, 1, 3} {
		ev, err := c.Receive(sent[n], p.now)
		if err != nil || (i == 2) != (ev.Code == wire.Replayed) {
			t.Errorf("place %d: %+v, %v", i, ev, err)
		}
	}
}

// A member, alone or with the relay, cannot silence another by naming his
// instance first.
func TestInstancesBelongToTheirSender(t *testing.T) {
	p := newPair(t)
	squat := forged(p.agent, p.agent.end, func(m *wire.Message) { m.Instance, m.Counter = p.customer.end.Instance(), 1<<64-1 }, nil)
	p.log.mustAppend(squat)
	p.read(p.customer)
	p.send(p.customer, "still heard")
	if ev := p.last(p.agent); ev.Type != Opened || string(ev.Content) != "still heard" {
		t.Errorf("%+v", ev)
	}
}

// fill gives a sender so many known instances.
func fill(c *Conversation, n int, sender wire.ID) {
	for i := range n {
		c.counters = append(c.counters, counterOf{instance: wire.ID{1, byte(i), byte(i >> 8), byte(i >> 16)}, sender: sender, last: 1})
	}
}

func TestInstancesAreBounded(t *testing.T) {
	p := newPair(t)
	fill(p.agent, maxInstances, wire.ID{1}) // another's take no room
	fill(p.agent, maxInstances-1, p.customer.end.ID())
	p.send(p.customer, "the last instance that fits")
	if ev := p.last(p.agent); ev.Type != Opened {
		t.Fatalf("%+v", ev)
	}
	other := forged(p.customer, p.customer.end, nil, []byte("one too many"))
	ignored(t, "one instance too many", next(t, p.agent, other), wire.TooLarge)
	p.read(p.customer)
	p.send(p.customer, "known instances go on")
	if ev := p.last(p.agent); ev.Type != Opened {
		t.Errorf("%+v", ev)
	}
	if got := copyOf(t, p.agent); len(got.counters) != 2*maxInstances {
		t.Errorf("%d counters were loaded", len(got.counters))
	}
}
