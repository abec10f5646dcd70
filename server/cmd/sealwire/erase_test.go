package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// kept is what a relay holds of one conversation: pieces that are nowhere else.
type kept struct {
	id     wire.ID
	pieces map[string][]byte
}

// keep makes a conversation with messages and files, one of them not complete.
func keep(t *testing.T, l *load) kept {
	t.Helper()
	v := l.newTalk()
	k := kept{v.ID, make(map[string][]byte)}
	genesis := v.customer.Genesis(v.Talk, l.org.Manifest, "default", v.agent.KeyPackage(time.Now().Add(time.Hour), false))
	if !v.append(v.customer, genesis) {
		t.Fatal("not stored")
	}
	v.Apply(genesis)
	k.pieces["genesis"] = genesis[len(genesis)-100:]
	for range 100 {
		m := v.customer.Message(v.Talk, 700)
		if !v.append(v.customer, m) {
			t.Fatal("not stored")
		}
		k.pieces["message"] = m[300:400]
	}
	f := v.customer.ticketed(v.ID)
	file := make([]byte, 1<<20+5000)
	rand.Read(file)
	for _, at := range []int{0, 4000, 1<<20 - 100, 1<<20 + 100, len(file) - 100} {
		k.pieces["file at "+hex.EncodeToString([]byte{byte(at >> 12), byte(at)})] = file[at : at+100]
	}
	if _, err := f.Upload(relaytest.Context(t), file); err != nil {
		t.Fatal(err)
	}
	half := make([]byte, 2000)
	rand.Read(half)
	k.pieces["upload"] = half[1000:1100]
	id, err := f.Create(relaytest.Context(t), 3000+1<<20)
	if err != nil {
		t.Fatal(err)
	}
	whole := append(make([]byte, 1<<20), append(half, make([]byte, 1000)...)...)
	if err := f.Put(relaytest.Context(t), id, 1, whole); err != nil {
		t.Fatal(err)
	}
	return k
}

// found says which of the pieces stand in the files of a directory.
func (k kept) found(t *testing.T, dir string) (names []string) {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(append(all, text...), 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, piece := range k.pieces {
		if bytes.Contains(all, piece) {
			names = append(names, name)
		}
	}
	return names
}

// Nothing of an erased conversation remains in any file of the relay; another
// one is as it was.
func TestS08_ErasedConversationIsNowhere(t *testing.T) {
	_, org := newOrg(t)
	dir := t.TempDir()
	path := writeConfig(t, dir, org, func(c map[string]any) {
		c["limits"] = map[string]any{"entriesPerSecond": 1e6, "entryBurst": 1000000}
		c["files"] = map[string]any{"directory": "blobs"}
	})
	relay := spawn(t, nil, "relay", "-config", path)
	l := newLoad(t, org)
	l.at(relay.Addr)
	gone, stays := keep(t, l), keep(t, l)
	id := hex.EncodeToString(gone.id[:])
	if _, errs, exit := run("erase", "-config", path, id); exit != 1 || !strings.Contains(errs, "a relay runs on it") {
		t.Errorf("beside a running relay: %d, %q", exit, errs)
	}
	l.stop()
	relay.kill() // the write-ahead log stays as well
	for _, k := range []kept{gone, stays} {
		if got := k.found(t, dir); len(got) != len(k.pieces) {
			t.Fatalf("only %q are in the files before: the search is blind", got)
		}
	}
	if out, errs, exit := run("erase", id, "-config", path); exit != 0 || out != "erased\n" {
		t.Fatalf("%d, %q, %q", exit, out, errs)
	}
	if got := gone.found(t, dir); len(got) != 0 {
		t.Errorf("after erasing these are still there: %q", got)
	}
	if got := stays.found(t, dir); len(got) != len(stays.pieces) {
		t.Errorf("of the other conversation only %q are there", got)
	}
	for _, tc := range []struct {
		args []string
		exit int
		says string
	}{
		{[]string{id, "-config", path}, 0, "erased"}, // again is well
		{[]string{strings.Repeat("0", 32), "-config", path}, 1, "no conversation"},
		{[]string{"xyz", "-config", path}, 2, "32 hex"},
		{[]string{id}, 2, "-config"},
		{[]string{id, "-config", writeConfig(t, t.TempDir(), org, nil)}, 1, "no such file"},
	} {
		if out, errs, exit := run(append([]string{"erase"}, tc.args...)...); exit != tc.exit || !strings.Contains(out+errs, tc.says) {
			t.Errorf("%q: %d, %q, %q", tc.args, exit, out, errs)
		}
	}
	relay = spawn(t, nil, "relay", "-config", path)
	l2 := newLoad(t, org)
	l2.at(relay.Addr)
	v := l.talks[0]
	v.customer.l = l2
	if got := v.customer.ticketed(v.ID); got != nil {
		t.Error("a ticket of an erased conversation")
	}
	v.customer.hangUp()
	relay.end(t, 10*time.Second)
	// Damage is told by verify.
	name := filepath.Join(dir, "data", "log.db")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, stays.pieces["message"])
	if at < 0 {
		t.Fatal("the message is not in the database")
	}
	text[at] ^= 1
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, exit := run("verify", "-config", path); exit != 1 || !strings.Contains(errs, "damaged") {
		t.Errorf("verify: %d, %q", exit, errs)
	}
}
