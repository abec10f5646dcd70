package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Talk is one conversation of an inbox, with its state as the core marshals it.
type Talk struct {
	Row
	State []byte
}

// Row is what the state says too, so that thousands that wait need no state in
// memory.
type Row struct {
	Conversation wire.ID
	Index        uint64 // entries read
	Last         wire.ID
	Home         string // the queue that the conversation began in
	Since        uint64 // Unix milliseconds: when the inbox was added
	Parked       bool
	Waiting      bool
	Quiet        bool   // nothing is to be done there before something comes
	Ends         uint64 // Unix seconds: of the inbox's credential in the roster
	Customer     wire.ID
	Heard        uint64 // Unix milliseconds: when another last did something there
}

// Left is a conversation that is left alone until it is longer than it was.
type Left struct {
	Conversation wire.ID
	Index        uint64
	At           uint64 // Unix seconds
}

// Claim is who claimed a conversation.
type Claim struct {
	Conversation wire.ID
	Queue        string
	Member       wire.ID
	Alias        string
	Package      []byte
	Stored       bool   // its commit was read back
	At           uint64 // Unix seconds
}

// Write is what one transaction changes.
type Write struct {
	Queue   string
	End     []byte // nil: as it was
	Talks   []Talk
	Gone    []wire.ID // talks that are no more
	Left    []Left    // and those of them that are left alone
	Found   []wire.ID // that are not left alone any more
	Claims  []Claim
	Unclaim []wire.ID
}

func endContext(queue string) string { return "inbox/" + queue + "/end" }

func talkContext(queue string, id wire.ID) string {
	return "inbox/" + queue + "/conversation/" + hex.EncodeToString(id[:])
}

// Save writes all of it, or nothing. It does not keep the states.
func (s *Store) Save(ctx context.Context, w Write) error {
	if err := s.write(ctx, func(tx *sql.Tx) error { return s.save(ctx, tx, w) }); err != nil {
		return fmt.Errorf("authority: save: %w", err)
	}
	return nil
}

// write does something in one transaction.
func (s *Store) write(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	s.stale.Store(true)
	return tx.Commit()
}

func (s *Store) save(ctx context.Context, tx *sql.Tx, w Write) error {
	if w.End != nil {
		sealed, err := s.keys.Seal(endContext(w.Queue), w.End)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO ends (queue, state) VALUES (?, ?)", w.Queue, sealed); err != nil {
			return err
		}
	}
	for _, t := range w.Talks {
		sealed, err := s.keys.Seal(talkContext(w.Queue, t.Conversation), t.State)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO talks (queue, conversation, state, position, last, home, since, parked, waiting, quiet, ends, customer, heard)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			w.Queue, t.Conversation[:], sealed, int64(t.Index), t.Last[:], t.Home, int64(t.Since), t.Parked, t.Waiting, t.Quiet, int64(t.Ends), t.Customer[:], int64(t.Heard)); err != nil {
			return err
		}
	}
	for _, id := range w.Found {
		if _, err := tx.ExecContext(ctx, "DELETE FROM left_alone WHERE queue = ? AND conversation = ?", w.Queue, id[:]); err != nil {
			return err
		}
	}
	for _, l := range w.Left {
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO left_alone (queue, conversation, position, at) VALUES (?, ?, ?, ?)",
			w.Queue, l.Conversation[:], int64(l.Index), int64(l.At)); err != nil {
			return err
		}
	}
	for _, id := range w.Gone {
		if _, err := tx.ExecContext(ctx, "DELETE FROM talks WHERE queue = ? AND conversation = ?", w.Queue, id[:]); err != nil {
			return err
		}
	}
	for _, id := range w.Unclaim {
		if _, err := tx.ExecContext(ctx, "DELETE FROM claims WHERE queue = ? AND conversation = ?", w.Queue, id[:]); err != nil {
			return err
		}
	}
	for _, c := range w.Claims {
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO claims (conversation, queue, member, alias, package, stored, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			c.Conversation[:], c.Queue, c.Member[:], c.Alias, c.Package, c.Stored, int64(c.At)); err != nil {
			return err
		}
	}
	return nil
}

