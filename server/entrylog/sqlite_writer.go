package entrylog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// maxBatch is how many requests share one transaction, hence one fsync.
const maxBatch = 256

// job is one request to the writer. A job with alone set runs outside of any
// transaction.
type job struct {
	ctx   context.Context
	do    func(*writer) error
	alone bool
	done  chan error // of capacity 1: the writer never waits for a caller
}

// writer owns the only connection that writes. Everything here runs on its
// goroutine.
type writer struct {
	log        *SQLite
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func newWriter(l *SQLite) (*writer, error) {
	ctx := context.Background()
	conn, err := l.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("entrylog: open %s: %w", l.path, err)
	}
	w := &writer{log: l, conn: conn, statements: map[string]*sql.Stmt{}}
	if err := configure(ctx, conn); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if err := prepare(ctx, conn); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *writer) close() error {
	var errs []error
	for _, s := range w.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// submit queues a job and waits for its verdict.
func (l *SQLite) submit(ctx context.Context, alone bool, do func(*writer) error) error {
	j := &job{ctx: ctx, do: do, alone: alone, done: make(chan error, 1)}
	// Select picks at random: look at the two ends first.
	select {
	case <-l.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	select {
	case l.jobs <- j:
	case <-l.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.stopped:
		select {
		case err := <-j.done:
			return err
		default:
			return ErrClosed // queued after the writer's last look
		}
	}
}

// run is the writer goroutine.
func (w *writer) run() {
	defer close(w.log.stopped)
	batch := make([]*job, 0, maxBatch)
	for {
		// A closed channel and a queue are both ready: closing goes first.
		select {
		case <-w.log.closing:
			w.stop()
			return
		default:
		}
		select {
		case <-w.log.closing:
			w.stop()
			return
		case j := <-w.log.jobs:
			batch = append(batch[:0], j)
		}
		// Let those who were woken by the last commit queue up too.
		for idle := 0; len(batch) < maxBatch && idle < 2 && !batch[len(batch)-1].alone; {
			select {
			case j := <-w.log.jobs:
				batch, idle = append(batch, j), 0
			default:
				idle++
				runtime.Gosched()
			}
		}
		if last := batch[len(batch)-1]; last.alone {
			w.commit(batch[:len(batch)-1])
			last.done <- last.do(w)
		} else {
			w.commit(batch)
		}
		clear(batch)
		w.limitWAL()
	}
}

// stop answers whoever is still queued.
func (w *writer) stop() {
	for {
		select {
		case j := <-w.log.jobs:
			j.done <- ErrClosed
		default:
			if err := w.close(); err != nil {
				w.log.failed = fmt.Errorf("entrylog: close: %w", err)
			}
			return
		}
	}
}

// commit runs a batch in one transaction and answers its jobs afterwards: a
// sentinel is one job's own verdict, any other error undoes them all.
func (w *writer) commit(batch []*job) {
	if len(batch) == 0 {
		return
	}
	verdicts := make([]error, len(batch))
	err := w.transact(func() error {
		for i, j := range batch {
			if verdicts[i] = j.ctx.Err(); verdicts[i] != nil {
				continue // nobody waits for it any more
			}
			if verdicts[i] = j.do(w); verdicts[i] != nil && !refused(verdicts[i]) {
				return verdicts[i]
			}
		}
		return nil
	})
	for i, j := range batch {
		if err != nil {
			j.done <- fmt.Errorf("entrylog: write: %w", err)
		} else {
			j.done <- verdicts[i]
		}
	}
}

func (w *writer) transact(do func() error) error {
	if _, err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do()
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	if err != nil {
		// SQLite may have rolled back by itself, then this one fails: no matter.
		_, _ = w.exec("ROLLBACK")
	}
	return err
}

// statement prepares a text once. The context is the background's on purpose:
// a caller who leaves must not interrupt the others of its transaction.
func (w *writer) statement(text string) (*sql.Stmt, error) {
	if s, ok := w.statements[text]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		w.statements[text] = s
	}
	return s, err
}

func (w *writer) exec(text string, args ...any) (int64, error) {
	s, err := w.statement(text)
	if err != nil {
		return 0, err
	}
	r, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row scans the first row, and says whether there is one.
func (w *writer) row(text string, args []any, into ...any) (bool, error) {
	s, err := w.statement(text)
	if err != nil {
		return false, err
	}
	err = s.QueryRow(args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// cutWAL moves the write-ahead log into the database and cuts it to nothing.
func (w *writer) cutWAL() error {
	w.log.gate.Lock()
	defer w.log.gate.Unlock()
	var busy, pages, moved int
	if _, err := w.row("PRAGMA wal_checkpoint(TRUNCATE)", nil, &busy, &pages, &moved); err != nil {
		return fmt.Errorf("entrylog: checkpoint: %w", err)
	}
	if busy != 0 {
		return ErrBusy
	}
	return nil
}

func (w *writer) limitWAL() {
	if info, err := os.Stat(w.log.path + "-wal"); err == nil && info.Size() > maxWAL {
		_ = w.cutWAL() // what can't be cut now is cut after a later batch
	}
}
