package demo_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// ask posts to the demo, or gets where there is no body.
func (r *running) ask(path string, body any, ticket string, into any) int {
	r.t.Helper()
	method, text := "GET", ""
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			r.t.Fatal(err)
		}
		method, text = "POST", string(raw)
	}
	res, got := r.do(method, path, text, func(q *http.Request) {
		if ticket != "" {
			q.Header.Set("Authorization", "Bearer "+ticket)
		}
	})
	if into != nil && res.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(got), into); err != nil {
			r.t.Fatalf("%s: %v: %s", path, err, got)
		}
	}
	return res.StatusCode
}

func (r *running) person(role wire.Role) *authoritytest.Person {
	r.t.Helper()
	c := r.config()
	root, err := authority.ParseOrgKey(c.OrgKey)
	if err != nil {
		r.t.Fatal(err)
	}
	p := authoritytest.New(r.t, role, c.Relay, r.URL(), wire.Hash(root))
	if role == wire.Customer {
		var a struct{ Token string }
		r.ask("/demo/token", map[string]string{"thumbprint": token.Thumbprint(p.Identity())}, "", &a)
		p.Proof = []byte(a.Token)
	}
	return p
}

// signing makes a hello over a nonce for a host.
type signing func(nonce [32]byte, host string, proof []byte) []byte

func by(t *testing.T, p *authoritytest.Person) signing {
	return func(nonce [32]byte, host string, proof []byte) []byte {
		hello, err := p.Hello(nonce[:], []byte(host), proof)
		if err != nil {
			t.Fatal(err)
		}
		return hello
	}
}

// introduce makes what the authority is shown: a hello over a fresh nonce.
func (r *running) introduce(sign signing, proof []byte) map[string]string {
	r.t.Helper()
	var c struct{ Authority string }
	r.ask("/demo/config.json", nil, "", &c)
	at, err := url.Parse(c.Authority)
	if err != nil {
		r.t.Fatal(err)
	}
	var a struct{ Nonce string }
	r.ask("/v1/authority/nonce", nil, "", &a)
	nonce, err := base64.RawURLEncoding.DecodeString(a.Nonce)
	if err != nil || len(nonce) != 32 {
		r.t.Fatal(a.Nonce, err)
	}
	hello := sign([32]byte(nonce), "authority:"+at.Host, proof)
	return map[string]string{"nonce": a.Nonce, "hello": base64.RawURLEncoding.EncodeToString(hello)}
}

// credential logs in by a name.
func (r *running) credential(name string, sign signing) []byte {
	r.t.Helper()
	var login struct{ Token string }
	var issued struct{ Credential string }
	r.ask("/demo/login", map[string]string{"name": name}, "", &login)
	if status := r.ask("/v1/authority/credential", r.introduce(sign, []byte(login.Token)), "", &issued); status != 200 {
		r.t.Fatalf("credential of %s: %d", name, status)
	}
	raw, err := base64.RawURLEncoding.DecodeString(issued.Credential)
	if err != nil {
		r.t.Fatal(err)
	}
	return raw
}

// work logs in by a name and gives a ticket.
func (r *running) work(name string, role wire.Role) (*authoritytest.Person, string) {
	r.t.Helper()
	p := r.person(role)
	p.Proof = r.credential(name, by(r.t, p))
	var session struct{ Ticket string }
	if status := r.ask("/v1/authority/session", r.introduce(by(r.t, p), p.Proof), "", &session); status != 200 {
		r.t.Fatalf("session of %s: %d", name, status)
	}
	p.Connect()
	return p, session.Ticket
}

// Write at night, be claimed in the morning, after a restart.
func TestDemoInboxWaitsAndADeskClaims(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, "127.0.0.1:0")
	c := r.person(wire.Customer)
	c.Connect()
	k := c.Begin("default")
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	c.Say(k, "is anybody there?")
	addr := r.Addr()
	c.Hangup()
	r.stop()
	r = start(t, dir, addr)

	ana, ticket := r.work("Ana", wire.Agent)
	var b struct {
		Version uint64
		Waiting []struct{ Conversation string }
	}
	id := k.ID()
	for len(b.Waiting) == 0 {
		v, _ := json.Marshal(b.Version)
		if status := r.ask("/v1/authority/queues?after="+string(v), nil, ticket, &b); status != 200 {
			t.Fatalf("queues: %d", status)
		}
	}
	if b.Waiting[0].Conversation != hex.EncodeToString(id[:]) {
		t.Errorf("%+v waits", b.Waiting)
	}
	claim := map[string]string{"conversation": hex.EncodeToString(id[:]), "keyPackage": base64.RawURLEncoding.EncodeToString(ana.Offer())}
	if status := r.ask("/v1/authority/claim", claim, ticket, nil); status != 200 {
		t.Fatalf("claim: %d", status)
	}
	if at := ana.Open(id); !slices.Equal(at.Heard, []string{"is anybody there?"}) {
		t.Errorf("Ana heard %q", at.Heard)
	}
	if _, ticket := r.work("Sam", wire.Supervisor); r.ask("/v1/authority/claim", claim, ticket, nil) != 403 {
		t.Error("a supervisor may claim")
	}
	for _, name := range []string{"", "Eve", "ana", "Ana."} {
		if status := r.ask("/demo/login", map[string]string{"name": name}, "", nil); status != 400 {
			t.Errorf("login as %q: %d, want 400", name, status)
		}
	}
}
