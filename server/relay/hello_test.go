package relay_test

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestHelloIsAnsweredWithTheManifest(t *testing.T) {
	r := relaytest.Start(t, nil)
	for _, p := range []*relaytest.Person{relaytest.NewPerson(wire.Customer), r.Agent("Ana"), r.Supervisor("Sam")} {
		c := r.Connect(p)
		if !bytes.Equal(c.Manifest, r.Org.Manifest.Bytes()) {
			t.Errorf("role %d: another manifest", p.Role)
		}
	}
}

func TestHelloRefusals(t *testing.T) {
	r := relaytest.Start(t, nil)
	foreign, err := authority.Init(filepath.Join(t.TempDir(), "foreign"), authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	customer, agent := relaytest.NewPerson(wire.Customer), r.Agent("Ana")
	other := relaytest.NewPerson(wire.Customer)
	foreignCredential, err := foreign.Issue(authority.Request{Identity: agent.Identity(), Alias: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	mint := func(m token.Minting, secret []byte) []byte {
		raw, err := token.MintHS256(secret, m)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(raw)
	}
	mine := token.Thumbprint(customer.Identity())
	for _, tc := range []struct {
		name   string
		who    *relaytest.Person
		change func(*relaytest.DialOptions)
		want   wire.Code
	}{
		{"A01 no token", customer, func(o *relaytest.DialOptions) { o.Proof = nil }, wire.BadCredential},
		{"A01 expired token", customer, func(o *relaytest.DialOptions) { o.Proof = r.Token(customer, time.Now().Add(-time.Hour)) }, wire.Expired},
		{"A01 token of another secret", customer, func(o *relaytest.DialOptions) {
			o.Proof = mint(token.Minting{Subject: "v", Thumbprint: mine}, []byte("another secret of another company, 32"))
		}, wire.BadCredential},
		{"I13 stolen token, another key", customer, func(o *relaytest.DialOptions) { o.Proof = r.Token(other, time.Now()) }, wire.BadCredential},
		{"I12 token bound to no key", customer, func(o *relaytest.DialOptions) { o.Proof = mint(token.Minting{Subject: "v"}, relaytest.Secret) }, wire.BadCredential},
		{"I17 token over its limit", customer, func(o *relaytest.DialOptions) { o.Proof = bytes.Repeat([]byte("."), wire.MaxToken) }, wire.BadCredential},
		{"A01 other tenant", customer, func(o *relaytest.DialOptions) { o.Tenant = wire.TenantID(foreign.RootKey()) }, wire.BadCredential},
		{"A01 I18 agent token as customer", agent, func(o *relaytest.DialOptions) { o.Role = wire.Customer }, wire.BadCredential},
		{"A01 I18 customer token as agent", customer, func(o *relaytest.DialOptions) { o.Role = wire.Agent }, wire.BadCredential},
		{"A01 agent as supervisor", agent, func(o *relaytest.DialOptions) { o.Role = wire.Supervisor }, wire.BadCredential},
		{"A01 guest", customer, func(o *relaytest.DialOptions) { o.Role = wire.Guest }, wire.BadCredential},
		{"role 0", customer, func(o *relaytest.DialOptions) { o.Role = 0 }, wire.BadCredential},
		{"role 8", customer, func(o *relaytest.DialOptions) { o.Role = 8 }, wire.BadCredential},
		{"credential of another root", agent, func(o *relaytest.DialOptions) { o.Proof = foreignCredential }, wire.BadCredential},
		{"credential with a flipped byte", agent, func(o *relaytest.DialOptions) {
			o.Proof = bytes.Clone(o.Proof)
			o.Proof[len(o.Proof)-1] ^= 1
		}, wire.BadCredential},
		{"credential of another identity", r.Agent("Bea"), func(o *relaytest.DialOptions) { o.Proof = agent.Credential.Bytes() }, wire.BadCredential},
		{"I12 another relay's host", customer, func(o *relaytest.DialOptions) { o.Host = "relay.example.com" }, wire.BadCredential},
		{"host with another port", customer, func(o *relaytest.DialOptions) { o.Host = "127.0.0.1:1" }, wire.BadCredential},
		{"host changed after signing", customer, func(o *relaytest.DialOptions) {
			o.Host = "relay.example.com"
			o.Change = func(h *relay.Hello) { h.Host = r.Addr }
		}, wire.OpenFailed},
		{"role changed after signing", agent, func(o *relaytest.DialOptions) { o.Change = func(h *relay.Hello) { h.Role = wire.Supervisor } }, wire.OpenFailed},
		{"proof changed after signing", customer, func(o *relaytest.DialOptions) {
			o.Change = func(h *relay.Hello) { h.Proof = r.Token(customer, time.Now().Add(-time.Second)) }
		}, wire.OpenFailed},
		{"signature with a flipped bit", customer, func(o *relaytest.DialOptions) { o.Change = func(h *relay.Hello) { h.Signature[0] ^= 1 } }, wire.OpenFailed},
		{"key that somebody else holds", customer, func(o *relaytest.DialOptions) {
			o.Change = func(h *relay.Hello) { h.Identity = other.Identity() }
		}, wire.OpenFailed},
		{"C03 low-order identity", customer, func(o *relaytest.DialOptions) {
			o.Change = func(h *relay.Hello) { h.Identity = make([]byte, 32); h.Identity[0] = 1 }
		}, wire.OpenFailed},
		{"I12 nonce of another connection", customer, func(o *relaytest.DialOptions) { o.Nonce = &[32]byte{1} }, wire.OpenFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := r.Options(tc.who)
			tc.change(&o)
			c, err := relaytest.Dial(relaytest.Context(t), o)
			if err == nil {
				c.CloseNow()
				t.Fatal("was let in")
			}
			closed(t, err, tc.want)
		})
	}
}

// A hello that was recorded on one connection is worth nothing on the next.
func TestI12_HelloReplayIsRefused(t *testing.T) {
	r := relaytest.Start(t, nil)
	p := relaytest.NewPerson(wire.Customer)
	first := r.Connect(p)
	o := r.Options(p)
	o.Nonce = &first.Nonce
	_, err := relaytest.Dial(relaytest.Context(t), o)
	closed(t, err, wire.OpenFailed)
	second := r.Connect(p)
	if first.Nonce == second.Nonce {
		t.Error("two connections got one nonce")
	}
}

func TestHelloRefusesCredentialOutsideItsTime(t *testing.T) {
	now := time.Now()
	clock := &clock{now: now}
	r := relaytest.Start(t, func(c *relay.Config) { c.Now = clock.Now })
	agent := r.Agent("Ana")
	for _, tc := range []struct {
		name string
		at   time.Time
		want wire.Code
	}{
		{"before", now.Add(-time.Hour), wire.Expired},
		{"in its last second", time.Unix(int64(agent.Credential.NotAfter)-1, 0), 0},
		{"at its end", time.Unix(int64(agent.Credential.NotAfter), 0), wire.Expired},
		{"after the manifest", now.Add(31 * 24 * time.Hour), wire.Expired},
	} {
		clock.Set(tc.at)
		c, err := relaytest.Dial(relaytest.Context(t), r.Options(agent))
		if tc.want != 0 {
			closed(t, err, tc.want)
		} else if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		} else {
			c.CloseNow()
		}
	}
}

func TestConnectionEndsWithItsCredential(t *testing.T) {
	clock := &clock{now: time.Now()}
	r := relaytest.Start(t, func(c *relay.Config) {
		c.Now = clock.Now
		c.Limits.Ping, c.Limits.Session = 365*24*time.Hour, 1000*24*time.Hour
	})
	agent := r.Connect(r.Agent("Ana"))
	customer := r.Connect(relaytest.NewPerson(wire.Customer))
	clock.Set(time.Now().Add(13 * time.Hour))
	closed(t, agent.Wait(), wire.Expired)
	ask[relay.List](t, customer, relay.ListConversations{})
}

func TestFirstFrameMustBeAHello(t *testing.T) {
	r := relaytest.Start(t, nil)
	good := func() []byte {
		p := relaytest.NewPerson(wire.Customer)
		return relay.EncodeFrame(1, relay.Hello{Role: wire.Customer, Tenant: r.Tenant(), Identity: p.Identity(), Host: r.Addr, Signature: make([]byte, 64)})
	}
	version2 := good()
	version2[5] = 2
	for _, tc := range []struct {
		name  string
		kind  websocket.MessageType
		frame []byte
		want  wire.Code
	}{
		{"another request", websocket.MessageBinary, relay.EncodeFrame(1, relay.ListConversations{}), wire.BadArgument},
		{"a relay's frame", websocket.MessageBinary, relay.EncodeFrame(1, relay.Challenge{}), wire.BadArgument},
		{"empty", websocket.MessageBinary, nil, wire.BadArgument},
		{"text", websocket.MessageText, good(), wire.BadArgument},
		{"P12 another version", websocket.MessageBinary, version2, wire.UnsupportedVersion},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := relaytest.Context(t)
			socket, _, err := relaytest.Open(ctx, relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
			if err != nil {
				t.Fatal(err)
			}
			defer socket.CloseNow()
			if err := socket.Write(ctx, tc.kind, tc.frame); err != nil {
				t.Fatal(err)
			}
			_, _, err = socket.Read(ctx)
			closed(t, err, tc.want)
		})
	}
}

