package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// stores are what a relay keeps.
type stores struct {
	log    *entrylog.SQLite
	files  *blob.Directory
	unlock func() error
}

// open opens them, making them if they are not there. Both directories are
// locked while they are open, so no two processes have either at once.
func (c *relayConfig) open() (_ *stores, err error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, err
	}
	unlock, err := lockData(c.Data)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unlock())
		}
	}()
	directory := c.Files.Directory
	if directory == "" {
		directory = filepath.Join(c.Data, "files")
	}
	files, err := blob.OpenDirectory(blob.DirectoryOptions{Path: directory, Limits: blob.Limits{
		MaxFile: c.Files.MaxFile, MaxOwner: c.Files.MaxConversation, MaxGroup: c.Files.company(len(c.Tenants)), MaxTotal: c.Files.MaxTotal,
		MaxUnfinished: c.Files.MaxUnfinished, MaxUnfinishedBytes: c.Files.MaxBegun,
	}})
	if errors.Is(err, blob.ErrInUse) {
		return nil, fmt.Errorf("%s is in use: a relay runs on it", directory)
	}
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	log, err := entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: filepath.Join(c.Data, "log.db")})
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return &stores{log, files, unlock}, nil
}

// company is what the files of one of so many may take: where nothing is said
// an equal share, so that none can take the room of another.
func (f filesConfig) company(of int) uint64 {
	if f.MaxCompany != 0 || of < 2 {
		return f.MaxCompany
	}
	total := f.MaxTotal
	if total == 0 {
		total = blob.DefaultTotal
	}
	return total / uint64(of)
}

func (s *stores) Close() error { return errors.Join(s.log.Close(), s.files.Close(), s.unlock()) }

// existing opens the stores that a configuration names, if there are any.
func existing(path string) (*relayConfig, *stores, error) {
	if path == "" {
		return nil, nil, usagef("-config is needed")
	}
	c, err := readRelayConfig(path)
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(c.Data, "log.db")); err != nil {
		return nil, nil, err
	}
	s, err := c.open()
	return c, s, err
}

// erase removes a conversation and its files.
func (p *Program) erase(ctx context.Context, args []string) (err error) {
	f := p.flags("erase", "erase -config FILE CONVERSATION\n\nRemoves a conversation, its files included, for ever, from a relay that does not\nrun. CONVERSATION is its id, 32 hex digits. What its members keep stays theirs.")
	path := f.String("config", "", "JSON `file` of the relay")
	rest, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	id, err := hex.DecodeString(rest[0])
	if err != nil || len(id) != len(wire.ID{}) {
		return usagef("erase: %q is not 32 hex digits", rest[0])
	}
	c, s, err := existing(*path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range c.Tenants {
		tenant, err := c.Tenants[i].id()
		if err != nil {
			return err
		}
		switch err := relay.Erase(ctx, s.log, s.files, tenant, wire.ID(id)); {
		case err == nil:
			_, err = fmt.Fprintln(p.Stdout, "erased")
			return err
		case !errors.Is(err, entrylog.ErrNotFound):
			return err
		}
	}
	return fmt.Errorf("there is no conversation %x", id)
}

// id is the tenant's in the log.
func (t *tenantConfig) id() (id wire.ID, err error) {
	if t.ID != "" {
		raw, err := hex.DecodeString(t.ID)
		if err != nil || len(raw) != len(id) {
			return id, badConfig("id: want 32 hex digits")
		}
		return wire.ID(raw), nil
	}
	if len(t.OrgKeys) == 0 {
		return id, badConfig("orgKeys: one is needed")
	}
	root, err := authority.ParseOrgKey(t.OrgKeys[0])
	if err != nil {
		return id, badConfig("orgKeys: %w", err)
	}
	return wire.TenantID(root), nil
}

// verify reads all of the log.
func (p *Program) verify(ctx context.Context, args []string) (err error) {
	f := p.flags("verify", "verify -config FILE\n\nReads all entries of a relay that does not run, and says which are damaged. The\nfiles are checked whenever they are read.")
	path := f.String("config", "", "JSON `file` of the relay")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	_, s, err := existing(*path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.log.Verify(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, "no damage found")
	return err
}
