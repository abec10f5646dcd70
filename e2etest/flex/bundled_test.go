package flex

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/js"
	"github.com/sealwire/sealwire/server/authority/service"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/wasm/wire"
)

// readmePlugin is the README's plugin, word for word.
func readmePlugin(t *testing.T) []byte {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(harness.Root(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?ms)^```js flex\n(.*?)^```$").FindSubmatch(readme)
	if m == nil {
		t.Fatal("the README has no snippet js flex")
	}
	return m[1]
}

// bundled is a script as a plugin's build makes it: one classic script, the
// package found as npm installs it.
func bundled(t *testing.T, script []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "node_modules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(harness.Root(), "js"), filepath.Join(dir, "node_modules", "sealwire")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "plugin.js"), script, 0o644); err != nil {
		t.Fatal(err)
	}
	esbuild, err := filepath.Abs("node_modules/.bin/esbuild")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(esbuild, "plugin.js", "--bundle", "--minify", "--format=iife", "--global-name=plugin", "--log-level=error")
	cmd.Dir = dir
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("esbuild: %v: %s", err, said.String())
	}
	return out
}

// elsewhere serves a bundle, and the package beside it, from an origin of its
// own, as a platform serves a plugin's files.
func elsewhere(t *testing.T, script []byte) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/plugin.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	mux.Handle("/sealwire/", http.StripPrefix("/sealwire/", http.FileServerFS(js.Files())))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// signIn takes one token.
type signIn struct{}

func (signIn) Login(_ context.Context, proof, _ []byte, _ time.Time) (service.Person, error) {
	if string(proof) != "token of Ana" {
		return service.Person{}, wire.BadCredential
	}
	return service.Person{Account: "4711", Alias: "Ana", Role: wire.Agent}, nil
}

// authority is the company's own service, for pages of one host. There is no
// relay for its inboxes to be reached over: the platform carries.
func (c *Company) authority(t *testing.T, host string) http.Handler {
	t.Helper()
	kept, err := store.Open(filepath.Join(t.TempDir(), "authority"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := service.Open(context.Background(), service.Config{
		Org: c.org, Store: kept, Login: signIn{}, Relay: "ws://127.0.0.1:1/v1/connect", Hosts: []string{host}, Origins: []string{"http://" + host},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Handler()
}

// The README's plugin, word for word, as a plugin's build and its platform's
// hosting make of it: one classic script from another origin than the page's,
// whose policy has workers from blobs only.
func TestReadmePluginBundledAndHostedElsewhere(t *testing.T) {
	s := newStage(t)
	script := bundled(t, readmePlugin(t))
	t.Logf("the plugin, minified: %d bytes", len(script))
	files := elsewhere(t, script)
	company, err := NewCompany()
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(bundle)
	if err != nil {
		t.Fatal(err)
	}
	site := Site(s.Cloud, company, path)
	srv := httptest.NewUnstartedServer(nil)
	authority := company.authority(t, srv.Listener.Addr().String())
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/authority/") {
			authority.ServeHTTP(w, r)
			return
		}
		if r.URL.Query().Get("plugin") == "none" {
			// Flex compiles its templates at run time.
			w.Header().Set("Content-Security-Policy", "script-src 'self' 'unsafe-eval' "+files+"; worker-src blob: "+files+"; connect-src 'self' ws: https://assets.flex.twilio.com "+files)
		}
		site.ServeHTTP(w, r)
	})
	srv.Start()
	t.Cleanup(srv.Close)
	s.url = srv.URL
	agent := s.agent("sids=" + sid + "&plugin=none")
	harness.Eval[bool](agent, `new Promise((resolve, reject) => document.head.append(Object.assign(document.createElement("script"), { src: "`+files+`/plugin.js", onload: () => resolve(true), onerror: reject })))
		.then(() => fetch("/company")).then((r) => r.json()).then(({ orgKey }) => {
		desk.manager.conversationsClient ?? Object.defineProperty(desk.manager, "conversationsClient", { value: desk.line, configurable: true });
		plugin.encrypt(Flex, desk.manager, { files: "`+files+`/sealwire", orgKey, authority: { url: location.origin, login: () => "token of Ana" }, isSealed: ({ sid }) => sid.startsWith("CHsealed") || undefined });
		return true;
	})`)
	customer := s.customer("")
	say(customer, secret)
	agent.AwaitPage(secret)
	answer(agent, "and so is the answer")
	customer.AwaitText(chat, "and so is the answer")
	if kept := harness.Eval[string](agent, `indexedDB.databases().then((all) => all.map(({ name }) => name).join())`); !strings.Contains(kept, "agent:6167656e74") {
		t.Errorf("the keys are not kept for one person alone: %s", kept)
	}
	s.clean(secret, "and so is the answer")
}
