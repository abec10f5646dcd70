package relay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The allowlist of A01. Every route that the router has must be here, with
// what a plain request of somebody unknown gets.
var routes = map[string]int{
	"GET /healthz":    http.StatusOK,
	"GET /v1/connect": http.StatusForbidden, // no origin; with one, and no upgrade: 426

	"POST /v1/files":                http.StatusUnauthorized, // no ticket; files_test.go says who may what with one
	"PUT /v1/files/{id}/{part}":     http.StatusUnauthorized,
	"GET /v1/files/{id}/parts":      http.StatusUnauthorized,
	"POST /v1/files/{id}/complete":  http.StatusUnauthorized,
	"GET /v1/files/{id}":            http.StatusUnauthorized,
	"DELETE /v1/files/{id}":         http.StatusUnauthorized,
	"OPTIONS /v1/files":             http.StatusForbidden, // no origin
	"OPTIONS /v1/files/{id}":        http.StatusForbidden,
	"OPTIONS /v1/files/{id}/{part}": http.StatusForbidden,
}

func TestA01_EveryRouteIsListedAndClosed(t *testing.T) {
	r := relaytest.Start(t, nil)
	base := "http://" + r.Addr
	for _, route := range r.Routes() {
		if _, listed := routes[route.Method+" "+route.Path]; !listed {
			t.Errorf("%s %s is a route that no test knows", route.Method, route.Path)
			continue
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"} {
			for _, token := range []string{"", "Bearer " + string(r.Token(relaytest.NewPerson(wire.Customer), time.Now()))} {
				path := strings.NewReplacer("{id}", "AAAAAAAAAAAAAAAAAAAAAA", "{part}", "0").Replace(route.Path)
				status := request(t, method, base+path, token)
				asked := method
				if method == "HEAD" {
					asked = "GET"
				}
				switch want, listed := wanted(asked, path); {
				case listed:
					if status != want {
						t.Errorf("%s %s: %d, want %d", method, route.Path, status, want)
					}
				case status != http.StatusMethodNotAllowed && status != http.StatusNotFound && status != http.StatusBadRequest:
					t.Errorf("%s %s: %d, want it refused", method, route.Path, status)
				}
			}
		}
	}
	if len(routes) != len(r.Routes()) {
		t.Errorf("%d routes, %d listed", len(r.Routes()), len(routes))
	}
	for _, path := range []string{"/", "/v1/", "/v1/connect/", "/v1/connect/x", "/V1/connect", "/debug/pprof/", "/metrics", "/admin", "/js/index.js", "//v1//connect", "/v1/../healthz/x",
		"/demo/entries", "/demo/token", "/demo/credential", "/demo/config.json", "/site", "/desk", "/relay"} {
		if status := request(t, "GET", base+path, ""); status != http.StatusNotFound && status != http.StatusTemporaryRedirect && status != http.StatusMovedPermanently {
			t.Errorf("GET %s: %d, want 404", path, status)
		}
	}
}

// wanted finds the route of a path.
func wanted(method, path string) (status int, listed bool) {
	for pattern, status := range routes {
		of, pattern, _ := strings.Cut(pattern, " ")
		matches := regexp.MustCompile("^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(pattern, "[^/]+") + "$")
		if of == method && matches.MatchString(path) {
			return status, true
		}
	}
	return 0, false
}

// request gives the status of an answer, whose headers must be as they should
// on every one, errors and redirects (of paths that were not clean) included.
func request(t *testing.T, method, url, token string) int {
	t.Helper()
	if method == "CONNECT" {
		return http.StatusMethodNotAllowed // a client of Go makes a tunnel of it
	}
	q, err := http.NewRequestWithContext(relaytest.Context(t), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		q.Header.Set("Authorization", token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Access-Control-Allow-Origin": ""} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s %s: %s is %q, want %q", method, url, name, got, want)
		}
	}
	if !strings.Contains(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s %s: no policy", method, url)
	}
	return answer.StatusCode
}

// may says who may send which frame after the hello. The codes are those of a
// well-formed request by somebody who is no member of anything.
var may = map[relay.FrameType]struct {
	body  relay.Body
	codes map[wire.Role]wire.Code // 0: it is done
}{
	relay.TypeAppend:            {relay.Append{Conversation: wire.ID{1}}, all(wire.BadArgument)},
	relay.TypeSubscribe:         {relay.Subscribe{Conversation: wire.ID{1}}, all(wire.NotMember)},
	relay.TypeUnsubscribe:       {relay.Unsubscribe{Conversation: wire.ID{1}}, all(0)},
	relay.TypeSendPassing:       {relay.SendPassing{Conversation: wire.ID{1}}, all(wire.BadArgument)},
	relay.TypePublishKeyPackage: {relay.PublishKeyPackage{}, company(wire.BadArgument, wire.Customer)},
	relay.TypeTakeKeyPackage:    {relay.TakeKeyPackage{Queue: "default"}, all(wire.Unavailable)},
	relay.TypeFetchManifest:     {relay.FetchManifest{Hash: wire.Hash{1}}, all(wire.Unavailable)},
	relay.TypeListConversations: {relay.ListConversations{}, all(0)},
	relay.TypeTicket:            {relay.Ticket{Conversation: wire.ID{1}}, all(wire.NotMember)},
}

