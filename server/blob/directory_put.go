package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Put implements Store: temporary file, fsync, rename, directory fsync.
func (d *Directory) Put(ctx context.Context, id ID, part int, body io.Reader) error {
	r, length, err := d.target(ctx, id, part)
	if err != nil {
		return err
	}
	s := &staged{d: d, r: r, part: part, length: length}
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.close()
	if err := s.fill(ctx, body); err != nil {
		return err
	}
	return s.place(ctx)
}

func (d *Directory) target(ctx context.Context, id ID, part int) (*record, int, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	r, err := d.find(id)
	if err != nil {
		return nil, 0, err
	}
	length, err := partLength(r.info.Size, part)
	return r, length, err
}

// staged is a part that is being written. Each of its steps looks anew whether
// store and blob are still there, as a body may take long.
type staged struct {
	d            *Directory
	r            *record
	part, length int
	name         string
	f            *os.File
	sums         []byte
	placed       bool
}

func (s *staged) path() string     { return filepath.Join(s.d.blobPath(s.r), partName(s.part)) }
func (s *staged) tempPath() string { return filepath.Join(s.d.blobPath(s.r), s.name) }

// step runs do while the blob is alive and the store open.
func (s *staged) step(ctx context.Context, do func() error) error {
	leave, err := s.d.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	s.r.mu.RLock()
	defer s.r.mu.RUnlock()
	if err := s.r.alive(); err != nil {
		return err
	}
	return do()
}

func (s *staged) open(ctx context.Context) error {
	return s.step(ctx, func() (err error) {
		s.name = unlike("put-")
		if s.f, err = os.OpenFile(s.tempPath(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return failed("make file", err)
		}
		return nil
	})
}

// close removes the temporary file if it was not placed.
func (s *staged) close() {
	_ = s.f.Close()
	if !s.placed {
		// The blob may be gone, and with it this. If it is there and this
		// fails, opening the store removes it.
		_ = os.Remove(s.tempPath())
	}
}

// fill writes the body and its checksums.
func (s *staged) fill(ctx context.Context, body io.Reader) error {
	buf := blockBuffers.Get().(*[blockSize]byte)
	defer blockBuffers.Put(buf)
	for at := 0; at < s.length; {
		b := buf[:min(blockSize, s.length-at)]
		if n, err := io.ReadFull(body, b); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%w: part %d of %d bytes, want %d: %w", ErrBadRequest, s.part, at+n, s.length, err)
		} else if err != nil {
			return fmt.Errorf("blob: body of part %d: %w", s.part, err)
		}
		sum := sha256.Sum256(b)
		s.sums = append(s.sums, sum[:]...)
		if err := s.step(ctx, func() error { return s.write(b) }); err != nil {
			return err
		}
		at += len(b)
	}
	if n, err := io.ReadFull(body, buf[:1]); n > 0 {
		return fmt.Errorf("%w: part %d is longer than %d bytes", ErrBadRequest, s.part, s.length)
	} else if !errors.Is(err, io.EOF) {
		return fmt.Errorf("blob: body of part %d: %w", s.part, err)
	}
	tail := append(s.sums[:len(s.sums):len(s.sums)], sealSums(s.r.info.ID, s.part, s.length, s.sums)...)
	return s.step(ctx, func() error { return s.write(tail) })
}

func (s *staged) write(b []byte) error {
	if _, err := s.d.testingOnlyWrite(s.f, b); err != nil {
		return failed("write part", err)
	}
	return nil
}

// place gives the part its name, unless it is stored already.
func (s *staged) place(ctx context.Context) error {
	stored := false
	if err := s.step(ctx, func() (err error) { stored, err = s.stored(); return err }); err != nil || stored {
		return err
	}
	// Outside of the lock: this is what takes long, and others may go on.
	if err := s.d.testingOnlySync(s.f); err != nil {
		return failed("sync part", err)
	}
	leave, err := s.d.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	if err := s.r.alive(); err != nil {
		return err
	}
	if stored, err := s.stored(); err != nil || stored {
		return err
	}
	if err := os.Rename(s.tempPath(), s.path()); err != nil {
		return failed("move part", err)
	}
	s.placed = true
	// Until the name is durable the part is not there, and may be put again,
	// even with other bytes: nobody was told.
	if err := s.d.syncDir(s.d.blobPath(s.r)); err != nil {
		return err
	}
	s.r.present.set(s.part)
	return nil
}

// stored reports whether the part is there with the same bytes, or that it is
// there with others. A damaged one counts as absent until the blob is complete.
// r.mu must be held.
func (s *staged) stored() (bool, error) {
	if !s.r.info.Complete && !s.r.present.has(s.part) {
		return false, nil
	}
	p, err := openPart(s.path(), s.r.info.ID, s.part, s.length)
	if err == nil {
		err = p.check()
		_ = p.f.Close()
	}
	switch {
	case errors.Is(err, ErrDamaged) && !s.r.info.Complete:
		return false, nil
	case err != nil:
		return false, err
	case !bytes.Equal(p.sums, s.sums):
		return false, fmt.Errorf("%w: part %d", ErrConflict, s.part)
	}
	return true, nil
}
