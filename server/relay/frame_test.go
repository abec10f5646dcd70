package relay

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

var update = flag.Bool("update", false, "write testdata/frames.json anew")

// vectorFile is testdata/frames.json, which JavaScript reads too. Bytes are hex,
// 64-bit numbers are decimal strings.
type vectorFile struct {
	Comment string       `json:"comment"`
	Good    []goodVector `json:"good"`
	Bad     []badVector  `json:"bad"`
}

type goodVector struct {
	Name    string         `json:"name"`
	From    string         `json:"from"` // "end" or "relay"
	Type    int            `json:"type"`
	Request uint32         `json:"request"`
	Fields  map[string]any `json:"fields"`
	Frame   string         `json:"frame"`
}

type badVector struct {
	Name  string `json:"name"`
	Frame string `json:"frame"`
	Code  string `json:"code"`
}

func sequenceBytes(from, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(from + i)
	}
	return b
}

// goodFrames has at least one frame of every type, with every field not zero
// and, where a field may be, empty.
func goodFrames() []struct {
	name    string
	request uint32
	body    Body
} {
	id := wire.ID(sequenceBytes(0x10, 16))
	return []struct {
		name    string
		request uint32
		body    Body
	}{
		{"hello of a customer", 1, Hello{Role: wire.Customer, Tenant: id, Identity: sequenceBytes(0x20, 32), Host: "127.0.0.1:8787", Proof: []byte("a.b.c"), Signature: sequenceBytes(0x40, 64)}},
		{"hello of an agent", 1, Hello{Role: wire.Agent, Tenant: id, Identity: sequenceBytes(0x20, 32), Host: "relay.example.com", Proof: sequenceBytes(0, 200), Signature: sequenceBytes(0x40, 64)}},
		{"append", 2, Append{Conversation: id, Entry: sequenceBytes(0, 40)}},
		{"append nothing", 3, Append{Conversation: id, Entry: []byte{}}},
		{"subscribe from the beginning", 4, Subscribe{Conversation: id}},
		{"subscribe after a high sequence", 0xffffffff, Subscribe{Conversation: id, After: 1<<64 - 1}},
		{"unsubscribe", 5, Unsubscribe{Conversation: id}},
		{"send passing", 6, SendPassing{Conversation: id, Entry: sequenceBytes(1, 30)}},
		{"publish a key package", 7, PublishKeyPackage{KeyPackage: sequenceBytes(2, 300)}},
		{"take a key package", 8, TakeKeyPackage{Queue: "default"}},
		{"take a key package of a queue with no name", 9, TakeKeyPackage{}},
		{"take a key package of a member", 9, TakeKeyPackage{Queue: "default", Member: sequenceBytes(0xb0, 16)}},
		{"fetch a manifest", 10, FetchManifest{Hash: wire.Hash(sequenceBytes(0x60, 32))}},
		{"list conversations", 11, ListConversations{}},
		{"ticket", 12, Ticket{Conversation: id}},

		{"challenge", 0, Challenge{Nonce: [32]byte(sequenceBytes(0x80, 32))}},
		{"welcome", 1, Welcome{Manifest: sequenceBytes(3, 100)}},
		{"ack", 2, Ack{Sequence: 1}},
		{"ack of a repeat with a 64-bit sequence", 3, Ack{Sequence: 0x0102030405060708, Duplicate: true}},
		{"error", 4, Error{Code: wire.BadArgument}},
		{"the last error", 4, Error{Code: wire.Internal}},
		{"entry", 0, Entry{Conversation: id, Sequence: 9, Entry: sequenceBytes(4, 50)}},
		{"record", 8, Record{Value: sequenceBytes(5, 60)}},
		{"empty list", 11, List{}},
		{"list", 11, List{Conversations: []ListItem{{id, 1}, {wire.ID(sequenceBytes(0xa0, 16)), 1 << 40}}}},
		{"passing", 0, Passing{Conversation: id, Entry: sequenceBytes(6, 30)}},
		{"waiting, nobody is there", 0, Waiting{}},
		{"waiting, agents are there", 0, Waiting{Agents: true}},
	}
}

