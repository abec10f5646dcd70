package entrylog

import (
	"crypto/sha512"
	"fmt"
)

// check refuses what no driver may store.
func (r *AppendRequest) check() error {
	if err := checkKey("conversation", r.Conversation, 1); err != nil {
		return err
	}
	if err := checkBytes("entry", r.Entry); err != nil {
		return err
	}
	var zero [32]byte
	switch {
	case r.Next == zero:
		return fmt.Errorf("%w: no head", ErrBadRequest)
	case r.Next != r.Expect && !r.Commit, r.Next == r.Expect && r.Members != nil:
		return fmt.Errorf("%w: only a commit changes head or members", ErrBadRequest)
	}
	for _, m := range r.Members {
		if err := checkKey("member", m, 1); err != nil {
			return err
		}
	}
	return nil
}

func (r *Record) check() error {
	if err := checkKey("space", []byte(r.Space), 1); err != nil {
		return err
	}
	if err := checkKey("owner", r.Owner, 0); err != nil {
		return err
	}
	if err := checkKey("id", r.ID, 1); err != nil {
		return err
	}
	if r.Expires > maxInt {
		return fmt.Errorf("%w: expiry beyond 63 bits", ErrBadRequest)
	}
	return checkBytes("value", r.Value)
}

func checkKey(what string, b []byte, least int) error {
	if len(b) < least || len(b) > MaxKey {
		return fmt.Errorf("%w: %s of %d bytes, want %d to %d", ErrBadRequest, what, len(b), least, MaxKey)
	}
	return nil
}

func checkBytes(what string, b []byte) error {
	if len(b) < 1 || len(b) > MaxBytes {
		return fmt.Errorf("%w: %s of %d bytes, want 1 to %d", ErrBadRequest, what, len(b), MaxBytes)
	}
	return nil
}

// hashLabel is the label of H(entry), wasm/SPEC.md, with its length before it.
const hashLabel = "\x10sealwire/1 entry"

// hash is H(entry): what a trimmed entry leaves, so that ends can go on
// computing the log hash over it.
func hash(entry []byte) (sum [32]byte) {
	h := sha512.New512_256()
	h.Write([]byte(hashLabel))
	h.Write(entry)
	h.Sum(sum[:0])
	return sum
}
