package relay_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func take(t *testing.T, at *relaytest.Client, f relay.TakeKeyPackage) []byte {
	t.Helper()
	return ask[relay.Record](t, at, f).Value
}

// A queue's inbox is added at any hour: its key package is given before an
// agent's, again and again, also when neither authority nor any agent is there,
// and after a restart.
func TestInboxIsGivenFirstAndAtAnyHour(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.TakeBurst = 100 })
	night := r.Connect(relaytest.NewPerson(wire.Customer))
	if next[relay.Waiting](t, night).Agents {
		t.Error("somebody can be taken before anything was published")
	}
	inbox := r.Inbox("default")
	atInbox := r.Connect(inbox)
	want, _ := publish(t, atInbox, inbox, true)
	if !next[relay.Waiting](t, night).Agents {
		t.Error("told that nobody can be taken once the inbox has published")
	}
	atInbox.Close()
	for range 2 {
		if got := take(t, night, relay.TakeKeyPackage{Queue: "default"}); !bytes.Equal(got, want) {
			t.Error("another key package than the inbox's")
		}
	}
	ana := r.Agent("Ana")
	atAna := r.Connect(ana)
	publish(t, atAna, ana, false)
	publish(t, atAna, ana, true)
	next[relay.Waiting](t, night)
	if got := take(t, night, relay.TakeKeyPackage{Queue: "default"}); !bytes.Equal(got, want) {
		t.Error("an agent's key package, though there is an inbox")
	}
	atAna.Close()
	refused(t, night, relay.TakeKeyPackage{Queue: "sales"}, wire.Unavailable)
	for _, body := range night.Pushed() {
		if w, ok := body.(relay.Waiting); ok && !w.Agents {
			t.Error("told that nobody can be taken when the agent went, though there is an inbox")
		}
	}
	r.Restart()
	again := r.Connect(relaytest.NewPerson(wire.Customer))
	if !next[relay.Waiting](t, again).Agents {
		t.Error("the restart forgot the inbox: nobody can be taken")
	}
	if got := take(t, again, relay.TakeKeyPackage{Queue: "default"}); !bytes.Equal(got, want) {
		t.Error("after the restart another key package than the inbox's")
	}
}

// What an end would refuse is not given: an inbox whose key package has ended, or
// whose issuer is gone. Then an agent's is, as where there never was an inbox.
func TestInboxThatDoesNotStandIsPassedOver(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *relaytest.Relay, *clock){
		"ended": func(_ *testing.T, _ *relaytest.Relay, c *clock) { c.Set(time.Now().Add(2 * time.Hour)) },
		"issuer gone": func(t *testing.T, r *relaytest.Relay, _ *clock) {
			_, issuer, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			raw := withIssuer(t, r, r.Org.Manifest.Sequence+1, issuer.Public().(ed25519.PublicKey))
			if err := r.SetManifest(relaytest.Context(t), r.Tenant(), raw); err != nil {
				t.Fatal(err)
			}
			r.Org.Issuer = issuer
			if r.Org.Manifest, err = wire.DecodeManifest(raw, []wire.Hash{wire.Hash(r.Org.RootKey())}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := &clock{now: time.Now()}
			r := relaytest.Start(t, func(c *relay.Config) { c.Now = at.Now })
			customer := r.Connect(relaytest.NewPerson(wire.Customer))
			inbox := r.Inbox("default")
			publish(t, r.Connect(inbox), inbox, true)
			for !next[relay.Waiting](t, customer).Agents {
			}
			end(t, r, at)
			for next[relay.Waiting](t, customer).Agents { // the sweeper tells
			}
			refused(t, customer, relay.TakeKeyPackage{Queue: "default"}, wire.Unavailable)
			ana := r.Agent("Ana")
			kp := ana.KeyPackage(time.Now().Add(5*time.Hour), false)
			ask[relay.Ack](t, r.Connect(ana), relay.PublishKeyPackage{KeyPackage: kp.Bytes()})
			if got := take(t, customer, relay.TakeKeyPackage{Queue: "default"}); !bytes.Equal(got, kp.Bytes()) {
				t.Error("another key package than the agent's")
			}
		})
	}
}

// An inbox that may hold another queue's conversations is not that queue's inbox
// where there is one of that name, whichever published last.
func TestInboxOfTheQueuesNameComesFirst(t *testing.T) {
	r := relaytest.Start(t, nil)
	inbox, other := r.Inbox("default"), r.Inbox("sales", "default")
	publish(t, r.Connect(other), other, true)
	customer := r.Connect(relaytest.NewPerson(wire.Customer))
	take(t, customer, relay.TakeKeyPackage{Queue: "default"})
	want, _ := publish(t, r.Connect(inbox), inbox, true)
	publish(t, r.Connect(other), other, true)
	if got := take(t, customer, relay.TakeKeyPackage{Queue: "default"}); !bytes.Equal(got, want) {
		t.Error("the key package of another queue's inbox")
	}
}

