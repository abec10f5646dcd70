package conversation

import "github.com/sealwire/sealwire/wasm/wire"

const initSize = 64

// secrets are those of one epoch.
type secrets struct {
	init  [initSize]byte         // salt of the next epoch's joiner
	epoch [wire.EpochSecret]byte // opens and seals this epoch's messages
}

func (s *secrets) wipe() { *s = secrets{} }

// joiner mixes the secret of a commit into the init secret of its parent.
func joiner(init *[initSize]byte, commitSecret []byte) []byte { return wire.MAC(init[:], commitSecret) }

// schedule gives the epoch that the confirmed commit begins (SPEC section 5.3).
func schedule(joiner []byte, confirmed wire.Hash) secrets {
	var s secrets
	init, epoch := wire.Expand(joiner, initSize, "init", confirmed[:]), wire.Expand(joiner, wire.EpochSecret, "epoch", confirmed[:])
	copy(s.init[:], init)
	copy(s.epoch[:], epoch)
	clear(init)
	clear(epoch)
	return s
}

// tag confirms the epoch secret: only who holds it can make it, and a granted
// secret is checked against it.
func tag(epoch []byte, confirmed wire.Hash) []byte {
	key := wire.Expand(epoch, 64, "confirm")
	defer clear(key)
	return wire.MAC(key, wire.Label("tag"), confirmed[:])[:wire.TagSize]
}

// messageKey is the key of the one message with this header.
func messageKey(epoch, header []byte) *[32]byte {
	return (*[32]byte)(wire.Expand(epoch, 32, "message key", header))
}
