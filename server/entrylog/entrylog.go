// Package entrylog keeps the relay's durable state: the totally ordered log of
// each conversation, and small records such as key packages.
//
// It promises, of every driver:
//
//   - A nil error of Append means that the entry is on disk (fsynced).
//   - Append is exactly-once by (conversation, entry id), for ever: a repeat,
//     also after a restart or a Trim, returns the first sequence and dup.
//     What was erased stays erased: see Erase.
//   - Sequences are dense in each conversation: 1, 2, 3, …
//   - The check against the head, the check for a repeat and the append are
//     one atomic step, so of many commits on one head exactly one wins.
//   - Take hands a one-time record to one caller only.
//   - Erased and trimmed entries leave no ciphertext in the driver's files.
//   - Bytes that are not those that were appended are never returned.
//
// The caller's duties: validate an entry before appending it, name in Expect
// the head that it was validated against, and treat every error that is not a
// sentinel of this package as "unknown": the entry may be stored, so the same
// bytes and id are sent again.
//
// A disk that is full, fails or is read-only fails the calls that change, and
// no others; when it is well again they succeed, without opening anew.
//
// Limits: conversation keys, owners, ids and members are opaque and at most
// 64 bytes, entries and values at most 1 MiB. What the disk itself keeps of
// overwritten blocks is outside of this package. The package knows no format
// but one: the hash H(entry) of wasm/SPEC.md that a trimmed entry leaves.
package entrylog

import "context"

// Limits of the arguments. A longer one is ErrBadRequest.
const (
	MaxKey   = 64        // bytes of a conversation key, owner, id, member or space
	MaxBytes = 1 << 20   // bytes of an entry or of a record's value
	MaxRead  = 1024      // entries that one Read returns at most
	maxInt   = 1<<63 - 1 // the largest sequence or time a driver can store
)

// Log is one store. All methods are safe for concurrent use; after Close they
// return ErrClosed.
type Log interface {
	// Append stores an entry. A repeat is looked for before the head is
	// compared. It returns ErrStaleHead when Expect is not the head, and
	// ErrErased when the conversation was erased. When ctx ends first the
	// outcome is unknown.
	Append(ctx context.Context, r AppendRequest) (sequence uint64, dup bool, err error)

	// Read returns entries with a sequence above after, in order: at most limit
	// (and MaxRead), and at most maxBytes of them together, but always at least
	// one if there is one. An unknown conversation has none. It ends before an
	// entry whose bytes are not those that were appended, which is ErrDamaged
	// if it is the first: no such entry is ever returned.
	Read(ctx context.Context, conversation []byte, after uint64, limit, maxBytes int) ([]Entry, error)

	// Commits is Read of the entries appended with Commit set only.
	Commits(ctx context.Context, conversation []byte, after uint64, limit, maxBytes int) ([]Entry, error)

	// Heads returns the heads of those conversations that exist, by
	// string(key), for comparing one's cursors with the log.
	Heads(ctx context.Context, conversations [][]byte) (map[string]Head, error)

	// Conversations returns, oldest first, those conversations whose key starts
	// with tenant and whose current members hold member.
	Conversations(ctx context.Context, tenant, member []byte) ([]Conversation, error)

	// Trim removes the bytes of all entries below the sequence before, except
	// commits. A trimmed entry keeps its place, id and Hash. It returns
	// ErrNotFound for an unknown conversation.
	Trim(ctx context.Context, conversation []byte, before uint64) error

	// Erase removes a conversation: entries, members, key. What remains is a
	// SHA-256 of its key, by which every later Append to it, repeat or not, is
	// refused with ErrErased, so that a late retry can't bring it back. It may
	// be called again, and after an error it must be.
	Erase(ctx context.Context, conversation []byte) error

	// Put stores a record, replacing one of the same space, owner and id. A
	// one-time record that was taken is not stored again before it expires:
	// Put returns nil and Take doesn't return it.
	Put(ctx context.Context, r Record) error

	// Get returns a record, expired or not (see Record.Expires), or ErrNotFound.
	Get(ctx context.Context, space string, owner, id []byte) (Record, error)

	// Take returns and removes the oldest one-time record that has not expired
	// at now (unix seconds). If there is none it returns, without removing it,
	// the newest record with Keep. Else ErrNotFound.
	Take(ctx context.Context, space string, owner []byte, now uint64) (Record, error)

	// Count returns the number of one-time records that Take could return at now.
	Count(ctx context.Context, space string, owner []byte, now uint64) (int, error)

	// Expire removes the records that have expired at now, and says how many.
	Expire(ctx context.Context, now uint64) (int, error)

	// Close ends the store. Calls under way either finish or return ErrClosed.
	Close() error
}

// AppendRequest is one entry and what must hold for it to be appended.
type AppendRequest struct {
	Conversation []byte   // opaque key, 1 to 64 bytes
	ID           [16]byte // names the entry for ever; the same id is the same entry
	Entry        []byte   // 1 byte to 1 MiB
	// Commit marks what Commits returns and Trim spares: a commit, and what is
	// as lasting without moving the head (a request that a commit answers).
	Commit bool

	// Expect is the head that the entry was validated against. Zero: the
	// conversation must not exist, and the entry must be a commit.
	Expect [32]byte
	// Next is the head after it: a new one, for which Commit must be set, or Expect.
	Next [32]byte
	// Members are the member ids after a commit; nil keeps those there are.
	Members [][]byte
}

// Entry is a stored entry.
type Entry struct {
	Sequence uint64   // from 1
	Bytes    []byte   // nil if trimmed
	Hash     [32]byte // H(entry), also if trimmed
	At       int64    // unix milliseconds of the append, by the store's clock
}

// Head is the end of a conversation's log.
type Head struct {
	Sequence uint64   // of the last entry
	Hash     [32]byte // Next of the last commit
}

// Conversation is a conversation's key and the sequence of its last entry.
type Conversation struct {
	Key      []byte
	Sequence uint64
}

// Record is a small value. Records are for what is public or short-lived (key
// packages, manifests): the promise about ciphertext on disk is for entries only.
type Record struct {
	Space string // what kind of record, 1 to 64 bytes
	Owner []byte // whose, 0 to 64 bytes
	ID    []byte // which, 1 to 64 bytes
	Value []byte // 1 byte to 1 MiB

	// Keep makes a record of last resort: Take returns it only when there is
	// no other, and leaves it.
	Keep bool
	// Expires is the unix second from which Take doesn't return it; 0 is never.
	Expires uint64
}
