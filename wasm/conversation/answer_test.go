package conversation

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// named gives a customer's end a credential with that pseudonym.
func (c *company) named(e *End, alias string) {
	c.t.Helper()
	cr := &wire.Credential{Role: wire.Customer, Identity: e.Identity(), Alias: alias, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 12*3600}
	raw, err := cr.Issue(c.issuer)
	if err != nil {
		c.t.Fatal(err)
	}
	want(c.t, "customer's credential", e.SetCredential(raw, day0/1000), 0)
}

// newDevice is a customer's other end, with an identity of its own, that has
// read the log.
func (p *pair) newDevice(alias string) *Conversation {
	p.t.Helper()
	e := p.company.end(wire.Customer)
	if alias != "" {
		p.company.named(e, alias)
	}
	c := e.Join(p.customer.ID())
	p.read(c)
	return c
}

func TestP16_NewIdentityIsAnsweredOnlyWhenSaid(t *testing.T) {
	p := newPair(t)
	p.settle()
	early := p.send(p.agent, "before")
	p.read(p.customer)
	fresh := p.newDevice("")
	ignored(t, "it reads", next(t, fresh, early), wire.BeforeJoin)
	id := p.ask(fresh)
	ev := p.last(p.agent)
	if ev.Type != Joining || ev.Join.Same || ev.Join.Replaces != p.customer.Self() || ev.Join.By != fresh.Self() {
		t.Errorf("%+v", ev)
	}
	p.due("nobody said yes", p.agent, DueNothing)
	p.read(p.customer)
	p.due("whose place it is, and is there", p.customer, DueCommit)
	p.send(p.agent, "goes on")
	p.commit(p.agent)
	if p.agent.chain.Member(fresh.Self()) != nil || len(p.agent.Joins()) != 1 {
		t.Fatal("a commit answered it unasked")
	}
	_, err := p.agent.Commit(p.now, Moves{Answers: wire.ID{1}})
	want(t, "an answer to no request", err, wire.BadCommit)
	p.log.mustAppend(p.must(p.agent.Commit(p.now, Moves{Answers: id})))
	p.read(p.agent)
	p.read(p.customer)
	evs := p.read(fresh)
	if ev := evs[len(evs)-1]; ev.Type != Applied || !slices.Equal(ev.Added, []wire.ID{fresh.Self()}) || !slices.Equal(ev.Removed, []wire.ID{p.customer.Self()}) {
		t.Errorf("%+v", ev)
	}
	if p.customer.State() != NotMember || fresh.State() != Active || fresh.chain.Member(fresh.Self()).Role != wire.Customer {
		t.Errorf("states %d and %d", p.customer.State(), fresh.State())
	}
	for _, entry := range p.log.entries {
		if e, err := wire.DecodeEntry(entry); err == nil && e.Kind == wire.KindMessage {
			if _, err := open(e.Message, &fresh.secrets, fresh.chain.Head(), p.agent.end.Identity()); err != wire.OpenFailed {
				t.Error("the new identity opens what was before")
			}
		}
	}
	p.talk(fresh, p.agent)
	ignored(t, "the old identity reads", p.last(p.customer), wire.NotMember)
	_, err = p.customer.JoinRequest(p.now)
	want(t, "it asks", err, wire.NotMember)
}

func TestNewIdentityNeedsTheSameAliasAndAnAgent(t *testing.T) {
	setup := func() (*pair, *Conversation) {
		p := newPair(t)
		p.company.named(p.customer.end, "Kim")
		bo := p.company.end(wire.Supervisor)
		want(t, "credential", bo.SetCredential(p.company.credential(bo, "Bo"), p.now/1000), 0)
		third := p.add(p.agent, bo, wire.Supervisor)
		p.commit(third)
		p.settle()
		p.read(third)
		return p, third
	}
	for alias, code := range map[string]wire.Code{"Kim": 0, "Tim": wire.NotMember, "": wire.NotMember} {
		p, third := setup()
		fresh := p.newDevice(alias)
		_, err := fresh.JoinRequest(p.now)
		want(t, alias+" asks", err, code)
		entry := p.must(requestOf(fresh.end, fresh, p.customer.Self())) // or does it anyway
		p.log.mustAppend(entry)
		p.read(p.agent)
		p.read(third)
		_, err = p.agent.Commit(p.now, Moves{Answers: wire.EntryID(entry)})
		want(t, alias+" is answered by the agent", err, code)
		_, err = third.Commit(p.now, Moves{Answers: wire.EntryID(entry)})
		want(t, alias+" is answered by the supervisor", err, wire.NotMember)
	}
	// Its key package has ended by the answerer's clock.
	p := newPair(t)
	p.settle()
	id := p.ask(p.newDevice(""))
	p.read(p.agent)
	p.agent.end.credential.NotAfter = 1 << 40
	p.now += packageSeconds * 1000
	_, err := p.agent.Commit(p.now, Moves{Answers: id})
	want(t, "too late", err, wire.Expired)
}

