package service

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

func (o *office) person(role wire.Role) *authoritytest.Person {
	o.t.Helper()
	return authoritytest.New(o.t, role, o.URL, relaytest.Origin, wire.Hash(o.Org.RootKey()))
}

// introduces posts a hello, and gives the status and the code.
func (o *office) introduces(path string, q introduction) (int, wire.Code) {
	o.t.Helper()
	return o.ask("POST", "/v1/authority/"+path, "", q, nil)
}

func TestIntroductionsThatAreRefused(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person(wire.Agent)
	if code := o.credential(ana, "token of Ana"); code != 0 {
		t.Fatal(code)
	}
	eve, sam, customer := o.person(wire.Agent), o.person(wire.Supervisor), o.person(wire.Customer)
	foreign, err := authority.Init(t.TempDir()+"/other", authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stranger := authoritytest.New(t, wire.Agent, o.URL, relaytest.Origin, wire.Hash(foreign.RootKey()))
	anas, _ := decode64(encode64(ana.Proof))
	for name, tc := range map[string]struct {
		path string
		make func() introduction
		code wire.Code
	}{
		"no nonce": {"credential", func() introduction {
			q := o.hello(ana, o.fresh(), host, []byte("token of Ana"))
			q.Nonce = ""
			return q
		}, wire.BadArgument},
		"no hello":      {"credential", func() introduction { n := o.fresh(); return introduction{encode64(n[:]), ""} }, wire.BadArgument},
		"a short hello": {"credential", func() introduction { n := o.fresh(); return introduction{encode64(n[:]), "AQID"} }, wire.BadArgument},
		"an own nonce":  {"credential", func() introduction { return o.hello(ana, [32]byte{1}, host, []byte("token of Ana")) }, wire.BadCredential},
		"a changed one": {"credential", func() introduction { n := o.fresh(); n[7]++; return o.hello(ana, n, host, []byte("token of Ana")) }, wire.BadCredential},
		"another host":  {"credential", func() introduction { return o.hello(ana, o.fresh(), "relay.example", []byte("token of Ana")) }, wire.BadCredential},
		"another root":  {"credential", func() introduction { return o.hello(stranger, o.fresh(), host, []byte("token of Ana")) }, wire.BadCredential},
		"a bad login":   {"credential", func() introduction { return o.hello(ana, o.fresh(), host, []byte("token of Mallory")) }, wire.BadCredential},
		"another role":  {"credential", func() introduction { return o.hello(sam, o.fresh(), host, []byte("token of Ana")) }, wire.BadCredential},
		"a customer's":  {"credential", func() introduction { return o.hello(customer, o.fresh(), host, []byte("token of Ana")) }, wire.BadCredential},
		"no such queue": {"credential", func() introduction { return o.hello(ana, o.fresh(), host, []byte("token of Eve")) }, wire.BadCredential},
		"a hello of another nonce": {"credential", func() introduction {
			q, n := o.hello(ana, o.fresh(), host, []byte("token of Ana")), o.fresh()
			q.Nonce = encode64(n[:])
			return q
		}, wire.OpenFailed},
		"the proof swapped": {"credential", func() introduction {
			q := o.hello(ana, o.fresh(), host, []byte("token of Eve"))
			raw, _ := decode64(q.Hello)
			q.Hello = encode64([]byte(strings.Replace(string(raw), "token of Eve", "token of Ana", 1)))
			return q
		}, wire.OpenFailed},
		"a session by another's credential": {"session", func() introduction { return o.hello(eve, o.fresh(), host, anas) }, wire.BadCredential},
		"a session by a login":              {"session", func() introduction { return o.hello(ana, o.fresh(), host, []byte("token of Ana")) }, wire.BadCredential},
		"a session in another role":         {"session", func() introduction { return o.hello(sam, o.fresh(), host, anas) }, wire.BadCredential},
		"a session of another company": {"session", func() introduction {
			raw, err := foreign.Issue(authority.Request{Identity: ana.Identity(), Alias: "Ana"})
			if err != nil {
				t.Fatal(err)
			}
			return o.hello(ana, o.fresh(), host, raw)
		}, wire.BadCredential},
		"a credential for a credential": {"credential", func() introduction { return o.hello(ana, o.fresh(), host, anas) }, wire.BadCredential},
	} {
		status, code := o.introduces(tc.path, tc.make())
		if want := statuses[tc.code]; code != tc.code || status != want {
			t.Errorf("%s: %d %v, want %d %v", name, status, code, want, tc.code)
		}
	}
	late := o.fresh()
	o.clock.add(nonceLife)
	if status, code := o.introduces("credential", o.hello(ana, late, host, []byte("token of Ana"))); status != 401 || code != wire.BadCredential {
		t.Errorf("after two minutes: %d %v", status, code)
	}
	// Before another start, with another key.
	early := o.fresh()
	o.close()
	o.open()
	if status, code := o.introduces("credential", o.hello(ana, early, host, []byte("token of Ana"))); status != 401 || code != wire.BadCredential {
		t.Errorf("a nonce from before a restart: %d %v", status, code)
	}
}

func TestCredentialSaysWhatTheLoginSays(t *testing.T) {
	o := newOffice(t, nil)
	sam := o.person(wire.Supervisor)
	if code := o.credential(sam, "token of Sam"); code != 0 {
		t.Fatal(code)
	}
	c, err := wire.DecodeCredential(sam.Proof)
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Now().Unix())
	if c.Role != wire.Supervisor || c.Alias != "Sam" || !c.Holds("default") || o.Org.Manifest.CheckCredential(c) != nil || string(c.Identity) != string(sam.Identity()) {
		t.Errorf("%+v", c)
	}
	if life := c.NotAfter - now; life > 12*3600 || life < 12*3600-60 {
		t.Errorf("lives %d s, want 12 h", life)
	}
}

