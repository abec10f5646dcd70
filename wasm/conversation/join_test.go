package conversation

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// wiped is a device that has its end, but nothing of the conversation: loaded
// again it reads the whole log.
func (p *pair) wiped(c *Conversation) *Conversation {
	p.t.Helper()
	end, err := LoadEnd(c.end.Marshal(), c.end.role, c.end.roots)
	if err != nil {
		p.t.Fatal(err)
	}
	again := end.Join(c.ID())
	p.read(again)
	return again
}

// ask makes c's join request and appends it.
func (p *pair) ask(c *Conversation) wire.ID {
	p.t.Helper()
	p.read(c)
	entry := p.must(c.JoinRequest(p.now))
	p.log.mustAppend(entry)
	p.read(c)
	return wire.EntryID(entry)
}

// trio has a second agent; everybody has committed.
func newTrio(t testing.TB) (*pair, *Conversation) {
	t.Helper()
	p := newPair(t)
	third := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.commit(third)
	p.settle()
	p.read(third)
	return p, third
}

// garbled is the member's commit with garbage sealed to those whom it names. It
// answers and removes nobody.
func garbled(c *Conversation, now uint64, whom ...wire.ID) []byte {
	m := &wire.Commit{Conversation: c.ID(), Epoch: c.Epoch() + 1, Parent: c.TranscriptHash(), SeenIndex: c.index, SeenHash: c.LogHash(), Role: c.end.role}
	if err := c.make(now, m, Moves{}); err != nil {
		panic(err)
	}
	good := c.pending.entry
	bad, err := wire.DecodeEntry(good)
	if err != nil {
		panic(err)
	}
	for i, to := range c.chain.Preview(bad.Commit).Others(bad.Commit) {
		if slices.Contains(whom, to.ID) {
			bad.Commit.Seals[i].Box = make([]byte, len(bad.Commit.Seals[i].Box))
		}
	}
	// Made of its fields anew: the encoding of the seals is kept in it, and the
	// tag, like all that follows, stands on them.
	o := bad.Commit
	bad.Commit = &wire.Commit{Conversation: o.Conversation, Epoch: o.Epoch, Parent: o.Parent, ManifestHash: o.ManifestHash, SeenIndex: o.SeenIndex, SeenHash: o.SeenHash,
		Time: o.Time, KeyPackage: o.KeyPackage, Role: o.Role, Adds: o.Adds, Removes: o.Removes, Answers: o.Answers, Ephemeral: o.Ephemeral, Seals: o.Seals}
	join := joiner(&c.secrets.init, c.pending.secret[:])
	next := schedule(join, bad.Commit.Confirmed())
	bad.Commit.Tag = tag(next.epoch[:], bad.Commit.Confirmed())
	bad.Commit.Sign(c.end.identity)
	c.pending.entry = bad.Commit.Encode()
	c.pending.id = wire.EntryID(c.pending.entry)
	return c.pending.entry
}

// talk has everybody say something that everybody else reads.
func (p *pair) talk(all ...*Conversation) {
	p.t.Helper()
	for i, from := range all {
		p.send(from, "hello")
		for k, to := range all {
			if ev := p.last(to); ev.Type != Opened || string(ev.Content) != "hello" {
				p.t.Errorf("member %d reads of %d: %+v", k, i, ev)
			}
		}
	}
}

