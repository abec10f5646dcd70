package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// DirectoryOptions configures OpenDirectory.
type DirectoryOptions struct {
	// Path of the directory, for this store alone; made if there is none, but
	// its parent must exist. Required. All in it must be on one file system.
	Path string

	// Limits are the quotas; see there for the defaults.
	Limits Limits

	// Now is the clock for Info.Created. Default time.Now.
	Now func() time.Time
}

// Directory is the embedded driver of Store: one directory, one process.
//
//	lock                      held while the store is open
//	v1/owners/ab/abcd…/ID/    one blob, below its owner's SHA-256
//	    meta                  its record (directory_meta.go)
//	    00000000              its parts (directory_part.go)
//	    put-… meta-…          what is being written
//	v1/making/ID/             a blob before it is in its place
//	v1/trash/                 what is being removed
//
// Nothing but meta and the parts holds data that is read again, so that there
// is no file whose damage goes beyond its blob.
type Directory struct {
	root   string // …/v1
	now    func() time.Time
	index  *index
	unlock func()

	// gate is held shared by each step that touches the disk, and alone by Close.
	gate   sync.RWMutex
	closed bool

	// tree is held by who moves directories of owners or blobs. It is taken
	// before a record's mu, and that before the index's.
	tree sync.Mutex

	// For tests: what stands between the driver and a disk that fails.
	testingOnlyWrite func(f *os.File, b []byte) (int, error)
	testingOnlySync  func(f *os.File) error
}

var _ Store = (*Directory)(nil)

// OpenDirectory opens or makes a store, removes what a crash left behind, and
// counts what there is: it reads the metadata of every blob. It returns
// ErrInUse, or ErrVersion if the directory holds something else.
func OpenDirectory(o DirectoryOptions) (*Directory, error) {
	limits, err := o.Limits.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Path == "" {
		return nil, fmt.Errorf("%w: no path", ErrBadRequest)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, failed("open", err)
	}
	d := &Directory{root: filepath.Join(path, "v1"), now: o.Now, index: newIndex(limits),
		testingOnlyWrite: (*os.File).Write, testingOnlySync: (*os.File).Sync}
	if err := d.create(path); err != nil {
		return nil, err
	}
	if err := d.recover(); err != nil {
		d.unlock()
		return nil, err
	}
	return d, nil
}

// create makes the directories that are missing and takes the lock.
func (d *Directory) create(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return failed("make directory", err)
	}
	names, err := os.ReadDir(path)
	if err != nil {
		return failed("open", err)
	}
	for _, n := range names {
		if name := n.Name(); name != "lock" && name != "v1" && name != "lost+found" {
			return fmt.Errorf("%w: %s holds %q", ErrVersion, path, name)
		}
	}
	if d.unlock, err = lockFile(filepath.Join(path, "lock")); err != nil {
		return err
	}
	if err := d.makeTree(path); err != nil {
		d.unlock()
		return err
	}
	return nil
}

// makeTree makes what is missing. Trash is made when all else is durable, so
// that where it is nothing is left to do.
func (d *Directory) makeTree(path string) error {
	if _, err := os.Stat(d.path("trash")); err == nil {
		return nil
	}
	for _, dir := range []string{d.root, d.path("owners"), d.path("making")} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return failed("make directory", err)
		}
	}
	for _, dir := range []string{d.root, path, filepath.Dir(path)} {
		// A parent that we may not read was not made by us.
		if err := d.syncDir(dir); err != nil && !errors.Is(err, os.ErrPermission) {
			return err
		}
	}
	if err := os.Mkdir(d.path("trash"), 0o700); err != nil {
		return failed("make directory", err)
	}
	return d.syncDir(d.root)
}

func (d *Directory) path(names ...string) string {
	return filepath.Join(append([]string{d.root}, names...)...)
}

func (d *Directory) ownerPath(k ownerKey) string {
	name := hex.EncodeToString(k[:])
	return d.path("owners", name[:2], name)
}

func (d *Directory) blobPath(r *record) string {
	return filepath.Join(d.ownerPath(r.owner), hex.EncodeToString(r.info.ID[:]))
}

// unlike ends a name that nobody else has, also in another process.
func unlike(start string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return start + hex.EncodeToString(b[:])
}

// enter begins a step that Close waits for; leave ends it. Steps don't nest.
func (d *Directory) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.gate.RLock()
	if d.closed {
		d.gate.RUnlock()
		return nil, ErrClosed
	}
	return d.gate.RUnlock, nil
}

// find looks a blob up for one step.
func (d *Directory) find(id ID) (*record, error) {
	r := d.index.get(id)
	switch {
	case r == nil:
		return nil, ErrNotFound
	case r.damaged:
		return nil, fmt.Errorf("%w: metadata of %x", ErrDamaged, id)
	}
	return r, nil
}

// Info implements Store.
func (d *Directory) Info(ctx context.Context, id ID) (Info, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return Info{}, err
	}
	defer leave()
	r, err := d.find(id)
	if err != nil {
		return Info{}, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.info, r.alive()
}

// Stats is what a store holds.
type Stats struct {
	Blobs      int    // all
	Unfinished int    // those that are not complete
	Damaged    int    // those whose metadata could not be read when the store was opened
	Charged    uint64 // what they count in Limits.MaxTotal, in bytes
}

// Stats counts.
func (d *Directory) Stats() Stats {
	var s Stats
	for _, r := range d.index.all(func(*record) bool { return true }) {
		s.Charged += r.charge
		s.Blobs++
		r.mu.RLock()
		switch {
		case r.damaged:
			s.Damaged++
		case !r.info.Complete:
			s.Unfinished++
		}
		r.mu.RUnlock()
	}
	return s
}

// Close waits for steps under way. A Put that waits for its body is not waited
// for: it returns ErrClosed when the body goes on or ends.
func (d *Directory) Close() error {
	d.gate.Lock()
	defer d.gate.Unlock()
	if !d.closed {
		d.closed = true
		d.unlock()
	}
	return nil
}