// badFrames are refused, each for one reason.
func badFrames() []struct {
	name  string
	frame []byte
	code  wire.Code
} {
	edit := func(body Body, change func([]byte) []byte) []byte { return change(EncodeFrame(1, body)) }
	trail := func(b []byte) []byte { return append(b, 0) }
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	set := func(at int, v byte) func([]byte) []byte {
		return func(b []byte) []byte {
			if at < 0 {
				at += len(b)
			}
			b[at] = v
			return b
		}
	}
	id := wire.ID{1}
	hello := Hello{Role: wire.Customer, Identity: make([]byte, 32), Host: "h", Proof: []byte("p"), Signature: make([]byte, 64)}
	return []struct {
		name  string
		frame []byte
		code  wire.Code
	}{
		{"empty", nil, wire.BadArgument},
		{"type only", []byte{2}, wire.BadArgument},
		{"header one byte short", []byte{9, 0, 0, 0}, wire.BadArgument},
		{"type 0", []byte{0, 0, 0, 0, 1}, wire.BadArgument},
		{"type 11, of no end", []byte{11, 0, 0, 0, 1}, wire.BadArgument},
		{"type 127", []byte{127, 0, 0, 0, 1}, wire.BadArgument},
		{"type 137, of no relay", []byte{137, 0, 0, 0, 1}, wire.BadArgument},
		{"type 255", []byte{255, 0, 0, 0, 1}, wire.BadArgument},
		{"hello of version 0", edit(hello, set(5, 0)), wire.UnsupportedVersion},
		{"hello of version 2", edit(hello, set(5, 2)), wire.UnsupportedVersion},
		{"hello without a body", []byte{1, 0, 0, 0, 1}, wire.BadArgument},
		{"hello with a byte too many", edit(hello, trail), wire.BadArgument},
		{"hello with a byte too few", edit(hello, cut), wire.BadArgument},
		{"hello with a host over its limit", EncodeFrame(1, Hello{Role: 1, Identity: make([]byte, 32), Host: strings.Repeat("h", maxHost+1), Signature: make([]byte, 64)}), wire.BadArgument},
		{"challenge of version 2", edit(Challenge{}, set(5, 2)), wire.UnsupportedVersion},
		{"append with a byte too many", edit(Append{id, []byte("e")}, trail), wire.BadArgument},
		{"append with a byte too few", edit(Append{id, []byte("e")}, cut), wire.BadArgument},
		{"append whose entry claims 4 GiB", edit(Append{id, nil}, func(b []byte) []byte { copy(b[len(b)-4:], "\xff\xff\xff\xff"); return b }), wire.BadArgument},
		{"subscribe with a byte too many", edit(Subscribe{Conversation: id}, trail), wire.BadArgument},
		{"subscribe with a byte too few", edit(Subscribe{Conversation: id}, cut), wire.BadArgument},
		{"unsubscribe with a byte too few", edit(Unsubscribe{id}, cut), wire.BadArgument},
		{"take with a queue over its limit", EncodeFrame(1, TakeKeyPackage{Queue: strings.Repeat("q", wire.MaxQueue+1)}), wire.BadArgument},
		{"take with a member id that is too short", EncodeFrame(1, TakeKeyPackage{"default", make([]byte, 15)}), wire.BadArgument},
		{"take with a member id that is too long", EncodeFrame(1, TakeKeyPackage{"default", make([]byte, 17)}), wire.BadArgument},
		{"publish over its limit", EncodeFrame(1, PublishKeyPackage{make([]byte, wire.MaxKeyPackage+1)}), wire.BadArgument},
		{"ticket with a byte too many", edit(Ticket{id}, trail), wire.BadArgument},
		{"ticket with a byte too few", edit(Ticket{id}, cut), wire.BadArgument},
		{"list conversations with a body", []byte{9, 0, 0, 0, 1, 0}, wire.BadArgument},
		{"ack with a flag of 2", edit(Ack{Sequence: 1}, set(-1, 2)), wire.BadArgument},
		{"waiting with a flag of 2", edit(Waiting{}, set(-1, 2)), wire.BadArgument},
		{"error 0", edit(Error{wire.Internal}, set(-1, 0)), wire.BadArgument},
		{"error 24", edit(Error{wire.Internal}, set(-1, 24)), wire.BadArgument},
		{"list with fewer items than it counts", edit(List{[]ListItem{{id, 1}}}, set(6, 2)), wire.BadArgument},
		{"list with more items than it counts", edit(List{[]ListItem{{id, 1}}}, set(6, 0)), wire.BadArgument},
	}
}

func fieldsOf(body Body) map[string]any {
	fields := make(map[string]any)
	v := reflect.ValueOf(body)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		fields[strings.ToLower(name[:1])+name[1:]] = fieldOf(v.Field(i))
	}
	return fields
}

func fieldOf(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case uint64:
		return jsonNumber(value)
	case wire.Role:
		return float64(value)
	case wire.Code:
		return float64(value)
	case []ListItem:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = map[string]any{"conversation": hex.EncodeToString(item.Conversation[:]), "sequence": jsonNumber(item.Sequence)}
		}
		return out
	case []byte:
		return hex.EncodeToString(value)
	case wire.ID:
		return hex.EncodeToString(value[:])
	case wire.Hash:
		return hex.EncodeToString(value[:])
	case [32]byte:
		return hex.EncodeToString(value[:])
	default: // string, bool
		return value
	}
}

