package conversation

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Grounds of doubt: what a header in a member's name can tell of another log
// without being authentic. Each is a real message with a field changed on its
// way, and the code that it has for that.
var grounds = []struct {
	name   string
	change func(c *Conversation, entry []byte)
	code   wire.Code
}{
	{"another log hash", func(_ *Conversation, e []byte) { e[75] ^= 1 }, wire.OpenFailed},
	{"an index to come", func(c *Conversation, e []byte) { binary.BigEndian.PutUint64(e[67:], c.index+1) }, wire.OpenFailed},
	{"the last index there is", func(_ *Conversation, e []byte) { binary.BigEndian.PutUint64(e[67:], 1<<64-1) }, wire.OpenFailed},
	{"an index before the epoch", func(c *Conversation, e []byte) { binary.BigEndian.PutUint64(e[67:], c.base-1) }, wire.OpenFailed},
	{"nothing seen", func(_ *Conversation, e []byte) { binary.BigEndian.PutUint64(e[67:], 0) }, wire.OpenFailed},
	{"another index of the epoch", func(c *Conversation, e []byte) { binary.BigEndian.PutUint64(e[67:], c.base) }, wire.OpenFailed},
	{"the next epoch", func(c *Conversation, e []byte) { binary.BigEndian.PutUint64(e[18:], c.Epoch()+1) }, wire.StaleEpoch},
	{"the last epoch there is", func(_ *Conversation, e []byte) { binary.BigEndian.PutUint64(e[18:], 1<<64-1) }, wire.StaleEpoch},
	{"another log in an epoch that is gone", func(c *Conversation, e []byte) {
		binary.BigEndian.PutUint64(e[18:], c.Epoch()-1)
		e[80] ^= 1
	}, wire.StaleEpoch},
}

// doubted is a trio whose agent sealed a message that was changed on its way.
func newDoubted(t *testing.T, change func(c *Conversation, entry []byte)) (p *pair, third *Conversation, real []byte) {
	t.Helper()
	p, third = newTrio(t)
	p.send(p.customer, "an entry of the epoch")
	p.read(p.agent)
	p.read(third)
	real = p.must(p.agent.Seal(p.now, wire.Stored, []byte("real")))
	bad := bytes.Clone(real)
	change(p.agent, bad)
	p.log.entries = append(p.log.entries, bad) // a transport that checks nothing
	return p, third, real
}

func TestDoubtIsRaisedByEachGround(t *testing.T) {
	for _, g := range grounds {
		p, third, _ := newDoubted(t, g.change)
		for _, c := range []*Conversation{p.customer, third} {
			ignored(t, g.name, p.last(c), g.code)
			if c.State() != Doubtful || c.ForkedBy() != p.agent.Self() {
				t.Errorf("%s: state %d, by %x", g.name, c.State(), c.ForkedBy())
			}
			before := c.Marshal()
			_, err := c.Seal(p.now, wire.Stored, []byte("x"))
			want(t, g.name+": seal", err, wire.ForkedLog)
			_, err = c.Seal(p.now, wire.Passing, []byte("x"))
			want(t, g.name+": seal passing", err, wire.ForkedLog)
			_, err = c.Reseal(p.now, p.log.entries[0], nil)
			want(t, g.name+": reseal", err, wire.ForkedLog)
			if !bytes.Equal(before, c.Marshal()) {
				t.Errorf("%s: the state changed", g.name)
			}
			p.due(g.name, c, DueNothing)
			if again := reload(t, c); again.State() != Doubtful || again.ForkedBy() != p.agent.Self() {
				t.Errorf("%s: a reload settles it", g.name)
			}
			if _, err := copyOf(t, c).Commit(p.now, Moves{}); err != nil {
				t.Errorf("%s: commit: %v", g.name, err)
			}
		}
		ignored(t, g.name+": itself", p.last(p.agent), g.code)
		if p.agent.State() != Active {
			t.Errorf("%s: it doubts itself", g.name)
		}
	}
}

