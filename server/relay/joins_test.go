package relay_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// tell applies an entry that was stored.
func (s *scene) tell(at *relaytest.Client, entry []byte) uint64 {
	s.t.Helper()
	sequence := s.append(at, entry)
	s.talk.Apply(entry)
	return sequence
}

func (s *scene) entry(raw []byte) relay.Append {
	return relay.Append{Conversation: s.talk.ID, Entry: raw}
}

// A member that has lost its state follows the log as before, asks in it, and
// what it asked reaches the others as it was written.
func TestJoinRequestsReachTheOthers(t *testing.T) {
	s := play(t, nil)
	s.subscribe(s.atAgent, 0)
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	lost := s.Connect(s.customer) // with its identity, and nothing else
	s.subscribe(lost, 0)
	join := s.customer.Join(s.talk)
	s.tell(lost, join)
	for _, at := range []*relaytest.Client{s.atAgent, lost} {
		if got := s.entries(at, 0, 3)[2].Entry; !bytes.Equal(got, join) {
			t.Error("another request than the one that was sent")
		}
	}
	refused(t, lost, relay.SendPassing{Conversation: s.talk.ID, Entry: join}, wire.BadArgument)
}

func TestJoinRequestsAreTheirMakersAlone(t *testing.T) {
	s := play(t, nil)
	stranger, another := relaytest.NewPerson(wire.Customer), relaytest.NewPerson(wire.Customer)
	atStranger := s.Connect(stranger)
	old := s.customer.Join(s.talk)
	s.commit(s.customer, s.atCustomer, relaytest.Change{}) // with a new leaf
	forged := s.customer.Join(s.talk)
	forged[len(forged)-1] ^= 1
	supervisor := s.Supervisor("Sam")
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{supervisor.KeyPackage(time.Now().Add(time.Hour), false)}})
	for name, tc := range map[string]struct {
		at    *relaytest.Client
		entry []byte
		want  wire.Code
	}{
		"another member's":          {s.atAgent, s.customer.Join(s.talk), wire.NotMember},
		"another stranger's":        {atStranger, another.JoinAs(s.talk, s.customer.ID()), wire.NotMember},
		"with a flipped bit":        {s.atCustomer, forged, wire.OpenFailed},
		"for a leaf that is gone":   {s.atCustomer, old, wire.NotMember},
		"a stranger's for an agent": {atStranger, stranger.JoinAs(s.talk, s.agent.ID()), wire.BadCommit},
		"a member's for another":    {s.atAgent, s.agent.JoinAs(s.talk, s.customer.ID()), wire.BadCommit},
	} {
		t.Run(name, func(t *testing.T) { refused(t, tc.at, s.entry(tc.entry), tc.want) })
	}
	t.Run("of a closed conversation", func(t *testing.T) {
		join := s.customer.Join(s.talk)
		s.commit(s.customer, s.atCustomer, relaytest.Change{Marks: wire.MarkClose})
		refused(t, s.atCustomer, s.entry(join), wire.NotMember)
	})
	if head := s.subscribe(s.atAgent, 0); head != 4 {
		t.Errorf("head %d, want 4: a refused request was stored", head)
	}
}

// Each leaf has one request a minute by its owner and one by a new identity, and
// so many until the next commit; a repeat is none.
func TestA10_JoinRequestsAreBounded(t *testing.T) {
	now := &clock{now: time.Now()}
	s := play(t, func(c *relay.Config) { c.Now = now.Now })
	stranger := relaytest.NewPerson(wire.Customer)
	atStranger := s.Connect(stranger)
	first := s.customer.Join(s.talk)
	s.tell(s.atCustomer, first)
	second := s.customer.Join(s.talk)
	refused(t, s.atCustomer, s.entry(second), wire.RateLimited)
	if ack := ask[relay.Ack](t, s.atCustomer, s.entry(first)); !ack.Duplicate {
		t.Error("a repeat is new")
	}
	// Nobody takes another's turn.
	s.tell(s.atAgent, s.agent.Join(s.talk))
	s.tell(atStranger, stranger.JoinAs(s.talk, s.customer.ID()))
	another := relaytest.NewPerson(wire.Customer)
	refused(t, s.Connect(another), s.entry(another.JoinAs(s.talk, s.customer.ID())), wire.RateLimited)
	now.Set(now.Now().Add(59 * time.Second))
	refused(t, s.atCustomer, s.entry(second), wire.RateLimited)
	s.Restart()
	s.atCustomer, s.atAgent, atStranger = s.Connect(s.customer), s.Connect(s.agent), s.Connect(stranger)
	refused(t, s.atCustomer, s.entry(second), wire.RateLimited)
	// A commit of another changes nothing of it: the leaf stands.
	s.commit(s.agent, s.atAgent, relaytest.Change{})
	refused(t, s.atCustomer, s.entry(second), wire.RateLimited)
	now.Set(time.Now().Add(61 * time.Second)) // since the restart it goes by when the log says they were stored
	s.tell(s.atCustomer, second)
	s.tell(atStranger, stranger.JoinAs(s.talk, s.customer.ID()))
	for range 15 {
		now.Set(now.Now().Add(time.Minute))
		s.tell(s.atCustomer, s.customer.Join(s.talk))
	}
	now.Set(now.Now().Add(time.Hour))
	refused(t, s.atCustomer, s.entry(s.customer.Join(s.talk)), wire.RateLimited)
	s.tell(atStranger, stranger.JoinAs(s.talk, s.customer.ID()))
	s.commit(s.agent, s.atAgent, relaytest.Change{})
	s.tell(s.atCustomer, s.customer.Join(s.talk))
}

