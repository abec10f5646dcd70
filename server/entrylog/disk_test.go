package entrylog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/sealwire/sealwire/server/entrylog"
)

// breakages are the ways of a disk to fail, each with how many calls of its
// kinds a transaction and a trim have at least.
var breakages = []struct {
	name          string
	breakage      // nth is filled in
	appends, cuts int
}{
	{"EIO of a write", breakage{kinds: "w", code: sqlite3.SQLITE_IOERR_WRITE}, 10, 10},
	{"EIO of a sync", breakage{kinds: "s", code: sqlite3.SQLITE_IOERR_FSYNC}, 1, 3},
	{"no space any more", breakage{kinds: "w", code: sqlite3.SQLITE_FULL, stays: true}, 10, 10},
	{"read-only from there on", breakage{kinds: "wst", code: sqlite3.SQLITE_READONLY, stays: true}, 11, 12},
}

// eachFailure runs do with the first call of the disk failing, then with the
// second, and so on. Do says what must hold, mends the disk, and gives how many
// calls failed.
func eachFailure(t *testing.T, do func(t *testing.T, how breakage) (met int), least func(i int) int) {
	for i, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			defer disk.mends()
			how := b.breakage
			for ; do(t, how) > 0; how.nth++ {
				how.half = how.nth%2 == 0
			}
			if how.nth < least(i) {
				t.Errorf("%d failures met: the disk is not the one that is used", how.nth)
			}
		})
	}
}

