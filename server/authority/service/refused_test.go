package service

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
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

// Every route by every method, without a ticket, with an ended one, with one
// whose credential stands no more, and with a good one.
func TestEveryRouteByEveryMethod(t *testing.T) {
	o := newOffice(t, nil)
	type row struct{ none, ended, good int }
	want := map[string]row{
		"GET /v1/authority/nonce":       {200, 200, 200},
		"POST /v1/authority/credential": {400, 400, 400},
		"POST /v1/authority/session":    {400, 400, 400},
		"GET /v1/authority/manifest":    {200, 200, 200},
		"GET /v1/authority/queues":      {401, 401, 200},
		"POST /v1/authority/claim":      {401, 401, 400},
	}
	ana := o.worker(wire.Agent, "token of Ana")
	ended := ana.ticket
	o.clock.add(sessionLife)
	good, code := o.begins(ana.Person)
	if code != 0 {
		t.Fatal(code)
	}
	listed := map[string]bool{}
	for _, r := range o.Service.Routes() {
		listed[r.Path] = true
	}
	if len(listed) != len(want) {
		t.Errorf("%d paths are listed, want %d", len(listed), len(want))
	}
	for path := range listed {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			w, known := want[method+" "+path]
			switch {
			case method == "HEAD":
				w, known = want["GET "+path], want["GET "+path] != row{}
			case method == "OPTIONS":
				w, known = row{403, 403, 403}, true // without an origin there is nothing to ask
			}
			if !known {
				w = row{405, 405, 405}
			}
			body := ""
			if method == "POST" {
				body = "{}"
			}
			for ticket, status := range map[string]int{"": w.none, ended: w.ended, good: w.good} {
				if got, text, h := o.do(method, path, ticket, body, nil); got != status {
					t.Errorf("%s %s with ticket %t: %d %s, want %d", method, path, ticket == good, got, text, status)
				} else if h.Get("Cache-Control") != "no-store" || h.Get("Set-Cookie") != "" || h.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s %s: headers %v", method, path, h)
				}
			}
		}
	}
	for name, ticket := range map[string]string{"none at all": "x", "another's form": good + "=", "two lines": good[:20] + "\n" + good[20:], "random": encode64(make([]byte, 32)), "short": good[:40]} {
		if name == "two lines" {
			continue // no client sends it
		}
		if got, _, h := o.do("GET", "/v1/authority/queues", ticket, "", nil); got != 401 || h.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got, _, _ := o.do("GET", "/v1/authority/queues", good, "", func(q *http.Request) { q.Header.Add("Authorization", "Bearer "+good) }); got != 401 {
		t.Errorf("two tickets: %d", got)
	}
	for path, status := range map[string]int{"?after=x": 400, "?after=-1": 400, "?after=99999999999999999999": 400, "?after=1": 200} {
		if got, _, _ := o.do("GET", "/v1/authority/queues"+path, good, "", nil); got != status {
			t.Errorf("%s: %d, want %d", path, got, status)
		}
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

func TestBodiesAndOrigins(t *testing.T) {
	o := newOffice(t, nil)
	for name, tc := range map[string]struct {
		body, kind string
		status     int
		code       wire.Code
	}{
		"a form":         {"a=b", "application/x-www-form-urlencoded", 415, wire.BadArgument},
		"no type":        {"{}", "", 415, wire.BadArgument},
		"no JSON":        {"{", "application/json", 400, wire.BadArgument},
		"another field":  {`{"nonce":"","hello":"","x":1}`, "application/json", 400, wire.BadArgument},
		"two values":     {`{} {}`, "application/json", 400, wire.BadArgument},
		"a list":         {`[]`, "application/json", 400, wire.BadArgument},
		"over its limit": {`{"nonce":"` + strings.Repeat("A", maxBody) + `"}`, "application/json", 413, wire.TooLarge},
	} {
		status, text, _ := o.do("POST", "/v1/authority/credential", "", tc.body, func(q *http.Request) {
			q.Header.Del("Content-Type")
			if tc.kind != "" {
				q.Header.Set("Content-Type", tc.kind)
			}
		})
		var refused struct{ Code wire.Code }
		if err := json.Unmarshal([]byte(text), &refused); err != nil || status != tc.status || refused.Code != tc.code {
			t.Errorf("%s: %d %s, want %d %v", name, status, text, tc.status, tc.code)
		}
	}
	for origin, want := range map[string]int{"": 200, relaytest.Origin: 200, "https://evil.example": 403, relaytest.Origin + ".evil.example": 403, "null": 403} {
		status, _, h := o.do("GET", "/v1/authority/nonce", "", "", func(q *http.Request) {
			if origin != "" {
				q.Header.Set("Origin", origin)
			}
		})
		allowed := h.Get("Access-Control-Allow-Origin")
		if status != want || (want == 200 && allowed != origin) || (want != 200 && allowed != "") || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("origin %q: %d, allows %q", origin, status, allowed)
		}
		status, _, h = o.do("OPTIONS", "/v1/authority/claim", "", "", func(q *http.Request) {
			if origin != "" {
				q.Header.Set("Origin", origin)
			}
		})
		if want := map[bool]int{true: 204, false: 403}[origin == relaytest.Origin]; status != want || want == 204 && !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("a preflight of %q: %d", origin, status)
		}
	}
	if status, _, _ := o.do("GET", "/v1/authority/nonce", "", "", func(q *http.Request) {
		q.Header.Add("Origin", relaytest.Origin)
		q.Header.Add("Origin", relaytest.Origin)
	}); status != 403 {
		t.Errorf("two origins: %d", status)
	}
}

