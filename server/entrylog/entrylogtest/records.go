package entrylogtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
)

var (
	ana = []byte("ana")
	ben = []byte("ben")
)

func put(t *testing.T, l entrylog.Log, owner []byte, id, value string, keep bool, expires uint64) {
	t.Helper()
	r := entrylog.Record{Space: "package", Owner: owner, ID: []byte(id), Value: []byte(value), Keep: keep, Expires: expires}
	if err := l.Put(context.Background(), r); err != nil {
		t.Fatalf("put %s: %v", id, err)
	}
}

// wantTake takes and compares; an empty value means that there is none.
func wantTake(t *testing.T, l entrylog.Log, owner []byte, now uint64, value string) {
	t.Helper()
	r, err := l.Take(context.Background(), "package", owner, now)
	if value == "" {
		wantError(t, "take", err, entrylog.ErrNotFound)
	} else if err != nil || string(r.Value) != value {
		t.Fatalf("took %q, %v; want %q", r.Value, err, value)
	}
}

func wantCount(t *testing.T, l entrylog.Log, owner []byte, now uint64, want int) {
	t.Helper()
	if got, err := l.Count(context.Background(), "package", owner, now); got != want || err != nil {
		t.Fatalf("counted %d, %v; want %d", got, err, want)
	}
}

func recordsPutGetReplace(t *testing.T, h Harness) {
	place := h.Place(t)
	l, err := h.Open(place)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	put(t, l, ana, "1", "first", false, 100)
	put(t, l, ben, "1", "ben's", true, 0)
	put(t, l, nil, "1", "nobody's", false, 0)
	put(t, l, ana, "1", "second", true, 200)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, h, place)
	for _, want := range []entrylog.Record{
		{Owner: ana, Value: []byte("second"), Keep: true, Expires: 200},
		{Owner: ben, Value: []byte("ben's"), Keep: true},
		{Owner: nil, Value: []byte("nobody's")},
	} {
		got, err := l.Get(ctx, "package", want.Owner, []byte("1"))
		if err != nil || string(got.Value) != string(want.Value) || got.Keep != want.Keep || got.Expires != want.Expires {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
		if got.Space != "package" || string(got.Owner) != string(want.Owner) || string(got.ID) != "1" {
			t.Errorf("got the names %q %q %q", got.Space, got.Owner, got.ID)
		}
	}
	_, err = l.Get(ctx, "package", ana, []byte("2"))
	wantError(t, "other id", err, entrylog.ErrNotFound)
	_, err = l.Get(ctx, "other", ana, []byte("1"))
	wantError(t, "other space", err, entrylog.ErrNotFound)
	long := make([]byte, entrylog.MaxKey+1)
	for name, r := range map[string]entrylog.Record{
		"no space":   {ID: ana, Value: ana},
		"no id":      {Space: "s", Value: ana},
		"no value":   {Space: "s", ID: ana},
		"long space": {Space: string(long), ID: ana, Value: ana},
		"long owner": {Space: "s", Owner: long, ID: ana, Value: ana},
		"long value": {Space: "s", ID: ana, Value: make([]byte, entrylog.MaxBytes+1)},
		"far expiry": {Space: "s", ID: ana, Value: ana, Expires: 1 << 63},
	} {
		wantError(t, name, l.Put(ctx, r), entrylog.ErrBadRequest)
	}
}

func takeOrder(t *testing.T, h Harness) {
	l, _ := start(t, h)
	wantTake(t, l, ana, 10, "")
	put(t, l, ana, "k1", "older last resort", true, 0)
	put(t, l, ana, "a", "expires at 50", false, 50)
	put(t, l, ana, "b", "oldest", false, 0)
	put(t, l, ana, "k2", "newer last resort", true, 80)
	put(t, l, ana, "c", "newest", false, 90)
	put(t, l, ben, "a", "ben's", false, 0)
	wantCount(t, l, ana, 49, 3)
	wantCount(t, l, ana, 50, 2)
	wantTake(t, l, ana, 50, "oldest")
	wantTake(t, l, ana, 49, "expires at 50")
	wantTake(t, l, ana, 50, "newest")
	wantCount(t, l, ana, 50, 0)
	wantTake(t, l, ana, 50, "newer last resort")
	wantTake(t, l, ana, 79, "newer last resort")
	wantTake(t, l, ana, 80, "older last resort")
	wantTake(t, l, ana, 1<<64-1, "older last resort")
	wantTake(t, l, ben, 50, "ben's")
	wantTake(t, l, ben, 50, "")
}

