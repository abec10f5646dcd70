package keystore

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/cryptotest"
)

// testdata/values.json holds sealed values with their data keys, for readers in
// other languages (SPEC section 15):
//
//	go test ./wasm/keystore -run TestVectors -update
var updateVectors = flag.Bool("update", false, "write testdata/values.json anew")

const vectorFile = "testdata/values.json"

type vectorHex []byte

func (h vectorHex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *vectorHex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

type vectorValue struct {
	Name      string    `json:"name"`
	Key       vectorHex `json:"key"`
	Context   vectorHex `json:"context"`
	Value     vectorHex `json:"value"`
	Plaintext vectorHex `json:"plaintext"`      // empty in bad ones
	Code      string    `json:"code,omitempty"` // why a bad one does not open
}

type vectorValues struct {
	Comment string        `json:"comment"`
	Good    []vectorValue `json:"good"`
	Bad     []vectorValue `json:"bad"`
}

func makeVectors(t *testing.T) []byte {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 1)
	v := vectorValues{Comment: "Values at rest (SPEC section 8)."}
	key := bytes.Repeat([]byte{0x5a}, KeySize)
	ks, err := Open(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []struct {
		name, context string
		plaintext     []byte
	}{
		{"an end", "end", []byte("state of an end")},
		{"a conversation", "conversation/" + string(bytes.Repeat([]byte{0xc0}, 16)), bytes.Repeat([]byte("state "), 100)},
		{"an empty value", "value/x", []byte{}},
		{"the longest context", strings.Repeat("c", MaxContext), []byte{0}},
	} {
		value, err := ks.Seal(g.context, g.plaintext)
		if err != nil {
			t.Fatal(err)
		}
		v.Good = append(v.Good, vectorValue{Name: g.name, Key: key, Context: vectorHex(g.context), Value: value, Plaintext: g.plaintext})
	}
	usual := v.Good[0]
	bad := func(name, code string, change func(*vectorValue)) {
		b := usual
		b.Value, b.Key = bytes.Clone(b.Value), bytes.Clone(b.Key)
		b.Name, b.Code, b.Plaintext = name, code, vectorHex{}
		change(&b)
		v.Bad = append(v.Bad, b)
	}
	bad("another place", "open failed", func(b *vectorValue) { b.Context = vectorHex("value/end") })
	bad("another key", "open failed", func(b *vectorValue) { b.Key[31] ^= 1 })
	bad("version 2", "unsupported version", func(b *vectorValue) { b.Value[0] = 2 })
	bad("a changed nonce", "open failed", func(b *vectorValue) { b.Value[1] ^= 1 })
	bad("a changed tag", "open failed", func(b *vectorValue) { b.Value[25] ^= 1 })
	bad("a changed last byte", "open failed", func(b *vectorValue) { b.Value[len(b.Value)-1] ^= 1 })
	bad("a byte less", "open failed", func(b *vectorValue) { b.Value = b.Value[:len(b.Value)-1] })
	bad("a byte more", "open failed", func(b *vectorValue) { b.Value = append(b.Value, 0) })
	bad("shorter than any value", "open failed", func(b *vectorValue) { b.Value = b.Value[:Overhead-1] })
	bad("nothing", "open failed", func(b *vectorValue) { b.Value = vectorHex{} })
	bad("no context", "bad argument", func(b *vectorValue) { b.Context = vectorHex{} })
	bad("a context too long", "bad argument", func(b *vectorValue) { b.Context = vectorHex(strings.Repeat("c", MaxContext+1)) })
	made, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(made, '\n')
}

// TestVectorsAreMadeAlike: made again it is the same file.
func TestVectorsAreMadeAlike(t *testing.T) {
	if !strings.HasPrefix(runtime.Version(), "go1.26") {
		t.Skipf("%s may draw randomness otherwise than go1.26 did", runtime.Version())
	}
	made := makeVectors(t)
	if *updateVectors {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorFile, made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made, want) {
		t.Error("made anew it is another file: run with -update, and say in the commit why the bytes changed")
	}
}

// TestVectorsAreRead: good values open, bad ones are refused with their code.
func TestVectorsAreRead(t *testing.T) {
	if *updateVectors {
		t.Skip("TestVectorsAreMadeAlike writes them")
	}
	raw, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectorValues
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Good) == 0 || len(v.Bad) == 0 {
		t.Fatal("an empty corpus")
	}
	for _, value := range append(v.Good, v.Bad...) {
		ks, err := Open(value.Key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ks.Unseal(string(value.Context), value.Value)
		code := ""
		if err != nil {
			code = err.Error()
		}
		if code != value.Code || !bytes.Equal(got, value.Plaintext) {
			t.Errorf("%s: %x, %q; want %x, %q", value.Name, got, code, value.Plaintext, value.Code)
		}
	}
}
