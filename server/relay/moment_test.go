package relay_test

import (
	"context"
	"crypto/ed25519"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
)

// moments is a clock that has something happen the n-th time that it is asked:
// so it happens at each of the moments that a connection has on its way in.
type moments struct {
	left    atomic.Int64
	happens func()
}

func (m *moments) Now() time.Time {
	if m.left.Load() > 0 && m.left.Add(-1) == 0 {
		m.happens()
	}
	return time.Now()
}

// comes has the agent connect to relays where it happens at the first moment, at
// the second, and so on, until it is in before it happens. Each time what came
// of its connection is given to ended.
func comes(t *testing.T, happens func(*relaytest.Relay), ended func(n int, err error)) {
	t.Helper()
	for n := 1; ; n++ {
		m := &moments{}
		r := relaytest.Start(t, func(c *relay.Config) { c.Now = m.Now })
		m.happens = func() { happens(r) }
		agent := r.Agent("Ana")
		m.left.Store(int64(n))
		at, err := relaytest.Dial(relaytest.Context(t), r.Options(agent))
		if m.left.Swap(0) > 0 {
			if err != nil || n < 3 { // at least when its hello is judged, and then before it is known
				t.Fatalf("moment %d: %v", n, err)
			}
			return
		}
		if err == nil {
			err = at.Wait()
		}
		ended(n, err)
	}
}

// Whenever a manifest comes that leaves out an agent's issuer, while the agent
// says hello too: it is not left there.
func TestManifestWhileAnAgentComes(t *testing.T) {
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	comes(t, func(r *relaytest.Relay) {
		if err := r.SetManifest(context.Background(), r.Tenant(), withIssuer(t, r, r.Org.Manifest.Sequence+1, other)); err != nil {
			t.Error(err)
		}
	}, func(n int, err error) {
		if code, reason := relaytest.RefusalOf(err); reason != "bad credential" {
			t.Errorf("moment %d: closed with %d %q (%v)", n, code, reason, err)
		}
	})
}

// Whenever the relay drains, while somebody says hello too: it is sent away.
func TestDrainWhileSomebodyComes(t *testing.T) {
	comes(t, func(r *relaytest.Relay) {
		go r.Drain(context.Background())
		relay.AwaitDraining(r.Server)
	}, func(n int, err error) {
		if code, reason := relaytest.RefusalOf(err); code != websocket.StatusServiceRestart && code != websocket.StatusTryAgainLater {
			t.Errorf("moment %d: closed with %d %q (%v)", n, code, reason, err)
		}
	})
}

// An agent whose issuer a manifest leaves out can't be taken once that is
// served, however long its connection takes to end.
func TestAnAgentWithoutIssuerIsNotTakenAtOnce(t *testing.T) {
	r := relaytest.Start(t, nil)
	agent := r.Agent("Ana")
	publish(t, r.Connect(agent), agent, true)
	o := r.Options(agent)
	o.Paused = true // it answers no close
	r.ConnectWith(o)
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := relay.TakenFor(r.Server, r.Tenant(), "default"); n == 0 {
		t.Fatal("not there")
	}
	if err := r.SetManifest(relaytest.Context(t), r.Tenant(), withIssuer(t, r, r.Org.Manifest.Sequence+1, other)); err != nil {
		t.Fatal(err)
	}
	if n := relay.TakenFor(r.Server, r.Tenant(), "default"); n != 0 {
		t.Errorf("%d are there to be taken", n)
	}
}
