package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/sealwire/sealwire/server/blob"
)

const diskPlace = "SEALWIRE_BLOB_DISK" // set only in the process that may mount

// TestS02_FullDiskAcksNothingAndRecovers runs fullDisk on a file system of
// 8 MiB, in a process that may mount one for itself alone.
func TestS02_FullDiskAcksNothingAndRecovers(t *testing.T) { mounting(t, fullDisk) }

// TestS02_ReadOnlyDiskAcksNothingAndRecovers is likewise. Where nothing can be
// mounted, the read-only calls of TestS02_FailingDiskAcksNothingAndRecovers remain.
func TestS02_ReadOnlyDiskAcksNothingAndRecovers(t *testing.T) { mounting(t, readOnlyDisk) }

// mounting runs a test in a child with name spaces of its own.
func mounting(t *testing.T, run func(t *testing.T, place string)) {
	if place := os.Getenv(diskPlace); place != "" {
		if err := syscall.Mount("tmpfs", place, "tmpfs", 0, "size=8m"); err != nil {
			t.Skipf("may not mount: %v", err)
		}
		run(t, place)
		fmt.Println("the disk was bad")
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), diskPlace+"="+t.TempDir())
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := child.CombinedOutput()
	var ended *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &ended):
		t.Skipf("no namespace to mount in: %v", err)
	case bytes.Contains(out, []byte("may not mount")):
		t.Skip("a namespace, but it may not mount")
	case err != nil || !bytes.Contains(out, []byte("the disk was bad")):
		t.Fatalf("%v\n%s", err, out)
	}
}

func fullDisk(t *testing.T, place string) {
	d, err := blob.OpenDirectory(blob.DirectoryOptions{Path: place})
	if err != nil {
		t.Fatal(err)
	}
	want := content(1, 20*blob.PartSize)
	part := func(i int) []byte { return want[i*blob.PartSize : (i+1)*blob.PartSize] }
	id := create(t, d, "a", len(want))
	acked := 0
	for ; err == nil; acked++ {
		err = d.Put(ctx, id, acked, bytes.NewReader(part(acked)))
	}
	acked--
	if !errors.Is(err, blob.ErrNoSpace) || acked < 5 {
		t.Fatalf("part %d: %v, want ErrNoSpace", acked, err)
	}
	for i := range 3 { // nothing is left over that would take ever more
		if err := d.Put(ctx, id, acked+i, bytes.NewReader(part(acked+i))); !errors.Is(err, blob.ErrNoSpace) {
			t.Fatalf("again: %v, want ErrNoSpace", err)
		}
	}
	if n := len(files(t, place)); n != acked+1 {
		t.Fatalf("%d files for %d parts", n, acked)
	}
	if missing, err := d.Parts(ctx, id); err != nil || len(missing) != 20-acked || missing[0] != acked {
		t.Fatalf("missing %v, %v", missing, err)
	}
	fill(t, place)
	if _, err := d.Create(ctx, blob.CreateRequest{Owner: []byte("b"), By: []byte("ana"), Size: 1}); !errors.Is(err, blob.ErrNoSpace) {
		t.Fatalf("create: %v, want ErrNoSpace", err)
	}
	if s := d.Stats(); s.Blobs != 1 || s.Charged != uint64(len(want)) {
		t.Fatalf("%+v", s)
	}
	// On a full disk a store still opens, reads and removes; then there is space.
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = blob.OpenDirectory(blob.DirectoryOptions{Path: place}); err != nil {
		t.Fatal(err)
	}
	if missing, err := d.Parts(ctx, id); err != nil || len(missing) != 20-acked {
		t.Fatalf("missing %v, %v", missing, err)
	}
	if err := d.EraseOwner(ctx, []byte("a")); err != nil {
		t.Fatal(err)
	}
	finish(t, d, create(t, d, "a", 70_000), want[:70_000])
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// readOnlyDisk has the kernel refuse every change, and allow them again, below
// an open store.
func readOnlyDisk(t *testing.T, place string) {
	d := open(t, place, blob.Limits{})
	want := content(1, 2*blob.PartSize)
	whole, half := upload(t, d, "a", want[:70_000]), create(t, d, "b", len(want))
	if err := d.Put(ctx, half, 0, bytes.NewReader(want[:blob.PartSize])); err != nil {
		t.Fatal(err)
	}
	tree := place + "/v1" // the store's lock, beside it, is open for writing
	if err := syscall.Mount(tree, tree, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", tree, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	before, stats := len(files(t, place)), d.Stats()
	_, creating := d.Create(ctx, blob.CreateRequest{Owner: []byte("a"), By: []byte("ana"), Size: 1})
	_, collecting := d.Collect(ctx, 1<<40)
	for what, err := range map[string]error{
		"create": creating, "put": d.Put(ctx, half, 1, bytes.NewReader(want[blob.PartSize:])), "complete": d.Complete(ctx, whole),
		"delete": d.Delete(ctx, half), "erase": d.EraseOwner(ctx, []byte("a")), "collect": collecting,
	} {
		if what == "complete" { // it was before: nothing is to be done
			if err != nil {
				t.Errorf("complete again: %v", err)
			}
		} else if !errors.Is(err, blob.ErrDisk) || !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: %v, want ErrDisk", what, err)
		}
	}
	if n := len(files(t, place)); n != before || d.Stats() != stats {
		t.Errorf("%d files, %+v; before %d, %+v", n, d.Stats(), before, stats)
	}
	wantContent(t, d, whole, want[:70_000])
	if missing, err := d.Parts(ctx, half); err != nil || len(missing) != 1 || missing[0] != 1 {
		t.Errorf("missing %v, %v", missing, err)
	}
	if err := syscall.Mount("", tree, "", syscall.MS_BIND|syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(ctx, half, 1, bytes.NewReader(want[blob.PartSize:])); err != nil {
		t.Fatal(err)
	}
	if err := d.Complete(ctx, half); err != nil {
		t.Fatal(err)
	}
	wantContent(t, d, half, want)
	if err := d.EraseOwner(ctx, []byte("a")); err != nil {
		t.Error(err)
	}
}

// fill takes the last bytes of the disk.
func fill(t *testing.T, place string) {
	t.Helper()
	f, err := os.Create(place + "/v1/trash/filling")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}
