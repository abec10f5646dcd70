package relay_test

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// newGenesis makes one of a new conversation.
func (s *scene) newGenesis(by *relaytest.Person, kp *wire.KeyPackage) relay.Append {
	talk := relaytest.NewTalk(s.Org.Manifest)
	return relay.Append{Conversation: talk.ID, Entry: by.Genesis(talk, s.Org.Manifest, "default", kp)}
}

func TestA07_OneTimeKeyPackagesBeginOneConversation(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.GenesisBurst = 1000 })
	soon := time.Now().Add(time.Hour)
	once := s.agent.KeyPackage(soon, false)
	first := s.newGenesis(s.customer, once)
	ask[relay.Ack](t, s.atCustomer, first)
	other := relaytest.NewPerson(wire.Customer)
	atOther := s.Connect(other)
	for range 2 {
		refused(t, s.atCustomer, s.newGenesis(s.customer, once), wire.Replayed)
		refused(t, atOther, s.newGenesis(other, once), wire.Replayed)
		if got := ask[relay.Ack](t, s.atCustomer, first); !got.Duplicate || got.Sequence != 1 {
			t.Errorf("the first once more: %+v", got)
		}
		s.Restart()
		s.atCustomer, atOther, s.atAgent = s.Connect(s.customer), s.Connect(other), s.Connect(s.agent)
	}
	if got := ask[relay.List](t, s.atAgent, relay.ListConversations{}).Conversations; len(got) != 2 {
		t.Errorf("the agent is in %d conversations, want 2", len(got))
	}
	t.Run("that a commit has added", func(t *testing.T) {
		bea := s.Agent("Bea")
		added := bea.KeyPackage(soon, false)
		s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{added}})
		refused(t, atOther, s.newGenesis(other, added), wire.Replayed)
	})
	t.Run("of last resort begins many", func(t *testing.T) {
		last := s.agent.KeyPackage(soon, true)
		for range 3 {
			ask[relay.Ack](t, s.atCustomer, s.newGenesis(s.customer, last))
		}
	})
	t.Run("at once", func(t *testing.T) {
		once := s.agent.KeyPackage(soon, false)
		var wg sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			at := s.atCustomer
			by := s.customer
			if i%2 == 1 {
				at, by = atOther, other
			}
			request := s.newGenesis(by, once)
			wg.Go(func() { _, results[i] = at.Ask(s.ctx, request) })
		}
		wg.Wait()
		stored := 0
		for _, err := range results {
			if err == nil {
				stored++
			} else if !errors.Is(err, wire.Replayed) {
				t.Error(err)
			}
		}
		if stored > 1 {
			t.Errorf("%d of them began a conversation", stored)
		}
	})
}

// The bound on conversations is the identity's, whatever connection it has.
func TestA07_GenesesAreRateLimited(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.GenesisBurst, c.Limits.GenesisInterval = 3, time.Hour })
	next := func() relay.Append {
		return s.newGenesis(s.customer, s.agent.KeyPackage(time.Now().Add(time.Hour), false))
	}
	// One was begun by play.
	second := next()
	ask[relay.Ack](t, s.atCustomer, second)
	ask[relay.Ack](t, s.atCustomer, next())
	refused(t, s.atCustomer, next(), wire.RateLimited)
	if got := ask[relay.Ack](t, s.atCustomer, second); !got.Duplicate {
		t.Error("a repeat is new")
	}
	s.atCustomer.Close()
	again := s.Connect(s.customer)
	refused(t, again, next(), wire.RateLimited)
	other := relaytest.NewPerson(wire.Customer)
	ask[relay.Ack](t, s.Connect(other), s.newGenesis(other, s.agent.KeyPackage(time.Now().Add(time.Hour), false)))
}

// A customer who makes new identities is the same to the company, as the subject
// of the tokens says, and the bounds on beginning are the customer's.
func TestA07_NewIdentitiesRefillNothing(t *testing.T) {
	s := play(t, func(c *relay.Config) {
		c.Limits.GenesisBurst, c.Limits.GenesisInterval, c.Limits.TakeBurst, c.Limits.TakeInterval = 2, time.Hour, 1, time.Hour
	})
	publish(t, s.atAgent, s.agent, true)
	as := func(subject string) (*relaytest.Person, *relaytest.Client) {
		p := relaytest.NewPerson(wire.Customer)
		o := s.Options(p)
		o.Proof = s.TokenOf(subject, p, time.Now())
		return p, s.ConnectWith(o)
	}
	begin := func(p *relaytest.Person) relay.Append {
		return s.newGenesis(p, s.agent.KeyPackage(time.Now().Add(time.Hour), false))
	}
	one, atOne := as("carla")
	two, atTwo := as("carla")
	ask[relay.Ack](t, atOne, begin(one))
	ask[relay.Record](t, atOne, relay.TakeKeyPackage{Queue: "default"})
	refused(t, atTwo, relay.TakeKeyPackage{Queue: "default"}, wire.RateLimited)
	ask[relay.Ack](t, atTwo, begin(two))
	refused(t, atTwo, begin(two), wire.RateLimited)
	atOne.Close()
	atTwo.Close()
	three, atThree := as("carla")
	refused(t, atThree, begin(three), wire.RateLimited)
	refused(t, atThree, relay.TakeKeyPackage{Queue: "default"}, wire.RateLimited)
	other, atOther := as("dora")
	ask[relay.Ack](t, atOther, begin(other))
	ask[relay.Record](t, atOther, relay.TakeKeyPackage{Queue: "default"})
}

