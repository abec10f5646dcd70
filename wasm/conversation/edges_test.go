package conversation

import (
	"bytes"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// inbox is an end in the role of the inbox whose credential outlives agents'.
func (c *company) inbox() *End {
	c.t.Helper()
	e := c.end(wire.Inbox)
	cr := &wire.Credential{Role: wire.Inbox, Identity: e.Identity(), Alias: "inbox", Queues: []string{queue}, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 100*3600}
	raw, err := cr.Issue(c.issuer)
	if err != nil {
		c.t.Fatal(err)
	}
	want(c.t, "inbox's credential", e.SetCredential(raw, day0/1000), 0)
	return e
}

func TestFullCounterTablesStillLoad(t *testing.T) {
	p := newPair(t)
	p.settle()
	fill(p.customer, maxInstances, p.agent.end.ID())
	fill(p.customer, maxInstances, wire.ID{7}) // of one who was removed
	if _, err := p.customer.Seal(p.now, wire.Passing, []byte("typing")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.customer.end.LoadConversation(p.customer.Marshal()); err != nil {
		t.Errorf("the saved state does not load: %v", err)
	}
}

func TestRemovedMembersInstancesSilenceNobody(t *testing.T) {
	p := newPair(t)
	bad := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.settle()
	fill(p.customer, maxInstances, bad.end.ID())
	p.remove(p.agent, bad.end.ID())
	p.read(p.customer)
	p.agent = reload(t, p.agent)
	p.send(p.agent, "after a page load")
	if ev := p.last(p.customer); ev.Type != Opened {
		t.Errorf("%+v", ev)
	}
}

func TestPassingCountersGoOnWithinALoad(t *testing.T) {
	p := newPair(t)
	p.settle()
	typing := func() []byte { return p.must(p.customer.Seal(p.now, wire.Passing, nil)) }
	if _, err := p.agent.Pass(typing()); err != nil {
		t.Fatal(err)
	}
	again, err := p.customer.end.LoadConversation(p.customer.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	p.customer = again
	if _, err := p.agent.Pass(typing()); err != nil {
		t.Errorf("typing after the state was loaded again: %v", err)
	}
}

func TestLogHashesOfAnEpochAreBounded(t *testing.T) {
	p := newPair(t)
	p.settle()
	early := p.must(p.agent.Seal(p.now, wire.Stored, []byte("on its way for long")))
	junk := forged(p.agent, p.agent.end, nil, nil)
	for range seenWindow - 1 {
		p.log.entries = append(p.log.entries, junk)
	}
	p.read(p.customer)
	if n := len(p.customer.Marshal()); n > 64<<10 {
		t.Errorf("a state of %d bytes", n)
	}
	inTime := copyOf(t, p.customer)
	if ev := next(t, inTime, early); ev.Type != Opened {
		t.Errorf("the last place at which it counts: %+v", ev)
	}
	p.log.entries = append(p.log.entries, junk)
	p.read(p.customer)
	ignored(t, "one entry later", next(t, p.customer, early), wire.StaleEpoch)
	if p.customer.State() != Active {
		t.Error("a late message is no fork")
	}
	later := copyOf(t, p.customer)
	if later.LogHash() != p.customer.LogHash() || later.Index() != p.customer.Index() {
		t.Error("the state comes back different")
	}
}

// Indexes so high that sums with them wrap are ahead of every log.
func TestP05_SeenIndexesAtTheEndOfTime(t *testing.T) {
	p := newPair(t)
	p.settle()
	junk := forged(p.agent, p.agent.end, nil, nil)
	for range seenWindow + 100 {
		p.log.entries = append(p.log.entries, junk)
	}
	p.read(p.agent)
	p.read(p.customer)
	for _, seen := range []uint64{p.agent.index + 1, 1 << 63, 1<<64 - seenWindow, 1<<64 - seenWindow + 2, 1<<64 - 1} {
		crafted := func(head wire.Hash) *Event {
			t.Helper()
			c := copyOf(t, p.customer)
			m := &wire.Commit{Epoch: c.Epoch() + 1, Parent: c.TranscriptHash(), SeenIndex: seen, SeenHash: c.LogHash(), Role: wire.Customer}
			if err := c.make(p.now, m, Moves{}); err != nil {
				t.Fatal(err)
			}
			if head != (wire.Hash{}) {
				good := commit(t, c.Pending())
				m = &wire.Commit{Conversation: good.Conversation, Epoch: good.Epoch, Parent: head, ManifestHash: good.ManifestHash, SeenIndex: seen, SeenHash: good.SeenHash,
					KeyPackage: good.KeyPackage, Role: good.Role, Ephemeral: good.Ephemeral, Seals: good.Seals, Tag: good.Tag}
				m.Sign(c.end.identity)
				return next(t, p.agent, m.Encode())
			}
			return next(t, p.agent, c.Pending())
		}
		message := forged(p.customer, p.customer.end, func(m *wire.Message) { m.SeenIndex = seen }, []byte("x"))
		ignored(t, "a message", next(t, p.agent, message), wire.ForkedLog)
		ignored(t, "a commit on another head", crafted(wire.Hash{1}), wire.ForkedLog)
		if ev := crafted(wire.Hash{}); ev.Type != Applied || ev.Code != wire.ForkedLog {
			t.Errorf("seen %d: a commit: %+v", seen, ev)
		}
		garbage := bytes.Clone(message)
		garbage[200] ^= 1
		c := copyOf(t, p.agent)
		if _, err := c.Receive(garbage, p.now); err != nil || c.State() != Doubtful {
			t.Errorf("seen %d: garbage: %v, state %d", seen, err, c.State())
		}
	}
}

func TestArchiveComesAndGoesWithTheManifest(t *testing.T) {
	p := newPair(t)
	p.settle()
	archive := p.company.end(wire.Archive)
	p.publish(p.company.newManifest(2, func(m *wire.Manifest) { m.Archive = archive.Identity() }))
	want(t, "manifest", archive.AddManifest(p.company.manifest.Bytes(), p.now/1000, true), 0)
	cr := &wire.Credential{Role: wire.Archive, Identity: archive.Identity(), Alias: "archive", NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 100*3600}
	raw, err := cr.Issue(p.company.issuer)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "credential", archive.SetCredential(raw, p.now/1000), 0)
	kp := p.must(archive.KeyPackage(p.now/1000+3600, false))
	if _, err := p.agent.Commit(p.now, Moves{}); err != wire.BadCommit {
		t.Fatalf("a commit without the archive: %v, want bad commit", err)
	}
	p.log.mustAppend(p.must(p.customer.Commit(p.now, Moves{Adds: []Newcomer{{wire.Archive, kp}}})))
	p.read(p.customer)
	p.read(p.agent)
	p.send(p.agent, "with the archive")
	p.publish(p.company.newManifest(3, nil))
	p.read(p.customer)
	p.send(p.customer, "without it")
	p.read(p.agent)
	if len(p.agent.Members()) != 2 {
		t.Errorf("%d members after the manifest dropped the archive", len(p.agent.Members()))
	}
}

func TestTheOnlyAgentLeavesOrEnds(t *testing.T) {
	for _, name := range []string{"leaves", "ends"} {
		p := newPair(t)
		p.settle()
		if name == "leaves" {
			p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{Marks: wire.MarkLeave})))
			p.read(p.customer)
			p.due("the leaver is to be removed", p.customer, DueCommit)
		} else {
			p.now = p.agent.end.credential.NotAfter * 1000
			p.dueFails("nobody stands", p.customer, wire.Unavailable)
		}
		kp := p.must(p.company.inbox().KeyPackage(p.now/1000+3600, false))
		p.log.mustAppend(p.must(p.customer.Commit(p.now, Moves{Adds: []Newcomer{{wire.Inbox, kp}}})))
		p.read(p.customer)
		p.send(p.customer, "to the inbox")
		if p.customer.chain.Member(p.agent.end.ID()) != nil {
			t.Errorf("%s: the agent is still in", name)
		}
	}
}

