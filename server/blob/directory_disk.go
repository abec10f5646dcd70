package blob

import (
	"errors"
	"os"
	"path/filepath"
)

// syncDir makes the names in a directory durable.
func (d *Directory) syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return failed("sync directory", err)
	}
	if err := errors.Join(d.testingOnlySync(f), f.Close()); err != nil {
		return failed("sync directory", err)
	}
	return nil
}

// writeFile makes a new file durable, but not its name.
func (d *Directory) writeFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return failed("make file", err)
	}
	if _, err = d.testingOnlyWrite(f, b); err == nil {
		err = d.testingOnlySync(f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
		return failed("write "+filepath.Base(path), err)
	}
	return nil
}

// wipe removes what is at path, a directory tree or nothing. Files are cut to
// no length first: that frees their blocks even if a Put or a File has them open.
func wipe(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failed("remove", err)
	}
	var all error
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		if e.IsDir() {
			err = wipe(name)
		} else if err = wipeFile(name, e.Type()); errors.Is(err, os.ErrNotExist) {
			err = nil // its Put was quicker
		}
		all = errors.Join(all, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) && all == nil {
		all = failed("remove", err)
	}
	return all
}

func wipeFile(path string, kind os.FileMode) error {
	if kind.IsRegular() { // never through a link
		if err := os.Truncate(path, 0); err != nil {
			return failed("cut", err)
		}
	}
	if err := os.Remove(path); err != nil {
		return failed("remove", err)
	}
	return nil
}

// sweep wipes what is in trash or making with a name that starts so.
func (d *Directory) sweep(directory, start string) error {
	entries, err := os.ReadDir(d.path(directory))
	if err != nil {
		return failed("sweep", err)
	}
	var all error
	some := false
	for _, e := range entries {
		if name := e.Name(); len(name) >= len(start) && name[:len(start)] == start {
			some = true
			if e.IsDir() {
				err = wipe(d.path(directory, name))
			} else if err = wipeFile(d.path(directory, name), e.Type()); errors.Is(err, os.ErrNotExist) {
				err = nil
			}
			all = errors.Join(all, err)
		}
	}
	if all == nil && some {
		all = d.syncDir(d.path(directory))
	}
	return all
}
