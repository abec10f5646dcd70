package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha512"
)

// ID is a 16-byte name: of a conversation (random), of a member, a tenant or
// an entry (the first half of a hash), of an instance (random).
type ID [16]byte

// Hash is a SHA-512/256 value, and the raw form of a 32-byte public key.
type Hash [32]byte

// ID is the first half of the hash, used as a name.
func (h Hash) ID() (out ID) {
	copy(out[:], h[:])
	return out
}

// Zero tells whether the hash is all zero, which stands for "none".
func (h Hash) Zero() bool { return h == Hash{} }

const labelPrefix = "sealwire/1 "

// Label returns the length-prefixed label that begins the input of every
// hash, MAC, key derivation and signature, so that no two purposes can ever
// share an input (SPEC section 2).
func Label(purpose string) []byte {
	if len(labelPrefix)+len(purpose) > 255 {
		panic("wire: label too long")
	}
	out := make([]byte, 0, 1+len(labelPrefix)+len(purpose))
	out = append(out, byte(len(labelPrefix)+len(purpose)))
	out = append(out, labelPrefix...)
	return append(out, purpose...)
}

// Sum is H of SPEC section 2: SHA-512/256 over the label and the parts.
func Sum(purpose string, parts ...[]byte) Hash {
	h := sha512.New512_256()
	h.Write(Label(purpose))
	for _, p := range parts {
		h.Write(p)
	}
	var out Hash
	h.Sum(out[:0])
	return out
}

// MAC is HMAC-SHA-512, and so HKDF-Extract with the salt as key.
func MAC(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(sha512.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// Expand is HKDF-Expand of SPEC section 2.3: of at most 64 bytes, which RFC 5869
// makes by one HMAC. Each part has a length that the purpose fixes, or is last.
func Expand(prk []byte, size int, purpose string, parts ...[]byte) []byte {
	all := append([][]byte{Label(purpose)}, parts...)
	out := MAC(prk, append(all, []byte{1})...)
	clear(out[size:])
	return out[:size:size]
}

// KeyHash is the hash by which signatures and credentials name a public key.
func KeyHash(public []byte) Hash { return Sum("key", public) }

// MemberID is the first half of the identity key's hash.
func MemberID(identity []byte) ID { return KeyHash(identity).ID() }

// TenantID names the company by its root key.
func TenantID(root []byte) ID { return Sum("tenant", root).ID() }

// EntryHash is H(entry), the value that the log hash is made of.
func EntryHash(entry []byte) Hash { return Sum("entry", entry) }

// EntryID is the first half of EntryHash; the log stores each id once.
func EntryID(entry []byte) ID { return EntryHash(entry).ID() }

// LogHash0 is the log hash before the first entry.
func LogHash0(conversation ID) Hash { return Sum("log start", conversation[:]) }

// LogHash is the log hash after an entry.
func LogHash(before, entry Hash) Hash { return Sum("log", before[:], entry[:]) }

func signatureInput(public []byte, purpose string, message []byte) []byte {
	id := KeyHash(public)
	label := Label(purpose)
	in := make([]byte, 0, len(label)+len(id)+len(message))
	in = append(in, label...)
	in = append(in, id[:]...)
	return append(in, message...)
}

// Sign makes the 64-byte Ed25519 signature over label, key hash and message.
func Sign(private ed25519.PrivateKey, purpose string, message []byte) []byte {
	public := private.Public().(ed25519.PublicKey)
	in := signatureInput(public, purpose, message)
	defer clear(in) // it may hold a message
	return ed25519.Sign(private, in)
}

// Verify checks what Sign made. A key that CheckIdentityKey refuses verifies nothing.
func Verify(public []byte, purpose string, message, signature []byte) bool {
	if CheckIdentityKey(public) != nil || len(signature) != ed25519.SignatureSize {
		return false
	}
	in := signatureInput(public, purpose, message)
	defer clear(in)
	return ed25519.Verify(ed25519.PublicKey(public), in, signature)
}

// lowOrderY are the y coordinates, little-endian, of the eight points of small
// order on edwards25519: order 1 (y = 1), 2 (y = −1), 4 (y = 0) and the two y
// of order 8. A signature under such a key can hold for any message.
var lowOrderY = [5][32]byte{
	{0: 0x01},
	{0: 0xec, 1: 0xff, 2: 0xff, 3: 0xff, 4: 0xff, 5: 0xff, 6: 0xff, 7: 0xff, 8: 0xff, 9: 0xff, 10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff,
		16: 0xff, 17: 0xff, 18: 0xff, 19: 0xff, 20: 0xff, 21: 0xff, 22: 0xff, 23: 0xff, 24: 0xff, 25: 0xff, 26: 0xff, 27: 0xff, 28: 0xff, 29: 0xff, 30: 0xff, 31: 0x7f},
	{},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}

// CheckIdentityKey refuses an Ed25519 public key of the wrong length, one that
// is not the canonical encoding of its point, and one of small order. Whether
// the bytes are a point at all shows when a signature is verified.
func CheckIdentityKey(public []byte) error {
	if len(public) != ed25519.PublicKeySize {
		return BadKey
	}
	y := bytes.Clone(public)
	y[31] &= 0x7f
	if !belowP(y) {
		return BadKey
	}
	for i := range lowOrderY {
		if bytes.Equal(y, lowOrderY[i][:]) {
			return BadKey
		}
	}
	return nil
}

// lowOrderU are the u coordinates, little-endian, of small order on Curve25519
// and its twist: 0, 1, −1 and the two of order 8.
var lowOrderU = [5][32]byte{
	{},
	{0: 0x01},
	lowOrderY[1],
	{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
	{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
}

// CheckX25519 refuses an X25519 public key that is not canonical (RFC 7748
// would mask and reduce it: two encodings of one key) or has small order.
func CheckX25519(public []byte) error {
	if len(public) != 32 || !belowP(public) {
		return BadKey
	}
	for i := range lowOrderU {
		if bytes.Equal(public, lowOrderU[i][:]) {
			return BadKey
		}
	}
	return nil
}

// belowP tells whether 32 little-endian bytes are less than 2^255 − 19.
func belowP(le []byte) bool {
	if le[31] != 0x7f {
		return le[31] < 0x7f
	}
	for i := 30; i > 0; i-- {
		if le[i] != 0xff {
			return true
		}
	}
	return le[0] < 0xed
}

// Equal compares in constant time.
func Equal(a, b []byte) bool { return hmac.Equal(a, b) }
