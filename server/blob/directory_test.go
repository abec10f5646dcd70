package blob_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/blob/blobtest"
)

var harness = blobtest.Harness{
	Open: func(place string, l blob.Limits) (blob.Store, error) {
		return blob.OpenDirectory(blob.DirectoryOptions{Path: place, Limits: l})
	},
	Place: func(t testing.TB) string { return t.TempDir() },
	Files: files,
}

// files is all but the lock.
func files(t testing.TB, place string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(place, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && path != filepath.Join(place, "lock") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestMain(m *testing.M) { blobtest.Main(m, harness) }

func TestDirectoryConforms(t *testing.T) { blobtest.Run(t, harness) }

var ctx = context.Background()

func open(t testing.TB, dir string, l blob.Limits) *blob.Directory {
	t.Helper()
	d, err := blob.OpenDirectory(blob.DirectoryOptions{Path: dir, Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func content(seed byte, size int) []byte {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func create(t testing.TB, d *blob.Directory, owner string, size int) blob.ID {
	t.Helper()
	id, err := d.Create(ctx, blob.CreateRequest{Owner: []byte(owner), By: []byte("ana"), Size: uint64(size)})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func upload(t testing.TB, d *blob.Directory, owner string, b []byte) blob.ID {
	t.Helper()
	id := create(t, d, owner, len(b))
	for i := 0; i*blob.PartSize < len(b); i++ {
		put(t, d, id, i, b[i*blob.PartSize:min(len(b), (i+1)*blob.PartSize)])
	}
	if err := d.Complete(ctx, id); err != nil {
		t.Fatal(err)
	}
	return id
}

func put(t testing.TB, d *blob.Directory, id blob.ID, part int, b []byte) {
	t.Helper()
	if err := d.Put(ctx, id, part, bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
}

func wantContent(t testing.TB, d *blob.Directory, id blob.ID, want []byte) {
	t.Helper()
	f, _, err := d.Open(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes, %v; want %d", len(got), err, len(want))
	}
}

func TestA13_ServeContentServesRanges(t *testing.T) {
	d := open(t, t.TempDir(), blob.Limits{})
	want := content(1, 2*blob.PartSize+5000)
	id := upload(t, d, "a", want)
	for _, c := range []struct {
		asked    string
		status   int
		from, to int
	}{
		{"", http.StatusOK, 0, len(want)},
		{"bytes=0-0", http.StatusPartialContent, 0, 1},
		{"bytes=1048570-1048580", http.StatusPartialContent, 1048570, 1048581},
		{"bytes=32767-", http.StatusPartialContent, 32767, len(want)},
		{"bytes=-1", http.StatusPartialContent, len(want) - 1, len(want)},
		{"bytes=99999999-", http.StatusRequestedRangeNotSatisfiable, -1, -1},
	} {
		f, info, err := d.Open(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Range", c.asked)
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", time.UnixMilli(info.Created), f)
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if w.Code != c.status || c.from >= 0 && !bytes.Equal(w.Body.Bytes(), want[c.from:c.to]) {
			t.Errorf("%q: status %d, %d bytes", c.asked, w.Code, w.Body.Len())
		}
	}
}

func TestOpenRefusesForeignNewerAndUsedDirectories(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, blob.Limits{})
	open2 := func(o blob.DirectoryOptions) error {
		d, err := blob.OpenDirectory(o)
		if err == nil {
			_ = d.Close()
		}
		return err
	}
	if err := open2(blob.DirectoryOptions{Path: dir}); !errors.Is(err, blob.ErrInUse) {
		t.Errorf("used: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open2(blob.DirectoryOptions{Path: dir}); err != nil {
		t.Errorf("used before: %v", err)
	}
	for _, name := range []string{"v2", "letter.txt"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := open2(blob.DirectoryOptions{Path: dir}); !errors.Is(err, blob.ErrVersion) {
			t.Errorf("with %s: %v", name, err)
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, o := range map[string]blob.DirectoryOptions{
		"no path":             {},
		"file of 2 TiB":       {Path: dir, Limits: blob.Limits{MaxFile: 2 << 40}},
		"negative unfinished": {Path: dir, Limits: blob.Limits{MaxUnfinished: -1}},
	} {
		if err := open2(o); !errors.Is(err, blob.ErrBadRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := open2(blob.DirectoryOptions{Path: filepath.Join(dir, "missing", "too")}); err == nil {
		t.Error("a directory without a parent was made")
	}
}

func TestAllIsTheOwnersOnlyAndNamesTellNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	d := open(t, dir, blob.Limits{})
	upload(t, d, "../../owner", content(1, 100))
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if strings.Contains(path[len(dir):], "owner/") || strings.Contains(path, "ana") {
			t.Errorf("%s names whose it is", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// What a process leaves that is killed at the worst points.
func TestS04_OpenSweepsWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, blob.Limits{})
	want := content(1, blob.PartSize)
	whole, half := upload(t, d, "a", want), create(t, d, "b", 2*blob.PartSize)
	put(t, d, half, 0, want)
	before := len(files(t, dir))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	blobDir := func(id blob.ID) string {
		found, err := filepath.Glob(filepath.Join(dir, "v1/owners/*/*", hex.EncodeToString(id[:])))
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return found[0]
	}
	for path, b := range map[string][]byte{
		filepath.Join(blobDir(whole), "put-0123"):                  want,
		filepath.Join(blobDir(half), "put-0123"):                   want,
		filepath.Join(blobDir(half), "meta-0123"):                  []byte("sealwire"),
		filepath.Join(blobDir(half), "00000001"):                   want[:5000], // cut by a disk that lied
		filepath.Join(dir, "v1/making/0123/meta"):                  []byte("sealwire"),
		filepath.Join(dir, "v1/trash/0123/4567/00000000"):          want,
		filepath.Join(dir, "v1/owners/00/0000/4567/letter of mom"): []byte("not ours"),
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty := filepath.Join(dir, "v1/owners/00", strings.Repeat("0", 64))
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir, blob.Limits{})
	if got := len(files(t, dir)); got != before+2 { // the cut part and the letter stay
		t.Errorf("%d files, want %d: %v", got, before+2, files(t, dir))
	}
	if _, err := os.Stat(empty); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the empty owner: %v", err)
	}
	wantContent(t, d, whole, want)
	if missing, err := d.Parts(ctx, half); err != nil || len(missing) != 1 || missing[0] != 1 {
		t.Errorf("missing %v, %v; want the cut part", missing, err)
	}
	put(t, d, half, 1, want)
	if err := d.Complete(ctx, half); err != nil {
		t.Fatal(err)
	}
	wantContent(t, d, half, append(bytes.Clone(want), want...))
	if s := d.Stats(); s != (blob.Stats{Blobs: 2, Charged: 3 * blob.PartSize}) {
		t.Errorf("stats %+v", s)
	}
}

func TestDamagedPartOfUnfinishedBlobIsReplaced(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, blob.Limits{})
	want := content(1, 100_000)
	id := create(t, d, "a", len(want))
	put(t, d, id, 0, want)
	part := onlyPart(t, dir)
	for _, at := range []int64{5, 50_000, 100_010} {
		spoil(t, part, at)
		put(t, d, id, 0, want)
		if err := d.Put(ctx, id, 0, bytes.NewReader(content(2, len(want)))); !errors.Is(err, blob.ErrConflict) {
			t.Fatalf("byte %d: other bytes on the mended part: %v", at, err)
		}
	}
	if err := os.Remove(part); err != nil {
		t.Fatal(err)
	}
	if err := d.Complete(ctx, id); !errors.Is(err, blob.ErrIncomplete) {
		t.Errorf("complete without the file: %v", err)
	}
	put(t, d, id, 0, want)
	if err := d.Complete(ctx, id); err != nil {
		t.Fatal(err)
	}
	wantContent(t, d, id, want)
	spoil(t, part, 5)
	if err := d.Put(ctx, id, 0, bytes.NewReader(want)); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("damaged after completion: %v", err)
	}
}

func onlyPart(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "v1/owners/*/*/*/00000000"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0]
}

func spoil(t *testing.T, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A part is never held whole, neither on its way in nor out.
func TestMemoryIsBounded(t *testing.T) {
	const n = 30
	d := open(t, t.TempDir(), blob.Limits{})
	want := content(1, blob.PartSize)
	id := create(t, d, "a", n*blob.PartSize)
	var before, put, read runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range n {
		if err := d.Put(ctx, id, i, bytes.NewReader(want)); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&put)
	if err := d.Complete(ctx, id); err != nil {
		t.Fatal(err)
	}
	f, _, err := d.Open(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, f, make([]byte, 32<<10)); err != nil || got != n*blob.PartSize {
		t.Fatal(got, err)
	}
	runtime.ReadMemStats(&read)
	for what, bytes := range map[string]uint64{"put": put.TotalAlloc - before.TotalAlloc, "read": read.TotalAlloc - put.TotalAlloc} {
		if bytes/n > 128<<10 {
			t.Errorf("%s allocates %d bytes a part", what, bytes/n)
		}
	}
}
