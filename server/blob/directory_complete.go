package blob

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Parts implements Store.
func (d *Directory) Parts(ctx context.Context, id ID) ([]int, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	r, err := d.find(id)
	if err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if err := r.alive(); err != nil {
		return nil, err
	}
	return r.missing(), nil
}

// missing must be called with mu held.
func (r *record) missing() []int {
	var parts []int
	if r.info.Complete {
		return nil
	}
	for i := range partCount(r.info.Size) {
		if !r.present.has(i) {
			parts = append(parts, i)
		}
	}
	return parts
}

// Complete implements Store.
func (d *Directory) Complete(ctx context.Context, id ID) error {
	leave, err := d.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	r, err := d.find(id)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.alive(); err != nil || r.info.Complete {
		return err
	}
	if missing := r.missing(); len(missing) > 0 {
		return fmt.Errorf("%w: %d of %d parts are missing", ErrIncomplete, len(missing), partCount(r.info.Size))
	}
	dir := d.blobPath(r)
	if lost := r.lost(dir); lost >= 0 {
		// To be put again: the uploader still has it.
		return fmt.Errorf("%w: part %d was lost", ErrIncomplete, lost)
	}
	done := r.info
	done.Complete = true
	temp := filepath.Join(dir, unlike("meta-"))
	if err := d.writeFile(temp, encodeMeta(done)); err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(dir, "meta")); err != nil {
		_ = os.Remove(temp)
		return failed("move metadata", err)
	}
	if err := d.syncDir(dir); err != nil {
		return err
	}
	d.index.complete(r)
	return nil
}

// lost looks at the files of all parts, makes those missing that are not of
// their size, and returns the first of them or -1. mu must be held alone.
func (r *record) lost(dir string) int {
	present, first := newBitmap(partCount(r.info.Size)), -1
	for i := range partCount(r.info.Size) {
		if isPart(filepath.Join(dir, partName(i)), r.info.Size, i) {
			present.set(i)
		} else if first < 0 {
			first = i
		}
	}
	r.present = present
	return first
}

// isPart looks at a part's file from outside.
func isPart(path string, size uint64, part int) bool {
	length, err := partLength(size, part)
	if err != nil {
		return false
	}
	info, err := os.Lstat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() == partFileSize(length)
}
