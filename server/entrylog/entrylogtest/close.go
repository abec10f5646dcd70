package entrylogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
)

func cancelledCallChangesNothing(t *testing.T, h Harness) {
	l, _ := start(t, h)
	w := &writer{l: l, key: key(1, 1)}
	w.commit(t, "genesis")
	put(t, l, ana, "a", "value", false, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := w.request([]byte("message"), false)
	_, _, err := l.Append(ctx, r)
	wantError(t, "append", err, context.Canceled)
	_, err = l.Read(ctx, w.key, 0, 1, 1)
	wantError(t, "read", err, context.Canceled)
	_, err = l.Take(ctx, "package", ana, 0)
	wantError(t, "take", err, context.Canceled)
	wantError(t, "erase", l.Erase(ctx, w.key), context.Canceled)
	if got := w.append(t, r); got != 2 {
		t.Errorf("got sequence %d, want 2", got)
	}
	wantTake(t, l, ana, 0, "value")

	// Cancelled on the way the outcome is unknown, and the same bytes settle it.
	for i := range 40 {
		ctx, cancel := context.WithCancel(context.Background())
		r := w.request(fmt.Appendf(nil, "message %d", i), false)
		together(2, func(n int) {
			if n == 0 {
				cancel()
			} else if _, _, err := l.Append(ctx, r); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		if got, _, err := l.Append(context.Background(), r); err != nil || got != uint64(i)+3 {
			t.Fatalf("got sequence %d, %v; want %d", got, err, i+3)
		}
	}
	if n := len(all(t, l, w.key)); n != 42 {
		t.Errorf("got %d entries, want 42", n)
	}
}

func closeUnderLoad(t *testing.T, h Harness) {
	for round := range 3 {
		place := h.Place(t)
		l, err := h.Open(place)
		if err != nil {
			t.Fatal(err)
		}
		w := &writer{l: l, key: key(1, 1)}
		w.commit(t, "genesis")
		var mu sync.Mutex
		acked := map[string]uint64{}
		loaded := make(chan struct{})
		var once sync.Once
		together(17, func(i int) {
			if i == 0 {
				<-loaded
				if err := l.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
				return
			}
			for n := 0; ; n++ {
				body := fmt.Sprintf("%d/%d", i, n)
				sequence, _, err := l.Append(context.Background(), w.request([]byte(body), false))
				if errors.Is(err, entrylog.ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				if _, err := l.Read(context.Background(), w.key, sequence-1, 1, 1); err != nil && !errors.Is(err, entrylog.ErrClosed) {
					t.Errorf("read: %v", err)
				}
				mu.Lock()
				acked[body] = sequence
				full := len(acked) >= 50*(round+1)
				mu.Unlock()
				if full {
					once.Do(func() { close(loaded) })
				}
			}
		})
		entries := all(t, reopen(t, h, place), w.key)
		if len(entries) != len(acked)+1 {
			t.Errorf("%d entries are stored, %d were acked", len(entries)-1, len(acked))
		}
		for body, sequence := range acked {
			if sequence > uint64(len(entries)) || string(entries[sequence-1].Bytes) != body {
				t.Fatalf("acked %s at %d is not there", body, sequence)
			}
		}
	}
}
