package harness

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// Forms are the shapes in which text could hide: as it is, as UTF-16 of either
// order, as hexadecimal of either case, and as base64 of either alphabet at each
// of the three places it can start within a group.
func Forms(text string) map[string][]byte {
	le, be := make([]byte, 0, 2*len(text)), make([]byte, 0, 2*len(text))
	for _, u := range utf16.Encode([]rune(text)) {
		le = append(le, byte(u), byte(u>>8))
		be = append(be, byte(u>>8), byte(u))
	}
	forms := map[string][]byte{
		"text": []byte(text), "utf-16le": le, "utf-16be": be,
		"hex": []byte(hex.EncodeToString([]byte(text))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))),
	}
	for name, alphabet := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
		for shift := range 3 {
			// What neighbours do not touch: the groups that are all text's.
			inner := []byte(text)[(3-shift)%3:]
			inner = inner[:len(inner)/3*3]
			forms[fmt.Sprintf("%s+%d", name, shift)] = []byte(alphabet.EncodeToString(inner))
		}
	}
	return forms
}

// Hits names the forms of any of texts that are in data.
func Hits(data []byte, texts ...string) []string {
	var hits []string
	for _, text := range texts {
		for name, form := range Forms(text) {
			if len(form) >= 8 && bytes.Contains(data, form) {
				hits = append(hits, fmt.Sprintf("%q as %s", text, name))
			}
		}
	}
	slices.Sort(hits)
	return hits
}

// StateFiles reads every file of the demo's directory, write-ahead log
// included, by name.
func (d *Demo) StateFiles() map[string][]byte {
	d.t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(d.Dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		files[name] = b
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	if len(files) == 0 {
		d.t.Fatalf("the demo keeps no files in %s", d.Dir)
	}
	return files
}

// Memory calls see with each readable piece of the process's memory; pieces
// overlap by lap bytes so that nothing hides across a border.
func Memory(t testing.TB, pid, lap int, see func(piece []byte)) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	const step = 4 << 20
	buf := make([]byte, step+lap)
	var read int
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		var rights string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if rights[0] != 'r' || strings.Contains(line, "[v") { // the kernel's own pages
			continue
		}
		for ; from < to; from += step {
			// A page may go while we read: what is gone holds nothing.
			n, _ := mem.ReadAt(buf[:min(uint64(len(buf)), to-from)], int64(from))
			read += n
			see(buf[:n])
		}
	}
	if read < 1<<20 {
		t.Fatalf("could read %d bytes of the process's memory only", read)
	}
}

// Lines reads lines of a stream until the caller stops asking or it ends.
func Lines(t testing.TB, r io.Reader) iter.Seq[string] {
	return func(yield func(string) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			if !yield(s.Text()) {
				return
			}
		}
		if s.Err() != nil {
			t.Error(s.Err())
		}
	}
}