func TestLimitsByAddressAndByMember(t *testing.T) {
	o := newOffice(t, func(c *Config) {
		c.Limits = Limits{AddressPerSecond: 0.001, AddressBurst: 20, MemberPerSecond: 0.001, MemberBurst: 3, Sessions: 2}
	})
	ana := o.worker(wire.Agent, "token of Ana") // 4 requests
	for i := range 4 {
		status, code := o.ask("GET", "/v1/authority/queues", ana.ticket, nil, nil)
		if want := map[bool]int{true: 200, false: 429}[i < 3]; status != want || want == 429 && code != wire.RateLimited {
			t.Errorf("request %d of a member: %d %v", i, status, code)
		}
	}
	first := ana.ticket
	for range 2 { // 4 requests; the first ticket goes
		if _, code := o.begins(ana.Person); code != 0 {
			t.Fatal(code)
		}
	}
	if status, _ := o.ask("GET", "/v1/authority/queues", first, nil, nil); status != 401 {
		t.Errorf("the oldest of too many tickets: %d", status)
	}
	refused := 0
	for range 20 {
		status, _, h := o.do("GET", "/v1/authority/nonce", "", "", nil)
		if status == 429 && h.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused < 8 || refused > 12 {
		t.Errorf("%d of 20 requests of an address were refused", refused)
	}
}

func TestPollWaitsForAChangeAndTellsWhoIsThere(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.worker(wire.Agent, "token of Ana")
	b := o.until(ana, func(b board) bool { return len(b.Agents) == 1 && b.Agents[0].Online })
	type result struct {
		b      board
		status int
	}
	got := make(chan result, 1)
	go func() {
		var r result
		r.status, _ = o.ask("GET", "/v1/authority/queues?after="+jsonNumber(b.Version), ana.ticket, nil, &r.b)
		got <- r
	}()
	select {
	case r := <-got:
		t.Fatalf("answered at once: %d %+v", r.status, r.b)
	case <-time.After(100 * time.Millisecond):
	}
	o.worker(wire.Agent, "token of Ben")
	if r := <-got; r.status != 200 || r.b.Version == b.Version || len(r.b.Agents) != 2 {
		t.Errorf("%d %+v", r.status, r.b)
	}
	// Who stops asking is away after a while.
	o.Service.people.mu.Lock()
	o.Service.people.away = 20 * time.Millisecond
	o.Service.people.mu.Unlock()
	sam := o.worker(wire.Supervisor, "token of Sam")
	o.until(ana, func(b board) bool { return len(b.Agents) == 3 })
	b = o.until(sam, func(b board) bool {
		for _, a := range b.Agents {
			if a.Alias == "Ana" && a.Online || a.Alias == "Sam" && !a.Online {
				return false
			}
		}
		return true
	})
	// And is still known after a restart, as away.
	o.close()
	o.open()
	ticket, code := o.begins(sam.Person)
	if code != 0 {
		t.Fatal(code)
	}
	b = o.until(&worker{sam.Person, ticket}, func(b board) bool { return len(b.Agents) == 3 })
	if b.Agents[0].Alias != "Ana" || b.Agents[0].Online {
		t.Errorf("%+v", b.Agents)
	}
}

func TestOnlyOwnQueuesAreTold(t *testing.T) {
	o := newOffice(t, nil)
	renewed := *o.Org
	o.Org = &renewed
	if _, err := o.Org.Renew(authority.Options{Queues: []string{"default", "sales"}}); err != nil {
		t.Fatal(err)
	}
	if err := o.Relay.SetManifest(t.Context(), o.Tenant(), o.Org.Manifest.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := o.Service.SetOrg(t.Context(), o.Org); err != nil {
		t.Fatal(err)
	}
	ana, eve := o.worker(wire.Agent, "token of Ana"), o.worker(wire.Agent, "token of Eve") // Eve: sales alone
	c := authoritytest.Customer(t, o.Relay)
	c.Connect()
	k := c.Begin("default")
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	o.until(ana, func(b board) bool { return len(b.Waiting) == 1 })
	b := o.until(eve, func(board) bool { return true })
	if len(b.Waiting) != 0 {
		t.Errorf("Eve sees %+v", b.Waiting)
	}
	for _, a := range b.Agents {
		for _, q := range a.Queues {
			if q != "sales" {
				t.Errorf("Eve sees that %s holds %s", a.Alias, q)
			}
		}
	}
	if status, code, _ := o.claims(eve, hexOf(k.ID()), eve.Offer()); status != 404 || code != wire.Unavailable {
		t.Errorf("Eve claims what is not hers to see: %d %v", status, code)
	}
	sam := o.worker(wire.Supervisor, "token of Sam")
	if status, code, _ := o.claims(sam, hexOf(k.ID()), sam.Offer()); status != 403 || code != wire.NotMember {
		t.Errorf("a supervisor claims: %d %v", status, code)
	}
	if status, code, _ := o.claims(ana, hexOf(k.ID()), eve.Offer()); status != 400 || code != wire.BadCredential {
		t.Errorf("a claim with another's key package: %d %v", status, code)
	}
}

func TestAnswerNamesTheLongestWaitingAndCountsAll(t *testing.T) {
	o := newOffice(t, nil)
	o.Service.rows = 2
	ana := o.worker(wire.Agent, "token of Ana")
	var first []string
	for range 4 {
		c := authoritytest.Customer(t, o.Relay)
		c.Connect()
		k := c.Begin("default")
		c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
		first = append(first, hexOf(k.ID()))
	}
	for _, proof := range []string{"token of Ben", "token of Sam"} {
		o.worker(map[string]wire.Role{"token of Ben": wire.Agent, "token of Sam": wire.Supervisor}[proof], proof)
	}
	b := o.until(ana, func(b board) bool { return b.Counts["default"].Waiting == 4 && b.Counts["default"].Agents == 3 })
	if len(b.Waiting) != 2 || b.Waiting[0].Conversation != first[0] || b.Waiting[1].Conversation != first[1] {
		t.Errorf("named are %+v, want %q", b.Waiting, first[:2])
	}
	if len(b.Agents) != 2 || b.Agents[0].Alias != "Ana" || !b.Agents[0].Online || len(b.Counts) != 1 {
		t.Errorf("named are %+v of %v", b.Agents, b.Counts)
	}
}

func TestPollOfOneQueueSleepsThroughChangesInAnother(t *testing.T) {
	o := newOffice(t, nil)
	renewed := *o.Org
	o.Org = &renewed
	if _, err := o.Org.Renew(authority.Options{Queues: []string{"default", "sales"}}); err != nil {
		t.Fatal(err)
	}
	if err := o.Relay.SetManifest(t.Context(), o.Tenant(), o.Org.Manifest.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := o.Service.SetOrg(t.Context(), o.Org); err != nil {
		t.Fatal(err)
	}
	eve := o.worker(wire.Agent, "token of Eve") // sales alone
	b := o.until(eve, func(b board) bool { return len(b.Agents) == 1 && b.Agents[0].Online })
	got := make(chan board, 1)
	go func() {
		var b2 board
		o.ask("GET", "/v1/authority/queues?after="+jsonNumber(b.Version), eve.ticket, nil, &b2)
		got <- b2
	}()
	before := o.Service.pulse.version([]string{"default"})
	customer := func(queue string) {
		c := authoritytest.Customer(t, o.Relay)
		c.Connect()
		k := c.Begin(queue)
		c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	}
	customer("default")
	for ctx := relaytest.Context(t); o.Service.pulse.version([]string{"default"}) == before; runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatal("the other queue does not change")
		}
	}
	if now := o.Service.pulse.version([]string{"sales"}); now != b.Version {
		t.Errorf("the version of sales is %d, and was %d", now, b.Version)
	}
	select {
	case <-got:
		t.Error("the poll of sales returned for a change in default")
	case <-time.After(3 * settle):
	}
	customer("sales")
	select {
	case b2 := <-got:
		if b2.Version == b.Version {
			t.Errorf("%+v", b2)
		}
	case <-time.After(relaytest.Patience):
		t.Error("the poll of sales does not return for a change there")
	}
}

func TestLogHasNothingThatOpensAnything(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.worker(wire.Agent, "token of Ana")
	nonce := o.fresh()
	o.introduces("credential", o.hello(ana.Person, nonce, host, []byte("token of Mallory, a canary")))
	ana.Hangup() // who does not read holds a restart up
	o.Relay.Restart()
	c := authoritytest.Customer(t, o.Relay)
	c.Connect()
	k := c.Begin("default")
	o.until(ana, func(b board) bool { return len(b.Waiting) == 1 })
	kp := ana.Offer()
	o.claims(ana, hexOf(k.ID()), kp)
	log := o.log.String()
	if log == "" {
		t.Fatal("nothing is logged at all")
	}
	for what, secret := range map[string]string{
		"a login": "token of", "a canary": "canary", "a ticket": ana.ticket, "a nonce": encode64(nonce[:]), "a credential": encode64(ana.Proof)[:40],
		"a key package": encode64(kp)[:40], "a conversation": hexOf(k.ID()), "a member": hexOf(ana.ID()), "an identity": base64.StdEncoding.EncodeToString(ana.Identity()),
	} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %s", what)
		}
	}
}

