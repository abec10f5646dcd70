package demo

import (
	"bufio"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/sealwire/sealwire/server/entrylog"
)

// watchedLog is the relay's log with a window for the pane: it notes which
// conversations there are, in a file of the demo's own, and tells who looks
// that something was stored. The log itself is the only source of what.
type watchedLog struct {
	entrylog.Log

	mu       sync.Mutex
	index    *os.File // one conversation key in hex a line
	keys     [][]byte
	watchers map[chan struct{}]struct{}
}

func openLog(dir string) (*watchedLog, error) {
	for _, sub := range []string{"relay", "pane"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	index, err := os.OpenFile(filepath.Join(dir, "pane", "conversations"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	w := &watchedLog{index: index, watchers: make(map[chan struct{}]struct{})}
	for lines := bufio.NewScanner(index); lines.Scan(); {
		// A line that a crash cut short is of a conversation that never began.
		if key, err := hex.DecodeString(lines.Text()); err == nil && len(key) > 0 {
			w.keys = append(w.keys, key)
		}
	}
	if w.Log, err = entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: filepath.Join(dir, "relay", "log.db")}); err != nil {
		index.Close()
		return nil, err
	}
	return w, nil
}

func (w *watchedLog) Append(ctx context.Context, r entrylog.AppendRequest) (uint64, bool, error) {
	if r.Expect == ([32]byte{}) {
		w.note(r.Conversation)
	}
	sequence, dup, err := w.Log.Append(ctx, r)
	if err == nil && !dup {
		w.mu.Lock()
		for watcher := range w.watchers {
			select {
			case watcher <- struct{}{}:
			default: // it has not looked since the last one
			}
		}
		w.mu.Unlock()
	}
	return sequence, dup, err
}

// note remembers a conversation before its genesis is stored, so that no
// stored one is unknown. If the file cannot be written the pane loses it at
// the next start, and nobody else does.
func (w *watchedLog) note(key []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.ContainsFunc(w.keys, func(k []byte) bool { return string(k) == string(key) }) {
		return
	}
	w.keys = append(w.keys, slices.Clone(key))
	_, _ = w.index.WriteString(hex.EncodeToString(key) + "\n")
}

func (w *watchedLog) Close() error { return errors.Join(w.Log.Close(), w.index.Close()) }

// watch gives a channel that gets a token when something was stored.
func (w *watchedLog) watch() (watcher chan struct{}, stop func()) {
	watcher = make(chan struct{}, 1)
	w.mu.Lock()
	w.watchers[watcher] = struct{}{}
	w.mu.Unlock()
	return watcher, func() {
		w.mu.Lock()
		delete(w.watchers, watcher)
		w.mu.Unlock()
	}
}

// stored is one entry as the log has it.
type stored struct {
	key []byte
	entrylog.Entry
}

// pieces bounds what is read of one conversation at a time.
const pieces = 1 << 20

// since reads what was stored after the cursors, which it moves, oldest first.
// It may be called again at once: it stops at a bound.
func (w *watchedLog) since(ctx context.Context, cursors map[string]uint64) ([]stored, error) {
	w.mu.Lock()
	keys := slices.Clone(w.keys)
	w.mu.Unlock()
	heads, err := w.Heads(ctx, keys)
	if err != nil {
		return nil, err
	}
	var out []stored
	for _, key := range keys {
		after := cursors[string(key)]
		if heads[string(key)].Sequence <= after {
			continue
		}
		entries, err := w.Read(ctx, key, after, entrylog.MaxRead, pieces)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			out = append(out, stored{key, e})
			cursors[string(key)] = e.Sequence
		}
	}
	slices.SortStableFunc(out, func(a, b stored) int { return cmp.Compare(a.At, b.At) })
	return out, nil
}
