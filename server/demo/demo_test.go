package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/demo"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// files stand in for package js: the demo must serve what it is given.
func files() fstest.MapFS {
	module := []byte("\x00asm a module")
	sum := sha256.Sum256(module)
	return fstest.MapFS{
		"index.js":           {Data: []byte("export {};")},
		"core/sealwire.wasm": {Data: module},
		"core/module.js":     {Data: []byte(`export const sha256 = "` + hex.EncodeToString(sum[:]) + `";`)},
		"core/build/main.go": {Data: []byte("package main")},
		"demo/index.html":    {Data: []byte("<title>index")},
		"demo/site.html":     {Data: []byte("<title>site")},
		"demo/desk.html":     {Data: []byte("<title>desk")},
		"demo/relay.html":    {Data: []byte("<title>relay")},
		"demo/site.css":      {Data: []byte("a{}")},
		"demo/house.svg":     {Data: []byte("<svg/>")},
		"package.json":       {Data: []byte("{}")},
	}
}

type running struct {
	*demo.Demo
	t    *testing.T
	dir  string
	stop func()
}

func start(t *testing.T, dir, addr string) *running {
	t.Helper()
	d, err := demo.Open(context.Background(), demo.Options{Addr: addr, Dir: dir, Files: files()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Serve(ctx) }()
	r := &running{Demo: d, t: t, dir: dir}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

var client = http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (r *running) do(method, path, body string, change func(*http.Request)) (*http.Response, string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(relaytest.Context(r.t), method, r.URL()+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(q)
	}
	answer, err := client.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer, string(text)
}

func (r *running) config() (c struct{ OrgKey, Relay, Queue, Agent string }) {
	r.t.Helper()
	_, text := r.do("GET", "/demo/config.json", "", nil)
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		r.t.Fatalf("%v: %s", err, text)
	}
	return c
}

// connect makes a person of the demo, as its pages do, and connects it.
func (r *running) connect(role wire.Role) (*relaytest.Person, *relaytest.Client) {
	r.t.Helper()
	p := relaytest.NewPerson(role)
	c := r.config()
	root, err := authority.ParseOrgKey(c.OrgKey)
	if err != nil {
		r.t.Fatal(err)
	}
	o := relaytest.DialOptions{URL: c.Relay, Origin: r.URL(), Role: role, Tenant: wire.TenantID(root), Identity: p.Key}
	if role == wire.Customer {
		_, text := r.do("POST", "/demo/token", `{"thumbprint":"`+token.Thumbprint(p.Identity())+`"}`, nil)
		var a struct{ Token string }
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			r.t.Fatalf("%v: %s", err, text)
		}
		o.Proof = []byte(a.Token)
	} else {
		o.Proof = r.credential(c.Agent, func(nonce [32]byte, host string, proof []byte) []byte {
			hello := relay.Hello{Role: role, Tenant: o.Tenant, Identity: p.Identity(), Host: host, Proof: proof}
			hello.Signature = wire.Sign(p.Key, "relay hello", relay.HelloInput(nonce, &hello))
			return relay.EncodeFrame(1, hello)[5:] // what stands in the frame
		})
		if p.Credential, err = wire.DecodeCredential(o.Proof); err != nil {
			r.t.Fatal(err)
		}
	}
	at, err := relaytest.Dial(relaytest.Context(r.t), o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(at.CloseNow)
	return p, at
}

// talk begins a conversation and gives its first entries.
func (r *running) talk() (id wire.ID, entries [][]byte) {
	r.t.Helper()
	ctx := relaytest.Context(r.t)
	customer, at := r.connect(wire.Customer)
	agent, _ := r.connect(wire.Agent)
	kp := agent.KeyPackage(time.Now().Add(time.Hour), false)
	root, _ := authority.ParseOrgKey(r.config().OrgKey)
	manifest, err := wire.DecodeManifest(at.Manifest, []wire.Hash{wire.Hash(root)})
	if err != nil {
		r.t.Fatal(err)
	}
	talk := relaytest.NewTalk(manifest)
	genesis := customer.Genesis(talk, manifest, "default", kp)
	talk.Apply(genesis)
	for _, entry := range [][]byte{genesis, customer.Message(talk, 10)} {
		if _, err := at.Ask(ctx, relay.Append{Conversation: talk.ID, Entry: entry}); err != nil {
			r.t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return talk.ID, entries
}

func TestPagesAndModules(t *testing.T) {
	r := start(t, t.TempDir(), "127.0.0.1:0")
	for path, want := range map[string]struct{ kind, text, cache string }{
		"/":                      {"text/html; charset=utf-8", "<title>index", "no-store"},
		"/site":                  {"text/html; charset=utf-8", "<title>site", "no-store"},
		"/desk":                  {"text/html; charset=utf-8", "<title>desk", "no-store"},
		"/relay":                 {"text/html; charset=utf-8", "<title>relay", "no-store"},
		"/js/index.js":           {"text/javascript; charset=utf-8", "export {};", "no-cache"},
		"/js/core/sealwire.wasm": {"application/wasm", "\x00asm a module", "no-cache"},
		"/js/demo/site.css":      {"text/css; charset=utf-8", "a{}", "no-cache"},
		"/js/demo/house.svg":     {"image/svg+xml", "<svg/>", "no-cache"},
	} {
		answer, text := r.do("GET", path, "", nil)
		h := answer.Header
		if answer.StatusCode != 200 || text != want.text || h.Get("Content-Type") != want.kind || h.Get("Cache-Control") != want.cache {
			t.Errorf("%s: %d %q, %q, %q", path, answer.StatusCode, text, h.Get("Content-Type"), h.Get("Cache-Control"))
		}
		policy := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "connect-src 'self' ws://" + r.Addr(),
			"img-src 'self' blob:", "style-src 'self'", "require-trusted-types-for 'script'", "trusted-types sealwire"} {
			if !strings.Contains("; "+policy+";", "; "+part+";") {
				t.Errorf("%s: the policy lacks %q: %s", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "'unsafe-eval'") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
	for _, path := range []string{"/js/package.json", "/js/core/build/main.go", "/js/demo/site.html", "/js/", "/js/core", "/js/../go.mod", "/js/%2e%2e/go.mod", "/demo/", "/nothing"} {
		if answer, _ := r.do("GET", path, "", nil); answer.StatusCode == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

// Every route is listed here, with the statuses that it gives to its own page
// and to a page of another site.
func TestA01_EveryRouteIsListed(t *testing.T) {
	r := start(t, t.TempDir(), "127.0.0.1:0")
	listed := map[string]struct{ own, foreign int }{
		"GET /{$}":              {200, 200},
		"GET /site":             {200, 200},
		"GET /desk":             {200, 200},
		"GET /relay":            {200, 200},
		"GET /js/{name...}":     {404, 404}, // there is no such file as the pattern
		"GET /demo/config.json": {200, 200},
		"POST /demo/token":      {400, 403},
		"POST /demo/login":      {400, 403},
		"GET /demo/entries":     {200, 200}, // its own test reads it
		"GET /healthz":          {200, 200},
		"GET /v1/connect":       {426, 403},

		"GET /v1/authority/nonce":          {200, 403},
		"POST /v1/authority/credential":    {400, 403},
		"POST /v1/authority/session":       {400, 403},
		"GET /v1/authority/manifest":       {200, 403},
		"GET /v1/authority/queues":         {401, 403},
		"POST /v1/authority/claim":         {401, 403},
		"OPTIONS /v1/authority/nonce":      {204, 403},
		"OPTIONS /v1/authority/credential": {204, 403},
		"OPTIONS /v1/authority/session":    {204, 403},
		"OPTIONS /v1/authority/manifest":   {204, 403},
		"OPTIONS /v1/authority/queues":     {204, 403},
		"OPTIONS /v1/authority/claim":      {204, 403},

		"POST /v1/files":                {401, 403},
		"PUT /v1/files/{id}/{part}":     {401, 403},
		"GET /v1/files/{id}/parts":      {401, 403},
		"POST /v1/files/{id}/complete":  {401, 403},
		"GET /v1/files/{id}":            {401, 403},
		"DELETE /v1/files/{id}":         {401, 403},
		"OPTIONS /v1/files":             {204, 403},
		"OPTIONS /v1/files/{id}":        {204, 403},
		"OPTIONS /v1/files/{id}/{part}": {204, 403},
	}
	for _, route := range r.Routes() {
		name := route.Method + " " + route.Pattern
		want, ok := listed[name]
		if !ok {
			t.Errorf("%s is a route that no test knows", name)
			continue
		}
		delete(listed, name)
		if route.Pattern == "/demo/entries" {
			continue
		}
		body := ""
		if route.Method == "POST" {
			body = "{}"
		}
		path := strings.NewReplacer("{$}", "", "{name...}", "none", "{id}", "AAAAAAAAAAAAAAAAAAAAAA", "{part}", "0").Replace(route.Pattern)
		for origin, status := range map[string]int{r.URL(): want.own, "https://evil.example": want.foreign} {
			site := "same-origin"
			if origin != r.URL() {
				site = "cross-site"
			}
			answer, _ := r.do(route.Method, path, body, func(q *http.Request) {
				q.Header.Set("Origin", origin)
				q.Header.Set("Sec-Fetch-Site", site)
			})
			if answer.StatusCode != status {
				t.Errorf("%s from %s: %d, want %d", name, origin, answer.StatusCode, status)
			}
			if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "" && got != r.URL() || got != "" && origin != r.URL() {
				t.Errorf("A04: %s lets %s read the answer", name, origin)
			}
		}
	}
	if len(listed) != 0 {
		t.Errorf("listed, and not there: %v", listed)
	}
}

func TestHostsThatAreNotOursAreRefused(t *testing.T) {
	r := start(t, t.TempDir(), "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(r.Addr())
	for host, want := range map[string]int{
		r.Addr(): 200, "localhost:" + port: 200, "evil.example": 421, "evil.example:" + port: 421, "127.0.0.1": 421, "127.0.0.1.evil.example:" + port: 421, "localhost:1": 421,
	} {
		for _, path := range []string{"/demo/config.json", "/healthz", "/v1/connect", "/demo/entries", "/js/index.js"} {
			if want == 200 && path != "/demo/config.json" {
				continue
			}
			answer, _ := r.do("GET", path, "", func(q *http.Request) { q.Host = host })
			if answer.StatusCode != want {
				t.Errorf("GET %s at %s: %d, want %d", path, host, answer.StatusCode, want)
			}
		}
	}
}

func TestA05_PostsMustBeJSONOfOwnPages(t *testing.T) {
	r := start(t, t.TempDir(), "127.0.0.1:0")
	good := `{"thumbprint":"` + token.Thumbprint(relaytest.NewPerson(wire.Customer).Identity()) + `"}`
	for _, tc := range []struct {
		name, path, body string
		change           func(*http.Request)
		want             int
	}{
		{"as pages send it", "/demo/token", good, nil, 200},
		{"a form", "/demo/token", good, func(q *http.Request) { q.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415},
		{"text", "/demo/token", good, func(q *http.Request) { q.Header.Set("Content-Type", "text/plain") }, 415},
		{"cross-site by Sec-Fetch-Site", "/demo/token", good, func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"same-site, another port", "/demo/token", good, func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"cross-site by Origin", "/demo/login", good, func(q *http.Request) { q.Header.Set("Origin", "https://evil.example") }, 403},
		{"more fields", "/demo/token", `{"thumbprint":"x","sub":"admin"}`, nil, 400},
		{"two values", "/demo/token", good + good, nil, 400},
		{"bad thumbprint", "/demo/token", `{"thumbprint":"abc"}`, nil, 400},
		{"too long", "/demo/token", `{"thumbprint":"` + strings.Repeat("a", 5000) + `"}`, nil, 400},
		{"nobody's name", "/demo/login", `{"name":"Mallory"}`, nil, 400},
	} {
		if answer, text := r.do("POST", tc.path, tc.body, tc.change); answer.StatusCode != tc.want {
			t.Errorf("%s: %d %s, want %d", tc.name, answer.StatusCode, text, tc.want)
		}
	}
}

// The whole way without a browser: token, credential, relay, and what the pane
// is told, after a restart too.
func TestPaneShowsWhatTheRelayStored(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, "127.0.0.1:0")
	read := func(r *running) (next func() map[string]any) {
		q, err := http.NewRequestWithContext(relaytest.Context(t), "GET", r.URL()+"/demo/entries", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" {
			t.Fatalf("content type %q", kind)
		}
		lines := bufio.NewScanner(answer.Body)
		lines.Buffer(nil, 1<<20)
		return func() map[string]any {
			t.Helper()
			for lines.Scan() {
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					var e map[string]any
					if err := json.Unmarshal([]byte(data), &e); err != nil {
						t.Fatal(err)
					}
					return e
				}
			}
			t.Fatalf("the stream ended: %v", lines.Err())
			return nil
		}
	}
	live := read(r)
	id, entries := r.talk()
	check := func(next func() map[string]any) {
		t.Helper()
		for i, want := range entries {
			e := next()
			raw, err := base64.StdEncoding.DecodeString(e["base64"].(string))
			if err != nil || !bytes.Equal(raw, want) {
				t.Errorf("entry %d: other bytes than were stored", i+1)
			}
			if e["conversation"] != hex.EncodeToString(id[:]) || e["sequence"] != float64(i+1) || e["kind"] != float64(want[1]) || e["size"] != float64(len(want)) || !strings.HasPrefix(hex.EncodeToString(want), e["hex"].(string)) || e["hex"] == "" {
				t.Errorf("entry %d: %v", i+1, e)
			}
			if at := time.UnixMilli(int64(e["at"].(float64))); time.Since(at) > time.Minute || time.Since(at) < -time.Minute {
				t.Errorf("entry %d: stored at %v", i+1, at)
			}
		}
	}
	check(live)
	check(read(r))
	key, addr := r.config().OrgKey, r.Addr()
	r.stop()
	r = start(t, dir, addr)
	if got := r.config().OrgKey; got != key {
		t.Errorf("after a restart the company has another key")
	}
	check(read(r))
}

func TestOpenErrorsAreOneClearLine(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, "127.0.0.1:0")
	unbuilt, stale, pageless := files(), files(), files()
	delete(unbuilt, "core/sealwire.wasm")
	stale["core/sealwire.wasm"] = &fstest.MapFile{Data: []byte("\x00asm another module")}
	delete(pageless, "demo/desk.html")
	for _, tc := range []struct {
		name string
		o    demo.Options
		want error
		says string
	}{
		{"in use", demo.Options{Addr: r.Addr(), Dir: t.TempDir(), Files: files()}, demo.ErrInUse, "make demo ADDR="},
		{"state in use", demo.Options{Addr: "127.0.0.1:0", Dir: dir, Files: files()}, demo.ErrInUse, "-dir"},
		{"all interfaces", demo.Options{Addr: "0.0.0.0:0", Dir: t.TempDir(), Files: files()}, demo.ErrNotLoopback, "127.0.0.1 only"},
		{"no interface", demo.Options{Addr: ":0", Dir: t.TempDir(), Files: files()}, demo.ErrNotLoopback, "127.0.0.1 only"},
		{"another name", demo.Options{Addr: "example.com:80", Dir: t.TempDir(), Files: files()}, demo.ErrNotLoopback, "127.0.0.1 only"},
		{"no port", demo.Options{Addr: "127.0.0.1", Dir: t.TempDir(), Files: files()}, nil, "want host:port"},
		{"not built", demo.Options{Addr: "127.0.0.1:0", Dir: t.TempDir(), Files: unbuilt}, demo.ErrNotBuilt, "make wasm"},
		{"of two builds", demo.Options{Addr: "127.0.0.1:0", Dir: t.TempDir(), Files: stale}, demo.ErrNotBuilt, "make wasm"},
		{"a page is missing", demo.Options{Addr: "127.0.0.1:0", Dir: t.TempDir(), Files: pageless}, demo.ErrNotBuilt, "/desk"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := demo.Open(context.Background(), tc.o)
			if err == nil {
				d.Close()
				t.Fatal("opened")
			}
			if tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q, want one line that says %q", err, tc.says)
			}
		})
	}
	r.stop()
	again := start(t, dir, r.Addr()) // what ended left everything free
	again.stop()
}

func TestManifestNearItsEndIsRenewedAtStart(t *testing.T) {
	dir := t.TempDir()
	company := filepath.Join(dir, "company")
	if _, err := authority.Init(company, authority.Options{Now: time.Now().Add(-25 * 24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	start(t, dir, "127.0.0.1:0").stop()
	org, err := authority.Load(company)
	if err != nil {
		t.Fatal(err)
	}
	if org.Manifest.Sequence != 2 || org.Manifest.Expires < uint64(time.Now().Add(29*24*time.Hour).Unix()) {
		t.Errorf("sequence %d, expires %v", org.Manifest.Sequence, time.Unix(int64(org.Manifest.Expires), 0))
	}
	start(t, dir, "127.0.0.1:0").stop()
	if org, err = authority.Load(company); err != nil || org.Manifest.Sequence != 2 {
		t.Errorf("a fresh one was renewed too: %v, %v", org.Manifest.Sequence, err)
	}
}

func TestStateIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	r := start(t, dir, "127.0.0.1:0")
	r.talk()
	seen := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		seen++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others may read it", path, info.Mode())
		}
		return nil
	})
	if err != nil || seen < 10 {
		t.Errorf("%d files, %v", seen, err)
	}
}