func TestLostMemberIsAddedAgainAndBothTalk(t *testing.T) {
	for _, name := range []string{"customer", "agent"} {
		p := newPair(t)
		p.settle()
		p.send(p.agent, "before")
		p.read(p.customer)
		lost, other := &p.agent, p.customer
		if name == "customer" {
			lost, other = &p.customer, p.agent
		}
		p.read(other)
		*lost = p.wiped(*lost)
		if (*lost).State() != Lost {
			t.Fatalf("%s: state %d", name, (*lost).State())
		}
		p.dueFails(name, *lost, wire.EpochGone)
		before := len((*lost).end.packages)
		id := p.ask(*lost)
		if ev := p.last(other); ev.Type != Joining || ev.Own || !ev.Join.Same || ev.Join.Replaces != (*lost).Self() || ev.Join.By != (*lost).Self() || ev.Join.Reason != wire.ReasonLost {
			t.Errorf("%s: %+v", name, ev)
		}
		if all := other.Joins(); len(all) != 1 || all[0].ID != id || !all[0].Same {
			t.Errorf("%s: %+v", name, all)
		}
		p.due("who reads it", other, DueCommit)
		_, err := other.Seal(p.now, wire.Stored, nil)
		want(t, "sealing before the answer", err, wire.StaleEpoch)
		p.commit(other)
		p.due("who answered", other, DueNothing)
		evs := p.read(*lost)
		if ev := evs[len(evs)-1]; ev.Type != Applied || !slices.Contains(ev.Added, (*lost).Self()) || !slices.Contains(ev.Removed, (*lost).Self()) || (*lost).State() != Active {
			t.Errorf("%s: %+v, state %d", name, ev, (*lost).State())
		}
		if len(other.Joins()) != 0 || len((*lost).Joins()) != 0 {
			t.Errorf("%s: the request still stands", name)
		}
		if m := other.chain.Member((*lost).Self()); m.Role != (*lost).end.role {
			t.Errorf("%s: came back in role %d", name, m.Role)
		}
		p.talk(*lost, other)
		if (*lost).request != nil {
			t.Errorf("%s: the request is kept", name)
		}
		if after := len((*lost).end.packages); after != before {
			t.Errorf("%s: %d secrets of key packages stay", name, after-before)
		}
	}
}

// Each way to lose the epoch, and what the request says.
func TestWaysToBeLost(t *testing.T) {
	for _, row := range []struct {
		name   string
		lose   func(p *pair, third *Conversation) *Conversation
		reason uint8
	}{
		{"the state is gone", func(p *pair, _ *Conversation) *Conversation { return p.wiped(p.agent) }, wire.ReasonLost},
		{"a profile is restored that meets its own later commit", func(p *pair, _ *Conversation) *Conversation {
			old, end := p.agent.Marshal(), p.agent.end.Marshal()
			p.commit(p.agent)
			return reloaded(p.t, end, old, wire.Agent, p.company.roots())
		}, wire.ReasonLost},
		{"a member seals garbage to it alone", func(p *pair, third *Conversation) *Conversation {
			p.log.mustAppend(garbled(third, p.now, p.agent.Self()))
			return p.agent
		}, wire.ReasonUnopened},
		{"then others commit", func(p *pair, third *Conversation) *Conversation {
			p.log.mustAppend(garbled(third, p.now, p.agent.Self()))
			p.read(p.customer)
			p.commit(p.customer)
			return p.agent
		}, wire.ReasonUnopened},
	} {
		p, third := newTrio(t)
		p.agent = row.lose(p, third)
		p.read(p.agent)
		if p.agent.State() != Lost {
			t.Fatalf("%s: state %d", row.name, p.agent.State())
		}
		p.ask(p.agent)
		if ev := p.last(p.customer); ev.Type != Joining || ev.Join.Reason != row.reason {
			t.Errorf("%s: %+v", row.name, ev)
		}
		p.read(third)
		if p.customer.State() != Active || third.State() != Active {
			t.Errorf("%s: states %d and %d of the others", row.name, p.customer.State(), third.State())
		}
		p.commit(p.customer)
		p.read(third)
		p.read(p.agent)
		p.talk(p.agent, p.customer, third)
	}
}

