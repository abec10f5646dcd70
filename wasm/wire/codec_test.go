package wire

import (
	"bytes"
	"testing"
)

func TestReaderReadsWhatWriterWrote(t *testing.T) {
	w := NewWriter(0)
	w.U8(7)
	w.U16(0x0102)
	w.U32(0x03040506)
	w.U64(0x0708090a0b0c0d0e)
	w.Bytes8([]byte("a"))
	w.Bytes16([]byte("bc"))
	w.Bytes32(nil)
	w.Raw(bytes.Repeat([]byte{9}, 48))
	w.U8(1)
	want := "\x07\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x01a\x00\x02bc\x00\x00\x00\x00" + string(bytes.Repeat([]byte{9}, 48)) + "\x01"
	if string(w.Bytes()) != want {
		t.Fatalf("%x", w.Bytes())
	}
	r := NewReader(w.Bytes())
	if r.U8() != 7 || r.U16() != 0x0102 || r.U32() != 0x03040506 || r.U64() != 0x0708090a0b0c0d0e ||
		string(r.Bytes8(1)) != "a" || string(r.Bytes16(2)) != "bc" || len(r.Bytes32(0)) != 0 || r.ID() != ID(bytes.Repeat([]byte{9}, 16)) || r.Hash() != Hash(bytes.Repeat([]byte{9}, 32)) || !r.Bool() {
		t.Error("another value came back")
	}
	code(t, "done", r.Done(), 0)
}

func TestReaderRefuses(t *testing.T) {
	rows := []struct {
		name  string
		input string
		read  func(*Reader)
	}{
		{"trailing byte", "\x01\x02", func(r *Reader) { r.U8() }},
		{"u8 of nothing", "", func(r *Reader) { r.U8() }},
		{"u16 of one", "\x01", func(r *Reader) { r.U16() }},
		{"u32 of three", "\x01\x02\x03", func(r *Reader) { r.U32() }},
		{"u64 of seven", "1234567", func(r *Reader) { r.U64() }},
		{"raw of more", "12", func(r *Reader) { r.Raw(3) }},
		{"raw of a negative number", "12", func(r *Reader) { r.Raw(-1); r.Raw(2) }},
		{"id of fifteen", "123456789012345", func(r *Reader) { r.ID() }},
		{"bool of two", "\x02", func(r *Reader) { r.Bool() }},
		{"bytes8 over its limit", "\x03abc", func(r *Reader) { r.Bytes8(2) }},
		{"bytes8 cut", "\x03ab", func(r *Reader) { r.Bytes8(9) }},
		{"bytes16 over its limit", "\x00\x03abc", func(r *Reader) { r.Bytes16(2) }},
		{"bytes32 over its limit", "\x00\x00\x00\x03abc", func(r *Reader) { r.Bytes32(2) }},
		{"bytes32 of four thousand million", "\xff\xff\xff\xff", func(r *Reader) { r.Bytes32(1 << 30) }},
		{"bytes32 of 2^31", "\x80\x00\x00\x00", func(r *Reader) { r.Bytes32(1 << 30) }},
		{"count over its limit", "\x03", func(r *Reader) { r.Count(2) }},
		{"failed by the caller", "\x01", func(r *Reader) { r.U8(); r.Fail() }},
	}
	for _, row := range rows {
		r := NewReader([]byte(row.input))
		row.read(r)
		code(t, row.name, r.Done(), BadArgument)
	}
}

func TestReaderFailureSticks(t *testing.T) {
	r := NewReader([]byte{1, 2, 3})
	r.Raw(4)
	if r.U8() != 0 || r.U16() != 0 || r.Rest() != nil || r.ID() != (ID{}) || r.Hash() != (Hash{}) || r.Bool() || r.Count(9) != 0 || r.Bytes32(9) != nil || !r.Failed() {
		t.Error("a value came out of a failed reader")
	}
	code(t, "done", r.Done(), BadArgument)
}

func TestReaderDoesNotLendRoomBehindAVector(t *testing.T) {
	in := []byte{1, 'a', 'z'}
	p := NewReader(in).Bytes8(1)
	_ = append(p, 'b')
	if in[2] != 'z' {
		t.Error("appending to a vector wrote over the input")
	}
}

func TestWriterPanicsOverItsPrefix(t *testing.T) {
	for name, f := range map[string]func(*Writer, []byte){"bytes8": func(w *Writer, p []byte) { w.Bytes8(p[:256]) }, "bytes16": func(w *Writer, p []byte) { w.Bytes16(p) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f(NewWriter(0), make([]byte, 1<<16))
		}()
	}
	w := NewWriter(0)
	w.Bytes8(make([]byte, 255))
	w.Bytes16(make([]byte, 65_535))
	if len(w.Bytes()) != 1+255+2+65_535 {
		t.Error("the longest vectors do not fit")
	}
}
