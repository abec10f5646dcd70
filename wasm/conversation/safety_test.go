package conversation

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
	"pgregory.net/rapid"
)

// number is what c tells of a member, by the definition.
func number(root []byte, c *Conversation, m *wire.Member) (out Safety) {
	out.Epoch, out.Transcript = c.Epoch(), remembered(c.TranscriptHash(), nil)
	out.Number = wire.SafetyNumber(c.end.Identity(), m.Identity, func(identity []byte) wire.Digits { return remembered(wire.Hash(root), identity) })
	return out
}

var digitsBefore = map[string]wire.Digits{}

// remembered are the digits of an identity under a root, or of a transcript hash.
func remembered(hash wire.Hash, identity []byte) wire.Digits {
	name := string(hash[:]) + string(identity)
	d, known := digitsBefore[name]
	if !known {
		if d = wire.TranscriptDigits(hash); identity != nil {
			d = wire.SafetyDigits(hash[:], identity)
		}
		digitsBefore[name] = d
	}
	return d
}

// compare has each two of all compare; they must tell the same. It returns what
// is told of each pair of members.
func compare(t interface {
	Helper()
	Fatalf(string, ...any)
}, root []byte, all ...*Conversation) map[[2]wire.ID]Safety {
	t.Helper()
	pairs := map[[2]wire.ID]Safety{}
	for i, a := range all {
		for _, b := range all[:i] {
			x, err := a.Safety(b.Self())
			y, other := b.Safety(a.Self())
			if err != nil || other != nil {
				t.Fatalf("%v, %v", err, other)
			}
			if *x != *y || *x != number(root, a, a.chain.Member(b.Self())) {
				t.Fatalf("one end tells\n%s %s of epoch %d, the other\n%s %s of epoch %d", x.Number, x.Transcript, x.Epoch, y.Number, y.Transcript, y.Epoch)
			}
			pairs[[2]wire.ID{a.Self(), b.Self()}], pairs[[2]wire.ID{b.Self(), a.Self()}] = *x, *y
		}
	}
	return pairs
}

