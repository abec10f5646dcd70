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

func TestPassingReachesOtherMembersOnly(t *testing.T) {
	s := play(t, nil)
	second := s.Connect(s.customer) // another connection of the same end
	for _, at := range []*relaytest.Client{s.atCustomer, s.atAgent, second} {
		s.subscribe(at, 1)
	}
	atBea := s.Connect(s.Agent("Bea"))
	typing := s.customer.Passing(s.talk)
	if _, err := s.atCustomer.Send(s.ctx, relay.SendPassing{Conversation: s.talk.ID, Entry: typing}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []*relaytest.Client{s.atAgent, second} {
		if got := next[relay.Passing](t, at); got.Conversation != s.talk.ID || !bytes.Equal(got.Entry, typing) {
			t.Error("another message than was passed on")
		}
	}
	for _, at := range []*relaytest.Client{s.atCustomer, atBea} {
		ask[relay.List](t, at, relay.ListConversations{})
		for _, body := range at.Pushed() {
			if _, ok := body.(relay.Passing); ok {
				t.Error("its sender, or one who is no member, got it")
			}
		}
	}
	if head := s.subscribe(s.atCustomer, 1); head != 1 {
		t.Errorf("head %d: it was stored", head)
	}
	for name, entry := range map[string][]byte{
		"a stored message": s.customer.Message(s.talk, 10),
		"a commit":         s.customer.Commit(s.talk, s.Org.Manifest, relaytest.Change{}),
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, s.atCustomer, relay.SendPassing{Conversation: s.talk.ID, Entry: entry}, wire.BadArgument)
		})
	}
	t.Run("another's", func(t *testing.T) {
		refused(t, s.atAgent, relay.SendPassing{Conversation: s.talk.ID, Entry: s.customer.Passing(s.talk)}, wire.NotMember)
	})
	s.commit(s.agent, s.atAgent, relaytest.Change{})
	t.Run("of an epoch that is over", func(t *testing.T) {
		refused(t, s.atCustomer, relay.SendPassing{Conversation: s.talk.ID, Entry: typing}, wire.StaleEpoch)
	})
}

func TestNewMembersAreToldOfTheConversation(t *testing.T) {
	s := play(t, nil)
	if got := next[relay.List](t, s.atAgent).Conversations; len(got) != 1 || got[0] != (relay.ListItem{Conversation: s.talk.ID, Sequence: 1}) {
		t.Errorf("the agent was told of %v", got)
	}
	bea := s.Agent("Bea")
	atBea := s.Connect(bea)
	s.commit(s.agent, s.atAgent, relaytest.Change{Adds: []*wire.KeyPackage{bea.KeyPackage(time.Now().Add(time.Hour), false)}})
	if got := next[relay.List](t, atBea).Conversations; len(got) != 1 || got[0].Sequence != 2 {
		t.Errorf("the second agent was told of %v", got)
	}
	s.commit(s.customer, s.atCustomer, relaytest.Change{}) // adds nobody
	for name, at := range map[string]*relaytest.Client{"customer": s.atCustomer, "agent": s.atAgent, "second agent": atBea} {
		if got := ask[relay.List](t, at, relay.ListConversations{}).Conversations; len(got) != 1 || got[0].Sequence != 3 {
			t.Errorf("%s asks and gets %v", name, got)
		}
		for _, body := range at.Pushed() {
			if list, ok := body.(relay.List); ok {
				t.Errorf("%s was told once more: %v", name, list)
			}
		}
	}
}

