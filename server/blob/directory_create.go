package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
)

// Create implements Store. The blob's directory is made whole beside the
// others and then moved to its place, so that no crash leaves half a one there.
func (d *Directory) Create(ctx context.Context, q CreateRequest) (ID, error) {
	if err := q.check(d.index.limits); err != nil {
		return ID{}, err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return ID{}, err
	}
	defer leave()
	r := &record{owner: keyOf(q.Owner), charge: max(q.Size, MinCharge), present: newBitmap(partCount(q.Size)),
		info: Info{Owner: bytes.Clone(q.Owner), By: bytes.Clone(q.By), Group: bytes.Clone(q.Group), Size: q.Size, Created: d.now().UnixMilli()}}
	_, _ = rand.Read(r.info.ID[:]) // never fails
	if err := d.index.reserve(r); err != nil {
		return ID{}, err
	}
	making := d.path("making", hex.EncodeToString(r.info.ID[:]))
	if err := d.make(making, r); err != nil {
		// If this fails too, Collect sweeps.
		_ = wipe(making)
		d.index.drop(r)
		return ID{}, err
	}
	if err := d.settle(r); err != nil {
		// The place may not be durable, so nobody is told of it.
		_, undone := d.discard(r, always)
		return ID{}, errors.Join(err, undone)
	}
	return r.info.ID, nil
}

// make makes a blob and moves it to its place.
func (d *Directory) make(making string, r *record) error {
	if err := os.Mkdir(making, 0o700); err != nil {
		return failed("make directory", err)
	}
	if err := d.writeFile(filepath.Join(making, "meta"), encodeMeta(r.info)); err != nil {
		return err
	}
	if err := d.syncDir(making); err != nil {
		return err
	}
	d.tree.Lock()
	defer d.tree.Unlock()
	owner := d.ownerPath(r.owner)
	for _, dir := range []string{filepath.Dir(owner), owner} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return failed("make directory", err)
		}
	}
	if err := os.Rename(making, d.blobPath(r)); err != nil {
		return failed("move", err)
	}
	d.index.add(r)
	return nil
}

// settle makes a blob's place durable, from the innermost directory. Those
// may be another Create's, which need not have got so far.
func (d *Directory) settle(r *record) error {
	owner := d.ownerPath(r.owner)
	for _, dir := range []string{owner, filepath.Dir(owner), d.path("owners")} {
		if err := d.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}
