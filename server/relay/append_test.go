package relay_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestAppendReachesBothInOrder(t *testing.T) {
	s := play(t, nil)
	if head := s.subscribe(s.atCustomer, 0); head != 1 {
		t.Fatalf("head %d after the genesis, want 1", head)
	}
	s.subscribe(s.atAgent, 0)
	hello, answer := s.customer.Message(s.talk, 100), s.agent.Message(s.talk, 30_000)
	if n := s.append(s.atCustomer, hello); n != 2 {
		t.Errorf("sequence %d, want 2", n)
	}
	s.append(s.atAgent, answer)
	for _, at := range []*relaytest.Client{s.atCustomer, s.atAgent} {
		got := s.entries(at, 0, 3)
		for i, want := range [][]byte{s.genesis, hello, answer} {
			if !bytes.Equal(got[i].Entry, want) {
				t.Errorf("entry %d is not the one that was appended", i+1)
			}
		}
	}
}

// A repeat gets the first sequence and is not stored again: at once, later
// when its epoch is gone, and after the relay was restarted.
func TestC10_RepeatedEntryIsStoredOnce(t *testing.T) {
	s := play(t, nil)
	message := s.customer.Message(s.talk, 100)
	if n := s.append(s.atCustomer, message); n != 2 {
		t.Fatalf("sequence %d, want 2", n)
	}
	repeat := func(at *relaytest.Client, entry []byte, want uint64) {
		t.Helper()
		ack := ask[relay.Ack](t, at, relay.Append{Conversation: s.talk.ID, Entry: entry})
		if !ack.Duplicate || ack.Sequence != want {
			t.Errorf("got sequence %d, duplicate %v; want %d, true", ack.Sequence, ack.Duplicate, want)
		}
	}
	repeat(s.atCustomer, message, 2)
	repeat(s.atCustomer, s.genesis, 1)
	s.commit(s.agent, s.atAgent, relaytest.Change{})
	repeat(s.atCustomer, message, 2) // of an epoch that is over
	repeat(s.atCustomer, s.genesis, 1)
	s.Restart()
	again := s.Connect(s.customer)
	repeat(again, message, 2)
	if head := s.subscribe(again, 0); head != 3 {
		t.Errorf("head %d, want 3", head)
	}
}

func TestP07_AppendRefusals(t *testing.T) {
	s := play(t, nil)
	stranger := relaytest.NewPerson(wire.Customer)
	atStranger := s.Connect(stranger)
	bea := s.Agent("Bea")
	atBea := s.Connect(bea)
	supervisor := s.Supervisor("Sam")
	atSupervisor := s.Connect(supervisor)
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{supervisor.KeyPackage(time.Now().Add(time.Hour), false)}})
	other := relaytest.NewTalk(s.Org.Manifest)
	old := s.customer.Commit(s.talk, s.Org.Manifest, relaytest.Change{})
	s.commit(s.agent, s.atAgent, relaytest.Change{})
	later := func() *relaytest.Talk { // one epoch ahead of the log
		ahead := &relaytest.Talk{ID: s.talk.ID, Chain: relaytest.NewTalk(s.Org.Manifest).Chain}
		*ahead.Chain = *s.talk.Chain
		ahead.Apply(s.agent.Commit(s.talk, s.Org.Manifest, relaytest.Change{}))
		return ahead
	}()
	forged := s.customer.Commit(s.talk, s.Org.Manifest, relaytest.Change{})
	forged[len(forged)-1] ^= 1
	for _, tc := range []struct {
		name  string
		at    *relaytest.Client
		entry []byte
		want  wire.Code
	}{
		{"forged sender: a message of another member", s.atAgent, s.customer.Message(s.talk, 10), wire.NotMember},
		{"forged sender: a commit of another member", s.atAgent, s.customer.Commit(s.talk, s.Org.Manifest, relaytest.Change{}), wire.NotMember},
		{"message of one who is not in", atStranger, stranger.Message(s.talk, 10), wire.NotMember},
		{"message of one who may not speak", atSupervisor, supervisor.Message(s.talk, 10), wire.NotMember},
		{"commit of one who is not in", atBea, bea.Commit(s.talk, s.Org.Manifest, relaytest.Change{}), wire.NotMember},
		{"message of an epoch to come", s.atCustomer, s.customer.Message(later, 10), wire.StaleEpoch},
		{"commit on an old head", s.atCustomer, old, wire.StaleHead},
		{"commit with a flipped bit of its signature", s.atCustomer, forged, wire.OpenFailed},
		{"a customer adds an agent", s.atCustomer, s.customer.Commit(s.talk, s.Org.Manifest, relaytest.Change{Adds: []*wire.KeyPackage{bea.KeyPackage(time.Now().Add(time.Hour), false)}}), wire.NotMember},
		{"a second genesis", s.atCustomer, s.customer.Genesis(&relaytest.Talk{ID: s.talk.ID, Chain: other.Chain}, s.Org.Manifest, "default", bea.KeyPackage(time.Now().Add(time.Hour), false)), wire.StaleHead},
		{"passing message as stored", s.atCustomer, s.customer.Passing(s.talk), wire.BadArgument},
		{"no entry", s.atCustomer, nil, wire.BadArgument},
		{"entry of another version", s.atCustomer, []byte{2, 2, 0}, wire.UnsupportedVersion},
		{"entry of an unknown kind", s.atCustomer, []byte{1, 9, 0}, wire.UnsupportedVersion},
		{"entry with a byte too many", s.atCustomer, append(s.customer.Message(s.talk, 10), 0), wire.BadArgument},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refused(t, tc.at, relay.Append{Conversation: s.talk.ID, Entry: tc.entry}, tc.want)
		})
	}
	t.Run("genesis of an agent", func(t *testing.T) {
		raw := s.customer.Genesis(other, s.Org.Manifest, "default", bea.KeyPackage(time.Now().Add(time.Hour), false))
		refused(t, s.atAgent, relay.Append{Conversation: other.ID, Entry: raw}, wire.NotMember)
	})
	t.Run("genesis in a queue that is not there", func(t *testing.T) {
		raw := s.customer.Genesis(other, s.Org.Manifest, "nowhere", bea.KeyPackage(time.Now().Add(time.Hour), false))
		refused(t, s.atCustomer, relay.Append{Conversation: other.ID, Entry: raw}, wire.BadCredential)
	})
	t.Run("entry of one conversation in another", func(t *testing.T) {
		refused(t, s.atCustomer, relay.Append{Conversation: other.ID, Entry: s.customer.Message(s.talk, 10)}, wire.BadArgument)
	})
	if head := s.subscribe(s.atCustomer, 0); head != 3 {
		t.Errorf("head %d, want 3: a refused entry was stored", head)
	}
}

