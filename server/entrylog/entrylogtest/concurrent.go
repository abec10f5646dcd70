package entrylogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
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

func manyAppenders(t *testing.T, h Harness) {
	const appenders, each = 32, 40
	l, _ := start(t, h)
	shared := &writer{l: l, key: key(1, 0)}
	shared.commit(t, "genesis")
	acked := make([][]uint64, appenders)
	together(appenders, func(i int) {
		own := &writer{l: l, key: key(1, i+1)}
		if _, _, err := l.Append(context.Background(), own.request([]byte("genesis"), true)); err != nil {
			t.Error(err)
			return
		}
		for n := range each {
			sequence, dup, err := l.Append(context.Background(), shared.request(fmt.Appendf(nil, "%d/%d", i, n), false))
			if dup || err != nil {
				t.Errorf("append %d/%d: dup %v, error %v", i, n, dup, err)
				return
			}
			acked[i] = append(acked[i], sequence)
		}
	})
	if t.Failed() {
		return
	}
	entries := all(t, l, shared.key)
	if len(entries) != 1+appenders*each {
		t.Fatalf("got %d entries, want %d", len(entries), 1+appenders*each)
	}
	for i, sequences := range acked {
		for n, s := range sequences {
			if want := fmt.Sprintf("%d/%d", i, n); string(entries[s-1].Bytes) != want {
				t.Fatalf("sequence %d holds %q, want %q", s, entries[s-1].Bytes, want)
			}
			if n > 0 && s <= sequences[n-1] {
				t.Fatalf("appender %d: sequence %d after %d", i, s, sequences[n-1])
			}
		}
	}
}

func manyRepeats(t *testing.T, h Harness) {
	l, _ := start(t, h)
	w := &writer{l: l, key: key(1, 1)}
	w.commit(t, "genesis")
	for round := range 20 {
		r := w.request(fmt.Appendf(nil, "message %d", round), false)
		var mu sync.Mutex
		first := 0
		together(16, func(int) {
			sequence, dup, err := l.Append(context.Background(), r)
			mu.Lock()
			defer mu.Unlock()
			if !dup {
				first++
			}
			if err != nil || sequence != uint64(round)+2 {
				t.Errorf("round %d: sequence %d, error %v", round, sequence, err)
			}
		})
		if first != 1 {
			t.Fatalf("round %d: %d of the same entry were stored", round, first)
		}
	}
}

func manyCommits(t *testing.T, h Harness) {
	l, _ := start(t, h)
	w := &writer{l: l, key: key(1, 1)}
	for round := range 30 { // round 0: the genesis
		var mu sync.Mutex
		var won []entrylog.AppendRequest
		together(12, func(i int) {
			r := w.request(fmt.Appendf(nil, "commit %d by %d", round, i), true)
			r.Members = [][]byte{fmt.Appendf(nil, "member %d", i)}
			sequence, _, err := l.Append(context.Background(), r)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, r)
				if sequence != uint64(round)+1 {
					t.Errorf("round %d: sequence %d", round, sequence)
				}
			case !errors.Is(err, entrylog.ErrStaleHead):
				t.Errorf("round %d: %v", round, err)
			}
		})
		if len(won) != 1 {
			t.Fatalf("round %d: %d winners, want 1", round, len(won))
		}
		heads, err := l.Heads(context.Background(), [][]byte{w.key})
		if err != nil || heads[string(w.key)].Hash != won[0].Next {
			t.Fatalf("round %d: the head is not the winner's: %v", round, err)
		}
		if c, err := l.Conversations(context.Background(), nil, won[0].Members[0]); err != nil || len(c) != 1 {
			t.Fatalf("round %d: the members are not the winner's: %v, %v", round, c, err)
		}
		w.head = won[0].Next
	}
}

func noMessageFollowsCommit(t *testing.T, h Harness) {
	l, _ := start(t, h)
	w := &writer{l: l, key: key(1, 1)}
	w.commit(t, "genesis")
	for round := range 20 {
		old := *w
		next := w.request(fmt.Appendf(nil, "commit %d", round), true)
		var at uint64
		var mu sync.Mutex
		var before []uint64
		together(8, func(i int) {
			if i == 0 {
				sequence, _, err := l.Append(context.Background(), next)
				if err != nil {
					t.Errorf("commit: %v", err)
				}
				at = sequence
				return
			}
			for n := range 5 {
				sequence, _, err := l.Append(context.Background(), old.request(fmt.Appendf(nil, "%d/%d/%d", round, i, n), false))
				if err == nil {
					mu.Lock()
					before = append(before, sequence)
					mu.Unlock()
				} else if !errors.Is(err, entrylog.ErrStaleHead) {
					t.Errorf("message: %v", err)
				}
			}
		})
		for _, s := range before {
			if s > at {
				t.Fatalf("round %d: a message validated against the old head has sequence %d, the commit %d", round, s, at)
			}
		}
		w.head = next.Next
	}
}