// The built-in login by token, against this service.
func TestLoginsByTokenThatAreRefused(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, other, _ := ed25519.GenerateKey(nil)
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		point, _ := key.PublicKey.Bytes()
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "x": encode64(point[1:33]), "y": encode64(point[33:]),
		}}})
	}))
	defer keys.Close()
	verifier, err := token.NewLogin(token.LoginConfig{Issuer: "https://login.example", Audience: "sealwire", JWKS: keys.URL, AliasClaim: "nickname", RoleClaim: "role", QueuesClaim: "queues"})
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, func(c *Config) { c.Login = Tokens{verifier} })
	ana := o.person(wire.Agent)
	now := time.Now().Unix()
	sign := func(header string, claims map[string]any, by any) string {
		payload, _ := json.Marshal(claims)
		text := encode64([]byte(header)) + "." + encode64(payload)
		switch by := by.(type) {
		case *ecdsa.PrivateKey:
			return text + "." + encode64(signES256(t, by, text))
		case ed25519.PrivateKey:
			return text + "." + encode64(ed25519.Sign(by, []byte(text)))
		}
		return text + "."
	}
	const es = `{"alg":"ES256","kid":"k"}`
	claims := func(change func(map[string]any)) map[string]any {
		c := map[string]any{"iss": "https://login.example", "aud": "sealwire", "sub": "4711", "iat": now, "exp": now + 600, "nickname": "Ana", "role": "agent", "queues": []string{"default", "not there yet"}}
		if change != nil {
			change(c)
		}
		return c
	}
	with := func(change func(map[string]any)) string { return sign(es, claims(change), key) }
	for name, tc := range map[string]struct {
		proof string
		code  wire.Code
	}{
		"as it should be":  {with(nil), 0},
		"aud in a list":    {with(func(c map[string]any) { c["aud"] = []string{"sealwire"} }), 0},
		"bound to her key": {with(func(c map[string]any) { c["cnf"] = map[string]string{"jkt": token.Thumbprint(ana.Identity())} }), 0},
		"alg none":         {sign(`{"alg":"none","kid":"k"}`, claims(nil), nil), wire.BadCredential},
		"alg HS256":        {sign(`{"alg":"HS256","kid":"k"}`, claims(nil), nil), wire.BadCredential},
		"another key":      {sign(`{"alg":"EdDSA","kid":"k"}`, claims(nil), other), wire.BadCredential},
		"an unknown kid":   {sign(`{"alg":"ES256","kid":"z"}`, claims(nil), key), wire.BadCredential},
		"wrong aud":        {with(func(c map[string]any) { c["aud"] = "other" }), wire.BadCredential},
		"two auds":         {with(func(c map[string]any) { c["aud"] = []string{"sealwire", "other"} }), wire.BadCredential},
		"wrong iss":        {with(func(c map[string]any) { c["iss"] = "https://evil.example" }), wire.BadCredential},
		"expired":          {with(func(c map[string]any) { c["iat"], c["exp"] = now-1200, now-600 }), wire.Expired},
		"no exp":           {with(func(c map[string]any) { delete(c, "exp") }), wire.BadCredential},
		"no iat":           {with(func(c map[string]any) { delete(c, "iat") }), wire.BadCredential},
		"two days":         {with(func(c map[string]any) { c["exp"] = now + 2*86400 }), wire.BadCredential},
		"not yet":          {with(func(c map[string]any) { c["nbf"] = now + 300 }), wire.BadCredential},
		"no alias":         {with(func(c map[string]any) { delete(c, "nickname") }), wire.BadCredential},
		"her number":       {with(func(c map[string]any) { c["nickname"] = "4711" }), wire.BadCredential},
		"a long alias":     {with(func(c map[string]any) { c["nickname"] = strings.Repeat("a", 65) }), wire.BadCredential},
		"a turned alias":   {with(func(c map[string]any) { c["nickname"] = "Ana\u202e" }), wire.BadCredential},
		"no role":          {with(func(c map[string]any) { delete(c, "role") }), wire.BadCredential},
		"another role":     {with(func(c map[string]any) { c["role"] = "admin" }), wire.BadCredential},
		"a supervisor":     {with(func(c map[string]any) { c["role"] = "supervisor" }), wire.BadCredential}, // the end is an agent's
		"no queues":        {with(func(c map[string]any) { c["queues"] = []string{} }), wire.BadCredential},
		"other queues":     {with(func(c map[string]any) { c["queues"] = []string{"other"} }), wire.BadCredential},
		"bound to another": {with(func(c map[string]any) { c["cnf"] = map[string]string{"jkt": token.Thumbprint(make([]byte, 32))} }), wire.BadCredential},
		"no token":         {"", wire.BadCredential},
	} {
		if code := o.credential(ana, tc.proof); code != tc.code {
			t.Errorf("%s: %v, want %v", name, code, tc.code)
		}
	}
	c, err := wire.DecodeCredential(ana.Proof)
	if err != nil || c.Alias != "Ana" || len(c.Queues) != 1 || strings.Contains(string(ana.Proof), "4711") {
		t.Errorf("%+v, %v", c, err)
	}
	// Keys that cannot be had are nobody's fault who logs in.
	away, err := token.NewLogin(token.LoginConfig{Issuer: "i", Audience: "a", JWKS: "http://127.0.0.1:1/", AliasClaim: "nickname"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Tokens{away}).Login(t.Context(), []byte(with(nil)), ana.Identity(), time.Now()); err != wire.Unavailable {
		t.Errorf("without keys: %v, want unavailable", err)
	}
}

func FuzzReadQuestion(f *testing.F) {
	for _, text := range []string{`{"nonce":"AA","hello":"AQ"}`, `{}`, `{"nonce":1}`, `[]`, ``, `{"nonce":"AA"}{}`, `{"hello":"A\n"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var q introduction
		if err := readQuestion(text, &q); err != nil {
			if err != wire.BadArgument {
				t.Fatal(err)
			}
			return
		}
		nonce, hello, err := q.parts()
		if err == nil && (encode64(nonce[:]) != q.Nonce || encode64(hello) != q.Hello) {
			t.Fatalf("%q and %q have another form", q.Nonce, q.Hello)
		}
	})
}