func TestNoDoubtOfWhatTellsNothing(t *testing.T) {
	for name, change := range map[string]func(c *Conversation, entry []byte){
		"garbage behind a right header": func(_ *Conversation, e []byte) { e[140] ^= 1 },
		"another nonce":                 func(_ *Conversation, e []byte) { e[110] ^= 1 },
		"another counter":               func(_ *Conversation, e []byte) { e[65] ^= 64 },
		"an index before it, of one that is gone": func(c *Conversation, e []byte) {
			binary.BigEndian.PutUint64(e[18:], c.Epoch()-1)
			binary.BigEndian.PutUint64(e[67:], c.base-1)
		},
		"an epoch that is gone":          func(c *Conversation, e []byte) { binary.BigEndian.PutUint64(e[18:], c.Epoch()-1) },
		"nobody's name, another log":     func(_ *Conversation, e []byte) { e[30] ^= 1; e[75] ^= 1 },
		"another conversation and log":   func(_ *Conversation, e []byte) { e[3] ^= 1; e[75] ^= 1 },
		"as passing, of another log":     func(_ *Conversation, e []byte) { e[66] = wire.Passing; e[75] ^= 1 },
		"as passing, of the next epoch":  func(c *Conversation, e []byte) { e[66] = wire.Passing; binary.BigEndian.PutUint64(e[18:], c.Epoch()+1) },
		"nobody's name, of another time": func(c *Conversation, e []byte) { e[30] ^= 1; binary.BigEndian.PutUint64(e[18:], c.Epoch()+1) },
	} {
		p, third, _ := newDoubted(t, change)
		for who, c := range map[string]*Conversation{"customer": p.customer, "another agent": third, "its maker": p.agent} {
			if ev := p.last(c); ev.Type != Ignored || c.State() != Active {
				t.Errorf("%s: at %s: %+v, state %d", name, who, ev, c.State())
			}
			p.due(name+", "+who, c, DueNothing)
		}
	}
	// A supervisor's name: it never speaks.
	p := newPair(t)
	bo := p.company.end(wire.Supervisor)
	want(t, "credential", bo.SetCredential(p.company.credential(bo, "Bo"), p.now/1000), 0)
	third := p.add(p.agent, bo, wire.Supervisor)
	p.settle()
	p.read(third)
	for _, epoch := range []uint64{p.agent.Epoch(), p.agent.Epoch() + 1} {
		entry := forged(third, bo, func(m *wire.Message) { m.Epoch, m.SeenHash = epoch, wire.Hash{1} }, nil)
		if _, err := p.customer.Receive(entry, p.now); err != nil || p.customer.State() != Active {
			t.Errorf("in a supervisor's name: %v, state %d", err, p.customer.State())
		}
	}
}

// Only the doubted member ends the doubt: by a commit, or a message that opens
// and was sealed after what raised it. One from before says nothing of what its
// sender was shown since: a relay that forks may have kept it back.
func TestDoubtIsSettledByItsMemberAlone(t *testing.T) {
	for name, row := range map[string]struct {
		does func(p *pair, third *Conversation, real []byte)
		want State
	}{
		"its message from before": {func(p *pair, _ *Conversation, real []byte) { p.log.mustAppend(real) }, Doubtful},
		"its message, made when it had read all but that": {func(p *pair, _ *Conversation, _ []byte) {
			n := len(p.agent.hashes)
			p.log.mustAppend(forged(p.agent, p.agent.end, func(m *wire.Message) { m.SeenIndex, m.SeenHash = m.SeenIndex-1, p.agent.hashes[n-2] }, nil))
		}, Doubtful},
		"its message, made when it had read that": {func(p *pair, _ *Conversation, _ []byte) {
			p.log.mustAppend(forged(p.agent, p.agent.end, nil, nil))
		}, Active},
		"its commit": {func(p *pair, _ *Conversation, _ []byte) { p.commit(p.agent) }, Active},
		"another's message": {func(p *pair, third *Conversation, _ []byte) {
			p.log.mustAppend(p.must(copyOf(p.t, third).Seal(p.now, wire.Stored, nil)))
		}, Doubtful},
		"another's commit": {func(p *pair, third *Conversation, _ []byte) { p.commit(third) }, Doubtful},
		"the own commit":   {func(p *pair, _ *Conversation, _ []byte) { p.commit(p.customer) }, Doubtful},
		"its removal":      {func(p *pair, third *Conversation, _ []byte) { p.remove(third, p.agent.Self()) }, Active},
		"its message, changed": {func(p *pair, _ *Conversation, real []byte) {
			p.log.entries = append(p.log.entries, append(real[:len(real)-1:len(real)-1], real[len(real)-1]^1))
		}, Doubtful},
		"a message it read before": {func(p *pair, _ *Conversation, _ []byte) {
			p.log.entries = append(p.log.entries, p.log.entries[len(p.log.entries)-3])
		}, Doubtful},
		"its commit, not signed": {func(p *pair, _ *Conversation, _ []byte) {
			raw := bytes.Clone(p.must(p.agent.Commit(p.now, Moves{})))
			raw[len(raw)-1] ^= 1
			p.log.entries = append(p.log.entries, raw)
		}, Doubtful},
		"its join request": {func(p *pair, third *Conversation, _ []byte) {
			p.log.mustAppend(p.must(requestOf(p.agent.end, p.agent, p.agent.Self())))
		}, Doubtful},
		"being added again": {func(p *pair, third *Conversation, _ []byte) {
			p.log.mustAppend(p.must(requestOf(p.agent.end, p.agent, p.agent.Self())))
			p.read(third)
			p.commit(third)
		}, Active},
	} {
		p, third, real := newDoubted(t, grounds[0].change)
		for _, c := range []*Conversation{p.customer, p.agent} {
			p.read(c)
		}
		if p.customer.State() != Doubtful {
			t.Fatalf("%s: no doubt", name)
		}
		if name != "another's message" {
			p.read(third)
		}
		row.does(p, third, real)
		p.read(p.customer)
		if p.customer.State() != row.want {
			t.Errorf("%s: state %d, want %d", name, p.customer.State(), row.want)
		}
		if row.want == Active {
			p.send(p.customer, "goes on")
		}
	}
}

