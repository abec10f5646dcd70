package harness

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sealwire/sealwire/js"
	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/token"
)

// Installation is a company as it runs Sealwire: `sealwire relay` and `sealwire
// authority`, each a process with a configuration of its own, behind one address
// that also serves the demo's pages, the site's tokens and the company's login.
// What takes a Demo takes its Demo, as far as it asks for URL and Dir.
type Installation struct {
	*Demo
	Company string // directory of the organisation, root key included

	t                testing.TB
	login            ed25519.PrivateKey
	secret           []byte
	relay, authority *program

	mu   sync.Mutex
	pins []string
}

// program is one that runs with a configuration.
type program struct {
	name, config, addr string
	cmd                *exec.Cmd
	done               chan struct{}
	said               *said
}

// said is what a program writes, to be read meanwhile.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// Install founds a company and starts all of it, for the length of the test.
func Install(t testing.TB) *Installation {
	t.Helper()
	dir := t.TempDir()
	i := &Installation{t: t, Company: filepath.Join(dir, "company"), secret: []byte("an installation's secret of identity tokens")}
	i.pins = []string{strings.TrimSpace(Run(t, "org", "init", i.Company))}
	var public ed25519.PublicKey
	var err error
	if public, i.login, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(front.Close)
	i.Demo = &Demo{URL: front.URL, Dir: dir, t: t}
	for name, data := range map[string][]byte{"secret": i.secret, "login.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i.authority = i.program("authority", map[string]any{
		"data": "authority", "company": "company", "hosts": []string{i.Addr()}, "origins": []string{i.URL}, "relay": "ws://" + i.Addr() + "/v1/connect",
		"login": map[string]any{"issuer": "https://login.example", "audience": "sealwire", "keyFiles": map[string]string{"k": "login.pem"}, "aliasClaim": "nickname"},
	})
	i.relay = i.program("relay", nil)
	i.StartRelay(filepath.Join(i.Company, authority.ManifestFile), i.pins...)
	i.start(i.authority)
	t.Cleanup(func() {
		for _, p := range []*program{i.authority, i.relay} {
			p.stop(t)
			if t.Failed() {
				t.Logf("the %s's log:\n%s", p.name, clip(p.said.String(), 10000))
			}
		}
		front.CloseClientConnections()
	})
	return i
}

// Pin says which root keys the pages that are loaded from here on pin.
func (i *Installation) Pin(keys ...string) { i.mu.Lock(); i.pins = keys; i.mu.Unlock() }

// Reload has both programs read their files again.
func (i *Installation) Reload() {
	i.t.Helper()
	for _, p := range []*program{i.relay, i.authority} {
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			i.t.Fatal(err)
		}
	}
}

// StartRelay starts the relay, again if it runs, with a manifest and root keys.
func (i *Installation) StartRelay(manifest string, keys ...string) {
	i.t.Helper()
	i.relay.stop(i.t)
	i.configure(i.relay, map[string]any{"data": "relay", "hosts": []string{i.Addr()}, "tenants": []any{map[string]any{
		"orgKeys": keys, "manifest": manifest, "origins": []string{i.URL}, "tokens": map[string]any{"hs256SecretFile": "secret"},
	}}})
	i.start(i.relay)
}

// StartAuthority starts the authority again.
func (i *Installation) StartAuthority() {
	i.t.Helper()
	i.authority.stop(i.t)
	i.start(i.authority)
}

// ForgetRelay stops the relay and removes all that it knows.
func (i *Installation) ForgetRelay() {
	i.t.Helper()
	i.relay.stop(i.t)
	if err := os.RemoveAll(filepath.Join(i.Dir, "relay")); err != nil {
		i.t.Fatal(err)
	}
}

func (i *Installation) program(name string, config map[string]any) *program {
	i.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	defer l.Close()
	p := &program{name: name, config: filepath.Join(i.Dir, name+".json"), addr: l.Addr().String()}
	if config != nil {
		i.configure(p, config)
	}
	return p
}

func (i *Installation) configure(p *program, config map[string]any) {
	i.t.Helper()
	config["listen"] = p.addr
	text, err := json.Marshal(config)
	if err == nil {
		err = os.WriteFile(p.config, text, 0o600)
	}
	if err != nil {
		i.t.Fatal(err)
	}
}

func (i *Installation) start(p *program) {
	i.t.Helper()
	p.cmd, p.done = Command(i.t, p.name, "-config", p.config), make(chan struct{})
	p.said = &said{}
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	if err := p.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	Eventually(i.t, "the "+p.name+" to answer", func() (bool, string) {
		select {
		case <-p.done:
			i.t.Fatalf("the %s ended: %s", p.name, p.said.String())
		default:
		}
		return strings.Contains(p.said.String(), `"listen":"`+p.addr), p.said.String() // from here on it reloads
	})
}

func (p *program) stop(t testing.TB) {
	if p == nil || p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(Patience):
		_ = p.cmd.Process.Kill()
		<-p.done
		t.Errorf("the %s did not end when asked to", p.name)
	}
	p.cmd = nil
}

// installed are the pages.
var installed = map[string]string{"/site": "demo/site.html", "/desk": "demo/desk.html"}

func (i *Installation) serve(w http.ResponseWriter, r *http.Request) {
	name, isPage := installed[r.URL.Path]
	switch {
	case strings.HasPrefix(r.URL.Path, "/v1/authority/"):
		passTo(i.authority.addr).ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/v1/"):
		passTo(i.relay.addr).ServeHTTP(w, r)
	case isPage || strings.HasPrefix(r.URL.Path, "/js/"):
		if !isPage {
			name = strings.TrimPrefix(r.URL.Path, "/js/")
		}
		data, err := fs.ReadFile(js.Files(), name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		_, _ = w.Write(data)
	case r.URL.Path == "/demo/config.json":
		i.mu.Lock()
		var pinned any = i.pins
		if len(i.pins) == 1 {
			pinned = i.pins[0]
		}
		i.mu.Unlock()
		answerJSON(w, map[string]any{"orgKey": pinned, "relay": "ws://" + r.Host + "/v1/connect", "queue": "default", "authority": "http://" + r.Host,
			"login": "/demo/login", "people": []any{map[string]string{"name": "Ana", "role": "agent"}, map[string]string{"name": "Ben", "role": "agent"}}})
	case r.URL.Path == "/demo/token", r.URL.Path == "/demo/login":
		var q struct{ Thumbprint, Name string }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		text := i.signed(q.Name)
		if q.Name == "" {
			var err error
			if text, err = token.MintHS256(i.secret, token.Minting{Subject: "visitor " + q.Thumbprint, Thumbprint: q.Thumbprint}); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		answerJSON(w, map[string]string{"token": text})
	default:
		http.NotFound(w, r)
	}
}

// signed is a login token of the company's, as OpenID Connect has them.
func (i *Installation) signed(name string) string {
	now := time.Now().Unix()
	payload, err := json.Marshal(map[string]any{"iss": "https://login.example", "aud": "sealwire", "sub": "4711 " + name, "iat": now, "exp": now + 60, "nickname": name})
	if err != nil {
		panic(err) // texts and numbers
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(i.login, []byte(text)))
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// passTo is a proxy that keeps the name by which it was asked.
func passTo(addr string) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", addr, r.In.Host },
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != context.Canceled {
				w.WriteHeader(http.StatusBadGateway)
			}
		},
	}
}
