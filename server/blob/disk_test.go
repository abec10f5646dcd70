package blob_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sealwire/sealwire/server/blob"
)

// failingDisk fails at each of its writes and syncs in turn.
type failingDisk struct {
	left int // calls until the failure
	err  error
	half bool // a failing write writes half
}

func (f *failingDisk) fails() bool {
	f.left--
	return f.left == -1
}

func (f *failingDisk) write(file *os.File, b []byte) (int, error) {
	if !f.fails() {
		return file.Write(b)
	}
	n := 0
	if f.half {
		n, _ = file.Write(b[:len(b)/2])
	}
	return n, &os.PathError{Op: "write", Path: file.Name(), Err: f.err}
}

func (f *failingDisk) sync(file *os.File) error {
	if !f.fails() {
		return file.Sync()
	}
	return &os.PathError{Op: "sync", Path: file.Name(), Err: f.err}
}

// TestS02_FailingDiskAcksNothingAndRecovers fails each single write and sync of
// an upload, one at a time, and demands each time that the call says so, that a
// store opened from what is on disk has nothing half, and that the same call
// succeeds when the disk does.
func TestS02_FailingDiskAcksNothingAndRecovers(t *testing.T) {
	want := content(1, 70_000)
	request := blob.CreateRequest{Owner: []byte("a"), By: []byte("ana"), Size: uint64(len(want))}
	for _, c := range []struct {
		cause, sentinel error
	}{{syscall.ENOSPC, blob.ErrNoSpace}, {syscall.EDQUOT, blob.ErrNoSpace}, {syscall.EIO, blob.ErrDisk}, {syscall.EROFS, blob.ErrDisk}} {
		steps := map[string]int{}
		for _, name := range []string{"create", "put", "complete"} {
			for at := 0; ; at++ {
				dir := t.TempDir()
				d := open(t, dir, blob.Limits{MaxUnfinished: 1})
				var id blob.ID
				do := func() (err error) {
					switch name {
					case "create":
						id, err = d.Create(ctx, request)
					case "put":
						err = d.Put(ctx, id, 0, bytes.NewReader(want))
					case "complete":
						err = d.Complete(ctx, id)
					}
					return err
				}
				if name != "create" {
					id = create(t, d, "a", len(want))
				}
				if name == "complete" {
					put(t, d, id, 0, want)
				}
				before := len(files(t, dir))
				disk := &failingDisk{at, c.cause, at%2 == 0}
				d.TestingOnlyDisk(disk.write, disk.sync)
				err := do()
				if disk.left >= 0 {
					if err != nil {
						t.Fatalf("%s without a failure: %v", name, err)
					}
					steps[name] = at
					break
				}
				if !errors.Is(err, c.sentinel) || errors.Is(err, blob.ErrNoSpace) != (c.sentinel == blob.ErrNoSpace) {
					t.Fatalf("%s, failure %d: %v, want %v", name, at, err, c.sentinel)
				}
				for _, path := range files(t, dir) {
					if base := filepath.Base(path); strings.Contains(base, "-") || strings.Contains(path, "making") || strings.Contains(path, "trash") {
						t.Errorf("%s, failure %d leaves %s", name, at, path)
					}
				}
				switch name {
				case "create":
					if n := len(files(t, dir)); n != before || d.Stats() != (blob.Stats{}) {
						t.Errorf("create, failure %d: %d files, %+v", at, n, d.Stats())
					}
				case "put":
					if missing, err := d.Parts(ctx, id); err != nil || len(missing) != 1 {
						t.Errorf("put, failure %d: missing %v, %v", at, missing, err)
					}
				case "complete":
					if info, err := d.Info(ctx, id); err != nil || info.Complete {
						t.Errorf("complete, failure %d: %+v, %v", at, info, err)
					}
				}
				d.TestingOnlyDisk(nil, nil)
				if at%2 == 1 && name != "create" { // as after a crash
					if err := d.Close(); err != nil {
						t.Fatal(err)
					}
					d = open(t, dir, blob.Limits{MaxUnfinished: 1})
				}
				if err := do(); err != nil {
					t.Fatalf("%s after failure %d: %v", name, at, err)
				}
				finish(t, d, id, want)
			}
		}
		if steps["create"] < 6 || steps["put"] < 6 || steps["complete"] < 3 {
			t.Fatalf("failures met: %v: the hook is blind", steps)
		}
	}
}