// A join request is part of the public state: what answers it must be valid
// after a restart too.
// Each refusal by the owner's commit makes another leaf, which frees no turn.
func TestA10_RefusedJoinRequestsStayBounded(t *testing.T) {
	now := &clock{now: time.Now()}
	s := play(t, func(c *relay.Config) { c.Now = now.Now })
	stranger := relaytest.NewPerson(wire.Customer)
	atStranger := s.Connect(stranger)
	s.tell(atStranger, stranger.JoinAs(s.talk, s.customer.ID()))
	s.tell(s.atAgent, s.agent.Join(s.talk))
	s.commit(s.customer, s.atCustomer, relaytest.Change{})
	s.commit(s.agent, s.atAgent, relaytest.Change{})
	refused(t, atStranger, s.entry(stranger.JoinAs(s.talk, s.customer.ID())), wire.RateLimited)
	refused(t, s.atAgent, s.entry(s.agent.Join(s.talk)), wire.RateLimited)
	now.Set(now.Now().Add(time.Minute))
	s.tell(atStranger, stranger.JoinAs(s.talk, s.customer.ID()))
	s.tell(s.atAgent, s.agent.Join(s.talk))
}

func TestJoinRequestSurvivesRestart(t *testing.T) {
	s := play(t, nil)
	join := s.customer.Join(s.talk)
	s.tell(s.atCustomer, join)
	s.Restart()
	at := s.Connect(s.customer)
	ack := ask[relay.Ack](t, at, s.entry(join))
	if !ack.Duplicate || ack.Sequence != 2 {
		t.Errorf("%+v, want the repeat of 2", ack)
	}
	if n := s.append(s.Connect(s.agent), s.agent.Answer(s.talk, s.Org.Manifest, join)); n != 3 {
		t.Errorf("the answer has sequence %d, want 3", n)
	}
}

