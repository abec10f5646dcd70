package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/sealwire/sealwire/js"
	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestMain(m *testing.M) {
	if args := os.Getenv(childArgs); args != "" {
		beChild(args)
	}
	goleak.VerifyTestMain(m)
}

// built stands in for a tree with the core built; what is in it is not asked.
var built = fstest.MapFS{"core/sealwire.wasm": {}, "core/module.js": {}}

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run runs a command to its end.
func run(args ...string) (stdout, stderr string, exit int) {
	var out, errs output
	p := &Program{Stdout: &out, Stderr: &errs, Files: built}
	exit = report(p, p.Run(context.Background(), args))
	return out.String(), errs.String(), exit
}

// serve runs a command that listens, and gives its address.
func serve(t *testing.T, args ...string) (addr string, log *output) {
	t.Helper()
	log = &output{}
	listening := make(chan string, 1)
	p := &Program{Stdout: log, Stderr: log, Files: built, Listening: func(addr string) { listening <- addr }}
	done := make(chan error, 1)
	go func() { done <- p.Run(context.Background(), args) }()
	t.Cleanup(func() {
		p.Close()
		if err := <-done; err != nil {
			t.Errorf("%v: %v", args, err)
		}
	})
	select {
	case addr := <-listening:
		return addr, log
	case err := <-done:
		done <- nil
		t.Fatalf("%v: %v", args, err)
	}
	return "", nil
}

func newOrg(t *testing.T) (dir string, org *authority.Org) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "org")
	out, errs, exit := run("org", "init", dir)
	if exit != 0 {
		t.Fatal(errs)
	}
	org, err := authority.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if out != org.OrgKey()+"\n" {
		t.Errorf("printed %q, want the orgKey %q alone", out, org.OrgKey())
	}
	return dir, org
}