// left is a copy of the files, as a kill at this moment leaves them.
func left(t *testing.T, dir string) string {
	t.Helper()
	again := t.TempDir()
	if err := os.CopyFS(again, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return again
}

// holds demands that the log gives these entries, and nothing else.
func holds(t *testing.T, l *entrylog.SQLite, conversation string, want []string) {
	t.Helper()
	entries, err := l.Read(context.Background(), []byte(conversation), 0, 100, 1<<20)
	if err != nil {
		t.Fatalf("reading does not go on: %v", err)
	}
	var got []string
	for i, e := range entries {
		if e.Sequence != uint64(i)+1 {
			t.Errorf("sequence %d at %d", e.Sequence, i)
		}
		got = append(got, string(e.Bytes))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log has %.20q, want %.20q", got, want)
	}
}

// TestS02_NoFailureOfTheDiskIsAcked fails each write, sync and cut of a
// transaction of three entries.
func TestS02_NoFailureOfTheDiskIsAcked(t *testing.T) {
	install()
	dir := t.TempDir()
	l, n := open(t, dir), 0
	eachFailure(t, func(t *testing.T, how breakage) int {
		n++
		name := fmt.Sprint("conversation ", n)
		requests := []entrylog.AppendRequest{request(name, "first", 1, 1), request(name, strings.Repeat("commit", 1000), 1, 2), request(name, "last", 2, 2)}
		appended(t, l, request(name, "genesis", 0, 1))
		acked := []string{"genesis"}
		disk.breaks(how)
		verdicts := queue(t, l, requests)
		for i, r := range requests {
			if verdicts[i] == nil {
				acked = append(acked, string(r.Entry))
			} else if errors.Is(verdicts[i], entrylog.ErrStaleHead) {
				t.Errorf("failure %d: %v: others than the disk were blamed", how.nth, verdicts[i])
			}
		}
		holds(t, l, name, acked)
		killed := left(t, dir)
		met := disk.mends()
		if met == 0 {
			for i, err := range verdicts {
				if err != nil {
					t.Errorf("request %d without a failure: %v", i, err)
				}
			}
			return 0
		}
		// The same bytes again, without opening anew and after a kill.
		dead := open(t, killed)
		for _, l := range []*entrylog.SQLite{l, dead} {
			for i, r := range requests {
				sequence, dup, err := l.Append(context.Background(), r)
				if err != nil || sequence != uint64(i)+2 || dup && l != dead && verdicts[i] != nil {
					t.Errorf("failure %d, request %d again: %d, %v, %v", how.nth, i, sequence, dup, err)
				}
			}
			holds(t, l, name, []string{"genesis", "first", string(requests[1].Entry), "last"})
		}
		if err := dead.Verify(context.Background()); err != nil {
			t.Error(err)
		}
		return met
	}, func(i int) int { return breakages[i].appends })
	if err := l.Verify(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestS02_TrimOnAFailingDiskLosesNothing fails each step of what also moves the
// write-ahead log into the database and cuts it.
func TestS02_TrimOnAFailingDiskLosesNothing(t *testing.T) {
	install()
	eachFailure(t, func(t *testing.T, how breakage) int {
		dir := t.TempDir()
		l := open(t, dir)
		old, kept := "canary "+strings.Repeat("old", 1000), strings.Repeat("kept", 1000)
		for _, r := range []entrylog.AppendRequest{request("a", "genesis", 0, 1), request("a", old, 1, 1), request("a", kept, 1, 1)} {
			appended(t, l, r)
		}
		disk.breaks(how)
		err := l.Trim(context.Background(), []byte("a"), 3)
		whole := func(l *entrylog.SQLite) {
			t.Helper()
			entries, err := l.Read(context.Background(), []byte("a"), 0, 10, 1<<20)
			if err != nil || len(entries) != 3 {
				t.Fatalf("failure %d: %d entries, %v", how.nth, len(entries), err)
			}
			for i, want := range []string{"genesis", old, kept} {
				if got := string(entries[i].Bytes); got != want && (i != 1 || got != "") {
					t.Errorf("failure %d: entry %d is %.20q", how.nth, i, got)
				}
			}
		}
		whole(l)
		killed := left(t, dir)
		met := disk.mends()
		whole(open(t, killed))
		if (err != nil) != (met > 0) {
			t.Errorf("failure %d, met %d: %v", how.nth, met, err)
		}
		if err := l.Trim(context.Background(), []byte("a"), 3); err != nil {
			t.Errorf("again: %v", err)
		}
		whole(l)
		if bytes.Contains(raw(t, dir), []byte("canary")) {
			t.Errorf("failure %d: what was trimmed is in the files", how.nth)
		}
		appended(t, l, request("a", "next", 1, 1))
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		return met
	}, func(i int) int { return breakages[i].cuts })
}

// A log that cannot be folded up when it is closed is whole when it is opened.
func TestS02_ClosingOnAFailingDiskLosesNothing(t *testing.T) {
	install()
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			defer disk.mends()
			dir := t.TempDir()
			l := open(t, dir)
			appended(t, l, request("a", "genesis", 0, 1))
			appended(t, l, request("a", "first", 1, 1))
			b.stays = true
			disk.breaks(b.breakage)
			_ = l.Close()
			if disk.mends() == 0 {
				t.Error("the disk is not the one that is used")
			}
			holds(t, open(t, dir), "a", []string{"genesis", "first"})
		})
	}
}

// A database that cannot be written to refuses every change and is read.
func TestS02_ReadOnlyRefusesAndReads(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	appended(t, l, request("a", "genesis", 0, 1))
	if err := l.TestingOnlyExec("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	ctx, key := context.Background(), []byte("a")
	_, _, appending := l.Append(ctx, request("a", "first", 1, 1))
	for what, err := range map[string]error{
		"append": appending, "trim": l.Trim(ctx, key, 2), "erase": l.Erase(ctx, key),
		"put": l.Put(ctx, entrylog.Record{Space: "s", ID: []byte("i"), Value: []byte("v")}),
	} {
		if err == nil {
			t.Errorf("%s was done", what)
		}
	}
	holds(t, l, "a", []string{"genesis"})
	if err := l.TestingOnlyExec("PRAGMA query_only = 0"); err != nil {
		t.Fatal(err)
	}
	appended(t, l, request("a", "first", 1, 1))
	holds(t, l, "a", []string{"genesis", "first"})
}
