package service

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

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
