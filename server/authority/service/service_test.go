package service

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestLoginQueuesAndClaim(t *testing.T) {
	o := newOffice(t, nil)
	ana, ben := o.worker(wire.Agent, "token of Ana"), o.worker(wire.Agent, "token of Ben")
	c := authoritytest.Customer(t, o.Relay)
	c.Connect()
	k := c.Begin("default")
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	c.Say(k, "is anybody there?")
	id := hexOf(k.ID())
	b := o.until(ana, func(b board) bool { return len(b.Waiting) == 1 && b.Waiting[0].Entries == k.Index() })
	if w := b.Waiting[0]; w.Conversation != id || w.Queue != "default" || w.Parked || w.Since == 0 {
		t.Errorf("waits as %+v", w)
	}
	if len(b.Agents) != 2 || b.Agents[0].Alias != "Ana" || !b.Agents[0].Online || b.Agents[1].Alias != "Ben" || b.Agents[1].Online || b.Agents[0].Role != "agent" {
		t.Errorf("colleagues %+v", b.Agents)
	}
	offer := ana.Offer()
	if status, code, _ := o.claims(ana, id, offer); status != 200 {
		t.Fatalf("claim: %d %v\n%s", status, code, o.log)
	}
	if status, code, _ := o.claims(ana, id, offer); status != 200 {
		t.Errorf("the same claim again: %d %v", status, code)
	}
	if status, code, by := o.claims(ben, id, ben.Offer()); status != 409 || code != wire.BadCommit || by != "Ana" {
		t.Errorf("another's claim: %d %v by %q", status, code, by)
	}
	at := ana.Open(k.ID())
	if !slices.Equal(at.Heard, []string{"is anybody there?"}) {
		t.Errorf("Ana heard %q", at.Heard)
	}
	ana.Say(at, "here I am")
	c.Until(k, "Ana's word comes", func() bool { return slices.Contains(k.Heard, "here I am") })
	o.until(ben, func(b board) bool { return len(b.Waiting) == 0 })
}

func TestFiveClaimsAtOneMomentHaveOneWinner(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Login = anybody{} })
	var all [5]*worker
	var offers [5][]byte
	for i := range all {
		all[i] = o.worker(wire.Agent, string(rune('A'+i)))
		offers[i] = all[i].Offer()
	}
	c := authoritytest.Customer(t, o.Relay)
	c.Connect()
	k := c.Begin("default")
	o.until(all[0], func(b board) bool { return len(b.Waiting) == 1 })
	var statuses [5]int
	var by [5]string
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() { statuses[i], _, by[i] = o.claims(all[i], hexOf(k.ID()), offers[i]) })
	}
	wait.Wait()
	winner := slices.Index(statuses[:], 200)
	for i, status := range statuses {
		if i != winner && (status != 409 || winner < 0 || by[i] != string(rune('A'+winner))) {
			t.Errorf("claim %d: %d by %q; %d won", i, status, by[i], winner)
		}
	}
}

// anybody is who they say.
type anybody struct{}

func (anybody) Login(_ context.Context, proof, _ []byte, _ time.Time) (Person, error) {
	return Person{Account: string(proof), Alias: string(proof), Role: wire.Agent}, nil
}