// A new identity beside the owner who asks too: each is a request of its own,
// and the owner's is answered unasked.
func TestOwnersRequestStandsBesideANewIdentitys(t *testing.T) {
	p := newPair(t)
	p.settle()
	fresh := p.newDevice("")
	other := p.ask(fresh)
	p.customer = p.wiped(p.customer)
	own := p.ask(p.customer)
	p.read(p.agent)
	if all := p.agent.Joins(); len(all) != 2 || all[0].ID != other || all[1].ID != own {
		t.Fatalf("%+v", all)
	}
	loaded := copyOf(t, p.agent)
	if all := loaded.Joins(); len(all) != 2 || all[0].ID != other || all[0].Same || all[1].ID != own || !all[1].Same {
		t.Fatalf("loaded: %+v", all)
	}
	seen := map[bool]bool{}
	for len(seen) < 2 { // whichever of the two who ask stands first in the roster
		p, third := newTrio(t)
		fresh := p.newDevice("")
		other := p.ask(fresh)
		third = p.wiped(third)
		p.ask(third)
		p.read(p.agent)
		m := commit(t, p.must(p.agent.Commit(p.now, Moves{Answers: other})))
		if !bytes.Equal(m.Answers, other[:]) || len(m.Adds) != 1 || !slices.Equal(m.Removes, []wire.ID{p.customer.Self()}) {
			t.Fatalf("answers %x, adds %d, removes %x", m.Answers, len(m.Adds), m.Removes)
		}
		bo, customer := third.Self(), p.customer.Self()
		seen[bytes.Compare(bo[:], customer[:]) < 0] = true
	}
	chosen := commit(t, p.must(copyOf(t, p.agent).Commit(p.now, Moves{Answers: other})))
	unasked := commit(t, p.must(p.agent.Commit(p.now, Moves{})))
	if !bytes.Equal(chosen.Answers, other[:]) || !bytes.Equal(unasked.Answers, own[:]) {
		t.Errorf("answers %x and %x", chosen.Answers, unasked.Answers)
	}
}

// Whoever comes back with a credential that stands is answered, whatever has
// become of the one in the roster; with one that ended it is removed.
func TestAnswerAsksForTheRequestersCredential(t *testing.T) {
	short := func(p *pair, e *End, until uint64) {
		cr := &wire.Credential{Role: wire.Agent, Identity: e.Identity(), Alias: "Bo", Queues: []string{queue}, NotBefore: day0/1000 - 60, NotAfter: until}
		raw, err := cr.Issue(p.company.issuer)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "credential", e.SetCredential(raw, day0/1000), 0)
	}
	for name, renewed := range map[string]bool{"renewed": true, "ended": false} {
		p := newPair(t)
		bo := p.company.agent("Bo")
		short(p, bo, day0/1000+3600)
		third := p.add(p.agent, bo, wire.Agent)
		p.commit(third)
		p.settle()
		third = p.wiped(third)
		if renewed {
			short(p, third.end, day0/1000+7200)
		}
		p.ask(third)
		p.now += 3600_000
		p.read(p.customer)
		p.due(name, p.customer, DueCommit)
		p.commit(p.customer)
		p.read(third)
		if in := p.customer.chain.Member(third.Self()) != nil; in != renewed || (third.State() == Active) != renewed {
			t.Errorf("%s: in %v, state %d", name, in, third.State())
		}
		p.due(name, p.customer, DueNothing)
	}
	// An agent may not remove a customer: it stops, but answers one renewed.
	for name, code := range map[string]wire.Code{"renewed": 0, "ended": wire.Expired} {
		p := newPair(t)
		p.company.named(p.customer.end, "Kim")
		p.settle()
		p.customer = p.wiped(p.customer)
		if code == 0 {
			cr := &wire.Credential{Role: wire.Customer, Identity: p.customer.end.Identity(), Alias: "Kim", NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 20*3600}
			raw, err := cr.Issue(p.company.issuer)
			if err != nil {
				t.Fatal(err)
			}
			want(t, "credential", p.customer.end.SetCredential(raw, day0/1000), 0)
		}
		p.ask(p.customer)
		p.read(p.agent)
		p.now += 12 * 3600_000
		cr := &wire.Credential{Role: wire.Agent, Identity: p.agent.end.Identity(), Alias: "Ana", Queues: []string{queue}, NotBefore: p.now / 1000, NotAfter: p.now/1000 + 3600}
		raw, err := cr.Issue(p.company.issuer)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "credential", p.agent.end.SetCredential(raw, p.now/1000), 0)
		_, err = p.agent.Due(p.now)
		want(t, name+": due", err, code)
		_, err = p.agent.Commit(p.now, Moves{})
		want(t, name+": commit", err, code)
	}
}

