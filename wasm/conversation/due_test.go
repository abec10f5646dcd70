package conversation

import (
	"crypto/ed25519"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Each reason to commit first, at its edge: one step before nothing is due.

func TestDueWhenTheEpochIsOld(t *testing.T) {
	p := newPair(t)
	p.settle()
	start := p.now
	for name, c := range map[string]*Conversation{"customer": p.customer, "agent": p.agent} {
		for _, row := range []struct {
			now  uint64
			want Due
		}{{start, DueNothing}, {start + 15*60_000 - 1, DueNothing}, {start + 15*60_000, DueCommit}, {start + 3600_000, DueCommit}, {start - 30_000, DueNothing}} {
			p.now = row.now
			p.due(name, c, row.want)
		}
	}
	p.now = start + 15*60_000
	p.commit(p.agent)
	p.read(p.customer)
	p.due("after a commit", p.customer, DueNothing)
}

func TestDueCountsFromTheEarlierOfClaimAndReading(t *testing.T) {
	for _, row := range []struct {
		name  string
		claim int64
		want  Due
	}{{"now", 0, DueNothing}, {"a day ahead", 24 * 3600_000, DueNothing}, {"14 minutes ago", -14 * 60_000, DueNothing}, {"15 minutes ago", -15 * 60_000, DueCommit}} {
		p := newPair(t)
		p.settle()
		real := p.now
		p.now = real + uint64(row.claim)
		p.agent.end.credential.NotBefore, p.agent.end.credential.NotAfter = 0, 1<<40 // a clock so wrong would not pass
		entry := p.must(p.agent.Commit(p.now, Moves{}))
		p.log.mustAppend(entry)
		p.now = real
		p.read(p.customer)
		p.due(row.name, p.customer, row.want)
		if row.claim > 0 { // a clock ahead does not stretch the epoch
			p.now = real + 15*60_000
			p.due(row.name+", 15 minutes on", p.customer, DueCommit)
		}
	}
}

func TestDueAfterTheEpochsMessages(t *testing.T) {
	p := newPair(t)
	p.settle()
	for n := range 50 {
		p.read(p.agent)
		p.due("so far", p.agent, DueNothing)
		from := p.customer
		if n%2 == 0 {
			from = p.agent
		}
		p.send(from, "x")
	}
	p.read(p.agent)
	p.read(p.customer)
	p.due("after 50", p.agent, DueCommit)
	p.due("after 50", p.customer, DueCommit)
	if _, err := p.agent.Seal(p.now, wire.Stored, nil); err != wire.StaleEpoch {
		t.Errorf("seal: %v", err)
	}
}

func TestDueAfterOwnMessages(t *testing.T) {
	p := newPair(t)
	p.settle()
	for range 30 {
		p.send(p.customer, "x")
	}
	p.read(p.agent)
	p.commit(p.agent)
	for n := range 20 {
		p.read(p.customer)
		p.due("so far", p.customer, DueNothing)
		if p.customer.epochMessages != uint64(n) {
			t.Fatalf("epoch of %d messages", p.customer.epochMessages)
		}
		p.send(p.customer, "x")
	}
	p.read(p.customer)
	p.due("after 50 own", p.customer, DueCommit)
	p.read(p.agent)
	p.due("the other", p.agent, DueNothing)
	p.commit(p.customer)
	p.due("after an own commit", p.customer, DueNothing)
}

func TestDueAfterAPageLoad(t *testing.T) {
	p := newPair(t)
	p.due("customer, who made the genesis", p.customer, DueNothing)
	p.due("agent, who only read it", p.agent, DueCommit)
	p.settle()
	p.due("agent", p.agent, DueNothing)
	p.agent = reload(t, p.agent)
	p.due("agent, loaded", p.agent, DueCommit)
	p.commit(p.agent)
	p.due("agent, committed", p.agent, DueNothing)
	p.customer = copyOf(t, p.customer)
	p.read(p.customer)
	p.due("the same load of the end", p.customer, DueNothing)
}

// What was pending on disk heals nothing: whoever copied the disk has it.
func TestDueAfterAPendingCommitOfAnotherLoad(t *testing.T) {
	p := newPair(t)
	p.settle()
	entry := p.must(p.agent.Commit(p.now, Moves{}))
	p.agent = reload(t, p.agent)
	p.due("loaded", p.agent, DuePending)
	p.log.mustAppend(entry)
	p.read(p.agent)
	p.due("read back", p.agent, DueCommit)
	p.commit(p.agent)
	p.due("committed in this load", p.agent, DueNothing)
}

// A conversation that is put away and taken up again in one load has committed
// in it, or an end that does so between a commit and its echo never sends.
func TestDueAfterAPendingCommitOfThisLoad(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{})))
	p.agent = copyOf(t, p.agent)
	p.read(p.agent)
	p.due("read back", p.agent, DueNothing)
}

