package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// smallDisk names, in a child with name spaces of its own, a directory on which
// it puts a file system of 24 MiB, which ends with it.
const smallDisk = "SEALWIRE_TEST_SMALL_DISK"

func init() {
	if dir := os.Getenv(smallDisk); dir != "" && os.Getenv(childArgs) != "" {
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size=24m"); err != nil {
			fmt.Fprintln(os.Stderr, `{"msg":"no small disk"}`)
			os.Exit(3)
		}
	}
}

// The disk fills up under log and files: nothing is acknowledged that is not
// on it, each refusal has its code, and with space again the same bytes go.
func TestS02_FullDiskAcksNothingAndRecovers(t *testing.T) {
	_, org := newOrg(t)
	dir := t.TempDir()
	path := writeConfig(t, dir, org, func(c map[string]any) {
		c["limits"] = map[string]any{"entriesPerSecond": 1e6, "entryBurst": 1000000}
	})
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	own := func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	c, err := trySpawn(t, own, []string{smallDisk + "=" + data}, "relay", "-config", path)
	if err != nil {
		t.Skipf("no small disk to be had here: %v", err)
	}
	l := newLoad(t, org)
	l.at(c.Addr)
	v := l.newTalk()
	genesis := v.customer.Genesis(v.Talk, org.Manifest, "default", v.agent.KeyPackage(time.Now().Add(time.Hour), false))
	if !v.append(v.customer, genesis) {
		t.Fatal("not stored")
	}
	v.Apply(genesis)
	f := v.customer.ticketed(v.ID)
	file := make([]byte, 3<<20)
	id, err := f.Create(l.ctx, len(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(l.ctx, id, 0, file); err != nil {
		t.Fatal(err)
	}

	ballast := filepath.Join(fmt.Sprintf("/proc/%d/root", c.cmd.Process.Pid), data, "ballast")
	fill(t, ballast)
	// The write-ahead log may have room from before; not for all of these.
	at := v.customer.connected()
	var unknown []byte
	for range 200 {
		m := v.customer.Message(v.Talk, 30_000)
		got, err := at.Ask(l.ctx, relay.Append{Conversation: v.ID, Entry: m})
		if err == nil {
			v.journal = append(v.journal, acknowledged{wire.EntryID(m), got.(relay.Ack).Sequence})
			continue
		}
		if !errors.Is(err, wire.Unavailable) {
			t.Fatalf("a full disk is told as %v", err)
		}
		unknown = m
		break
	}
	if unknown == nil {
		t.Fatal("the disk was never full")
	}
	fill(t, ballast)
	for _, refused := range [][]string{{"PUT", "/v1/files/" + id + "/1"}, {"POST", "/v1/files"}} {
		body := relaytest.Part(file, 1)
		if refused[0] == "POST" {
			body = nil
		}
		a, err := f.Do(l.ctx, refused[0], refused[1], body, "Upload-Length", "1000")
		if err != nil || a.Status != http.StatusInsufficientStorage || a.Code != wire.Unavailable {
			t.Errorf("%q: %+v, %v", refused, a, err)
		}
	}
	if !strings.Contains(c.log.String(), "no space") && !strings.Contains(c.log.String(), "full") {
		t.Errorf("the operator is not told: %s", c.log)
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if !v.append(v.customer, unknown) {
		t.Error("it does not recover")
	}
	for _, part := range []int{1, 2} {
		if err := f.Put(l.ctx, id, part, file); err != nil {
			t.Errorf("part %d: %v", part, err)
		}
	}
	if err := f.Complete(l.ctx, id); err != nil {
		t.Error(err)
	}
	v.customer.hangUp()
	v.check(t, 0)
	l.stop()
	c.end(t, 10*time.Second)
}

// fill writes to a file until there is no space.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			size /= 2
		}
	}
}