func takenOnce(t *testing.T, h Harness) {
	const packages, takers = 60, 16
	l, _ := start(t, h)
	put(t, l, ana, "last", "last resort", true, 0)
	var mu sync.Mutex
	taken := map[string]int{}
	together(takers+4, func(i int) {
		if i >= takers { // putters, meanwhile
			for n := range packages / 4 {
				id := fmt.Sprintf("%d/%d", i, n)
				r := entrylog.Record{Space: "package", Owner: ana, ID: []byte(id), Value: []byte(id), Expires: uint64(100 * (n % 2))}
				if err := l.Put(context.Background(), r); err != nil {
					t.Error(err)
				}
			}
			return
		}
		for range 8 {
			r, err := l.Take(context.Background(), "package", ana, 50)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			taken[string(r.Value)]++
			mu.Unlock()
		}
	})
	for { // what is left
		r, err := l.Take(context.Background(), "package", ana, 50)
		if err != nil {
			t.Fatal(err)
		}
		if r.Keep {
			break
		}
		taken[string(r.Value)]++
	}
	delete(taken, "last resort")
	if len(taken) != packages {
		t.Errorf("%d of %d were taken", len(taken), packages)
	}
	for id, n := range taken {
		if n != 1 {
			t.Errorf("%s was taken %d times", id, n)
		}
	}
}

func takenIsNotPutAgain(t *testing.T, h Harness) {
	place := h.Place(t)
	l, err := h.Open(place)
	if err != nil {
		t.Fatal(err)
	}
	put(t, l, ana, "a", "value", false, 100)
	wantTake(t, l, ana, 50, "value")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = reopen(t, h, place)
	put(t, l, ana, "a", "value", false, 100) // a retry whose ack was lost
	wantCount(t, l, ana, 50, 0)
	wantTake(t, l, ana, 50, "")
	_, err = l.Get(context.Background(), "package", ana, []byte("a"))
	wantError(t, "get", err, entrylog.ErrNotFound)
	if _, err := l.Expire(context.Background(), 100); err != nil {
		t.Fatal(err)
	}
	put(t, l, ana, "a", "another life", false, 300)
	wantTake(t, l, ana, 200, "another life")
}

func expireRemovesExpired(t *testing.T, h Harness) {
	l, _ := start(t, h)
	ctx := context.Background()
	for i := range 600 { // more than one step of a driver
		put(t, l, ben, fmt.Sprint(i), "old", i%2 == 0, 60)
	}
	put(t, l, ana, "a", "at 99", false, 99)
	put(t, l, ana, "b", "at 100", true, 100)
	put(t, l, ana, "c", "at 101", false, 101)
	put(t, l, ana, "d", "never", true, 0)
	put(t, l, ana, "e", "taken", false, 99)
	wantTake(t, l, ana, 50, "at 99")
	put(t, l, ana, "a2", "at 99", false, 99)
	if n, err := l.Expire(ctx, 100); n != 600+3 || err != nil {
		t.Fatalf("expired %d, %v; want 603", n, err)
	}
	if n, err := l.Expire(ctx, 100); n != 0 || err != nil {
		t.Fatalf("expired %d, %v; want none", n, err)
	}
	for id, want := range map[string]error{"a": entrylog.ErrNotFound, "b": entrylog.ErrNotFound, "c": nil, "d": nil} {
		if _, err := l.Get(ctx, "package", ana, []byte(id)); !errors.Is(err, want) {
			t.Errorf("get %s: %v, want %v", id, err, want)
		}
	}
}