func TestRejoinedOpensNothingFromBeforeAndItsOldLeafNothingAfter(t *testing.T) {
	p := newPair(t)
	p.settle()
	early := p.send(p.customer, "before")
	p.read(p.agent)
	thief := copyOf(t, p.agent) // keeps all that the agent had
	leaf, secret := *thief.leaf, bytes.Clone(thief.secrets.epoch[:])
	p.agent = p.wiped(p.agent)
	missed := p.send(p.customer, "while it was lost")
	ignored(t, "while it is lost", p.last(p.agent), wire.EpochGone)
	p.ask(p.agent)
	p.read(p.customer)
	answer := p.must(p.customer.Commit(p.now, Moves{}))
	p.log.mustAppend(answer)
	p.read(p.customer)
	p.read(p.agent)
	for _, entry := range [][]byte{early, missed} {
		if _, err := open(message(t, entry), &p.agent.secrets, p.agent.chain.Head(), p.customer.end.Identity()); err != wire.OpenFailed {
			t.Errorf("a message from before: %v", err)
		}
	}
	late := p.send(p.customer, "after")
	if ev := p.last(p.agent); ev.Type != Opened {
		t.Fatalf("%+v", ev)
	}
	p.read(thief)
	if thief.State() != Lost {
		t.Errorf("whoever has the old state is in state %d", thief.State())
	}
	m := commit(t, answer)
	for kind := range byte(3) {
		for _, public := range []wire.Leaf{leaf.public(), m.Adds[0].KeyPackage.Leaf} {
			if _, err := openSeal(m.Seals[0], &leaf, public, p.agent.Self(), kind, wire.Sum("commit body", m.Body()), m.Ephemeral); err == nil {
				t.Error("the old leaf opens the answer")
			}
		}
	}
	if bytes.Contains(p.agent.Marshal(), secret) {
		t.Error("a secret from before")
	}
	ignored(t, "the old state", next(t, thief, late), wire.EpochGone)
}

func TestJoinRequestIsTheSameWhileItCanBeAnswered(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.agent = p.wiped(p.agent)
	first := p.must(p.agent.JoinRequest(p.now))
	again := func(name string, c *Conversation, same bool) {
		t.Helper()
		entry, err := c.JoinRequest(p.now)
		if err != nil || bytes.Equal(entry, first) != same {
			t.Errorf("%s: same %v, %v", name, bytes.Equal(entry, first), err)
		}
	}
	again("at once", p.agent, true)
	again("after a page load", reload(t, p.agent), true)
	p.log.mustAppend(first)
	p.read(p.agent)
	again("when it stands", p.agent, true)
	p.log.mustAppend(first) // a relay that shows it twice
	p.read(p.agent)
	p.read(p.customer)
	if n := len(p.customer.Joins()); n != 1 {
		t.Errorf("%d requests stand", n)
	}
	other := copyOf(t, p.agent)
	other.end = p.company.agent("Ana")
	other.end.identity = p.agent.end.identity
	want(t, "credential", other.end.SetCredential(p.company.credential(other.end, "Ana"), p.now/1000), 0)
	again("when its secret is gone", other, false)
	renewed := reload(t, p.agent)
	want(t, "newest", renewed.end.AddManifest(p.company.manifest.Bytes(), p.now/1000, true), 0)
	want(t, "credential", renewed.end.SetCredential(p.company.credential(renewed.end, "Ana B."), p.now/1000), 0)
	packages := len(renewed.end.packages)
	again("with a renewed credential", renewed, false)
	if len(renewed.end.packages) != packages || renewed.end.packageFor(joinOf(t, first).KeyPackage.Leaf) != nil {
		t.Error("the secret of the request before stays")
	}

	p.read(p.customer)
	m := commit(t, garbled(p.customer, p.now, p.agent.Self())) // not of its own, and its leaf stays
	p.log.mustAppend(m.Encode())
	p.read(p.agent)
	again("after another commit that does not open", p.agent, true)

	p.read(p.customer)
	p.customer = p.wiped(p.customer)
	first = p.must(p.customer.JoinRequest(p.now))
	p.now += packageSeconds*1000 - 1
	again("a second before its key package expires", p.customer, true)
	p.now++
	again("when that has expired", p.customer, false)
}

