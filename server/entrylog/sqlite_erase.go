package entrylog

import "context"

// eraseStep is how many entries one transaction of Trim or Erase changes, so
// that appends of other conversations get in between.
const eraseStep = 512

// Trim implements Log.
func (l *SQLite) Trim(ctx context.Context, conversation []byte, before uint64) error {
	if err := checkKey("conversation", conversation, 1); err != nil {
		return err
	}
	for before, more := min(before, maxInt), true; more; {
		err := l.submit(ctx, false, func(w *writer) (err error) {
			more, err = w.trim(conversation, int64(before))
			return err
		})
		if err != nil {
			return err
		}
	}
	// Also when nothing was left to trim: an earlier call may have ended before this.
	return l.submit(ctx, true, (*writer).cutWAL)
}

func (w *writer) trim(conversation []byte, before int64) (more bool, err error) {
	var number, last, trimmed int64
	known, err := w.row("SELECT number, sequence, trimmed FROM conversations WHERE key = ?",
		[]any{conversation}, &number, &last, &trimmed)
	if err != nil {
		return false, err
	}
	if !known {
		return false, ErrNotFound
	}
	before = min(before, last+1)
	if trimmed >= before {
		return false, nil
	}
	to := min(trimmed+eraseStep, before)
	if _, err := w.exec("UPDATE entries SET bytes = NULL WHERE conversation = ? AND sequence >= ? AND sequence < ? AND commits = 0",
		number, trimmed, to); err != nil {
		return false, err
	}
	_, err = w.exec("UPDATE conversations SET trimmed = ? WHERE number = ?", to, number)
	return to < before, err
}

// Erase implements Log. The first transaction takes the conversation out of
// sight and notes that its entries are to go; the others remove them in steps;
// the last strikes the note. A crash in between is made up for by OpenSQLite.
func (l *SQLite) Erase(ctx context.Context, conversation []byte) error {
	if err := checkKey("conversation", conversation, 1); err != nil {
		return err
	}
	if err := l.submit(ctx, false, func(w *writer) error { return w.startErase(conversation) }); err != nil {
		return err
	}
	return l.resume(ctx)
}

func (w *writer) startErase(conversation []byte) error {
	key := erasedKey(conversation)
	var number int64
	known, err := w.row("SELECT number FROM conversations WHERE key = ?", []any{conversation}, &number)
	if err != nil {
		return err
	}
	if !known {
		var one int
		gone, err := w.row("SELECT 1 FROM erased WHERE key = ?", []any{key}, &one)
		if err == nil && !gone {
			err = ErrNotFound
		}
		return err
	}
	if _, err := w.exec("INSERT INTO erased (key, conversation) VALUES (?, ?)", key, number); err != nil {
		return err
	}
	if _, err := w.exec("DELETE FROM members WHERE conversation = ?", number); err != nil {
		return err
	}
	_, err = w.exec("DELETE FROM conversations WHERE number = ?", number)
	return err
}

// resume finishes all erasures that were begun, and cuts the write-ahead log,
// where erased bytes may still stand.
func (l *SQLite) resume(ctx context.Context) error {
	for more := true; more; {
		err := l.submit(ctx, false, func(w *writer) (err error) {
			more, err = w.eraseSome()
			return err
		})
		if err != nil {
			return err
		}
	}
	return l.submit(ctx, true, (*writer).cutWAL)
}

func (w *writer) eraseSome() (more bool, err error) {
	var number int64
	if more, err = w.row("SELECT conversation FROM erased WHERE conversation IS NOT NULL LIMIT 1", nil, &number); err != nil || !more {
		return false, err
	}
	// Not a deletion: see schema.
	changed, err := w.exec(`UPDATE entries SET conversation = NULL, sequence = NULL, id = NULL, at = NULL, commits = NULL, hash = NULL, bytes = NULL
		WHERE number IN (SELECT number FROM entries WHERE conversation = ? LIMIT ?)`, number, eraseStep)
	if err != nil {
		return false, err
	}
	if changed < eraseStep {
		_, err = w.exec("UPDATE erased SET conversation = NULL WHERE conversation = ?", number)
	}
	return true, err
}
