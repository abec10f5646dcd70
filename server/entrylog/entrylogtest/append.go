package entrylogtest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
)

func appendNumbersDensely(t *testing.T, h Harness) {
	l, _ := start(t, h)
	a, b := &writer{l: l, key: key(1, 1)}, &writer{l: l, key: key(1, 2)}
	for i := range 20 {
		for _, w := range []*writer{a, b} {
			body := fmt.Sprintf("entry %d", i)
			var got uint64
			if i%5 == 0 {
				got = w.commit(t, body)
			} else {
				got = w.message(t, body)
			}
			if got != uint64(i)+1 {
				t.Fatalf("got sequence %d, want %d", got, i+1)
			}
		}
	}
	for i, e := range all(t, l, a.key) {
		if want := fmt.Sprintf("entry %d", i); string(e.Bytes) != want {
			t.Errorf("sequence %d holds %q, want %q", e.Sequence, e.Bytes, want)
		}
		if e.At == 0 {
			t.Errorf("sequence %d has no time", e.Sequence)
		}
	}
	if n := len(all(t, l, b.key)); n != 20 {
		t.Errorf("got %d entries, want 20", n)
	}
}

func appendRefusesStaleHead(t *testing.T, h Harness) {
	l, _ := start(t, h)
	ctx := context.Background()
	w := &writer{l: l, key: key(1, 1)}
	early := *w
	early.head = [32]byte{9}
	_, _, err := l.Append(ctx, early.request([]byte("before the first"), false))
	wantError(t, "message to no conversation", err, entrylog.ErrStaleHead)
	_, _, err = l.Append(ctx, early.request([]byte("before the first"), true))
	wantError(t, "commit to no conversation", err, entrylog.ErrStaleHead)

	w.commit(t, "genesis")
	old := *w
	w.commit(t, "second")
	for _, commit := range []bool{false, true} {
		_, _, err = l.Append(ctx, old.request([]byte("late"), commit))
		wantError(t, "on the old head", err, entrylog.ErrStaleHead)
	}
	_, _, err = l.Append(ctx, (&writer{key: w.key}).request([]byte("other genesis"), true))
	wantError(t, "second genesis", err, entrylog.ErrStaleHead)
	if n := len(all(t, l, w.key)); n != 2 {
		t.Errorf("got %d entries, want 2", n)
	}
	if got := w.message(t, "on the new head"); got != 3 {
		t.Errorf("a refusal used up a sequence: got %d, want 3", got)
	}
}

func appendRefusesBadRequests(t *testing.T, h Harness) {
	l, _ := start(t, h)
	good := func() entrylog.AppendRequest {
		return (&writer{key: key(1, 1)}).request([]byte("genesis"), true)
	}
	for name, spoil := range map[string]func(*entrylog.AppendRequest){
		"no key":                    func(r *entrylog.AppendRequest) { r.Conversation = nil },
		"long key":                  func(r *entrylog.AppendRequest) { r.Conversation = make([]byte, entrylog.MaxKey+1) },
		"no entry":                  func(r *entrylog.AppendRequest) { r.Entry = nil },
		"long entry":                func(r *entrylog.AppendRequest) { r.Entry = make([]byte, entrylog.MaxBytes+1) },
		"commit to zero":            func(r *entrylog.AppendRequest) { r.Next = [32]byte{} },
		"members on the same head":  func(r *entrylog.AppendRequest) { r.Expect, r.Members = r.Next, [][]byte{{1}} },
		"message that moves head":   func(r *entrylog.AppendRequest) { r.Commit, r.Expect = false, [32]byte{1} },
		"message as first":          func(r *entrylog.AppendRequest) { r.Commit, r.Next = false, [32]byte{} },
		"message with members":      func(r *entrylog.AppendRequest) { r.Commit, r.Expect, r.Members = false, r.Next, [][]byte{{1}} },
		"empty member":              func(r *entrylog.AppendRequest) { r.Members = [][]byte{{}} },
		"one good and a bad member": func(r *entrylog.AppendRequest) { r.Members = [][]byte{{1}, make([]byte, entrylog.MaxKey+1)} },
	} {
		r := good()
		spoil(&r)
		_, _, err := l.Append(context.Background(), r)
		wantError(t, name, err, entrylog.ErrBadRequest)
	}
	if n := len(all(t, l, key(1, 1))); n != 0 {
		t.Errorf("got %d entries, want none", n)
	}
	if _, _, err := l.Append(context.Background(), good()); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func repeatGivesFirstSequence(t *testing.T, h Harness) {
	l, _ := start(t, h)
	w := &writer{l: l, key: key(1, 1)}
	genesis := w.request([]byte("genesis"), true)
	w.append(t, genesis)
	message := w.request([]byte("message"), false)
	w.append(t, message)
	w.commit(t, "the head moves on")
	for want, r := range map[uint64]entrylog.AppendRequest{1: genesis, 2: message} {
		got, dup, err := l.Append(context.Background(), r)
		if got != want || !dup || err != nil {
			t.Errorf("got sequence %d, dup %v, error %v; want %d, a repeat", got, dup, err, want)
		}
	}
	// The same id in another conversation is another entry.
	other := &writer{l: l, key: key(1, 2)}
	if got := other.append(t, other.request([]byte("genesis"), true)); got != 1 {
		t.Errorf("got sequence %d, want 1", got)
	}
	heads, err := l.Heads(context.Background(), [][]byte{w.key})
	if err != nil || heads[string(w.key)].Hash != w.head || heads[string(w.key)].Sequence != 3 {
		t.Errorf("a repeat moved the head: %v, %v", heads, err)
	}
}

func repeatIsKnownAfterRestartAndTrim(t *testing.T, h Harness) {
	place := h.Place(t)
	l, err := h.Open(place)
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{l: l, key: key(1, 1)}
	w.commit(t, "genesis", "ana")
	var sent []entrylog.AppendRequest
	for i := range 10 {
		r := w.request(fmt.Appendf(nil, "message %d", i), false)
		w.append(t, r)
		sent = append(sent, r)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Append(context.Background(), sent[0]); err == nil {
		t.Fatal("a closed log took an entry")
	} else {
		wantError(t, "append after close", err, entrylog.ErrClosed)
	}
	_, err = l.Read(context.Background(), w.key, 0, 1, 1)
	wantError(t, "read after close", err, entrylog.ErrClosed)

	l = reopen(t, h, place)
	repeat := func() {
		t.Helper()
		for i, r := range sent {
			got, dup, err := l.Append(context.Background(), r)
			if got != uint64(i)+2 || !dup || err != nil {
				t.Fatalf("got sequence %d, dup %v, error %v; want %d, a repeat", got, dup, err, i+2)
			}
		}
	}
	repeat()
	if err := l.Trim(context.Background(), w.key, 8); err != nil {
		t.Fatal(err)
	}
	repeat()
	w.l = l
	if got := w.message(t, "goes on"); got != 12 {
		t.Errorf("got sequence %d, want 12", got)
	}
	if e := all(t, l, w.key)[11]; !bytes.Equal(e.Bytes, []byte("goes on")) {
		t.Errorf("got %q", e.Bytes)
	}
}
