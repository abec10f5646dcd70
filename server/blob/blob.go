// Package blob keeps the ciphertext of files: each blob is uploaded once, in
// parts, and is immutable when it is complete.
//
// It promises, of every driver:
//
//   - A nil error of Create, Put, Complete, Delete and EraseOwner means that
//     what it did is on disk (fsynced), and that a process killed at any point
//     afterwards has it, whole, when it is opened again.
//   - A part is stored whole or not at all, and never changes once stored.
//   - No byte leaves Open's File that is not the one that was put: damage is
//     ErrDamaged, and is limited to the blob that it hit.
//   - A disk that is full, fails or is read-only (ErrNoSpace, ErrDisk) fails the
//     calls that change and no others, until it is well again.
//   - Limits hold at each moment, also among calls at once and after a restart.
//   - An erased or deleted blob leaves no file, also when it is being uploaded
//     or read just then.
//   - Memory is bounded: 32 KiB for a Put or an open File, whatever its size,
//     and about half a kilobyte for each stored blob.
//
// The caller's duties: decide who may create, put, read and delete, as an id is
// unguessable but is no permission; bound how long a body may take; call
// Collect now and then; create nothing for an owner that it has erased; and
// after an error that is not a sentinel of this package do the same again.
//
// Limits: owners, groups and members are opaque and at most 64 bytes. A driver sees
// only ciphertext and checks against accidents, not against who owns the disk:
// ends hash and authenticate. What the disk itself keeps of freed blocks is
// outside of this package.
package blob

import (
	"context"
	"io"
)

const (
	// PartSize is the size in bytes of every part of a blob but the last.
	PartSize = 1 << 20
	// MaxKey is the size in bytes of the longest owner or member.
	MaxKey = 64
	// MinCharge is what a blob counts for in quotas at least, in bytes, so that
	// many tiny ones can't use up a disk's inodes (each takes three, and file
	// systems make one for each 16 KiB).
	MinCharge = 64 << 10
	// UnfinishedSeconds is the age from which Collect removes a blob that is
	// not complete: 24 hours, but less where less of it is stored, down to
	// EmptySeconds. A blob takes its whole room from others when it is begun, and
	// that must cost its maker something; whoever sends at any steady pace that
	// ends within the day is never cut. That the maker is not connected says
	// nothing: going on after that is what parts are for.
	UnfinishedSeconds = 24 * 60 * 60
	// EmptySeconds is that age for a blob of which no part is stored: 1 hour.
	EmptySeconds = 60 * 60
)

// ID names a blob: 16 random bytes.
type ID [16]byte

// Store keeps blobs. All methods are safe for concurrent use; after Close they
// return ErrClosed. Those that take an ID return ErrNotFound for an unknown one
// and, except Delete, ErrDamaged if the blob's own record can't be read.
type Store interface {
	// Create makes an empty blob and reserves its whole size. It returns
	// ErrTooLarge, ErrQuota or ErrNoSpace, and ErrNotFound if its owner is
	// erased just then.
	Create(ctx context.Context, r CreateRequest) (ID, error)

	// Put stores a part, from 0. The body must have exactly the part's length,
	// else ErrBadRequest. Repeating a part with the same bytes does nothing,
	// also when the blob is complete; with others it is ErrConflict. ErrNoSpace
	// leaves nothing of the part. The context is looked at between reads of the
	// body: who wants to end a slow read must end the body.
	Put(ctx context.Context, id ID, part int, body io.Reader) error

	// Parts returns the numbers of the parts that are missing, in order.
	Parts(ctx context.Context, id ID) (missing []int, err error)

	// Complete ends the upload, or returns ErrIncomplete if parts are missing.
	// It may be repeated.
	Complete(ctx context.Context, id ID) error

	// Open opens a complete blob for reading, else ErrIncomplete. The context
	// is that of the call only.
	Open(ctx context.Context, id ID) (File, Info, error)

	// Info says what is known of a blob.
	Info(ctx context.Context, id ID) (Info, error)

	// Delete removes a blob, complete or not. Files that are open on it, and
	// calls of Put under way, return ErrNotFound. After an error that is not a
	// sentinel bytes may be left until Collect.
	Delete(ctx context.Context, id ID) error

	// EraseOwner removes, in one step that a crash can't halve, all blobs of an
	// owner, damaged ones too. An owner without blobs is no error. After an
	// error it must be called again.
	EraseOwner(ctx context.Context, owner []byte) error

	// Collect removes what is not complete and too old for what of it is stored
	// (UnfinishedSeconds, EmptySeconds) at now (unix seconds), and what failed calls
	// left. It says how many blobs it removed.
	Collect(ctx context.Context, now uint64) (int, error)

	// Close ends the store. Calls under way either finish or return ErrClosed,
	// and so do Files.
	Close() error
}

// CreateRequest is a new blob.
type CreateRequest struct {
	Owner []byte // whose it is, and with whom it is erased: opaque, 1 to 64 bytes
	By    []byte // the member who uploads it: opaque, 1 to 64 bytes
	Group []byte // whose quota it counts in too, of many owners: opaque, 0 to 64 bytes; empty is none
	Size  uint64 // of all its parts together, in bytes, at least 1
}

// Info is what is known of a blob.
type Info struct {
	ID        ID
	Owner, By []byte // not to be changed
	Group     []byte // nor this; nil is none
	Size      uint64
	Created   int64 // unix milliseconds, by the store's clock
	Complete  bool
}

// File is a complete blob from its first byte to its last. It seeks as
// http.ServeContent needs it. It is for one goroutine at a time.
type File interface {
	io.ReadSeekCloser
	// Size is the blob's, in bytes.
	Size() uint64
}
