package blob

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// FuzzDecodeMeta also puts the right checksum behind what it is given, so that
// the rules behind that are reached: what decodes has one form.
func FuzzDecodeMeta(f *testing.F) {
	for _, i := range []Info{
		{ID: ID{1}, Owner: []byte("owner"), By: []byte("by"), Size: 1, Created: 1},
		{ID: ID{2}, Owner: make([]byte, MaxKey), By: make([]byte, MaxKey), Group: make([]byte, MaxKey), Size: maxFile, Complete: true},
		{ID: ID{3}, Owner: make([]byte, MaxKey+1), By: []byte("by"), Size: 1},
		{ID: ID{4}, Owner: []byte("owner"), By: make([]byte, 2*MaxKey), Size: 1},
		{ID: ID{5}, Owner: []byte("owner"), By: []byte("by"), Group: make([]byte, MaxKey+1), Size: 1},
		{ID: ID{6}, By: []byte("by"), Size: 1},
		{ID: ID{7}, Owner: []byte("owner"), Size: 1},
	} {
		b := encodeMeta(i)
		f.Add(b)
		f.Add(b[:len(b)-sha256.Size])
		f.Add(append(bytes.Clone(b[:len(b)-sha256.Size]), 0))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		sum := sha256.Sum256(b)
		for _, b := range [][]byte{b, append(bytes.Clone(b), sum[:]...)} {
			i, err := decodeMeta(b)
			if err != nil {
				if !errors.Is(err, ErrDamaged) {
					t.Fatalf("error %v", err)
				}
				continue
			}
			if !bytes.Equal(encodeMeta(i), b) || i.Size == 0 || i.Size > maxFile {
				t.Fatalf("decodes to %+v", i)
			}
			if len(i.Owner) < 1 || len(i.Owner) > MaxKey || len(i.By) < 1 || len(i.By) > MaxKey || len(i.Group) > MaxKey {
				t.Fatalf("decodes to keys of %d, %d and %d bytes", len(i.Owner), len(i.By), len(i.Group))
			}
		}
	})
}

// FuzzOpenPart changes the file of a part: it gives the bytes that were stored,
// or says that it is damaged.
func FuzzOpenPart(f *testing.F) {
	id := ID{7}
	content := bytes.Repeat([]byte("0123456789abcdef"), blockSize/16+100)
	stored := bytes.Clone(content)
	var sums []byte
	for at := 0; at < len(content); at += blockSize {
		sum := sha256.Sum256(content[at:min(at+blockSize, len(content))])
		sums = append(sums, sum[:]...)
	}
	stored = append(append(stored, sums...), sealSums(id, 3, len(content), sums)...)
	f.Add(uint32(0), []byte{}, uint32(0), []byte{})
	f.Add(uint32(5), []byte{1}, uint32(0), []byte{})
	f.Add(uint32(len(content)+1), []byte{1}, uint32(0), []byte{})
	f.Add(uint32(0), []byte{}, uint32(1), []byte{})
	f.Add(uint32(0), []byte{}, uint32(0), []byte{0})
	path := filepath.Join(f.TempDir(), "part")
	f.Fuzz(func(t *testing.T, at uint32, with []byte, cut uint32, tail []byte) {
		b := bytes.Clone(stored)
		copy(b[int(at)%(len(b)+1):], with)
		b = append(b[:len(b)-int(cut)%(len(b)+1)], tail...)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := openPart(path, id, 3, len(content))
		if err == nil {
			err = errors.Join(p.check(), p.f.Close())
		}
		if whole := bytes.Equal(b, stored); whole != (err == nil) || !whole && !errors.Is(err, ErrDamaged) {
			t.Fatalf("whole: %v, error %v", whole, err)
		}
	})
}

func FuzzParsePartName(f *testing.F) {
	for _, name := range []string{"00000000", "00000001", "99999999", "100000000", "-0000001", "+0000001", "0", "put-1", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if n := parsePartName(name); n != -1 && partName(n) != name {
			t.Fatalf("%q is part %d", name, n)
		}
	})
}