// A hello that is too long is refused by its length, before anyone reads it.
func TestI17_FirstFrameIsBounded(t *testing.T) {
	r := relaytest.Start(t, nil)
	ctx := relaytest.Context(t)
	socket, _, err := relaytest.Open(ctx, relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow()
	if err := socket.Write(ctx, websocket.MessageBinary, make([]byte, wire.MaxToken+1024)); err != nil {
		t.Fatal(err)
	}
	if _, _, err = socket.Read(ctx); websocket.CloseStatus(err) != websocket.StatusMessageTooBig {
		t.Errorf("%v, want message too big", err)
	}
}

func TestA08_PreAuthDeadline(t *testing.T) {
	const deadline = 300 * time.Millisecond
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.PreAuth = deadline })
	dial := func(t *testing.T) *websocket.Conn {
		socket, _, err := relaytest.Open(relaytest.Context(t), relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { socket.CloseNow() })
		return socket
	}
	t.Run("silent", func(t *testing.T) {
		begin := time.Now()
		socket := dial(t)
		if _, _, err := socket.Read(relaytest.Context(t)); err == nil {
			t.Error("the relay spoke again")
		}
		if d := time.Since(begin); d < deadline {
			t.Errorf("cut after %v, before the deadline", d)
		}
	})
	t.Run("half a frame", func(t *testing.T) {
		ctx := relaytest.Context(t)
		socket := dial(t)
		w, err := socket.Writer(ctx, websocket.MessageBinary)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte{1, 0, 0}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := socket.Read(ctx); err == nil {
			t.Error("the relay answered half a frame")
		}
	})
	t.Run("half a request", func(t *testing.T) {
		if testing.Short() {
			t.Skip("takes the five seconds of HTTPServer")
		}
		conn, err := net.Dial("tcp", r.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("GET /v1/connect HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
			t.Fatal(err)
		}
		conn.SetReadDeadline(time.Now().Add(relaytest.Patience))
		if _, err := conn.Read(make([]byte, 1<<10)); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Error("still open")
		}
	})
}

