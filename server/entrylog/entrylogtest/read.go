package entrylogtest

import (
	"context"
	"crypto/sha512"
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
)

func readHoldsItsLimits(t *testing.T, h Harness) {
	l, _ := start(t, h)
	w := &writer{l: l, key: key(1, 1)}
	w.commit(t, strings.Repeat("c", 100))
	for i := range 9 {
		w.message(t, fmt.Sprintf("%0100d", i))
	}
	for _, test := range []struct {
		name            string
		after           uint64
		limit, maxBytes int
		first, count    int
	}{
		{"all", 0, 100, 1 << 20, 1, 10},
		{"limit", 0, 3, 1 << 20, 1, 3},
		{"after", 7, 100, 1 << 20, 8, 3},
		{"bytes exactly", 0, 100, 300, 1, 3},
		{"one byte less", 0, 100, 299, 1, 2},
		{"one byte is still one entry", 4, 100, 1, 5, 1},
		{"at the head", 10, 100, 1 << 20, 0, 0},
		{"beyond the head", 11, 100, 1 << 20, 0, 0},
		{"far beyond", 1<<64 - 1, 100, 1 << 20, 0, 0},
	} {
		got, err := l.Read(context.Background(), w.key, test.after, test.limit, test.maxBytes)
		if err != nil || len(got) != test.count {
			t.Errorf("%s: got %d entries, want %d; error %v", test.name, len(got), test.count, err)
			continue
		}
		for i, e := range got {
			if e.Sequence != uint64(test.first+i) {
				t.Errorf("%s: got sequence %d, want %d", test.name, e.Sequence, test.first+i)
			}
		}
	}
	for _, bad := range [][2]int{{0, 1}, {-1, 1}, {1, 0}, {1, -1}} {
		_, err := l.Read(context.Background(), w.key, 0, bad[0], bad[1])
		wantError(t, fmt.Sprint("limits ", bad), err, entrylog.ErrBadRequest)
	}
	if got, err := l.Read(context.Background(), key(9, 9), 0, 1, 1); len(got) != 0 || err != nil {
		t.Errorf("unknown conversation: %v, %v", got, err)
	}
}

func commitsAndHeads(t *testing.T, h Harness) {
	l, _ := start(t, h)
	ctx := context.Background()
	w := &writer{l: l, key: key(1, 1)}
	var want []string
	for i := range 12 {
		body := fmt.Sprintf("entry %d", i)
		if i%4 == 0 {
			w.commit(t, body)
			want = append(want, body)
		} else {
			w.message(t, body)
		}
	}
	other := &writer{l: l, key: key(1, 2)}
	other.commit(t, "other genesis")
	commits, err := l.Commits(ctx, w.key, 0, entrylog.MaxRead, 1<<20)
	if err != nil || len(commits) != len(want) {
		t.Fatalf("got %d commits, want %d; error %v", len(commits), len(want), err)
	}
	if got, err := l.Commits(ctx, w.key, 1, 1, 1); err != nil || len(got) != 1 || string(got[0].Bytes) != want[1] {
		t.Errorf("one after the first: %v, %v", got, err)
	}
	for i, c := range commits {
		if string(c.Bytes) != want[i] || c.Sequence != uint64(4*i)+1 {
			t.Errorf("commit %d: sequence %d, %q", i, c.Sequence, c.Bytes)
		}
	}
	heads, err := l.Heads(ctx, [][]byte{w.key, key(7, 7), other.key})
	if err != nil || len(heads) != 2 {
		t.Fatalf("got %v, %v; want two heads", heads, err)
	}
	if got := heads[string(w.key)]; got != (entrylog.Head{Sequence: 12, Hash: w.head}) {
		t.Errorf("got %v", got)
	}
	if got := heads[string(other.key)]; got != (entrylog.Head{Sequence: 1, Hash: other.head}) {
		t.Errorf("got %v", got)
	}
}

