package blob

import (
	"errors"
	"fmt"
	"syscall"
)

// Sentinels. They mean that nothing was changed, ErrDisk aside; any other error
// of a call that changes means "unknown".
var (
	ErrNotFound   = errors.New("blob: not found")
	ErrBadRequest = errors.New("blob: bad request")
	ErrTooLarge   = errors.New("blob: too large")
	ErrQuota      = errors.New("blob: quota used up")
	ErrConflict   = errors.New("blob: part is stored with other bytes")
	ErrIncomplete = errors.New("blob: not complete")
	ErrNoSpace    = errors.New("blob: no space left")
	ErrClosed     = errors.New("blob: closed")

	// ErrDisk is an error of the disk that is not want of space: it fails, or
	// is read-only. Like those that are no sentinels it means "unknown".
	ErrDisk = errors.New("blob: disk fails")

	// ErrDamaged is returned instead of bytes that are not those that were put.
	ErrDamaged = errors.New("blob: damaged")
	// ErrInUse is returned when another process has the store open.
	ErrInUse = errors.New("blob: in use by another process")
	// ErrVersion is returned when a place holds something else, or the store of
	// a newer version.
	ErrVersion = errors.New("blob: not a store of this version")
)

// failed gives an error of the disk its words, and its sentinel if it has one.
func failed(doing string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %s: %w", ErrNoSpace, doing, err)
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: %s: %w", ErrDisk, doing, err)
	}
	return fmt.Errorf("blob: %s: %w", doing, err)
}
