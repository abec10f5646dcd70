package lies

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/mlkem"
	"encoding/binary"
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Stolen is the prop that the template "stolen genesis" needs: a customer's
// credential, whose key the liar replaces by its own.
const Stolen = "customer's credential"

// thief is the stranger's key package under the stolen credential.
func (l *Liar) thief(g stranger) *wire.KeyPackage {
	raw := slices.Clone(l.props[Stolen])
	copy(raw[2:], g.kp.Identity) // behind version and role
	c, err := wire.DecodeCredential(raw)
	if err != nil {
		panic(err)
	}
	kp := &wire.KeyPackage{Credential: c, Leaf: g.kp.Leaf, Expires: g.kp.Expires, Use: wire.UsePlace}
	if _, err := kp.Sign(g.key); err != nil {
		panic(err)
	}
	return kp
}

// stranger is an identity that is in no roster.
type stranger struct {
	key   ed25519.PrivateKey
	kp    *wire.KeyPackage // an offer
	place *wire.KeyPackage // for a commit or a join request
}

// ghost is the same stranger for the same seed.
func (l *Liar) ghost() stranger {
	seed := func(what string) []byte {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], l.seed)
		h := wire.Sum(what, n[:])
		return h[:]
	}
	half, err := ecdh.X25519().NewPrivateKey(seed("a liar's x25519"))
	if err != nil {
		panic(err)
	}
	other, err := mlkem.NewDecapsulationKey768(append(seed("a liar's ml-kem"), seed("and its second half")...))
	if err != nil {
		panic(err)
	}
	g := stranger{key: ed25519.NewKeyFromSeed(seed("a liar's identity"))}
	leaf := append(half.PublicKey().Bytes(), other.EncapsulationKey().Bytes()...)
	g.kp, g.place = &wire.KeyPackage{Leaf: leaf, Expires: 1 << 40}, &wire.KeyPackage{Leaf: leaf, Expires: 1 << 40, Use: wire.UsePlace}
	for _, kp := range []*wire.KeyPackage{g.kp, g.place} {
		if _, err := kp.Sign(g.key); err != nil {
			panic(err)
		}
	}
	return g
}
