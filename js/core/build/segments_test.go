package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// moduleOf is a module with a section before and one after its data.
func moduleOf(data []byte) []byte {
	out := []byte("\x00asm\x01\x00\x00\x00\x01\x03abc\x0b")
	out = append(append(out, byte(len(data)&0x7f|0x80), byte(len(data)>>7)), data...)
	return append(out, "\x00\x05\x02xyzw"...)
}

// memoryOf is what the data sections of a module make of a memory of zeros.
func memoryOf(t *testing.T, module []byte, size int) (memory []byte, segments int) {
	t.Helper()
	memory = make([]byte, size)
	for rest := module[8:]; len(rest) > 0; {
		id := rest[0]
		section, after, ok := bytesOf(rest[1:])
		if !ok {
			t.Fatal("no section")
		}
		if rest = after; id != 11 {
			continue
		}
		all, err := segmentsOf(section)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			copy(memory[s.at:], s.bytes)
		}
		segments += len(all)
	}
	return memory, segments
}

// Wherever the segments lie, memory is the same, and so is all else in the module.
func TestPackChangesNothingInMemory(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []segment
		at := random.IntN(100)
		for range random.IntN(20) {
			content := make([]byte, 1+random.IntN(4))
			for i := range content {
				content[i] = byte(random.Uint32())
			}
			all = append(all, segment{at, content})
			at += len(content) + random.IntN(2*zeros)
		}
		if len(all) > 1 && random.IntN(2) == 0 { // the linker's are not quite in order
			all[0], all[len(all)-1] = all[len(all)-1], all[0]
		}
		module := moduleOf(encode(all))
		packed, err := pack(module)
		if err != nil {
			t.Fatal(err)
		}
		want, before := memoryOf(t, module, at+100)
		got, after := memoryOf(t, packed, at+100)
		if !bytes.Equal(got, want) || after > before {
			t.Fatalf("%d segments, %d packed: another memory\n%x\n%x", before, after, want, got)
		}
		if !bytes.HasPrefix(packed, module[:13]) || !bytes.HasSuffix(packed, []byte("\x00\x05\x02xyzw")) {
			t.Fatalf("other sections: %x", packed)
		}
		if again, err := pack(packed); err != nil || !bytes.Equal(again, packed) {
			t.Fatalf("packed again it is another (%v)", err)
		}
	}
}

func TestPackJoinsAcrossFewZerosOnly(t *testing.T) {
	got := join([]segment{{64, []byte{1}}, {64 + 1 + zeros, []byte{2}}, {64 + 2 + zeros + zeros + 1, []byte{3}}})
	want := []segment{{64, slices.Concat([]byte{1}, make([]byte, zeros), []byte{2})}, {64 + 2 + zeros + zeros + 1, []byte{3}}}
	if len(got) != 2 || got[0].at != want[0].at || !bytes.Equal(got[0].bytes, want[0].bytes) || got[1].at != want[1].at || !bytes.Equal(got[1].bytes, want[1].bytes) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A module that is made otherwise is not touched: the build fails.
func TestPackRefusesOtherForms(t *testing.T) {
	for name, data := range map[string][]byte{
		"no count":                   {},
		"a passive segment":          {1, 1, 1, 7},
		"an offset that is a global": {1, 0, 0x23, 0, 0x0b, 1, 7},
		"an offset below zero":       {1, 0, 0x41, 0x7f, 0x0b, 1, 7},
		"no end of the offset":       {1, 0, 0x41, 8, 0x0c, 1, 7},
		"less than it says":          {1, 0, 0x41, 8, 0x0b, 2, 7},
		"more than it says":          {1, 0, 0x41, 8, 0x0b, 1, 7, 7},
		"fewer than it says":         {2, 0, 0x41, 8, 0x0b, 1, 7},
		"one over another":           {2, 0, 0x41, 8, 0x0b, 2, 7, 7, 0, 0x41, 9, 0x0b, 1, 7},
	} {
		if out, err := pack(moduleOf(data)); !errors.Is(err, errForm) || out != nil {
			t.Errorf("%s: %x, %v", name, out, err)
		}
	}
	if _, err := pack([]byte("\x00asm")); !errors.Is(err, errForm) {
		t.Errorf("no module: %v", err)
	}
}

func TestOffsetsAreSigned(t *testing.T) {
	for _, v := range []int{0, 1, 63, 64, 127, 128, 8191, 8192, 1<<20 - 1, 1 << 20, 1<<27 - 1, 1 << 27, 1<<31 - 1} {
		b := appendSigned(nil, v)
		if got, n := signed(append(b, 0xff)); got != v || n != len(b) {
			t.Errorf("%d: %x, read as %d (%d bytes)", v, b, got, n)
		}
	}
}

// The module that is shipped needs no more than a few hundred segments.
func TestShippedModuleIsPacked(t *testing.T) {
	module, err := os.ReadFile("../sealwire.wasm")
	if err != nil {
		t.Skip("not built yet: make wasm")
	}
	if _, n := memoryOf(t, module, 1<<26); n > 1000 {
		t.Errorf("%d segments", n)
	}
}
