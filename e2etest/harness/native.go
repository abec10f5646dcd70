package harness

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

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

// connect dials, and reads frames until that connection ends.
func (n *Native) connect() {
	n.t.Helper()
	o := &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {n.demo.URL}}, CompressionMode: websocket.CompressionDisabled}
	if n.through != nil {
		proxy := &url.URL{Scheme: "http", Host: n.through.Addr()}
		o.HTTPClient = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), DisableKeepAlives: true}}
	}
	ws, _, err := websocket.Dial(n.ctx, n.at, o)
	if err != nil {
		n.t.Fatal(err)
	}
	ws.SetReadLimit(wire.MaxFrame)
	n.mu.Lock()
	n.unanswered()
	n.ws, n.answers, n.agents = ws, map[uint32]func(relay.Body){}, false
	n.acked = nil
	for _, k := range n.talks {
		k.following = false
	}
	n.mu.Unlock()
	go n.listen(ws)
}

// Reconnect ends the connection and makes another, as a page does when the
// network is back. What was refused is tried again.
func (n *Native) Reconnect() {
	n.t.Helper()
	n.mu.Lock()
	ws := n.ws
	n.mu.Unlock()
	ws.CloseNow()
	n.connect()
}

// listen reads frames until the connection ends.
func (n *Native) listen(ws *websocket.Conn) {
	for {
		_, b, err := ws.Read(n.ctx)
		if err != nil {
			n.gone(ws, err)
			return
		}
		request, body, err := relay.DecodeFrame(b)
		if err != nil {
			n.note(err)
			ws.CloseNow()
			continue
		}
		n.take(ws, request, body)
	}
}

// gone lets everybody know who waits for an answer.
func (n *Native) gone(ws *websocket.Conn, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var closed websocket.CloseError
	if errors.As(err, &closed) && closed.Code > 4000 && closed.Code <= 4000+websocket.StatusCode(wire.Internal) {
		n.codes = append(n.codes, wire.Code(closed.Code-4000))
	}
	if ws != n.ws {
		return
	}
	if n.ctx.Err() == nil && n.broken == nil {
		n.broken = err
	}
	n.unanswered()
}

// unanswered tells all who wait that the connection has ended; n.mu is held.
func (n *Native) unanswered() {
	for request, answer := range n.answers {
		delete(n.answers, request)
		answer(nil)
	}
}

func (n *Native) note(err error) {
	if err != nil {
		n.mu.Lock()
		n.codes = append(n.codes, wire.CodeOf(err))
		n.mu.Unlock()
	}
}

func (n *Native) take(ws *websocket.Conn, request uint32, body relay.Body) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ws != n.ws {
		return
	}
	if answer := n.answers[request]; request != 0 && answer != nil {
		delete(n.answers, request)
		answer(body)
		return
	}
	switch body := body.(type) {
	case relay.Challenge:
		n.greet(body)
	case relay.Welcome:
		n.welcomed(body)
	case relay.Waiting:
		n.agents = body.Agents
		n.wake()
	case relay.List:
		n.listed(body)
	case relay.Entry:
		n.read(body)
	case relay.Error:
		n.codes = append(n.codes, body.Code)
	}
}

func (n *Native) greet(c relay.Challenge) {
	hello, err := n.End.Hello(c.Nonce[:], []byte(n.demo.Addr()), n.proof)
	if err != nil {
		n.codes = append(n.codes, wire.CodeOf(err))
		return
	}
	n.request++
	frame := append([]byte{byte(relay.TypeHello), 0, 0, 0, byte(n.request)}, hello...)
	if err := n.ws.Write(n.ctx, websocket.MessageBinary, frame); err != nil {
		n.broken = err
	}
}

// welcomed judges what the relay shows, and does what comes first: a key
// package for those who look for somebody, and the conversations there are.
func (n *Native) welcomed(w relay.Welcome) {
	now := uint64(time.Now().Unix())
	err := n.End.AddManifest(w.Manifest, now, true)
	if err == nil && n.role != wire.Customer {
		err = n.End.SetCredential(n.proof, now)
	}
	if n.refused = err != nil; n.refused {
		n.codes = append(n.codes, wire.CodeOf(err))
		n.ws.CloseNow()
		return
	}
	n.broken = nil
	if n.role != wire.Customer {
		kp, err := n.End.KeyPackage(now+3600, true)
		if err != nil {
			n.codes = append(n.codes, wire.CodeOf(err))
			return
		}
		n.send(relay.PublishKeyPackage{KeyPackage: kp})
		n.send(relay.ListConversations{})
	}
	for _, k := range n.talks {
		n.follow(k)
	}
	n.wake()
}

// send writes a request and says which number it has; n.mu is held.
func (n *Native) send(body relay.Body) uint32 {
	n.request++
	if err := n.ws.Write(n.ctx, websocket.MessageBinary, relay.EncodeFrame(n.request, body)); err != nil && n.broken == nil {
		n.broken = err
	}
	return n.request
}

// Ask sends a request and waits for its answer.
func (n *Native) Ask(body relay.Body) (relay.Body, error) {
	answer := make(chan relay.Body, 1)
	n.mu.Lock()
	n.answers[n.send(body)] = func(b relay.Body) { answer <- b }
	n.mu.Unlock()
	select {
	case got := <-answer:
		if got == nil {
			return nil, errors.New("the connection ended")
		}
		if e, ok := got.(relay.Error); ok {
			return nil, e.Code
		}
		return got, nil
	case <-n.ctx.Done():
		return nil, n.ctx.Err()
	case <-time.After(Patience):
		return nil, fmt.Errorf("no answer to %T", body)
	}
}

// Must is Ask for an answer of type T.
func Must[T relay.Body](n *Native, body relay.Body) T {
	n.t.Helper()
	got, err := n.Ask(body)
	if err != nil {
		n.t.Fatalf("native: %T: %v", body, err)
	}
	answer, ok := got.(T)
	if !ok {
		n.t.Fatalf("native: %T was answered by %T", body, got)
	}
	return answer
}
