package entrylog_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/entrylog/entrylogtest"
)

var harness = entrylogtest.Harness{
	Open: func(place string) (entrylog.Log, error) {
		return entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: filepath.Join(place, "log.db")})
	},
	Place: func(t testing.TB) string { return t.TempDir() },
	Raw:   raw,
}

// raw is the database, its write-ahead log, and whatever else stands there.
func raw(t testing.TB, place string) []byte {
	t.Helper()
	var all []byte
	files, err := os.ReadDir(place)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files at %s: %v", place, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(place, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func TestMain(m *testing.M) { entrylogtest.Main(m, harness) }

func TestSQLiteConforms(t *testing.T) { entrylogtest.Run(t, harness) }

func open(t testing.TB, dir string) *entrylog.SQLite {
	t.Helper()
	l, err := entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: filepath.Join(dir, "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// request is a commit on a head, or with the same next a message.
func request(conversation, body string, expect, next byte) entrylog.AppendRequest {
	r := entrylog.AppendRequest{Conversation: []byte(conversation), Entry: []byte(body), Commit: expect != next}
	sum := sha256.Sum256(r.Entry)
	copy(r.ID[:], sum[:])
	r.Expect[0], r.Next[0] = expect, next
	return r
}

func appended(t testing.TB, l entrylog.Log, r entrylog.AppendRequest) {
	t.Helper()
	if _, _, err := l.Append(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

// queue appends all while the writer is held, so that they share a transaction.
func queue(t *testing.T, l *entrylog.SQLite, requests []entrylog.AppendRequest) []error {
	t.Helper()
	release := l.TestingOnlyHold()
	verdicts := make([]error, len(requests))
	var wait sync.WaitGroup
	for i, r := range requests {
		before := l.TestingOnlyQueued()
		wait.Go(func() { _, _, verdicts[i] = l.Append(context.Background(), r) })
		for l.TestingOnlyQueued() == before { // in this order
			if t.Context().Err() != nil {
				t.Fatal("the request was not queued")
			}
			runtime.Gosched()
		}
	}
	release()
	wait.Wait()
	return verdicts
}

func TestRefusalSparesTheRestOfItsTransaction(t *testing.T) {
	l := open(t, t.TempDir())
	verdicts := queue(t, l, []entrylog.AppendRequest{
		request("a", "genesis", 0, 1), request("a", "message", 1, 1), request("a", "stale", 9, 9),
		request("a", "commit", 1, 2), request("a", "late", 1, 1), request("a", "message", 1, 1), request("a", "last", 2, 2),
	})
	for i, want := range []error{nil, nil, entrylog.ErrStaleHead, nil, entrylog.ErrStaleHead, nil, nil} {
		if !errors.Is(verdicts[i], want) {
			t.Errorf("request %d: %v, want %v", i, verdicts[i], want)
		}
	}
	entries, err := l.Read(context.Background(), []byte("a"), 0, 100, 1<<20)
	if err != nil || len(entries) != 4 {
		t.Fatalf("got %d entries, %v; want 4", len(entries), err)
	}
	for i, want := range []string{"genesis", "message", "commit", "last"} {
		if string(entries[i].Bytes) != want {
			t.Errorf("entry %d is %q, want %q", i, entries[i].Bytes, want)
		}
	}
}

func TestS02_FullDiskAcksNothingAndRecovers(t *testing.T) {
	l := open(t, t.TempDir())
	appended(t, l, request("a", "genesis", 0, 1))
	if err := l.TestingOnlyExec("PRAGMA max_page_count = 30"); err != nil {
		t.Fatal(err)
	}
	big := request("a", string(bytes.Repeat([]byte("x"), 200_000)), 1, 1)
	verdicts := queue(t, l, []entrylog.AppendRequest{request("a", "first", 1, 1), big, request("a", "third", 1, 1)})
	for i, err := range verdicts {
		if err == nil {
			t.Errorf("request %d was acked", i)
		}
	}
	heads, err := l.Heads(context.Background(), [][]byte{[]byte("a")})
	if err != nil || heads["a"].Sequence != 1 {
		t.Fatalf("head %v, %v; want sequence 1", heads, err)
	}
	if err := l.TestingOnlyExec("PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	for i, r := range []entrylog.AppendRequest{request("a", "first", 1, 1), big} {
		if sequence, dup, err := l.Append(context.Background(), r); sequence != uint64(i)+2 || dup || err != nil {
			t.Errorf("with space again: %d, %v, %v", sequence, dup, err)
		}
	}
}

func TestCallerWhoLeavesIsSkipped(t *testing.T) {
	l := open(t, t.TempDir())
	appended(t, l, request("a", "genesis", 0, 1))
	release := l.TestingOnlyHold()
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan error)
	go func() {
		_, _, err := l.Append(ctx, request("a", "left", 1, 1))
		left <- err
	}()
	for l.TestingOnlyQueued() == 0 {
		if t.Context().Err() != nil {
			t.Fatal("the request was not queued")
		}
		runtime.Gosched()
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	release()
	appended(t, l, request("a", "next", 1, 1))
	if e, err := l.Read(context.Background(), []byte("a"), 1, 1, 1); err != nil || string(e[0].Bytes) != "next" {
		t.Errorf("got %q, %v", e[0].Bytes, err)
	}
}

func TestOpenFinishesAnErasureCutShort(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	canary := "canary of a conversation that is being erased"
	appended(t, l, request("a", canary, 0, 1))
	for i := range 600 {
		appended(t, l, request("a", fmt.Sprint(canary, i), 1, 1))
	}
	if err := l.TestingOnlyStartErase([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if e, err := l.Read(context.Background(), []byte("a"), 0, 1, 1); len(e) != 0 || err != nil {
		t.Errorf("an erasure under way shows %d entries, %v", len(e), err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(raw(t, dir), []byte(canary)) {
		t.Fatal("the canary is gone before the erasure: the search is blind")
	}
	open(t, dir)
	if bytes.Contains(raw(t, dir), []byte(canary)) {
		t.Error("the canary is still in the files")
	}
}

// An erasure must get through while readers never pause.
func TestEraseUnderReaders(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	appended(t, l, request("stays", "genesis", 0, 1))
	for i := range 50 {
		appended(t, l, request("stays", fmt.Sprintf("message %d", i), 1, 1))
	}
	var stop atomic.Bool
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for !stop.Load() {
				if e, err := l.Read(context.Background(), []byte("stays"), 0, 100, 1<<20); err != nil || len(e) != 51 {
					t.Errorf("read %d, %v", len(e), err)
					return
				}
			}
		})
	}
	for i := range 5 {
		name := fmt.Sprintf("gone %d", i)
		appended(t, l, request(name, "canary of "+name, 0, 1))
		if err := l.Erase(context.Background(), []byte(name)); err != nil {
			t.Errorf("erase: %v", err)
		}
		if bytes.Contains(raw(t, dir), []byte("canary of ")) {
			t.Error("the canary is still in the files")
		}
	}
	stop.Store(true)
	wait.Wait()
}

func TestOpenRefusesForeignAndNewerDatabases(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	if err := l.TestingOnlyExec("PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := harness.Open(dir); !errors.Is(err, entrylog.ErrVersion) {
		t.Errorf("newer: %v", err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "log.db"), []byte("this is no database, and longer than a header of a hundred bytes would be, so that it can't pass for an empty one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := harness.Open(other); err == nil {
		t.Error("a text file was opened")
	}
	if _, err := harness.Open(filepath.Join(other, "missing")); err == nil {
		t.Error("a missing directory was opened")
	}
	for _, o := range []entrylog.SQLiteOptions{{}, {Path: filepath.Join(dir, "x"), Readers: -1}} {
		if _, err := entrylog.OpenSQLite(o); !errors.Is(err, entrylog.ErrBadRequest) {
			t.Errorf("options %+v: %v", o, err)
		}
	}
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with ?#% signs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir)
	appended(t, l, request("a", "genesis", 0, 1))
	for _, name := range []string{"log.db", "log.db-wal", "log.db-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

// The vector is H("entry", "abc") as wasm/SPEC.md defines it.
func TestHashVector(t *testing.T) {
	l := open(t, t.TempDir())
	appended(t, l, request("a", "abc", 0, 1))
	e, err := l.Read(context.Background(), []byte("a"), 0, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	const want = "a110893e16460c866493812ce2387650f8f707da3d24bebfef8697b3e0db6dbf"
	if got := fmt.Sprintf("%x", e[0].Hash); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
