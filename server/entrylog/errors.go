package entrylog

import "errors"

// Sentinels. They mean that nothing was changed; any other error of a call
// that changes means "unknown".
var (
	ErrStaleHead  = errors.New("entrylog: head is not the expected one")
	ErrErased     = errors.New("entrylog: conversation was erased")
	ErrNotFound   = errors.New("entrylog: not found")
	ErrBadRequest = errors.New("entrylog: bad request")
	ErrClosed     = errors.New("entrylog: closed")

	// ErrDamaged is returned instead of an entry whose bytes are not those that
	// were appended. Others of its conversation can be read.
	ErrDamaged = errors.New("entrylog: entry is damaged")
	// ErrBusy is returned by Trim and Erase when another process reads the
	// database: the entries are removed, but the write-ahead log could not be
	// cut yet. Call again.
	ErrBusy = errors.New("entrylog: database is being read by another process")
	// ErrVersion is returned by Open for a database of another program or of a
	// newer version of this one.
	ErrVersion = errors.New("entrylog: unknown database version")
)

// refused reports whether err judges one request only, so that the others of
// its transaction can go on.
func refused(err error) bool {
	return errors.Is(err, ErrStaleHead) || errors.Is(err, ErrErased) || errors.Is(err, ErrNotFound)
}
