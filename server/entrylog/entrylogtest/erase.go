package entrylogtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
)

func eraseRemovesAndStaysErased(t *testing.T, h Harness) {
	place := h.Place(t)
	l, err := h.Open(place)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	gone, stays := &writer{l: l, key: key(1, 1)}, &writer{l: l, key: key(1, 2)}
	genesis := gone.request([]byte("genesis"), true)
	genesis.Members = [][]byte{[]byte("ana")}
	gone.append(t, genesis)
	stays.commit(t, "genesis", "ana")
	for i := range 600 { // more than one step of a driver
		gone.message(t, fmt.Sprintf("message %d", i))
	}
	last := gone.request([]byte("message 599"), false)
	check := func() {
		t.Helper()
		if n := len(all(t, l, gone.key)); n != 0 {
			t.Errorf("%d entries remain", n)
		}
		if c, err := l.Commits(ctx, gone.key, 0, entrylog.MaxRead, 1<<20); len(c) != 0 || err != nil {
			t.Errorf("%d commits remain, error %v", len(c), err)
		}
		heads, err := l.Heads(ctx, [][]byte{gone.key, stays.key})
		if err != nil || len(heads) != 1 || heads[string(stays.key)].Sequence != 1 {
			t.Errorf("heads: %v, %v", heads, err)
		}
		for name, r := range map[string]entrylog.AppendRequest{
			"old genesis": genesis, "old message": last, "new message": gone.request([]byte("new"), false),
			"new genesis": (&writer{key: gone.key}).request([]byte("new"), true),
		} {
			_, _, err := l.Append(ctx, r)
			wantError(t, name, err, entrylog.ErrErased)
		}
		wantError(t, "trim", l.Trim(ctx, gone.key, 5), entrylog.ErrNotFound)
	}
	wantError(t, "erase", l.Erase(ctx, gone.key), nil)
	check()
	wantError(t, "erase again", l.Erase(ctx, gone.key), nil)
	wantError(t, "erase the unknown", l.Erase(ctx, key(8, 8)), entrylog.ErrNotFound)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, h, place)
	check()
	next := &writer{l: l, key: key(1, 3)}
	next.commit(t, "the next conversation", "ana")
	if n := len(all(t, l, next.key)); n != 1 {
		t.Errorf("the next conversation has %d entries, want 1", n)
	}
}

// canary is a mark that says where it belongs; 24 bytes, so that any piece of
// a body of 47 or more holds a whole one.
func canary(conversation, number int) string {
	return fmt.Sprintf("<canary %06d %08d>", conversation, number)
}

// canaries returns the marks found, by conversation, then number.
func canaries(raw []byte) map[int]map[int]bool {
	found := map[int]map[int]bool{}
	for {
		at := bytes.Index(raw, []byte("<canary "))
		if at < 0 {
			return found
		}
		raw = raw[at+1:]
		if len(raw) < 22 {
			return found
		}
		c, errC := strconv.Atoi(string(raw[7:13]))
		n, errN := strconv.Atoi(string(raw[14:22]))
		if errC == nil && errN == nil {
			if found[c] == nil {
				found[c] = map[int]bool{}
			}
			found[c][n] = true
		}
	}
}

// erasedIsNowhere interleaves many conversations of many sizes, erases and
// trims in between, and searches the files after each round: databases move
// rows about, and must not leave copies behind.
func erasedIsNowhere(t *testing.T, h Harness) {
	if h.Raw == nil {
		t.Skip("the driver's files can't be searched")
	}
	l, place := start(t, h)
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 2))
	live := []*writer{}
	number, made := 0, 0
	expect := map[int]map[int]bool{} // what may and must be found
	for round := range 30 {
		for range 60 {
			c := random.IntN(len(live) + 1)
			if len(live) > 12 {
				c = random.IntN(len(live))
			}
			if c == len(live) {
				live = append(live, &writer{l: l, key: key(1, made)})
				expect[made] = map[int]bool{}
				made++
			}
			w := live[c]
			size := []int{1, 5, 30, 60, 200, 400}[random.IntN(6)]
			number++
			name := int(binary.BigEndian.Uint64(w.key[16:]))
			body := bytes.Repeat([]byte(canary(name, number)), size)
			w.append(t, w.request(body, w.head == [32]byte{}))
			expect[name][number] = true
		}
		if got := canaries(h.Raw(t, place)); round == 0 && len(got) != made {
			t.Fatalf("found %d conversations before any erasure, want %d: the search is blind", len(got), made)
		}
		for range 3 {
			i := random.IntN(len(live))
			name := int(binary.BigEndian.Uint64(live[i].key[16:]))
			if random.IntN(3) == 0 {
				if err := l.Trim(ctx, live[i].key, 1<<40); err != nil {
					t.Fatal(err)
				}
				commits, err := l.Commits(ctx, live[i].key, 0, entrylog.MaxRead, 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				expect[name] = canaries(commits[0].Bytes)[name]
				continue
			}
			if err := l.Erase(ctx, live[i].key); err != nil {
				t.Fatal(err)
			}
			delete(expect, name)
			live = append(live[:i], live[i+1:]...)
		}
		found := canaries(h.Raw(t, place))
		for c, numbers := range found {
			for n := range numbers {
				if !expect[c][n] {
					t.Fatalf("round %d: erased entry %d of conversation %d is still in the files", round, n, c)
				}
			}
		}
		for c, numbers := range expect {
			for n := range numbers {
				if !found[c][n] {
					t.Fatalf("round %d: entry %d of conversation %d is not in the files", round, n, c)
				}
			}
		}
	}
}