func TestCustomersHearOfAgents(t *testing.T) {
	r := relaytest.Start(t, nil)
	customer := r.Connect(relaytest.NewPerson(wire.Customer))
	want := func(agents bool) {
		t.Helper()
		if got := next[relay.Waiting](t, customer); got.Agents != agents {
			t.Fatalf("told %v, want %v", got.Agents, agents)
		}
	}
	want(false)
	ana, bea := r.Agent("Ana"), r.Agent("Bea")
	atAna := r.Connect(ana)
	publish(t, atAna, ana, false)
	want(true) // not before there is a key package to take
	atBea := r.Connect(bea)
	publish(t, atBea, bea, true)
	want(true) // somebody who waits for a queue of hers must hear
	atAna.Close()
	atBea.CloseNow()
	want(false)
	r.Connect(ana) // her key package is still there
	want(true)
	late := r.Connect(relaytest.NewPerson(wire.Customer))
	if got := next[relay.Waiting](t, late); !got.Agents {
		t.Error("one who comes later is not told")
	}
	ask[relay.Record](t, customer, relay.TakeKeyPackage{Queue: "default"})
	refused(t, customer, relay.TakeKeyPackage{Queue: "default"}, wire.Unavailable)
	want(false) // nothing is left to take
}

func publish(t *testing.T, at *relaytest.Client, p *relaytest.Person, lastResort bool) (raw []byte, stored uint64) {
	t.Helper()
	kp := p.KeyPackage(time.Now().Add(time.Hour), lastResort)
	return kp.Bytes(), ask[relay.Ack](t, at, relay.PublishKeyPackage{KeyPackage: kp.Bytes()}).Sequence
}

func TestKeyPackagesAreTakenOnceAndTheLastForEver(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.TakeBurst = 1000 })
	ana := r.Agent("Ana")
	atAna := r.Connect(ana)
	const count = 20
	published := make(map[string]int)
	last, stored := publish(t, atAna, ana, true)
	if stored != 0 {
		t.Errorf("%d one-time ones after the last resort, want 0", stored)
	}
	for i := range count {
		raw, stored := publish(t, atAna, ana, false)
		published[string(raw)] = 1
		if stored != uint64(i+1) {
			t.Errorf("%d one-time ones, want %d", stored, i+1)
		}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	lasts := 0
	for range 4 {
		at := r.Connect(relaytest.NewPerson(wire.Customer))
		wg.Go(func() {
			for range count/4 + 1 {
				got, err := at.Ask(relaytest.Context(t), relay.TakeKeyPackage{Queue: "default"})
				if err != nil {
					t.Error(err)
					return
				}
				raw := got.(relay.Record).Value
				mu.Lock()
				if bytes.Equal(raw, last) {
					lasts++
				} else {
					published[string(raw)]--
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if lasts != 4 {
		t.Errorf("the last resort was taken %d times, want 4: once the others are gone", lasts)
	}
	for _, left := range published {
		if left != 0 {
			t.Errorf("a key package was taken %d times", 1-left)
		}
	}
}

func TestTakeIsFromAgentsWhoAreThereInTheQueue(t *testing.T) {
	r := relaytest.Start(t, nil)
	ana := r.Agent("Ana")
	atAna := r.Connect(ana)
	publish(t, atAna, ana, true)
	customer := r.Connect(relaytest.NewPerson(wire.Customer))
	ask[relay.Record](t, customer, relay.TakeKeyPackage{Queue: "default"})
	for _, queue := range []string{"", "sales", "Default", "default "} {
		refused(t, customer, relay.TakeKeyPackage{Queue: queue}, wire.Unavailable)
	}
	next[relay.Waiting](t, customer)
	atAna.CloseNow()
	for next[relay.Waiting](t, customer).Agents {
	}
	_, err := customer.Ask(relaytest.Context(t), relay.TakeKeyPackage{Queue: "default"})
	if !errors.Is(err, wire.Unavailable) && !errors.Is(err, wire.RateLimited) {
		t.Errorf("of an agent who has gone: %v", err)
	}
}

func TestTakesAreRateLimited(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.TakeBurst, c.Limits.TakeInterval = 2, time.Hour })
	ana := r.Agent("Ana")
	publish(t, r.Connect(ana), ana, true)
	customer := r.Connect(relaytest.NewPerson(wire.Customer))
	for range 2 {
		ask[relay.Record](t, customer, relay.TakeKeyPackage{Queue: "default"})
	}
	refused(t, customer, relay.TakeKeyPackage{Queue: "default"}, wire.RateLimited)
}

func TestPublishRefusals(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.KeyPackages = 2 })
	ana, bea := r.Agent("Ana"), r.Agent("Bea")
	at := r.Connect(ana)
	soon := time.Now().Add(time.Hour)
	bare := *ana
	bare.Credential = nil
	flipped := bytes.Clone(ana.KeyPackage(soon, false).Bytes())
	flipped[len(flipped)-1] ^= 1
	for _, tc := range []struct {
		name string
		raw  []byte
		want wire.Code
	}{
		{"of another agent", bea.KeyPackage(soon, false).Bytes(), wire.BadCredential},
		{"for a place in a log", ana.Place(soon).Bytes(), wire.BadArgument},
		{"without a credential", bare.KeyPackage(soon, false).Bytes(), wire.BadCredential},
		{"expired", ana.KeyPackage(time.Now().Add(-time.Second), false).Bytes(), wire.Expired},
		{"expires in a year", ana.KeyPackage(time.Now().Add(365*24*time.Hour), false).Bytes(), wire.BadArgument},
		{"flipped signature", flipped, wire.BadCredential},
		{"empty", nil, wire.BadArgument},
		{"trailing byte", append(ana.KeyPackage(soon, false).Bytes(), 0), wire.BadArgument},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refused(t, at, relay.PublishKeyPackage{KeyPackage: tc.raw}, tc.want)
		})
	}
	t.Run("P09 credential of another root", func(t *testing.T) {
		other := relaytest.Start(t, nil)
		forged := *ana
		forged.Credential = other.Employ(ana.Identity())
		refused(t, at, relay.PublishKeyPackage{KeyPackage: forged.KeyPackage(soon, false).Bytes()}, wire.BadCredential)
	})
	t.Run("one too many", func(t *testing.T) {
		for range 2 {
			publish(t, at, ana, false)
		}
		refused(t, at, relay.PublishKeyPackage{KeyPackage: ana.KeyPackage(soon, false).Bytes()}, wire.RateLimited)
		publish(t, at, ana, true) // one of last resort is not counted
		publish(t, at, ana, true)
	})
}