func TestA07_ComingBackRefillsNothing(t *testing.T) {
	s := play(t, func(c *relay.Config) {
		c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 0.001, 2
		c.Limits.TakeBurst, c.Limits.TakeInterval = 1, time.Hour
	})
	publish(t, s.atAgent, s.agent, true)
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	ask[relay.Record](t, s.atCustomer, relay.TakeKeyPackage{Queue: "default"})
	s.atCustomer.Close()
	for range 2 { // one after the other, and both at once
		at := s.Connect(s.customer)
		refused(t, at, relay.Append{Conversation: s.talk.ID, Entry: s.customer.Message(s.talk, 10)}, wire.RateLimited)
		refused(t, at, relay.TakeKeyPackage{Queue: "default"}, wire.RateLimited)
	}
}

// What one may do is known while there is a connection or something of it is used
// up, and then forgotten.
func TestA07_AllowancesAreKeptWhileTheyMatter(t *testing.T) {
	s := play(t, func(c *relay.Config) {
		c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 0.001, 3
		c.Limits.GenesisInterval, c.Limits.TakeInterval = time.Hour, time.Hour
	})
	idle := relaytest.NewPerson(wire.Customer)
	atIdle := s.Connect(idle)
	known := func(identities, customers int) bool {
		i, c := relay.AllowancesOf(s.Server)
		return i == identities && c == customers
	}
	until := func(what string, done func() bool) {
		t.Helper()
		for ctx := relaytest.Context(t); !done(); {
			if ctx.Err() != nil {
				t.Fatal(what)
			}
			runtime.Gosched()
		}
	}
	if !known(3, 2) { // the agent is no customer
		t.Error("those who are connected are forgotten")
	}
	second := s.Connect(idle) // goes by the same
	s.atCustomer.Close()
	atIdle.Close()
	second.Close()
	until("who has used nothing is not forgotten", func() bool { return known(2, 1) })
	// The customer has begun a conversation: that is remembered.
	again := s.Connect(s.customer)
	s.append(again, s.customer.Message(s.talk, 10))
	s.append(again, s.customer.Message(s.talk, 10))
	refused(t, again, relay.Append{Conversation: s.talk.ID, Entry: s.customer.Message(s.talk, 10)}, wire.RateLimited)
}

// brokenLog stores nothing while it is broken.
type brokenLog struct {
	entrylog.Log
	broken atomic.Bool
}

func (l *brokenLog) Append(ctx context.Context, r entrylog.AppendRequest) (uint64, bool, error) {
	if l.broken.Load() {
		return 0, false, errors.New("the disk is gone")
	}
	return l.Log.Append(ctx, r)
}

// The use of a key package is noted before its commit is stored. If that fails,
// the same commit may come again, and no other.
func TestA07_FailedGenesesMayComeAgain(t *testing.T) {
	log := &brokenLog{}
	s := play(t, func(c *relay.Config) { log.Log = c.Log; c.Log = log })
	once := s.agent.KeyPackage(time.Now().Add(time.Hour), false)
	first, other := s.newGenesis(s.customer, once), s.newGenesis(s.customer, once)
	log.broken.Store(true)
	refused(t, s.atCustomer, first, wire.Unavailable)
	log.broken.Store(false)
	refused(t, s.atCustomer, other, wire.Replayed)
	if got := ask[relay.Ack](t, s.atCustomer, first); got.Sequence != 1 || got.Duplicate {
		t.Errorf("again: %+v", got)
	}
}

// crowdedLog gives more conversations than a frame holds.
type crowdedLog struct{ entrylog.Log }

func (l crowdedLog) Conversations(ctx context.Context, tenant, _ []byte) (all []entrylog.Conversation, err error) {
	for i := range uint64(10_000) {
		key := append(append([]byte(nil), tenant...), make([]byte, 16)...)
		binary.BigEndian.PutUint64(key[24:], i)
		all = append(all, entrylog.Conversation{Key: key, Sequence: i + 1})
	}
	return all, nil
}

func TestCrowdedListsGiveTheNewestFirst(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Log = crowdedLog{c.Log} })
	got := ask[relay.List](t, r.Connect(relaytest.NewPerson(wire.Customer)), relay.ListConversations{}).Conversations
	if len(got) < 5000 || len(got) >= 10_000 {
		t.Fatalf("%d conversations", len(got))
	}
	for i, c := range got {
		if want := uint64(10_000 - i); c.Sequence != want {
			t.Fatalf("at %d conversation %d, want %d", i, c.Sequence, want)
		}
	}
}
