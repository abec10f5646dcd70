package blobtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/blob"
)

func collectRemovesOldUnfinished(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{})
	content := random(1, 2*blob.PartSize)
	half := create(t, s, "a", "ana", len(content))
	put(t, s, half, content, 0)
	all := create(t, s, "a", "ana", len(content))
	put(t, s, all, content, 0)
	put(t, s, all, content, 1)
	whole := upload(t, s, "a", content)
	empty := create(t, s, "b", "ana", 1)
	now := uint64(time.Now().Unix())
	const middle = (blob.EmptySeconds + blob.UnfinishedSeconds) / 2
	for _, c := range []struct {
		now  uint64
		want int
	}{{0, 0}, {now, 0}, {now + blob.EmptySeconds - 60, 0}, {now + blob.EmptySeconds + 60, 1},
		{now + middle - 60, 0}, {now + middle + 60, 1}, // the half
		{now + blob.UnfinishedSeconds - 60, 0}, {now + blob.UnfinishedSeconds + 60, 1}, {now + 100*blob.UnfinishedSeconds, 0}} {
		if n, err := s.Collect(ctx, c.now); n != c.want || err != nil {
			t.Fatalf("collect at now%+d: %d, %v; want %d", int64(c.now-now), n, err, c.want)
		}
		if c.now < now+middle {
			wantMissing(t, s, half, 1)
		}
		if c.now < now+blob.UnfinishedSeconds {
			wantMissing(t, s, all)
		}
	}
	for range 2 {
		_, err := s.Info(ctx, half)
		wantError(t, "half", err, blob.ErrNotFound)
		_, err = s.Info(ctx, empty)
		wantError(t, "empty", err, blob.ErrNotFound)
		_, err = s.Info(ctx, all)
		wantError(t, "all", err, blob.ErrNotFound)
		wantContent(t, s, whole, content)
		closed(t, s)
		s = reopen(t, h, place, blob.Limits{})
	}
}

// at returns those of the contents of which a piece is in the files.
func at(t *testing.T, h Harness, place string, contents map[string][]byte) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, path := range h.Files(t, place) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range contents {
			for p := range parts(c) { // of each part the first, middle and last bytes
				b := part(c, p)
				for _, i := range []int{0, len(b) / 2, len(b) - 24} {
					if bytes.Contains(raw, b[i:i+24]) {
						found[name] = true
					}
				}
			}
		}
	}
	return found
}

func erasedIsNowhere(t *testing.T, h Harness) {
	if h.Files == nil {
		t.Skip("the driver's files can't be searched")
	}
	s, place := start(t, h, blob.Limits{})
	contents, ids := map[string][]byte{}, map[string]blob.ID{}
	for i, name := range []string{"deleted", "deleted half", "erased 1", "erased 2", "erased half", "stays", "stays half"} {
		owner := name[:5]
		contents[name] = random(uint64(i), blob.PartSize+100_000)
		if name == "deleted half" || name == "erased half" || name == "stays half" {
			contents[name] = contents[name][:blob.PartSize]
			ids[name] = create(t, s, owner, "ana", 2*blob.PartSize)
			put(t, s, ids[name], contents[name], 0)
		} else {
			ids[name] = upload(t, s, owner, contents[name])
		}
	}
	if found := at(t, h, place, contents); len(found) != len(contents) {
		t.Fatalf("found %v before any erasure: the search is blind", found)
	}
	wantError(t, "delete", s.Delete(ctx, ids["deleted"]), nil)
	wantError(t, "delete", s.Delete(ctx, ids["deleted half"]), nil)
	for range 2 { // again is no error
		wantError(t, "erase", s.EraseOwner(ctx, []byte("erase")), nil)
	}
	wantError(t, "erase the unknown", s.EraseOwner(ctx, []byte("nobody")), nil)
	check := func() {
		t.Helper()
		if found := at(t, h, place, contents); len(found) != 2 || !found["stays"] || !found["stays half"] {
			t.Errorf("found %v", found)
		}
		for name, id := range ids {
			if name[:5] != "stays" {
				wantNotFound(t, s, id)
			}
		}
		wantContent(t, s, ids["stays"], contents["stays"])
		wantMissing(t, s, ids["stays half"], 1)
	}
	check()
	closed(t, s)
	s = reopen(t, h, place, blob.Limits{})
	check()
	// The owner may have blobs again.
	wantContent(t, s, upload(t, s, "erase", contents["erased 1"]), contents["erased 1"])
	for _, owner := range []string{"erase", "stays"} {
		wantError(t, "erase", s.EraseOwner(ctx, []byte(owner)), nil)
	}
	if files := h.Files(t, place); len(files) != 0 {
		t.Errorf("files remain: %v", files)
	}
}

// eraseUnderLoad erases at each point of an upload and of a read. Nothing of
// either may be found afterwards, or be left open with its bytes.
func eraseUnderLoad(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{MaxUnfinished: 1000})
	content := random(1, blob.PartSize)
	for n, erase := range []func(blob.ID) error{
		func(blob.ID) error { return s.EraseOwner(ctx, []byte("a")) },
		func(id blob.ID) error { return s.Delete(ctx, id) },
	} {
		for _, when := range []int{0, 100_000, len(content)} {
			id := create(t, s, "a", "ana", len(content))
			body := &hook{bytes.NewReader(content), when, func() {
				if err := erase(id); err != nil {
					t.Error(err)
				}
			}}
			wantError(t, fmt.Sprintf("put, erased (%d) at %d", n, when), s.Put(ctx, id, 0, body), blob.ErrNotFound)

			id = upload(t, s, "a", content)
			f, _, err := s.Open(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, f, int64(when)); err != nil {
				t.Fatal(err)
			}
			wantError(t, "erase", erase(id), nil)
			_, err = io.ReadAll(f)
			wantError(t, fmt.Sprintf("read, erased (%d) at %d", n, when), err, blob.ErrNotFound)
			wantError(t, "close", f.Close(), nil)
		}
	}
	var erased atomic.Bool
	together(5, func(i int) {
		if i == 0 {
			for range 8 {
				if err := s.EraseOwner(ctx, []byte("a")); err != nil {
					t.Error(err)
				}
			}
			erased.Store(true)
			return
		}
		for !erased.Load() {
			id, err := s.Create(ctx, blob.CreateRequest{Owner: []byte("a"), By: fmt.Append(nil, i), Size: 40_000})
			if err == nil {
				err = s.Put(ctx, id, 0, bytes.NewReader(content[:40_000]))
			}
			if err == nil {
				err = s.Complete(ctx, id)
			}
			if err == nil {
				var got []byte
				if got, err = read(s, id); err == nil && !bytes.Equal(got, content[:40_000]) {
					t.Error("read other bytes than were put")
				}
			}
			if err != nil && !errors.Is(err, blob.ErrNotFound) {
				t.Error(err)
				return
			}
		}
	})
	wantError(t, "erase", s.EraseOwner(ctx, []byte("a")), nil)
	if h.Files != nil && len(h.Files(t, place)) != 0 {
		t.Errorf("files remain: %v", h.Files(t, place))
	}
}
