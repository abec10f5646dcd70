package conversation

import (
	"bytes"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Two branches of one log: what crosses from one to the other is never shown,
// and stops who reads it.

func TestP05_MessageAcrossBranchesOfMessagesIsAFork(t *testing.T) {
	p := newPair(t)
	p.settle()
	// The relay keeps a message of the customer from the agent, and one of the
	// agent from the customer.
	a := p.must(p.customer.Seal(p.now, wire.Stored, []byte("kept from the agent")))
	b := p.must(p.agent.Seal(p.now, wire.Stored, []byte("kept from the customer")))
	p.customer.Receive(a, p.now)
	p.agent.Receive(b, p.now)
	crossA := p.must(p.customer.Seal(p.now, wire.Stored, []byte("crossing")))
	crossB := p.must(p.agent.Seal(p.now, wire.Stored, []byte("crossing")))
	for _, side := range []struct {
		name   string
		c      *Conversation
		entry  []byte
		sender wire.ID
	}{{"agent", p.agent, crossA, p.customer.end.ID()}, {"customer", p.customer, crossB, p.agent.end.ID()}} {
		ev, err := side.c.Receive(side.entry, p.now)
		if err != nil {
			t.Fatal(err)
		}
		ignored(t, side.name, ev, wire.ForkedLog)
		if side.c.State() != Forked || side.c.ForkedBy() != side.sender {
			t.Errorf("%s: state %d, forked by %x", side.name, side.c.State(), side.c.ForkedBy())
		}
		p.dueFails(side.name, side.c, wire.ForkedLog)
		_, err = side.c.Commit(p.now, Moves{})
		want(t, "commit", err, wire.ForkedLog)
		_, err = side.c.Reseal(p.now, crossA, nil)
		want(t, "reseal", err, wire.ForkedLog)
		if loaded := reload(t, side.c); loaded.State() != Forked || loaded.ForkedBy() != side.sender {
			t.Errorf("%s: a reload mends it", side.name)
		}
	}
}

// Branches of commits have other secrets: a crossing message does not open,
// and a crossing commit, which is signed in the open, proves the fork.
func TestP05_BranchesOfCommits(t *testing.T) {
	p := newPair(t)
	p.settle()
	x, y := p.must(p.customer.Commit(p.now, Moves{})), p.must(p.agent.Commit(p.now, Moves{}))
	p.customer.Receive(x, p.now)
	p.agent.Receive(y, p.now)
	if p.customer.TranscriptHash() == p.agent.TranscriptHash() {
		t.Fatal("no fork")
	}
	text := p.must(p.customer.Seal(p.now, wire.Stored, []byte("crossing")))
	back := p.must(p.agent.Seal(p.now, wire.Stored, []byte("crossing")))
	ev, err := p.agent.Receive(text, p.now)
	if err != nil {
		t.Fatal(err)
	}
	ignored(t, "message", ev, wire.OpenFailed)
	ev, _ = p.customer.Receive(back, p.now)
	ignored(t, "message back", ev, wire.OpenFailed)
	for name, c := range map[string]*Conversation{"customer": p.customer, "agent": p.agent} {
		if c.State() != Doubtful {
			t.Errorf("%s: state %d after the first crossing message", name, c.State())
		}
	}

	x2, y2 := p.must(p.customer.Commit(p.now, Moves{})), p.must(p.agent.Commit(p.now, Moves{}))
	for name, side := range map[string]struct {
		c, other *Conversation
		entry    []byte
	}{"agent": {p.agent, p.customer, x2}, "customer": {p.customer, p.agent, y2}} {
		before := side.c.TranscriptHash()
		unsigned := commit(t, side.entry)
		unsigned.Signature = bytes.Clone(unsigned.Signature)
		unsigned.Signature[3] ^= 1
		ev := next(t, side.c, unsigned.Encode())
		ignored(t, name+", not signed", ev, wire.StaleHead)
		c := copyOf(t, side.c)
		ev, err := c.Receive(side.entry, p.now)
		if err != nil {
			t.Fatal(err)
		}
		ignored(t, name, ev, wire.ForkedLog)
		if c.State() != Forked || c.ForkedBy() != side.other.end.ID() || c.TranscriptHash() != before {
			t.Errorf("%s: state %d, forked by %x", name, c.State(), c.ForkedBy())
		}
	}
	// The first branching commit itself was made before: it only lost a race.
	ignored(t, "the other branch's commit", next(t, p.agent, x), wire.StaleHead)
}

// A join request that the relay keeps from one end makes the answer invalid
// there: its maker's signature tells at once that it read more.
func TestP05_AnswerToAJoinRequestThatWasKeptBack(t *testing.T) {
	p, third := newTrio(t)
	p.read(p.customer)
	third = p.wiped(third)
	p.ask(third)
	p.read(p.agent)
	p.commit(p.agent)
	answer := p.log.entries[len(p.log.entries)-1]
	if len(commit(t, answer).Answers) == 0 {
		t.Fatal("answers nobody")
	}
	ev, err := p.customer.Receive(answer, p.now)
	if err != nil {
		t.Fatal(err)
	}
	ignored(t, "the answer", ev, wire.ForkedLog)
	if p.customer.State() != Forked || p.customer.ForkedBy() != p.agent.Self() {
		t.Errorf("state %d, by %x", p.customer.State(), p.customer.ForkedBy())
	}
	p.dueFails("customer", p.customer, wire.ForkedLog)
}

// Whatever rule a commit breaks, what its maker signed of the log it read counts;
// unsigned, a stranger's or another conversation's it proves nothing.
func TestP05_CommitThatDoesNotCountProvesTheFork(t *testing.T) {
	p := newPair(t)
	stranger := p.company.agent("Bo")
	p.settle()
	p.send(p.customer, "x")
	p.read(p.customer)
	p.read(p.agent)
	p.send(p.agent, "y")
	p.read(p.agent)
	p.read(p.customer)
	c := p.customer
	other := wire.Hash{9}
	for _, row := range []struct {
		name   string
		signer *End
		change func(*wire.Commit)
		code   wire.Code
	}{
		{"no such answer, this log", nil, func(m *wire.Commit) { m.Answers = other[:16] }, wire.BadCommit},
		{"no such answer, another log", nil, func(m *wire.Commit) { m.Answers, m.SeenHash = other[:16], other }, wire.ForkedLog},
		{"no such answer, an entry to come", nil, func(m *wire.Commit) { m.Answers, m.SeenIndex = other[:16], c.index+1 }, wire.ForkedLog},
		{"no such answer, the last entry there is", nil, func(m *wire.Commit) { m.Answers, m.SeenIndex = other[:16], 1<<64-1 }, wire.ForkedLog},
		{"no such answer, as if the head had come later", nil, func(m *wire.Commit) { m.Answers, m.SeenIndex = other[:16], c.base-1 }, wire.ForkedLog},
		{"an older head, which it read", nil, func(m *wire.Commit) { m.Parent, m.SeenIndex, m.SeenHash = wire.Hash{1}, c.base-1, other }, wire.StaleHead},
		{"an older head, and more than it", nil, func(m *wire.Commit) { m.Parent, m.SeenIndex, m.SeenHash = wire.Hash{1}, c.base, other }, wire.ForkedLog},
		{"an epoch skipped", nil, func(m *wire.Commit) { m.Epoch, m.SeenHash = m.Epoch+1, other }, wire.ForkedLog},
		{"one removed who is not in", nil, func(m *wire.Commit) { m.Removes, m.SeenHash = []wire.ID{{1}}, other }, wire.ForkedLog},
		{"a role that is not covered", nil, func(m *wire.Commit) { m.Role, m.SeenHash = wire.Supervisor, other }, wire.ForkedLog},
		{"another conversation", nil, func(m *wire.Commit) { m.Conversation[3] ^= 1; m.SeenHash = other }, wire.BadArgument},
		{"signed by another", stranger, func(m *wire.Commit) { m.SeenHash = other }, wire.OpenFailed},
		{"a stranger's", stranger, func(m *wire.Commit) {
			kp, err := stranger.keyPackage(p.now/1000+3600, wire.UsePlace)
			want(t, "key package", err, 0)
			m.KeyPackage, m.SeenHash = kp, other
		}, wire.NotMember},
	} {
		m := commit(t, garbled(p.agent, p.now))
		made := &wire.Commit{Conversation: m.Conversation, Epoch: m.Epoch, Parent: m.Parent, ManifestHash: m.ManifestHash, SeenIndex: m.SeenIndex, SeenHash: m.SeenHash,
			Time: m.Time, KeyPackage: m.KeyPackage, Role: m.Role, Ephemeral: m.Ephemeral, Seals: m.Seals, Tag: m.Tag}
		row.change(made)
		signer := p.agent.end
		if row.signer != nil {
			signer = row.signer
		}
		made.Sign(signer.identity)
		end := copyOf(t, c)
		ev, err := end.Receive(made.Encode(), p.now)
		if err != nil {
			t.Fatal(row.name, err)
		}
		ignored(t, row.name, ev, row.code)
		if forked := end.State() == Forked; forked != (row.code == wire.ForkedLog) || !forked && end.State() != Active {
			t.Errorf("%s: state %d", row.name, end.State())
		}
	}
}

// A commit on this head whose maker read another log is applied, for all must
// agree on the head; then nothing is sent.
func TestP05_ValidCommitFromAnotherBranchIsAppliedAndStops(t *testing.T) {
	p := newPair(t)
	p.settle()
	hidden := p.must(p.customer.Seal(p.now, wire.Stored, []byte("kept from the agent")))
	p.customer.Receive(hidden, p.now)
	entry := p.must(p.customer.Commit(p.now, Moves{}))
	ev, err := p.agent.Receive(entry, p.now)
	if err != nil || ev.Type != Applied || ev.Code != wire.ForkedLog || p.agent.State() != Forked || p.agent.ForkedBy() != p.customer.end.ID() {
		t.Errorf("%+v, %v, state %d", ev, err, p.agent.State())
	}
	if p.agent.TranscriptHash() != commit(t, entry).TranscriptHash() {
		t.Error("another head")
	}
	p.dueFails("agent", p.agent, wire.ForkedLog)
}

// The proof is public: an end that is lost meanwhile takes it too, and does not
// ask to be let in to a log that is not the others'. The first one is named.
func TestP05_LostEndSeesTheFork(t *testing.T) {
	p, third := newTrio(t)
	lost := p.wiped(p.agent)
	crossing := func(c *Conversation) []byte {
		m := commit(t, garbled(c, p.now))
		other := &wire.Commit{Conversation: m.Conversation, Epoch: m.Epoch, Parent: wire.Hash{1}, ManifestHash: m.ManifestHash, SeenIndex: m.SeenIndex, SeenHash: wire.Hash{2}, Time: m.Time,
			KeyPackage: m.KeyPackage, Role: m.Role, Ephemeral: m.Ephemeral, Seals: m.Seals, Tag: m.Tag}
		other.Sign(c.end.identity)
		return other.Encode()
	}
	p.log.entries = append(p.log.entries, crossing(p.customer), crossing(third))
	for name, c := range map[string]*Conversation{"lost": lost, "active": p.agent} {
		for _, ev := range p.read(c) {
			ignored(t, name, ev, wire.ForkedLog)
		}
		if c.State() != Forked || c.ForkedBy() != p.customer.Self() {
			t.Errorf("%s: state %d, by %x", name, c.State(), c.ForkedBy())
		}
	}
	_, err := lost.JoinRequest(p.now)
	want(t, "asks", err, wire.ForkedLog)
}

// Whoever says to have read what is still to come, or entries of the epoch
// before, read another log.
func TestP05_SeenIndexMustBeWithinTheEpoch(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.send(p.customer, "x")
	p.read(p.agent)
	old := p.agent.hashes[0]
	rows := []struct {
		name  string
		index uint64
		hash  wire.Hash
		code  wire.Code
	}{
		{"here", p.agent.index, p.agent.LogHash(), 0},
		{"at the commit", p.agent.base, old, 0},
		{"another hash here", p.agent.index, wire.Hash{1}, wire.ForkedLog},
		{"the hash of another index", p.agent.index, old, wire.ForkedLog},
		{"the next entry", p.agent.index + 1, p.agent.LogHash(), wire.ForkedLog},
		{"the end of time", 1<<64 - 1, p.agent.LogHash(), wire.ForkedLog},
		{"before the commit", p.agent.base - 1, old, wire.ForkedLog},
		{"nothing", 0, wire.LogHash0(p.agent.ID()), wire.ForkedLog},
	}
	for _, row := range rows {
		entry := forged(p.customer, p.customer.end, func(m *wire.Message) { m.SeenIndex, m.SeenHash = row.index, row.hash }, []byte("x"))
		ev := next(t, p.agent, entry)
		if row.code == 0 {
			if ev.Type != Opened {
				t.Errorf("%s: %+v", row.name, ev)
			}
			continue
		}
		ignored(t, row.name, ev, row.code)
	}
}

// A relay that takes a message, says it did not, and shows it later: sealed
// again it keeps instance and counter, so one of the two is shown.
func TestFalselyRefusedMessageIsShownOnce(t *testing.T) {
	for _, storedFirst := range []bool{true, false} {
		p := newPair(t)
		p.settle()
		first := p.must(p.customer.Seal(p.now, wire.Stored, []byte("once")))
		if storedFirst {
			p.log.mustAppend(first)
		} else { // it really was stale
			p.commit(p.agent)
			p.read(p.customer)
		}
		again, err := copyOf(t, p.customer).Reseal(p.now, first, []byte("once"))
		if err != nil {
			t.Fatal(err)
		}
		a, b := message(t, first), message(t, again)
		if a.Instance != b.Instance || a.Counter != b.Counter || a.Nonce == b.Nonce || b.Epoch != p.customer.Epoch() {
			t.Fatalf("sealed again as %x %d in epoch %d", b.Instance, b.Counter, b.Epoch)
		}
		p.log.mustAppend(again)
		for _, c := range []*Conversation{p.customer, p.agent} {
			shown := 0
			for _, ev := range p.read(c) {
				if ev.Type == Opened {
					shown++
				}
			}
			if shown != 1 {
				t.Errorf("stored first %v: shown %d times", storedFirst, shown)
			}
		}
		_, err = p.customer.Reseal(p.now, first, []byte("once"))
		want(t, "after it was read", err, wire.Replayed)
		next := p.must(p.customer.Seal(p.now, wire.Stored, []byte("next")))
		if n := message(t, next).Counter; n != a.Counter+1 {
			t.Errorf("the next counter is %d", n)
		}
	}
}

func TestResealRefusesWhatIsNotOwn(t *testing.T) {
	p := newPair(t)
	p.settle()
	theirs := p.must(p.agent.Seal(p.now, wire.Stored, []byte("x")))
	passing := p.must(p.customer.Seal(p.now, wire.Passing, []byte("x")))
	q := newPair(t)
	elsewhere := q.must(q.customer.Seal(q.now, wire.Stored, []byte("x")))
	for name, entry := range map[string][]byte{"another's": theirs, "passing": passing, "another conversation's": elsewhere, "a commit": p.log.entries[0]} {
		_, err := p.customer.Reseal(p.now, entry, nil)
		want(t, name, err, wire.BadArgument)
	}
	_, err := p.customer.Reseal(p.now, nil, nil)
	want(t, "nothing", err, wire.BadArgument)
	own := p.must(p.customer.Seal(p.now, wire.Stored, []byte("x")))
	_, err = p.customer.Reseal(p.now, own, make([]byte, wire.MaxContent+1))
	want(t, "too long", err, wire.TooLong)
}

// A message of a page load before, resealed after it, keeps its instance.
func TestResealAcrossAPageLoad(t *testing.T) {
	p := newPair(t)
	p.settle()
	own := p.must(p.customer.Seal(p.now, wire.Stored, []byte("x")))
	p.customer = reload(t, p.customer)
	p.commit(p.customer)
	again := p.must(p.customer.Reseal(p.now, own, []byte("x")))
	if message(t, again).Instance != message(t, own).Instance {
		t.Error("another instance")
	}
	p.log.mustAppend(again)
	if ev := p.last(p.agent); ev.Type != Opened || ev.Gap != 0 {
		t.Errorf("%+v", ev)
	}
}

// A state that is loaded again within one load of its end goes on counting:
// from 1 it would be refused as replayed.
func TestCounterGoesOnWithinOneLoadOfTheEnd(t *testing.T) {
	p := newPair(t)
	p.settle()
	for range 3 {
		p.send(p.customer, "x")
		p.read(p.customer)
		p.customer = copyOf(t, p.customer)
	}
	p.must(p.customer.Seal(p.now, wire.Stored, []byte("never sent")))
	p.customer = copyOf(t, p.customer)
	entry := p.send(p.customer, "the fifth")
	if m := message(t, entry); m.Counter != 5 {
		t.Errorf("counter %d", m.Counter)
	}
	evs := p.read(p.agent)
	if ev := evs[len(evs)-1]; ev.Type != Opened || ev.Gap != 1 {
		t.Errorf("%+v", ev)
	}
	loaded := reload(t, p.customer)
	p.customer = loaded
	p.read(p.customer)
	p.commit(p.customer)
	if m := message(t, p.send(p.customer, "x")); m.Counter != 1 || m.Instance == message(t, entry).Instance {
		t.Errorf("after a page load counter %d of instance %x", m.Counter, m.Instance)
	}
}
