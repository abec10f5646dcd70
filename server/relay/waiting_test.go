package relay_test

import (
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// One customer, with however many identities, has so many conversations wait and
// no more: until somebody attends to one, it is closed, or a day is over.
func TestConversationsThatWaitAreBounded(t *testing.T) {
	now := &clock{now: time.Now()}
	r := relaytest.Start(t, func(c *relay.Config) {
		c.Now, c.Limits.Waiting, c.Limits.GenesisBurst = now.Now, 3, 100
	})
	inbox, ana := r.Inbox("default"), r.Agent("Ana")
	atInbox := r.Connect(inbox)
	raw, _ := publish(t, atInbox, inbox, true)
	kp, err := wire.DecodeKeyPackage(raw)
	if err != nil {
		t.Fatal(err)
	}
	as := func(subject string) (*relaytest.Person, *relaytest.Client) {
		p := relaytest.NewPerson(wire.Customer)
		o := r.Options(p)
		o.Proof = r.TokenOf(subject, p, now.Now())
		return p, r.ConnectWith(o)
	}
	// begins has a customer begin one, with these, and says how to go on with it.
	begins := func(p *relaytest.Person, at *relaytest.Client, others ...*wire.KeyPackage) *scene {
		s := &scene{Relay: r, t: t, ctx: relaytest.Context(t), customer: p, atCustomer: at, talk: relaytest.NewTalk(r.Org.Manifest)}
		s.genesis = p.Genesis(s.talk, r.Org.Manifest, "default", others...)
		return s
	}
	begun := func(s *scene) *scene {
		s.append(s.atCustomer, s.genesis)
		s.talk.Apply(s.genesis)
		return s
	}
	one, atOne := as("carla")
	two, atTwo := as("carla")
	first := begun(begins(one, atOne, kp))
	second := begun(begins(two, atTwo, kp))
	third := begun(begins(one, atOne, kp))
	full := func() {
		t.Helper()
		again := begins(two, atTwo, kp)
		refused(t, atTwo, again.entry(again.genesis), wire.RateLimited)
	}
	full()
	if ack := ask[relay.Ack](t, atOne, first.entry(first.genesis)); !ack.Duplicate {
		t.Error("a repeat was stored again")
	}
	begun(begins(two, atTwo, ana.KeyPackage(now.Now().Add(time.Hour), false))) // which does not wait
	other, atOther := as("dora")
	begun(begins(other, atOther, kp))

	// Without its inbox, and with it again, it waits as before.
	first.commit(one, atOne, relaytest.Change{Removes: []wire.ID{inbox.ID()}, Adds: []*wire.KeyPackage{r.Inbox("default").KeyPackage(now.Now().Add(time.Hour), true)}})
	full()
	// Attended to, and parked: it counts no more.
	second.commit(inbox, atInbox, relaytest.Change{Adds: []*wire.KeyPackage{ana.KeyPackage(now.Now().Add(time.Hour), false)}})
	second.commit(two, atTwo, relaytest.Change{Removes: []wire.ID{ana.ID()}})
	begun(begins(two, atTwo, kp))
	full()
	third.commit(one, atOne, relaytest.Change{Marks: wire.MarkClose})
	begun(begins(one, atOne, kp))
	full()

	atOne.Close()
	atTwo.Close()
	one, atOne = as("carla")
	again := begins(one, atOne, kp)
	refused(t, atOne, again.entry(again.genesis), wire.RateLimited) // to come back changes nothing
	now.Set(now.Now().Add(24 * time.Hour))
	relay.SweepWaiting(r.Server)
	one, atOne = as("carla")
	begun(begins(one, atOne, kp))
}
