package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
)

// trashName starts with the owner, so that EraseOwner finds what an earlier
// call, of Delete too, could not remove.
func trashName(owner ownerKey) string { return hex.EncodeToString(owner[:]) + "." }

// Delete implements Store.
func (d *Directory) Delete(ctx context.Context, id ID) error {
	leave, err := d.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	r := d.index.get(id)
	if r == nil {
		return ErrNotFound
	}
	_, err = d.discard(r, always)
	return err
}

func always(*record) bool { return true }

// discard moves a blob to the trash, which takes it away at once and for ever,
// and empties it, if the caller wants that still: wanted is asked with r.mu
// held, and if it is false the blob counts as not found. It says whether it was
// this call that took it away.
func (d *Directory) discard(r *record, wanted func(*record) bool) (bool, error) {
	owner := d.ownerPath(r.owner)
	trash := unlike(trashName(r.owner))
	if err := d.moveBlob(r, owner, d.path("trash", trash), wanted); err != nil {
		return false, err
	}
	return true, errors.Join(d.syncThere(owner), d.syncDir(filepath.Dir(owner)), d.sweep("trash", trash))
}

func (d *Directory) moveBlob(r *record, owner, trash string, wanted func(*record) bool) error {
	d.tree.Lock()
	defer d.tree.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.alive(); err != nil {
		return err
	}
	if !wanted(r) {
		return ErrNotFound
	}
	if err := os.Rename(d.blobPath(r), trash); err != nil && !errors.Is(err, os.ErrNotExist) {
		return failed("remove", err)
	}
	r.gone = true
	if !d.index.drop(r) {
		_ = os.Remove(owner) // fails if it is not empty, and then it is to stay
	}
	return nil
}

// EraseOwner implements Store. It goes by the owner's directory, not by the
// index, so that nothing in it can be overlooked.
func (d *Directory) EraseOwner(ctx context.Context, owner []byte) error {
	if err := checkKey("owner", owner); err != nil {
		return err
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	k := keyOf(owner)
	if err := d.moveOwner(k); err != nil {
		return err
	}
	shard := filepath.Dir(d.ownerPath(k))
	return errors.Join(d.syncThere(shard), d.sweep("trash", trashName(k)))
}

func (d *Directory) moveOwner(k ownerKey) error {
	d.tree.Lock() // no blob of the owner comes or goes
	defer d.tree.Unlock()
	blobs := d.index.of(k)
	for _, r := range blobs {
		r.mu.Lock()
		defer r.mu.Unlock()
	}
	err := os.Rename(d.ownerPath(k), d.path("trash", unlike(trashName(k))))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return failed("remove", err)
	}
	for _, r := range blobs {
		r.gone = true
		d.index.drop(r)
	}
	return nil
}

// syncThere syncs a directory that another call may have removed; then there
// is nothing to make durable in it.
func (d *Directory) syncThere(path string) error {
	if err := d.syncDir(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Collect implements Store.
func (d *Directory) Collect(ctx context.Context, now uint64) (int, error) {
	old := d.old(now)
	removed := 0
	var all error
	for _, r := range old {
		did, err := d.collect(ctx, r, now)
		if errors.Is(err, ErrClosed) || ctx.Err() != nil {
			return removed, err
		}
		if did {
			removed++
		}
		if !errors.Is(err, ErrNotFound) { // else it was deleted meanwhile, or is to stay
			all = errors.Join(all, err)
		}
	}
	leave, err := d.enter(ctx)
	if err != nil {
		return removed, err
	}
	defer leave()
	return removed, errors.Join(all, d.sweep("trash", ""))
}

// old gives those whose parts decide whether they are to go.
func (d *Directory) old(now uint64) []*record {
	return d.index.all(func(r *record) bool {
		return !r.info.Complete && !r.damaged && r.info.Created/1000+EmptySeconds <= int64(now)
	})
}

// collect is a step of its own for each blob, so that Close need not wait for all.
func (d *Directory) collect(ctx context.Context, r *record, now uint64) (bool, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	return d.discard(r, func(r *record) bool {
		return !r.info.Complete && r.info.Created/1000+r.earned() <= int64(now)
	})
}

// earned is how many seconds an unfinished blob may take. mu must be held.
func (r *record) earned() int64 {
	parts, stored := partCount(r.info.Size), 0
	for i := range parts {
		if r.present.has(i) {
			stored++
		}
	}
	return EmptySeconds + (UnfinishedSeconds-EmptySeconds)*int64(stored)/int64(parts)
}
