package relay_test

import (
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// readsToRemoval demands that who was removed gets the log up to the commit that
// did it, wherever it begins, and nothing later, whatever is said meanwhile.
func (s *scene) readsToRemoval(at *relaytest.Client, removal uint64) {
	s.t.Helper()
	at.Pushed()
	for _, after := range []uint64{0, removal - 1, removal} {
		if head := s.subscribe(at, after); head != removal {
			s.t.Fatalf("after %d: head %d, want the commit, %d", after, head, removal)
		}
		s.append(s.atAgent, s.agent.Message(s.talk, 10))
		s.entries(at, after, int(removal-after))
	}
	refused(s.t, at, relay.Subscribe{Conversation: s.talk.ID, After: removal + 1}, wire.RolledBack)
	s.append(s.atAgent, s.agent.Message(s.talk, 10))
	ask[relay.List](s.t, at, relay.ListConversations{}) // whatever was sent before this answer is here now
	for _, body := range at.Pushed() {
		if e, ok := body.(relay.Entry); ok {
			s.t.Errorf("entry %d came, the last is %d", e.Sequence, removal)
		}
	}
}

// Who was away when it was removed reads how that came, also from a relay that
// has been restarted since, and hears of nothing after it.
func TestRemovedMembersReadUpToTheirRemoval(t *testing.T) {
	s := play(t, nil)
	bea := s.Agent("Bea")
	atBea := s.Connect(bea)
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{bea.KeyPackage(time.Now().Add(time.Hour), false)}})
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	s.commit(bea, atBea, relaytest.Change{Marks: wire.MarkLeave}) // and its page is gone
	atBea.CloseNow()
	removal := s.commit(s.customer, s.atCustomer, relaytest.Change{Removes: []wire.ID{bea.ID()}})
	s.append(s.atAgent, s.agent.Message(s.talk, 10))
	s.readsToRemoval(s.Connect(bea), removal)

	s.Restart()
	s.atCustomer, s.atAgent, atBea = s.Connect(s.customer), s.Connect(s.agent), s.Connect(bea)
	s.readsToRemoval(atBea, removal)
	s.removed(atBea, bea, removal)
	refused(t, s.Connect(s.Agent("Cem")), relay.Subscribe{Conversation: s.talk.ID}, wire.NotMember)

	// Added again it reads all; removed again, up to the newer commit.
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{bea.KeyPackage(time.Now().Add(time.Hour), false)}})
	if head := s.subscribe(atBea, removal); head <= removal {
		t.Errorf("head %d after it was added again", head)
	}
	removal = s.commit(s.agent, s.atAgent, relaytest.Change{Removes: []wire.ID{bea.ID()}})
	atBea = s.Connect(bea)
	s.readsToRemoval(atBea, removal)
}

// What ended at a removal does not go on by itself when its member is added again.
func TestReadingToARemovalFollowsNothing(t *testing.T) {
	s := play(t, nil)
	bea := s.Agent("Bea")
	add := func() {
		s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{bea.KeyPackage(time.Now().Add(time.Hour), false)}})
	}
	add()
	removal := s.commit(s.agent, s.atAgent, relaytest.Change{Removes: []wire.ID{bea.ID()}})
	atBea := s.Connect(bea)
	s.subscribe(atBea, 0)
	s.entries(atBea, 0, int(removal))
	if n := relay.FollowersOf(s.Server, s.Tenant(), s.talk.ID); n != 0 {
		t.Errorf("%d follow", n)
	}
	add()
	s.append(s.atAgent, s.agent.Message(s.talk, 10))
	ask[relay.List](t, atBea, relay.ListConversations{})
	for _, body := range atBea.Pushed() {
		if e, ok := body.(relay.Entry); ok {
			t.Errorf("entry %d came without asking", e.Sequence)
		}
	}
}
