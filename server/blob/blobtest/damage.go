package blobtest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/sealwire/sealwire/server/blob"
)

const damages = 500

// spoil damages bytes in one way of several. It returns what is different, or
// nil to remove the file.
func spoil(r *rand.Rand, whole []byte) (how string, spoilt []byte) {
	b := bytes.Clone(whole)
	i := r.IntN(len(b))
	if r.IntN(4) == 0 { // the edges, where headers and checksums are
		i = []int{0, len(b) - 1, max(0, len(b)-r.IntN(1200)-1)}[r.IntN(3)]
	}
	switch r.IntN(7) {
	case 0:
		b[i] ^= 1 << r.IntN(8)
		return "flipped a bit", b
	case 1:
		clear(b[i:min(len(b), i+1+r.IntN(5000))])
		return "zeroed a range", b
	case 2:
		clear(b)
		return "zeroed all", b
	case 3:
		return "cut", b[:i]
	case 4:
		return "grown", append(b, make([]byte, 1+r.IntN(5000))...)
	case 5:
		copy(b[i:], random(r.Uint64(), 512))
		return "overwritten", b
	}
	return "removed", nil
}

// damageIsFound damages one file at a time. Whatever is read then is the truth
// or ErrDamaged, and all other blobs are whole.
func damageIsFound(t *testing.T, h Harness) {
	if h.Files == nil {
		t.Skip("the driver's files can't be damaged")
	}
	s, place := start(t, h, blob.Limits{})
	contents := map[blob.ID][]byte{}
	for n, size := range []int{1, 300, 40_000, 100_000, blob.PartSize + 10_000} {
		c := random(uint64(n), size)
		contents[upload(t, s, "conversation", c)] = c
	}
	files := h.Files(t, place)
	r := rand.New(rand.NewPCG(3, 4))
	hit := 0
	for round := range damages {
		path := files[r.IntN(len(files))]
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		how, spoilt := spoil(r, whole)
		if round%7 == 3 {
			how = "swapped for another file"
			if spoilt, err = os.ReadFile(files[r.IntN(len(files))]); err != nil {
				t.Fatal(err)
			}
		}
		restart := round%2 == 0
		if restart {
			closed(t, s)
		}
		if spoilt == nil {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, spoilt, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if restart {
			if s, err = h.Open(place, blob.Limits{}); err != nil {
				t.Fatalf("%s %s: the whole store is lost: %v", how, path, err)
			}
		}
		damaged := 0
		for id, want := range contents {
			err := compare(s, id, want)
			if errors.Is(err, blob.ErrDamaged) {
				damaged++
			} else if err != nil {
				t.Fatalf("%s %s: %v, want ErrDamaged", how, path, err)
			}
		}
		if restart && damaged != 1 && !bytes.Equal(spoilt, whole) {
			t.Fatalf("%s %s: %d blobs are damaged, want 1", how, path, damaged)
		}
		hit += damaged
		if restart {
			closed(t, s)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if restart {
			if s, err = h.Open(place, blob.Limits{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d of %d damages were met by a reader", hit, damages)
	defer s.Close()

	// What can't be read can still be removed.
	for _, path := range files {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	s = reopen(t, h, place, blob.Limits{})
	for id := range contents {
		err := compare(s, id, nil)
		wantError(t, "read", err, blob.ErrDamaged)
		wantError(t, "delete", s.Delete(ctx, id), nil)
		break
	}
	wantError(t, "erase", s.EraseOwner(ctx, []byte("conversation")), nil)
	if files := h.Files(t, place); len(files) != 0 {
		t.Errorf("files remain: %v", files)
	}
}
