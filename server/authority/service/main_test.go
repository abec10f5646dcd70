package service

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const host = "authority.example"

// clock may be set ahead.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// logins takes a name as the proof, and tells who that is.
type logins map[string]Person

func (l logins) Login(_ context.Context, proof, _ []byte, _ time.Time) (Person, error) {
	p, ok := l[string(proof)]
	if !ok {
		return Person{}, wire.BadCredential
	}
	return p, nil
}

var staff = logins{
	"token of Ana": {Account: "4711", Alias: "Ana", Role: wire.Agent}, "token of Ben": {Account: "4712", Alias: "Ben", Role: wire.Agent},
	"token of Sam": {Account: "4713", Alias: "Sam", Role: wire.Supervisor}, "token of Eve": {Account: "4714", Alias: "Eve", Role: wire.Agent, Queues: []string{"sales"}},
}

// office is a service with its relay.
type office struct {
	*relaytest.Relay
	*Service
	t      *testing.T
	clock  clock
	dir    string
	store  *store.Store
	web    *httptest.Server
	log    *relaytest.Output
	client *http.Client
	change func(*Config)
}

func newOffice(t *testing.T, change func(*Config)) *office {
	t.Helper()
	o := &office{t: t, dir: filepath.Join(t.TempDir(), "authority"), log: &relaytest.Output{}, change: change,
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	o.Relay = relaytest.Start(t, func(c *relay.Config) { c.Now = o.clock.now })
	o.open()
	t.Cleanup(o.close)
	return o
}

func (o *office) open() {
	o.t.Helper()
	var err error
	if o.store, err = store.Open(o.dir); err != nil {
		o.t.Fatal(err)
	}
	c := Config{Org: o.Org, Store: o.store, Login: staff, Relay: o.URL, Hosts: []string{host}, Origins: []string{relaytest.Origin},
		Logger: slog.New(slog.NewTextHandler(o.log, nil)), Now: o.clock.now}
	if o.change != nil {
		o.change(&c)
	}
	if o.Service, err = Open(context.Background(), c); err != nil {
		o.t.Fatal(err)
	}
	o.web = httptest.NewServer(o.Service.Handler())
}

func (o *office) close() {
	if o.Service == nil {
		return
	}
	o.Service.Close()
	o.web.Close()
	if err := o.store.Close(); err != nil {
		o.t.Error(err)
	}
	o.Service = nil
}

// do asks, and gives status and answer.
func (o *office) do(method, path, ticket, body string, change func(*http.Request)) (int, string, http.Header) {
	o.t.Helper()
	q, err := http.NewRequestWithContext(relaytest.Context(o.t), method, o.web.URL+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	if ticket != "" {
		q.Header.Set("Authorization", "Bearer "+ticket)
	}
	if change != nil {
		change(q)
	}
	res, err := o.client.Do(q)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

// ask is do for an answer that is JSON.
func (o *office) ask(method, path, ticket string, body, into any) (status int, code wire.Code) {
	o.t.Helper()
	text := ""
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			o.t.Fatal(err)
		}
		text = string(raw)
	}
	status, answer, _ := o.do(method, path, ticket, text, nil)
	var refused struct{ Code wire.Code }
	if status >= 300 {
		if err := json.Unmarshal([]byte(answer), &refused); err != nil {
			o.t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
	}
	if into != nil {
		if err := json.NewDecoder(bytes.NewReader([]byte(answer))).Decode(into); err != nil {
			o.t.Fatalf("%s %s: %d %s: %v", method, path, status, answer, err)
		}
	}
	return status, refused.Code
}

func (o *office) fresh() [32]byte {
	o.t.Helper()
	var a struct{ Nonce string }
	if status, _ := o.ask("GET", "/v1/authority/nonce", "", nil, &a); status != 200 {
		o.t.Fatalf("nonce: %d", status)
	}
	raw, err := decode64(a.Nonce)
	if err != nil || len(raw) != 32 {
		o.t.Fatalf("nonce %q", a.Nonce)
	}
	return [32]byte(raw)
}

// worker is somebody with an end of her own.
type worker struct {
	*authoritytest.Person
	ticket string
}

func (o *office) hello(p *authoritytest.Person, nonce [32]byte, at string, proof []byte) introduction {
	o.t.Helper()
	raw, err := p.Hello(nonce[:], []byte("authority:"+at), proof)
	if err != nil {
		o.t.Fatal(err)
	}
	return introduction{encode64(nonce[:]), encode64(raw)}
}

// credential logs in; the code says why not.
func (o *office) credential(p *authoritytest.Person, proof string) wire.Code {
	o.t.Helper()
	var a struct{ Credential string }
	if _, code := o.ask("POST", "/v1/authority/credential", "", o.hello(p, o.fresh(), host, []byte(proof)), &a); code != 0 {
		return code
	}
	raw, err := decode64(a.Credential)
	if err != nil {
		o.t.Fatal(err)
	}
	p.Proof = raw
	return 0
}

// begins begins a session.
func (o *office) begins(p *authoritytest.Person) (ticket string, code wire.Code) {
	o.t.Helper()
	var a struct{ Ticket string }
	_, code = o.ask("POST", "/v1/authority/session", "", o.hello(p, o.fresh(), host, p.Proof), &a)
	return a.Ticket, code
}

// worker logs in, and connects to the relay.
func (o *office) worker(role wire.Role, proof string) *worker {
	o.t.Helper()
	p := authoritytest.New(o.t, role, o.URL, relaytest.Origin, wire.Hash(o.Org.RootKey()))
	if code := o.credential(p, proof); code != 0 {
		o.t.Fatalf("credential: %v", code)
	}
	ticket, code := o.begins(p)
	if code != 0 {
		o.t.Fatalf("session: %v", code)
	}
	p.Connect()
	return &worker{p, ticket}
}

type board struct {
	Version uint64
	Waiting []struct {
		Conversation, Queue string
		Since, Entries      uint64
		Parked              bool
	}
	Agents []colleague
	Counts map[string]count
}

// until polls until the board is as wanted.
func (o *office) until(w *worker, holds func(board) bool) board {
	o.t.Helper()
	deadline := time.Now().Add(relaytest.Patience)
	var b board
	for after := ""; ; after = "?after=" + jsonNumber(b.Version) {
		b = board{}
		if status, code := o.ask("GET", "/v1/authority/queues"+after, w.ticket, nil, &b); status != 200 {
			o.t.Fatalf("queues: %d %v", status, code)
		}
		if holds(b) {
			return b
		}
		if time.Now().After(deadline) {
			o.t.Fatalf("the board is %+v\n%s", b, o.log)
		}
	}
}

func jsonNumber(n uint64) string { b, _ := json.Marshal(n); return string(b) }

func (o *office) claims(w *worker, conversation string, kp []byte) (status int, code wire.Code, by string) {
	o.t.Helper()
	var a struct{ By string }
	status, code = o.ask("POST", "/v1/authority/claim", w.ticket, map[string]string{"conversation": conversation, "keyPackage": encode64(kp)}, &a)
	return status, code, a.By
}

func openStore(o *office) (*store.Store, error) { return store.Open(o.dir) }

// signES256 signs as a JWT has it: r ‖ s.
func signES256(t *testing.T, key *ecdsa.PrivateKey, text string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}