// Of two copies that ask, the one that asked later displaces the other, which
// asks anew: for the later one may be such as nobody answers. By turns, and not
// without end.
func TestDisplacedRequestIsMadeAnew(t *testing.T) {
	p, third := newTrio(t)
	p.agent = p.wiped(p.agent)
	first := p.ask(p.agent)
	expired := &wire.KeyPackage{Credential: p.agent.end.credential, Expires: p.now / 1000, Use: wire.UsePlace}
	_, expired.Leaf = newLeaf()
	p.must(expired.Sign(p.agent.end.identity))
	other := &wire.JoinRequest{Conversation: p.agent.ID(), Leaf: p.agent.chain.Member(p.agent.Self()).KeyPackage.Leaf.Hash(), Reason: wire.ReasonLost, KeyPackage: expired}
	p.log.mustAppend(p.must(other.Sign(p.agent.end.identity)))
	p.read(third)
	p.due("no request that may be answered", third, DueNothing)
	packages := len(p.agent.end.packages)
	if second := p.ask(p.agent); second == first {
		t.Fatal("the same request")
	}
	if len(p.agent.end.packages) != packages {
		t.Error("the secret of the displaced request stays")
	}
	if again := p.must(p.agent.JoinRequest(p.now)); wire.EntryID(again) == first {
		t.Error("a third request")
	}
	p.log.mustAppend(p.must(requestOf(p.agent.end, p.agent, p.agent.Self())))
	p.read(p.agent)
	_, err := reload(t, p.agent).JoinRequest(p.now)
	want(t, "displaced again", err, wire.RateLimited)
	p.now += rejoinPause
	p.ask(p.agent)
	p.read(third)
	p.commit(third)
	p.read(p.agent)
	p.read(p.customer)
	p.talk(p.agent, p.customer, third)
}

// Whoever is added again by garbage waits too, named or not: else a member makes
// it ask as fast as the relay lets.
func TestAddedAgainByGarbageWaitsAMinute(t *testing.T) {
	p, third := newTrio(t)
	kp, err := third.end.keyPackage(1<<40, wire.UseOffer)
	if err != nil {
		t.Fatal(err)
	}
	m := commit(t, p.must(p.agent.Commit(p.now, Moves{})))
	bad := &wire.Commit{Conversation: m.Conversation, Epoch: m.Epoch, Parent: m.Parent, ManifestHash: m.ManifestHash, SeenIndex: m.SeenIndex, SeenHash: m.SeenHash, Time: m.Time, KeyPackage: m.KeyPackage,
		Role: m.Role, Ephemeral: m.Ephemeral, Tag: m.Tag, Removes: []wire.ID{third.Self()}, Adds: []wire.Add{{Role: wire.Agent, KeyPackage: kp}}}
	for _, to := range p.agent.chain.Preview(bad).Others(bad) {
		bad.Seals = append(bad.Seals, wire.Seal{Ciphertext: m.Seals[0].Ciphertext, Box: make([]byte, 16+bad.SealSize(to))})
	}
	bad.Sign(p.agent.end.identity)
	p.log.mustAppend(bad.Encode())
	p.read(third)
	if third.State() != Lost {
		t.Fatalf("state %d", third.State())
	}
	_, err = third.JoinRequest(p.now)
	want(t, "at once", err, wire.RateLimited)
	_, err = third.JoinRequest(p.now + rejoinPause)
	want(t, "a minute later", err, 0)
}

// A copy of the identity that holds the epoch commits: the leaf is another.
func TestJoinRequestIsMadeAnewForAnotherLeaf(t *testing.T) {
	p := newPair(t)
	p.settle()
	twin := p.agent
	p.agent = p.wiped(p.agent)
	first := p.must(p.agent.JoinRequest(p.now))
	p.commit(twin)
	p.read(p.agent)
	second := p.must(p.agent.JoinRequest(p.now))
	want(t, "the first", p.log.append(first), wire.NotMember)
	want(t, "the second", p.log.append(second), 0)
}