// End opens the saved end of a queue's inbox; nil where there is none.
func (s *Store) End(ctx context.Context, queue string) ([]byte, error) {
	var sealed []byte
	err := s.db.QueryRowContext(ctx, "SELECT state FROM ends WHERE queue = ?", queue).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return s.unseal(endContext(queue), sealed, err)
}

// State opens the saved state of a conversation.
func (s *Store) State(ctx context.Context, queue string, id wire.ID) ([]byte, error) {
	var sealed []byte
	err := s.db.QueryRowContext(ctx, "SELECT state FROM talks WHERE queue = ? AND conversation = ?", queue, id[:]).Scan(&sealed)
	return s.unseal(talkContext(queue, id), sealed, err)
}

func (s *Store) unseal(context string, sealed []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("authority: load: %w", err)
	}
	plain, err := s.keys.Unseal(context, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return plain, nil
}

// Queues lists those that have an end.
func (s *Store) Queues(ctx context.Context) (out []string, err error) {
	err = s.each(ctx, "SELECT queue FROM ends ORDER BY queue", nil, func(rows *sql.Rows) error {
		var queue string
		err := rows.Scan(&queue)
		out = append(out, queue)
		return err
	})
	return out, err
}

// Rows lists a queue's conversations.
func (s *Store) Rows(ctx context.Context, queue string) (out []Row, err error) {
	err = s.each(ctx, "SELECT conversation, position, last, home, since, parked, waiting, quiet, ends, customer, heard FROM talks WHERE queue = ?", []any{queue}, func(rows *sql.Rows) error {
		var t Row
		var id, last, customer []byte
		var index, since, ends, heard int64
		if err := rows.Scan(&id, &index, &last, &t.Home, &since, &t.Parked, &t.Waiting, &t.Quiet, &ends, &customer, &heard); err != nil {
			return err
		}
		if len(id) != len(t.Conversation) || len(last) != len(t.Last) || len(customer) != len(t.Customer) {
			return fmt.Errorf("%w: a talk of %d bytes", ErrVersion, len(id))
		}
		t.Conversation, t.Last, t.Index, t.Since, t.Ends = wire.ID(id), wire.ID(last), uint64(index), uint64(since), uint64(ends)
		t.Customer, t.Heard = wire.ID(customer), uint64(heard)
		out = append(out, t)
		return nil
	})
	return out, err
}

// Left lists a queue's conversations that are left alone.
func (s *Store) Left(ctx context.Context, queue string) (out []Left, err error) {
	err = s.each(ctx, "SELECT conversation, position, at FROM left_alone WHERE queue = ?", []any{queue}, func(rows *sql.Rows) error {
		var id []byte
		var index, at int64
		if err := rows.Scan(&id, &index, &at); err != nil {
			return err
		}
		if len(id) != len(wire.ID{}) {
			return fmt.Errorf("%w: a conversation of %d bytes", ErrVersion, len(id))
		}
		out = append(out, Left{wire.ID(id), uint64(index), uint64(at)})
		return nil
	})
	return out, err
}

// Claims lists a queue's claims.
func (s *Store) Claims(ctx context.Context, queue string) (out []Claim, err error) {
	err = s.each(ctx, "SELECT conversation, member, alias, package, stored, at FROM claims WHERE queue = ?", []any{queue}, func(rows *sql.Rows) error {
		c := Claim{Queue: queue}
		var id, member []byte
		var at int64
		if err := rows.Scan(&id, &member, &c.Alias, &c.Package, &c.Stored, &at); err != nil {
			return err
		}
		if len(id) != len(c.Conversation) || len(member) != len(c.Member) {
			return fmt.Errorf("%w: a claim of %d bytes", ErrVersion, len(id))
		}
		c.Conversation, c.Member, c.At = wire.ID(id), wire.ID(member), uint64(at)
		out = append(out, c)
		return nil
	})
	return out, err
}

func (s *Store) each(ctx context.Context, query string, args []any, row func(*sql.Rows) error) error {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("authority: load: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("authority: load: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("authority: load: %w", err)
	}
	return nil
}
