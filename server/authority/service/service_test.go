package service

import (
	"slices"
	"testing"

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