func TestRenewedAgentGoesOnAfterItsCredentialEnded(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.now = p.agent.end.credential.NotAfter * 1000
	p.dueFails("customer", p.customer, wire.Unavailable)
	renewed := &wire.Credential{Role: wire.Agent, Identity: p.agent.end.Identity(), Alias: "Ana", Queues: []string{queue}, NotBefore: p.now / 1000, NotAfter: p.now/1000 + 3600}
	raw, err := renewed.Issue(p.company.issuer)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "renewed", p.agent.end.SetCredential(raw, p.now/1000), 0)
	p.commit(p.agent)
	p.send(p.customer, "good morning")
}

func TestLostEndKeepsNoLeaf(t *testing.T) {
	p := newPair(t)
	m := commit(t, p.must(p.customer.Commit(p.now, Moves{})))
	bad := &wire.Commit{Conversation: m.Conversation, Epoch: m.Epoch, Parent: m.Parent, ManifestHash: m.ManifestHash, SeenIndex: m.SeenIndex, SeenHash: m.SeenHash, Time: m.Time,
		KeyPackage: m.KeyPackage, Role: m.Role, Ephemeral: m.Ephemeral, Tag: m.Tag, Seals: []wire.Seal{{Ciphertext: m.Seals[0].Ciphertext, Box: make([]byte, len(m.Seals[0].Box))}}}
	bad.Sign(p.customer.end.identity)
	p.log.mustAppend(bad.Encode())
	leaf := *p.agent.leaf
	p.read(p.agent)
	if p.agent.State() != Lost || p.agent.leaf != nil || bytes.Contains(p.agent.Marshal(), leaf.x25519[:]) {
		t.Errorf("state %d, the leaf stays", p.agent.State())
	}
}

