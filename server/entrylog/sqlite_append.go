package entrylog

import (
	"bytes"
	"context"
	"crypto/sha256"
)

// Append implements Log.
func (l *SQLite) Append(ctx context.Context, r AppendRequest) (sequence uint64, dup bool, err error) {
	if err := r.check(); err != nil {
		return 0, false, err
	}
	a := &appending{AppendRequest: r, hash: hash(r.Entry), at: l.now().UnixMilli()}
	if err := l.submit(ctx, false, a.do); err != nil {
		return 0, false, err
	}
	return uint64(a.sequence), a.dup, nil
}

// appending is a request on its way. The writer goroutine fills in the answer;
// a caller who leaves early doesn't look at it.
type appending struct {
	AppendRequest
	hash     [32]byte
	at       int64
	sequence int64
	dup      bool
}

// do refuses before it writes anything: a sentinel doesn't roll back.
func (a *appending) do(w *writer) error {
	var number, last int64
	var head []byte
	known, err := w.row("SELECT number, sequence, head FROM conversations WHERE key = ?",
		[]any{a.Conversation}, &number, &last, &head)
	if err != nil {
		return err
	}
	if !known {
		return a.start(w)
	}
	a.dup, err = w.row("SELECT sequence FROM entries WHERE conversation = ? AND id = ?",
		[]any{number, a.ID[:]}, &a.sequence)
	if err != nil || a.dup {
		return err
	}
	if !bytes.Equal(head, a.Expect[:]) {
		return ErrStaleHead
	}
	a.sequence = last + 1
	if _, err := w.exec("UPDATE conversations SET sequence = ?, head = ? WHERE number = ?",
		a.sequence, a.Next[:], number); err != nil {
		return err
	}
	return a.insert(w, number)
}

// start appends the first entry of a conversation.
func (a *appending) start(w *writer) error {
	var one int
	gone, err := w.row("SELECT 1 FROM erased WHERE key = ?", []any{erasedKey(a.Conversation)}, &one)
	if err != nil {
		return err
	}
	if gone {
		return ErrErased
	}
	if a.Expect != [32]byte{} {
		return ErrStaleHead
	}
	var number int64
	a.sequence = 1
	if _, err := w.row("INSERT INTO conversations (key, sequence, head) VALUES (?, 1, ?) RETURNING number",
		[]any{a.Conversation, a.Next[:]}, &number); err != nil {
		return err
	}
	return a.insert(w, number)
}

func (a *appending) insert(w *writer, number int64) error {
	commits := 0
	if a.Commit {
		commits = 1
	}
	if _, err := w.exec("INSERT INTO entries (conversation, sequence, id, at, commits, hash, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
		number, a.sequence, a.ID[:], a.at, commits, a.hash[:], a.Entry); err != nil {
		return err
	}
	if a.Members == nil {
		return nil
	}
	if _, err := w.exec("DELETE FROM members WHERE conversation = ?", number); err != nil {
		return err
	}
	for _, m := range a.Members {
		if _, err := w.exec("INSERT INTO members (member, conversation) VALUES (?, ?) ON CONFLICT DO NOTHING", m, number); err != nil {
			return err
		}
	}
	return nil
}

// erasedKey is what stays of an erased conversation's key.
func erasedKey(conversation []byte) []byte {
	sum := sha256.Sum256(conversation)
	return sum[:]
}