func all(code wire.Code) map[wire.Role]wire.Code {
	return map[wire.Role]wire.Code{wire.Customer: code, wire.Agent: code, wire.Supervisor: code, wire.Inbox: code}
}

// company is all, but for roles that may not.
func company(code wire.Code, but ...wire.Role) map[wire.Role]wire.Code {
	codes := all(code)
	for _, role := range but {
		codes[role] = wire.NotMember
	}
	return codes
}

func TestA01_EveryFrameIsListedForEveryRole(t *testing.T) {
	r := relaytest.Start(t, nil)
	persons := map[wire.Role]*relaytest.Person{wire.Customer: relaytest.NewPerson(wire.Customer), wire.Agent: r.Agent("Ana"), wire.Supervisor: r.Supervisor("Sam"), wire.Inbox: r.Inbox("default")}
	for kind := range 256 {
		_, known := may[relay.FrameType(kind)]
		if known != relay.Accepts(relay.FrameType(kind)) {
			t.Errorf("frame %d: listed %v, accepted %v", kind, known, relay.Accepts(relay.FrameType(kind)))
		}
	}
	for role, person := range persons {
		for kind, frame := range may {
			t.Run(fmt.Sprintf("role %d frame %d", role, kind), func(t *testing.T) {
				at := r.Connect(person)
				want, listed := frame.codes[role]
				if !listed {
					t.Fatal("this role is not listed")
				}
				if kind == relay.TypeSendPassing || want != 0 {
					refused(t, at, frame.body, want)
					return
				}
				if _, err := at.Ask(relaytest.Context(t), frame.body); err != nil {
					t.Error(err)
				}
			})
		}
		for kind := range 256 {
			if relay.Accepts(relay.FrameType(kind)) {
				continue
			}
			at := r.Connect(person)
			if err := at.SendRaw(relaytest.Context(t), []byte{byte(kind), 0, 0, 0, 1}); err != nil {
				t.Fatal(err)
			}
			closed(t, at.Wait(), wire.BadArgument)
		}
	}
}

func TestHealthSaysWhenDraining(t *testing.T) {
	r := relaytest.Start(t, nil)
	if status := request(t, "GET", "http://"+r.Addr+"/healthz", ""); status != http.StatusOK {
		t.Errorf("%d while it runs", status)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.Drain(ctx)
	if status := request(t, "GET", "http://"+r.Addr+"/healthz", ""); status != http.StatusServiceUnavailable {
		t.Errorf("%d after draining", status)
	}
	_, _, err := relaytest.Open(relaytest.Context(t), relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
	var status relaytest.StatusError
	if !errors.As(err, &status) || status != http.StatusServiceUnavailable {
		t.Errorf("connecting after draining: %v", err)
	}
}

func TestA03_OriginTricks(t *testing.T) {
	r := relaytest.Start(t, nil)
	ctx := relaytest.Context(t)
	socket, _, err := relaytest.Open(ctx, relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
	if err != nil {
		t.Fatalf("the one right origin: %v", err)
	}
	socket.CloseNow()
	for _, origin := range []string{
		"", "null", "https://", "https://shop.example.", "https://shop.example:443", "https://shop.example:8443", "http://shop.example",
		"https://shop.example.evil.example", "https://evilshop.example", "https://a.shop.example", "https://shop.exampl", "https://shop.example/",
		"https://SHOP.EXAMPLE", "HTTPS://shop.example", "https://shop.example@evil.example", "https://user@shop.example", "https://shop.example\tx", "https://shop%2eexample",
		"https://shop.example https://evil.example", "https://sh\u043ep.example", "https://xn--shp-8cd.example", "wss://shop.example", "shop.example", "file://", "*", "https://*.example",
		"http://" + r.Addr, "https://" + r.Addr,
	} {
		t.Run(origin, func(t *testing.T) {
			wantStatus(t, relaytest.DialOptions{URL: r.URL, Origin: origin}, http.StatusForbidden)
		})
	}
	t.Run("two origins, one of them right", func(t *testing.T) {
		q, err := http.NewRequestWithContext(ctx, "GET", "http://"+r.Addr+"/v1/connect", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header = http.Header{"Origin": {relaytest.Origin, "https://evil.example"}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}}
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%d, want 403", answer.StatusCode)
		}
	})
}

func TestA03_MissingOriginOnlyWhereAllowed(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.AllowMissingOrigin = true })
	p := relaytest.NewPerson(wire.Customer)
	o := r.Options(p)
	o.Origin = ""
	r.ConnectWith(o)
	for _, origin := range []string{"null", "https://evil.example"} {
		wantStatus(t, relaytest.DialOptions{URL: r.URL, Origin: origin}, http.StatusForbidden)
	}
}
