package relay_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// While both ends write as fast as they can, the relay drains: every
// connection is closed with 1012, and what was acknowledged is there after.
func TestA15_DrainLosesNothingAcknowledged(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 1e6, 1e6 })
	silent := s.Connect(relaytest.NewPerson(wire.Customer))
	var mu sync.Mutex
	acked := make(map[uint64]wire.ID)
	some := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	for _, w := range []struct {
		by *relaytest.Person
		at *relaytest.Client
	}{{s.customer, s.atCustomer}, {s.agent, s.atAgent}} {
		wg.Go(func() {
			for {
				entry := w.by.Message(s.talk, 100)
				got, err := w.at.Ask(s.ctx, relay.Append{Conversation: s.talk.ID, Entry: entry})
				if err != nil {
					closedWith(t, w.at.Wait(), websocket.StatusServiceRestart)
					return
				}
				mu.Lock()
				acked[got.(relay.Ack).Sequence] = wire.EntryID(entry)
				if len(acked) >= 20 {
					once.Do(func() { close(some) })
				}
				mu.Unlock()
			}
		})
	}
	<-some
	begin := time.Now()
	s.Restart()
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("draining took %v", d)
	}
	wg.Wait()
	closedWith(t, silent.Wait(), websocket.StatusServiceRestart)
	at := s.Connect(s.customer)
	head := s.subscribe(at, 0)
	for _, e := range s.entries(at, 0, int(head)) {
		if id, ok := acked[e.Sequence]; ok && id != wire.EntryID(e.Entry) {
			t.Errorf("entry %d is another one than was acknowledged", e.Sequence)
		}
		delete(acked, e.Sequence)
	}
	if len(acked) != 0 {
		t.Errorf("%d acknowledged entries are gone", len(acked))
	}
}

// Somebody who answers no close and reads nothing does not hold up the end.
func TestDrainIsBounded(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.Drain = 200 * time.Millisecond })
	o := r.Options(relaytest.NewPerson(wire.Customer))
	o.Paused = true
	r.ConnectWith(o)
	socket, _, err := relaytest.Open(relaytest.Context(t), relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin}) // and never says hello
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow()
	begin := time.Now()
	r.Drain(context.Background())
	if d := time.Since(begin); d > 4*time.Second {
		t.Errorf("draining took %v", d)
	}
}