func TestDueUnderANewerManifest(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.publish(p.company.newManifest(2, nil))
	p.due("customer", p.customer, DueCommit)
	p.due("agent", p.agent, DueCommit)
	p.commit(p.agent)
	p.read(p.customer)
	p.due("after one commit under it", p.customer, DueNothing)
	if _, n := p.customer.chain.Manifest(); n != 2 {
		t.Errorf("sequence %d", n)
	}
}

// publish shows both ends and the relay a manifest as the newest.
func (p *pair) publish(m *wire.Manifest) {
	p.t.Helper()
	for _, e := range []*End{p.customer.end, p.agent.end} {
		want(p.t, "manifest", e.AddManifest(m.Bytes(), p.now/1000, true), 0)
	}
	before := p.company.manifest
	p.company.manifest = m
	known := map[wire.Hash]*wire.Manifest{before.Hash(): before, m.Hash(): m}
	chain, err := wire.LoadChain(p.log.chain.Marshal(), func(h wire.Hash) *wire.Manifest { return known[h] })
	if err != nil {
		p.t.Fatal(err)
	}
	p.log.chain = chain
}

func TestDueFollowsThePolicy(t *testing.T) {
	p := newPair(t)
	p.publish(p.company.newManifest(2, func(m *wire.Manifest) { m.Policy.RotateMinutes, m.Policy.RotateMessages = 1, 2 }))
	p.settle()
	p.now += 59_999
	p.due("a minute less", p.customer, DueNothing)
	p.now++
	p.due("a minute", p.customer, DueCommit)
	p.settle()
	p.send(p.customer, "x")
	p.read(p.agent)
	p.due("one message", p.agent, DueNothing)
	p.send(p.customer, "x")
	p.read(p.agent)
	p.due("two messages", p.agent, DueCommit)
}

func TestDueWithARenewedCredential(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.due("before", p.agent, DueNothing)
	want(t, "the same again", p.agent.end.SetCredential(p.agent.end.credential.Bytes(), p.now/1000), 0)
	p.due("the same again", p.agent, DueNothing)
	want(t, "renewed", p.agent.end.SetCredential(p.company.credential(p.agent.end, "Ana B."), p.now/1000), 0)
	p.due("renewed", p.agent, DueCommit)
	p.commit(p.agent)
	p.read(p.customer)
	if m := p.customer.chain.Member(p.agent.end.ID()); m.Alias != "Ana B." {
		t.Errorf("alias %q", m.Alias)
	}
}

// An expired colleague is removed by the commit that comes first; where he is
// the only one of the company, nothing is sent.
func TestDueWithAnExpiredMember(t *testing.T) {
	p := newPair(t)
	p.settle()
	until := p.agent.end.credential.NotAfter
	p.now = until*1000 - 1
	p.commit(p.customer)
	p.due("the last millisecond", p.customer, DueNothing)
	p.now = until * 1000
	p.dueFails("the only agent expired", p.customer, wire.Unavailable)

	p = newPair(t)
	late := p.company.agent("Bo")
	cr := &wire.Credential{Role: wire.Agent, Identity: late.Identity(), Alias: "Bo", Queues: []string{queue}, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 3600}
	raw, err := cr.Issue(p.company.issuer)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "short credential", late.SetCredential(raw, p.now/1000), 0)
	third := p.add(p.agent, late, wire.Agent)
	p.settle()
	p.now = day0 + 3600_000
	p.due("one of two expired", p.customer, DueCommit)
	p.dueFails("the expired one", third, wire.Expired)
	p.commit(p.customer)
	if p.customer.chain.Member(late.ID()) != nil {
		t.Error("the expired agent is still in")
	}
	p.due("without him", p.customer, DueNothing)
	p.read(third)
	if third.State() != NotMember {
		t.Errorf("state %d", third.State())
	}
}

// An agent may not remove the customer: it stops.
func TestDueWithAnExpiredCustomer(t *testing.T) {
	p := newPair(t)
	cr := &wire.Credential{Role: wire.Customer, Identity: p.customer.end.Identity(), Alias: "c", NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 3600}
	raw, err := cr.Issue(p.company.issuer)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "credential", p.customer.end.SetCredential(raw, p.now/1000), 0)
	p.settle()
	p.now = day0 + 3600_000 - 1
	p.due("the last millisecond", p.agent, DueCommit) // 15 minutes
	p.now = day0 + 3600_000
	p.dueFails("agent", p.agent, wire.Expired)
	p.dueFails("customer", p.customer, wire.Expired)
	_, err = p.agent.Commit(p.now, Moves{})
	want(t, "commit", err, wire.Expired)
}