func TestA08_PreAuthConnectionsAreCapped(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.PreAuthConnections = 2 })
	ctx := relaytest.Context(t)
	for range 2 {
		socket, _, err := relaytest.Open(ctx, relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
		if err != nil {
			t.Fatal(err)
		}
		defer socket.CloseNow()
	}
	wantStatus(t, relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin}, 503)
}

func wantStatus(t *testing.T, o relaytest.DialOptions, want int) {
	t.Helper()
	socket, _, err := relaytest.Open(relaytest.Context(t), o)
	if err == nil {
		socket.CloseNow()
		t.Fatalf("origin %q was let in, want %d", o.Origin, want)
	}
	var status relaytest.StatusError
	if !asStatus(err, &status) || int(status) != want {
		t.Fatalf("origin %q: %v, want %d", o.Origin, err, want)
	}
}

// Nothing of one company works at another: token, page, credential, membership.
func TestTenantsAreApart(t *testing.T) {
	second, err := authority.Init(filepath.Join(t.TempDir(), "second"), authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("the secret of the second company, random")
	const origin = "https://second.example"
	r := play(t, func(c *relay.Config) {
		tokens, err := token.New(token.Config{HS256Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		c.Tenants = append(c.Tenants, relay.Tenant{Roots: [][]byte{second.RootKey()}, Tokens: tokens, Origins: []string{origin}, Manifest: second.Manifest.Bytes()})
	})
	p := r.customer // the same identity key at both
	raw, err := token.MintHS256(secret, token.Minting{Subject: "v", Thumbprint: token.Thumbprint(p.Identity())})
	if err != nil {
		t.Fatal(err)
	}
	o := relaytest.DialOptions{URL: r.URL, Origin: origin, Role: wire.Customer, Tenant: wire.TenantID(second.RootKey()), Identity: p.Key, Proof: []byte(raw)}
	c := r.ConnectWith(o)
	if !bytes.Equal(c.Manifest, second.Manifest.Bytes()) {
		t.Error("the manifest of another company")
	}
	for name, change := range map[string]func(*relaytest.DialOptions){
		"token of the second at the first": func(o *relaytest.DialOptions) { o.Tenant, o.Origin = r.Tenant(), relaytest.Origin },
		"page of the first at the second":  func(o *relaytest.DialOptions) { o.Origin = relaytest.Origin },
		"token of the first at the second": func(o *relaytest.DialOptions) { o.Proof = r.Token(p, time.Now()) },
		"agent of the first, at the second": func(o *relaytest.DialOptions) {
			a := r.Agent("Ana")
			o.Role, o.Identity, o.Proof = wire.Agent, a.Key, a.Credential.Bytes()
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			change(&o)
			_, err := relaytest.Dial(relaytest.Context(t), o)
			closed(t, err, wire.BadCredential)
		})
	}
	// A member of a conversation at the first is none at the second, under the same key.
	refused(t, c, relay.Subscribe{Conversation: r.talk.ID}, wire.NotMember)
	refused(t, c, relay.Append{Conversation: r.talk.ID, Entry: p.Message(r.talk, 10)}, wire.StaleEpoch)
	if list := ask[relay.List](t, c, relay.ListConversations{}); len(list.Conversations) != 0 {
		t.Errorf("%d conversations of the other company", len(list.Conversations))
	}
	if r.subscribe(r.atCustomer, 0) != 1 {
		t.Error("the conversation of the first company has changed")
	}
}