// Who is removed and added by one commit stays: no connection of it is cut, and
// it may do all that it might.
func TestRejoinedMembersAreNotCut(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	second := s.Connect(s.customer)
	for _, at := range []*relaytest.Client{s.atCustomer, second, s.atAgent} {
		s.subscribe(at, 0)
	}
	join := s.customer.Join(s.talk)
	s.tell(second, join)
	answer := s.agent.Answer(s.talk, s.Org.Manifest, join)
	s.tell(s.atAgent, answer)
	last := s.agent.Message(s.talk, 10)
	s.append(s.atAgent, last)
	s.append(second, s.customer.Message(s.talk, 10))
	for _, at := range []*relaytest.Client{s.atCustomer, second, s.atAgent} {
		got := s.entries(at, 0, 5)
		if !bytes.Equal(got[2].Entry, answer) || !bytes.Equal(got[3].Entry, last) {
			t.Error("other entries than those that were sent")
		}
	}
	id := upload(t, f, ciphertext(10))
	answered(t, f, http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
	for _, at := range []*relaytest.Client{s.atCustomer, second, s.Connect(s.customer)} {
		want := []relay.ListItem{{Conversation: s.talk.ID, Sequence: 5}}
		if got := ask[relay.List](t, at, relay.ListConversations{}); !slices.Equal(got.Conversations, want) {
			t.Errorf("listed: %v", got.Conversations)
		}
		s.subscribe(at, 5)
	}
	refused(t, s.atAgent, s.entry(s.agent.Answer(s.talk, s.Org.Manifest, join)), wire.BadCommit) // it is used up
}

// A new identity takes the place of a customer, who may have lost the device to
// somebody: the old one is cut within a second, on every connection and ticket,
// the new one hears of it and reads from the beginning.
func TestP13_ReplacedIdentitiesAreCut(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id := upload(t, f, ciphertext(10))
	s.subscribe(s.atCustomer, 0)
	s.subscribe(s.atAgent, 0)
	heir := relaytest.NewPerson(wire.Customer)
	atHeir := s.Connect(heir)
	refused(t, atHeir, relay.Subscribe{Conversation: s.talk.ID}, wire.NotMember)
	join := heir.JoinAs(s.talk, s.customer.ID())
	s.tell(atHeir, join)
	refused(t, atHeir, relay.Subscribe{Conversation: s.talk.ID}, wire.NotMember)
	stale := s.customer.Message(s.talk, 10)
	commit := s.tell(s.atAgent, s.agent.Answer(s.talk, s.Org.Manifest, join))
	begin := time.Now()
	answered(t, f, http.StatusForbidden, wire.NotMember, "GET", "/v1/files/"+id, nil)
	refused(t, s.atCustomer, s.entry(stale), wire.StaleEpoch)
	if d := time.Since(begin); d > time.Second {
		t.Errorf("cutting took %v", d)
	}
	s.removed(s.atCustomer, s.customer, commit)
	if got := next[relay.List](t, atHeir).Conversations; len(got) != 1 || got[0].Conversation != s.talk.ID || got[0].Sequence != commit {
		t.Errorf("the new one is told %v", got)
	}
	s.subscribe(atHeir, 0)
	s.entries(atHeir, 0, int(commit))
	s.append(atHeir, heir.Message(s.talk, 10))
	answered(t, s.FilesOf(atHeir, s.talk.ID), http.StatusOK, 0, "GET", "/v1/files/"+id, nil)
}

// removed demands that what a member gets ends with a commit, whatever is said
// after it, and that it may do nothing any more.
func (s *scene) removed(at *relaytest.Client, who *relaytest.Person, commit uint64) {
	s.t.Helper()
	s.append(s.atAgent, s.agent.Message(s.talk, 10))
	if err := s.atAgent.SendRaw(s.ctx, relay.EncodeFrame(0, relay.SendPassing{Conversation: s.talk.ID, Entry: s.agent.Passing(s.talk)})); err != nil {
		s.t.Fatal(err)
	}
	ask[relay.List](s.t, s.atAgent, relay.ListConversations{}) // the relay has done it
	if head := s.subscribe(at, 0); head != commit {
		s.t.Errorf("head %d, want the commit, %d", head, commit)
	}
	s.append(s.atAgent, s.agent.Message(s.talk, 10))
	refused(s.t, at, relay.Ticket{Conversation: s.talk.ID}, wire.NotMember)
	refused(s.t, at, s.entry(who.Message(s.talk, 10)), wire.NotMember)
	refused(s.t, at, relay.SendPassing{Conversation: s.talk.ID, Entry: who.Passing(s.talk)}, wire.NotMember)
	if list := ask[relay.List](s.t, at, relay.ListConversations{}); len(list.Conversations) != 0 {
		s.t.Error("the conversation is still listed")
	}
	last := uint64(0)
	for _, body := range at.Pushed() {
		switch b := body.(type) {
		case relay.Entry:
			last = b.Sequence
		case relay.Passing:
			s.t.Error("a passing message came")
		}
	}
	if last != commit {
		s.t.Errorf("the last entry is %d, want the commit, %d", last, commit)
	}
}

// The rules may have grown since a request was stored. What every end ignores
// does not keep the relay from its conversation.
func TestStoredRequestThatIsNotValidTodayIsPassedOver(t *testing.T) {
	s := play(t, nil)
	join := s.customer.Join(s.talk)
	s.commit(s.customer, s.atCustomer, relaytest.Change{}) // so that it names a leaf that is gone
	tenant := wire.TenantID(s.Org.RootKey())
	head := s.talk.Chain.Head()
	request := entrylog.AppendRequest{Conversation: append(tenant[:], s.talk.ID[:]...), ID: wire.EntryID(join), Entry: join, Commit: true, Expect: head, Next: head}
	if _, _, err := s.Log.Append(s.ctx, request); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	s.atCustomer, s.atAgent = s.Connect(s.customer), s.Connect(s.agent)
	s.commit(s.agent, s.atAgent, relaytest.Change{})
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	if got := s.subscribe(s.atAgent, 0); got != 5 {
		t.Errorf("head %d, want 5", got)
	}
}