// Two commits on one head, made at once: one is stored, the other refused as
// stale, and the log has no trace of it.
func TestP14_OneOfTwoRacingCommitsWins(t *testing.T) {
	s := play(t, nil)
	const rounds = 25
	for range rounds {
		commits := [2][]byte{
			s.customer.Commit(s.talk, s.Org.Manifest, relaytest.Change{}),
			s.agent.Commit(s.talk, s.Org.Manifest, relaytest.Change{}),
		}
		var errs [2]error
		var wg sync.WaitGroup
		for i, at := range []*relaytest.Client{s.atCustomer, s.atAgent} {
			wg.Go(func() { _, errs[i] = at.Ask(s.ctx, relay.Append{Conversation: s.talk.ID, Entry: commits[i]}) })
		}
		wg.Wait()
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		if errs[winner] != nil || !errors.Is(errs[1-winner], wire.StaleHead) {
			t.Fatalf("got %v and %v, want one nil and one stale head", errs[0], errs[1])
		}
		s.talk.Apply(commits[winner])
	}
	if head := s.subscribe(s.atCustomer, 0); head != rounds+1 {
		t.Errorf("head %d, want %d", head, rounds+1)
	}
	// What the log holds is the chain that both followed.
	again := &relaytest.Talk{ID: s.talk.ID, Chain: relaytest.NewTalk(s.Org.Manifest).Chain}
	*again.Chain = *wire.NewChain(s.talk.ID, func(wire.Hash) *wire.Manifest { return s.Org.Manifest })
	for _, e := range s.entries(s.atCustomer, 0, rounds+1) {
		again.Apply(e.Entry)
	}
	if again.Chain.Head() != s.talk.Chain.Head() {
		t.Error("the log leads to another head")
	}
}

// Two relays on one log (an old and a new one, for a moment) still agree:
// the log's compare-and-swap decides, and the loser reads again.
func TestAppendSeesWhatAnotherProcessStored(t *testing.T) {
	s := play(t, nil)
	config := relay.Config{Log: s.Log, Hosts: []string{s.Addr}, Tenants: []relay.Tenant{{
		Roots: [][]byte{s.Org.RootKey()}, Tokens: relaytest.Tokens(t), Origins: []string{relaytest.Origin},
	}}}
	second := relaytest.Serve(t, config)
	o := s.Options(s.agent)
	o.URL, o.Host = second, s.Addr
	atSecond := s.ConnectWith(o)
	s.commit(s.agent, atSecond, relaytest.Change{})
	s.append(s.atCustomer, s.customer.Message(s.talk, 10)) // the first knew the old head
	s.commit(s.customer, s.atCustomer, relaytest.Change{})
	s.append(atSecond, s.agent.Message(s.talk, 10))
}

func TestClosedConversationTakesNothingMore(t *testing.T) {
	s := play(t, nil)
	s.subscribe(s.atAgent, 0)
	stale := s.agent.Message(s.talk, 10)
	s.commit(s.customer, s.atCustomer, relaytest.Change{Marks: wire.MarkClose})
	refused(t, s.atAgent, relay.Append{Conversation: s.talk.ID, Entry: stale}, wire.StaleEpoch)
	s.entries(s.atAgent, 0, 2)
}
