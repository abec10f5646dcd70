// Package keystore seals what an end keeps on its device: identity, states,
// history, outbox. The caller stores the sealed values where it likes and hands
// them back under the same context.
//
// It promises that a value opens only under the data key that sealed it and
// only in the place it was sealed for: the context (such as
// "conversation/<id>") is part of the key, so that values cannot be swapped
// between places. A flipped bit, another place or another key is
// wire.OpenFailed and nothing else (in the first byte, the version, it is
// wire.UnsupportedVersion).
//
// The caller's duties: wrap the 32-byte data key by a key that does not leave
// the device (in browsers a non-extractable AES-GCM CryptoKey), keep contexts
// unique, and treat a value that fails to open as an error, never as absent.
//
// Limits: an older value of the same place opens too; who can write to the
// device's storage can roll it back. Lengths are not hidden. SPEC section 8.
package keystore

import (
	"crypto/rand"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// KeySize is the size of a data key.
const KeySize = 32

// MaxContext is the most bytes of a context.
const MaxContext = 255

// Overhead is what a sealed value is longer than the value.
const Overhead = 1 + nacl.NonceSize + nacl.Overhead

// Keystore holds one data key. Printing one does not show it.
type Keystore struct {
	key  [KeySize]byte
	open bool
}

// String and GoString keep the key out of logs and messages.
func (Keystore) String() string   { return "sealwire keystore" }
func (Keystore) GoString() string { return "sealwire keystore" }

// Open takes the unwrapped data key; the caller wipes its copy.
func Open(key []byte) (*Keystore, error) {
	if len(key) != KeySize {
		return nil, wire.BadArgument
	}
	k := &Keystore{open: true}
	copy(k.key[:], key)
	return k, nil
}

// Wipe erases the data key; after it nothing seals or opens.
func (k *Keystore) Wipe() { *k = Keystore{} }

func (k *Keystore) keyFor(context string) (*[32]byte, error) {
	if !k.open {
		return nil, wire.BadHandle
	}
	if context == "" || len(context) > MaxContext {
		return nil, wire.BadArgument
	}
	return (*[32]byte)(wire.Expand(k.key[:], 32, "at rest", []byte(context))), nil
}

// Seal seals a value for the place that the context names: version ‖ 24 random
// bytes ‖ secretbox.
func (k *Keystore) Seal(context string, value []byte) ([]byte, error) {
	key, err := k.keyFor(context)
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	out := make([]byte, 1+nacl.NonceSize, Overhead+len(value))
	out[0] = wire.Version
	rand.Read(out[1:])
	return nacl.Seal(out, value, (*[nacl.NonceSize]byte)(out[1:]), key), nil
}

// Unseal opens what Seal made for the same context.
func (k *Keystore) Unseal(context string, sealed []byte) ([]byte, error) {
	key, err := k.keyFor(context)
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	if len(sealed) < Overhead {
		return nil, wire.OpenFailed
	}
	if sealed[0] != wire.Version {
		return nil, wire.UnsupportedVersion
	}
	return nacl.Open(nil, sealed[1+nacl.NonceSize:], (*[nacl.NonceSize]byte)(sealed[1:]), key)
}
