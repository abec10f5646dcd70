package blob

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// recover removes what a crash left and fills the index.
func (d *Directory) recover() error {
	if err := errors.Join(d.sweep("trash", ""), d.sweep("making", "")); err != nil {
		return err
	}
	shards, err := os.ReadDir(d.path("owners"))
	if err != nil {
		return failed("open", err)
	}
	for _, shard := range shards {
		owners, err := os.ReadDir(d.path("owners", shard.Name()))
		if err != nil {
			return failed("open", err)
		}
		for _, o := range owners {
			var k ownerKey
			if !parseHex(o.Name(), k[:]) || o.Name()[:2] != shard.Name() {
				continue // not ours
			}
			if err := d.recoverOwner(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseHex fills b from a name that is exactly its hexadecimal form.
func parseHex(name string, b []byte) bool {
	got, err := hex.DecodeString(name)
	if err != nil || len(got) != len(b) || hex.EncodeToString(got) != name {
		return false
	}
	copy(b, got)
	return true
}

func (d *Directory) recoverOwner(k ownerKey) error {
	owner := d.ownerPath(k)
	blobs, err := os.ReadDir(owner)
	if err != nil {
		return failed("open", err)
	}
	if len(blobs) == 0 {
		_ = os.Remove(owner) // a Delete or Create that did not get so far
		return nil
	}
	for _, b := range blobs {
		r := &record{owner: k}
		if !parseHex(b.Name(), r.info.ID[:]) {
			continue
		}
		if err := d.recoverBlob(filepath.Join(owner, b.Name()), r); err != nil {
			return err
		}
		d.index.load(r)
	}
	return nil
}

// recoverBlob fills a record from its directory, and removes temporary files.
func (d *Directory) recoverBlob(path string, r *record) error {
	info, err := readMeta(filepath.Join(path, "meta"), r.info.ID, r.owner)
	switch {
	case err == nil:
		r.info, r.charge = info, max(info.Size, MinCharge)
	case errors.Is(err, ErrDamaged), errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.EIO):
		// Kept, to be counted and erased: what was stored is not ours to judge.
		r.damaged, r.charge = true, MinCharge
	default:
		return failed("open", err)
	}
	unfinished := !r.damaged && !r.info.Complete
	if unfinished {
		r.present = newBitmap(partCount(r.info.Size))
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return failed("open", err)
	}
	for _, f := range files {
		name := filepath.Join(path, f.Name())
		switch part := parsePartName(f.Name()); {
		case strings.HasPrefix(f.Name(), "put-"), strings.HasPrefix(f.Name(), "meta-"):
			if err := wipeFile(name, f.Type()); err != nil {
				return err
			}
		case part >= 0 && unfinished && isPart(name, r.info.Size, part):
			r.present.set(part)
		case part >= 0 && r.damaged:
			if i, err := f.Info(); err == nil {
				r.charge += uint64(i.Size())
			}
		}
	}
	return nil
}
