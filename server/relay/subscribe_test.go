package relay_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestSubscribeIsForMembers(t *testing.T) {
	s := play(t, nil)
	for name, at := range map[string]*relaytest.Client{
		"A01 another customer": s.Connect(relaytest.NewPerson(wire.Customer)),
		"A01 another agent":    s.Connect(s.Agent("Bea")),
		"A01 a supervisor":     s.Connect(s.Supervisor("Sam")),
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, at, relay.Subscribe{Conversation: s.talk.ID}, wire.NotMember)
			if list := ask[relay.List](t, at, relay.ListConversations{}); len(list.Conversations) != 0 {
				t.Error("is told of the conversation")
			}
		})
	}
	t.Run("of a conversation that is not there", func(t *testing.T) {
		refused(t, s.atCustomer, relay.Subscribe{Conversation: wire.ID{1}}, wire.NotMember)
	})
	t.Run("beyond the head: this log has lost something", func(t *testing.T) {
		refused(t, s.atCustomer, relay.Subscribe{Conversation: s.talk.ID, After: 2}, wire.RolledBack)
		refused(t, s.atCustomer, relay.Subscribe{Conversation: s.talk.ID, After: 1<<64 - 1}, wire.RolledBack)
		if head := s.subscribe(s.atCustomer, 1); head != 1 {
			t.Errorf("head %d at the head, want 1", head)
		}
	})
}

// Ends subscribe again and again from every cursor while both of them write:
// each subscription gives every entry after its cursor once and in order.
func TestSubscriptionHasNoGapAndNoRepeat(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 1e6, 1e6 })
	const each = 60
	var wg sync.WaitGroup
	for _, w := range []struct {
		by *relaytest.Person
		at *relaytest.Client
	}{{s.customer, s.Connect(s.customer)}, {s.agent, s.Connect(s.agent)}} {
		wg.Go(func() {
			for range each {
				if _, err := w.at.Ask(s.ctx, relay.Append{Conversation: s.talk.ID, Entry: w.by.Message(s.talk, 1000)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	const total = 1 + 2*each
	for _, reader := range []*relaytest.Client{s.atCustomer, s.atAgent} {
		wg.Go(func() {
			for after := uint64(0); after < total; {
				if _, err := reader.Ask(s.ctx, relay.Subscribe{Conversation: s.talk.ID, After: after}); err != nil {
					t.Error(err)
					return
				}
				// Some, and then again from there; what is still on its way of the
				// old subscription comes before the acknowledgement of the new one.
				for range 7 {
					e, err := relaytest.Next[relay.Entry](s.ctx, reader)
					if err != nil {
						t.Error(err)
						return
					}
					if e.Sequence <= after {
						continue
					}
					if e.Sequence != after+1 {
						t.Errorf("entry %d after %d", e.Sequence, after)
						return
					}
					if after++; after == total {
						break
					}
				}
			}
		})
	}
	wg.Wait()
}

// One subscription, from before the first message to after the last.
func TestSubscriptionStaysInOrderUnderLoad(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 1e6, 1e6 })
	writers := []*relaytest.Client{s.Connect(s.customer), s.Connect(s.agent)}
	persons := []*relaytest.Person{s.customer, s.agent}
	const each = 100
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range each {
				if _, err := writers[i].Ask(s.ctx, relay.Append{Conversation: s.talk.ID, Entry: persons[i].Message(s.talk, 10)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	s.subscribe(s.atCustomer, 0)
	s.entries(s.atCustomer, 0, 1+2*each)
	wg.Wait()
	for _, body := range s.atCustomer.Pushed() {
		if e, ok := body.(relay.Entry); ok {
			t.Errorf("entry %d came once more", e.Sequence)
		}
	}
}

// A long history is more than the queue of a connection holds, and no reason
// to cut whoever reads it.
func TestLongHistoryIsReadToTheEnd(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 1e6, 1e6 })
	const count = 60
	for range count {
		s.append(s.atCustomer, s.customer.Message(s.talk, 30_000))
	}
	at := s.Connect(s.agent)
	s.subscribe(at, 0)
	s.entries(at, 0, 1+count)
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	s.entries(at, 1+count, 1)
}

func TestResumeFromCursorAfterRestart(t *testing.T) {
	s := play(t, nil)
	s.subscribe(s.atAgent, 0)
	for range 5 {
		s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	}
	s.entries(s.atAgent, 0, 6)
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	s.Restart()
	at := s.Connect(s.agent)
	if list := ask[relay.List](t, at, relay.ListConversations{}); len(list.Conversations) != 1 || list.Conversations[0] != (relay.ListItem{Conversation: s.talk.ID, Sequence: 7}) {
		t.Errorf("conversations %v", list.Conversations)
	}
	if head := s.subscribe(at, 6); head != 7 {
		t.Errorf("head %d, want 7", head)
	}
	s.entries(at, 6, 1)
	s.append(s.Connect(s.customer), s.customer.Message(s.talk, 10))
	s.entries(at, 7, 1)
}

func TestUnsubscribeEndsDelivery(t *testing.T) {
	s := play(t, nil)
	s.subscribe(s.atAgent, 1)
	ask[relay.Ack](t, s.atAgent, relay.Unsubscribe{Conversation: s.talk.ID})
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	ask[relay.List](t, s.atAgent, relay.ListConversations{}) // whatever was sent before this answer is here now
	for _, body := range s.atAgent.Pushed() {
		if e, ok := body.(relay.Entry); ok {
			t.Errorf("entry %d after unsubscribing", e.Sequence)
		}
	}
	ask[relay.Ack](t, s.atAgent, relay.Unsubscribe{Conversation: wire.ID{9}}) // of none: nothing to end
}

// The removing commit is the last entry that a removed member gets, on every
// connection, also one that is still reading the backlog.
func TestP13_RemovedMemberIsCutAtTheCommit(t *testing.T) {
	s := play(t, nil)
	bea := s.Agent("Bea")
	atBea := s.Connect(bea)
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{bea.KeyPackage(time.Now().Add(time.Hour), false)}})
	s.subscribe(atBea, 0)
	f := s.FilesOf(atBea, s.talk.ID)
	removal := s.commit(s.agent, s.atAgent, relaytest.Change{Removes: []wire.ID{bea.ID()}})
	begin := time.Now()
	answered(t, f, http.StatusForbidden, wire.NotMember, "POST", "/v1/files", nil, "Upload-Length", "10")
	refused(t, atBea, relay.Subscribe{Conversation: s.talk.ID, After: removal + 1}, wire.RolledBack)
	if d := time.Since(begin); d > time.Second {
		t.Errorf("cutting took %v", d)
	}
	s.removed(atBea, bea, removal)
}

func TestSubscriptionsOfOneConnectionAreBounded(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.Subscriptions = 1 })
	s.subscribe(s.atCustomer, 0)
	s.subscribe(s.atCustomer, 0) // the same again is not one more
	second := relaytest.NewTalk(s.Org.Manifest)
	raw := s.customer.Genesis(second, s.Org.Manifest, "default", s.agent.KeyPackage(time.Now().Add(time.Hour), false))
	ask[relay.Ack](t, s.atCustomer, relay.Append{Conversation: second.ID, Entry: raw})
	_, err := s.atCustomer.Ask(s.ctx, relay.Subscribe{Conversation: second.ID})
	if !errors.Is(err, wire.RateLimited) {
		t.Errorf("%v, want rate limited", err)
	}
	ask[relay.Ack](t, s.atCustomer, relay.Unsubscribe{Conversation: s.talk.ID})
	ask[relay.Ack](t, s.atCustomer, relay.Subscribe{Conversation: second.ID})
}
