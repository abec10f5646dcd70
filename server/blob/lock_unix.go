//go:build unix

package blob

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile keeps a second process out, which would sweep what this one writes.
// The lock goes with the process, however it ends.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, failed("lock", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrInUse, path)
		}
		return nil, failed("lock", err)
	}
	return func() { _ = f.Close() }, nil
}
