package web

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

func TestTicketHasOneForm(t *testing.T) {
	good := base64.RawURLEncoding.EncodeToString(make([]byte, TicketSize))
	for name, tc := range map[string]struct {
		headers []string
		want    bool
	}{
		"good":            {[]string{"Bearer " + good}, true},
		"none":            {nil, false},
		"two":             {[]string{"Bearer " + good, "Bearer " + good}, false},
		"another scheme":  {[]string{"Basic " + good}, false},
		"padded":          {[]string{"Bearer " + good + "="}, false},
		"short":           {[]string{"Bearer " + good[:40]}, false},
		"long":            {[]string{"Bearer " + good + good}, false},
		"over two lines":  {[]string{"Bearer " + good[:20] + "\n" + good[20:]}, false},
		"stray last bits": {[]string{"Bearer " + good[:42] + "B"}, false},
	} {
		if got := Ticket(&http.Request{Header: http.Header{"Authorization": tc.headers}}); (len(got) == TicketSize) != tc.want || !tc.want && got != nil {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

func TestOnlyListedOriginsAreNamed(t *testing.T) {
	c := CORS{Lists: func(o string) bool { return o == "https://a.example" }, Methods: "GET", Headers: "X", Exposed: "Y"}
	for name, tc := range map[string]struct {
		origins   []string
		origin    string
		allowed   bool
		preflight int
	}{
		"listed":     {[]string{"https://a.example"}, "https://a.example", true, 204},
		"none":       {nil, "", true, 403},
		"not listed": {[]string{"https://b.example"}, "", false, 403},
		"null":       {[]string{"null"}, "", false, 403},
		"two":        {[]string{"https://a.example", "https://a.example"}, "", false, 403},
	} {
		w := httptest.NewRecorder()
		r := &http.Request{Header: http.Header{"Origin": tc.origins}}
		origin, allowed := c.Allow(w, r)
		if origin != tc.origin || allowed != tc.allowed || w.Header().Get("Access-Control-Allow-Origin") != tc.origin || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%s: %q, %t, %v", name, origin, allowed, w.Header())
		}
		w = httptest.NewRecorder()
		c.Preflight(w, r)
		if w.Code != tc.preflight || w.Header().Get("Access-Control-Allow-Credentials") != "" || (w.Header().Get("Access-Control-Allow-Methods") == "GET") != (tc.preflight == 204) {
			t.Errorf("%s, asked before: %d %v", name, w.Code, w.Header())
		}
	}
}

func TestRefusalSaysItsCodeAndWhenToComeAgain(t *testing.T) {
	for status, again := range map[int]bool{429: true, 503: true, 403: false, 400: false} {
		w := httptest.NewRecorder()
		Refuse(w, status, wire.BadCommit, map[string]string{"by": "Ana"})
		if w.Code != status || (w.Header().Get("Retry-After") != "") != again || w.Body.String() != `{"by":"Ana","code":13,"error":"bad commit"}` {
			t.Errorf("%d: %d %v %s", status, w.Code, w.Header(), w.Body)
		}
	}
}

func TestEveryAnswerIsHardened(t *testing.T) {
	w := httptest.NewRecorder()
	Harden(w, httptest.NewRequest("GET", "https://a.example/", nil))
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy": "no-referrer", "Content-Security-Policy": "frame-ancestors 'none'", "Strict-Transport-Security": "max-age"} {
		if got := w.Header().Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
