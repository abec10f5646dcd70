package abi

import (
	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The nacl exports are the one exception to handles: keys come as bytes, for
// an instance of its own that holds no conversation. A message of more than
// the tray crosses in the bulk buffer.

// NaclKeyPair makes a key pair: public[32] ‖ secret[32].
func (i *Instance) NaclKeyPair() int32 {
	return i.call(0, func([]byte) (int, error) {
		public, secret := nacl.GenerateKey()
		n, err := i.reply(append(append(i.out(), public[:]...), secret[:]...))
		clear(secret[:])
		return n, err
	})
}

// NaclBoxPublic: secret[32] → public[32].
func (i *Instance) NaclBoxPublic(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		if len(args) != nacl.KeySize {
			return 0, wire.BadArgument
		}
		public := nacl.Public((*[nacl.KeySize]byte)(args))
		return i.reply(public[:])
	})
}

// NaclBoxBefore: public[32] ‖ secret[32] → shared key[32], or bad key.
func (i *Instance) NaclBoxBefore(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		if len(args) != 2*nacl.KeySize {
			return 0, wire.BadArgument
		}
		shared, err := nacl.Before((*[nacl.KeySize]byte)(args), (*[nacl.KeySize]byte)(args[nacl.KeySize:]))
		if err != nil {
			return 0, err
		}
		n, err := i.reply(shared[:])
		clear(shared[:])
		return n, err
	})
}

// NaclSecretbox: key[32] ‖ nonce[24] ‖ message → box. It is too large when the
// box exceeds the tray.
func (i *Instance) NaclSecretbox(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		key, nonce, message, err := naclArgs(args)
		if err != nil {
			return 0, err
		}
		if len(message)+nacl.Overhead > TraySize {
			return 0, wire.TooLarge
		}
		return i.reply(nacl.Seal(i.out(), message, nonce, key))
	})
}

// NaclSecretboxOpen: key[32] ‖ nonce[24] ‖ box → message, or open failed.
func (i *Instance) NaclSecretboxOpen(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		key, nonce, box, err := naclArgs(args)
		if err != nil {
			return 0, err
		}
		message, err := nacl.Open(i.out(), box, nonce, key)
		if err != nil {
			return 0, err
		}
		return i.reply(message)
	})
}

// NaclSecretboxBulk: key[32] ‖ nonce[24], the message in the bulk buffer → the
// box in its place. It is too large when the box exceeds the bulk buffer.
func (i *Instance) NaclSecretboxBulk(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		key, nonce, rest, err := naclArgs(args)
		if err != nil {
			return 0, err
		}
		if len(rest) != 0 {
			return 0, wire.BadArgument
		}
		if len(i.bulk)+nacl.Overhead > MaxBulk {
			return 0, wire.TooLarge
		}
		return i.replyBulk(nacl.Seal(make([]byte, 0, len(i.bulk)+nacl.Overhead), i.bulk, nonce, key))
	})
}

// NaclSecretboxOpenBulk: key[32] ‖ nonce[24], the box in the bulk buffer → the
// message in its place, or open failed, which leaves the box.
func (i *Instance) NaclSecretboxOpenBulk(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		key, nonce, rest, err := naclArgs(args)
		if err != nil {
			return 0, err
		}
		if len(rest) != 0 {
			return 0, wire.BadArgument
		}
		message, err := nacl.Open(make([]byte, 0, len(i.bulk)), i.bulk, nonce, key)
		if err != nil {
			return 0, err
		}
		return i.replyBulk(message)
	})
}

func naclArgs(args []byte) (key *[nacl.KeySize]byte, nonce *[nacl.NonceSize]byte, rest []byte, err error) {
	const head = nacl.KeySize + nacl.NonceSize
	if len(args) < head {
		return nil, nil, nil, wire.BadArgument
	}
	return (*[nacl.KeySize]byte)(args), (*[nacl.NonceSize]byte)(args[nacl.KeySize:]), args[head:], nil
}
