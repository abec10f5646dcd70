package stream

import (
	"bytes"
	"crypto/sha512"
	"math/rand/v2"
	"testing"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// sealAll seals a whole plaintext and returns its chunks and secret.
func sealAll(t testing.TB, plaintext []byte) (chunks [][]byte, secret []byte) {
	t.Helper()
	s := NewSealer()
	for rest := plaintext; ; {
		n := min(len(rest), ChunkSize)
		last := n == len(rest)
		chunk, err := s.Chunk(rest[:n], last)
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, chunk)
		if rest = rest[n:]; last {
			break
		}
	}
	out, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512_256(bytes.Join(chunks, nil))
	if !bytes.Equal(out[KeySize+PrefixSize:], sum[:]) {
		t.Fatal("the hash is not that of the ciphertext")
	}
	return chunks, out[:KeySize+PrefixSize]
}

func random(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

var sizes = []int{0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 2*ChunkSize - 1, 2 * ChunkSize, 2*ChunkSize + 1, 5 * ChunkSize}

func TestC06_RoundTripAtChunkEdges(t *testing.T) {
	for _, size := range sizes {
		plaintext := random(size)
		chunks, secret := sealAll(t, plaintext)
		o, err := NewOpener(secret, uint64(size))
		if err != nil {
			t.Fatal(err)
		}
		if o.Chunks() != uint64(len(chunks)) {
			t.Fatalf("%d bytes: %d chunks, want %d", size, o.Chunks(), len(chunks))
		}
		// Chunks open independently, so in any order.
		got := make([][]byte, len(chunks))
		for _, i := range rand.Perm(len(chunks)) {
			if got[i], err = o.Chunk(uint64(i), chunks[i]); err != nil {
				t.Fatalf("%d bytes, chunk %d: %v", size, i, err)
			}
		}
		if !bytes.Equal(bytes.Join(got, nil), plaintext) {
			t.Fatalf("%d bytes came back different", size)
		}
		o, _ = NewOpener(secret, uint64(size))
		for i, chunk := range chunks {
			if _, err := o.Hash(); err != wire.TruncatedFile {
				t.Fatalf("a hash of %d of %d chunks: %v", i, len(chunks), err)
			}
			if _, err := o.Chunk(uint64(i), chunk); err != nil {
				t.Fatal(err)
			}
		}
		want := sha512.Sum512_256(bytes.Join(chunks, nil))
		if hash, err := o.Hash(); err != nil || !bytes.Equal(hash, want[:]) {
			t.Fatalf("%d bytes: hash %x, %v; want %x", size, hash, err, want)
		}
	}
}

func TestC06_ChunksStayInTheirPlace(t *testing.T) {
	size := 3*ChunkSize + 100
	chunks, secret := sealAll(t, random(size))
	other, _ := sealAll(t, random(size))
	refuse := func(name string, size int, index uint64, chunk []byte, want wire.Code) {
		t.Helper()
		o, err := NewOpener(secret, uint64(size))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := o.Chunk(index, chunk); err != want || plain != nil {
			t.Errorf("%s: %d bytes, %v; want %v", name, len(plain), err, want)
		}
	}
	refuse("swapped", size, 0, chunks[1], wire.OpenFailed)
	refuse("duplicated", size, 2, chunks[1], wire.OpenFailed)
	refuse("of another file", size, 1, other[1], wire.OpenFailed)
	refuse("the last in the middle", size, 1, chunks[3], wire.TruncatedFile)
	refuse("the middle as last", size, 3, chunks[1], wire.TruncatedFile)
	refuse("cut at a chunk edge", 3*ChunkSize, 2, chunks[2], wire.OpenFailed) // not sealed as last
	refuse("beyond the end", size, 4, chunks[3], wire.BadArgument)
	refuse("a huge index", size, 1<<63, chunks[3], wire.BadArgument)
	refuse("nothing", size, 0, nil, wire.TruncatedFile)
	for _, cut := range []int{1, nacl.Overhead, len(chunks[0]) - 1} {
		refuse("truncated", size, 0, chunks[0][:cut], wire.TruncatedFile)
	}
	refuse("extended", size, 0, append(bytes.Clone(chunks[0]), 0), wire.TruncatedFile)
	full, secretFull := sealAll(t, random(2*ChunkSize))
	o, _ := NewOpener(secretFull, 2*ChunkSize+10)
	if _, err := o.Chunk(1, full[1]); err != wire.OpenFailed {
		t.Errorf("a last chunk claimed as a middle one: %v, want open failed", err)
	}
}

func TestC06_EveryFlippedBitRefuses(t *testing.T) {
	chunks, secret := sealAll(t, random(100))
	o, _ := NewOpener(secret, 100)
	for bit := range len(chunks[0]) * 8 {
		bad := bytes.Clone(chunks[0])
		bad[bit/8] ^= 1 << (bit % 8)
		if plain, err := o.Chunk(0, bad); err != wire.OpenFailed || plain != nil {
			t.Fatalf("bit %d: %v, want open failed", bit, err)
		}
	}
	for bit := range len(secret) * 8 {
		bad := bytes.Clone(secret)
		bad[bit/8] ^= 1 << (bit % 8)
		o, _ := NewOpener(bad, 100)
		if _, err := o.Chunk(0, chunks[0]); err != wire.OpenFailed {
			t.Fatalf("secret bit %d: %v, want open failed", bit, err)
		}
	}
}

func TestSealerRefusesWhatWouldBreakTheStream(t *testing.T) {
	full := make([]byte, ChunkSize)
	cases := map[string]func(*Sealer) error{
		"short chunk in the middle": func(s *Sealer) error { _, err := s.Chunk(full[1:], false); return err },
		"too long":                  func(s *Sealer) error { _, err := s.Chunk(append(full, 0), true); return err },
		"empty last after others": func(s *Sealer) error {
			if _, err := s.Chunk(full, false); err != nil {
				t.Fatal(err)
			}
			_, err := s.Chunk(nil, true)
			return err
		},
		"after the last": func(s *Sealer) error {
			if _, err := s.Chunk(full, true); err != nil {
				t.Fatal(err)
			}
			_, err := s.Chunk(full, true)
			return err
		},
		"finish before the last": func(s *Sealer) error { _, err := s.Finish(); return err },
		"after wiping":           func(s *Sealer) error { s.Wipe(); _, err := s.Chunk(full, true); return err },
	}
	for name, f := range cases {
		if err := f(NewSealer()); err != wire.BadArgument {
			t.Errorf("%s: %v, want bad argument", name, err)
		}
	}
	if _, err := NewOpener(make([]byte, 47), 1); err != wire.BadArgument {
		t.Errorf("short secret: %v", err)
	}
	if _, err := NewOpener(make([]byte, 48), 1<<53+1); err != wire.BadArgument {
		t.Errorf("a size beyond 2^53: %v", err)
	}
}

func TestNoncesNeverRepeatWithinAFile(t *testing.T) {
	prefix := [PrefixSize]byte{9}
	seen := map[[nacl.NonceSize]byte]bool{}
	for _, index := range []uint64{0, 1, 255, 256, 1 << 32, 1<<56 - 1} {
		for _, last := range []bool{false, true} {
			n := *nonce(&prefix, index, last)
			if seen[n] {
				t.Fatalf("the nonce of chunk %d, last %v, occurs twice", index, last)
			}
			seen[n] = true
		}
	}
}

func FuzzOpen(f *testing.F) {
	chunks, secret := sealAll(f, random(300))
	f.Add(secret, uint64(300), uint64(0), chunks[0])
	f.Add(secret, uint64(0), uint64(0), chunks[0][:16])
	f.Fuzz(func(t *testing.T, secret []byte, size, index uint64, chunk []byte) {
		o, err := NewOpener(secret, size)
		if err != nil {
			return
		}
		if plain, err := o.Chunk(index, chunk); err == nil && len(plain)+nacl.Overhead != len(chunk) {
			t.Fatalf("%d bytes from a chunk of %d", len(plain), len(chunk))
		}
	})
}

func BenchmarkSeal64KiB(b *testing.B) {
	s := NewSealer()
	chunk := make([]byte, ChunkSize)
	b.SetBytes(ChunkSize)
	for b.Loop() {
		if _, err := s.Chunk(chunk, false); err != nil {
			b.Fatal(err)
		}
	}
}