// Two who are doubted settle it each for itself.
func TestDoubtOfTwo(t *testing.T) {
	p, third, _ := newDoubted(t, grounds[0].change)
	bad := bytes.Clone(p.must(third.Seal(p.now, wire.Stored, nil)))
	bad[75] ^= 1
	p.log.entries = append(p.log.entries, bad, bad)
	p.read(p.customer)
	p.read(p.agent)
	p.read(third)
	if n := len(p.customer.doubted); n != 2 {
		t.Errorf("%d doubts about two", n)
	}
	p.commit(p.agent)
	p.read(p.customer)
	if p.customer.State() != Doubtful || p.customer.ForkedBy() != third.Self() {
		t.Errorf("state %d, by %x", p.customer.State(), p.customer.ForkedBy())
	}
	p.read(third)
	if third.State() != Active {
		t.Errorf("the second doubts the first: state %d", third.State())
	}
	p.commit(third)
	p.read(p.customer)
	p.read(p.agent)
	if p.customer.State() != Active || p.agent.State() != Active {
		t.Errorf("states %d and %d", p.customer.State(), p.agent.State())
	}
	p.talk(p.customer, p.agent, third)
}

// Whose name is misused sees it and commits: an honest log with garbage in it
// heals, however much there is.
func TestGarbageInAMembersNameHeals(t *testing.T) {
	for _, g := range grounds {
		p, third, _ := newDoubted(t, g.change)
		for round := range 2 {
			for _, c := range []*Conversation{p.agent, p.customer, third} {
				p.read(c)
			}
			if p.customer.State() != Doubtful || third.State() != Doubtful {
				t.Fatalf("%s: round %d: states %d and %d", g.name, round, p.customer.State(), third.State())
			}
			p.due(g.name, p.agent, DueCommit)
			p.due(g.name+", a page load later", reload(t, p.agent), DueCommit)
			_, err := p.agent.Seal(p.now, wire.Stored, nil)
			want(t, g.name, err, wire.StaleEpoch)
			// Another's commit comes first: it is still to be settled.
			p.commit(third)
			p.read(p.agent)
			p.due(g.name+", after another's commit", p.agent, DueCommit)
			p.commit(p.agent)
			p.due(g.name+", committed", p.agent, DueNothing)
			p.read(third)
			p.read(p.customer)
			p.talk(p.customer, p.agent, third)
			entry := p.must(copyOf(t, p.agent).Seal(p.now, wire.Stored, nil))
			g.change(p.agent, entry)
			p.log.entries = append(p.log.entries, entry)
		}
	}
}

// A message that was on its way settles nothing at the others, and so the end
// that sealed it still owes them its commit.
func TestMessageOnItsWaySettlesNothing(t *testing.T) {
	p, third, real := newDoubted(t, grounds[0].change)
	p.log.mustAppend(real)
	p.read(p.agent)
	p.due("owed", p.agent, DueCommit)
	p.read(third)
	p.read(p.customer)
	if p.customer.State() != Doubtful || third.State() != Doubtful {
		t.Errorf("states %d and %d", p.customer.State(), third.State())
	}
	// One that another copy made since settles it at all, as a commit does.
	for _, settles := range []func(p *pair){
		func(p *pair) { p.log.mustAppend(forged(p.agent, p.agent.end, nil, nil)) },
		func(p *pair) { p.commit(p.agent) },
	} {
		q := *p
		chain, err := wire.LoadChain(p.log.chain.Marshal(), func(wire.Hash) *wire.Manifest { return p.company.manifest })
		if err != nil {
			t.Fatal(err)
		}
		q.log = &log{t: t, chain: chain, entries: slices.Clone(p.log.entries)}
		q.agent, q.customer = copyOf(t, p.agent), copyOf(t, p.customer)
		settles(&q)
		q.read(q.agent)
		q.read(q.customer)
		q.due("settled", q.agent, DueNothing)
		if q.customer.State() != Active {
			t.Errorf("state %d", q.customer.State())
		}
	}
	p.commit(p.agent)
	p.read(third)
	p.read(p.customer)
	p.talk(p.customer, p.agent, third)
}

