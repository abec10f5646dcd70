package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/sealwire/sealwire/wasm/keystore"
)

// The files of a store.
const (
	DatabaseFile = "authority.db"
	KeyFile      = "inbox.key"
)

// Sentinels of this package.
var (
	ErrInUse   = errors.New("authority: the store is in use by another process")
	ErrVersion = errors.New("authority: unknown database version")
	ErrKey     = errors.New("authority: the data key does not open this store")
)

// Store is an open store. It is safe for concurrent use.
type Store struct {
	db    *sql.DB     // one connection
	stale atomic.Bool // the write-ahead log may hold what was replaced
	keys  *keystore.Keystore

	accounts [32]byte // the key of [Store.Account]
}

const (
	applicationID = 0x53574155 // "SWAU"
	version       = 2
)

const schema = `
CREATE TABLE ends (
	queue TEXT PRIMARY KEY,
	state BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE talks (
	queue        TEXT NOT NULL,
	conversation BLOB NOT NULL,
	state        BLOB NOT NULL,
	position     INTEGER NOT NULL,
	last         BLOB NOT NULL,
	home         TEXT NOT NULL,
	since        INTEGER NOT NULL,
	parked       INTEGER NOT NULL,
	waiting      INTEGER NOT NULL,
	quiet        INTEGER NOT NULL,
	ends         INTEGER NOT NULL,
	customer     BLOB NOT NULL,
	heard        INTEGER NOT NULL,
	PRIMARY KEY (queue, conversation)
);
CREATE TABLE left_alone (
	queue        TEXT NOT NULL,
	conversation BLOB NOT NULL,
	position     INTEGER NOT NULL,
	at           INTEGER NOT NULL,
	PRIMARY KEY (queue, conversation)
);
CREATE TABLE claims (
	queue        TEXT NOT NULL,
	conversation BLOB NOT NULL,
	member       BLOB NOT NULL,
	alias        TEXT NOT NULL,
	package      BLOB NOT NULL,
	stored       INTEGER NOT NULL,
	at           INTEGER NOT NULL,
	PRIMARY KEY (queue, conversation)
);
CREATE TABLE agents (
	member BLOB PRIMARY KEY,
	alias  TEXT NOT NULL,
	role   INTEGER NOT NULL,
	queues TEXT NOT NULL,
	until  INTEGER NOT NULL,
	account   BLOB NOT NULL,
	used      INTEGER NOT NULL,
	displaced INTEGER NOT NULL
);
CREATE TABLE manifest (
	one   INTEGER PRIMARY KEY CHECK (one = 1),
	bytes BLOB NOT NULL
);
`

const migration = `BEGIN EXCLUSIVE;
ALTER TABLE agents ADD COLUMN account BLOB NOT NULL DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';
ALTER TABLE agents ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN displaced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE talks ADD COLUMN customer BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';
ALTER TABLE talks ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
UPDATE talks SET heard = since;
CREATE TABLE left_alone (queue TEXT NOT NULL, conversation BLOB NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (queue, conversation));
PRAGMA user_version = 2;
COMMIT`

// settings are read back: a promise about durability must not hang on a
// misspelt pragma, which SQLite ignores.
var settings = []struct{ pragma, set, want string }{
	{"locking_mode", "EXCLUSIVE", "exclusive"},
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"},
	{"secure_delete", "ON", "1"},
	{"temp_store", "MEMORY", "2"},
	{"trusted_schema", "OFF", "0"},
}

// Open opens the store in a directory, or makes it, the directory included.
func Open(dir string) (_ *Store, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(filepath.Join(dir, DatabaseFile))
	if err != nil {
		return nil, err
	}
	_, before := os.Stat(path)
	key, err := dataKey(filepath.Join(dir, KeyFile), errors.Is(before, os.ErrNotExist))
	if err != nil {
		return nil, err
	}
	s := &Store{accounts: [32]byte(accountKey(key))}
	s.keys, err = keystore.Open(key)
	clear(key)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Close(), syncDir(dir)); err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: "mode=rw&_pragma=busy_timeout(200)"}
	if s.db, err = sql.Open("sqlite", u.String()); err != nil {
		return nil, err
	}
	s.db.SetMaxOpenConns(1)
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

