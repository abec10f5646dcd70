package entrylog

import (
	"context"
	"database/sql"
	"fmt"
)

// Put implements Log.
func (l *SQLite) Put(ctx context.Context, r Record) error {
	if err := r.check(); err != nil {
		return err
	}
	state := recordOnce
	if r.Keep {
		state = recordKeep
	}
	return l.submit(ctx, false, func(w *writer) error {
		// A taken one stays taken: a retry must not hand it out twice.
		_, err := w.exec(`INSERT INTO records (space, owner, id, value, state, expires) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (space, owner, id) DO UPDATE SET value = excluded.value, state = excluded.state, expires = excluded.expires
			WHERE records.state <> ?`, r.Space, owned(r.Owner), r.ID, r.Value, state, int64(r.Expires), recordTaken)
		return err
	})
}

// Get implements Log.
func (l *SQLite) Get(ctx context.Context, space string, owner, id []byte) (Record, error) {
	found := Record{Space: space, Owner: owner, ID: id}
	there := false
	err := l.rows(ctx, "SELECT value, state = ?, expires FROM records WHERE space = ? AND owner = ? AND id = ? AND state <> ?",
		[]any{recordKeep, space, owned(owner), id, recordTaken}, func(r *sql.Rows) (bool, error) {
			there = true
			if err := r.Scan(&found.Value, &found.Keep, &found.Expires); err != nil {
				return false, fmt.Errorf("entrylog: read: %w", err)
			}
			return false, nil
		})
	if err != nil {
		return Record{}, err
	}
	if !there {
		return Record{}, ErrNotFound
	}
	return found, nil
}

// Take implements Log.
func (l *SQLite) Take(ctx context.Context, space string, owner []byte, now uint64) (Record, error) {
	found := Record{Space: space, Owner: owner}
	err := l.submit(ctx, false, func(w *writer) error { return w.take(&found, int64(min(now, maxInt))) })
	if err != nil {
		return Record{}, err
	}
	return found, nil
}

func (w *writer) take(found *Record, now int64) error {
	const what = "SELECT number, id, value, expires FROM records WHERE space = ? AND owner = ? AND state = ? AND (expires = 0 OR expires > ?) "
	var number int64
	into := []any{&number, &found.ID, &found.Value, &found.Expires}
	once, err := w.row(what+"ORDER BY number LIMIT 1", []any{found.Space, owned(found.Owner), recordOnce, now}, into...)
	if err != nil {
		return err
	}
	switch {
	case once && found.Expires == 0:
		_, err = w.exec("DELETE FROM records WHERE number = ?", number)
		return err
	case once:
		_, err = w.exec("UPDATE records SET state = ?, value = x'' WHERE number = ?", recordTaken, number)
		return err
	}
	found.Keep, err = w.row(what+"ORDER BY number DESC LIMIT 1", []any{found.Space, owned(found.Owner), recordKeep, now}, into...)
	if err == nil && !found.Keep {
		err = ErrNotFound
	}
	return err
}

// Count implements Log.
func (l *SQLite) Count(ctx context.Context, space string, owner []byte, now uint64) (int, error) {
	n := 0
	err := l.rows(ctx, "SELECT count(*) FROM records WHERE space = ? AND owner = ? AND state = ? AND (expires = 0 OR expires > ?)",
		[]any{space, owned(owner), recordOnce, int64(min(now, maxInt))}, func(r *sql.Rows) (bool, error) {
			return false, r.Scan(&n)
		})
	return n, err
}

// Expire implements Log. It too goes in steps, so that appends get in between.
func (l *SQLite) Expire(ctx context.Context, now uint64) (int, error) {
	total := 0
	for more := true; more; {
		var changed, counted int64
		err := l.submit(ctx, false, func(w *writer) (err error) {
			// Taken ones were already gone for the caller: they don't count.
			if _, err = w.row("SELECT count(*) FROM records WHERE state <> ? AND "+expired, []any{recordTaken, int64(min(now, maxInt)), eraseStep}, &counted); err != nil {
				return err
			}
			changed, err = w.exec("DELETE FROM records WHERE "+expired, int64(min(now, maxInt)), eraseStep)
			return err
		})
		if err != nil {
			return total, err
		}
		total += int(counted)
		more = changed == eraseStep
	}
	return total, nil
}

const expired = "number IN (SELECT number FROM records WHERE expires > 0 AND expires <= ? ORDER BY expires LIMIT ?)"

// owned makes no owner and an empty one the same: a nil slice would be NULL.
func owned(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
