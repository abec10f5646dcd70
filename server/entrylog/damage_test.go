package entrylog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/entrylog"
)

const damageEntries = 120

func damageBody(conversation string, i int) string {
	return fmt.Sprintf("%s %03d %s", conversation, i, bytes.Repeat([]byte{'a' + byte(i%26)}, 20*i%700))
}

// intact is the file of a database that was closed well, the same each time.
func intact(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	l, err := entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: filepath.Join(dir, "log.db"), Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range damageEntries {
		for _, name := range []string{"a", "b"} {
			expect := byte(1)
			if i == 0 {
				expect = 0
			}
			appended(t, l, request(name, damageBody(name, i), expect, 1))
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return raw(t, dir)
}

// damaged opens a database of these bytes and reads it all. Each entry that it
// gives must be the one that was appended at its place.
func damaged(t *testing.T, file []byte) (whole bool) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: filepath.Join(dir, "log.db")})
	if err != nil {
		return false
	}
	defer func() { _ = l.Close() }()
	whole = l.Verify(context.Background()) == nil
	for _, name := range []string{"a", "b"} {
		for after := uint64(0); ; {
			page, err := l.Read(context.Background(), []byte(name), after, 50, 1<<20)
			if err != nil || len(page) == 0 {
				if whole = whole && err == nil; after == damageEntries || !errors.Is(err, entrylog.ErrDamaged) {
					break
				}
				after++ // the others of the conversation can still be read
				continue
			}
			for _, e := range page {
				if e.Sequence <= after || e.Sequence > damageEntries || string(e.Bytes) != damageBody(name, int(e.Sequence)-1) {
					t.Fatalf("%s: %q was served as entry %d after %d", name, e.Bytes, e.Sequence, after)
				}
				after = e.Sequence
			}
		}
	}
	return whole
}

// Whatever happens to the file, no other bytes are served as an entry, and
// nothing hangs or panics.
func TestS03_DamagedFilesServeNoOtherBytes(t *testing.T) {
	good := intact(t)
	if !damaged(t, good) {
		t.Fatal("the undamaged one is not whole")
	}
	random := rand.New(rand.NewPCG(3, 3))
	noticed := 0
	const rounds = 60
	for round := range rounds {
		file := slices.Clone(good)
		switch at := random.IntN(len(file)); round % 3 {
		case 0:
			for range 1 + random.IntN(8) {
				file[random.IntN(len(file))] ^= byte(1 << random.IntN(8))
			}
		case 1:
			clear(file[at:min(len(file), at+512+random.IntN(4096))])
		case 2:
			file = file[:at]
		}
		if !damaged(t, file) {
			noticed++
		}
	}
	t.Logf("%d of %d damages were noticed; the others hit what holds nothing", noticed, rounds)
	if noticed < rounds/2 {
		t.Error("too few")
	}
}

// One entry is damaged: the others of its conversation are served.
func TestS03_DamageIsLimitedToItsEntry(t *testing.T) {
	good := intact(t)
	at := bytes.Index(good, []byte(damageBody("a", 60)))
	if at < 0 {
		t.Fatal("the entry is not in the file")
	}
	good[at+20] ^= 1
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log.db"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir)
	ctx := context.Background()
	before, err := l.Read(ctx, []byte("a"), 0, 1000, 1<<20)
	if err != nil || len(before) != 60 {
		t.Errorf("%d entries before it, %v", len(before), err)
	}
	if e, err := l.Read(ctx, []byte("a"), 60, 1000, 1<<20); !errors.Is(err, entrylog.ErrDamaged) {
		t.Errorf("%d entries from it on, %v", len(e), err)
	}
	if after, err := l.Read(ctx, []byte("a"), 61, 1000, 1<<20); err != nil || len(after) != damageEntries-61 {
		t.Errorf("%d entries after it, %v", len(after), err)
	}
	if b, err := l.Read(ctx, []byte("b"), 0, 1000, 1<<20); err != nil || len(b) != damageEntries {
		t.Errorf("%d entries of another conversation, %v", len(b), err)
	}
	if err := l.Verify(ctx); !errors.Is(err, entrylog.ErrDamaged) {
		t.Errorf("verified: %v", err)
	}
}

// A write-ahead log that a crash tore off is read up to its last whole
// transaction; one that is gone takes what was only in it.
func TestS04_TornWriteAheadLogIsReadToItsLastTransaction(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	for i := range damageEntries {
		expect := byte(1)
		if i == 0 {
			expect = 0
		}
		appended(t, l, request("a", damageBody("a", i), expect, 1))
	}
	database, err := os.ReadFile(filepath.Join(dir, "log.db"))
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(filepath.Join(dir, "log.db-wal"))
	if err != nil || len(wal) < 100_000 {
		t.Fatalf("%d bytes of write-ahead log, %v", len(wal), err)
	}
	last := uint64(damageEntries)
	for _, cut := range []int{0, 1, 23, 24, 25, 5000, len(wal) / 3, len(wal) / 2, len(wal) - 4120, len(wal) - 1} {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, "log.db"), database, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(torn, "log.db-wal"), append(bytes.Clone(wal[:len(wal)-cut]), make([]byte, min(cut, 7))...), 0o600); err != nil {
			t.Fatal(err)
		}
		// What a process that died left: no index, or that of another time.
		if cut%2 == 0 {
			if err := os.WriteFile(filepath.Join(torn, "log.db-shm"), bytes.Repeat([]byte{7}, 32768), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l := open(t, torn)
		heads, err := l.Heads(context.Background(), [][]byte{[]byte("a")})
		if err != nil {
			t.Fatal(err)
		}
		head := heads["a"].Sequence
		if head > last {
			t.Errorf("cut by %d: head %d after %d with less cut", cut, head, last)
		}
		last = head
		page, err := l.Read(context.Background(), []byte("a"), 0, 1000, 1<<20)
		if err != nil || uint64(len(page)) != head {
			t.Fatalf("cut by %d: %d entries, head %d, %v", cut, len(page), head, err)
		}
		for i, e := range page {
			if string(e.Bytes) != damageBody("a", i) {
				t.Fatalf("cut by %d: entry %d is %q", cut, i+1, e.Bytes)
			}
		}
		if err := l.Verify(context.Background()); err != nil {
			t.Errorf("cut by %d: %v", cut, err)
		}
	}
	if last == damageEntries {
		t.Error("nothing was cut")
	}
}