func TestAddedAgainCommitsFirst(t *testing.T) {
	p := newPair(t)
	e := p.company.agent("Bo")
	third := p.add(p.agent, e, wire.Agent)
	p.read(third)
	p.commit(third)
	p.due("committed", third, DueNothing)
	p.remove(p.agent, e.ID())
	p.read(third)
	kp := p.must(e.KeyPackage(p.now/1000+3600, true))
	p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{Adds: []Newcomer{{wire.Agent, kp}}})))
	p.read(third)
	p.due("on a published leaf again", third, DueCommit)
}

func TestSlowClockRemovesNobody(t *testing.T) {
	p := newPair(t)
	p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.settle()
	fresh := &wire.Credential{Role: wire.Agent, Identity: p.agent.end.Identity(), Alias: "Ana", Queues: []string{queue}, NotBefore: p.now/1000 + 600, NotAfter: p.now/1000 + 8*3600}
	raw, err := fresh.Issue(p.company.issuer)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "fresh", p.agent.end.SetCredential(raw, p.now/1000+601), 0)
	p.commit(p.agent)
	p.send(p.customer, "by a clock that is ten minutes slow")
	if p.customer.chain.Member(p.agent.end.ID()) == nil {
		t.Error("the customer removed an agent whose credential is new")
	}
}

func TestSealedMessagesCountBeforeTheyAreRead(t *testing.T) {
	p := newPair(t)
	p.settle()
	sealed := 0
	for range 200 {
		if _, err := p.customer.Seal(p.now, wire.Stored, []byte("x")); err != nil {
			want(t, "rotation", err, wire.StaleEpoch)
			break
		}
		sealed++
	}
	if sealed > wire.RotateMessages {
		t.Errorf("%d messages under one leaf while the log is withheld", sealed)
	}
}

func TestLeaverCannotHaltTheLog(t *testing.T) {
	p := newPair(t)
	third := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.settle()
	p.read(third)
	p.log.mustAppend(p.must(third.Commit(p.now, Moves{Marks: wire.MarkLeave})))
	p.read(third)
	p.read(p.customer)
	_, leaf := newLeaf()
	kp := &wire.KeyPackage{Credential: third.end.credential, Leaf: leaf, Expires: 1 << 40, Use: wire.UsePlace}
	p.must(kp.Sign(third.end.identity))
	m := &wire.Commit{Conversation: third.ID(), Epoch: third.Epoch() + 1, Parent: third.TranscriptHash(), ManifestHash: wire.Hash{9}, SeenIndex: third.index, SeenHash: third.LogHash(),
		KeyPackage: kp, Role: wire.Agent, Ephemeral: leaf.X25519(), Tag: make([]byte, 32)}
	m.Sign(third.end.identity)
	ignored(t, "a leaver's commit under an unknown manifest", next(t, p.customer, m.Encode()), wire.BadCommit)
}

func TestReceiveKeepsNothingOfTheCallersBuffer(t *testing.T) {
	p := newPair(t)
	p.settle()
	entry := bytes.Clone(p.must(p.agent.Commit(p.now, Moves{})))
	if _, err := p.customer.Receive(entry, p.now); err != nil {
		t.Fatal(err)
	}
	clear(entry)
	if _, err := p.customer.end.LoadConversation(p.customer.Marshal()); err != nil {
		t.Errorf("load: %v", err)
	}
}

