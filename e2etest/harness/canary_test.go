package harness

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestHitsFindsEveryForm(t *testing.T) {
	const secret = "the vault's code is größer 4711"
	var le []byte
	for _, u := range utf16.Encode([]rune(secret)) {
		le = append(le, byte(u), byte(u>>8))
	}
	for name, hidden := range map[string][]byte{
		"text":           []byte("x" + secret + "y"),
		"utf-16":         le,
		"hex":            []byte(hex.EncodeToString([]byte("z" + secret))),
		"HEX":            []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))),
		"base64":         []byte(base64.StdEncoding.EncodeToString([]byte(secret))),
		"base64 at 1":    []byte(base64.StdEncoding.EncodeToString([]byte("a" + secret + "b"))),
		"base64 at 2":    []byte(base64.StdEncoding.EncodeToString([]byte("ab" + secret))),
		"base64url at 1": []byte(base64.RawURLEncoding.EncodeToString([]byte("a" + secret))),
	} {
		if len(Hits(hidden, secret)) == 0 {
			t.Errorf("%s: not found in %q", name, hidden)
		}
	}
	if hits := Hits([]byte("nothing of the kind"), secret); len(hits) != 0 {
		t.Errorf("found %v in nothing", hits)
	}
}

func TestMemoryFindsWhatAProcessHolds(t *testing.T) {
	// Made at run time, so that only the heap has it.
	held := bytes.Repeat([]byte("held-"), 2)
	held = append(held, []byte(t.Name())...)
	found := false
	Memory(t, os.Getpid(), 256, func(piece []byte) { found = found || bytes.Contains(piece, held) })
	if !found {
		t.Error("what this process holds was not found in its memory")
	}
}
