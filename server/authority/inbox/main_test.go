package inbox

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a relay and the inboxes of its company.
type house struct {
	*relaytest.Relay
	t     *testing.T
	dir   string
	times times
	log   *relaytest.Output
	now   func() time.Time

	org     atomic.Pointer[authority.Org] // the one that issues; Relay.Org is the test's
	set     *Set
	store   *store.Store
	mu      sync.Mutex
	step    func(queue, step string) bool
	changed chan struct{}
}

// quick makes what waits for others wait less.
var quick = times{tick: 5 * time.Millisecond, flush: 50 * time.Millisecond, turn: 20 * time.Millisecond, jitter: time.Millisecond,
	retry: 20 * time.Millisecond, list: 200 * time.Millisecond, backoff: 10 * time.Millisecond, most: 50 * time.Millisecond}

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseWith(t, time.Now, func(*relay.Config) {})
}

// newHouseWith is newHouse with a clock, and a relay of another kind.
func newHouseWith(t *testing.T, now func() time.Time, change func(*relay.Config)) *house {
	t.Helper()
	r := relaytest.Start(t, func(c *relay.Config) { c.Now = now; change(c) })
	h := &house{Relay: r, t: t, now: now, dir: filepath.Join(t.TempDir(), "authority"), times: quick, log: &relaytest.Output{}, changed: make(chan struct{}, 1)}
	h.open()
	t.Cleanup(h.close)
	return h
}

// renew signs a newer manifest, and issues under it.
func (h *house) renew(o authority.Options) []byte {
	h.t.Helper()
	next := *h.Org // what others use does not change under them
	raw, err := next.Renew(o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Relay.Org = &next
	h.org.Store(&next)
	return raw
}

func (h *house) open() {
	h.t.Helper()
	h.org.Store(h.Org)
	s, err := store.Open(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	set, err := Open(context.Background(), Options{
		Relay: h.URL, Origin: relaytest.Origin, Roots: []wire.Hash{wire.Hash(h.Org.RootKey())}, Store: s,
		Issue: func(identity []byte, queue string) ([]byte, error) {
			return h.org.Load().IssueInbox(identity, queue, h.now())
		},
		Changed: func(...string) {
			select {
			case h.changed <- struct{}{}:
			default:
			}
		},
		Logger: slog.New(slog.NewTextHandler(h.log, nil)), times: h.times, Now: h.now,
		TestingOnlyStep: func(queue, step string) bool {
			h.mu.Lock()
			f := h.step
			h.mu.Unlock()
			return f != nil && f(queue, step)
		},
	}, h.Org.Manifest.Bytes())
	if err != nil {
		h.t.Fatal(err)
	}
	h.set, h.store = set, s
}

func (h *house) close() {
	if h.set != nil {
		h.set.Close()
		if err := h.store.Close(); err != nil {
			h.t.Error(err)
		}
		h.set = nil
	}
}

// onStep is called at each step of an inbox; true ends that inbox as a crash does.
func (h *house) onStep(f func(queue, step string) bool) {
	h.mu.Lock()
	h.step = f
	h.mu.Unlock()
}

// eventually waits until the board is as wanted.
func (h *house) eventually(what string, holds func() bool) {
	h.t.Helper()
	deadline := time.After(relaytest.Patience)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-h.changed:
		case <-again.C:
		case <-deadline:
			h.t.Fatalf("not in time: %s\n%s", what, h.log)
		}
	}
}

func (h *house) waiting(id wire.ID) *Waiting {
	for _, w := range h.set.Waiting(h.Org.Manifest.Queues) {
		if w.Conversation == id {
			return &w
		}
	}
	return nil
}

func (h *house) customer() *authoritytest.Person {
	h.t.Helper()
	p := authoritytest.Customer(h.t, h.Relay)
	p.Connect()
	return p
}

func (h *house) agent(alias string) *authoritytest.Person {
	h.t.Helper()
	p := authoritytest.Agent(h.t, h.Relay, alias)
	p.Connect()
	return p
}

// begin begins a conversation with the inbox and waits until it waits there
// under a fresh leaf.
func (h *house) begin(c *authoritytest.Person) *authoritytest.Talk {
	h.t.Helper()
	return h.beginWith(c, c.Take("default"))
}

// beginWith is begin with a key package of the inbox.
func (h *house) beginWith(c *authoritytest.Person, kp []byte) *authoritytest.Talk {
	h.t.Helper()
	k := c.BeginWith("default", kp)
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	h.eventually("the conversation waits", func() bool { return h.waiting(k.ID()) != nil })
	return k
}

func (h *house) claim(p *authoritytest.Person, id wire.ID, kp []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), relaytest.Patience)
	defer cancel()
	return h.set.Claim(ctx, Claim{Conversation: id, Member: p.ID(), Queues: h.Org.Manifest.Queues, KeyPackage: kp})
}

func hexID(id wire.ID) string { return hex.EncodeToString(id[:]) }

func ids(k *authoritytest.Talk) (out []string) {
	for _, m := range k.Members() {
		out = append(out, fmt.Sprintf("%d %s %t", m.Role, m.Alias, m.Leaving))
	}
	return out
}
