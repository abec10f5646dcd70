// Package stream seals attachments in chunks: the STREAM construction (Hoang,
// Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its
// Nonce-Reuse Misuse-Resistance", 2015) over secretbox, as age uses it.
//
// A file has a random 32-byte key, used for it alone, and is cut into chunks
// of 64 KiB. Each chunk is a secretbox whose nonce holds its place and whether
// it is the last, so that chunks cannot be reordered, dropped, repeated, or cut
// off at the end, nor taken from another file. Chunks open independently, so a
// range of a large file can be read.
//
// It promises that Open releases nothing of a chunk that does not authenticate
// in its place, and that a Sealer seals no two chunks under one nonce: after the
// last one it refuses everything.
//
// The caller's duties: give every chunk but the last exactly ChunkSize bytes,
// know which is the last (an empty file is one empty last chunk; otherwise the
// last chunk is never empty), pass key and prefix on only inside a sealed
// message, and compare the size and hash given there. Padding is part of the
// plaintext: the true size travels in the message too.
//
// Limits: 2^56 chunks. SPEC section 6.7.
package stream

import (
	"crypto/rand"
	"crypto/sha512"
	"hash"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Sizes in bytes.
const (
	KeySize    = 32
	PrefixSize = 16
	ChunkSize  = 64 << 10
	SealedSize = ChunkSize + nacl.Overhead // of a full chunk
	HashSize   = sha512.Size256
)

// nonce returns the nonce of a chunk: 16 random bytes ‖ u56 index ‖ u8 last.
func nonce(prefix *[PrefixSize]byte, index uint64, last bool) *[nacl.NonceSize]byte {
	n := new([nacl.NonceSize]byte)
	copy(n[:], prefix[:])
	for i := range 7 {
		n[PrefixSize+i] = byte(index >> (8 * (6 - i)))
	}
	if last {
		n[nacl.NonceSize-1] = 1
	}
	return n
}

// Sealer seals one file, chunk by chunk, in order.
type Sealer struct {
	key    [KeySize]byte
	prefix [PrefixSize]byte
	next   uint64
	done   bool
	hash   hash.Hash
}

// NewSealer makes a fresh file key.
func NewSealer() *Sealer {
	s := &Sealer{hash: sha512.New512_256()}
	rand.Read(s.key[:])
	rand.Read(s.prefix[:])
	return s
}

// Chunk seals the next chunk. BadArgument: after the last one; of a wrong size
// (all but the last are ChunkSize, the last is empty only as the first).
func (s *Sealer) Chunk(plaintext []byte, last bool) ([]byte, error) {
	if s.done || len(plaintext) > ChunkSize || !last && len(plaintext) != ChunkSize || last && len(plaintext) == 0 && s.next != 0 {
		return nil, wire.BadArgument
	}
	out := nacl.Seal(nil, plaintext, nonce(&s.prefix, s.next, last), &s.key)
	s.hash.Write(out)
	s.next++
	s.done = last
	return out, nil
}

// Finish returns key[32] ‖ prefix[16] ‖ SHA-512/256 of the whole ciphertext[32],
// to be sealed in a message. BadArgument before the last chunk.
func (s *Sealer) Finish() ([]byte, error) {
	if !s.done {
		return nil, wire.BadArgument
	}
	out := append([]byte(nil), s.key[:]...)
	out = append(out, s.prefix[:]...)
	return s.hash.Sum(out), nil
}

// Wipe erases the key.
func (s *Sealer) Wipe() { *s = Sealer{done: true} }

// Opener opens the chunks of one file.
type Opener struct {
	key    [KeySize]byte
	prefix [PrefixSize]byte
	chunks uint64
	last   int    // plaintext size of the last chunk
	hashed uint64 // chunks that the hash covers: those opened in order so far
	hash   hash.Hash
}

// NewOpener takes key[32] ‖ prefix[16] and the size of the whole plaintext,
// padding included, from the sealed message.
func NewOpener(secret []byte, size uint64) (*Opener, error) {
	if len(secret) != KeySize+PrefixSize || size > 1<<53 {
		return nil, wire.BadArgument
	}
	o := &Opener{chunks: max(1, (size+ChunkSize-1)/ChunkSize), hash: sha512.New512_256()}
	o.last = int(size - (o.chunks-1)*ChunkSize)
	copy(o.key[:], secret)
	copy(o.prefix[:], secret[KeySize:])
	return o, nil
}

// Chunks is how many chunks the file has.
func (o *Opener) Chunks() uint64 { return o.chunks }

// Chunk opens the chunk with this index. TruncatedFile: it is not as long as
// the chunk in this place is; OpenFailed: it is not that chunk.
func (o *Opener) Chunk(index uint64, sealed []byte) ([]byte, error) {
	if index >= o.chunks {
		return nil, wire.BadArgument
	}
	last := index == o.chunks-1
	want := SealedSize
	if last {
		want = o.last + nacl.Overhead
	}
	if len(sealed) != want {
		return nil, wire.TruncatedFile
	}
	plaintext, err := nacl.Open(nil, sealed, nonce(&o.prefix, index, last), &o.key)
	if err == nil && index == o.hashed {
		o.hash.Write(sealed)
		o.hashed++
	}
	return plaintext, err
}

// Hash returns the SHA-512/256 of the ciphertext, to compare with the sealed
// message's. TruncatedFile until every chunk was opened, in order.
func (o *Opener) Hash() ([]byte, error) {
	if o.chunks == 0 || o.hashed != o.chunks {
		return nil, wire.TruncatedFile
	}
	return o.hash.Sum(nil), nil
}

// Wipe erases the key.
func (o *Opener) Wipe() { *o = Opener{} }
