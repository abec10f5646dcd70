package e2etest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/wire"
)

// A page that cannot encrypt says so, and nothing leaves it.
func TestB11B12_WhatCannotEncryptSendsNothing(t *testing.T) {
	for _, row := range []struct {
		name   string
		alter  func(*http.Response) error
		before string // runs before the page's scripts
		says   string
		throws bool // Chromium calls it a security error, or the page throws
		short  bool
	}{
		{
			name: "B12 one flipped byte of the module", short: true, throws: true, says: "not the one this page expects",
			alter: body("sealwire.wasm", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }),
		},
		{
			name: "B12 the module cut short", throws: true, says: "not the one this page expects",
			alter: body("sealwire.wasm", func(b []byte) []byte { return b[:len(b)-1] }),
		},
		{
			name: "B12 new scripts with a module cached from before", throws: true, says: "not the one this page expects",
			alter: body("module.js", func(b []byte) []byte {
				return regexp.MustCompile(`"[0-9a-f]{64}"`).ReplaceAll(b, []byte(`"`+strings.Repeat("5e", 32)+`"`))
			}),
		},
		{
			name: "B12 the module is gone", says: "could not be loaded",
			alter: func(res *http.Response) error {
				if path.Base(res.Request.URL.Path) == "sealwire.wasm" {
					res.StatusCode, res.Status = http.StatusNotFound, "404 Not Found"
				}
				return nil
			},
		},
		{
			name: "B11 WebAssembly blocked by the policy", short: true, throws: true, says: "nothing was sent",
			alter: func(res *http.Response) error {
				policy := res.Header.Get("Content-Security-Policy")
				res.Header.Set("Content-Security-Policy", strings.ReplaceAll(policy, "'wasm-unsafe-eval'", ""))
				return nil
			},
		},
		{name: "B11 no WebAssembly", before: `delete globalThis.WebAssembly`, says: "nothing was sent"},
		{name: "B11 no WebCrypto", before: `Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined })`, says: "nothing was sent"},
		{name: "B11 no storage", before: `Object.defineProperty(globalThis, "indexedDB", { get: () => undefined })`, says: "nothing was sent"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if !row.short {
				long(t)
			}
			d := harness.StartDemo(t)
			agent := agentAt(t, d, nil)
			w := harness.NewWire(t)
			altered := row.alter == nil
			if row.alter != nil {
				w.Response = func(res *http.Response) error { altered = true; return row.alter(res) }
			}
			p := browser.Person(t, "customer", w)
			if row.throws {
				p.Forgive()
			}
			if row.before != "" {
				p.BeforeLoad(row.before)
			}
			p.Open(d.URL + "/site#chat")
			p.AwaitPage(row.says)
			sayIfPossible(p, "this must not leave")
			p.AwaitPage("nothing was sent")
			wantNothingSent(t, w, "this must not leave")
			if strings.Contains(agent.PageText(), "this must not leave") {
				t.Error("the agent reads it")
			}
			if !altered {
				t.Error("nothing was altered")
			}
		})
	}
}

// body alters the bodies of answers whose path ends in name.
func body(name string, change func([]byte) []byte) func(*http.Response) error {
	return func(res *http.Response) error {
		if path.Base(res.Request.URL.Path) != name || res.StatusCode != http.StatusOK {
			return nil // "not modified" has no body: the altered one is kept
		}
		return harness.AlterBody(res, change)
	}
}

// anotherCredential answers a request for a credential as the given company,
// with the given alias: for the same identity, as the real answer says it.
func anotherCredential(t *testing.T, org *authority.Org, alias string, answer []byte) []byte {
	return withCredential(t, answer, func(identity []byte) []byte {
		forged, err := org.Issue(authority.Request{Identity: identity, Alias: alias})
		if err != nil {
			t.Error(err)
		}
		return forged
	})
}

// withCredential puts what issue makes in the place of the credential in an answer.
func withCredential(t *testing.T, answer []byte, issue func(identity []byte) []byte) []byte {
	var a struct{ Credential string }
	if err := json.Unmarshal(answer, &a); err != nil {
		t.Error(err)
		return answer
	}
	raw, err := base64.RawURLEncoding.DecodeString(a.Credential)
	if err != nil {
		t.Error(err)
		return answer
	}
	identity, err := decodeCredential(raw)
	if err != nil {
		t.Error(err)
		return answer
	}
	out, err := json.Marshal(map[string]string{"credential": base64.RawURLEncoding.EncodeToString(issue(identity))})
	if err != nil {
		t.Error(err)
	}
	return out
}

func decodeCredential(raw []byte) (identity []byte, err error) {
	c, err := wire.DecodeCredential(raw)
	if err != nil {
		return nil, err
	}
	return c.Identity, nil
}
