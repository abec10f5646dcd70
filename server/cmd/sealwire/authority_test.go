package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// freePort is one that was free a moment ago: the relay must know its own name.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// authorityFile is the configuration that `sealwire authority -h` shows, with
// files of the test; login signs the tokens.
func authorityFile(t *testing.T, dir, company, relay string, login ed25519.PublicKey, change func(map[string]any)) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(login)
	if err != nil {
		t.Fatal(err)
	}
	c := map[string]any{
		"listen": "127.0.0.1:0", "data": "data", "company": company, "hosts": []string{"authority.example"}, "origins": []string{relaytest.Origin},
		"relay": "ws://" + relay + "/v1/connect", "relayOrigin": "", "certificate": "", "key": "", "behindProxy": false, "proxies": []string{}, "credentialHours": 8,
		"login": map[string]any{"issuer": "https://login.example", "audience": "sealwire", "keyFiles": map[string]string{"k": "login.pem"},
			"aliasClaim": "nickname", "queuesClaim": "", "roleClaim": "", "untilClaim": ""},
	}
	if change != nil {
		change(c)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"login.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "authority.json": text} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "authority.json")
}

// call asks an authority.
func call(t *testing.T, addr, path, ticket string, body, into any) int {
	t.Helper()
	status, err := tryCall(t, addr, path, ticket, body, into)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// tryCall is call where the authority may be gone.
func tryCall(t *testing.T, addr, path, ticket string, body, into any) (status int, err error) {
	t.Helper()
	method, text := "GET", []byte(nil)
	if body != nil {
		method = "POST"
		text, _ = json.Marshal(body)
	}
	q, err := http.NewRequestWithContext(relaytest.Context(t), method, "http://"+addr+"/v1/authority/"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if ticket != "" {
		q.Header.Set("Authorization", "Bearer "+ticket)
	}
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(q)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if into != nil && res.StatusCode == 200 {
		if err := json.Unmarshal(got, into); err != nil {
			t.Fatalf("%s: %v: %s", path, err, got)
		}
	}
	return res.StatusCode, nil
}

func introduce(t *testing.T, addr string, p *authoritytest.Person, proof []byte) map[string]string {
	t.Helper()
	var a struct{ Nonce string }
	call(t, addr, "nonce", "", nil, &a)
	nonce, err := base64.RawURLEncoding.DecodeString(a.Nonce)
	if err != nil {
		t.Fatal(err)
	}
	hello, err := p.Hello(nonce, []byte("authority:authority.example"), proof)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"nonce": a.Nonce, "hello": base64.RawURLEncoding.EncodeToString(hello)}
}

// The three programs of a company, from key to claim, and a roll-over of the
// issuer while they run.
func TestAuthorityRunsBesideARelay(t *testing.T) {
	company, org := newOrg(t)
	relayDir, at := t.TempDir(), freePort(t)
	serve(t, "relay", "-config", writeConfig(t, relayDir, org, func(c map[string]any) { c["hosts"], c["listen"] = []string{at}, at }))
	public, login, _ := ed25519.GenerateKey(nil)
	dir := t.TempDir()
	if err := os.Rename(filepath.Join(company, authority.RootFile), filepath.Join(dir, authority.RootFile)); err != nil {
		t.Fatal(err) // the root key is elsewhere
	}
	addr, log := serve(t, "authority", "-config", authorityFile(t, dir, company, at, public, nil))

	signed := func(alias string) []byte {
		now := time.Now().Unix()
		payload, _ := json.Marshal(map[string]any{"iss": "https://login.example", "aud": "sealwire", "sub": "4711", "iat": now, "exp": now + 60, "nickname": alias})
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
		return []byte(text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(login, []byte(text))))
	}
	root := wire.Hash(org.RootKey())
	employ := func(alias string) (*authoritytest.Person, string) {
		t.Helper()
		p := authoritytest.New(t, wire.Agent, "ws://"+at+"/v1/connect", relaytest.Origin, root)
		var a struct{ Credential, Ticket string }
		if status := call(t, addr, "credential", "", introduce(t, addr, p, signed(alias)), &a); status != 200 {
			t.Fatalf("credential: %d\n%s", status, log)
		}
		p.Proof, _ = base64.RawURLEncoding.DecodeString(a.Credential)
		if status := call(t, addr, "session", "", introduce(t, addr, p, p.Proof), &a); status != 200 {
			t.Fatalf("session: %d", status)
		}
		p.Connect()
		return p, a.Ticket
	}
	ana, ticket := employ("Ana")
	c := authoritytest.New(t, wire.Customer, "ws://"+at+"/v1/connect", relaytest.Origin, root)
	minted, err := token.MintHS256(relaytest.Secret, token.Minting{Subject: "v", Thumbprint: token.Thumbprint(c.Identity())})
	if err != nil {
		t.Fatal(err)
	}
	c.Proof = []byte(minted)
	c.Connect()
	k := c.Begin("default")
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	c.Say(k, "is anybody there?")
	id := k.ID()
	claim := map[string]string{"conversation": hex.EncodeToString(id[:]), "keyPackage": base64.RawURLEncoding.EncodeToString(ana.Offer())}
	if status := call(t, addr, "claim", ticket, claim, nil); status != 200 {
		t.Fatalf("claim: %d\n%s", status, log)
	}
	if got := ana.Open(id); !slices.Equal(got.Heard, []string{"is anybody there?"}) {
		t.Errorf("Ana heard %q", got.Heard)
	}

	// The next issuer: made here, listed there, and the newer manifest is taken without a restart.
	out, errs, exit := run("org", "issuer", company)
	if exit != 0 {
		t.Fatal(errs)
	}
	old, _ := os.ReadFile(filepath.Join(company, authority.ManifestFile))
	offline := filepath.Join(t.TempDir(), "offline")
	if err := os.CopyFS(offline, os.DirFS(company)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{authority.IssuerFile, authority.NextIssuerFile} {
		if err := os.Remove(filepath.Join(offline, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(filepath.Join(dir, authority.RootFile), filepath.Join(offline, authority.RootFile)); err != nil {
		t.Fatal(err)
	}
	drop := base64.RawURLEncoding.EncodeToString(org.Manifest.Issuers[0].Key)
	if _, errs, exit := run("org", "manifest", offline, "-add-issuer", strings.TrimSpace(out), "-drop-issuer", drop, "-grants", "any", "-history", "none", "-retention-days", "30"); exit != 0 {
		t.Fatal(errs)
	}
	raw, _ := os.ReadFile(filepath.Join(offline, authority.ManifestFile))
	hangup := func(data []byte) {
		t.Helper()
		for _, path := range []string{filepath.Join(company, authority.ManifestFile), filepath.Join(relayDir, "manifest")} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	wait := func(what string, done func() bool) {
		t.Helper()
		for ctx := relaytest.Context(t); !done(); runtime.Gosched() {
			if ctx.Err() != nil {
				t.Fatalf("%s never happened:\n%s", what, log)
			}
		}
	}
	served := func() []byte {
		res, err := http.Get("http://" + addr + "/v1/authority/manifest")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		got, _ := io.ReadAll(res.Body)
		http.DefaultClient.CloseIdleConnections()
		return got
	}
	hangup(raw)
	wait("the newer manifest", func() bool { return bytes.Equal(served(), raw) && bytes.Equal(connect(t, at, at, org), raw) })
	wait("the end of the old tickets", func() bool { return call(t, addr, "queues", ticket, nil, nil) == 401 })
	hangup(old)
	wait("the report", func() bool { return strings.Contains(log.String(), "company not read again") })
	if !bytes.Equal(served(), raw) {
		t.Error("an older manifest is taken")
	}
	if err := os.WriteFile(filepath.Join(company, authority.ManifestFile), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := wire.DecodeManifest(raw, []wire.Hash{root})
	if err != nil || m.Policy.Grants != 2 || m.Policy.History != wire.HistoryNone || m.Policy.RetentionDays != 30 {
		t.Errorf("%+v, %v", m, err)
	}
	ben, _ := employ("Ben") // by the next issuer
	if credential, err := wire.DecodeCredential(ben.Proof); err != nil || m.CheckCredential(credential) != nil {
		t.Error("the next issuer does not sign")
	}
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) || strings.Contains(line, ticket) || strings.Contains(line, "4711") {
			t.Errorf("a line of the log: %q", line)
		}
	}
}

func TestOneAuthorityRunsOnADirectory(t *testing.T) {
	company, _ := newOrg(t)
	public, _, _ := ed25519.GenerateKey(nil)
	path := authorityFile(t, t.TempDir(), company, "127.0.0.1:1", public, nil)
	serve(t, "authority", "-config", path)
	if _, errs, exit := run("authority", "-config", path); exit != 1 || !strings.Contains(errs, "an authority runs on it") {
		t.Errorf("%d %q", exit, errs)
	}
}

func TestAuthorityFromFlagsAndWrongOnes(t *testing.T) {
	company, _ := newOrg(t)
	good := []string{"authority", "-listen", "127.0.0.1:0", "-data", filepath.Join(t.TempDir(), "a", "b"), "-company", company, "-host", "authority.example", "-origin", relaytest.Origin,
		"-relay", "ws://127.0.0.1:1/v1/connect", "-login-issuer", "i", "-login-audience", "a", "-login-jwks", "https://login.example/keys", "-login-alias", "nickname"}
	addr, _ := serve(t, good...)
	if status := call(t, addr, "manifest", "", nil, nil); status != 200 {
		t.Errorf("manifest: %d", status)
	}
	with := func(flag, value string) []string {
		args := slices.Clone(good)
		args[slices.Index(args, "-data")+1] = filepath.Join(t.TempDir(), "d")
		args[slices.Index(args, flag)+1] = value
		return args
	}
	empty := t.TempDir()
	public, _, _ := ed25519.GenerateKey(nil)
	for _, tc := range []struct {
		args []string
		says string
	}{
		{[]string{"authority"}, "data"},
		{with("-listen", "0.0.0.0:0"), "certificate"},
		{with("-relay", "http://relay.example"), "ws://"},
		{with("-origin", "https://desk.example/"), "origin"},
		{with("-company", empty), "no such file"},
		{with("-login-alias", "sub"), "alias"},
		{with("-login-jwks", "http://login.example/keys"), "https"},
		{with("-login-issuer", strings.Repeat("i", 300)), "issuer"},
		{[]string{"authority", "-config", authorityFile(t, t.TempDir(), company, "r", public, func(c map[string]any) { c["credentialHours"] = 25 })}, "8 to 24"},
		{[]string{"authority", "-config", authorityFile(t, t.TempDir(), company, "r", public, func(c map[string]any) { c["more"] = 1 })}, "more"},
		{[]string{"authority", "-config", authorityFile(t, t.TempDir(), company, "r", public, func(c map[string]any) { c["proxies"] = []string{"x"} })}, "proxies"},
		{[]string{"authority", "-config", authorityFile(t, t.TempDir(), company, "r", public, func(c map[string]any) { c["hosts"] = []string{} })}, "host"},
	} {
		if _, errs, exit := run(tc.args...); exit != 1 || !strings.Contains(errs, tc.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, %q, want %q", tc.args, exit, errs, tc.says)
		}
	}
	for _, args := range [][]string{{"authority", "-h"}, {"org", "issuer", "-h"}, {"org", "root", "-h"}, {"org", "manifest", "-h"}} {
		if out, _, exit := run(args...); exit != 0 || !strings.Contains(out, "Usage: sealwire") {
			t.Errorf("%q: %d %q", args, exit, out)
		}
	}
	for _, args := range [][]string{{"org", "manifest", company, "-history", "x"}, {"org", "manifest", company, "-grants", "x"}, {"org", "manifest", company, "-add-issuer", "x"},
		{"org", "manifest", company, "-retention-days", "99999"}, {"org", "issuer"}, {"org", "root"}} {
		if _, errs, exit := run(args...); exit != 2 {
			t.Errorf("%q: %d %q", args, exit, errs)
		}
	}
}

func TestOrgRootRollsOver(t *testing.T) {
	dir, org := newOrg(t)
	out, errs, exit := run("org", "root", dir)
	if exit != 0 {
		t.Fatal(errs)
	}
	next := strings.TrimSpace(out)
	if _, errs, exit := run("org", "manifest", dir, "-next-root"); exit != 0 {
		t.Fatal(errs)
	}
	again, err := authority.Load(dir)
	if err != nil || again.OrgKey() != next || next == org.OrgKey() {
		t.Fatalf("%v, orgKey %s", err, again.OrgKey())
	}
	if text, _ := os.ReadFile(filepath.Join(dir, authority.OrgKeyFile)); strings.TrimSpace(string(text)) != next {
		t.Errorf("orgkey.txt holds %s", text)
	}
	// A relay that pins both serves the new one's manifest, to ends of either.
	at := freePort(t)
	serve(t, "relay", "-config", writeConfig(t, t.TempDir(), again, func(c map[string]any) {
		c["hosts"], c["listen"] = []string{at}, at
		c["tenants"].([]any)[0].(map[string]any)["orgKeys"] = []string{org.OrgKey(), next}
	}))
	for _, o := range []*authority.Org{org, again} {
		if got := connect(t, at, at, o); !bytes.Equal(got, again.Manifest.Bytes()) {
			t.Error("another manifest is served")
		}
	}
}
