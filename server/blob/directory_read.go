package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Open implements Store.
func (d *Directory) Open(ctx context.Context, id ID) (File, Info, error) {
	leave, err := d.enter(ctx)
	if err != nil {
		return nil, Info{}, err
	}
	defer leave()
	r, err := d.find(id)
	if err != nil {
		return nil, Info{}, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if err := r.alive(); err != nil {
		return nil, Info{}, err
	}
	if !r.info.Complete {
		return nil, Info{}, ErrIncomplete
	}
	return &file{d: d, r: r, size: int64(r.info.Size), block: -1}, r.info, nil
}

// file reads a complete blob by checked blocks. It holds at most one part open
// and one block in memory.
type file struct {
	d        *Directory
	r        *record
	size, at int64
	closed   bool

	part   int // the number of the open one
	opened *partFile

	block  int64 // the number, in the whole blob, of what is in filled; -1: none
	buf    *[blockSize]byte
	filled []byte
}

// Size implements File.
func (f *file) Size() uint64 { return uint64(f.size) }

// Read implements io.Reader. It returns the rest of one block at most.
func (f *file) Read(p []byte) (int, error) {
	if f.closed {
		return 0, os.ErrClosed
	}
	leave, err := f.d.enter(context.Background())
	if err != nil {
		return 0, err
	}
	defer leave()
	f.r.mu.RLock()
	defer f.r.mu.RUnlock()
	if err := f.r.alive(); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if f.at >= f.size {
		return 0, io.EOF
	}
	if err := f.load(f.at / blockSize); err != nil {
		return 0, err
	}
	n := copy(p, f.filled[f.at%blockSize:])
	f.at += int64(n)
	return n, nil
}

// load fills the buffer with a block of the blob.
func (f *file) load(block int64) error {
	if f.block == block {
		return nil
	}
	f.block = -1
	const blocks = PartSize / blockSize
	if part := int(block / blocks); f.opened == nil || f.part != part {
		if err := f.open(part); err != nil {
			return err
		}
	}
	if f.buf == nil {
		f.buf = blockBuffers.Get().(*[blockSize]byte)
	}
	filled, err := f.opened.block(f.buf, int(block%blocks))
	if err != nil {
		return fmt.Errorf("part %d of %x: %w", f.part, f.r.info.ID, err)
	}
	f.filled, f.block = filled, block
	return nil
}

func (f *file) open(part int) error {
	if f.opened != nil {
		_ = f.opened.f.Close()
		f.opened = nil
	}
	length, err := partLength(f.r.info.Size, part)
	if err != nil {
		return err
	}
	p, err := openPart(filepath.Join(f.d.blobPath(f.r), partName(part)), f.r.info.ID, part, length)
	if err != nil {
		return err
	}
	f.part, f.opened = part, p
	return nil
}

// Seek implements io.Seeker.
func (f *file) Seek(offset int64, whence int) (int64, error) {
	if f.closed {
		return 0, os.ErrClosed
	}
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size
	case io.SeekStart:
	default:
		return 0, errors.New("blob: seek: bad whence")
	}
	if offset < 0 {
		return 0, errors.New("blob: seek: before the start")
	}
	f.at = offset
	return offset, nil
}

// Close implements io.Closer.
func (f *file) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	if f.buf != nil {
		blockBuffers.Put(f.buf)
		f.buf, f.filled = nil, nil
	}
	if f.opened != nil {
		return f.opened.f.Close()
	}
	return nil
}
