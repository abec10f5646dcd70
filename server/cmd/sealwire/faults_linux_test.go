//go:build amd64 || arm64

package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The disk under a relay fails in one way after the other, and is well again in
// between: nothing is acknowledged meanwhile, each refusal has its code, what
// there is is read, and the same bytes go afterwards, without a restart.
func TestS02_FailingDiskUnderTheRelay(t *testing.T) {
	all := t
	_, org := newOrg(t)
	dir := t.TempDir()
	path := writeConfig(t, dir, org, func(c map[string]any) { c["limits"] = map[string]any{"entriesPerSecond": 1e6, "entryBurst": 1000000} })
	data := filepath.Join(dir, "data")
	c, disk := withFaultyDisk(t, data, "relay", "-config", path)
	l := newLoad(t, org)
	l.at(c.Addr)
	v := l.newTalk()
	genesis := v.customer.Genesis(v.Talk, org.Manifest, "default", v.agent.KeyPackage(time.Now().Add(time.Hour), false))
	if !v.append(v.customer, genesis) {
		t.Fatal("not stored")
	}
	v.Apply(genesis)
	file := make([]byte, 2<<20)
	rand.Read(file)
	f := v.customer.ticketed(v.ID)
	whole, err := f.Upload(l.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []struct {
		name  string
		errno syscall.Errno
		calls []string
	}{
		{"EIO of each sync", syscall.EIO, []string{"fsync", "fdatasync"}},
		{"EIO of each write", syscall.EIO, []string{"write", "pwrite"}},
		{"no space for a write", syscall.ENOSPC, []string{"write", "pwrite"}},
		{"read-only", syscall.EROFS, names(changing)},
		{"read-only, and then it is killed", syscall.EROFS, names(changing)},
	} {
		t.Run(fault.name, func(t *testing.T) {
			at := v.customer.connected()
			if !v.append(v.customer, v.customer.Message(v.Talk, 100)) {
				t.Fatal("not stored")
			}
			half, err := f.Create(l.ctx, len(file))
			if err == nil {
				err = f.Put(l.ctx, half, 0, file)
			}
			ready, err2 := f.Create(l.ctx, 1<<20)
			if err := errors.Join(err, err2, f.Put(l.ctx, ready, 0, file[:1<<20])); err != nil {
				t.Fatal(err)
			}
			disk.fails(fault.errno, fault.calls...)
			var outbox [][]byte
			for range 3 {
				m := v.customer.Message(v.Talk, 100)
				outbox = append(outbox, m)
				v.pending[wire.EntryID(m)] = true
				if got, err := at.Ask(l.ctx, relay.Append{Conversation: v.ID, Entry: m}); !errors.Is(err, wire.Unavailable) {
					t.Errorf("an entry is answered by %v, %v", got, err)
				}
			}
			for _, refused := range []struct {
				method, path string
				body         []byte
			}{
				{"PUT", "/v1/files/" + half + "/1", relaytest.Part(file, 1)}, {"POST", "/v1/files", nil}, {"POST", "/v1/files/" + ready + "/complete", nil},
			} {
				a, err := f.Do(l.ctx, refused.method, refused.path, refused.body, "Upload-Length", "1000")
				if err != nil || a.Status != http.StatusInsufficientStorage || a.Code != wire.Unavailable {
					t.Errorf("%s %s: %d %v, %v", refused.method, refused.path, a.Status, a.Code, err)
				}
			}
			// What there is can be read.
			v.customer.hangUp()
			v.check(t, 0)
			if a, err := f.Do(l.ctx, "GET", "/v1/files/"+whole, nil); err != nil || a.Status != http.StatusOK || !bytes.Equal(a.Body, file) {
				t.Errorf("the file: %d, %v", a.Status, err)
			}
			if missing, err := f.Missing(l.ctx, half); err != nil || len(missing) != 1 || missing[0] != 1 {
				t.Errorf("missing %v, %v", missing, err)
			}
			if log := c.log.String(); !strings.Contains(log, "request failed") || !strings.Contains(log, fault.errno.Error()) {
				t.Errorf("the operator is not told: %s", log)
			}
			if strings.HasSuffix(fault.name, "killed") {
				c.kill()
				disk.wait.Wait()
				c = spawn(all, nil, "relay", "-config", path)
				l.at(c.Addr)
				f = v.customer.ticketed(v.ID)
			}
			if met := disk.fails(0); met < 6 {
				t.Errorf("%d calls failed: the disk is not the one that is used", met)
			}
			for _, m := range outbox {
				if !v.append(v.customer, m) {
					t.Error("it does not recover")
				}
			}
			if err := errors.Join(f.Put(l.ctx, half, 1, file), f.Complete(l.ctx, half), f.Complete(l.ctx, ready)); err != nil {
				t.Errorf("it does not recover: %v", err)
			}
			for id, want := range map[string][]byte{whole: file, half: file, ready: file[:1<<20]} {
				if a, err := f.Do(l.ctx, "GET", "/v1/files/"+id, nil); err != nil || a.Status != http.StatusOK || !bytes.Equal(a.Body, want) {
					t.Errorf("a file: %d, %v", a.Status, err)
				}
			}
			v.customer.hangUp()
			v.check(t, 0)
		})
	}
	l.stop()
	c.end(t, 10*time.Second)
	if out, errs, exit := run("verify", "-config", path); exit != 0 || out != "no damage found\n" {
		t.Errorf("verify: %d, %q, %q", exit, out, errs)
	}
	left, err := filepath.Glob(filepath.Join(data, "files", "v1", "owners", "*", "*", "*", "*-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}