// A request that is made to fail must not stop the others' commits.
func TestUnanswerableRequestsStopNobody(t *testing.T) {
	for name, spoil := range map[string]func(p *pair, third *Conversation) []byte{
		"on a bare key": func(p *pair, third *Conversation) []byte {
			third.end.credential = nil
			return p.must(requestOf(third.end, third, third.Self()))
		},
		"with another company's credential": func(p *pair, third *Conversation) []byte {
			other := newCompany(t, 9)
			cr, err := wire.DecodeCredential(other.credential(third.end, "Bo"))
			if err != nil {
				t.Fatal(err)
			}
			third.end.credential = cr
			return p.must(requestOf(third.end, third, third.Self()))
		},
		"with a credential of another role": func(p *pair, third *Conversation) []byte {
			cr := &wire.Credential{Role: wire.Bot, Identity: third.end.Identity(), Queues: []string{queue}, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 3600}
			p.must(cr.Issue(p.company.issuer))
			third.end.credential = cr
			return p.must(requestOf(third.end, third, third.Self()))
		},
		"with a credential of another queue": func(p *pair, third *Conversation) []byte {
			cr := &wire.Credential{Role: wire.Agent, Identity: third.end.Identity(), Queues: []string{"elsewhere"}, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 3600}
			p.must(cr.Issue(p.company.issuer))
			third.end.credential = cr
			return p.must(requestOf(third.end, third, third.Self()))
		},
		"with a key package that has ended": func(p *pair, third *Conversation) []byte {
			kp := &wire.KeyPackage{Credential: third.end.credential, Expires: p.now / 1000, Use: wire.UsePlace}
			_, kp.Leaf = newLeaf()
			p.must(kp.Sign(third.end.identity))
			j := &wire.JoinRequest{Conversation: third.ID(), Leaf: third.chain.Member(third.Self()).KeyPackage.Leaf.Hash(), Reason: 1, KeyPackage: kp}
			return p.must(j.Sign(third.end.identity))
		},
	} {
		p, third := newTrio(t)
		p.log.mustAppend(spoil(p, third))
		for _, c := range []*Conversation{p.customer, p.agent} {
			p.read(c)
			if len(c.Joins()) != 1 {
				t.Fatalf("%s: %d requests stand", name, len(c.Joins()))
			}
			p.due(name, c, DueNothing)
			p.send(c, "goes on")
			p.commit(c)
		}
	}
	// Two requests for one leaf key: the second is unanswerable once the first is answered.
	p, third := newTrio(t)
	_, leaf := newLeaf()
	for _, c := range []*Conversation{p.agent, third} {
		kp := &wire.KeyPackage{Credential: c.end.credential, Expires: 1 << 40, Leaf: leaf, Use: wire.UsePlace}
		p.must(kp.Sign(c.end.identity))
		j := &wire.JoinRequest{Conversation: c.ID(), Leaf: c.chain.Member(c.Self()).KeyPackage.Leaf.Hash(), Reason: 1, KeyPackage: kp}
		p.log.mustAppend(p.must(j.Sign(c.end.identity)))
	}
	p.read(p.customer)
	p.commit(p.customer)
	if len(p.customer.Joins()) != 1 {
		t.Fatalf("%d requests stand", len(p.customer.Joins()))
	}
	p.due("the other one", p.customer, DueNothing)
	p.send(p.customer, "goes on")
	p.commit(p.customer)
	want(t, "a third", p.log.append(p.must(requestOf(third.end, p.customer, third.Self()))), 0)
}

// A newer request displaces the one that a commit on its way answers: that is
// not valid any more, and is dropped, or nobody could commit again.
func TestAnswerToADisplacedRequestIsDropped(t *testing.T) {
	p := newPair(t)
	p.settle()
	one, two := p.wiped(p.agent), p.wiped(p.agent)
	p.ask(one)
	p.read(p.customer)
	answer := p.must(p.customer.Commit(p.now, Moves{}))
	secret := bytes.Clone(p.customer.pending.secret[:])
	p.ask(two)
	want(t, "the answer", p.log.append(answer), wire.BadCommit)
	p.read(p.customer)
	p.due("the newer request", p.customer, DueCommit)
	if p.customer.Pending() != nil || bytes.Contains(p.customer.Marshal(), secret) {
		t.Error("it is still pending")
	}
	p.commit(p.customer)
	p.read(two)
	p.talk(two, p.customer)

	// A request for another leaf, or that does not displace, drops nothing; nor
	// is a commit dropped that answers none.
	p, third := newTrio(t)
	p.agent = p.wiped(p.agent)
	p.ask(p.agent)
	p.read(p.customer)
	answer = p.must(p.customer.Commit(p.now, Moves{}))
	refresh := p.must(third.Commit(p.now, Moves{}))
	p.ask(p.newDevice(""))
	p.log.mustAppend(p.must(requestOf(third.end, p.customer, third.Self())))
	p.read(p.customer)
	p.read(third)
	if !bytes.Equal(p.customer.Pending(), answer) || !bytes.Equal(third.Pending(), refresh) {
		t.Error("dropped for another's request")
	}
	p.log.mustAppend(answer)
	p.read(p.agent)
	p.read(p.customer)
	if p.agent.State() != Active {
		t.Errorf("state %d", p.agent.State())
	}
}
