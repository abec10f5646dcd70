// Package conversation is an end's half of the protocol: who it is, what it
// may read, what it seals. Package wire says what is valid; this package holds
// the secrets.
//
// An [End] is one device of one person: its identity key, the roots it pins,
// the manifests it verified and the secrets of the key packages it published.
// A [Conversation] belongs to an End and follows one log: entries go in by
// [Conversation.Receive], strictly in the log's order, and come out as an
// [Event]; [Conversation.Seal] and [Conversation.Commit] make entries. An end
// without the epoch's secrets asks by [Conversation.JoinRequest], and the
// others' commits answer. [Conversation.Safety] tells the digits by which two
// persons compare their keys.
//
// Promises. Nothing that fails a check leaves as content. An own commit takes
// effect only when it is read back from the log. After a commit the secrets it
// replaced are gone from memory as far as Go lets one erase. A message is
// sealed for the roster of now, and Seal refuses while a commit is due, or
// while somebody may have been shown another log (doubt.go).
//
// The caller's duties. Save the state that Marshal gives, sealed by package
// keystore, before the result of a call that changed it is used: send an entry
// only when the state that knows of it is on disk, show a message only when
// the state that has read it is. Time is an argument, in Unix seconds or
// milliseconds as said, and need only be this device's best guess. Not for
// concurrent use.
//
// Limits. Randomness comes from crypto/rand. No clock, no I/O, no goroutine.
// Every error is a wire.Code. SPEC.md, sections 3 to 7, is the normative text.
package conversation
