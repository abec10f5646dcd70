package abi

import (
	"github.com/sealwire/sealwire/wasm/stream"
	"github.com/sealwire/sealwire/wasm/wire"
)

// StreamSealNew → handle that seals one file under a fresh key.
func (i *Instance) StreamSealNew() int32 {
	return i.guard(func() (int, error) { return i.keep(stream.NewSealer(), 0) })
}

// StreamSeal: u8 last ‖ plaintext, 65,536 bytes but for the last → sealed chunk.
func (i *Instance) StreamSeal(handle, length int32) int32 {
	return on(i, handle, length, func(s *stream.Sealer, r *wire.Reader) (int, error) {
		last, plaintext := r.Bool(), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return i.answer(s.Chunk(plaintext, last))
	})
}

// StreamSealFinish → file key[32] ‖ prefix[16] ‖ hash of the ciphertext[32],
// for a sealed message.
func (i *Instance) StreamSealFinish(handle int32) int32 {
	return on(i, handle, 0, func(s *stream.Sealer, _ *wire.Reader) (int, error) {
		out, err := s.Finish()
		if err != nil {
			return 0, err
		}
		defer clear(out)
		return i.reply(out)
	})
}

// StreamOpenNew: file key[32] ‖ prefix[16] ‖ u64 size of the padded plaintext →
// handle that opens that file's chunks.
func (i *Instance) StreamOpenNew(length int32) int32 {
	return i.call(length, func(args []byte) (int, error) {
		r := wire.NewReader(args)
		secret, size := r.Raw(stream.KeySize+stream.PrefixSize), r.U64()
		if err := r.Done(); err != nil {
			return 0, err
		}
		o, err := stream.NewOpener(secret, size)
		if err != nil {
			return 0, err
		}
		return i.keep(o, 0)
	})
}

// StreamOpen: u64 index ‖ sealed chunk → plaintext, or open failed, truncated
// file.
func (i *Instance) StreamOpen(handle, length int32) int32 {
	return on(i, handle, length, func(o *stream.Opener, r *wire.Reader) (int, error) {
		index, chunk := r.U64(), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		plaintext, err := o.Chunk(index, chunk)
		if err != nil {
			return 0, err
		}
		defer clear(plaintext)
		return i.reply(plaintext)
	})
}

// StreamOpenHash → SHA-512/256 of the ciphertext[32], once every chunk was
// opened in order; else truncated file.
func (i *Instance) StreamOpenHash(handle int32) int32 {
	return on(i, handle, 0, func(o *stream.Opener, _ *wire.Reader) (int, error) {
		return i.answer(o.Hash())
	})
}
