package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// firm is a company whose relay and authority are processes of their own.
type firm struct {
	t        *testing.T
	company  string // directory
	org      *authority.Org
	relayDir string
	at       string // the relay's address
	login    ed25519.PrivateKey
	file     string // the authority's configuration

	relay, authority *child
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	f := &firm{t: t, relayDir: t.TempDir(), at: freePort(t)}
	f.company, f.org = newOrg(t)
	var public ed25519.PublicKey
	public, f.login, _ = ed25519.GenerateKey(nil)
	f.file = authorityFile(t, t.TempDir(), f.company, f.at, public, nil)
	f.relay = spawn(t, nil, "relay", "-config", f.pin(f.org.OrgKey()))
	return f
}

// pin writes the relay's configuration with these root keys.
func (f *firm) pin(keys ...string) string {
	return writeConfig(f.t, f.relayDir, f.org, func(c map[string]any) {
		c["hosts"], c["listen"] = []string{f.at}, f.at
		c["limits"] = map[string]any{}
		c["tenants"].([]any)[0].(map[string]any)["orgKeys"] = keys
	})
}

func (f *firm) open(env ...string) {
	f.t.Helper()
	f.authority = spawn(f.t, env, "authority", "-config", f.file)
}

func (f *firm) signed(alias string) []byte {
	now := time.Now().Unix()
	payload, _ := json.Marshal(map[string]any{"iss": "https://login.example", "aud": "sealwire", "sub": "4711 " + alias, "iat": now, "exp": now + 60, "nickname": alias})
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return []byte(text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(f.login, []byte(text))))
}

// agent is somebody who trusts these roots alone.
func (f *firm) agent(roots ...[]byte) *authoritytest.Person {
	var pinned []wire.Hash
	for _, root := range roots {
		pinned = append(pinned, wire.Hash(root))
	}
	return authoritytest.New(f.t, wire.Agent, "ws://"+f.at+"/v1/connect", relaytest.Origin, pinned...)
}

// logs logs somebody in, and gives the status of the first step that fails.
func (f *firm) logs(p *authoritytest.Person, alias string) (ticket string, status int) {
	f.t.Helper()
	var a struct{ Credential, Ticket string }
	if status := call(f.t, f.authority.Addr, "credential", "", introduce(f.t, f.authority.Addr, p, f.signed(alias)), &a); status != 200 {
		return "", status
	}
	p.Proof, _ = base64.RawURLEncoding.DecodeString(a.Credential)
	return f.session(p)
}

func (f *firm) session(p *authoritytest.Person) (ticket string, status int) {
	f.t.Helper()
	var a struct{ Ticket string }
	status = call(f.t, f.authority.Addr, "session", "", introduce(f.t, f.authority.Addr, p, p.Proof), &a)
	return a.Ticket, status
}

func (f *firm) customer(roots ...wire.Hash) *authoritytest.Person {
	f.t.Helper()
	c := authoritytest.New(f.t, wire.Customer, "ws://"+f.at+"/v1/connect", relaytest.Origin, roots...)
	minted, err := token.MintHS256(relaytest.Secret, token.Minting{Subject: hex.EncodeToString(c.Identity()), Thumbprint: token.Thumbprint(c.Identity())})
	if err != nil {
		f.t.Fatal(err)
	}
	c.Proof = []byte(minted)
	c.Connect()
	return c
}

// waits begins a conversation with the inbox, and says something in it.
func (f *firm) waits(c *authoritytest.Person) *authoritytest.Talk {
	f.t.Helper()
	k := c.Begin("default")
	c.Until(k, "the inbox commits a fresh leaf", func() bool { return k.Epoch() >= 1 })
	c.Say(k, "is anybody there?")
	return k
}

// wait waits until something holds.
func (f *firm) wait(what string, holds func() bool) {
	f.t.Helper()
	for ctx := relaytest.Context(f.t); !holds(); runtime.Gosched() {
		if ctx.Err() != nil {
			f.t.Fatalf("%s: never\n%s\n%s", what, f.authority.log, f.relay.log)
		}
	}
}

// file puts a manifest where both programs read it.
func (f *firm) files(manifest []byte) {
	f.t.Helper()
	for _, path := range []string{filepath.Join(f.company, authority.ManifestFile), filepath.Join(f.relayDir, "manifest")} {
		if err := os.WriteFile(path, manifest, 0o600); err != nil {
			f.t.Fatal(err)
		}
	}
}

func claimOf(k *authoritytest.Talk, kp []byte) map[string]string {
	id := k.ID()
	return map[string]string{"conversation": hex.EncodeToString(id[:]), "keyPackage": base64.RawURLEncoding.EncodeToString(kp)}
}

// minted is a token for a customer's key.
func minted(t *testing.T, p *relaytest.Person) []byte {
	t.Helper()
	raw, err := token.MintHS256(relaytest.Secret, token.Minting{Subject: "v", Thumbprint: token.Thumbprint(p.Identity())})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(raw)
}
