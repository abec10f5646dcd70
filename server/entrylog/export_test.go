package entrylog

import "context"

// TestingOnlyHold keeps the writer busy until release is called.
func (l *SQLite) TestingOnlyHold() (release func()) {
	held, free := make(chan struct{}), make(chan struct{})
	go func() {
		_ = l.submit(context.Background(), true, func(*writer) error { close(held); <-free; return nil })
	}()
	<-held
	return func() { close(free) }
}

// TestingOnlyQueued is the number of requests that wait for the writer.
func (l *SQLite) TestingOnlyQueued() int { return len(l.jobs) }

// TestingOnlyExec runs a statement on the writer's connection.
func (l *SQLite) TestingOnlyExec(text string) error {
	return l.submit(context.Background(), true, func(w *writer) error {
		_, err := w.conn.ExecContext(context.Background(), text)
		return err
	})
}

// TestingOnlyStartErase does only the first transaction of Erase and dies.
func (l *SQLite) TestingOnlyStartErase(conversation []byte) error {
	return l.submit(context.Background(), false, func(w *writer) error { return w.startErase(conversation) })
}
