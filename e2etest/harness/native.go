package harness

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Native is a member without a browser: the core as native Go, over the
// relay's own frames and the authority's requests. It does what the core's
// caller must (subscribe, read in order, compare what is shown again, read again
// what was granted, seal again what was refused, connect again), and no more; it
// holds everything in memory.
type Native struct {
	End *conversation.End

	t       testing.TB
	demo    *Demo
	role    wire.Role
	through *Wire
	ctx     context.Context
	root    wire.Hash
	at      string // the relay's address
	queue   string
	alias   string // who logs in, on the company's side
	proof   []byte
	ticket  string        // of the session with the authority
	pumping chan struct{} // there may be something to send

	// First, if set, gives a customer the key package that it begins with; nil:
	// the relay does. Set it before anything is said.
	First func() ([]byte, error)

	mu      sync.Mutex // what follows, and the end
	ws      *websocket.Conn
	request uint32
	answers map[uint32]func(relay.Body) // nil: the connection ended; n.mu is held
	talks   map[wire.ID]*talk
	talk    *talk // the one that it speaks in
	agents  bool
	refused bool
	begins  bool
	heard   func(relay.Body)
	kept    []byte // that key package
	before  []byte // id of the conversation that the next one continues, or empty
	offered bool   // a key package is at the relay
	acked   []byte // on this connection
	ackedAt uint64
	outbox  []*outgoing
	wanted  []*wanted
	codes   []wire.Code // what the core, the relay or a check of this member answered
	broken  error
}

// NativeAgent is Ana, who takes up whatever waits, as fast as she can.
func (d *Demo) NativeAgent(t testing.TB) *Native {
	t.Helper()
	n := d.Native(t, wire.Agent, nil)
	n.Attend()
	return n
}

// NativeCustomer is a customer with a token of the demo's site.
func (d *Demo) NativeCustomer(t testing.TB) *Native {
	t.Helper()
	return d.Native(t, wire.Customer, nil)
}

// Native is a customer, or Ana, whose connection goes through a wire; a nil one
// is a straight line. It does not wait for the relay to welcome it.
func (d *Demo) Native(t testing.TB, role wire.Role, through *Wire) *Native {
	t.Helper()
	alias := ""
	if role != wire.Customer {
		alias = "Ana"
	}
	return d.native(t, role, alias, through, nil)
}

// Staff is one of the people of the demo's company by name, whose connection goes
// through a wire. It takes up nothing by itself, and is not waited for.
func (d *Demo) Staff(t testing.TB, alias string, through *Wire) *Native {
	t.Helper()
	role := wire.Agent
	if alias == "Sam" {
		role = wire.Supervisor
	}
	return d.native(t, role, alias, through, nil)
}

// Worker is one of the people of the demo's company, with a credential of its
// authority and one key package at the relay. It takes up nothing by itself.
func (d *Demo) Worker(t testing.TB, alias string) *Native {
	t.Helper()
	role := wire.Agent
	if alias == "Sam" {
		role = wire.Supervisor
	}
	return d.offering(t, role, alias, nil)
}

// Hired is one of the company's people, or an inbox of its, whom the test itself
// vouches for: proof makes the credential of an identity key.
func (d *Demo) Hired(t testing.TB, role wire.Role, alias string, proof func(identity []byte) []byte) *Native {
	t.Helper()
	return d.offering(t, role, alias, proof)
}

func (d *Demo) offering(t testing.TB, role wire.Role, alias string, proof func(identity []byte) []byte) *Native {
	t.Helper()
	n := d.native(t, role, alias, nil, proof)
	Eventually(t, alias+" to have a key package at the relay", func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.offered, fmt.Sprint(n.codes, n.broken)
	})
	return n
}

func (d *Demo) native(t testing.TB, role wire.Role, alias string, through *Wire, proof func(identity []byte) []byte) *Native {
	t.Helper()
	root, at, queue := d.Config(t)
	end, err := conversation.NewEnd(role, []wire.Hash{root})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &Native{End: end, t: t, demo: d, role: role, through: through, ctx: ctx, root: root, at: at, queue: queue, alias: alias, pumping: make(chan struct{}, 1), talks: map[wire.ID]*talk{}}
	switch {
	case proof != nil:
		n.proof = proof(end.Identity())
	case role == wire.Customer:
		var answer struct{ Token string }
		d.post(t, "/demo/token", map[string]string{"thumbprint": token.Thumbprint(end.Identity())}, &answer)
		n.proof = []byte(answer.Token)
	default:
		n.proof = n.login()
	}
	n.connect()
	done := make(chan struct{})
	go func() { defer close(done); n.pump() }()
	t.Cleanup(func() {
		cancel()
		n.mu.Lock()
		n.ws.CloseNow()
		n.mu.Unlock()
		<-done
	})
	return n
}

// Config is what the demo tells its pages.
func (d *Demo) Config(t testing.TB) (root wire.Hash, relayURL, queue string) {
	t.Helper()
	var c struct{ OrgKey, Relay, Queue string }
	res, err := http.Get(d.URL + "/demo/config.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	key, err := base64.RawURLEncoding.DecodeString(c.OrgKey)
	if err != nil || len(key) != len(root) {
		t.Fatalf("orgKey %q: %v", c.OrgKey, err)
	}
	return wire.Hash(key), c.Relay, c.Queue
}

func (d *Demo) post(t testing.TB, path string, body, answer any) {
	t.Helper()
	if err := d.request(context.Background(), http.MethodPost, path, body, "", answer); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
}