// The company's side names whom it wants to add, there or away, and gets the
// queue's inbox, but never just anybody's.
func TestColleaguesAreTakenByName(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.TakeBurst, c.Limits.TakeInterval = 6, time.Hour })
	ana, ben, sam, inbox := r.Agent("Ana"), r.Agent("Ben"), r.Supervisor("Sam"), r.Inbox("default")
	atAna := r.Connect(ana)
	of := func(p *relaytest.Person) relay.TakeKeyPackage {
		id := p.ID()
		return relay.TakeKeyPackage{Queue: "default", Member: id[:]}
	}
	refused(t, atAna, of(ben), wire.Unavailable)
	refused(t, atAna, relay.TakeKeyPackage{Queue: "default"}, wire.Unavailable) // not another agent's
	atBen := r.Connect(ben)
	last, _ := publish(t, atBen, ben, true)
	once, _ := publish(t, atBen, ben, false)
	atBen.Close()
	if got := take(t, atAna, of(ben)); !bytes.Equal(got, once) {
		t.Error("not the one-time key package of a colleague who is away")
	}
	if got := take(t, atAna, of(ben)); !bytes.Equal(got, last) {
		t.Error("not the one of last resort, after the others")
	}
	supervisors, _ := publish(t, r.Connect(sam), sam, false)
	if got := take(t, atAna, of(sam)); !bytes.Equal(got, supervisors) {
		t.Error("not the supervisor's")
	}
	atInbox := r.Connect(inbox)
	inboxes, _ := publish(t, atInbox, inbox, true)
	if got := take(t, atAna, relay.TakeKeyPackage{Queue: "default"}); !bytes.Equal(got, inboxes) {
		t.Error("not the inbox's")
	}
	refused(t, atAna, of(ben), wire.RateLimited) // they are others' supply
	take(t, atInbox, of(ben))
	refused(t, r.Connect(relaytest.NewPerson(wire.Customer)), of(ben), wire.NotMember)
}

// The inbox is a member like any other: two conversations begin with its one key
// package, it hears of both, reads and appends, and it adds and leaves.
func TestInboxWorksAsAMember(t *testing.T) {
	r := relaytest.Start(t, nil)
	inbox := r.Inbox("default")
	at := r.Connect(inbox)
	raw, _ := publish(t, at, inbox, true)
	kp, err := wire.DecodeKeyPackage(raw)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s := &scene{Relay: r, t: t, ctx: relaytest.Context(t), customer: relaytest.NewPerson(wire.Customer), agent: r.Agent("Ana"), talk: relaytest.NewTalk(r.Org.Manifest)}
		s.atCustomer, s.atAgent = r.Connect(s.customer), r.Connect(s.agent)
		s.genesis = s.customer.Genesis(s.talk, r.Org.Manifest, "default", kp)
		s.append(s.atCustomer, s.genesis)
		s.talk.Apply(s.genesis)
		if list := next[relay.List](t, at).Conversations; len(list) != 1 || list[0].Conversation != s.talk.ID {
			t.Fatalf("the inbox was told of %v", list)
		}
		s.subscribe(at, 0)
		s.entries(at, 0, 1)
		s.commit(inbox, at, relaytest.Change{}) // a fresh leaf
		s.append(s.atCustomer, s.customer.Message(s.talk, 10))
		s.entries(at, 1, 2)
		s.commit(inbox, at, relaytest.Change{Marks: wire.MarkLeave, Adds: []*wire.KeyPackage{s.agent.KeyPackage(time.Now().Add(time.Hour), false)}})
		removal := s.commit(s.agent, s.atAgent, relaytest.Change{Removes: []wire.ID{inbox.ID()}})
		s.entries(at, 3, 2)
		if head := s.subscribe(at, removal); head != removal {
			t.Errorf("head %d, want that of its removal, %d", head, removal)
		}
		// And a customer brings it back with the same one.
		s.commit(s.customer, s.atCustomer, relaytest.Change{Adds: []*wire.KeyPackage{kp}})
		next[relay.List](t, at)
		ask[relay.Ack](t, at, relay.Unsubscribe{Conversation: s.talk.ID})
	}
	genesis := inbox.Genesis(relaytest.NewTalk(r.Org.Manifest), r.Org.Manifest, "default", r.Agent("Ben").KeyPackage(time.Now().Add(time.Hour), false))
	e, err := wire.DecodeEntry(genesis)
	if err != nil {
		t.Fatal(err)
	}
	_, err = at.Ask(relaytest.Context(t), relay.Append{Conversation: e.Conversation(), Entry: genesis})
	if !errors.Is(err, wire.NotMember) {
		t.Errorf("an inbox begins a conversation: %v, want not a member", err)
	}
}
