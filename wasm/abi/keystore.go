package abi

import (
	"github.com/sealwire/sealwire/wasm/keystore"
	"github.com/sealwire/sealwire/wasm/wire"
)

// contextValue begins the context of every value that JavaScript has sealed,
// so that no call unseals an end's or a conversation's state to JavaScript.
const contextValue = "value/"

// KeystoreOpen: data key[32] → keystore handle.
func (i *Instance) KeystoreOpen(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		k, err := keystore.Open(args)
		if err != nil {
			return 0, err
		}
		return i.keep(k, 0)
	})
}

// KeystoreSeal: bytes16 context ‖ value → sealed value.
func (i *Instance) KeystoreSeal(handle, length int32) int32 {
	return i.keystore(handle, length, (*keystore.Keystore).Seal)
}

// KeystoreUnseal: bytes16 context ‖ sealed value → value, or open failed.
func (i *Instance) KeystoreUnseal(handle, length int32) int32 {
	return i.keystore(handle, length, (*keystore.Keystore).Unseal)
}

func (i *Instance) keystore(handle, length int32, f func(*keystore.Keystore, string, []byte) ([]byte, error)) int32 {
	return on(i, handle, length, func(k *keystore.Keystore, r *wire.Reader) (int, error) {
		context, value := r.Bytes16(keystore.MaxContext-len(contextValue)), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		if len(context) == 0 {
			return 0, wire.BadArgument
		}
		out, err := f(k, contextValue+string(context), value)
		if err != nil {
			return 0, err
		}
		defer clear(out)
		return i.reply(out)
	})
}

// save seals a state into the bulk buffer; restore opens it from there. A
// state is wiped as soon as it is sealed or read.
func (i *Instance) save(ks int32, context string, state []byte) (int, error) {
	defer clear(state)
	k, err := get[*keystore.Keystore](i, ks)
	if err != nil {
		return 0, err
	}
	sealed, err := k.Seal(context, state)
	if err != nil {
		return 0, err
	}
	return i.replyBulk(sealed)
}

func (i *Instance) restore(ks int32, context string) ([]byte, error) {
	k, err := get[*keystore.Keystore](i, ks)
	if err != nil {
		return nil, err
	}
	return k.Unseal(context, i.bulk)
}
