// Package store keeps what the authority must not forget: the inboxes' ends and
// conversations, sealed by package keystore, who claimed what, which agents there
// are, and the newest manifest.
//
// Promises. A write is on disk, all of it or nothing, before the call returns
// (SQLite, synchronous). The sealed values open only under the data key, which
// lies in a file of its own, readable by its owner only. What was replaced or
// deleted is overwritten, and is in no file after [Store.Purge]. One process has
// a store at a time: the second gets ErrInUse.
//
// The caller's duties. Purge soon after a secret was replaced. Keep database and data key apart where backups are made:
// together they are the inboxes. Close it.
//
// Limits. Beside the sealed values lie ids, times, counts and public aliases,
// which a relay has too. An older copy of the database opens: the core notices
// the commits that it has forgotten, and asks to be let in again.
package store