func TestJoinRequestHasReasonsToRefuse(t *testing.T) {
	p, third := newTrio(t)
	refuse := func(name string, c *Conversation, code wire.Code) {
		t.Helper()
		before := c.Marshal()
		packages := len(c.end.packages)
		entry, err := c.JoinRequest(p.now)
		want(t, name, err, code)
		if entry != nil || !bytes.Equal(before, c.Marshal()) || len(c.end.packages) != packages {
			t.Errorf("%s: something came of it", name)
		}
	}
	refuse("nothing is lost", p.customer, wire.BadArgument)
	refuse("nothing was read", p.agent.end.Join(wire.ID{1}), wire.Unavailable)
	stranger := p.company.agent("Cy").Join(p.customer.ID())
	p.read(stranger)
	refuse("an agent who never was in", stranger, wire.NotMember)
	nameless := p.company.end(wire.Agent)
	want(t, "credential", nameless.SetCredential(p.company.credential(nameless, ""), p.now/1000), 0)
	stranger = nameless.Join(p.customer.ID())
	p.read(stranger)
	refuse("an agent who never was in, of the customer's name", stranger, wire.NotMember)
	p.remove(p.agent, third.Self())
	p.read(third)
	refuse("a removed member", third, wire.NotMember)
	gone := p.wiped(third)
	refuse("a removed member who kept nothing", gone, wire.NotMember)
	lost := p.wiped(p.agent)
	doubtful := copyOf(t, lost)
	doubtful.doubted = []doubt{{p.customer.Self(), 1}}
	if _, err := doubtful.JoinRequest(p.now); err != nil {
		t.Errorf("lost and in doubt: %v", err)
	}
	forked := copyOf(t, lost)
	forked.forked = true
	refuse("forked", forked, wire.ForkedLog)
	p.now = p.agent.end.credential.NotAfter * 1000
	refuse("an ended credential", lost, wire.Expired)
	p.now = p.company.manifest.Expires * 1000
	refuse("an ended manifest", lost, wire.Expired)
	lost.end.newest = nil
	refuse("no manifest", lost, wire.Unavailable)
	p.now = day0
	p.read(p.customer)
	p.log.mustAppend(p.must(p.customer.Commit(p.now, Moves{Marks: wire.MarkClose})))
	p.read(lost)
	refuse("closed", lost, wire.NotMember)
}

// A leaver's request counts as little as its leaf: else an agent who handed the
// conversation over would be let in again by the others' ends, unasked.
func TestLeaverCannotComeBackByRequest(t *testing.T) {
	p, third := newTrio(t)
	lost := p.wiped(third)
	p.log.mustAppend(p.must(third.Commit(p.now, Moves{Marks: wire.MarkLeave})))
	p.read(third)
	p.read(lost)
	before := len(lost.end.packages)
	_, err := lost.JoinRequest(p.now)
	want(t, "its end", err, wire.NotMember)
	if len(lost.end.packages) != before {
		t.Error("a key package was made for nothing")
	}
	entry := p.must(requestOf(third.end, third, third.Self()))
	want(t, "made by hand", p.log.append(entry), wire.NotMember)
	ignored(t, "read", next(t, p.customer, entry), wire.NotMember)
	p.read(p.customer)
	p.commit(p.customer)
	if p.customer.chain.Member(third.Self()) != nil {
		t.Error("still in")
	}
}

// requestOf is a join request by the end for a member's leaf, unchecked.
func requestOf(by *End, c *Conversation, member wire.ID) ([]byte, error) {
	kp, err := by.keyPackage(1<<40, wire.UsePlace)
	if err != nil {
		return nil, err
	}
	j := &wire.JoinRequest{Conversation: c.ID(), Leaf: c.chain.Member(member).KeyPackage.Leaf.Hash(), Reason: wire.ReasonLost, KeyPackage: kp}
	return j.Sign(by.identity)
}

func TestReplayedAndLateRequestsAreRefused(t *testing.T) {
	p, third := newTrio(t)
	p.agent = p.wiped(p.agent)
	request := p.must(p.agent.JoinRequest(p.now))
	p.log.mustAppend(request)
	p.read(p.customer)
	p.commit(p.customer)
	want(t, "replayed after the answer", p.log.append(request), wire.NotMember)
	for _, c := range []*Conversation{p.customer, p.agent, third} {
		p.read(c)
		ignored(t, "replayed after the answer", next(t, c, request), wire.NotMember)
	}
	// Held back until its maker's leaf is another, by an answer or by removal.
	late := p.must(requestOf(third.end, third, third.Self()))
	p.remove(p.customer, third.Self())
	want(t, "by a removed member", p.log.append(late), wire.NotMember)
	ignored(t, "by a removed member", next(t, p.customer, late), wire.NotMember)
}