// told is what c tells of a member; it must tell.
func told(t testing.TB, c *Conversation, of wire.ID) Safety {
	t.Helper()
	s, err := c.Safety(of)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

func (c *company) rootKey() []byte { return c.root.Public().(ed25519.PublicKey) }

func TestSafetyNumberStaysWhileTheTwoKeysDo(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.read(d.inbox)
	root := d.company.rootKey()
	waiting := compare(t, root, d.customer, d.inbox)
	ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
	first := compare(t, root, d.customer, ana)[[2]wire.ID{d.customer.Self(), ana.Self()}]
	if first.Number == waiting[[2]wire.ID{d.customer.Self(), d.inbox.Self()}].Number {
		t.Error("the agent has the inbox's number")
	}
	seen := []wire.Digits{first.Transcript}
	again := func(name string, customer, ana *Conversation) {
		t.Helper()
		now := compare(t, root, customer, ana)[[2]wire.ID{customer.Self(), ana.Self()}]
		if now.Number != first.Number {
			t.Errorf("%s: another number", name)
		}
		if slices.Contains(seen, now.Transcript) {
			t.Errorf("%s: an old transcript", name)
		}
		seen = append(seen, now.Transcript)
	}
	d.commit(ana)
	d.read(d.customer)
	again("a commit", d.customer, ana)
	d.customer, ana = reload(t, d.customer), reload(t, ana)
	d.commit(d.customer)
	d.read(ana)
	again("after a reload of both", d.customer, ana)
	third := d.add(ana, d.company.agent("Ben"), wire.Agent)
	d.read(d.customer)
	again("a conference", d.customer, ana)
	if pairs := compare(t, root, d.customer, ana, third); len(pairs) != 6 {
		t.Errorf("%d pairs", len(pairs))
	}
	// Handed over and back: the two who compare are the same.
	d.remove(ana, third.Self())
	d.read(d.customer)
	ben := d.handsTo(ana, d.company.agent("Ben"), forTransfer)
	_, err := ana.Safety(d.customer.Self())
	want(t, "Ana, who left", err, wire.NotMember)
	_, err = d.customer.Safety(ana.Self())
	want(t, "of Ana, who left", err, wire.NotMember)
	again("handed over and back", d.customer, d.handsTo(ben, ana.end, forTransfer))
}

// The root is the head's manifest's, also where an end remembers a newer one
// only, and whatever list it pins.
func TestSafetyNumberIsOfTheHeadsRoot(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.read(p.customer)
	old, next := p.company.rootKey(), seed(77)
	for _, c := range []*Conversation{p.customer, p.agent} {
		c.end.roots = append(c.end.roots, wire.Hash(next.Public().(ed25519.PublicKey)))
	}
	before := compare(t, old, p.customer, p.agent)
	p.company.root = next
	p.publish(p.company.newManifest(2, nil))
	if seen := compare(t, old, p.customer, p.agent); seen[[2]wire.ID{p.customer.Self(), p.agent.Self()}] != before[[2]wire.ID{p.customer.Self(), p.agent.Self()}] {
		t.Error("a manifest that no commit names changed it")
	}
	p.customer, p.agent = reload(t, p.customer), reload(t, p.agent)
	if hash, _ := p.customer.chain.Manifest(); p.customer.end.manifest(hash) != nil {
		t.Fatal("the old manifest is still there: nothing is tested")
	}
	compare(t, old, p.customer, p.agent)
	// The page pins the next root alone: the conversation's is what it was.
	p.agent = reloaded(t, p.agent.end.Marshal(), p.agent.Marshal(), wire.Agent, p.agent.end.roots[1:])
	compare(t, old, p.customer, p.agent)
	p.commit(p.customer)
	// One has read on, the other not: their epochs say why the numbers differ.
	ahead, behind := told(t, p.customer, p.agent.Self()), told(t, p.agent, p.customer.Self())
	if ahead.Number == behind.Number || ahead.Epoch != behind.Epoch+1 {
		t.Errorf("epochs %d and %d", ahead.Epoch, behind.Epoch)
	}
	p.read(p.agent)
	after := compare(t, p.company.rootKey(), p.customer, p.agent)
	if a, b := after[[2]wire.ID{p.customer.Self(), p.agent.Self()}], before[[2]wire.ID{p.customer.Self(), p.agent.Self()}]; a.Number == b.Number {
		t.Error("another root, the same number")
	}
}

func TestWhoTellsNoSafetyNumber(t *testing.T) {
	p, third := newTrio(t)
	p.read(p.customer)
	p.read(p.agent)
	code := func(name string, c *Conversation, of wire.ID, code wire.Code) {
		t.Helper()
		s, err := c.Safety(of)
		if code == 0 != (s != nil) {
			t.Errorf("%s: told %v with %v", name, s, err)
		}
		want(t, name, err, code)
	}
	agent := p.agent.Self()
	code("active", p.customer, agent, 0)
	code("the own id", p.customer, p.customer.Self(), wire.BadArgument)
	code("a stranger", p.customer, wire.ID{1}, wire.NotMember)
	code("nobody", p.customer, wire.ID{}, wire.NotMember)
	code("nothing read", p.customer.end.Join(p.customer.ID()), agent, wire.Unavailable)
	code("nothing read, the own id", p.customer.end.Join(p.customer.ID()), p.customer.Self(), wire.BadArgument)
	stranger := p.company.agent("Eve").Join(p.customer.ID())
	p.read(stranger)
	code("never a member", stranger, agent, wire.NotMember)
	lost := p.wiped(third)
	if lost.State() != Lost {
		t.Fatalf("state %d", lost.State())
	}
	code("lost", lost, agent, wire.EpochGone)
	lost.forked = true
	code("lost and forked", lost, agent, wire.EpochGone)
	forked := copyOf(t, p.customer)
	forked.forked = true
	code("forked", forked, agent, 0)
	doubtful := copyOf(t, p.customer)
	doubtful.doubted = append(doubtful.doubted, doubt{id: agent, at: doubtful.Index()})
	code("doubtful", doubtful, agent, 0)

	// Who leaves has read its own mark, and the others as well.
	leaving := p.must(third.Commit(p.now, Moves{Marks: wire.MarkLeave}))
	p.log.mustAppend(leaving)
	for _, c := range []*Conversation{p.customer, p.agent, third} {
		p.read(c)
	}
	code("leaving", third, agent, wire.NotMember)
	code("of who leaves", p.customer, third.Self(), wire.NotMember)
	code("beside who leaves", p.customer, agent, 0)
	p.commit(p.agent)
	p.read(third)
	code("removed", third, agent, wire.NotMember)
	p.read(p.customer)
	closing := p.must(p.agent.Commit(p.now, Moves{Marks: wire.MarkClose}))
	code("before the close is read back", p.agent, p.customer.Self(), 0)
	p.log.mustAppend(closing)
	p.read(p.agent)
	code("closed", p.agent, p.customer.Self(), wire.NotMember)
}

func TestRereadingTellsNoSafetyNumber(t *testing.T) {
	d, c := claimed(t, nil)
	for c.State() == Rereading {
		for _, forked := range []bool{false, true} { // it stands at an old commit
			c.forked = forked
			_, err := c.Safety(d.customer.Self())
			want(t, "rereading", err, wire.Unavailable)
		}
		c.forked = false
		d.step(c)
	}
	d.read(d.customer)
	d.read(c)
	compare(t, d.company.rootKey(), d.customer, c)
}

// What was worked out before is of the same key, root and head, or is not used.
func TestSafetyNumbersAreRememberedForTheirKeyAlone(t *testing.T) {
	p := newPair(t)
	e := p.agent.end
	var keys [][]byte
	for n := range maxHalves + 8 {
		keys = append(keys, seed(byte(n)).Public().(ed25519.PublicKey))
	}
	wants := map[string]wire.Digits{}
	for round := range 2 {
		for i, k := range keys {
			root := wire.Hash(keys[i%2])
			name := string(root[:]) + string(k)
			if round == 0 {
				wants[name] = wire.SafetyDigits(root[:], k)
			}
			for _, time := range []string{"first", "second"} {
				if e.half(root, k) != wants[name] || len(e.halves) > maxHalves {
					t.Fatalf("key %d, %s time: another half, or %d are kept", i, time, len(e.halves))
				}
			}
		}
	}
	root, last := wire.Hash(keys[(len(keys)-1)%2]), keys[len(keys)-1]
	if n := len(e.halves); n == 0 || e.halves[n-1].root != root || e.halves[n-1].identity != string(last) {
		t.Error("the last is not kept")
	} else if e.half(root, last); len(e.halves) != n {
		t.Error("the last is worked out again")
	}
	state := p.agent.Marshal()
	before, err := p.agent.Safety(p.customer.Self())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.agent.Marshal(), state) {
		t.Error("telling it changed the state")
	}
	p.commit(p.agent)
	p.read(p.customer)
	after := compare(t, p.company.rootKey(), p.customer, p.agent)[[2]wire.ID{p.agent.Self(), p.customer.Self()}]
	if after.Transcript == before.Transcript || after.Epoch != before.Epoch+1 {
		t.Error("the digits of the epoch before")
	}
}

