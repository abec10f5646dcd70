package conversation

import (
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// A stolen identity key makes join requests like its owner's. An owner whose end
// holds the epoch sees such a request and commits: that refuses it, for the leaf
// it names is gone, and only who holds the epoch can commit.
func TestOwnerRefusesAThiefsRequest(t *testing.T) {
	p := newPair(t)
	p.settle()
	thief := p.wiped(p.customer)
	p.ask(thief)
	p.read(p.agent)
	p.read(p.customer)
	if p.customer.State() != Active || p.customer.Joins()[0].Replaces != p.customer.Self() || !p.customer.Joins()[0].Same {
		t.Fatalf("state %d, %+v", p.customer.State(), p.customer.Joins())
	}
	p.due("the owner", p.customer, DueCommit)
	p.due("the owner, a page load later", reload(t, p.customer), DueCommit)
	answer := p.must(p.agent.Commit(p.now, Moves{}))
	p.commit(p.customer)
	want(t, "the answer that came second", p.log.append(answer), wire.StaleHead)
	p.read(p.agent)
	p.read(thief)
	if len(p.agent.Joins()) != 0 || p.customer.State() != Active || thief.State() != Lost {
		t.Errorf("%d requests stand, states %d and %d", len(p.agent.Joins()), p.customer.State(), thief.State())
	}
	p.due("the owner, committed", p.customer, DueNothing)
	p.due("the agent", p.agent, DueNothing)
	p.talk(p.customer, p.agent)

	// Refused, it waits like one that was answered: else the two, or two honest
	// copies of one identity, would ask and refuse in turns without end.
	packages := len(thief.end.packages)
	for _, after := range []uint64{0, rejoinPause - 1} {
		_, err := reload(t, thief).JoinRequest(p.now + after)
		want(t, "asks again", err, wire.RateLimited)
	}
	p.now += rejoinPause
	p.ask(thief)
	if n := len(thief.end.packages); n != packages+1 || packages != 0 {
		t.Errorf("%d secrets of key packages, then %d: of a refused request none stays", packages, n)
	}
}

// So it refuses a stranger who says to be its new identity, yes or no.
func TestOwnerRefusesAStrangersRequest(t *testing.T) {
	p := newPair(t)
	p.settle()
	stranger := p.newDevice("")
	id := p.ask(stranger)
	p.read(p.customer)
	p.due("the owner", p.customer, DueCommit)
	p.commit(p.customer)
	p.read(p.agent)
	_, err := p.agent.Commit(p.now, Moves{Answers: id})
	want(t, "a yes that comes later", err, wire.BadCommit)
	p.read(stranger)
	_, err = stranger.JoinRequest(p.now)
	want(t, "asks again", err, wire.RateLimited)
	p.talk(p.customer, p.agent)
}

// Whoever asks does not contest itself, and another's request is not its matter.
func TestOnlyTheOwnPlaceIsContested(t *testing.T) {
	p, third := newTrio(t)
	p.log.mustAppend(p.must(requestOf(third.end, third, third.Self())))
	p.read(p.customer)
	p.read(p.agent)
	p.read(third)
	if p.customer.contested() || p.agent.contested() || !third.contested() {
		t.Error("contested is who is to be replaced")
	}
}

// An owner who is there refuses, whatever else keeps it from sending.
func TestOwnerRefusesThoughItMaySendNothing(t *testing.T) {
	t.Run("a customer whose agent's credential ended", func(t *testing.T) {
		p := newPair(t)
		p.settle()
		p.now = p.agent.end.credential.NotAfter * 1000
		thief := p.wiped(p.customer)
		p.ask(thief)
		p.due("the owner", p.catchUp(p.customer), DueCommit)
		p.commit(p.customer)
		if p.customer.chain.Member(p.agent.Self()) == nil {
			t.Error("the agent was removed, who goes on with a renewed credential")
		}
		p.dueFails("the owner, after it", p.customer, wire.Unavailable)
		p.now += 6 * 3_600_000
		p.vouch(p.agent.end, "Ana", 3600)
		p.commit(p.catchUp(p.agent))
		p.read(p.customer)
		p.read(thief)
		if p.customer.State() != Active || thief.State() != Lost {
			t.Errorf("the owner is %d, the thief %d", p.customer.State(), thief.State())
		}
	})
	t.Run("an agent whose customer's credential ended", func(t *testing.T) {
		p := newPair(t)
		p.vouch(p.customer.end, "c", 600)
		p.settle()
		p.now += 700_000
		thief := p.wiped(p.agent)
		p.ask(thief)
		p.due("the owner", p.catchUp(p.agent), DueCommit)
		p.commit(p.agent)
		p.dueFails("the owner, after it", p.agent, wire.Expired)
		p.vouch(p.customer.end, "c", 3600)
		p.commit(p.catchUp(p.customer))
		p.read(p.agent)
		p.read(thief)
		if p.agent.State() != Active || thief.State() != Lost {
			t.Errorf("the owner is %d, the thief %d", p.agent.State(), thief.State())
		}
	})
}

// A pending answer whose manifest is not at hand after a reload is still good.
func TestPendingAnswerOutlivesAnUnrelatedRequest(t *testing.T) {
	p, third := newTrio(t)
	lost := p.wiped(third)
	p.ask(lost)
	p.read(p.customer)
	pending := p.must(p.customer.Commit(p.now, Moves{}))
	if len(commit(t, pending).Answers) == 0 {
		t.Fatal("no answer")
	}
	first := p.company.manifest
	want(t, "manifest", p.customer.end.AddManifest(p.company.newManifest(2, nil).Bytes(), p.now/1000, true), 0)
	p.customer = reload(t, p.customer)
	p.log.mustAppend(p.must(requestOf(p.agent.end, p.agent, p.agent.Self())))
	p.log.mustAppend(pending)
	if _, err := p.customer.Receive(p.log.entries[p.customer.Index()], p.now); err != nil {
		t.Fatal(err)
	}
	if _, err := p.customer.Receive(pending, p.now); err != wire.Unavailable {
		t.Fatalf("the manifest is not needed: %v", err)
	}
	want(t, "manifest", p.customer.end.AddManifest(first.Bytes(), p.now/1000, false), 0)
	p.read(p.customer)
	if p.customer.State() != Active {
		t.Errorf("state %d", p.customer.State())
	}
}

func TestRequestsSecretGoesWhenAllIsClosed(t *testing.T) {
	p := newPair(t)
	p.settle()
	lost := p.wiped(p.agent)
	before := len(lost.end.packages)
	p.ask(lost)
	p.read(p.customer)
	p.log.mustAppend(p.must(p.customer.Commit(p.now, Moves{Marks: wire.MarkClose})))
	p.read(lost)
	if lost.State() != Closed || len(lost.end.packages) != before || lost.request != nil {
		t.Errorf("state %d; %d secrets, %d before it asked", lost.State(), len(lost.end.packages), before)
	}
}

// What somebody commits for another cause lets in nobody who asked only just.
func TestQuietCommitAnswersNobodyUnasked(t *testing.T) {
	p, third := newTrio(t)
	lost := p.wiped(third)
	request := p.ask(lost)
	p.read(p.customer)
	p.log.mustAppend(p.must(p.customer.Commit(p.now, Moves{Quiet: true})))
	p.read(lost)
	if p.read(p.customer); lost.State() != Lost || len(p.customer.Joins()) != 1 {
		t.Fatalf("state %d, %d requests stand", lost.State(), len(p.customer.Joins()))
	}
	p.due("still to answer", p.customer, DueCommit)
	p.log.mustAppend(p.must(p.customer.Commit(p.now, Moves{Quiet: true, Answers: request})))
	if p.read(lost); lost.State() != Active {
		t.Errorf("named, and not answered: state %d", lost.State())
	}
}
