//go:build unix

package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func (c *child) hangup(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// served is the manifest that the authority serves.
func (f *firm) served() []byte {
	res, err := http.Get("http://" + f.authority.Addr + "/v1/authority/manifest")
	if err != nil {
		f.t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	got, _ := io.ReadAll(res.Body)
	return got
}

// welcomed is the manifest that the relay gives who names a root; nil: it knows no such.
func (f *firm) welcomed(root []byte) []byte {
	f.t.Helper()
	p := relaytest.NewPerson(wire.Customer)
	c, err := relaytest.Dial(relaytest.Context(f.t), relaytest.DialOptions{
		URL: "ws://" + f.at + "/v1/connect", Origin: relaytest.Origin, Host: f.at, Role: wire.Customer,
		Tenant: wire.TenantID(root), Identity: p.Key, Proof: minted(f.t, p),
	})
	if err != nil {
		return nil
	}
	defer c.Close()
	return c.Manifest
}

// The roots roll over while relay and authority run and a conversation waits.
func TestRootsRollOverInRunningProcesses(t *testing.T) {
	f := newFirm(t)
	f.open()
	old := f.org.RootKey()
	oldManifest := f.org.Manifest.Bytes()
	out, errs, exit := run("org", "root", f.company)
	if exit != 0 {
		t.Fatal(errs)
	}
	next, err := authority.ParseOrgKey(out)
	if err != nil {
		t.Fatal(err)
	}
	k := f.waits(f.customer(wire.Hash(old), wire.Hash(next)))
	if f.welcomed(next) != nil {
		t.Error("the relay takes a root that it was not told of")
	}
	if _, status := f.logs(f.agent(next), "Ben"); status != 401 {
		t.Errorf("the authority takes a root that it was not told of: %d", status)
	}

	f.pin(f.org.OrgKey(), strings.TrimSpace(out))
	f.relay.hangup(t)
	f.authority.hangup(t)
	f.wait("the relay takes both roots", func() bool { return bytes.Equal(f.welcomed(next), oldManifest) })
	f.wait("the authority takes both roots", func() bool { _, status := f.logs(f.agent(old), "Ben"); return status == 200 })
	if !bytes.Equal(f.welcomed(old), oldManifest) {
		t.Error("the relay does not take the old root any more")
	}

	if _, errs, exit := run("org", "manifest", f.company, "-next-root"); exit != 0 {
		t.Fatal(errs)
	}
	raw, err := os.ReadFile(filepath.Join(f.company, authority.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	f.files(raw)
	f.relay.hangup(t)
	f.authority.hangup(t)
	f.wait("the relay serves the next root's manifest", func() bool { return bytes.Equal(f.welcomed(old), raw) && bytes.Equal(f.welcomed(next), raw) })
	f.wait("the authority serves it", func() bool { return bytes.Equal(f.served(), raw) })

	for _, c := range []*child{f.relay, f.authority} {
		if log := c.log.String(); strings.Contains(log, "not renewed") || strings.Contains(log, "not read again") {
			t.Error(log)
		}
	}

	f.files(oldManifest)
	f.relay.hangup(t)
	f.authority.hangup(t)
	f.wait("both say that it is older", func() bool {
		return strings.Contains(f.relay.log.String(), "manifest not renewed") && strings.Contains(f.authority.log.String(), "company not read again")
	})
	if !bytes.Equal(f.served(), raw) || !bytes.Equal(f.welcomed(next), raw) {
		t.Error("an older manifest is served")
	}
	f.files(raw)

	// Who pins the next root alone works, and who pins both claims what waited all the time.
	ben := f.agent(next)
	if _, status := f.logs(ben, "Ben"); status != 200 {
		t.Errorf("%d\n%s", status, f.authority.log)
	}
	ben.Connect()
	ana := f.agent(next, old)
	ticket, status := f.logs(ana, "Ana")
	if status != 200 {
		t.Fatalf("%d\n%s", status, f.authority.log)
	}
	ana.Connect()
	offer := ana.Offer()
	f.wait("the claim is stored", func() bool {
		status = call(t, f.authority.Addr, "claim", ticket, claimOf(k, offer), nil)
		return status == 200
	})
	if at := ana.Open(k.ID()); !slices.Equal(at.Heard, []string{"is anybody there?"}) {
		t.Errorf("Ana heard %q", at.Heard)
	}
}

// A hangup comes while the program still reads its configuration, from a pipe
// that gives nothing yet.
func TestEarlyHangupDoesNotEndTheProcess(t *testing.T) {
	f := newFirm(t)
	at := freePort(t)
	for name, path := range map[string]string{
		"authority": f.file,
		"relay":     writeConfig(t, t.TempDir(), f.org, func(c map[string]any) { c["hosts"], c["listen"] = []string{at}, at }),
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pipe := filepath.Join(filepath.Dir(path), "pipe.json")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := beginChild(t, nil, nil, name, "-config", pipe)
		if err != nil {
			t.Fatal(err)
		}
		give := func() {
			w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // once somebody reads
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Close()
			if c.Addr == "" {
				c.hangup(t)
			}
			_, _ = w.Write(text)
		}
		give()
		if err := c.listens(t); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "relay" { // it reads the file again, as it was told
			give()
		}
		c.end(t, relaytest.Patience)
	}
}
