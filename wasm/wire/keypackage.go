package wire

import (
	"bytes"
	"crypto/ed25519"
)

// Sizes of the two halves of a leaf and of what is sealed to it.
const (
	X25519Size     = 32
	MLKEMKeySize   = 1_184 // ML-KEM-768 encapsulation key
	MLKEMCTSize    = 1_088 // ML-KEM-768 ciphertext
	LeafSize       = X25519Size + MLKEMKeySize
	boxOverhead    = 16
	CommitSecret   = 32 // sealed to a member that stays
	JoinerSecret   = 64 // sealed to a newcomer, before what it is granted
	EpochSecret    = 32
	TagSize        = 32
	keyPackageBare = 0
	keyPackageCred = 1
)

// Leaf is the public half of a membership key: X25519 ‖ ML-KEM-768.
type Leaf []byte

// X25519 returns the first half.
func (l Leaf) X25519() []byte { return l[:X25519Size] }

// MLKEM returns the second half, an encapsulation key.
func (l Leaf) MLKEM() []byte { return l[X25519Size:] }

// Hash names the leaf in join requests.
func (l Leaf) Hash() Hash { return Sum("leaf", l) }

// Uses of a key package. What is made for one place is no offer to whoever reads
// it there.
const (
	UseOffer      = 0 // its owner may be added by it, once
	UseLastResort = 1 // or more than once
	UsePlace      = 2 // stands in the one commit, or the one join request, that it was made for
)

// KeyPackage shows a leaf under an identity (SPEC section 3.4): how a member is
// added while away, and what a commit puts in its maker's place.
type KeyPackage struct {
	Identity   []byte      // Ed25519 public key
	Credential *Credential // nil: the bare identity key of a customer
	Leaf       Leaf
	Expires    uint64 // Unix seconds
	Use        uint8
	Signature  []byte

	raw []byte
}

// Sign signs the key package with the identity key and returns its encoding.
func (k *KeyPackage) Sign(identity ed25519.PrivateKey) ([]byte, error) {
	if len(k.Leaf) != LeafSize {
		return nil, BadKey
	}
	k.Identity = identity.Public().(ed25519.PublicKey)
	w := NewWriter(2048)
	w.U8(Version)
	if k.Credential == nil {
		w.U8(keyPackageBare)
		w.Raw(k.Identity)
	} else {
		w.U8(keyPackageCred)
		w.Bytes16(k.Credential.Bytes())
	}
	w.Raw(k.Leaf)
	w.U64(k.Expires)
	w.U8(k.Use)
	k.Signature = Sign(identity, "key package", w.Bytes())
	w.Raw(k.Signature)
	k.raw = w.Bytes()
	if _, err := DecodeKeyPackage(k.raw); err != nil {
		return nil, err
	}
	return k.raw, nil
}

// Bytes returns the encoding it was decoded from or signed as.
func (k *KeyPackage) Bytes() []byte { return k.raw }

// MemberID is the id that this identity has in a roster.
func (k *KeyPackage) MemberID() ID { return MemberID(k.Identity) }

// Alias is the credential's, or empty.
func (k *KeyPackage) Alias() string {
	if k.Credential == nil {
		return ""
	}
	return k.Credential.Alias
}

// DecodeKeyPackage checks form, keys and its own signature. Whether its
// credential chains is asked of the manifest.
func DecodeKeyPackage(b []byte) (*KeyPackage, error) {
	k, err := parseKeyPackage(b)
	if err != nil {
		return nil, err
	}
	if err := k.verify(); err != nil {
		return nil, err
	}
	return k, nil
}

func parseKeyPackage(b []byte) (*KeyPackage, error) {
	if len(b) > MaxKeyPackage {
		return nil, TooLarge
	}
	b = bytes.Clone(b) // a roster keeps it, and not the commit that it came in
	r := NewReader(b)
	if v := r.U8(); !r.Failed() && v != Version {
		return nil, UnsupportedVersion
	}
	k := &KeyPackage{raw: b}
	switch r.U8() {
	case keyPackageBare:
		k.Identity = r.Raw(ed25519.PublicKeySize)
	case keyPackageCred:
		raw := r.Bytes16(MaxCredential)
		if r.Failed() {
			return nil, BadArgument
		}
		c, err := DecodeCredential(raw)
		if err != nil {
			return nil, err
		}
		k.Credential, k.Identity = c, c.Identity
	default:
		r.Fail()
	}
	k.Leaf = r.Raw(LeafSize)
	k.Expires, k.Use = r.U64(), r.U8()
	k.Signature = r.Raw(ed25519.SignatureSize)
	if k.Use > UsePlace {
		r.Fail()
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	if err := CheckIdentityKey(k.Identity); err != nil {
		return nil, err
	}
	if err := CheckX25519(k.Leaf.X25519()); err != nil {
		return nil, err
	}
	return k, CheckMLKEM(k.Leaf.MLKEM())
}

func (k *KeyPackage) verify() error {
	if !Verify(k.Identity, "key package", k.raw[:len(k.raw)-ed25519.SignatureSize], k.Signature) {
		return BadCredential
	}
	return nil
}

// ValidAt returns Expired when the key package, or its credential, has ended.
func (k *KeyPackage) ValidAt(unix uint64) error {
	if unix >= k.Expires {
		return Expired
	}
	if k.Credential != nil {
		return k.Credential.EndedAt(unix)
	}
	return nil
}

// CheckMLKEM refuses an encapsulation key of the wrong length or with a
// coefficient ≥ q = 3329 (the modulus check of FIPS 203, section 7.2), so that
// a bad key is refused at enrolment and not by whoever adds its owner.
func CheckMLKEM(key []byte) error {
	if len(key) != MLKEMKeySize {
		return BadKey
	}
	for i := 0; i < MLKEMKeySize-32; i += 3 {
		a := uint16(key[i]) | uint16(key[i+1]&0x0f)<<8
		b := uint16(key[i+1]>>4) | uint16(key[i+2])<<4
		if a >= 3329 || b >= 3329 {
			return BadKey
		}
	}
	return nil
}
