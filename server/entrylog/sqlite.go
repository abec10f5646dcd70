package entrylog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// SQLiteOptions configures OpenSQLite.
type SQLiteOptions struct {
	// Path of the database file. Its directory must exist. Required. The files
	// Path-wal and Path-shm belong to it. All are made readable by their owner only.
	Path string

	// Readers is the size of the pool of read-only connections. Default 4.
	Readers int

	// Now is the clock for Entry.At. Default time.Now.
	Now func() time.Time
}

// maxWAL is the size in bytes above which the write-ahead log is cut, with
// readers held back for as long, so that steady reading can't let it grow for ever.
const maxWAL = 64 << 20

// SQLite is the embedded driver of Log: one file, one process.
type SQLite struct {
	path  string
	now   func() time.Time
	write *sql.DB // one connection, the writer goroutine's
	read  *sql.DB

	// gate is held shared by each read and alone by what cuts the write-ahead
	// log, which SQLite can't do while anyone reads.
	gate   sync.RWMutex
	closed bool // under gate

	jobs    chan *job
	closing chan struct{}
	stopped chan struct{}
	once    sync.Once
	failed  error // what closing the files said; read after stopped
}

var _ Log = (*SQLite)(nil)

// OpenSQLite opens or makes a database and finishes erasures that a crash cut short.
func OpenSQLite(o SQLiteOptions) (*SQLite, error) {
	if o.Path == "" || o.Readers < 0 {
		return nil, fmt.Errorf("%w: path %q, %d readers", ErrBadRequest, o.Path, o.Readers)
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, fmt.Errorf("entrylog: %w", err)
	}
	if err := create(path); err != nil {
		return nil, err
	}
	l := &SQLite{path: path, now: o.Now, jobs: make(chan *job, maxBatch),
		closing: make(chan struct{}), stopped: make(chan struct{})}
	if l.write, err = open(path, "rw", 1); err != nil {
		return nil, err
	}
	w, err := newWriter(l)
	if err != nil {
		return nil, errors.Join(err, l.write.Close())
	}
	if l.read, err = open(path, "ro", o.Readers); err != nil {
		return nil, errors.Join(err, w.close(), l.write.Close())
	}
	go w.run()
	if err := l.resume(context.Background()); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// create makes the file before SQLite does, for its mode and for the
// directory's fsync: a new database must not vanish with a power cut.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("entrylog: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("entrylog: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("entrylog: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("entrylog: %w", err)
	}
	return nil
}

func open(path, mode string, connections int) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Path: path, RawQuery: "mode=" + mode + "&_pragma=busy_timeout(2000)"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, fmt.Errorf("entrylog: open %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close stops the writer after the transaction under way, waits for readers,
// and closes the files. Requests that were only queued return ErrClosed.
func (l *SQLite) Close() error {
	l.once.Do(func() {
		close(l.closing)
		<-l.stopped
		l.gate.Lock()
		defer l.gate.Unlock()
		l.closed = true
		// Readers first: the last to close folds the write-ahead log into the
		// database, which needs a connection that may write.
		l.failed = errors.Join(l.read.Close(), l.write.Close())
	})
	return l.failed
}
