package entrylog

import (
	"context"
	"database/sql"
	"fmt"
)

// applicationID marks our files ("SWEL"), version counts the schema's changes.
const (
	applicationID = 0x5357454c
	version       = 1
)

// schema. Rows of entries are only ever inserted at the end and made smaller in
// place, never deleted, and conversation is null once erased: SQLite's
// secure_delete zeroes what is freed, but when it balances pages after a
// deletion it can leave copies of neighbouring rows in a page's gap, where a
// later erasure would not reach them. Appending and shrinking never move a row.
// An erased row keeps some six bytes. What may linger in gaps is keys, ids,
// hashes and records: no ciphertext.
const schema = `
CREATE TABLE conversations (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	key      BLOB NOT NULL UNIQUE,
	sequence INTEGER NOT NULL,
	head     BLOB NOT NULL,
	trimmed  INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE members (
	member       BLOB NOT NULL,
	conversation INTEGER NOT NULL,
	PRIMARY KEY (member, conversation)
) WITHOUT ROWID;
CREATE INDEX members_conversation ON members (conversation);
CREATE TABLE entries (
	number       INTEGER PRIMARY KEY,
	conversation INTEGER,
	sequence     INTEGER,
	id           BLOB,
	at           INTEGER,
	commits      INTEGER,
	hash         BLOB,
	bytes        BLOB
);
CREATE UNIQUE INDEX entries_sequence ON entries (conversation, sequence) WHERE conversation IS NOT NULL;
CREATE UNIQUE INDEX entries_id ON entries (conversation, id) WHERE conversation IS NOT NULL;
CREATE INDEX entries_commits ON entries (conversation, sequence) WHERE commits = 1;
CREATE TABLE erased (
	key          BLOB PRIMARY KEY,
	conversation INTEGER
) WITHOUT ROWID;
CREATE INDEX erased_unfinished ON erased (conversation) WHERE conversation IS NOT NULL;
CREATE TABLE records (
	number  INTEGER PRIMARY KEY AUTOINCREMENT,
	space   TEXT NOT NULL,
	owner   BLOB NOT NULL,
	id      BLOB NOT NULL,
	value   BLOB NOT NULL,
	state   INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	UNIQUE (space, owner, id)
);
CREATE INDEX records_take ON records (space, owner, state, number);
CREATE INDEX records_expires ON records (expires) WHERE expires > 0;
`

// The states of a record.
const (
	recordOnce  = 0 // may be taken once
	recordKeep  = 1 // last resort: may be taken for ever
	recordTaken = 2 // taken; stays without its value until it expires
)

// prepare makes an empty database ours, and refuses any that isn't.
func prepare(ctx context.Context, c *sql.Conn) error {
	var app, have, tables int64
	for q, into := range map[string]*int64{
		"PRAGMA application_id": &app, "PRAGMA user_version": &have, "SELECT count(*) FROM sqlite_schema": &tables,
	} {
		if err := c.QueryRowContext(ctx, q).Scan(into); err != nil {
			return fmt.Errorf("entrylog: %s: %w", q, err)
		}
	}
	if app == applicationID && have == version {
		return nil
	}
	if app != 0 || have != 0 || tables != 0 {
		return fmt.Errorf("%w: application %#x, version %d", ErrVersion, app, have)
	}
	// One transaction: a crash leaves an empty file or a whole schema.
	_, err := c.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		schema, applicationID, version))
	if err != nil {
		return fmt.Errorf("entrylog: make the schema: %w", err)
	}
	return nil
}

// settings are read back after opening: a promise about durability must not
// hang on a misspelt pragma, which SQLite ignores.
var settings = []struct{ pragma, set, want string }{
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"},
	{"secure_delete", "ON", "1"},
	{"temp_store", "MEMORY", "2"}, // no ciphertext in temporary files
	{"busy_timeout", "2000", "2000"},
	{"trusted_schema", "OFF", "0"},
}

func configure(ctx context.Context, c *sql.Conn) error {
	for _, s := range settings {
		if _, err := c.ExecContext(ctx, "PRAGMA "+s.pragma+" = "+s.set); err != nil {
			return fmt.Errorf("entrylog: set %s: %w", s.pragma, err)
		}
		var got string
		if err := c.QueryRowContext(ctx, "PRAGMA "+s.pragma).Scan(&got); err != nil {
			return fmt.Errorf("entrylog: read %s: %w", s.pragma, err)
		}
		if got != s.want {
			return fmt.Errorf("entrylog: %s is %q, want %q", s.pragma, got, s.want)
		}
	}
	return nil
}
