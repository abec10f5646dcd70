package harness

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
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
// relay's own frames. It does what the core's caller must (subscribe, read in
// order, compare what is shown again, seal again what was refused, connect
// again), and no more; it holds everything in memory.
type Native struct {
	End *conversation.End

	t       testing.TB
	demo    *Demo
	role    wire.Role
	through *Wire
	ctx     context.Context
	at      string // the relay's address
	queue   string
	proof   []byte
	pumping chan struct{} // there may be something to send

	mu      sync.Mutex // what follows, and the end
	ws      *websocket.Conn
	request uint32
	answers map[uint32]func(relay.Body) // nil: the connection ended; n.mu is held
	talks   map[wire.ID]*talk
	talk    *talk // the one that it speaks in
	agents  bool
	refused bool
	begins  bool
	acked   []byte // on this connection
	ackedAt uint64
	outbox  []*outgoing
	codes   []wire.Code // what the core, the relay or a check of this member answered
	broken  error
}

// NativeAgent is an agent with a credential of the demo's authority, and one
// key package at the relay. A nil wire is a straight line.
func (d *Demo) NativeAgent(t testing.TB) *Native { t.Helper(); return d.Native(t, wire.Agent, nil) }

// NativeCustomer is a customer with a token of the demo's site.
func (d *Demo) NativeCustomer(t testing.TB) *Native {
	t.Helper()
	return d.Native(t, wire.Customer, nil)
}

// Native is a member of either role whose connection goes through a wire. It
// does not wait for the relay to welcome it.
func (d *Demo) Native(t testing.TB, role wire.Role, through *Wire) *Native {
	t.Helper()
	root, at, queue := d.Config(t)
	end, err := conversation.NewEnd(role, []wire.Hash{root})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &Native{End: end, t: t, demo: d, role: role, through: through, ctx: ctx, at: at, queue: queue, pumping: make(chan struct{}, 1), talks: map[wire.ID]*talk{}}
	n.proof = d.proof(t, role, end)
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

// proof is what the demo's site or desk gives a page to show the relay.
func (d *Demo) proof(t testing.TB, role wire.Role, end *conversation.End) []byte {
	t.Helper()
	var answer struct{ Credential, Token string }
	if role == wire.Customer {
		d.post(t, "/demo/token", map[string]string{"thumbprint": token.Thumbprint(end.Identity())}, &answer)
		return []byte(answer.Token)
	}
	d.post(t, "/demo/credential", map[string]string{"identity": base64.RawURLEncoding.EncodeToString(end.Identity())}, &answer)
	b, err := base64.RawURLEncoding.DecodeString(answer.Credential)
	if err != nil {
		t.Fatal(err)
	}
	return b
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
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, d.URL+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", d.URL)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s: %s", path, res.Status, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("POST %s: %v: %s", path, err, text)
	}
}
