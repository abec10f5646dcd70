package blobtest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sealwire/sealwire/server/blob"
)

func bytesComeBack(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{})
	ids, contents := []blob.ID{}, [][]byte{}
	for n, size := range []int{1, 256, 32 << 10, 32<<10 + 1, blob.PartSize - 1, blob.PartSize, blob.PartSize + 1, 3*blob.PartSize + 77_777} {
		content := random(uint64(n), size)
		id := create(t, s, "conversation", "ana", size)
		for _, i := range rand.Perm(parts(content)) {
			if err := s.Put(ctx, id, i, iotest.HalfReader(bytes.NewReader(part(content, i)))); err != nil {
				t.Fatalf("%d bytes: put %d: %v", size, i, err)
			}
		}
		wantError(t, "complete", s.Complete(ctx, id), nil)
		wantContent(t, s, id, content)
		ids, contents = append(ids, id), append(contents, content)
	}
	closed(t, s)
	s = reopen(t, h, place, blob.Limits{})
	for n, id := range ids {
		wantContent(t, s, id, contents[n])
		i, err := s.Info(ctx, id)
		if err != nil || i.ID != id || string(i.Owner) != "conversation" || string(i.By) != "ana" || i.Size != uint64(len(contents[n])) || !i.Complete {
			t.Errorf("info %+v, %v", i, err)
		}
		if age := time.Since(time.UnixMilli(i.Created)); age < 0 || age > time.Hour {
			t.Errorf("created %v ago", age)
		}
	}
}

func createRefusesBadRequests(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{MaxFile: 1000})
	for name, c := range map[string]struct {
		owner, by int
		size      uint64
		want      error
	}{
		"no owner":       {0, 1, 1, blob.ErrBadRequest},
		"long owner":     {blob.MaxKey + 1, 1, 1, blob.ErrBadRequest},
		"no member":      {1, 0, 1, blob.ErrBadRequest},
		"long member":    {1, blob.MaxKey + 1, 1, blob.ErrBadRequest},
		"empty":          {1, 1, 0, blob.ErrBadRequest},
		"too large":      {1, 1, 1001, blob.ErrTooLarge},
		"far too large":  {1, 1, 1<<64 - 1, blob.ErrTooLarge},
		"longest of all": {blob.MaxKey, blob.MaxKey, 1000, nil},
	} {
		_, err := s.Create(ctx, blob.CreateRequest{Owner: make([]byte, c.owner), By: make([]byte, c.by), Size: c.size})
		wantError(t, name, err, c.want)
	}
	wantError(t, "erase nobody", s.EraseOwner(ctx, nil), blob.ErrBadRequest)
}

func idsAreUnlike(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{MaxUnfinished: 100})
	seen := map[[4]byte]bool{}
	for range 50 {
		id := create(t, s, "conversation", "ana", 1)
		for i := 0; i < len(id); i += 4 { // a counter or a clock would repeat some
			word := [4]byte(id[i:])
			if seen[word] {
				t.Fatalf("%x of %x was seen before", word, id)
			}
			seen[word] = true
		}
	}
}

func putRefusesWrongLengths(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{})
	content := random(1, blob.PartSize+100)
	id := create(t, s, "conversation", "ana", len(content))
	for name, c := range map[string]struct{ part, length int }{
		"negative part":    {-1, 100},
		"part behind last": {2, 100},
		"far part":         {1 << 31, 100},
		"short first":      {0, blob.PartSize - 1},
		"long first":       {0, blob.PartSize + 1},
		"empty first":      {0, 0},
		"short last":       {1, 99},
		"long last":        {1, 101},
		"whole last":       {1, blob.PartSize},
	} {
		err := s.Put(ctx, id, c.part, bytes.NewReader(random(2, c.length)))
		wantError(t, name, err, blob.ErrBadRequest)
	}
	wantMissing(t, s, id, 0, 1)
	put(t, s, id, content, 0)
	put(t, s, id, content, 1)
	wantError(t, "complete", s.Complete(ctx, id), nil)
	wantContent(t, s, id, content)
}