// jsonNumber writes 64 bits as text: a JavaScript number would round them.
func jsonNumber(v uint64) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func buildVectors() vectorFile {
	file := vectorFile{Comment: "Frames of the relay connection. good: decodes to the fields and encodes back. bad: refused with the code. Bytes are hex, 64-bit numbers decimal strings."}
	for _, g := range goodFrames() {
		from := "end"
		if g.body.Type() >= 128 {
			from = "relay"
		}
		file.Good = append(file.Good, goodVector{g.name, from, int(g.body.Type()), g.request, fieldsOf(g.body), hex.EncodeToString(EncodeFrame(g.request, g.body))})
	}
	for _, b := range badFrames() {
		file.Bad = append(file.Bad, badVector{b.name, hex.EncodeToString(b.frame), b.code.Error()})
	}
	return file
}

func TestFrameVectors(t *testing.T) {
	const path = "testdata/frames.json"
	if *update {
		out, err := json.MarshalIndent(buildVectors(), "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file vectorFile
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Good) != len(goodFrames()) || len(file.Bad) != len(badFrames()) || len(file.Bad) == 0 {
		t.Fatalf("%d good and %d bad vectors; run the test with -update", len(file.Good), len(file.Bad))
	}
	seen := make(map[FrameType]bool)
	for _, v := range file.Good {
		frame, err := hex.DecodeString(v.Frame)
		if err != nil {
			t.Fatal(err)
		}
		request, body, err := DecodeFrame(frame)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		seen[body.Type()] = true
		if request != v.Request || int(body.Type()) != v.Type || !reflect.DeepEqual(fieldsOf(body), v.Fields) {
			t.Errorf("%s: got request %d, type %d, %v, want %d, %d, %v", v.Name, request, body.Type(), fieldsOf(body), v.Request, v.Type, v.Fields)
		}
		if again := EncodeFrame(request, body); !bytes.Equal(again, frame) {
			t.Errorf("%s: encodes to %x, want %x", v.Name, again, frame)
		}
	}
	for kind, decode := range decoders {
		if decode != nil && !seen[FrameType(kind)] {
			t.Errorf("no vector of frame type %d", kind)
		}
	}
	for _, v := range file.Bad {
		frame, err := hex.DecodeString(v.Frame)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := DecodeFrame(frame); err == nil || err.Error() != v.Code {
			t.Errorf("%s: %v, want %s", v.Name, err, v.Code)
		}
	}
}

func TestDecodeFrameRefusesTruncatedAndLonger(t *testing.T) {
	for _, g := range goodFrames() {
		frame := EncodeFrame(g.request, g.body)
		for n := range len(frame) {
			if _, _, err := DecodeFrame(frame[:n:n]); err == nil {
				t.Errorf("%s: accepted its first %d of %d bytes", g.name, n, len(frame))
			}
		}
		if _, _, err := DecodeFrame(append(bytes.Clone(frame), 0)); !errors.Is(err, wire.BadArgument) {
			t.Errorf("%s: with a byte more: %v, want bad argument", g.name, err)
		}
	}
}

func TestDecodeFrameRefusesOverTheLimit(t *testing.T) {
	if _, _, err := DecodeFrame(make([]byte, wire.MaxFrame+1)); err != wire.TooLarge {
		t.Errorf("%v, want too large", err)
	}
	for _, body := range []Body{
		Append{Entry: make([]byte, wire.MaxCommitEntry+1)},
		SendPassing{Entry: make([]byte, wire.MaxMessageEntry+1)},
		Welcome{Manifest: make([]byte, wire.MaxManifest+1)},
	} {
		if _, _, err := DecodeFrame(EncodeFrame(1, body)); err != wire.BadArgument {
			t.Errorf("%T one byte over its limit: %v, want bad argument", body, err)
		}
	}
	full := List{Conversations: make([]ListItem, maxList)}
	if frame := EncodeFrame(1, full); len(frame) > wire.MaxFrame {
		t.Errorf("a full list takes %d bytes, more than a frame", len(frame))
	}
}

// FuzzDecodeFrame: no input panics, and what decodes has one form only.
func FuzzDecodeFrame(f *testing.F) {
	for _, g := range goodFrames() {
		f.Add(EncodeFrame(g.request, g.body))
	}
	for _, b := range badFrames() {
		f.Add(b.frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		request, body, err := DecodeFrame(frame)
		if err != nil {
			var code wire.Code
			if !errors.As(err, &code) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		if again := EncodeFrame(request, body); !bytes.Equal(again, frame) {
			t.Fatalf("%x decodes and encodes to %x", frame, again)
		}
	})
}
