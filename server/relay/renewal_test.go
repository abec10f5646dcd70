package relay_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// newer makes a manifest that only has a higher sequence.
func newer(t *testing.T, r *relaytest.Relay, by uint64) []byte {
	t.Helper()
	return withIssuer(t, r, r.Org.Manifest.Sequence+by, r.Org.Manifest.Issuers[0].Key)
}

// Who is connected when a newer manifest comes is sent away to come back and be
// welcomed with it: some sooner, some later, all of them in the end.
func TestNewerManifestReachesOpenConnections(t *testing.T) {
	now := &clock{now: time.Now()}
	r := relaytest.Start(t, func(c *relay.Config) { c.Now = now.Now; c.Limits.Renewal = time.Minute })
	ana := r.Agent("Ana")
	clients := []*relaytest.Client{r.Connect(ana)}
	for range 31 {
		clients = append(clients, r.Connect(relaytest.NewPerson(wire.Customer)))
	}
	raw := newer(t, r, 1)
	begin := now.Now()
	if err := r.SetManifest(relaytest.Context(t), r.Tenant(), raw); err != nil {
		t.Fatal(err)
	}
	late := r.Connect(relaytest.NewPerson(wire.Customer))
	if err := r.SetManifest(relaytest.Context(t), r.Tenant(), raw); err != nil { // the same again is none newer
		t.Fatal(err)
	}
	now.Set(begin.Add(20 * time.Second))
	relay.Sweep(r.Server)
	gone := 0
	for _, c := range clients {
		if ended(c) {
			gone++
		}
	}
	if gone == 0 || gone == len(clients) {
		t.Errorf("%d of %d were closed after a third of the time", gone, len(clients))
	}
	now.Set(begin.Add(time.Minute))
	relay.Sweep(r.Server)
	for _, c := range clients {
		closedWith(t, c.Wait(), 1012)
	}
	if again := r.Connect(ana); !bytes.Equal(again.Manifest, raw) {
		t.Error("welcomed with another manifest")
	}
	ask[relay.List](t, late, relay.ListConversations{})
}

// ended tells whether the relay has closed the connection.
func ended(c *relaytest.Client) bool {
	_, err := c.Ask(context.Background(), relay.ListConversations{})
	var code wire.Code
	return err != nil && !errors.As(err, &code)
}

// Whenever a newer manifest comes while somebody says hello: it is welcomed with
// it, or sent away to be.
func TestNewerManifestWhileSomebodyComes(t *testing.T) {
	for n := int64(1); ; n++ {
		m := &moments{}
		r := relaytest.Start(t, func(c *relay.Config) { c.Now = m.Now; c.Limits.Renewal = time.Nanosecond })
		raw := newer(t, r, 1)
		m.happens = func() {
			if err := r.SetManifest(context.Background(), r.Tenant(), raw); err != nil {
				t.Error(err)
			}
		}
		ana := r.Agent("Ana")
		m.left.Store(n)
		at, err := relaytest.Dial(relaytest.Context(t), r.Options(ana))
		if err != nil {
			closedWith(t, err, 1012) // before it was welcomed
			continue
		}
		if m.left.Swap(0) > 0 {
			if n < 3 {
				t.Fatal("it never happened")
			}
			return
		}
		if !bytes.Equal(at.Manifest, raw) {
			closedWith(t, at.Wait(), 1012)
		}
	}
}
