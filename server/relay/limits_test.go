package relay_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func orgOptions() authority.Options { return authority.Options{} }

// Some who never read are cut, with a reason; who reads is not held up, gets
// everything, and they can come back to where they were.
func TestA07_SlowReadersAreCutAndOthersAreNot(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 1e6, 1e6 })
	s.subscribe(s.atAgent, 0)
	o := s.Options(s.agent)
	o.Paused = true
	var slow []*relaytest.Client
	for range 2 { // with the agent's own connection three of four that are allowed
		c := s.ConnectWith(o)
		if _, err := c.Send(s.ctx, relay.Subscribe{Conversation: s.talk.ID}); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	// More than all buffers between the relay and them can hold.
	const count, size = 220, 32_000
	for i := range count {
		begin := time.Now()
		s.append(s.atCustomer, s.customer.Message(s.talk, size))
		if d := time.Since(begin); d > 5*time.Second {
			t.Fatalf("append %d took %v: somebody was waited for", i, d)
		}
	}
	s.entries(s.atAgent, 0, 1+count)
	for i, c := range slow {
		c.Resume()
		code, reason := relaytest.RefusalOf(c.Wait())
		if code != 4022 || reason != "slow reader" {
			t.Errorf("slow reader %d: closed with %d %q (%v), want 4022 slow reader", i, code, reason, c.Wait())
		}
	}
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	s.entries(s.atAgent, 1+count, 1)
	back := s.Connect(s.agent)
	s.subscribe(back, count)
	s.entries(back, count, 2)
}

func TestEntryRateHasItsCode(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 0.001, 3 })
	// The genesis was the first of three.
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	s.append(s.atCustomer, s.customer.Message(s.talk, 10))
	late := s.customer.Message(s.talk, 10)
	refused(t, s.atCustomer, relay.Append{Conversation: s.talk.ID, Entry: late}, wire.RateLimited)
	refused(t, s.atCustomer, relay.SendPassing{Conversation: s.talk.ID, Entry: s.customer.Passing(s.talk)}, wire.RateLimited)
	s.append(s.atAgent, s.agent.Message(s.talk, 10)) // each connection has its own
	if head := s.subscribe(s.atCustomer, 0); head != 4 {
		t.Errorf("head %d, want 4: what was refused was stored", head)
	}
}

func TestTenantMayHaveItsOwnEntryRate(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Tenants[0].EntriesPerSecond, c.Tenants[0].EntryBurst = 0.001, 1 })
	refused(t, s.atCustomer, relay.Append{Conversation: s.talk.ID, Entry: s.customer.Message(s.talk, 10)}, wire.RateLimited)
}

func TestWhoGoesOnTooFastIsClosed(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) {
		c.Limits.RequestsPerSecond, c.Limits.RequestBurst, c.Limits.Refusals = 0.001, 5, 10
	})
	at := r.Connect(relaytest.NewPerson(wire.Customer))
	var got []error
	for range 5 + 9 {
		_, err := at.Ask(relaytest.Context(t), relay.ListConversations{})
		got = append(got, err)
	}
	for i, err := range got {
		if i < 5 && err != nil || i >= 5 && !errors.Is(err, wire.RateLimited) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if _, err := at.Send(relaytest.Context(t), relay.ListConversations{}); err != nil {
		t.Fatal(err)
	}
	closed(t, at.Wait(), wire.RateLimited)
}

func TestFaultsOfTheConnectionCloseIt(t *testing.T) {
	r := relaytest.Start(t, nil)
	for name, send := range map[string]func(*relaytest.Client) error{
		"text":          func(c *relaytest.Client) error { return c.SendText(relaytest.Context(t), "hello") },
		"empty frame":   func(c *relaytest.Client) error { return c.SendRaw(relaytest.Context(t), nil) },
		"trailing byte": func(c *relaytest.Client) error { return c.SendRaw(relaytest.Context(t), []byte{9, 0, 0, 0, 1, 0}) },
		"a second hello": func(c *relaytest.Client) error {
			return c.SendRaw(relaytest.Context(t), relay.EncodeFrame(2, relay.Hello{Identity: make([]byte, 32), Signature: make([]byte, 64)}))
		},
		"what only a relay says": func(c *relaytest.Client) error {
			return c.SendRaw(relaytest.Context(t), relay.EncodeFrame(2, relay.Ack{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := r.Connect(relaytest.NewPerson(wire.Customer))
			if err := send(at); err != nil {
				t.Fatal(err)
			}
			closed(t, at.Wait(), wire.BadArgument)
		})
	}
	t.Run("frame over 128 KiB", func(t *testing.T) {
		at := r.Connect(relaytest.NewPerson(wire.Customer))
		_ = at.SendRaw(relaytest.Context(t), make([]byte, wire.MaxFrame+1)) // the relay may close while it is written
		if err := at.Wait(); err == nil {
			t.Error("still open")
		} else if code := websocket.CloseStatus(err); code != -1 && code != websocket.StatusMessageTooBig {
			t.Errorf("closed with %d, want 1009", code)
		}
	})
}

func TestConnectionsAreCapped(t *testing.T) {
	t.Run("in all", func(t *testing.T) {
		r := relaytest.Start(t, func(c *relay.Config) { c.Limits.Connections = 2 })
		r.Connect(relaytest.NewPerson(wire.Customer))
		second := r.Connect(relaytest.NewPerson(wire.Customer))
		wantStatus(t, relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin}, http.StatusServiceUnavailable)
		second.Close()
		for range 1000 { // its place is free once the relay has noticed
			socket, _, err := relaytest.Open(relaytest.Context(t), relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
			if err == nil {
				socket.CloseNow()
				return
			}
		}
		t.Error("a place that was left stays taken")
	})
	t.Run("of a tenant", func(t *testing.T) {
		r := relaytest.Start(t, func(c *relay.Config) { c.Tenants[0].Connections = 1 })
		r.Connect(relaytest.NewPerson(wire.Customer))
		o := r.Options(relaytest.NewPerson(wire.Customer))
		second, err := relaytest.Dial(relaytest.Context(t), o)
		if err == nil {
			err = second.Wait()
		}
		closedWith(t, err, 1013)
	})
	t.Run("of an identity: the oldest goes", func(t *testing.T) {
		r := relaytest.Start(t, func(c *relay.Config) { c.Limits.PerIdentity = 2 })
		p := relaytest.NewPerson(wire.Customer)
		first, second := r.Connect(p), r.Connect(p)
		third := r.Connect(p)
		closedWith(t, first.Wait(), 4017)
		for _, at := range []*relaytest.Client{second, third} {
			ask[relay.List](t, at, relay.ListConversations{})
		}
	})
}

func closedWith(t *testing.T, err error, want websocket.StatusCode) {
	t.Helper()
	if code, reason := relaytest.RefusalOf(err); code != want {
		t.Errorf("closed with %d %q (%v), want %d", code, reason, err, want)
	}
}
