package conversation

import (
	"crypto/mlkem"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Kinds of seal, bound into its key so that one cannot stand for the other.
const (
	toContinuing = 1
	toNewcomer   = 2
)

// sealTo seals a share of a commit to a member's leaf (SPEC section 5.2). The
// key is used once, so the nonce is zero.
func sealTo(to *wire.Member, kind byte, body wire.Hash, ephemeral *leafSecret, ephemeralPublic, plaintext []byte) (wire.Seal, error) {
	leaf := to.KeyPackage.Leaf
	k1, err := nacl.Before((*[32]byte)(leaf.X25519()), &ephemeral.x25519)
	if err != nil {
		return wire.Seal{}, err
	}
	key, err := mlkem.NewEncapsulationKey768(leaf.MLKEM())
	if err != nil {
		return wire.Seal{}, wire.BadKey
	}
	k2, ct := key.Encapsulate()
	k := sealKey(k1[:], k2, body, kind, to.ID, ephemeralPublic, leaf, ct)
	return wire.Seal{Ciphertext: ct, Box: nacl.Seal(nil, plaintext, new([24]byte), k)}, nil
}

// openSeal opens what sealTo made for this leaf.
func openSeal(s wire.Seal, own *leafSecret, leaf wire.Leaf, id wire.ID, kind byte, body wire.Hash, ephemeralPublic []byte) ([]byte, error) {
	k1, err := nacl.Before((*[32]byte)(ephemeralPublic), &own.x25519)
	if err != nil {
		return nil, wire.OpenFailed
	}
	k2, err := own.decapsulationKey().Decapsulate(s.Ciphertext)
	if err != nil {
		return nil, wire.OpenFailed
	}
	k := sealKey(k1[:], k2, body, kind, id, ephemeralPublic, leaf, s.Ciphertext)
	return nacl.Open(nil, s.Box, new([24]byte), k)
}

// sealKey combines both shared secrets and binds all that was exchanged, so
// that breaking one problem, or swapping any public value, gives nothing.
func sealKey(k1, k2 []byte, body wire.Hash, kind byte, to wire.ID, ephemeral []byte, leaf wire.Leaf, ct []byte) *[32]byte {
	prk := wire.MAC(nil, k1, k2)
	defer clear(prk)
	clear(k1)
	clear(k2)
	return (*[32]byte)(wire.Expand(prk, 32, "seal", body[:], []byte{kind}, to[:], ephemeral, leaf, ct))
}
