package relaytest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Origin is the one web origin that the test company's pages have.
const Origin = "https://shop.example"

// Secret is the HS256 secret of the test company's backend.
var Secret = []byte("a secret of the company, 32 bytes or more")

// Relay is a running relay with one company.
type Relay struct {
	*relay.Server
	URL    string // ws://127.0.0.1:port/v1/connect
	Addr   string
	Org    *authority.Org
	Log    entrylog.Log
	Files  blob.Store
	Output *Output // its log, as text

	t      testing.TB
	path   string
	change func(*relay.Config)
	web    *http.Server
	served chan struct{}
}

// Output collects a log.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Start runs a relay for the length of the test. Change, where not nil, edits
// the configuration at each start.
func Start(t testing.TB, change func(*relay.Config)) *Relay {
	t.Helper()
	org, err := authority.Init(filepath.Join(t.TempDir(), "org"), authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{t: t, Org: org, Output: &Output{}, path: filepath.Join(t.TempDir(), "log"), change: change}
	r.start("127.0.0.1:0")
	t.Cleanup(r.Stop)
	return r
}

func (r *Relay) start(addr string) {
	r.t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Addr = l.Addr().String()
	r.URL = "ws://" + r.Addr + "/v1/connect"
	if r.Log, err = entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: r.path}); err != nil {
		r.t.Fatal(err)
	}
	if r.Files, err = blob.OpenDirectory(blob.DirectoryOptions{Path: r.path + ".files"}); err != nil {
		r.t.Fatal(err)
	}
	config := relay.Config{
		Log: r.Log, Files: r.Files, Hosts: []string{r.Addr},
		Tenants: []relay.Tenant{{
			Roots: [][]byte{r.Org.RootKey()}, Tokens: Tokens(r.t), Origins: []string{Origin}, Manifest: r.Org.Manifest.Bytes(),
		}},
		Logger: slog.New(slog.NewJSONHandler(r.Output, nil)),
		Limits: relay.Limits{}.AnyAddress(), // all of a test come from one
	}
	config.Limits.Renewal = 24 * time.Hour // a Client does not come back by itself
	if r.change != nil {
		r.change(&config)
	}
	if r.Server, err = relay.New(context.Background(), config); err != nil {
		r.t.Fatal(err)
	}
	r.web = relay.HTTPServer(r.Server.Handler())
	r.served = make(chan struct{})
	go func() {
		defer close(r.served)
		_ = r.web.Serve(l)
	}()
}

// Serve runs one more relay with a configuration of the test and gives its URL.
func Serve(t testing.TB, config relay.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := relay.New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	web := relay.HTTPServer(s.Handler())
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = web.Serve(l)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), Patience)
		defer cancel()
		s.Drain(ctx)
		_ = web.Close()
		<-served
	})
	return "ws://" + l.Addr().String() + "/v1/connect"
}

// Tokens verifies what [Token] mints.
func Tokens(t testing.TB) *token.Verifier {
	t.Helper()
	v, err := token.New(token.Config{HS256Secret: Secret})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Stop drains the relay and closes its log. It may be called twice.
func (r *Relay) Stop() {
	if r.web == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	r.Server.Drain(ctx)
	_ = r.web.Close()
	<-r.served
	if err := r.Log.Close(); err != nil {
		r.t.Errorf("closing the log: %v", err)
	}
	if err := r.Files.Close(); err != nil {
		r.t.Errorf("closing the files: %v", err)
	}
	r.web = nil
}

// Restart stops the relay and starts it at the same address, on the same log.
func (r *Relay) Restart() {
	r.t.Helper()
	r.Stop()
	r.start(r.Addr)
}

// Tenant is the company's id.
func (r *Relay) Tenant() wire.ID { return wire.TenantID(r.Org.RootKey()) }

// Token mints an identity token, bound to the identity key. Each identity is a
// customer of its own.
func (r *Relay) Token(p *Person, now time.Time) []byte {
	r.t.Helper()
	return r.TokenOf(fmt.Sprintf("visitor-%x", p.ID()), p, now)
}

// TokenOf is Token of this subject.
func (r *Relay) TokenOf(subject string, p *Person, now time.Time) []byte {
	r.t.Helper()
	raw, err := token.MintHS256(Secret, token.Minting{Subject: subject, Thumbprint: token.Thumbprint(p.Identity()), Issued: now})
	if err != nil {
		r.t.Fatal(err)
	}
	return []byte(raw)
}

// Agent is a person with a credential of the company.
func (r *Relay) Agent(alias string, queues ...string) *Person {
	r.t.Helper()
	return r.employ(authority.Request{Role: wire.Agent, Alias: alias, Queues: queues})
}

// Supervisor is one who reads only.
func (r *Relay) Supervisor(alias string) *Person {
	r.t.Helper()
	return r.employ(authority.Request{Role: wire.Supervisor, Alias: alias})
}

// Inbox is the inbox of a queue. More queues are those whose conversations may
// be brought there too.
func (r *Relay) Inbox(queue string, more ...string) *Person {
	r.t.Helper()
	p := NewPerson(wire.Inbox)
	queues := append([]string{queue}, more...)
	slices.Sort(queues)
	now := uint64(time.Now().Unix())
	p.Credential = &wire.Credential{Role: wire.Inbox, Identity: p.Identity(), Alias: queue, Queues: queues, NotBefore: now - 60, NotAfter: now + 7*24*3600}
	raw, err := p.Credential.Issue(r.Org.Issuer)
	if err != nil {
		r.t.Fatal(err)
	}
	if p.Credential, err = wire.DecodeCredential(raw); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// Employ gives an agent's credential for an identity key.
func (r *Relay) Employ(identity []byte) *wire.Credential {
	r.t.Helper()
	return r.issue(authority.Request{Identity: identity, Alias: "Ana"})
}

func (r *Relay) employ(q authority.Request) *Person {
	r.t.Helper()
	p := NewPerson(q.Role)
	q.Identity = p.Identity()
	p.Credential = r.issue(q)
	return p
}

func (r *Relay) issue(q authority.Request) *wire.Credential {
	r.t.Helper()
	raw, err := r.Org.Issue(q)
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := wire.DecodeCredential(raw)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// Options are those with which the person connects here.
func (r *Relay) Options(p *Person) DialOptions {
	r.t.Helper()
	o := DialOptions{URL: r.URL, Origin: Origin, Role: p.Role, Tenant: r.Tenant(), Identity: p.Key}
	if p.Credential != nil {
		o.Proof = p.Credential.Bytes()
	} else {
		o.Proof = r.Token(p, time.Now())
	}
	return o
}

// Connect connects the person for the length of the test.
func (r *Relay) Connect(p *Person) *Client {
	r.t.Helper()
	return r.ConnectWith(r.Options(p))
}

// ConnectWith is Connect with options of the test.
func (r *Relay) ConnectWith(o DialOptions) *Client {
	r.t.Helper()
	c, err := Dial(Context(r.t), o)
	if err != nil {
		r.t.Fatalf("connect: %v", err)
	}
	r.t.Cleanup(c.CloseNow)
	return c
}

// Context ends with the test, and after Patience.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// LogPath is the log's file.
func (r *Relay) LogPath() string { return r.path }
