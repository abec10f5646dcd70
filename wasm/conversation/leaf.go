package conversation

import (
	"crypto/mlkem"
	"crypto/rand"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// leafSecret is the private half of a leaf: an X25519 key and an ML-KEM-768 seed.
type leafSecret struct {
	x25519 [nacl.KeySize]byte
	mlkem  [mlkem.SeedSize]byte
}

func newLeaf() (*leafSecret, wire.Leaf) {
	s := new(leafSecret)
	rand.Read(s.x25519[:])
	rand.Read(s.mlkem[:])
	return s, s.public()
}

func (s *leafSecret) decapsulationKey() *mlkem.DecapsulationKey768 {
	key, err := mlkem.NewDecapsulationKey768(s.mlkem[:])
	if err != nil {
		panic("conversation: " + err.Error()) // only a wrong length fails
	}
	return key
}

func (s *leafSecret) public() wire.Leaf {
	out := make([]byte, 0, wire.LeafSize)
	out = append(out, nacl.Public(&s.x25519)[:]...)
	return append(out, s.decapsulationKey().EncapsulationKey().Bytes()...)
}

func (s *leafSecret) wipe() {
	if s != nil {
		*s = leafSecret{}
	}
}

func (s *leafSecret) write(w *wire.Writer) {
	w.Raw(s.x25519[:])
	w.Raw(s.mlkem[:])
}

func readLeafSecret(r *wire.Reader) *leafSecret {
	s := new(leafSecret)
	copy(s.x25519[:], r.Raw(len(s.x25519)))
	copy(s.mlkem[:], r.Raw(len(s.mlkem)))
	return s
}

// x25519Public is the public half of an ephemeral key, which has no ML-KEM half.
func x25519Public(s *leafSecret) []byte { return nacl.Public(&s.x25519)[:] }