func TestOrgCommands(t *testing.T) {
	dir, org := newOrg(t)
	if _, errs, exit := run("org", "init", dir); exit != 1 || !strings.Contains(errs, "exists already") {
		t.Errorf("a second init: %d %q", exit, errs)
	}
	person := relaytest.NewPerson(wire.Agent)
	key := base64.RawURLEncoding.EncodeToString(person.Identity())
	out, errs, exit := run("org", "agent", dir, "-identity", key, "-alias", "Ana", "-hours", "24", "-queues", "default")
	if exit != 0 {
		t.Fatal(errs)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(out))
	if err != nil {
		t.Fatal(err)
	}
	c, err := wire.DecodeCredential(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := org.Manifest.CheckCredential(c); err != nil || c.Alias != "Ana" || c.Role != wire.Agent || !bytes.Equal(c.Identity, person.Identity()) {
		t.Errorf("%v, %+v", err, c)
	}
	if out, errs, exit := run("org", "manifest", "-queues", "sales,default", "-days", "7", dir); exit != 0 || !strings.HasPrefix(out, "manifest 2, valid until ") {
		t.Errorf("%d %q %q", exit, out, errs)
	}
	if org, err = authority.Load(dir); err != nil || org.Manifest.Sequence != 2 || len(org.Manifest.Queues) != 2 {
		t.Errorf("%v, %+v", err, org.Manifest)
	}
}

func TestWrongUsageSaysWhatWasWanted(t *testing.T) {
	dir, _ := newOrg(t)
	key := base64.RawURLEncoding.EncodeToString(relaytest.NewPerson(wire.Agent).Identity())
	for _, tc := range []struct {
		args []string
		exit int
		says string
	}{
		{nil, 2, "no command"},
		{[]string{"serve"}, 2, `no command "serve"`},
		{[]string{"demo", "extra"}, 2, "arguments"},
		{[]string{"demo", "-port", "1"}, 2, "-port"},
		{[]string{"org"}, 2, "init, manifest, issuer, root or agent"},
		{[]string{"org", "drop"}, 2, "init, manifest, issuer, root or agent"},
		{[]string{"org", "init"}, 2, "want 1"},
		{[]string{"org", "init", "-days", "0", dir + "2"}, 2, "1 to 3650"},
		{[]string{"org", "manifest", dir + "-none"}, 1, "no such file"},
		{[]string{"org", "agent", dir, "-alias", "Ana"}, 2, "-identity"},
		{[]string{"org", "agent", dir, "-alias", "Ana", "-identity", key + "="}, 2, "-identity"},
		{[]string{"org", "agent", dir, "-identity", key}, 2, "-alias"},
		{[]string{"org", "agent", dir, "-identity", key, "-alias", "Ana", "-hours", "25"}, 2, "1 to 24"},
		{[]string{"org", "agent", dir, "-identity", key, "-alias", "Ana", "-hours", "0"}, 2, "1 to 24"},
		{[]string{"org", "agent", dir, "-identity", key, "-alias", "Ana", "-role", "root"}, 2, "agent, supervisor or bot"},
		{[]string{"org", "agent", dir, "-identity", key, "-alias", "Ana", "-queues", "nowhere"}, 1, "nowhere"},
		{[]string{"version", "x"}, 2, "arguments"},
		{[]string{"relay"}, 1, "listen"},
		{[]string{"relay", "-config", dir + "/none.json"}, 1, "no such file"},
	} {
		out, errs, exit := run(tc.args...)
		if exit != tc.exit || !strings.Contains(errs, tc.says) || out != "" {
			t.Errorf("%q: exit %d, %q, %q; want %d and %q", tc.args, exit, out, errs, tc.exit, tc.says)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"help"}, {"demo", "-h"}, {"relay", "-h"}, {"org", "-h"}, {"org", "init", "-h"}, {"org", "agent", "-h"}} {
		if out, errs, exit := run(args...); exit != 0 || !strings.Contains(out, "Usage: sealwire") || errs != "" {
			t.Errorf("%q: exit %d, %q, %q", args, exit, out, errs)
		}
	}
	if out, _, exit := run("version"); exit != 0 || !strings.Contains(out, "protocol version 1") {
		t.Errorf("exit %d, %q", exit, out)
	}
	if err := (&Program{Stdout: &output{}, Stderr: &output{}}).Run(context.Background(), []string{"demo", "-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("%v", err)
	}
}

// The configuration that `sealwire relay -h` shows, with files of the test.
func writeConfig(t *testing.T, dir string, org *authority.Org, change func(map[string]any)) string {
	t.Helper()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("secret", append(relaytest.Secret, '\n'))
	write("manifest", org.Manifest.Bytes())
	c := map[string]any{
		"listen": "127.0.0.1:0", "data": "data", "hosts": []string{"relay.example"}, "certificate": "", "key": "",
		"behindProxy": false, "proxies": []string{}, "allowMissingOrigin": false, "logAddresses": false,
		"limits": map[string]any{"connections": 100, "preAuthConnections": 10, "perIdentity": 2, "entriesPerSecond": 10, "entryBurst": 20, "queueBytes": 300000},
		"tenants": []any{map[string]any{
			"orgKeys": []string{org.OrgKey()}, "manifest": "manifest", "origins": []string{relaytest.Origin},
			"tokens": map[string]any{"hs256SecretFile": "secret", "hs256KeyId": "", "rs256KeyFiles": map[string]string{}, "audience": "", "issuer": "", "allowUnbound": false},
			"id":     "", "connections": 0, "entriesPerSecond": 0, "entryBurst": 0,
		}},
	}
	if change != nil {
		change(c)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	write("relay.json", text)
	return filepath.Join(dir, "relay.json")
}

// connect goes the whole way as a customer and gives the manifest it was shown.
func connect(t *testing.T, addr, host string, org *authority.Org) []byte {
	t.Helper()
	p := relaytest.NewPerson(wire.Customer)
	raw, err := token.MintHS256(relaytest.Secret, token.Minting{Subject: "v", Thumbprint: token.Thumbprint(p.Identity())})
	if err != nil {
		t.Fatal(err)
	}
	c, err := relaytest.Dial(relaytest.Context(t), relaytest.DialOptions{
		URL: "ws://" + addr + "/v1/connect", Origin: relaytest.Origin, Host: host, Role: wire.Customer,
		Tenant: wire.TenantID(org.RootKey()), Identity: p.Key, Proof: []byte(raw),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Ask(relaytest.Context(t), relay.ListConversations{}); err != nil {
		t.Error(err)
	}
	return c.Manifest
}

func TestRelayRunsFromAFile(t *testing.T) {
	_, org := newOrg(t)
	addr, log := serve(t, "relay", "-config", writeConfig(t, t.TempDir(), org, nil))
	connect(t, addr, "relay.example", org)
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %q", line)
		}
	}
}

func TestRelayRunsFromFlags(t *testing.T) {
	dir, org := newOrg(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, relaytest.Secret, 0o600); err != nil {
		t.Fatal(err)
	}
	addr, _ := serve(t, "relay", "-listen", "127.0.0.1:0", "-data", filepath.Join(t.TempDir(), "a", "b"), "-host", "relay.example,127.0.0.1:1", "-org-key", org.OrgKey(),
		"-manifest", filepath.Join(dir, "manifest"), "-origin", relaytest.Origin, "-hs256-secret-file", secret)
	connect(t, addr, "127.0.0.1:1", org)
}

// Limits go by the address that the named proxies tell. Without them, on the
// loopback, where a proxy hides it, they go by none, and the log says so.
func TestA10_ProxiesAreNamed(t *testing.T) {
	_, org := newOrg(t)
	limited := map[string]any{"addressPerSecond": 0.1} // one at once
	statuses := func(addr string) (all []int) {
		for i := range 6 {
			q, err := http.NewRequest("GET", "http://"+addr+"/healthz", nil)
			if err != nil {
				t.Fatal(err)
			}
			q.Header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.66, 192.0.2.%d", i/2))
			a, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(q)
			if err != nil {
				t.Fatal(err)
			}
			a.Body.Close()
			all = append(all, a.StatusCode)
		}
		return all
	}
	for _, tc := range []struct {
		name   string
		change map[string]any
		args   []string
		want   []int
	}{
		{"in the file", map[string]any{"proxies": []string{"127.0.0.0/8", "::1"}}, nil, []int{200, 429, 200, 429, 200, 429}},
		{"by flag", nil, []string{"-proxy", "127.0.0.1"}, []int{200, 429, 200, 429, 200, 429}},
		{"others", map[string]any{"proxies": []string{"192.0.2.1"}}, nil, []int{200, 429, 429, 429, 429, 429}},
		{"none", nil, nil, []int{200, 200, 200, 200, 200, 200}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := writeConfig(t, t.TempDir(), org, func(c map[string]any) { c["limits"] = limited; maps.Copy(c, tc.change) })
			addr, log := serve(t, append([]string{"relay", "-config", path}, tc.args...)...)
			if got := statuses(addr); !slices.Equal(got, tc.want) {
				t.Errorf("answered %v, want %v", got, tc.want)
			}
			if told := strings.Contains(log.String(), "no limit goes by address"); told != (tc.name == "none") {
				t.Errorf("the log: %s", log)
			}
		})
	}
}

// A renewed manifest is served after SIGHUP, without a restart; a bad one is
// reported, and the old one served on.
func TestHangupReadsTheManifestAgain(t *testing.T) {
	_, org := newOrg(t)
	dir := t.TempDir()
	addr, log := serve(t, "relay", "-config", writeConfig(t, dir, org, nil))
	first := org.Manifest.Bytes()
	raw, err := org.Renew(authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	replace := func(data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "manifest"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	wait := func(what string, done func() bool) {
		t.Helper()
		for ctx := relaytest.Context(t); !done(); {
			if ctx.Err() != nil {
				t.Fatalf("%s never happened:\n%s", what, log)
			}
			runtime.Gosched()
		}
	}
	replace(raw)
	wait("the new manifest", func() bool { return strings.Contains(log.String(), `"sequence":2`) })
	replace(first)
	wait("the report", func() bool { return strings.Contains(log.String(), "manifest not renewed") })
	if got := connect(t, addr, "relay.example", org); !bytes.Equal(got, raw) {
		t.Error("another manifest is served than the newest")
	}
}

// The endpoints that make the demo a demo are in no relay.
func TestRelayHasNoDemoRoutes(t *testing.T) {
	_, org := newOrg(t)
	addr, _ := serve(t, "relay", "-config", writeConfig(t, t.TempDir(), org, nil))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]int{
		"/healthz": 200, "/": 404, "/site": 404, "/desk": 404, "/relay": 404, "/js/index.js": 404, "/js/core/sealwire.wasm": 404,
		"/demo/config.json": 404, "/demo/token": 404, "/demo/credential": 404, "/demo/entries": 404, "/demo/": 404, "/demo": 404,
	} {
		for _, method := range []string{"GET", "POST"} {
			if method == "POST" && want == 200 {
				continue
			}
			q, err := http.NewRequestWithContext(relaytest.Context(t), method, "http://"+addr+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := client.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("%s %s: %d, want %d", method, path, answer.StatusCode, want)
			}
		}
	}
}

func TestRelayConfigurationErrorsNameTheField(t *testing.T) {
	dir, org := newOrg(t)
	tenant := func(change func(map[string]any)) func(map[string]any) {
		return func(c map[string]any) { change(c["tenants"].([]any)[0].(map[string]any)) }
	}
	tokens := func(change func(map[string]any)) func(map[string]any) {
		return tenant(func(c map[string]any) { change(c["tokens"].(map[string]any)) })
	}
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	for _, tc := range []struct {
		name   string
		change func(map[string]any)
		says   string
	}{
		{"unknown field", set("lisen", "x"), "lisen"},
		{"another type", set("listen", 8443), "listen"},
		{"no address", set("listen", ""), "listen"},
		{"open address without TLS", set("listen", "0.0.0.0:0"), "certificate"},
		{"name without TLS", set("listen", "relay.example:0"), "certificate"},
		{"key alone", set("key", "k.pem"), "both or none"},
		{"no data", set("data", ""), "data"},
		{"no hosts", set("hosts", []string{}), "host"},
		{"no tenants", set("tenants", []any{}), "no tenant"},
		{"negative limit", set("limits", map[string]any{"connections": -1}), "Connections"},
		{"small queue", set("limits", map[string]any{"queueBytes": 1000}), "Queue"},
		{"proxy is a name", set("proxies", []string{"proxy.example"}), "proxies"},
		{"proxies not written shortest", set("proxies", []string{"10.0.0.7/24"}), "proxies"},
		{"everybody is a proxy", set("proxies", []string{"0.0.0.0/0"}), "proxies"},
		{"unknown limit", set("limits", map[string]any{"conections": 1}), "conections"},
		{"bad orgKey", tenant(set("orgKeys", []string{"abc"})), "orgKey"},
		{"no orgKey", tenant(set("orgKeys", []string{})), "root key"},
		{"bad id", tenant(set("id", "abc")), "32 hex"},
		{"bad origin", tenant(set("origins", []string{"*"})), "origin"},
		{"manifest is not there", tenant(set("manifest", "none")), "manifest"},
		{"manifest is no manifest", tenant(set("manifest", "secret")), "manifest"},
		{"no token keys", tokens(set("hs256SecretFile", "")), "tokens"},
		{"secret is not there", tokens(set("hs256SecretFile", "none")), "hs256SecretFile"},
		{"I09 secret too short", tokens(set("hs256SecretFile", "short")), "32"},
		{"key is not there", tokens(set("rs256KeyFiles", map[string]string{"k": "none"})), "rs256KeyFiles"},
		{"key is no key", tokens(set("rs256KeyFiles", map[string]string{"k": "secret"})), "rs256KeyFiles"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "short"), []byte("31 bytes are not enough for it."), 0o600); err != nil {
				t.Fatal(err)
			}
			_, errs, exit := run("relay", "-config", writeConfig(t, dir, org, tc.change))
			if exit != 1 || !strings.Contains(errs, tc.says) || strings.Count(strings.TrimSpace(errs), "\n") != 0 {
				t.Errorf("exit %d, %q; want 1 and one line that says %q", exit, errs, tc.says)
			}
			if strings.Contains(errs, string(relaytest.Secret)) {
				t.Error("the error holds the secret")
			}
		})
	}
	t.Run("two values in the file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "relay.json")
		if err := os.WriteFile(path, []byte("{} {}"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, errs, exit := run("relay", "-config", path); exit != 1 || !strings.Contains(errs, "more than one") {
			t.Errorf("exit %d, %q", exit, errs)
		}
	})
	t.Run("file and flags of a company", func(t *testing.T) {
		if _, errs, exit := run("relay", "-config", writeConfig(t, t.TempDir(), org, nil), "-manifest", filepath.Join(dir, "manifest")); exit != 2 || !strings.Contains(errs, "-config") {
			t.Errorf("exit %d, %q", exit, errs)
		}
	})
}

func TestNothingServesWithoutTheCore(t *testing.T) {
	_, org := newOrg(t)
	config := writeConfig(t, t.TempDir(), org, nil)
	for _, missing := range []string{"core/sealwire.wasm", "core/module.js"} {
		files := fstest.MapFS{"core/sealwire.wasm": {}, "core/module.js": {}}
		delete(files, missing)
		for _, args := range [][]string{{"relay", "-config", config}, {"demo", "-addr", "127.0.0.1:0", "-dir", t.TempDir()}} {
			p := &Program{Stdout: &output{}, Stderr: &output{}, Files: files}
			if err := p.Run(context.Background(), args); err == nil || !strings.Contains(err.Error(), "make wasm") {
				t.Errorf("%v without %s: %v", args, missing, err)
			}
		}
	}
}

func TestAddressInUseIsOneLine(t *testing.T) {
	_, org := newOrg(t)
	addr, _ := serve(t, "relay", "-config", writeConfig(t, t.TempDir(), org, nil))
	if _, errs, exit := run("relay", "-config", writeConfig(t, t.TempDir(), org, nil), "-listen", addr); exit != 1 || errs != "sealwire: relay: "+addr+" is in use\n" {
		t.Errorf("exit %d, %q", exit, errs)
	}
	if !js.Built() {
		t.Skip("the demo needs the core: make wasm")
	}
	var errs output
	p := &Program{Stdout: &errs, Stderr: &errs, Files: js.Files()}
	exit := report(p, p.Run(context.Background(), []string{"demo", "-addr", addr, "-dir", t.TempDir()}))
	if exit != 1 || !strings.Contains(errs.String(), "make demo ADDR=127.0.0.1:9000") || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("exit %d, %q", exit, errs.String())
	}
}

// The binary's own files: the pages and the module that the demo serves.
func TestDemoServesTheEmbeddedFiles(t *testing.T) {
	if !js.Built() {
		t.Skip("needs the core: make wasm")
	}
	var out output
	listening := make(chan string, 1)
	p := &Program{Stdout: &out, Stderr: &out, Files: js.Files(), Listening: func(addr string) { listening <- addr }}
	done := make(chan error, 1)
	go func() {
		done <- p.Run(context.Background(), []string{"demo", "-addr", "127.0.0.1:0", "-dir", t.TempDir()})
	}()
	select {
	case addr := <-listening:
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
		for _, path := range []string{"/", "/site", "/desk", "/relay", "/js/index.js", "/js/core/sealwire.wasm"} {
			answer, err := client.Get("http://" + addr + path)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Errorf("GET %s: %d", path, answer.StatusCode)
			}
		}
		p.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	case err := <-done:
		t.Fatal(err)
	}
}
