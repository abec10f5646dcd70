package conversation

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha512"

	"github.com/sealwire/sealwire/wasm/wire"
)

const initSize = 64

// secrets are those of one epoch.
type secrets struct {
	init  [initSize]byte         // salt of the next epoch's joiner
	epoch [wire.EpochSecret]byte // opens and seals this epoch's messages
}

func (s *secrets) wipe() { *s = secrets{} }

// extract is HKDF-Extract with SHA-512; 64 bytes.
func extract(salt, ikm []byte) []byte {
	prk, err := hkdf.Extract(sha512.New, ikm, salt)
	if err != nil {
		panic("conversation: " + err.Error()) // no input fails outside FIPS mode
	}
	return prk
}

// derive is HKDF-Expand with SHA-512 over the purpose's label and the parts,
// each of a length that the purpose fixes.
func derive(prk []byte, size int, purpose string, parts ...[]byte) []byte {
	info := wire.Label(purpose)
	for _, p := range parts {
		info = append(info, p...)
	}
	out, err := hkdf.Expand(sha512.New, prk, string(info), size)
	if err != nil {
		panic("conversation: " + err.Error())
	}
	return out
}

// joiner mixes the secret of a commit into the init secret of its parent.
func joiner(init *[initSize]byte, commitSecret []byte) []byte { return extract(init[:], commitSecret) }

// schedule gives the epoch that the confirmed commit begins (SPEC section 5.3).
func schedule(joiner []byte, confirmed wire.Hash) secrets {
	var s secrets
	init, epoch := derive(joiner, initSize, "init", confirmed[:]), derive(joiner, wire.EpochSecret, "epoch", confirmed[:])
	copy(s.init[:], init)
	copy(s.epoch[:], epoch)
	clear(init)
	clear(epoch)
	return s
}

// tag confirms the epoch secret: only who holds it can make it, and a granted
// secret is checked against it.
func tag(epoch []byte, confirmed wire.Hash) []byte {
	mac := hmac.New(sha512.New, derive(epoch, 64, "confirm"))
	mac.Write(wire.Label("tag"))
	mac.Write(confirmed[:])
	return mac.Sum(nil)[:wire.TagSize]
}

// messageKey is the key of the one message with this header.
func messageKey(epoch, header []byte) *[32]byte {
	return (*[32]byte)(derive(epoch, 32, "message key", header))
}
