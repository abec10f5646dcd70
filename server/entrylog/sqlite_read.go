package entrylog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// reading runs do while no one cuts the write-ahead log. One statement sees one
// state of the database.
func (l *SQLite) reading(do func(*sql.DB) error) error {
	l.gate.RLock()
	defer l.gate.RUnlock()
	if l.closed {
		return ErrClosed
	}
	select {
	case <-l.closing:
		return ErrClosed
	default:
	}
	return do(l.read)
}

// rows calls each for every row until it returns false.
func (l *SQLite) rows(ctx context.Context, text string, args []any, each func(*sql.Rows) (bool, error)) error {
	return l.reading(func(db *sql.DB) (err error) {
		r, err := db.QueryContext(ctx, text, args...)
		if err != nil {
			return fmt.Errorf("entrylog: read: %w", err)
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		for r.Next() {
			if more, err := each(r); err != nil || !more {
				return err
			}
		}
		if err := r.Err(); err != nil {
			return fmt.Errorf("entrylog: read: %w", err)
		}
		return nil
	})
}

const selectEntries = `SELECT e.sequence, e.at, e.hash, e.bytes FROM entries e
	WHERE e.conversation = (SELECT number FROM conversations WHERE key = ?) AND `

// Read implements Log.
func (l *SQLite) Read(ctx context.Context, conversation []byte, after uint64, limit, maxBytes int) ([]Entry, error) {
	return l.entries(ctx, selectEntries+"e.sequence > ? ORDER BY e.sequence LIMIT ?", conversation, after, limit, maxBytes)
}

// Commits implements Log.
func (l *SQLite) Commits(ctx context.Context, conversation []byte, after uint64, limit, maxBytes int) ([]Entry, error) {
	return l.entries(ctx, selectEntries+"e.commits = 1 AND e.sequence > ? ORDER BY e.sequence LIMIT ?", conversation, after, limit, maxBytes)
}

// entries collects while they fit and are whole, and the first in any case.
func (l *SQLite) entries(ctx context.Context, text string, conversation []byte, after uint64, limit, maxBytes int) ([]Entry, error) {
	if err := checkKey("conversation", conversation, 1); err != nil {
		return nil, err
	}
	if limit < 1 || maxBytes < 1 {
		return nil, fmt.Errorf("%w: limit %d, %d bytes", ErrBadRequest, limit, maxBytes)
	}
	var found []Entry
	size, last := 0, after
	err := l.rows(ctx, text, []any{conversation, int64(min(after, maxInt)), min(limit, MaxRead)}, func(r *sql.Rows) (bool, error) {
		var e Entry
		var sum sql.RawBytes
		if err := r.Scan(&e.Sequence, &e.At, &sum, &e.Bytes); err != nil {
			return false, fmt.Errorf("entrylog: read: %w", err)
		}
		if size += len(e.Bytes); size > maxBytes && len(found) > 0 {
			return false, nil
		}
		if copy(e.Hash[:], sum); len(sum) != len(e.Hash) || e.Bytes != nil && hash(e.Bytes) != e.Hash || e.Sequence <= last {
			if len(found) > 0 {
				return false, nil
			}
			return false, fmt.Errorf("%w: sequence %d", ErrDamaged, e.Sequence)
		}
		found, last = append(found, e), e.Sequence
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Heads implements Log.
func (l *SQLite) Heads(ctx context.Context, conversations [][]byte) (map[string]Head, error) {
	heads := make(map[string]Head, len(conversations))
	for _, key := range conversations {
		if err := checkKey("conversation", key, 1); err != nil {
			return nil, err
		}
		err := l.rows(ctx, "SELECT sequence, head FROM conversations WHERE key = ?", []any{key}, func(r *sql.Rows) (bool, error) {
			var h Head
			var sum sql.RawBytes
			if err := r.Scan(&h.Sequence, &sum); err != nil {
				return false, fmt.Errorf("entrylog: read: %w", err)
			}
			copy(h.Hash[:], sum)
			heads[string(key)] = h
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return heads, nil
}

// Conversations implements Log.
func (l *SQLite) Conversations(ctx context.Context, tenant, member []byte) ([]Conversation, error) {
	if err := errors.Join(checkKey("tenant", tenant, 0), checkKey("member", member, 1)); err != nil {
		return nil, err
	}
	var found []Conversation
	err := l.rows(ctx, `SELECT c.key, c.sequence FROM members m JOIN conversations c ON c.number = m.conversation
		WHERE m.member = ? AND substr(c.key, 1, ?) = ? ORDER BY c.number`, []any{member, len(tenant), owned(tenant)},
		func(r *sql.Rows) (bool, error) {
			var c Conversation
			if err := r.Scan(&c.Key, &c.Sequence); err != nil {
				return false, fmt.Errorf("entrylog: read: %w", err)
			}
			found = append(found, c)
			return true, nil
		})
	if err != nil {
		return nil, err
	}
	return found, nil
}