// A relay that forks the log keeps a message back that was sealed before, and
// shows it after one that crosses: the doubt stays.
func TestP05_MessageKeptBackDoesNotSettleAFork(t *testing.T) {
	p := newPair(t)
	p.settle()
	kept := p.must(p.agent.Seal(p.now, wire.Stored, []byte("from before the fork")))
	give := func(c *Conversation, entry []byte) {
		t.Helper()
		if _, err := c.Receive(entry, p.now); err != nil {
			t.Fatal(err)
		}
	}
	x, y := p.must(p.customer.Commit(p.now, Moves{})), p.must(p.agent.Commit(p.now, Moves{}))
	give(p.agent, y)
	crossing := p.must(p.agent.Seal(p.now, wire.Stored, []byte("crossing")))
	give(p.customer, crossing) // of an epoch to come
	if p.customer.State() != Doubtful {
		t.Fatalf("state %d", p.customer.State())
	}
	give(p.customer, kept)
	if p.customer.State() != Doubtful {
		t.Error("settled by what was kept back")
	}
	// Branches of one length tell by their hashes, and one that began lower by
	// that its messages saw less than this epoch's commit.
	for name, more := range map[string]int{"as long": 0, "two entries longer": 2} {
		c, err := p.customer.end.LoadConversation(p.customer.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		c.doubted = nil
		for range more {
			give(c, p.log.entries[0])
		}
		give(c, x)
		if c.Epoch() != p.agent.Epoch() || c.State() != Active {
			t.Fatalf("%s: epoch %d, state %d", name, c.Epoch(), c.State())
		}
		give(c, crossing)
		if c.State() != Doubtful {
			t.Errorf("%s: state %d", name, c.State())
		}
	}
}

// Lost while it was to be defended, or while it doubted: being added again is
// a new beginning with everybody.
func TestBeingAddedAgainSettlesAllDoubt(t *testing.T) {
	p, third, _ := newDoubted(t, grounds[0].change)
	bad := bytes.Clone(p.must(third.Seal(p.now, wire.Stored, nil)))
	bad[75] ^= 1
	p.log.entries = append(p.log.entries, bad)
	p.read(p.agent)
	p.read(third)
	p.read(p.customer)
	if p.agent.State() != Doubtful {
		t.Fatalf("state %d", p.agent.State())
	}
	p.due("to be defended", p.agent, DueCommit)
	// The customer's garbage makes it lost; then the customer lets it in.
	p.log.mustAppend(garbled(p.customer, p.now, p.agent.Self()))
	for _, c := range []*Conversation{p.agent, p.customer, third} {
		p.read(c)
	}
	if p.agent.State() != Lost {
		t.Fatalf("state %d", p.agent.State())
	}
	p.ask(p.agent)
	p.read(p.customer)
	p.commit(p.customer)
	p.read(p.agent)
	p.read(third)
	if p.agent.State() != Active || p.agent.defend != 0 || third.State() != Active {
		t.Errorf("state %d, defend %d; the third %d", p.agent.State(), p.agent.defend, third.State())
	}
	if p.customer.State() != Doubtful || p.customer.ForkedBy() != third.Self() {
		t.Errorf("the customer's state %d", p.customer.State())
	}
}

// A doubtful end still answers: the one in doubt may be the one who asks.
func TestDoubtfulEndAnswersJoinRequests(t *testing.T) {
	p, third, _ := newDoubted(t, grounds[4].change)
	p.read(p.customer)
	p.agent = p.wiped(p.agent)
	p.ask(p.agent)
	p.read(p.customer)
	p.due("doubtful, asked", p.customer, DueCommit)
	p.commit(p.customer)
	p.read(p.agent)
	p.read(third)
	p.talk(p.agent, p.customer, third)
}

// Honest races on a transport that checks nothing: commits that lost, messages
// that a commit overtook, and both again. Nobody doubts anybody.
func TestHonestRacesRaiseNoDoubt(t *testing.T) {
	p, third := newTrio(t)
	all := []*Conversation{p.customer, p.agent, third}
	for round := range 6 {
		var late [][]byte
		for i, c := range all {
			if entry, err := copyOf(t, c).Seal(p.now, wire.Stored, []byte("overtaken")); err == nil {
				late = append(late, entry)
			}
			if i != round%3 {
				late = append(late, p.must(copyOf(t, c).Commit(p.now, Moves{})))
			}
		}
		p.commit(all[round%3])
		p.log.entries = append(p.log.entries, late...)
		p.log.entries = append(p.log.entries, late...)
		for i, c := range all {
			for _, ev := range p.read(c) {
				if ev.Type == Ignored && ev.Code != wire.StaleEpoch && ev.Code != wire.StaleHead {
					t.Errorf("round %d: %v", round, ev.Code)
				}
			}
			if c.State() != Active || c.defend != 0 {
				t.Fatalf("round %d: member %d in state %d", round, i, c.State())
			}
		}
	}
}

// A fork of commits: from the first crossing message on both suspend, and
// nothing that the relay can carry across settles it; a crossing commit, which
// is signed in the open, proves it.
func TestP05_ForkOfCommitsStaysInDoubt(t *testing.T) {
	p := newPair(t)
	p.settle()
	before := p.send(p.customer, "before the fork")
	withheld := p.must(p.agent.Seal(p.now, wire.Stored, []byte("withheld before the fork")))
	p.read(p.customer)
	p.read(p.agent)
	x, y := p.must(p.customer.Commit(p.now, Moves{})), p.must(p.agent.Commit(p.now, Moves{}))
	give := func(c *Conversation, entry []byte) *Event {
		t.Helper()
		ev, err := c.Receive(entry, p.now)
		if err != nil {
			t.Fatal(err)
		}
		return ev
	}
	give(p.customer, x)
	give(p.agent, y)
	var ofCustomer, ofAgent [][]byte
	for range 3 {
		for _, side := range []struct {
			c   *Conversation
			out *[][]byte
		}{{p.customer, &ofCustomer}, {p.agent, &ofAgent}} {
			entry := p.must(side.c.Seal(p.now, wire.Stored, []byte("in one branch")))
			*side.out = append(*side.out, entry)
			give(side.c, entry)
		}
	}
	for i := range ofAgent {
		give(p.customer, ofAgent[i])
		give(p.agent, ofCustomer[i])
		give(p.customer, withheld)
		give(p.agent, before)
		for name, c := range map[string]*Conversation{"customer": p.customer, "agent": p.agent} {
			if c.State() != Doubtful || c.defend != 0 {
				t.Fatalf("round %d: %s in state %d, defends %d", i, name, c.State(), c.defend)
			}
		}
	}
	crossing := [2][]byte{p.must(p.agent.Commit(p.now, Moves{})), p.must(p.customer.Commit(p.now, Moves{}))}
	for i, c := range []*Conversation{p.customer, p.agent} {
		ignored(t, "a crossing commit", give(c, crossing[i]), wire.ForkedLog)
	}
	for name, c := range map[string]*Conversation{"customer": p.customer, "agent": p.agent} {
		if c.State() != Forked {
			t.Errorf("%s in state %d", name, c.State())
		}
		p.dueFails(name, c, wire.ForkedLog)
		if reload(t, c).State() != Forked {
			t.Errorf("%s: a reload mends it", name)
		}
	}
}

// What was sealed long ago is too old to tell anything.
func TestDoubtKnowsOnlyTheRememberedWindow(t *testing.T) {
	p := newPair(t)
	p.settle()
	entry := p.must(p.agent.Seal(p.now, wire.Stored, nil))
	binary.BigEndian.PutUint64(entry[67:], p.agent.base)
	entry[80] ^= 1
	junk := forged(p.agent, p.agent.end, nil, nil)
	for range seenWindow - 1 {
		p.log.entries = append(p.log.entries, junk)
	}
	p.read(p.customer)
	inTime := copyOf(t, p.customer)
	if _, err := inTime.Receive(entry, p.now); err != nil || inTime.State() != Doubtful {
		t.Errorf("the oldest index there is: %v, state %d", err, inTime.State())
	}
	p.log.entries = append(p.log.entries, junk)
	p.read(p.customer)
	if ev, err := p.customer.Receive(entry, p.now); err != nil || ev.Code != wire.OpenFailed || p.customer.State() != Active {
		t.Errorf("one entry later: %+v, %v, state %d", ev, err, p.customer.State())
	}
	// The index counts from nowhere: the last there is lies ahead.
	entry = forged(p.agent, p.agent.end, func(m *wire.Message) { m.SeenIndex = 1<<64 - 1 }, nil)
	if ev, err := p.customer.Receive(entry, p.now); err != nil || ev.Code != wire.ForkedLog {
		t.Errorf("the last index there is: %+v, %v", ev, err)
	}
}
