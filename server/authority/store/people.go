package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Agent is an identity of somebody at work, as long as the credential stands.
type Agent struct {
	Member    wire.ID
	Alias     string
	Role      wire.Role
	Queues    []string
	Until     uint64   // Unix seconds
	Account   [32]byte // whose it is, as [Store.Account] has it; zero where no login said
	Used      uint64   // Unix seconds: when it was last here
	Displaced bool     // by another identity of the account
}

// Account is how a person's own name at the company is kept: who has the
// database alone cannot try which name that is.
func (s *Store) Account(name string) [32]byte {
	m := hmac.New(sha256.New, s.accounts[:])
	m.Write([]byte(name))
	return [32]byte(m.Sum(nil))
}

// separator stands in no queue's name.
const separator = "\x00"

// PutAgents remembers agents, in the place of older words on the same members,
// and forgets those whose credential has ended; all of it or nothing.
func (s *Store) PutAgents(ctx context.Context, now uint64, agents ...Agent) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM agents WHERE until <= ?", int64(now)); err != nil {
			return err
		}
		for _, a := range agents {
			if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO agents (member, alias, role, queues, until, account, used, displaced) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				a.Member[:], a.Alias, int64(a.Role), strings.Join(a.Queues, separator), int64(a.Until), a.Account[:], int64(a.Used), a.Displaced); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("authority: save: %w", err)
	}
	return nil
}

// Agents lists those whose credential has not ended, and forgets the others.
func (s *Store) Agents(ctx context.Context, now uint64) (out []Agent, err error) {
	if err := s.PutAgents(ctx, now); err != nil {
		return nil, err
	}
	err = s.each(ctx, "SELECT member, alias, role, queues, until, account, used, displaced FROM agents", nil, func(rows *sql.Rows) error {
		var a Agent
		var id, account []byte
		var role, until, used int64
		var queues string
		if err := rows.Scan(&id, &a.Alias, &role, &queues, &until, &account, &used, &a.Displaced); err != nil {
			return err
		}
		if len(id) != len(a.Member) || len(account) != len(a.Account) {
			return fmt.Errorf("%w: an agent of %d and %d bytes", ErrVersion, len(id), len(account))
		}
		a.Member, a.Account, a.Role, a.Until, a.Used, a.Queues = wire.ID(id), [32]byte(account), wire.Role(role), uint64(until), uint64(used), strings.Split(queues, separator)
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
