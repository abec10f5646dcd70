package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

// zeros is how many of them, at most, are put back between two data segments.
const zeros = 32

// errForm is a module that is not made as the linker makes them.
var errForm = errors.New("a module of another form than the linker's")

// pack makes the module smaller to download, and changes nothing of what it does.
//
// The linker leaves every run of 8 zeros or more out of the data: that is 60,000
// segments, most of them of two bytes, from one table that is the same every 20
// bytes. So it is shorter, but much of that is where each segment goes, which does
// not compress; with the zeros put back a tenth of the download goes. Memory is
// zero before the segments are laid into it.
func pack(module []byte) ([]byte, error) {
	const header, data = 8, 11
	if len(module) < header {
		return nil, errForm
	}
	out := bytes.Clone(module[:header])
	for rest := module[header:]; len(rest) > 0; {
		id := rest[0]
		section, after, ok := bytesOf(rest[1:])
		if !ok {
			return nil, errForm
		}
		rest = after
		if id == data {
			segments, err := segmentsOf(section)
			if err != nil {
				return nil, err
			}
			section = encode(join(segments))
		}
		out = append(binary.AppendUvarint(append(out, id), uint64(len(section))), section...)
	}
	return out, nil
}

// segment is what the linker writes: bytes for a fixed place in memory.
type segment struct {
	at    int
	bytes []byte
}

func segmentsOf(section []byte) ([]segment, error) {
	count, n := binary.Uvarint(section)
	if n <= 0 {
		return nil, errForm
	}
	rest := section[n:]
	var all []segment
	for range count {
		if len(rest) < 2 || rest[0] != 0 || rest[1] != 0x41 { // memory 0, i32.const
			return nil, errForm
		}
		at, n := signed(rest[2:])
		if n == 0 || len(rest) == 2+n || rest[2+n] != 0x0b { // end
			return nil, errForm
		}
		content, after, ok := bytesOf(rest[3+n:])
		if !ok {
			return nil, errForm
		}
		all, rest = append(all, segment{at, content}), after
	}
	if len(rest) != 0 {
		return nil, errForm
	}
	slices.SortFunc(all, func(a, b segment) int { return a.at - b.at })
	for i := 1; i < len(all); i++ {
		if all[i-1].at+len(all[i-1].bytes) > all[i].at { // then their order would matter
			return nil, errForm
		}
	}
	return all, nil
}

// join puts the zeros between segments back where they are few.
func join(segments []segment) (joined []segment) {
	for _, s := range segments {
		if n := len(joined); n > 0 {
			last := &joined[n-1]
			if gap := s.at - last.at - len(last.bytes); gap <= zeros {
				last.bytes = append(append(last.bytes, make([]byte, gap)...), s.bytes...)
				continue
			}
		}
		joined = append(joined, segment{s.at, bytes.Clone(s.bytes)})
	}
	return joined
}

func encode(segments []segment) []byte {
	out := binary.AppendUvarint(nil, uint64(len(segments)))
	for _, s := range segments {
		out = append(appendSigned(append(out, 0, 0x41), s.at), 0x0b)
		out = append(binary.AppendUvarint(out, uint64(len(s.bytes))), s.bytes...)
	}
	return out
}

// bytesOf reads a length and so many bytes.
func bytesOf(b []byte) (content, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(length)], b[n+int(length):], true
}

// signed reads a signed LEB128 number that is not negative; n is 0 where there is none.
func signed(b []byte) (value, n int) {
	number, n := binary.Uvarint(b)
	if n <= 0 || n > 5 || b[n-1]&0x40 != 0 {
		return 0, 0
	}
	return int(number), n
}

// appendSigned writes one: its highest bit is the sign, so it may need a byte more.
func appendSigned(out []byte, value int) []byte {
	out = binary.AppendUvarint(out, uint64(value))
	if last := len(out) - 1; out[last]&0x40 != 0 {
		out[last] |= 0x80
		out = append(out, 0)
	}
	return out
}
