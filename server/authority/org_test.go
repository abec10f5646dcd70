package authority_test

import (
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/wire"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newOrg(t *testing.T) (*authority.Org, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "org")
	org, err := authority.Init(dir, authority.Options{Now: now, Queues: []string{"sales", "default", "sales"}})
	if err != nil {
		t.Fatal(err)
	}
	return org, dir
}

func TestInitMakesPrivateFilesThatLoadAgain(t *testing.T) {
	org, dir := newOrg(t)
	count := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700 | fs.ModeDir
		} else {
			count++
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
		return nil
	})
	if err != nil || count != 4 {
		t.Errorf("%d files (%v), want 4", count, err)
	}
	again, err := authority.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Root.Equal(org.Root) || !again.Issuer.Equal(org.Issuer) || again.OrgKey() != org.OrgKey() || again.Manifest.Hash() != org.Manifest.Hash() {
		t.Error("loaded another organisation than was made")
	}
	if len(org.OrgKey()) != 43 {
		t.Errorf("orgKey %q has %d characters, want 43", org.OrgKey(), len(org.OrgKey()))
	}
	if q := again.Manifest.Queues; len(q) != 2 || q[0] != "default" || q[1] != "sales" {
		t.Errorf("queues %q, want default and sales", q)
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	_, dir := newOrg(t)
	for _, name := range []string{authority.RootFile, authority.IssuerFile, authority.ManifestFile, authority.OrgKeyFile} {
		alone := t.TempDir()
		if err := os.WriteFile(filepath.Join(alone, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := authority.Init(alone, authority.Options{Now: now}); !errors.Is(err, authority.ErrExists) {
			t.Errorf("beside %s: %v, want ErrExists", name, err)
		}
		if files, _ := os.ReadDir(alone); len(files) != 1 {
			t.Errorf("beside %s: a refused Init left %d files", name, len(files))
		}
	}
	if _, err := authority.Init(dir, authority.Options{Now: now}); !errors.Is(err, authority.ErrExists) {
		t.Errorf("a second Init: %v, want ErrExists", err)
	}
}

func TestLoadRefusesForeignParts(t *testing.T) {
	_, a := newOrg(t)
	_, b := newOrg(t)
	for _, name := range []string{authority.RootFile, authority.ManifestFile, authority.OrgKeyFile} {
		data, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(filepath.Join(a, name))
		if err := os.WriteFile(filepath.Join(a, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := authority.Load(a); !errors.Is(err, authority.ErrBadOrg) {
			t.Errorf("with another's %s: %v, want ErrBadOrg", name, err)
		}
		if err := os.WriteFile(filepath.Join(a, name), before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// The two key files are not interchangeable.
	root, _ := os.ReadFile(filepath.Join(a, authority.RootFile))
	if err := os.WriteFile(filepath.Join(a, authority.IssuerFile), root, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Load(a); !errors.Is(err, authority.ErrBadOrg) {
		t.Errorf("root key as issuer key: %v, want ErrBadOrg", err)
	}
}

func TestRenewRaisesTheSequenceAndKeepsCredentials(t *testing.T) {
	org, dir := newOrg(t)
	identity, _, _ := ed25519.GenerateKey(nil)
	raw, err := org.Issue(authority.Request{Identity: identity, Alias: "Ana", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	later := now.Add(20 * 24 * time.Hour)
	if _, err := org.Renew(authority.Options{Now: later}); err != nil {
		t.Fatal(err)
	}
	again, err := authority.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := again.Manifest
	if m.Sequence != 2 || m.Issued != uint64(later.Unix()) || len(m.Queues) != 2 {
		t.Errorf("sequence %d, issued %d, queues %q", m.Sequence, m.Issued, m.Queues)
	}
	c, err := wire.DecodeCredential(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.CheckCredential(c); err != nil {
		t.Errorf("a credential from before the renewal: %v", err)
	}
}

func TestRenewNeedsTheRootKeyAndIssueDoesNot(t *testing.T) {
	_, dir := newOrg(t)
	if err := os.Remove(filepath.Join(dir, authority.RootFile)); err != nil {
		t.Fatal(err)
	}
	org, err := authority.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := org.Renew(authority.Options{Now: now}); !errors.Is(err, authority.ErrBadOrg) {
		t.Errorf("renewing without a root key: %v, want ErrBadOrg", err)
	}
	identity, _, _ := ed25519.GenerateKey(nil)
	if _, err := org.Issue(authority.Request{Identity: identity, Alias: "Ana", Now: now}); err != nil {
		t.Errorf("issuing without a root key: %v", err)
	}
}

func TestIssueBounds(t *testing.T) {
	org, _ := newOrg(t)
	identity, _, _ := ed25519.GenerateKey(nil)
	for _, tc := range []struct {
		name   string
		change func(*authority.Request)
		want   error
	}{
		{"as it is", func(*authority.Request) {}, nil},
		{"one hour", func(r *authority.Request) { r.Life = time.Hour }, nil},
		{"a day", func(r *authority.Request) { r.Life = 24 * time.Hour }, nil},
		{"a supervisor", func(r *authority.Request) { r.Role = wire.Supervisor }, nil},
		{"under an hour", func(r *authority.Request) { r.Life = time.Hour - 1 }, authority.ErrOptions},
		{"till in a minute", func(r *authority.Request) { r.Until = r.Now.Add(time.Minute) }, nil},
		{"till now", func(r *authority.Request) { r.Until = r.Now }, authority.ErrOptions},
		{"till before time began", func(r *authority.Request) { r.Until = time.Unix(-5, 0) }, authority.ErrOptions},
		{"over a day", func(r *authority.Request) { r.Life = 24*time.Hour + 1 }, authority.ErrOptions},
		{"no alias", func(r *authority.Request) { r.Alias = "" }, authority.ErrOptions},
		{"long alias", func(r *authority.Request) { r.Alias = string(make([]byte, 65)) }, authority.ErrOptions},
		{"alias that turns text around", func(r *authority.Request) { r.Alias = "Ana\u202e" }, authority.ErrOptions},
		{"unknown queue", func(r *authority.Request) { r.Queues = []string{"other"} }, authority.ErrOptions},
		{"a customer", func(r *authority.Request) { r.Role = wire.Customer }, authority.ErrOptions},
		{"an archive", func(r *authority.Request) { r.Role = wire.Archive }, authority.ErrOptions},
		{"short key", func(r *authority.Request) { r.Identity = identity[:31] }, authority.ErrOptions},
		{"low-order key", func(r *authority.Request) { r.Identity = make([]byte, 32) }, authority.ErrOptions},
		{"after the issuer's time", func(r *authority.Request) { r.Now = now.Add(401 * 24 * time.Hour) }, authority.ErrBadOrg},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := authority.Request{Identity: identity, Alias: "Ana", Now: now}
			tc.change(&r)
			raw, err := org.Issue(r)
			if !errors.Is(err, tc.want) {
				t.Fatalf("%v, want %v", err, tc.want)
			}
			if err != nil {
				return
			}
			c, err := wire.DecodeCredential(raw)
			if err != nil {
				t.Fatal(err)
			}
			if err := org.Manifest.CheckCredential(c); err != nil {
				t.Error(err)
			}
			if err := c.ValidAt(uint64(now.Unix())); err != nil {
				t.Error(err)
			}
		})
	}
}
