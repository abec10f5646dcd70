// Package wire holds the encodings of Sealwire and the public half of its
// validation: what anyone who sees a log can check, and no more.
//
// It decodes and encodes entries (commits, messages, join requests),
// credentials, key packages and the manifest, and keeps a [Chain]: the public
// state of one conversation, which decides what entry is valid next. Ends and
// the relay run this same code, so they agree on which commit wins.
//
// Promises. A decoder accepts one form only: what decodes encodes to the same
// bytes, and nothing may follow. It never allocates more than a small multiple
// of its input, and checks the limits of limits.go first. Validity is a
// function of the entry, the chain before it, the pinned roots and the
// manifest a commit names: no clock, no secret, no local state, so that a log
// read a month later gives the same head.
//
// The caller's duties. Decoded values alias their input: leave it unchanged.
// Expiry is asked separately, by whoever is about to send, with its own clock
// ([Credential.ValidAt], [KeyPackage.ValidAt], [Manifest.ValidAt]). Entries go
// to a Chain in the order of the log.
//
// Limits. No secret ever enters this package, and it imports nothing that
// could use one. Every failure is a [Code].
//
// SPEC.md, sections 2 to 5, is the normative text.
package wire
