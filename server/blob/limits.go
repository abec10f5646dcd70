package blob

import "fmt"

// Limits are the quotas of a store. A blob counts from Create to its removal
// with its whole size, but at least MinCharge. What is stored beyond a limit
// that was lowered stays, and nothing is added.
type Limits struct {
	// MaxFile is the size in bytes of the largest blob; beyond it is
	// ErrTooLarge. Default 4 GiB and 1 MiB, which is a file of 4 GiB with what
	// its encryption adds. At most 1 TiB.
	MaxFile uint64

	// MaxOwner is what the blobs of one owner may count together, in bytes.
	// Default 16 GiB.
	MaxOwner uint64

	// MaxGroup is what the blobs of one group may count together, in bytes, so
	// that no group takes the room of the others. Default MaxTotal.
	MaxGroup uint64

	// MaxTotal is what all blobs may count together, in bytes; to be set below
	// what the disk has, above all if the log is on the same one. Default 64 GiB.
	MaxTotal uint64

	// MaxUnfinished is how many blobs one member (By) may have that are not
	// complete. Default 16.
	MaxUnfinished int

	// MaxUnfinishedBytes is what those may count together, in bytes, as to
	// begin one reserves its whole size. Default 8 GiB, or MaxFile if that is more.
	MaxUnfinishedBytes uint64
}

// DefaultTotal is Limits.MaxTotal where it is not set.
const DefaultTotal = 64 << 30

// maxFile bounds what Limits may allow: a million parts.
const maxFile = 1 << 40

// withDefaults fills in and validates.
func (l Limits) withDefaults() (Limits, error) {
	if l.MaxFile == 0 {
		l.MaxFile = 4<<30 + 1<<20
	}
	if l.MaxOwner == 0 {
		l.MaxOwner = 16 << 30
	}
	if l.MaxTotal == 0 {
		l.MaxTotal = DefaultTotal
	}
	if l.MaxGroup == 0 {
		l.MaxGroup = l.MaxTotal
	}
	if l.MaxUnfinished == 0 {
		l.MaxUnfinished = 16
	}
	if l.MaxUnfinishedBytes == 0 {
		l.MaxUnfinishedBytes = max(8<<30, l.MaxFile)
	}
	if l.MaxFile > maxFile || l.MaxUnfinished < 0 {
		return l, fmt.Errorf("%w: limits %+v", ErrBadRequest, l)
	}
	return l, nil
}

func (r *CreateRequest) check(l Limits) error {
	if err := checkKey("owner", r.Owner); err != nil {
		return err
	}
	if err := checkKey("by", r.By); err != nil {
		return err
	}
	if len(r.Group) > MaxKey {
		return fmt.Errorf("%w: group of %d bytes, want at most %d", ErrBadRequest, len(r.Group), MaxKey)
	}
	if r.Size == 0 {
		return fmt.Errorf("%w: a blob has at least 1 byte", ErrBadRequest)
	}
	if r.Size > l.MaxFile {
		return fmt.Errorf("%w: %d bytes, want at most %d", ErrTooLarge, r.Size, l.MaxFile)
	}
	return nil
}

func checkKey(what string, b []byte) error {
	if len(b) < 1 || len(b) > MaxKey {
		return fmt.Errorf("%w: %s of %d bytes, want 1 to %d", ErrBadRequest, what, len(b), MaxKey)
	}
	return nil
}

// partCount is the number of parts of a blob.
func partCount(size uint64) int { return int((size + PartSize - 1) / PartSize) }

// partLength is the length of one part.
func partLength(size uint64, part int) (int, error) {
	last := partCount(size) - 1
	switch {
	case part < 0 || part > last:
		return 0, fmt.Errorf("%w: part %d, want 0 to %d", ErrBadRequest, part, last)
	case part < last:
		return PartSize, nil
	}
	return int(size - uint64(last)*PartSize), nil
}