// A relay that loses the request: the same bytes are sent again and answered.
func TestDroppedRequestIsSentAgain(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.agent = p.wiped(p.agent)
	p.must(p.agent.JoinRequest(p.now))
	p.send(p.customer, "meanwhile")
	p.commit(p.customer)
	p.agent = reload(t, p.agent)
	p.ask(p.agent)
	p.read(p.customer)
	p.commit(p.customer)
	p.read(p.agent)
	p.talk(p.agent, p.customer)
}

func TestTwoWhoAreLostWaitForAThird(t *testing.T) {
	p, third := newTrio(t)
	p.agent, p.customer = p.wiped(p.agent), p.wiped(p.customer)
	p.ask(p.agent)
	p.ask(p.customer)
	for _, c := range []*Conversation{p.agent, p.customer} {
		p.read(c)
		if all := c.Joins(); len(all) != 2 {
			t.Errorf("%d requests stand", len(all))
		}
		p.dueFails("lost", c, wire.EpochGone)
		_, err := c.Commit(p.now, Moves{Answers: c.Joins()[0].ID})
		want(t, "a lost one's answer", err, wire.EpochGone)
	}
	p.read(third)
	p.commit(third)
	p.due("the other request", third, DueCommit)
	p.commit(third)
	p.due("both answered", third, DueNothing)
	p.read(p.agent)
	p.read(p.customer)
	p.talk(p.agent, p.customer, third)
}

// Where no member holds the epoch nobody can answer: all see that it is so,
// nothing but close by nobody changes it, and a new conversation is begun.
func TestBothLostAtOnce(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.agent, p.customer = p.wiped(p.agent), p.wiped(p.customer)
	p.ask(p.agent)
	p.ask(p.customer)
	for _, c := range []*Conversation{p.agent, p.customer} {
		p.read(c)
		if c.State() != Lost || len(c.Joins()) != 2 || !c.Joins()[0].Same || !c.Joins()[1].Same {
			t.Errorf("state %d, %+v", c.State(), c.Joins())
		}
		p.dueFails("lost", c, wire.EpochGone)
		first := p.must(c.JoinRequest(p.now))
		if again := p.must(c.JoinRequest(p.now + 3600_000)); !bytes.Equal(first, again) {
			t.Error("another request for the same leaf")
		}
		for _, entry := range p.log.entries {
			if ev := next(t, c, entry); ev.Type == Opened || ev.Type == Applied {
				t.Errorf("%+v", ev)
			}
		}
	}
	kp := p.must(p.agent.end.KeyPackage(p.now/1000+3600, false))
	if _, err := p.customer.end.Genesis(p.now, queue, []Newcomer{{wire.Agent, kp}}, nil); err != nil {
		t.Errorf("a new conversation: %v", err)
	}
}

func TestOfTwoAnswersTheFirstCounts(t *testing.T) {
	p, third := newTrio(t)
	p.agent = p.wiped(p.agent)
	p.ask(p.agent)
	p.read(p.customer)
	p.read(third)
	one, two := p.must(p.customer.Commit(p.now, Moves{})), p.must(third.Commit(p.now, Moves{}))
	p.log.mustAppend(two)
	want(t, "the second", p.log.append(one), wire.StaleHead)
	for _, c := range []*Conversation{p.customer, third, p.agent} {
		p.read(c)
		ignored(t, "the second", next(t, c, one), wire.StaleHead)
	}
	if p.customer.Pending() != nil || len(p.customer.Joins()) != 0 {
		t.Error("the second answer is still on its way")
	}
	p.talk(p.agent, p.customer, third)

	// Another commit comes first: the answer is made again.
	third = p.wiped(third)
	p.ask(third)
	p.read(p.customer)
	lost := p.must(p.customer.Commit(p.now, Moves{}))
	p.read(p.agent)
	p.log.mustAppend(garbled(p.agent, p.now)) // a good one, but that it answers nobody
	want(t, "the answer on the head before", p.log.append(lost), wire.StaleHead)
	p.read(p.customer)
	p.due("it still asks", p.customer, DueCommit)
	p.commit(p.customer)
	p.read(third)
	p.read(p.agent)
	p.talk(p.agent, p.customer, third)
}

