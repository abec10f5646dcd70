package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
)

// A part's file is its bytes, then a checksum of each block of them, then one
// of those with the place of the part, so that a file that was moved is as
// damaged as one that was changed:
//
//	bytes ‖ SHA-256(block) for each 32 KiB ‖
//	SHA-256("sealwire part 1" ‖ id[16] ‖ u32 part ‖ u32 length ‖ the checksums before)
//
// A reader checks block by block, so that a range costs no more than its blocks.
const (
	blockSize = 32 << 10
	partLabel = "sealwire part 1"
)

var blockBuffers = sync.Pool{New: func() any { return new([blockSize]byte) }}

func blockCount(length int) int { return (length + blockSize - 1) / blockSize }

// partFileSize is the size of the file of a part of that length.
func partFileSize(length int) int64 {
	return int64(length + sha256.Size*blockCount(length) + sha256.Size)
}

func partName(part int) string { return fmt.Sprintf("%08d", part) }

// parsePartName returns -1 for every other name.
func parsePartName(name string) int {
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 || partName(n) != name {
		return -1
	}
	return n
}

// sealSums is the last checksum.
func sealSums(id ID, part, length int, sums []byte) []byte {
	h := sha256.New()
	h.Write([]byte(partLabel))
	h.Write(id[:])
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(part)))
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(length)))
	h.Write(sums)
	return h.Sum(nil)
}

// partFile is a stored part whose checksums are whole. Its blocks may not be.
type partFile struct {
	f      *os.File
	length int
	sums   []byte
}

// openPart opens a part's file. Any fault of it is ErrDamaged.
func openPart(path string, id ID, part, length int) (*partFile, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: part %d of %x is missing", ErrDamaged, part, id)
		}
		return nil, failed("open part", err)
	}
	p := &partFile{f: f, length: length}
	if err := p.readSums(id, part); err != nil {
		return nil, errors.Join(fmt.Errorf("part %d of %x: %w", part, id, err), f.Close())
	}
	return p, nil
}

func (p *partFile) readSums(id ID, part int) error {
	info, err := p.f.Stat()
	if err != nil {
		return failed("stat", err)
	}
	if info.Size() != partFileSize(p.length) {
		return fmt.Errorf("%w: a file of %d bytes, want %d", ErrDamaged, info.Size(), partFileSize(p.length))
	}
	tail := make([]byte, partFileSize(p.length)-int64(p.length))
	if err := p.readAt(tail, int64(p.length)); err != nil {
		return err
	}
	split := len(tail) - sha256.Size
	p.sums = tail[:split]
	if !bytes.Equal(sealSums(id, part, p.length, p.sums), tail[split:]) {
		return fmt.Errorf("%w: checksums", ErrDamaged)
	}
	return nil
}

// readAt fills b.
func (p *partFile) readAt(b []byte, at int64) error {
	n, err := p.f.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: file ends at %d", ErrDamaged, at+int64(n))
	}
	return failed("read", err)
}

// block reads and checks one block into buf, and returns what of it is filled.
func (p *partFile) block(buf *[blockSize]byte, i int) ([]byte, error) {
	b := buf[:min(blockSize, p.length-i*blockSize)]
	if err := p.readAt(b, int64(i)*blockSize); err != nil {
		return nil, err
	}
	if got := sha256.Sum256(b); !bytes.Equal(got[:], p.sums[i*sha256.Size:(i+1)*sha256.Size]) {
		return nil, fmt.Errorf("%w: block %d", ErrDamaged, i)
	}
	return b, nil
}

// check reads all blocks.
func (p *partFile) check() error {
	buf := blockBuffers.Get().(*[blockSize]byte)
	defer blockBuffers.Put(buf)
	for i := range blockCount(p.length) {
		if _, err := p.block(buf, i); err != nil {
			return err
		}
	}
	return nil
}
