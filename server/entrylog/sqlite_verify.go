package entrylog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxDamages is how much damage Verify lists.
const maxDamages = 20

// Verify reads the whole database and says what is damaged, as errors that are
// ErrDamaged: in SQLite's own structure, and entries whose bytes are not those
// that were appended. Opening does not: it would take as long as the database
// is large. Reading finds what it meets.
func (l *SQLite) Verify(ctx context.Context) error {
	var found []error
	err := l.rows(ctx, fmt.Sprintf("PRAGMA quick_check(%d)", maxDamages), nil, func(r *sql.Rows) (bool, error) {
		var says string
		if err := r.Scan(&says); err != nil {
			return false, err
		}
		if says != "ok" {
			found = append(found, fmt.Errorf("%w: %s", ErrDamaged, says))
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	// In steps, as nothing may be read while the write-ahead log is cut.
	for after, more := int64(0), true; more && len(found) < maxDamages; {
		more = false
		err := l.rows(ctx, "SELECT number, hash, bytes FROM entries WHERE number > ? ORDER BY number LIMIT ?", []any{after, MaxRead},
			func(r *sql.Rows) (bool, error) {
				more = true
				var number int64
				var sum, bytes sql.RawBytes
				if err := r.Scan(&number, &sum, &bytes); err != nil {
					return false, err
				}
				if number <= after {
					return false, fmt.Errorf("%w: rows are not in order", ErrDamaged)
				}
				after = number
				if expect := hash(bytes); bytes != nil && string(sum) != string(expect[:]) {
					found = append(found, fmt.Errorf("%w: row %d", ErrDamaged, after))
				}
				return len(found) < maxDamages, nil
			})
		if err != nil {
			return errors.Join(append(found, err)...)
		}
	}
	return errors.Join(found...)
}
