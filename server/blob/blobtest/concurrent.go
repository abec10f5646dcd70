package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sealwire/sealwire/server/blob"
)

// together runs do n times at once and returns when all have returned.
func together(n int, do func(i int)) {
	var all sync.WaitGroup
	gun := make(chan struct{})
	for i := range n {
		all.Go(func() { <-gun; do(i) })
	}
	close(gun)
	all.Wait()
}

func manyUploads(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{})
	together(5, func(n int) {
		content := random(uint64(n), blob.PartSize+n)
		id, err := s.Create(ctx, blob.CreateRequest{Owner: fmt.Append(nil, n%3), By: fmt.Append(nil, n), Size: uint64(len(content))})
		if err != nil {
			t.Error(err)
			return
		}
		together(2*parts(content), func(i int) { // each part twice at once
			if err := s.Put(ctx, id, i/2, bytes.NewReader(part(content, i/2))); err != nil {
				t.Errorf("put: %v", err)
			}
		})
		together(3, func(int) {
			if err := s.Complete(ctx, id); err != nil {
				t.Errorf("complete: %v", err)
			}
			if got, err := read(s, id); err != nil || !bytes.Equal(got, content) {
				t.Errorf("read %d bytes, %v; want %d", len(got), err, len(content))
			}
		})
	})
}

func oneWinner(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{})
	for round := range 5 {
		id := create(t, s, fmt.Sprint(round), "ana", 100_000)
		var won atomic.Int64
		won.Store(-1)
		together(8, func(i int) {
			switch err := s.Put(ctx, id, 0, bytes.NewReader(random(uint64(i), 100_000))); {
			case err == nil:
				if !won.CompareAndSwap(-1, int64(i)) {
					t.Errorf("round %d: %d and %d were both stored", round, won.Load(), i)
				}
			case !errors.Is(err, blob.ErrConflict):
				t.Error(err)
			}
		})
		wantError(t, "complete", s.Complete(ctx, id), nil)
		if won.Load() < 0 {
			t.Fatalf("round %d: none was stored", round)
		}
		wantContent(t, s, id, random(uint64(won.Load()), 100_000))
	}
}

// hook is a body that calls do before it gives the byte at a place.
type hook struct {
	io.Reader
	left int
	do   func()
}

func (b *hook) Read(p []byte) (int, error) {
	if b.left == 0 && b.do != nil {
		b.do()
		b.do = nil
	}
	if b.do != nil && len(p) > b.left {
		p = p[:b.left]
	}
	n, err := b.Reader.Read(p)
	b.left -= n
	return n, err
}

func cancelledCallChangesNothing(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{MaxUnfinished: 1})
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err := s.Create(cancelled, blob.CreateRequest{Owner: []byte("a"), By: []byte("ana"), Size: 1})
	wantError(t, "create", err, context.Canceled)
	content := random(1, blob.PartSize)
	id := create(t, s, "a", "ana", len(content))
	wantError(t, "put", s.Put(cancelled, id, 0, bytes.NewReader(content)), context.Canceled)
	for _, at := range []int{0, 1, 100_000, len(content)} {
		onTheWay, cancel := context.WithCancel(ctx)
		body := &hook{bytes.NewReader(content), at, cancel}
		wantError(t, fmt.Sprint("put, cancelled at ", at), s.Put(onTheWay, id, 0, body), context.Canceled)
		wantMissing(t, s, id, 0)
	}
	put(t, s, id, content, 0)
	wantError(t, "complete", s.Complete(cancelled, id), context.Canceled)
	wantError(t, "delete", s.Delete(cancelled, id), context.Canceled)
	wantError(t, "erase", s.EraseOwner(cancelled, []byte("a")), context.Canceled)
	_, err = s.Collect(cancelled, 1<<40)
	wantError(t, "collect", err, context.Canceled)
	_, err = s.Info(cancelled, id)
	wantError(t, "info", err, context.Canceled)
	wantError(t, "complete", s.Complete(ctx, id), nil)
	_, _, err = s.Open(cancelled, id)
	wantError(t, "open", err, context.Canceled)
	wantContent(t, s, id, content)
}

func closeUnderLoad(t *testing.T, h Harness) {
	s, place := start(t, h, blob.Limits{})
	content := random(1, blob.PartSize)
	done := upload(t, s, "done", content)
	f, _, err := s.Open(ctx, done)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	halfway := create(t, s, "halfway", "ana", len(content))
	late := errors.New("nothing")
	type ack struct {
		id   blob.ID
		part int
	}
	var mu sync.Mutex
	acked := map[ack]bool{}
	var count atomic.Int32
	loaded := make(chan struct{})
	big := random(2, 6*blob.PartSize)
	together(5, func(i int) {
		switch i {
		case 0:
			<-loaded
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		case 1: // a body that goes on only when the store is closed
			late = s.Put(ctx, halfway, 0, &hook{bytes.NewReader(content), 50_000, func() {
				<-loaded
				for err := error(nil); !errors.Is(err, blob.ErrClosed); _, err = s.Info(ctx, halfway) {
				}
			}})
		default:
			for n := 0; ; n++ {
				id, err := s.Create(ctx, blob.CreateRequest{Owner: fmt.Append(nil, i), By: fmt.Append(nil, i, n), Size: uint64(len(big))})
				for p := 0; err == nil && p < parts(big); p++ {
					if err = s.Put(ctx, id, p, bytes.NewReader(part(big, p))); err == nil {
						mu.Lock()
						acked[ack{id, p}] = true
						mu.Unlock()
						if count.Add(1) == 12 {
							close(loaded)
						}
					}
				}
				if errors.Is(err, blob.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	wantError(t, "put over the close", late, blob.ErrClosed)
	_, err = f.Read(make([]byte, 1))
	wantError(t, "file after close", err, blob.ErrClosed)
	_, err = s.Create(ctx, blob.CreateRequest{Owner: []byte("a"), By: []byte("ana"), Size: 1})
	wantError(t, "create after close", err, blob.ErrClosed)
	wantError(t, "erase after close", s.EraseOwner(ctx, []byte("done")), blob.ErrClosed)
	_, err = s.Collect(ctx, 1<<40)
	wantError(t, "collect after close", err, blob.ErrClosed)

	s = reopen(t, h, place, blob.Limits{})
	wantContent(t, s, done, content)
	wantMissing(t, s, halfway, 0)
	for a := range acked {
		missing, err := s.Parts(ctx, a.id)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range missing {
			if acked[ack{a.id, p}] {
				t.Fatalf("acked part %d of %x is missing", p, a.id)
			}
		}
	}
}
