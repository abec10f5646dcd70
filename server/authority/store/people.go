package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Agent is somebody at work, as long as the credential stands.
type Agent struct {
	Member wire.ID
	Alias  string
	Role   wire.Role
	Queues []string
	Until  uint64 // Unix seconds
}

// separator stands in no queue's name.
const separator = "\x00"

// PutAgent remembers an agent, in the place of an older word on the same member.
func (s *Store) PutAgent(ctx context.Context, a Agent) error {
	_, err := s.db.ExecContext(ctx, "INSERT OR REPLACE INTO agents (member, alias, role, queues, until) VALUES (?, ?, ?, ?, ?)",
		a.Member[:], a.Alias, int64(a.Role), strings.Join(a.Queues, separator), int64(a.Until))
	if err != nil {
		return fmt.Errorf("authority: save: %w", err)
	}
	return nil
}

// Agents lists those whose credential has not ended, and forgets the others.
func (s *Store) Agents(ctx context.Context, now uint64) (out []Agent, err error) {
	if _, err := s.db.ExecContext(ctx, "DELETE FROM agents WHERE until <= ?", int64(now)); err != nil {
		return nil, fmt.Errorf("authority: load: %w", err)
	}
	err = s.each(ctx, "SELECT member, alias, role, queues, until FROM agents", nil, func(rows *sql.Rows) error {
		var a Agent
		var id []byte
		var role, until int64
		var queues string
		if err := rows.Scan(&id, &a.Alias, &role, &queues, &until); err != nil {
			return err
		}
		if len(id) != len(a.Member) {
			return fmt.Errorf("%w: an agent of %d bytes", ErrVersion, len(id))
		}
		a.Member, a.Role, a.Until, a.Queues = wire.ID(id), wire.Role(role), uint64(until), strings.Split(queues, separator)
		out = append(out, a)
		return nil
	})
	return out, err
}

// Manifest is the newest that was used; nil before the first.
func (s *Store) Manifest(ctx context.Context) ([]byte, error) {
	var raw []byte
	err := s.db.QueryRowContext(ctx, "SELECT bytes FROM manifest").Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("authority: load: %w", err)
	}
	return raw, nil
}

// PutManifest remembers the newest.
func (s *Store) PutManifest(ctx context.Context, raw []byte) error {
	if _, err := s.db.ExecContext(ctx, "INSERT OR REPLACE INTO manifest (one, bytes) VALUES (1, ?)", raw); err != nil {
		return fmt.Errorf("authority: save: %w", err)
	}
	return nil
}
