package authority_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/wire"
)

func load(t *testing.T, dir string) *authority.Org {
	t.Helper()
	org, err := authority.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func issue(t *testing.T, org *authority.Org, at time.Time) *wire.Credential {
	t.Helper()
	identity, _, _ := ed25519.GenerateKey(nil)
	raw, err := org.Issue(authority.Request{Identity: identity, Alias: "Ana", Now: at})
	if err != nil {
		t.Fatal(err)
	}
	c, err := wire.DecodeCredential(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func renew(t *testing.T, org *authority.Org, o authority.Options) *wire.Manifest {
	t.Helper()
	o.Now = now
	if _, err := org.Renew(o); err != nil {
		t.Fatal(err)
	}
	return org.Manifest
}

func TestIssuerRollsOverWithoutAGap(t *testing.T) {
	org, dir := newOrg(t)
	current := org.Issuer.Public().(ed25519.PublicKey)
	old := issue(t, org, now)
	next, err := org.MakeNextIssuer()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := org.MakeNextIssuer(); !errors.Is(err, authority.ErrExists) {
		t.Errorf("a next issuer beside one that does not sign yet: %v", err)
	}
	if c := issue(t, load(t, dir), now); c.Issuer != wire.KeyHash(current) {
		t.Error("an issuer signs that no manifest lists")
	}
	both := renew(t, load(t, dir), authority.Options{AddIssuers: [][]byte{next}})
	if len(both.Issuers) != 2 || both.CheckCredential(old) != nil {
		t.Errorf("%d issuers; the old credential: %v", len(both.Issuers), both.CheckCredential(old))
	}
	if c := issue(t, load(t, dir), now); c.Issuer != wire.KeyHash(current) || both.CheckCredential(c) != nil {
		t.Error("while both are listed the current one signs")
	}
	last := renew(t, load(t, dir), authority.Options{DropIssuers: [][]byte{current}})
	c := issue(t, load(t, dir), now)
	if len(last.Issuers) != 1 || c.Issuer != wire.KeyHash(next) || last.CheckCredential(c) != nil {
		t.Error("the next issuer does not sign once it is alone")
	}
	if err := last.CheckCredential(old); err != wire.BadCredential {
		t.Errorf("what the dropped issuer signed: %v, want bad credential", err)
	}
	again, err := load(t, dir).MakeNextIssuer()
	if err != nil || bytes.Equal(again, next) {
		t.Errorf("the one after: %v", err)
	}
	if c := issue(t, load(t, dir), now); c.Issuer != wire.KeyHash(next) {
		t.Error("the second issuer does not sign any more")
	}
	identity, _, _ := ed25519.GenerateKey(nil)
	if raw, err := load(t, dir).IssueInbox(identity, "sales", now); err != nil {
		t.Error(err)
	} else if c, err := wire.DecodeCredential(raw); err != nil || c.Role != wire.Inbox || c.Alias != "sales" || !c.Holds("default") || last.CheckCredential(c) != nil {
		t.Errorf("an inbox's credential: %+v, %v", c, err)
	}
}

func TestManifestNeedsNoIssuerKeyAndKeepsWhatIsNotSaid(t *testing.T) {
	org, dir := newOrg(t)
	policy := wire.Policy{History: wire.HistoryNone, Grants: 2, RetentionDays: 30, RotateMinutes: 5, RotateMessages: 10}
	renew(t, org, authority.Options{Policy: &policy})
	if err := os.Remove(filepath.Join(dir, authority.IssuerFile)); err != nil {
		t.Fatal(err)
	}
	offline := load(t, dir)
	m := renew(t, offline, authority.Options{})
	if m.Policy != policy || len(m.Issuers) != 1 || len(m.Queues) != 2 || m.Sequence != 3 {
		t.Errorf("%+v", m)
	}
	identity, _, _ := ed25519.GenerateKey(nil)
	if _, err := offline.Issue(authority.Request{Identity: identity, Alias: "Ana", Now: now}); !errors.Is(err, authority.ErrBadOrg) {
		t.Errorf("issuing without an issuer key: %v", err)
	}
	if _, err := offline.Renew(authority.Options{Now: now, DropIssuers: [][]byte{m.Issuers[0].Key}}); !errors.Is(err, authority.ErrOptions) {
		t.Errorf("a manifest without issuers: %v", err)
	}
	if got := load(t, dir).Manifest.Sequence; got != 3 {
		t.Errorf("a refused manifest is on disk: sequence %d", got)
	}
}

func TestRootRollsOverWhereBothArePinned(t *testing.T) {
	org, dir := newOrg(t)
	if _, err := org.Renew(authority.Options{NextRoot: true, Now: now}); !errors.Is(err, authority.ErrBadOrg) {
		t.Errorf("signing with a next root that is not there: %v", err)
	}
	before, old := org.Manifest, org.RootKey()
	next, err := org.MakeNextRoot()
	if err != nil {
		t.Fatal(err)
	}
	org = load(t, dir)
	if roots := org.Roots(); len(roots) != 2 || !bytes.Equal(roots[0], old) || !bytes.Equal(roots[1], next) {
		t.Errorf("%d roots", len(roots))
	}
	m := renew(t, org, authority.Options{NextRoot: true})
	if !bytes.Equal(m.Root, next) || m.Sequence != before.Sequence+1 {
		t.Errorf("signed by another root, sequence %d", m.Sequence)
	}
	if _, err := wire.DecodeManifest(m.Bytes(), []wire.Hash{wire.Hash(old), wire.Hash(next)}); err != nil {
		t.Error(err)
	}
	if _, err := wire.DecodeManifest(m.Bytes(), []wire.Hash{wire.Hash(old)}); err != wire.BadCredential {
		t.Errorf("to whom the old root alone is pinned: %v", err)
	}
	again := load(t, dir)
	if roots := again.Roots(); !bytes.Equal(roots[0], next) || !bytes.Equal(roots[1], old) || again.OrgKey() != org.OrgKey() {
		t.Error("after the roll-over the next root is not the current one")
	}
	if m := renew(t, again, authority.Options{}); !bytes.Equal(m.Root, next) {
		t.Error("the manifest after is signed by another root")
	}
	if _, err := load(t, dir).MakeNextRoot(); err != nil {
		t.Errorf("the root after: %v", err)
	}
}

// Where a crash cuts a roll-over of the root short, everything is found and the
// next step goes on.
func TestRootRollOverSurvivesACrash(t *testing.T) {
	read := func(dir, name string) []byte { b, _ := os.ReadFile(filepath.Join(dir, name)); return b }
	for _, step := range []string{"manifest", "old key", "key"} {
		org, dir := newOrg(t)
		next, err := org.MakeNextRoot()
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, name := range []string{authority.RootFile, authority.NextRootFile, authority.OrgKeyFile, authority.NextOrgKeyFile} {
			files[name] = read(dir, name)
		}
		renew(t, org, authority.Options{NextRoot: true})
		// Back to how it lay after the step.
		for name, data := range files {
			if step == "key" && name == authority.OrgKeyFile {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if step == "manifest" {
			_ = os.Remove(filepath.Join(dir, authority.OldOrgKeyFile))
		}
		_ = os.Remove(filepath.Join(dir, authority.OldRootFile))
		again := load(t, dir)
		if !bytes.Equal(again.Manifest.Root, next) {
			t.Errorf("after the %s: another manifest", step)
		}
		m := renew(t, again, authority.Options{NextRoot: step != "key"})
		if !bytes.Equal(m.Root, next) || m.Sequence != 3 {
			t.Errorf("after the %s: sequence %d", step, m.Sequence)
		}
		if _, err := load(t, dir).MakeNextRoot(); err != nil {
			t.Errorf("after the %s: the root after: %v", step, err)
		}
	}
}