func TestTicketEndsWithItsCredentialAndItsIssuer(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Life = 8 * time.Hour })
	ana := o.worker(wire.Agent, "token of Ana")
	o.clock.add(8*time.Hour - 5*time.Minute)
	var begun struct {
		Ticket  string
		Expires int
	}
	if _, code := o.ask("POST", "/v1/authority/session", "", o.hello(ana.Person, o.fresh(), host, ana.Proof), &begun); code != 0 {
		t.Fatal(code)
	}
	ticket := begun.Ticket
	if begun.Expires > 300 || begun.Expires < 200 {
		t.Errorf("a ticket is for %d s, and its credential for 300", begun.Expires)
	}
	if status, _ := o.ask("GET", "/v1/authority/queues", ticket, nil, nil); status != 200 {
		t.Errorf("before it ends: %d", status)
	}
	o.clock.add(5 * time.Minute)
	if status, code := o.ask("GET", "/v1/authority/queues", ticket, nil, nil); status != 401 || code != wire.BadCredential {
		t.Errorf("when the credential has ended: %d %v", status, code)
	}
	if _, code := o.begins(ana.Person); code != wire.Expired {
		t.Errorf("a session by a credential that ended: %v", code)
	}

	ben := o.worker(wire.Agent, "token of Ben")
	before := o.Org
	renewed := *before // what the service uses does not change under it
	o.Org = &renewed
	next, err := o.Org.MakeNextIssuer()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := o.Org.Renew(authority.Options{AddIssuers: [][]byte{next}, DropIssuers: [][]byte{o.Org.Issuer.Public().(ed25519.PublicKey)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Service.SetOrg(t.Context(), o.Org); err != nil {
		t.Fatal(err)
	}
	if status, code := o.ask("GET", "/v1/authority/queues", ben.ticket, nil, nil); status != 401 || code != wire.BadCredential {
		t.Errorf("when the issuer is gone: %d %v", status, code)
	}
	if _, text, _ := o.do("GET", "/v1/authority/manifest", "", "", nil); text != string(raw) {
		t.Error("it serves another manifest than the newest")
	}
	if code := o.credential(ben.Person, "token of Ben"); code != 0 {
		t.Errorf("a credential of the next issuer: %v", code)
	}
	if err := o.Service.SetOrg(t.Context(), before); err == nil {
		t.Error("an older manifest is taken")
	}
	// Nor after a restart.
	o.close()
	newer := o.Org
	o.Org = before
	s, err := openStore(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), Config{Org: o.Org, Store: s, Login: staff, Relay: o.URL, Hosts: []string{host}}); err == nil || !strings.Contains(err.Error(), "older") {
		t.Errorf("opened under an older manifest: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o.Org = newer
	o.open()
}

// A company that not all inboxes take is taken all the same, so that who is
// revoked is out, and once more with all of them.
func TestCompanyThatNotAllInboxesTakeIsTakenAgain(t *testing.T) {
	o := newOffice(t, nil)
	if err := o.store.Save(t.Context(), store.Write{Queue: "sales", End: []byte("no state")}); err != nil {
		t.Fatal(err)
	}
	renewed := *o.Org
	raw, err := renewed.Renew(authority.Options{Queues: []string{"default", "sales"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Service.SetOrg(t.Context(), &renewed); !errors.Is(err, ErrPartly) || errors.Is(err, ErrRolledBack) {
		t.Errorf("with an inbox that does not load: %v", err)
	}
	if _, text, _ := o.do("GET", "/v1/authority/manifest", "", "", nil); text != string(raw) {
		t.Error("it serves another manifest than the newest")
	}
	if err := o.Service.SetOrg(t.Context(), o.Org); !errors.Is(err, ErrRolledBack) || errors.Is(err, ErrPartly) {
		t.Errorf("the one of before: %v", err)
	}
	if _, text, _ := o.do("GET", "/v1/authority/manifest", "", "", nil); text != string(raw) {
		t.Error("an older manifest is served")
	}
	end, err := conversation.NewEnd(wire.Inbox, []wire.Hash{wire.Hash(o.Org.RootKey())})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.store.Save(t.Context(), store.Write{Queue: "sales", End: end.Marshal()}); err != nil {
		t.Fatal(err)
	}
	if err := o.Relay.SetManifest(t.Context(), o.Tenant(), raw); err != nil {
		t.Fatal(err)
	}
	if err := o.Service.SetOrg(t.Context(), &renewed); err != nil {
		t.Fatalf("tried again: %v", err)
	}
	o.Org = &renewed
	c := authoritytest.Customer(t, o.Relay)
	c.Connect()
	k := c.Begin("sales")
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
}
