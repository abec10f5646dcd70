package wire

import "encoding/binary"

// Writer builds an encoding: big-endian integers and length-prefixed vectors
// (SPEC section 2). A vector too long for its prefix is a programmer's error.
type Writer struct{ b []byte }

// NewWriter starts an encoding with room for size bytes.
func NewWriter(size int) *Writer { return &Writer{b: make([]byte, 0, size)} }

// Bytes returns the encoding so far; the Writer keeps no copy.
func (w *Writer) Bytes() []byte { return w.b }

func (w *Writer) U8(v uint8) { w.b = append(w.b, v) }
func (w *Writer) Bool(v bool) {
	if v {
		w.U8(1)
	} else {
		w.U8(0)
	}
}
func (w *Writer) U16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *Writer) U32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *Writer) U64(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }

// Raw appends bytes of a fixed, known length.
func (w *Writer) Raw(p []byte) { w.b = append(w.b, p...) }

// Bytes8 appends p behind a one-byte length.
func (w *Writer) Bytes8(p []byte) {
	if len(p) > 0xff {
		panic("wire: vector over 255 bytes")
	}
	w.U8(uint8(len(p)))
	w.Raw(p)
}

// Bytes16 appends p behind a two-byte length.
func (w *Writer) Bytes16(p []byte) {
	if len(p) > 0xffff {
		panic("wire: vector over 65,535 bytes")
	}
	w.U16(uint16(len(p)))
	w.Raw(p)
}

// Bytes32 appends p behind a four-byte length.
func (w *Writer) Bytes32(p []byte) {
	w.U32(uint32(len(p)))
	w.Raw(p)
}

// Reader takes an encoding apart. The first failure sticks: later reads give
// zero values, and Done reports it. Slices it returns alias the input.
type Reader struct {
	b      []byte
	failed bool
}

// NewReader reads b, which the caller leaves unchanged meanwhile.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Fail marks the encoding as malformed; for rules that only the caller knows.
func (r *Reader) Fail() { r.failed = true }

// Failed tells whether something was malformed so far.
func (r *Reader) Failed() bool { return r.failed }

// Done returns BadArgument if anything failed or bytes are left over.
func (r *Reader) Done() error {
	if r.failed || len(r.b) != 0 {
		return BadArgument
	}
	return nil
}

// Raw takes exactly n bytes.
func (r *Reader) Raw(n int) []byte {
	if r.failed || n < 0 || n > len(r.b) {
		r.failed = true
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

// Rest takes all that is left.
func (r *Reader) Rest() []byte { return r.Raw(len(r.b)) }

func (r *Reader) U8() uint8 {
	if p := r.Raw(1); p != nil {
		return p[0]
	}
	return 0
}

func (r *Reader) U16() uint16 {
	if p := r.Raw(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

func (r *Reader) U32() uint32 {
	if p := r.Raw(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (r *Reader) U64() uint64 {
	if p := r.Raw(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

// Bytes8, Bytes16 and Bytes32 take a vector of at most limit bytes.
func (r *Reader) Bytes8(limit int) []byte  { return r.vector(int(r.U8()), limit) }
func (r *Reader) Bytes16(limit int) []byte { return r.vector(int(r.U16()), limit) }
func (r *Reader) Bytes32(limit int) []byte {
	n := r.U32()
	if uint64(n) > uint64(limit) {
		r.failed = true
		return nil
	}
	return r.vector(int(n), limit)
}

func (r *Reader) vector(n, limit int) []byte {
	if n > limit {
		r.failed = true
		return nil
	}
	return r.Raw(n)
}

// ID takes a 16-byte name.
func (r *Reader) ID() (out ID) {
	copy(out[:], r.Raw(len(out)))
	return out
}

// Hash takes 32 bytes.
func (r *Reader) Hash() (out Hash) {
	copy(out[:], r.Raw(len(out)))
	return out
}

// Bool takes a byte that is 0 or 1; anything else is not canonical.
func (r *Reader) Bool() bool {
	v := r.U8()
	if v > 1 {
		r.failed = true
	}
	return v == 1
}

// Count takes a one-byte number of items, at most limit.
func (r *Reader) Count(limit int) int {
	n := int(r.U8())
	if n > limit {
		r.failed = true
		return 0
	}
	return n
}