func (s *Store) prepare() error {
	ctx := context.Background()
	for _, q := range settings {
		var got string
		err := s.db.QueryRowContext(ctx, "PRAGMA "+q.pragma+" = "+q.set).Scan(&got)
		if errors.Is(err, sql.ErrNoRows) {
			err = s.db.QueryRowContext(ctx, "PRAGMA "+q.pragma).Scan(&got)
		}
		if busy(err) {
			return ErrInUse
		}
		if err != nil || got != q.want {
			return fmt.Errorf("authority: %s is %q, want %q: %w", q.pragma, got, q.want, err)
		}
	}
	var app, have, tables int64
	for q, into := range map[string]*int64{"PRAGMA application_id": &app, "PRAGMA user_version": &have, "SELECT count(*) FROM sqlite_schema": &tables} {
		if err := s.db.QueryRowContext(ctx, q).Scan(into); err != nil {
			return err
		}
	}
	if app == applicationID && have == 1 { // it had no accounts
		switch _, err := s.db.ExecContext(ctx, migration); {
		case busy(err):
			return ErrInUse
		case err != nil:
			return err
		}
		have = version
	}
	if app != applicationID || have != version {
		if app != 0 || have != 0 || tables != 0 {
			return fmt.Errorf("%w: application %#x, version %d", ErrVersion, app, have)
		}
	}
	make := ""
	if tables == 0 {
		make = fmt.Sprintf("%s PRAGMA application_id = %d; PRAGMA user_version = %d;", schema, applicationID, version)
	}
	// Also where nothing is made: in exclusive mode the first write takes the file.
	_, err := s.db.ExecContext(ctx, "BEGIN EXCLUSIVE; "+make+" COMMIT")
	if busy(err) {
		return ErrInUse
	}
	if err != nil {
		return err
	}
	s.stale.Store(true) // whatever a crash left
	return s.Purge(ctx)
}

// Purge takes what was replaced or deleted since the last time off the disk: it
// stands in the write-ahead log until then.
func (s *Store) Purge(ctx context.Context) error {
	if !s.stale.Swap(false) {
		return nil
	}
	var busy, pages, moved int
	err := s.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		err = errors.New("the database is busy")
	}
	if err != nil {
		s.stale.Store(true)
		return fmt.Errorf("authority: purge: %w", err)
	}
	return nil
}

func busy(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "SQLITE_BUSY") || strings.Contains(err.Error(), "database is locked"))
}

// Close closes the files and forgets the data key.
func (s *Store) Close() error {
	s.keys.Wipe()
	return s.db.Close()
}

// accountKey derives what accounts are hashed under.
func accountKey(key []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("sealwire authority accounts"))
	return m.Sum(nil)
}

const keyPrefix = "sealwire-inbox-key-1 "

// dataKey reads the data key, or makes it where there is no database either: a
// store whose key is lost must not seem to be a new one.
func dataKey(path string, make bool) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && make {
		return newKey(path)
	}
	if err != nil {
		return nil, err
	}
	defer clear(text)
	rest, ok := strings.CutPrefix(strings.TrimSpace(string(text)), keyPrefix)
	key, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if !ok || err != nil || len(key) != keystore.KeySize {
		return nil, fmt.Errorf("%w: %s does not begin with %q and a key", ErrKey, path, strings.TrimSpace(keyPrefix))
	}
	return key, nil
}

func newKey(path string) ([]byte, error) {
	key := make([]byte, keystore.KeySize)
	rand.Read(key)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(keyPrefix + base64.RawURLEncoding.EncodeToString(key) + "\n")
	return key, errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(path)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