func TestEverybodyButTheArchiveAnswers(t *testing.T) {
	for _, role := range []wire.Role{wire.Supervisor, wire.Inbox, wire.Bot} {
		p := newPair(t)
		e := p.company.end(role)
		want(t, "credential", e.SetCredential(p.company.credential(e, "Bo"), p.now/1000), 0)
		third := p.add(p.agent, e, role)
		p.commit(third)
		p.read(p.agent)
		p.read(p.customer)
		p.agent = p.wiped(p.agent)
		p.ask(p.agent)
		p.read(third)
		p.due("with a request", third, DueCommit)
		p.commit(third)
		p.read(p.agent)
		if p.agent.State() != Active {
			t.Errorf("role %d: state %d", role, p.agent.State())
		}
	}
	p := newPair(t)
	p.settle()
	p.agent = p.wiped(p.agent)
	p.ask(p.agent)
	p.read(p.customer)
	s := p.customer.Joins()[0]
	if !p.customer.chain.Answerable(s, wire.Guest, p.company.manifest.CheckCredential) || p.customer.chain.Answerable(s, wire.Archive, p.company.manifest.CheckCredential) {
		t.Error("guests answer, the archive does not")
	}
}

// Added again, then two copies of one identity would ask in turns without end.
func TestAskingAgainWaitsAMinuteAfterAnAnswer(t *testing.T) {
	p := newPair(t)
	p.settle()
	one, two := p.wiped(p.agent), p.wiped(p.agent)
	p.ask(one)
	p.read(p.customer)
	p.commit(p.customer)
	p.read(one)
	p.read(two)
	if one.State() != Active || two.State() != Lost {
		t.Fatalf("states %d and %d", one.State(), two.State())
	}
	answered := p.now
	for _, row := range []struct {
		after uint64
		code  wire.Code
	}{{0, wire.RateLimited}, {rejoinPause - 1, wire.RateLimited}, {rejoinPause, 0}} {
		p.now = answered + row.after
		_, err := reload(t, two).JoinRequest(p.now)
		want(t, "the other copy", err, row.code)
	}
	p.now = answered - 1 // a clock that was set back does not lock it out
	_, err := reload(t, two).JoinRequest(p.now)
	want(t, "before the answer", err, 0)
	// Somebody's first loss waits for nothing.
	p.customer = p.wiped(p.customer)
	p.ask(p.customer)
}

func TestRejoinedIsNoNewcomerToTheOthersCounters(t *testing.T) {
	p := newPair(t)
	p.settle()
	for range 3 {
		p.send(p.agent, "x")
	}
	p.read(p.customer)
	p.customer = p.wiped(p.customer)
	p.ask(p.customer)
	p.read(p.agent)
	p.commit(p.agent)
	p.send(p.agent, "the fourth")
	if ev := p.last(p.customer); ev.Type != Opened || ev.Gap != 0 || ev.Counter != 4 {
		t.Errorf("%+v", ev)
	}
}

// A tag that was changed on the way is a signature that does not hold: nobody
// is lost by it, and nobody asks.
func TestFlippedTagIsABadSignature(t *testing.T) {
	p := newPair(t)
	p.settle()
	raw := p.must(p.customer.Commit(p.now, Moves{}))
	tagAt := len(raw) - 64 - wire.TagSize
	if !bytes.Equal(raw[tagAt:tagAt+wire.TagSize], commit(t, raw).Tag) {
		t.Fatal("the tag lies elsewhere")
	}
	for i := range wire.TagSize {
		for bit := range 8 {
			bad := bytes.Clone(raw)
			bad[tagAt+i] ^= 1 << bit
			c := copyOf(t, p.agent)
			ev, err := c.Receive(bad, p.now)
			if err != nil || ev.Type != Ignored || ev.Code != wire.OpenFailed || c.State() != Active {
				t.Fatalf("bit %d of byte %d: %+v, %v, state %d", bit, i, ev, err, c.State())
			}
			if _, err := c.JoinRequest(p.now); err != wire.BadArgument {
				t.Fatalf("asks: %v", err)
			}
		}
	}
}