func TestManifestsAreServedByHashAndNeverFall(t *testing.T) {
	r := relaytest.Start(t, nil)
	first := r.Org.Manifest
	at := r.Connect(relaytest.NewPerson(wire.Customer))
	raw, err := r.Org.Renew(orgOptions())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetManifest(relaytest.Context(t), r.Tenant(), raw); err != nil {
		t.Fatal(err)
	}
	if err := r.SetManifest(relaytest.Context(t), r.Tenant(), first.Bytes()); !errors.Is(err, relay.ErrRolledBack) {
		t.Errorf("an older manifest: %v, want ErrRolledBack", err)
	}
	check := func(at *relaytest.Client) {
		t.Helper()
		for _, m := range []*wire.Manifest{first, r.Org.Manifest} {
			if got := ask[relay.Record](t, at, relay.FetchManifest{Hash: m.Hash()}); !bytes.Equal(got.Value, m.Bytes()) {
				t.Error("another manifest than was asked for")
			}
		}
		refused(t, at, relay.FetchManifest{Hash: wire.Hash{1}}, wire.Unavailable)
	}
	check(at)
	if c := r.Connect(relaytest.NewPerson(wire.Customer)); !bytes.Equal(c.Manifest, raw) {
		t.Error("the newest is not the one served")
	}
	r.Restart()
	c := r.Connect(relaytest.NewPerson(wire.Customer))
	if !bytes.Equal(c.Manifest, raw) {
		t.Error("after a restart the newest is not the one served")
	}
	check(c)
}