func TestUsedKeyPackagesSecretGoesWithTheFirstOwnCommit(t *testing.T) {
	p := newPair(t)
	p.must(p.agent.end.KeyPackage(p.now/1000+3600, true))
	p.send(p.customer, "my card is 4111")
	p.read(p.agent)
	leaf := commit(t, p.log.entries[0]).Adds[0].KeyPackage.Leaf
	if p.agent.end.packageFor(leaf) == nil {
		t.Fatal("gone before the own commit")
	}
	p.commit(p.agent)
	thief, err := LoadEnd(p.agent.end.Marshal(), wire.Agent, p.company.roots())
	if err != nil {
		t.Fatal(err)
	}
	if thief.packageFor(leaf) != nil {
		t.Error("the secret of the used key package stays")
	}
	if len(thief.packages) != 1 || !thief.packages[0].many {
		t.Errorf("%d key packages left, want the last-resort one", len(thief.packages))
	}
}

// A customer whose last agent's credential ended does not remove it, by no
// commit: renewed, it goes on. Who leaves is removed all the same.
func TestCustomerKeepsTheLastOfTheCompany(t *testing.T) {
	for _, name := range []string{"no leaver", "a leaver", "a supervisor whose credential ended"} {
		p := newPair(t)
		var third *Conversation
		switch name {
		case "a leaver":
			third = p.add(p.agent, p.company.agent("Bo"), wire.Agent)
			p.commit(third)
		case "a supervisor whose credential ended":
			bo := p.company.end(wire.Supervisor)
			want(t, "credential", bo.SetCredential(p.company.credential(bo, "Bo"), p.now/1000), 0)
			p.add(p.agent, bo, wire.Supervisor)
		}
		p.settle()
		if name == "a leaver" {
			p.read(third)
			p.log.mustAppend(p.must(third.Commit(p.now, Moves{Marks: wire.MarkLeave})))
			p.read(p.customer)
		}
		p.now = p.agent.end.credential.NotAfter * 1000
		members := len(p.customer.Members())
		if name == "a leaver" {
			p.due(name, p.customer, DueCommit)
			members--
		}
		p.commit(p.customer)
		if p.customer.chain.Member(p.agent.Self()) == nil || len(p.customer.Members()) != members {
			t.Errorf("%s: %d members, want %d with the agent", name, len(p.customer.Members()), members)
		}
		p.dueFails(name, p.customer, wire.Unavailable)
		cr := &wire.Credential{Role: wire.Agent, Identity: p.agent.end.Identity(), Alias: "Ana", Queues: []string{queue}, NotBefore: p.now / 1000, NotAfter: p.now/1000 + 3600}
		raw, err := cr.Issue(p.company.issuer)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "renewed", p.agent.end.SetCredential(raw, p.now/1000), 0)
		p.read(p.agent)
		p.commit(p.agent)
		p.send(p.customer, "good morning")
		if ev := p.last(p.agent); ev.Type != Opened {
			t.Errorf("%s: %+v", name, ev)
		}
	}
}

// A published leaf's secret goes when nothing can be sealed to it any more: its
// owner was added by another one meanwhile, or was removed, or all is over.
func TestUsedKeyPackagesSecretGoesWithItsMembership(t *testing.T) {
	for name, ends := range map[string]func(p *pair, third *Conversation){
		"added again": func(p *pair, third *Conversation) {
			kp := p.must(third.end.KeyPackage(p.now/1000+3600, false))
			p.remove(p.agent, third.Self())
			p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{Adds: []Newcomer{{wire.Agent, kp}}})))
			p.read(p.agent)
			p.read(third)
			p.commit(third)
		},
		"removed": func(p *pair, third *Conversation) { p.remove(p.agent, third.Self()) },
		"closed": func(p *pair, _ *Conversation) {
			p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{Marks: wire.MarkClose})))
		},
	} {
		p := newPair(t)
		p.settle()
		third := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
		if len(third.end.packages) != 1 {
			t.Fatalf("%d secrets", len(third.end.packages))
		}
		ends(p, third)
		p.read(third)
		if n := len(third.end.packages); n != 0 {
			t.Errorf("%s: %d secrets stay", name, n)
		}
	}
}