func conversationsFollowsMembership(t *testing.T, h Harness) {
	l, _ := start(t, h)
	a, b, c := &writer{l: l, key: key(1, 1)}, &writer{l: l, key: key(1, 2)}, &writer{l: l, key: key(2, 3)}
	a.commit(t, "a", "ana", "ben")
	b.commit(t, "b", "ben")
	c.commit(t, "c", "ana")
	want := func(tenant int, member string, keys ...[]byte) {
		t.Helper()
		got, err := l.Conversations(context.Background(), key(tenant, 0)[:16], []byte(member))
		if err != nil || len(got) != len(keys) {
			t.Fatalf("%s has %v, want %d conversations; error %v", member, got, len(keys), err)
		}
		heads, err := l.Heads(context.Background(), keys)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range keys {
			if string(got[i].Key) != string(k) || got[i].Sequence != heads[string(k)].Sequence {
				t.Errorf("%s: got %x at %d", member, got[i].Key, got[i].Sequence)
			}
		}
	}
	want(1, "ana", a.key)
	want(2, "ana", c.key)
	want(1, "ben", a.key, b.key)
	want(2, "ben")
	want(1, "nobody")

	a.message(t, "a message changes nothing")
	a.commit(t, "nor does a commit without members")
	want(1, "ana", a.key)
	a.commit(t, "ana goes, eve comes", "ben", "eve", "eve")
	want(1, "ana")
	want(1, "eve", a.key)
	want(1, "ben", a.key, b.key)
	r := a.request([]byte("all go"), true)
	r.Members = [][]byte{}
	a.append(t, r)
	want(1, "eve")
	if err := l.Erase(context.Background(), b.key); err != nil {
		t.Fatal(err)
	}
	want(1, "ben")
}

// hashOf is H(entry), written once more from SPEC.
func hashOf(entry []byte) [32]byte {
	const label = "sealwire/1 entry"
	return sha512.Sum512_256(append(append([]byte{byte(len(label))}, label...), entry...))
}

func trimLeavesHashAndCommits(t *testing.T, h Harness) {
	l, _ := start(t, h)
	ctx := context.Background()
	w := &writer{l: l, key: key(1, 1)}
	const n = 700 // more than one step of a driver
	for i := range n {
		if i%100 == 0 {
			w.commit(t, fmt.Sprintf("entry %d", i))
			continue
		}
		if i%100 == 50 { // as lasting as a commit, and no more
			r := w.request(fmt.Appendf(nil, "entry %d", i), false)
			r.Commit = true
			w.append(t, r)
			continue
		}
		w.message(t, fmt.Sprintf("entry %d", i))
	}
	check := func(before int) {
		t.Helper()
		for i, e := range all(t, l, w.key) {
			body := fmt.Sprintf("entry %d", i)
			if e.Hash != hashOf([]byte(body)) {
				t.Fatalf("sequence %d: wrong hash", e.Sequence)
			}
			if trimmed := i+1 < before && i%50 != 0; trimmed && e.Bytes != nil {
				t.Fatalf("sequence %d still holds %q", e.Sequence, e.Bytes)
			} else if !trimmed && string(e.Bytes) != body {
				t.Fatalf("sequence %d holds %q, want %q", e.Sequence, e.Bytes, body)
			}
		}
	}
	check(0)
	for _, step := range []struct {
		before uint64
		holds  int
	}{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {600, 600}, {40, 600}, {600, 600}, {1 << 63, n + 1}} {
		if err := l.Trim(ctx, w.key, step.before); err != nil {
			t.Fatalf("trim %d: %v", step.before, err)
		}
		check(step.holds)
	}
	if kept, err := l.Commits(ctx, w.key, 0, entrylog.MaxRead, 1<<20); err != nil || len(kept) != 2*n/100 {
		t.Errorf("%d are kept, want %d; error %v", len(kept), 2*n/100, err)
	}
	wantError(t, "unknown conversation", l.Trim(ctx, key(5, 5), 10), entrylog.ErrNotFound)
	// What comes after a trim beyond the head is not trimmed by it.
	w.message(t, fmt.Sprintf("entry %d", n))
	if e := all(t, l, w.key)[n]; e.Bytes == nil {
		t.Error("an entry was born trimmed")
	}
}
