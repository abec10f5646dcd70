// Package nacl is box and secretbox as TweetNaCl computes them, behind the
// checks that the original leaves out. It is the one place of Sealwire that
// calls X25519: nothing else may, and nothing may use x/crypto/nacl/box, whose
// Precompute takes a low-order key and answers with a key that anyone knows.
//
// It promises: what Seal makes, TweetNaCl.js and libsodium open, and the
// reverse; Before refuses every public key of low order with wire.BadKey; Open
// releases nothing of a box that does not authenticate, and says no more than
// wire.OpenFailed.
//
// A public key that is not canonical (a coordinate of 2^255-19 or more, or the
// unused top bit set) is taken as RFC 7748 and TweetNaCl take it: the top bit
// is ignored, the coordinate reduced. Where two spellings of one key must not
// meet, as in a roster, package wire compares.
//
// The caller's duties: never two messages under one key and nonce (24 random
// bytes are safe for any number); hide the length of messages where it tells
// something; wipe keys after use. Authentication is mutual: whoever can open a
// box could have made it, so a box proves nothing to a third person.
package nacl

import (
	"crypto/rand"

	"github.com/sealwire/sealwire/wasm/wire"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/nacl/secretbox"
	//lint:ignore SA1019 HSalsa20 is what makes a box compatible; nothing else of the package is used
	"golang.org/x/crypto/salsa20/salsa"
)

// Sizes in bytes.
const (
	KeySize   = 32 // a public, secret or shared key
	NonceSize = 24
	Overhead  = secretbox.Overhead // what a box is longer than its message
)

// GenerateKey makes a key pair from crypto/rand.
func GenerateKey() (public, secret *[KeySize]byte) {
	secret = new([KeySize]byte)
	rand.Read(secret[:]) // never returns an error: it ends the program instead
	return Public(secret), secret
}

// Public computes the public key of a secret one. Any 32 bytes are a secret key.
func Public(secret *[KeySize]byte) *[KeySize]byte {
	public, err := curve25519.X25519(secret[:], curve25519.Basepoint)
	if err != nil {
		panic("nacl: the base point has low order") // cannot be
	}
	return (*[KeySize]byte)(public)
}

// Before computes the key that both sides of a box share: HSalsa20 of the
// X25519 point. A public key of low order is wire.BadKey: the point would be
// zero whatever the secret key, and so the shared key known to all.
func Before(public, secret *[KeySize]byte) (*[KeySize]byte, error) {
	point, err := curve25519.X25519(secret[:], public[:])
	if err != nil {
		return nil, wire.BadKey
	}
	shared := new([KeySize]byte)
	salsa.HSalsa20(shared, new([16]byte), (*[KeySize]byte)(point), &salsa.Sigma)
	clear(point)
	return shared, nil
}

// Seal appends to out the box of message: Overhead bytes longer, XSalsa20 and
// Poly1305. out may not overlap message.
func Seal(out, message []byte, nonce *[NonceSize]byte, key *[KeySize]byte) []byte {
	return secretbox.Seal(out, message, nonce, key)
}

// Open appends to out the message that Seal put into box, or returns
// wire.OpenFailed and appends nothing. out may not overlap box.
func Open(out, box []byte, nonce *[NonceSize]byte, key *[KeySize]byte) ([]byte, error) {
	message, ok := secretbox.Open(out, box, nonce, key)
	if !ok {
		return nil, wire.OpenFailed
	}
	return message, nil
}