// Two forks of one epoch: whoever compares finds out.
func TestForkedEndsTellOtherTranscripts(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.read(p.customer)
	x, y := p.must(p.customer.Commit(p.now, Moves{})), p.must(p.agent.Commit(p.now, Moves{}))
	for c, entry := range map[*Conversation][]byte{p.customer: x, p.agent: y} {
		if _, err := c.Receive(entry, p.now); err != nil {
			t.Fatal(err)
		}
	}
	a, b := told(t, p.customer, p.agent.Self()), told(t, p.agent, p.customer.Self())
	if a.Epoch != b.Epoch || a.Number != b.Number || a.Transcript == b.Transcript {
		t.Errorf("epochs %d and %d, %s and %s", a.Epoch, b.Epoch, a.Transcript, b.Transcript)
	}
}

// Who has an issuer's key and the relay puts himself between two ends, an agent to
// the customer and a customer to the agent. Nothing of what the two read to each
// other is the same.
func TestSomebodyInBetweenShowsOtherNumbers(t *testing.T) {
	left, right := newPair(t), newPair(t) // of one company: its keys come from a seed
	if !slices.Equal(left.company.rootKey(), right.company.rootKey()) {
		t.Fatal("two companies")
	}
	victim, agent := told(t, left.customer, left.agent.Self()), told(t, right.agent, right.customer.Self())
	for at := 0; at < len(victim.Number); at += 30 {
		for other := 0; other < len(agent.Number); other += 30 {
			if slices.Equal(victim.Number[at:at+30], agent.Number[other:other+30]) {
				t.Error("half of the number is the same")
			}
		}
	}
	_, err := right.agent.Safety(left.customer.Self())
	want(t, "the agent's, of the customer", err, wire.NotMember)
}

// The number is of two members and silent on all others: a relay that hides a
// removal from one of the two changes nothing about it. The epoch tells, and the
// transcript.
func TestWhoElseReadsShowsInTheTranscriptAlone(t *testing.T) {
	p, third := newTrio(t)
	p.read(p.customer)
	p.read(p.agent)
	p.remove(p.agent, third.Self())
	after, hidden := told(t, p.agent, p.customer.Self()), told(t, p.customer, p.agent.Self())
	if after.Number != hidden.Number || after.Epoch == hidden.Epoch || after.Transcript == hidden.Transcript {
		t.Errorf("epochs %d and %d, %s and %s", after.Epoch, hidden.Epoch, after.Transcript, hidden.Transcript)
	}
	if told(t, third, p.customer.Self()).Epoch != hidden.Epoch {
		t.Error("who was removed is not where it is hidden")
	}
}

// TestRandomMovesShowOneNumber: at the end of any course of moves and crashes all
// who are in tell one transcript, and each two one number, which they had before.
func TestRandomMovesShowOneNumber(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 9).Draw(rt, "one of ten") != 0 {
			return // each is thousands of hashes for each end
		}
		h := newHall(t, rt, 1)
		numbers := map[[2]wire.ID][60]byte{}
		for range 2 {
			for range rapid.IntRange(1, 6).Draw(rt, "steps") {
				g := h.active()
				h.commits(g, h.moves(g))
				h.says(h.active())
			}
			var in []*Conversation
			for _, g := range h.who {
				h.read(g, 1<<20)
				if g.conv.State() == Active {
					in = append(in, g.conv)
				}
			}
			for pair, s := range compare(rt, h.company.rootKey(), in...) {
				if n, known := numbers[pair]; known && n != s.Number {
					rt.Fatalf("two members have another number than before")
				}
				numbers[pair] = s.Number
			}
		}
	})
}