func TestDueWhenAnIssuerIsGone(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.publish(p.company.newManifest(2, func(m *wire.Manifest) { m.Issuers[0].Key = seed(77).Public().(ed25519.PublicKey) }))
	_, err := p.agent.Commit(p.now, Moves{})
	want(t, "the agent's commit", err, wire.BadCredential)
	p.due("customer", p.customer, DueCommit)
	p.commit(p.customer)
	p.read(p.agent)
	if len(p.customer.Members()) != 1 || p.agent.State() != NotMember {
		t.Error("whose issuer is gone is still in")
	}
	p.dueFails("customer", p.customer, wire.Unavailable)
}

// Both credentials ended and both were renewed: each waits for the other's commit.
func TestRenewedCustomerCommitsWithNobodyLeft(t *testing.T) {
	p := newPair(t)
	p.vouch(p.customer.end, "c", 600)
	p.settle()
	p.now = p.agent.end.credential.NotAfter*1000 + 1000
	p.dueFails("customer", p.customer, wire.Expired)
	p.vouch(p.agent.end, "Ana", 3600)
	p.vouch(p.customer.end, "c", 3600)
	p.dueFails("agent", p.agent, wire.Expired)
	p.due("customer", p.customer, DueCommit)
	p.commit(p.customer)
	p.commit(p.catchUp(p.agent))
	p.send(p.customer, "on")
}

// vouch gives an end a credential from now on.
func (p *pair) vouch(e *End, alias string, seconds uint64) {
	p.t.Helper()
	cr := &wire.Credential{Role: e.role, Identity: e.Identity(), Alias: alias, NotBefore: p.now/1000 - 60, NotAfter: p.now/1000 + seconds}
	if e.role != wire.Customer && e.role != wire.Guest {
		cr.Queues = []string{queue}
	}
	raw, err := cr.Issue(p.company.issuer)
	if err != nil {
		p.t.Fatal(err)
	}
	want(p.t, "credential", e.SetCredential(raw, p.now/1000), 0)
}

func TestDueWhenTheManifestExpired(t *testing.T) {
	p := newPair(t)
	p.publish(p.company.newManifest(2, func(m *wire.Manifest) { m.Expires = day0/1000 + 3600 }))
	p.settle()
	p.now = day0 + 3600_000 - 1
	p.due("the last millisecond", p.customer, DueCommit)
	p.now++
	p.dueFails("customer", p.customer, wire.Expired)
	p.dueFails("agent", p.agent, wire.Expired)
	_, err := p.customer.Commit(p.now, Moves{})
	want(t, "commit", err, wire.Expired)
	_, err = p.customer.end.Genesis(p.now, queue, nil, nil)
	want(t, "genesis", err, wire.Expired)
}

func TestDueWithALeaver(t *testing.T) {
	p := newPair(t)
	third := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.settle()
	p.read(third)
	leave := p.must(third.Commit(p.now, Moves{Marks: wire.MarkLeave}))
	p.log.mustAppend(leave)
	if ev := p.last(third); ev.Marks != wire.MarkLeave {
		t.Fatalf("%+v", ev)
	}
	p.dueFails("the leaver", third, wire.NotMember)
	_, err := third.Commit(p.now, Moves{})
	want(t, "the leaver's commit", err, wire.NotMember)
	p.read(p.customer)
	p.due("the others", p.customer, DueCommit)
	p.read(p.agent)
	p.commit(p.customer)
	if p.customer.chain.Member(third.end.ID()) != nil {
		t.Error("the leaver is still in")
	}
	p.read(third)
	if third.State() != NotMember {
		t.Errorf("state %d", third.State())
	}
	p.send(p.customer, "without him")
	ignored(t, "the leaver reads", p.last(third), wire.NotMember)
}

func TestDueWhenClosedOrEmptyOrNotMember(t *testing.T) {
	p := newPair(t)
	empty := p.agent.end.Join(wire.ID{1})
	p.dueFails("empty", empty, wire.Unavailable)
	stranger := p.company.agent("Bo").Join(p.customer.ID())
	p.read(stranger)
	p.dueFails("stranger", stranger, wire.NotMember)
	p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{Marks: wire.MarkClose})))
	for _, c := range []*Conversation{p.agent, p.customer} {
		if ev := p.last(c); ev.Type != Applied || ev.Marks != wire.MarkClose || c.State() != Closed {
			t.Errorf("%+v, state %d", ev, c.State())
		}
		p.dueFails("closed", c, wire.NotMember)
		if c.leaf != nil || c.secrets != (secrets{}) || c.pending != nil {
			t.Error("a closed conversation keeps secrets")
		}
	}
}
