package conversation

import (
	"bytes"
	"crypto/mlkem"
	"testing"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// A crash at any point between making a commit, sending it and reading it back
// loses nothing: the pending commit is on disk first.
func TestPendingCommitSurvivesACrashAtEachStep(t *testing.T) {
	for _, appended := range []bool{false, true} {
		p := newPair(t)
		p.settle()
		entry := p.must(p.customer.Commit(p.now, Moves{}))
		if again := p.must(p.customer.Commit(p.now+1, Moves{Marks: wire.MarkClose})); !bytes.Equal(entry, again) {
			t.Fatal("another commit while one is pending")
		}
		p.due("made", p.customer, DuePending)
		_, err := p.customer.Seal(p.now, wire.Stored, nil)
		want(t, "seal while one is pending", err, wire.StaleEpoch)
		if appended {
			p.log.mustAppend(entry)
		}
		p.customer = reload(t, p.customer)
		if !bytes.Equal(p.customer.Pending(), entry) {
			t.Fatal("a retry would send other bytes")
		}
		p.due("loaded", p.customer, DuePending)
		if !appended {
			p.log.mustAppend(p.customer.Pending())
		}
		ev := p.last(p.customer)
		if ev.Type != Applied || !ev.Own || p.customer.State() != Active || p.customer.Pending() != nil {
			t.Fatalf("read back: %+v, state %d", ev, p.customer.State())
		}
		p.customer = reload(t, p.customer)
		p.send(p.customer, "after the crash")
		if ev := p.last(p.agent); ev.Type != Opened || string(ev.Content) != "after the crash" {
			t.Errorf("the other reads %+v", ev)
		}
	}
}

func TestPendingGenesisSurvivesACrash(t *testing.T) {
	co := newCompany(t, 1)
	customer, agent := co.end(wire.Customer), co.agent("Ana")
	kp, err := agent.KeyPackage(day0/1000+3600, false)
	if err != nil {
		t.Fatal(err)
	}
	c, err := customer.Genesis(day0, queue, []Newcomer{{wire.Agent, kp}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	entry := c.Pending()
	loaded, agentSaved := reload(t, c), agent.Marshal()
	if loaded.State() != Empty || !bytes.Equal(loaded.Pending(), entry) || loaded.ID() != c.ID() {
		t.Fatal("the genesis is gone")
	}
	agent, err = LoadEnd(agentSaved, wire.Agent, co.roots())
	if err != nil {
		t.Fatal(err)
	}
	theirs := agent.Join(c.ID())
	for _, x := range []*Conversation{loaded, theirs} {
		if ev, err := x.Receive(entry, day0); err != nil || ev.Type != Applied || x.State() != Active {
			t.Fatalf("%+v, %v, state %d", ev, err, x.State())
		}
	}
	if loaded.secrets != theirs.secrets {
		t.Error("the ends hold different secrets")
	}
}

// P14: of two commits on one head one wins; the loser drops its own, and only
// then, and makes another.
func TestP14_ConcurrentCommitsAgree(t *testing.T) {
	for _, first := range []string{"customer", "agent"} {
		p := newPair(t)
		p.settle()
		winner, loser := p.customer, p.agent
		if first == "agent" {
			winner, loser = loser, winner
		}
		won, lost := p.must(winner.Commit(p.now, Moves{})), p.must(loser.Commit(p.now, Moves{}))
		garbage := forged(winner, winner.end, nil, nil)
		p.log.mustAppend(garbage)
		p.read(loser)
		if !bytes.Equal(loser.Pending(), lost) {
			t.Fatal("dropped for a message")
		}
		p.log.mustAppend(won)
		want(t, "the second", p.log.append(lost), wire.StaleHead)
		p.read(winner)
		p.read(loser)
		if loser.Pending() != nil || winner.Pending() != nil {
			t.Fatal("still pending")
		}
		if winner.secrets != loser.secrets || winner.TranscriptHash() != loser.TranscriptHash() {
			t.Fatal("the ends differ")
		}
		again := p.must(loser.Commit(p.now, Moves{}))
		if bytes.Equal(again, lost) {
			t.Fatal("the stale commit again")
		}
		p.log.mustAppend(again)
		p.read(winner)
		p.read(loser)
		p.send(loser, "both go on")
		if ev := p.last(winner); ev.Type != Opened {
			t.Errorf("%+v", ev)
		}
	}
}

// On a transport without compare-and-swap the loser's commit lands too. It is
// ignored, and is no fork.
func TestP14_LostCommitInTheLogIsIgnored(t *testing.T) {
	p := newPair(t)
	p.settle()
	won, lost := p.must(p.customer.Commit(p.now, Moves{})), p.must(p.agent.Commit(p.now, Moves{}))
	stale := p.must(copyOf(t, withoutPending(t, p.agent)).Seal(p.now, wire.Stored, []byte("stale")))
	for _, c := range []*Conversation{p.customer, p.agent} {
		for i, entry := range [][]byte{won, lost, stale} {
			ev, err := c.Receive(entry, p.now)
			if err != nil {
				t.Fatal(err)
			}
			switch i {
			case 0:
				if ev.Type != Applied {
					t.Errorf("the winner: %+v", ev)
				}
			case 1:
				ignored(t, "the loser", ev, wire.StaleHead)
			case 2:
				ignored(t, "a message sealed before", ev, wire.StaleEpoch)
			}
		}
		if c.State() != Active || c.Pending() != nil {
			t.Errorf("state %d", c.State())
		}
	}
	if p.customer.secrets != p.agent.secrets || p.customer.LogHash() != p.agent.LogHash() {
		t.Error("the ends differ")
	}
}

func withoutPending(t *testing.T, c *Conversation) *Conversation {
	t.Helper()
	c = copyOf(t, c)
	c.pending = nil
	return c
}

// Another copy of the same identity commits: this one lacks the secret and
// stops.
func TestOwnCommitOfAnotherCopyLosesTheEpoch(t *testing.T) {
	p := newPair(t)
	p.settle()
	twin := reload(t, p.customer)
	p.commit(twin)
	ev := p.last(p.customer)
	if ev.Type != Applied || !ev.Own || p.customer.State() != Lost || p.customer.secrets != (secrets{}) {
		t.Fatalf("%+v, state %d", ev, p.customer.State())
	}
	p.dueFails("lost", p.customer, wire.EpochGone)
	p.read(p.agent)
	p.send(p.agent, "unread")
	ignored(t, "a message", p.last(p.customer), wire.EpochGone)
	if reload(t, p.customer).State() != Lost {
		t.Error("a reload mends it")
	}
	p.commit(p.agent)
	p.read(p.customer)
	if p.customer.State() != Lost {
		t.Error("the next commit mends it")
	}
}

// C21: each half of a seal is needed. Whoever alters one, even the committer,
// gives the member nothing, not another secret.
func TestC21_EachHalfOfASealIsNeeded(t *testing.T) {
	type change = func(p *pair, m *wire.Commit, s *wire.Seal, share []byte)
	reseal := func(p *pair, m *wire.Commit, s *wire.Seal, share []byte, k1, k2 []byte) {
		to := p.agent.chain.Member(p.agent.end.ID())
		k := sealKey(bytes.Clone(k1), bytes.Clone(k2), wire.Sum("commit body", m.Body()), toContinuing, to.ID, m.Ephemeral, to.KeyPackage.Leaf, s.Ciphertext)
		s.Box = nacl.Seal(nil, share, new([24]byte), k)
	}
	rows := []struct {
		name   string
		body   func(*wire.Commit)
		change change
	}{
		{"ML-KEM ciphertext with a flipped bit", nil, func(_ *pair, _ *wire.Commit, s *wire.Seal, _ []byte) { s.Ciphertext[9] ^= 1 }},
		{"ML-KEM ciphertext all zero", nil, func(_ *pair, _ *wire.Commit, s *wire.Seal, _ []byte) { clear(s.Ciphertext) }},
		{"ML-KEM ciphertext of another secret", nil, func(p *pair, _ *wire.Commit, s *wire.Seal, _ []byte) {
			key, _ := mlkem.NewEncapsulationKey768(p.agent.chain.Member(p.agent.end.ID()).KeyPackage.Leaf.MLKEM())
			_, s.Ciphertext = key.Encapsulate()
		}},
		{"ephemeral of another", func(m *wire.Commit) { _, l := newLeaf(); m.Ephemeral = l.X25519() }, func(*pair, *wire.Commit, *wire.Seal, []byte) {}},
		{"box with a flipped bit", nil, func(_ *pair, _ *wire.Commit, s *wire.Seal, _ []byte) { s.Box[20] ^= 1 }},
		{"box all zero", nil, func(_ *pair, _ *wire.Commit, s *wire.Seal, _ []byte) { clear(s.Box) }},
		{"box under X25519 alone", nil, func(p *pair, m *wire.Commit, s *wire.Seal, share []byte) {
			reseal(p, m, s, share, x25519Half(p, m), make([]byte, 32))
		}},
		{"box under ML-KEM alone", nil, func(p *pair, m *wire.Commit, s *wire.Seal, share []byte) {
			k2, _ := p.agent.leaf.decapsulationKey().Decapsulate(s.Ciphertext)
			reseal(p, m, s, share, make([]byte, 32), k2)
		}},
		{"box under the epoch secret", nil, func(p *pair, m *wire.Commit, s *wire.Seal, share []byte) {
			s.Box = nacl.Seal(nil, share, new([24]byte), (*[32]byte)(p.customer.secrets.epoch[:]))
		}},
		{"box for a newcomer", nil, func(p *pair, m *wire.Commit, s *wire.Seal, share []byte) {
			k2, _ := p.agent.leaf.decapsulationKey().Decapsulate(s.Ciphertext)
			to := p.agent.chain.Member(p.agent.end.ID())
			k := sealKey(x25519Half(p, m), k2, wire.Sum("commit body", m.Body()), toNewcomer, to.ID, m.Ephemeral, to.KeyPackage.Leaf, s.Ciphertext)
			s.Box = nacl.Seal(nil, share, new([24]byte), k)
		}},
		{"another commit secret in the box", nil, func(p *pair, m *wire.Commit, s *wire.Seal, _ []byte) {
			k2, _ := p.agent.leaf.decapsulationKey().Decapsulate(s.Ciphertext)
			reseal(p, m, s, make([]byte, 32), x25519Half(p, m), k2)
		}},
		{"nothing", nil, nil},
	}
	for _, row := range rows {
		p := newPair(t)
		p.settle()
		entry := p.must(p.customer.Commit(p.now, Moves{}))
		share := p.customer.pending.secret[:]
		m := commit(t, entry)
		again := *m
		fresh := wire.Commit{Conversation: m.Conversation, Epoch: m.Epoch, Parent: m.Parent, ManifestHash: m.ManifestHash, SeenIndex: m.SeenIndex, SeenHash: m.SeenHash, Time: m.Time,
			KeyPackage: m.KeyPackage, Role: m.Role, Ephemeral: m.Ephemeral, Tag: m.Tag, Seals: []wire.Seal{{Ciphertext: bytes.Clone(m.Seals[0].Ciphertext), Box: bytes.Clone(m.Seals[0].Box)}}}
		if row.body != nil {
			row.body(&fresh)
		}
		if row.change != nil {
			row.change(p, &fresh, &fresh.Seals[0], share)
		}
		// The tag is made right for the altered commit, so that only the seal is wrong.
		join := joiner(&p.customer.secrets.init, share)
		confirmed := fresh.Confirmed()
		epoch := schedule(join, confirmed)
		fresh.Tag = tag(epoch.epoch[:], confirmed)
		fresh.Signature = again.Signature
		if row.change != nil {
			ignored(t, row.name+", signature of the original", next(t, p.agent, fresh.Encode()), wire.OpenFailed)
		}
		fresh.Sign(p.customer.end.identity)
		ev := next(t, p.agent, fresh.Encode())
		c := copyOf(t, p.agent)
		c.Receive(fresh.Encode(), p.now)
		if row.change == nil {
			if ev.Type != Applied || c.State() != Active || c.secrets != epoch {
				t.Fatalf("the original: %+v, state %d", ev, c.State())
			}
			continue
		}
		if ev.Type != Applied || c.State() != Lost || c.secrets != (secrets{}) {
			t.Errorf("%s: %+v, state %d", row.name, ev, c.State())
		}
		_, err := c.Due(p.now)
		want(t, row.name, err, wire.EpochGone)
		after := copyOf(t, c)
		if ev, _ := after.Receive(p.messageUnder(&epoch, fresh.TranscriptHash(), c), p.now); ev.Type != Ignored || ev.Content != nil {
			t.Errorf("%s: a message of the epoch: %+v", row.name, ev)
		}
	}
}

func x25519Half(p *pair, m *wire.Commit) []byte {
	k1, err := nacl.Before((*[32]byte)(m.Ephemeral), &p.agent.leaf.x25519)
	if err != nil {
		p.t.Fatal(err)
	}
	return k1[:]
}

// messageUnder is the customer's message in an epoch whose secrets are given.
func (p *pair) messageUnder(s *secrets, head wire.Hash, reader *Conversation) []byte {
	m := &wire.Message{Conversation: reader.ID(), Epoch: reader.Epoch(), Sender: p.customer.end.ID(), Instance: wire.ID{5}, Counter: 1, Retention: wire.Stored, SeenIndex: reader.index, SeenHash: reader.LogHash()}
	w := wire.NewWriter(0)
	w.Bytes32([]byte("x"))
	w.Raw(wire.Sign(p.customer.end.identity, "message", signedMessage(head, m.Header(), []byte("x"))))
	m.Sealed = nacl.Seal(nil, append(w.Bytes(), make([]byte, 256-len(w.Bytes()))...), &m.Nonce, messageKey(s.epoch[:], m.Header()))
	return m.Encode()
}

func TestC21_WrongTagLosesTheEpoch(t *testing.T) {
	p := newPair(t)
	p.settle()
	m := commit(t, p.must(p.customer.Commit(p.now, Moves{})))
	m.Tag = bytes.Clone(m.Tag)
	m.Tag[31] ^= 1
	m.Sign(p.customer.end.identity)
	ev, err := p.agent.Receive(m.Encode(), p.now)
	if err != nil || ev.Type != Applied || p.agent.State() != Lost || p.agent.secrets != (secrets{}) {
		t.Errorf("%+v, %v, state %d", ev, err, p.agent.State())
	}
}

// C04: a flipped bit of a commit never moves the head.
func TestC04_FlippedCommitIsNotApplied(t *testing.T) {
	p := newPair(t)
	p.settle()
	entry := p.must(p.customer.Commit(p.now, Moves{}))
	bad := bytes.Clone(entry)
	for i := 0; i < len(entry); i += 3 {
		bit := byte(1) << (i % 8)
		bad[i] ^= bit
		c := copyOf(t, p.agent)
		ev, err := c.Receive(bad, p.now)
		if err == nil && (ev.Type != Ignored || c.TranscriptHash() != p.agent.TranscriptHash() || c.State() != Active) {
			t.Fatalf("byte %d: %+v, state %d", i, ev, c.State())
		}
		bad[i] ^= bit
	}
}

// P12: a commit of another suite, version or with its ML-KEM half left out.
func TestP12_DowngradedCommitIsNoEntry(t *testing.T) {
	p := newPair(t)
	p.settle()
	entry := p.must(p.customer.Commit(p.now, Moves{}))
	before := p.agent.Marshal()
	for _, suite := range []byte{0, 2, 255} {
		bad := bytes.Clone(entry)
		bad[7] = suite
		_, err := p.agent.Receive(bad, p.now)
		want(t, "suite", err, wire.UnsupportedVersion)
	}
	bad := bytes.Clone(entry)
	bad[0] = 0
	_, err := p.agent.Receive(bad, p.now)
	want(t, "version 0", err, wire.UnsupportedVersion)
	m := commit(t, entry)
	w := wire.NewWriter(0)
	w.Raw(entry[:2])
	w.Bytes32(m.Body())
	w.Bytes32(append([]byte{1, 0, 48}, m.Seals[0].Box...))
	w.Bytes8(m.Tag)
	w.Raw(m.Signature)
	_, err = p.agent.Receive(w.Bytes(), p.now)
	want(t, "seal without ML-KEM", err, wire.BadArgument)
	if !bytes.Equal(before, p.agent.Marshal()) {
		t.Error("the state changed")
	}
}
