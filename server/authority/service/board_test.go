package service

import (
	"runtime"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestPollWaitsForAChangeAndTellsWhoIsThere(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.worker(wire.Agent, "token of Ana")
	b := o.until(ana, func(b board) bool { return len(b.Agents) == 1 && b.Agents[0].Online })
	type result struct {
		b      board
		status int
	}
	got := make(chan result, 1)
	go func() {
		var r result
		r.status, _ = o.ask("GET", "/v1/authority/queues?after="+jsonNumber(b.Version), ana.ticket, nil, &r.b)
		got <- r
	}()
	select {
	case r := <-got:
		t.Fatalf("answered at once: %d %+v", r.status, r.b)
	case <-time.After(100 * time.Millisecond):
	}
	o.worker(wire.Agent, "token of Ben")
	if r := <-got; r.status != 200 || r.b.Version == b.Version || len(r.b.Agents) != 2 {
		t.Errorf("%d %+v", r.status, r.b)
	}
	// Who stops asking is away after a while.
	o.Service.people.mu.Lock()
	o.Service.people.away = 20 * time.Millisecond
	o.Service.people.mu.Unlock()
	sam := o.worker(wire.Supervisor, "token of Sam")
	o.until(ana, func(b board) bool { return len(b.Agents) == 3 })
	b = o.until(sam, func(b board) bool {
		for _, a := range b.Agents {
			if a.Alias == "Ana" && a.Online || a.Alias == "Sam" && !a.Online {
				return false
			}
		}
		return true
	})
	// And is still known after a restart, as away.
	o.close()
	o.open()
	ticket, code := o.begins(sam.Person)
	if code != 0 {
		t.Fatal(code)
	}
	b = o.until(&worker{sam.Person, ticket}, func(b board) bool { return len(b.Agents) == 3 })
	if b.Agents[0].Alias != "Ana" || b.Agents[0].Online {
		t.Errorf("%+v", b.Agents)
	}
}

// opens has these queues from now on.
func (o *office) opens(queues ...string) {
	o.t.Helper()
	renewed := *o.Org // what the service uses does not change under it
	o.Org = &renewed
	if _, err := o.Org.Renew(authority.Options{Queues: queues}); err != nil {
		o.t.Fatal(err)
	}
	if err := o.Relay.SetManifest(o.t.Context(), o.Tenant(), o.Org.Manifest.Bytes()); err != nil {
		o.t.Fatal(err)
	}
	if err := o.Service.SetOrg(o.t.Context(), o.Org); err != nil {
		o.t.Fatal(err)
	}
}

func TestOnlyOwnQueuesAreTold(t *testing.T) {
	o := newOffice(t, nil)
	o.opens("default", "sales")
	ana, eve := o.worker(wire.Agent, "token of Ana"), o.worker(wire.Agent, "token of Eve") // Eve: sales alone
	c := authoritytest.Customer(t, o.Relay)
	c.Connect()
	k := c.Begin("default")
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	o.until(ana, func(b board) bool { return len(b.Waiting) == 1 })
	b := o.until(eve, func(board) bool { return true })
	if len(b.Waiting) != 0 {
		t.Errorf("Eve sees %+v", b.Waiting)
	}
	for _, a := range b.Agents {
		for _, q := range a.Queues {
			if q != "sales" {
				t.Errorf("Eve sees that %s holds %s", a.Alias, q)
			}
		}
	}
	if status, code, _ := o.claims(eve, hexOf(k.ID()), eve.Offer()); status != 404 || code != wire.Unavailable {
		t.Errorf("Eve claims what is not hers to see: %d %v", status, code)
	}
	sam := o.worker(wire.Supervisor, "token of Sam")
	if status, code, _ := o.claims(sam, hexOf(k.ID()), sam.Offer()); status != 403 || code != wire.NotMember {
		t.Errorf("a supervisor claims: %d %v", status, code)
	}
	if status, code, _ := o.claims(ana, hexOf(k.ID()), eve.Offer()); status != 400 || code != wire.BadCredential {
		t.Errorf("a claim with another's key package: %d %v", status, code)
	}
}

func TestAnswerNamesTheLongestWaitingAndCountsAll(t *testing.T) {
	o := newOffice(t, nil)
	o.Service.rows = 2
	ana := o.worker(wire.Agent, "token of Ana")
	var first []string
	for range 4 {
		c := authoritytest.Customer(t, o.Relay)
		c.Connect()
		k := c.Begin("default")
		c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
		first = append(first, hexOf(k.ID()))
	}
	for _, proof := range []string{"token of Ben", "token of Sam"} {
		o.worker(map[string]wire.Role{"token of Ben": wire.Agent, "token of Sam": wire.Supervisor}[proof], proof)
	}
	b := o.until(ana, func(b board) bool { return b.Counts["default"].Waiting == 4 && b.Counts["default"].Agents == 3 })
	if len(b.Waiting) != 2 || b.Waiting[0].Conversation != first[0] || b.Waiting[1].Conversation != first[1] {
		t.Errorf("named are %+v, want %q", b.Waiting, first[:2])
	}
	if len(b.Agents) != 2 || b.Agents[0].Alias != "Ana" || !b.Agents[0].Online || len(b.Counts) != 1 {
		t.Errorf("named are %+v of %v", b.Agents, b.Counts)
	}
}

func TestPollOfOneQueueSleepsThroughChangesInAnother(t *testing.T) {
	o := newOffice(t, nil)
	o.opens("default", "sales")
	eve := o.worker(wire.Agent, "token of Eve") // sales alone
	b := o.until(eve, func(b board) bool { return len(b.Agents) == 1 && b.Agents[0].Online })
	got := make(chan board, 1)
	go func() {
		var b2 board
		o.ask("GET", "/v1/authority/queues?after="+jsonNumber(b.Version), eve.ticket, nil, &b2)
		got <- b2
	}()
	before := o.Service.pulse.version([]string{"default"})
	customer := func(queue string) {
		c := authoritytest.Customer(t, o.Relay)
		c.Connect()
		k := c.Begin(queue)
		c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	}
	customer("default")
	for ctx := relaytest.Context(t); o.Service.pulse.version([]string{"default"}) == before; runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatal("the other queue does not change")
		}
	}
	if now := o.Service.pulse.version([]string{"sales"}); now != b.Version {
		t.Errorf("the version of sales is %d, and was %d", now, b.Version)
	}
	select {
	case <-got:
		t.Error("the poll of sales returned for a change in default")
	case <-time.After(3 * settle):
	}
	customer("sales")
	select {
	case b2 := <-got:
		if b2.Version == b.Version {
			t.Errorf("%+v", b2)
		}
	case <-time.After(relaytest.Patience):
		t.Error("the poll of sales does not return for a change there")
	}
}