func brokenBodyLeavesNothing(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{})
	content := random(1, blob.PartSize)
	id := create(t, s, "conversation", "ana", len(content))
	cut := errors.New("connection lost")
	count := func() int {
		if h.Files == nil {
			return 0
		}
		return len(h.Files(t, place))
	}
	before := count()
	for _, at := range []int{0, 1, 40_000, blob.PartSize - 1, blob.PartSize} {
		body := io.MultiReader(bytes.NewReader(content[:at]), iotest.ErrReader(cut))
		wantError(t, "put", s.Put(ctx, id, 0, body), cut)
		wantMissing(t, s, id, 0)
		if n := count(); n != before {
			t.Fatalf("cut at %d: %d files, want %d", at, n, before)
		}
	}
	put(t, s, id, content, 0)
	wantMissing(t, s, id)
}

func repeatedPart(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{})
	content := random(1, blob.PartSize+50_000)
	other := bytes.Clone(content)
	other[len(other)-1] ^= 1
	id := create(t, s, "conversation", "ana", len(content))
	put(t, s, id, content, 1)
	check := func(when string) {
		t.Helper()
		put(t, s, id, content, 1)
		err := s.Put(ctx, id, 1, bytes.NewReader(part(other, 1)))
		wantError(t, when, err, blob.ErrConflict)
	}
	check("unfinished")
	closed(t, s)
	s = reopen(t, h, place, blob.Limits{})
	check("after restart")
	put(t, s, id, content, 0)
	wantError(t, "complete", s.Complete(ctx, id), nil)
	check("complete")
	closed(t, s)
	s = reopen(t, h, place, blob.Limits{})
	check("complete, after restart")
	wantContent(t, s, id, content)
}

func partsNamesTheMissing(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{})
	content := random(1, 4*blob.PartSize+1)
	id := create(t, s, "conversation", "ana", len(content))
	wantMissing(t, s, id, 0, 1, 2, 3, 4)
	put(t, s, id, content, 3)
	put(t, s, id, content, 0)
	wantMissing(t, s, id, 1, 2, 4)
	closed(t, s)
	s = reopen(t, h, place, blob.Limits{})
	wantMissing(t, s, id, 1, 2, 4)
	for _, i := range []int{1, 2, 4} {
		put(t, s, id, content, i)
	}
	wantMissing(t, s, id)
	wantError(t, "complete", s.Complete(ctx, id), nil)
	wantMissing(t, s, id)
	wantContent(t, s, id, content)
}

func completeNeedsEveryPart(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{})
	content := random(1, blob.PartSize+1)
	id := create(t, s, "conversation", "ana", len(content))
	for i := range 2 {
		wantError(t, "complete", s.Complete(ctx, id), blob.ErrIncomplete)
		_, _, err := s.Open(ctx, id)
		wantError(t, "open", err, blob.ErrIncomplete)
		put(t, s, id, content, i)
	}
	_, _, err := s.Open(ctx, id)
	wantError(t, "open with all parts", err, blob.ErrIncomplete)
	for range 2 {
		wantError(t, "complete", s.Complete(ctx, id), nil)
		wantContent(t, s, id, content)
	}
	closed(t, s)
	s = reopen(t, h, place, blob.Limits{})
	wantError(t, "complete after restart", s.Complete(ctx, id), nil)
	wantContent(t, s, id, content)
}

func unknownIsNotFound(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{})
	gone := upload(t, s, "conversation", random(1, 1000))
	wantError(t, "delete", s.Delete(ctx, gone), nil)
	for _, id := range []blob.ID{{}, {1}, gone} {
		wantNotFound(t, s, id)
	}
}

func wantNotFound(t *testing.T, s blob.Store, id blob.ID) {
	t.Helper()
	_, err := s.Info(ctx, id)
	wantError(t, "info", err, blob.ErrNotFound)
	_, err = s.Parts(ctx, id)
	wantError(t, "parts", err, blob.ErrNotFound)
	_, _, err = s.Open(ctx, id)
	wantError(t, "open", err, blob.ErrNotFound)
	wantError(t, "put", s.Put(ctx, id, 0, bytes.NewReader(random(1, 1000))), blob.ErrNotFound)
	wantError(t, "complete", s.Complete(ctx, id), blob.ErrNotFound)
	wantError(t, "delete", s.Delete(ctx, id), blob.ErrNotFound)
}