// finish does what is left of an upload.
func finish(t *testing.T, d *blob.Directory, id blob.ID, want []byte) {
	t.Helper()
	put(t, d, id, 0, want)
	if err := d.Complete(ctx, id); err != nil {
		t.Fatal(err)
	}
	wantContent(t, d, id, want)
}

func TestFailedRemovalIsToldAndFinished(t *testing.T) {
	want := content(1, 40_000)
	for at := range 4 {
		dir := t.TempDir()
		d := open(t, dir, blob.Limits{})
		id := upload(t, d, "a", want)
		upload(t, d, "a", want)
		disk := &failingDisk{left: at, err: syscall.EIO}
		d.TestingOnlyDisk(nil, disk.sync)
		err := d.Delete(ctx, id)
		if met := disk.left < 0; met != errors.Is(err, syscall.EIO) {
			t.Fatalf("delete, failure %d: %v", at, err)
		}
		disk.left = at
		err = d.EraseOwner(ctx, []byte("a"))
		if met := disk.left < 0; met != errors.Is(err, syscall.EIO) {
			t.Fatalf("erase, failure %d: %v", at, err)
		}
		d.TestingOnlyDisk(nil, nil)
		if err := d.EraseOwner(ctx, []byte("a")); err != nil {
			t.Fatal(err)
		}
		if left := files(t, dir); len(left) != 0 || d.Stats() != (blob.Stats{}) {
			t.Errorf("failure %d: %v remain, %+v", at, left, d.Stats())
		}
	}
}

// Whoever has an erased file open has it without its bytes: the disk has them back.
func TestS08_ErasedIsFreedThoughItIsOpen(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, blob.Limits{})
	for name, erase := range map[string]func(blob.ID) error{
		"delete": func(id blob.ID) error { return d.Delete(ctx, id) },
		"erase":  func(blob.ID) error { return d.EraseOwner(ctx, []byte("a")) },
	} {
		id := upload(t, d, "a", content(1, 50_000))
		held, err := os.Open(onlyPart(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := erase(id); err != nil {
			t.Fatal(err)
		}
		if info, err := held.Stat(); err != nil || info.Size() != 0 {
			t.Errorf("%s: %d bytes are left, %v", name, info.Size(), err)
		}
		if err := held.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Two blobs of one size whose metadata changed places, as a bad restore may do.
func TestS03_SwappedMetadataIsDamage(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, blob.Limits{})
	ids := []blob.ID{create(t, d, "a", 1), create(t, d, "a", 1), create(t, d, "b", 1)}
	metas, err := filepath.Glob(filepath.Join(dir, "v1/owners/*/*/*/meta"))
	if err != nil || len(metas) != 3 {
		t.Fatal(metas, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	var whole [3][]byte
	for i, path := range metas {
		if whole[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for i, path := range metas {
		if err := os.WriteFile(path, whole[(i+1)%3], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d = open(t, dir, blob.Limits{})
	for _, id := range ids {
		if _, err := d.Info(ctx, id); !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("got %v, want ErrDamaged", err)
		}
	}
	if s := d.Stats(); s.Damaged != 3 {
		t.Errorf("%+v", s)
	}
}

// TestS03_ReadErrorIsNoEnd has the disk lose the file between two reads.
func TestS03_ReadErrorIsNoEnd(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir, blob.Limits{})
	want := content(1, 100_000)
	f, _, err := d.Open(ctx, upload(t, d, "a", want))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, 40_000)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(onlyPart(t, dir), 70_000); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(f)
	if !errors.Is(err, blob.ErrDamaged) || !bytes.HasPrefix(want[40_000:], rest) {
		t.Errorf("got %d bytes, %v", len(rest), err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(f, make([]byte, 40_000)); err != nil {
		t.Errorf("what is whole can't be read again: %v", err)
	}
}
