package lies

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

var conversation = wire.ID{7}

// line is an end's connection through a liar to a relay that is honest: it has
// a log, and this end follows it.
type line struct {
	t    *testing.T
	liar *Liar
	log  [][]byte
	seen []relay.Entry // by the end, in order
	got  []relay.Body  // all else that came to it
	n    uint32
}

func newLine(t *testing.T, rules ...Rule) *line {
	t.Helper()
	l, err := New(rules, 1, Props{"a thing": []byte("a thing")})
	if err != nil {
		t.Fatal(err)
	}
	x := &line{t: t, liar: l}
	x.ask(relay.Subscribe{Conversation: conversation})
	return x
}

func (x *line) take(fs []Frame) {
	for _, f := range fs {
		switch b := f.Body.(type) {
		case relay.Entry:
			x.seen = append(x.seen, b)
		case relay.Append:
			x.log = append(x.log, bytes.Clone(b.Entry))
			n := uint64(len(x.log))
			x.take(x.liar.Pass(Frame{End: f.End, Request: f.Request, Body: relay.Ack{Sequence: n}}))
			x.take(x.liar.Pass(Frame{End: f.End, Body: relay.Entry{Conversation: conversation, Sequence: n, Entry: b.Entry}}))
		case relay.Subscribe:
			x.take(x.liar.Pass(Frame{End: f.End, Request: f.Request, Body: relay.Ack{Sequence: uint64(len(x.log))}}))
			for n := b.After; n < uint64(len(x.log)); n++ {
				x.take(x.liar.Pass(Frame{End: f.End, Body: relay.Entry{Conversation: conversation, Sequence: n + 1, Entry: x.log[n]}}))
			}
		default:
			x.got = append(x.got, f.Body)
		}
	}
}

func (x *line) ask(b relay.Body) {
	x.n++
	x.take(x.liar.Pass(Frame{End: Customer, Request: x.n, Body: b}))
}

// others appends entries that other ends made.
func (x *line) others(texts ...string) {
	for _, text := range texts {
		x.log = append(x.log, entry(text))
		x.take(x.liar.Pass(Frame{End: Customer, Body: relay.Entry{Conversation: conversation, Sequence: uint64(len(x.log)), Entry: entry(text)}}))
	}
}

// entry is a message that says text where its ciphertext would be.
func entry(text string) []byte {
	m := wire.Message{Conversation: conversation, Sender: wire.ID{1}, Counter: 1, Retention: wire.Stored, Sealed: make([]byte, 16+wire.PadFloor)}
	copy(m.Sealed, text)
	return m.Encode()
}

// read is what the end was shown, as sequence and text.
func (x *line) read() string {
	var out []string
	for _, e := range x.seen {
		text := "?"
		if d, err := wire.DecodeEntry(e.Entry); err == nil && d.Kind == wire.KindMessage {
			text = string(bytes.TrimRight(d.Message.Sealed, "\x00"))
		}
		out = append(out, fmt.Sprintf("%d %s", e.Sequence, text))
	}
	return strings.Join(out, ", ")
}

func (x *line) want(read string) {
	x.t.Helper()
	if got := x.read(); got != read {
		x.t.Errorf("the end was shown %q, want %q", got, read)
	}
}

func on(frame string, acts ...Act) Rule { return Rule{Match{Frame: frame}, acts} }

func TestWithoutRulesALiarIsHonest(t *testing.T) {
	x := newLine(t)
	x.others("one", "two")
	x.ask(relay.Append{Conversation: conversation, Entry: entry("three")})
	x.want("1 one, 2 two, 3 three")
	x.ask(relay.Subscribe{Conversation: conversation, After: 1})
	x.want("1 one, 2 two, 3 three, 2 two, 3 three")
	if want := (relay.Ack{Sequence: 3}); len(x.got) != 3 || x.got[1] != want || x.got[2] != want {
		t.Errorf("answers: %v", x.got)
	}
}

// A lie leaves no trace in the numbers, and is told again to an end that asks
// again; a clumsy one gives way to the truth.
func TestALieIsKeptAndAClumsyOneIsNot(t *testing.T) {
	for _, row := range []struct {
		name         string
		act          Act
		first, again string
	}{
		{"drop", Act{Do: "drop"}, "1 two, 2 three", "1 two, 2 three"},
		{"clumsy drop", Act{Do: "drop", Fleeting: true}, "2 two, 3 three", "1 one, 2 two, 3 three"},
		{"double", Act{Do: "double"}, "1 one, 2 one, 3 two, 4 three", "1 one, 2 one, 3 two, 4 three"},
		{"clumsy double", Act{Do: "double", Fleeting: true}, "1 one, 1 one, 2 two, 3 three", "1 one, 2 two, 3 three"},
		{"delay", Act{Do: "delay", Count: 1}, "1 two, 2 one, 3 three", "1 two, 2 one, 3 three"},
		{"clumsy delay", Act{Do: "delay", Count: 1, Fleeting: true}, "2 two, 1 one, 3 three", "1 one, 2 two, 3 three"},
		{"inject before", Act{Do: "inject", With: "nothing", Before: true}, "1 ?, 2 one, 3 two, 4 three", "1 ?, 2 one, 3 two, 4 three"},
		{"replay", Act{Do: "replay", Nth: -1}, "1 one, 2 one, 3 two, 4 three", "1 one, 2 one, 3 two, 4 three"},
		{"clumsy number", Act{Do: "set", Field: "sequence", To: 9}, "9 one, 2 two, 3 three", "1 one, 2 two, 3 three"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := newLine(t, on("entry", row.act))
			x.others("one", "two", "three")
			x.want(row.first)
			x.seen = nil
			x.ask(relay.Subscribe{Conversation: conversation})
			x.want(row.again)
			if len(x.liar.Silent()) != 0 {
				t.Error("the rule says that it never acted")
			}
		})
	}
}

// What one clumsy act adds and another holds back shows under the number of
// what it was made of.
func TestWhatClumsyActsAddAndHoldBackIsNotKept(t *testing.T) {
	for _, add := range []Act{{Do: "double", Fleeting: true}, {Do: "inject", With: "nothing", Fleeting: true}} {
		t.Run(add.Do, func(t *testing.T) {
			x := newLine(t, on("entry", add, Act{Do: "delay", Count: 1, Fleeting: true}))
			x.others("one", "two", "three")
			x.seen = nil
			x.ask(relay.Subscribe{Conversation: conversation})
			x.want("1 one, 2 two, 3 three")
		})
	}
}

func TestReorderShowsAnotherOrderAndTheSameForASeed(t *testing.T) {
	rule := Rule{Match{Frame: "entry", Times: 4}, []Act{{Do: "reorder", Count: 4}}}
	var first string
	for range 3 {
		x := newLine(t, rule)
		x.others("one", "two", "three", "four", "five")
		if first == "" {
			first = x.read()
		}
		x.want(first)
	}
	for _, text := range []string{"one", "two", "three", "four", "5 five"} {
		if !strings.Contains(first, text) {
			t.Errorf("%q is missing in %q", text, first)
		}
	}
	if first == "1 one, 2 two, 3 three, 4 four, 5 five" {
		t.Error("the order is the true one")
	}
}

func TestABranchIsServedByTheLiar(t *testing.T) {
	x := newLine(t, Rule{Match{Frame: "entry", Sequence: 2}, []Act{{Do: "split"}}}, Rule{Match{Frame: "entry", Sequence: 3}, []Act{{Do: "cross"}}})
	x.others("one", "theirs")
	x.ask(relay.Append{Conversation: conversation, Entry: entry("mine")})
	x.ask(relay.Append{Conversation: conversation, Entry: entry("mine")})
	x.want("1 one, 2 mine")
	if want := (relay.Ack{Sequence: 2, Duplicate: true}); x.got[len(x.got)-1] != want {
		t.Errorf("the same append again: %v", x.got)
	}
	if len(x.log) != 2 {
		t.Errorf("the real log has %d entries", len(x.log))
	}
	x.others("crosses", "theirs too")
	x.want("1 one, 2 mine, 3 crosses")
}

func TestRollbackShowsAShorterLogToWhoComesBack(t *testing.T) {
	x := newLine(t, Rule{Match{Frame: "subscribe", Nth: 2}, []Act{{Do: "rollback", Count: 2}}})
	x.others("one", "two", "three")
	x.seen, x.got = nil, nil
	x.ask(relay.Subscribe{Conversation: conversation, After: 2})
	x.others("four")
	x.want("")
	if want := (relay.Ack{Sequence: 1}); len(x.got) != 1 || x.got[0] != want {
		t.Errorf("answers: %v", x.got)
	}
}

func TestRefusalsAndForgedAcks(t *testing.T) {
	append_ := relay.Append{Conversation: conversation, Entry: entry("mine")}
	for _, row := range []struct {
		act    Act
		answer relay.Body
		stored int
	}{
		{Act{Do: "refuse", Code: "stale epoch"}, relay.Error{Code: wire.StaleEpoch}, 0},
		{Act{Do: "refuse", Code: "stale epoch", Stored: true}, relay.Error{Code: wire.StaleEpoch}, 1},
		{Act{Do: "forge"}, relay.Ack{Sequence: 1}, 0},
	} {
		x := newLine(t, on("append", row.act))
		x.got = nil
		x.ask(append_)
		if len(x.got) != 1 || x.got[0] != row.answer || len(x.log) != row.stored {
			t.Errorf("%+v: answered %v, %d stored", row.act, x.got, len(x.log))
		}
	}
}

func TestActsOnBytes(t *testing.T) {
	was := entry("one")
	for _, row := range []struct {
		act   Act
		holds func(b []byte) bool
	}{
		{Act{Do: "flip", At: "0", Bit: 7}, func(b []byte) bool { return b[0] == 0x81 && bytes.Equal(b[1:], was[1:]) }},
		{Act{Do: "flip", At: "-1"}, func(b []byte) bool { return b[len(b)-1] == 1 }},
		{Act{Do: "flip", At: "counter"}, func(b []byte) bool { return b[62] == 1 }},
		{Act{Do: "flip", At: "any"}, func(b []byte) bool { return len(b) == len(was) && !bytes.Equal(b, was) }},
		{Act{Do: "truncate", Bytes: 5}, func(b []byte) bool { return bytes.Equal(b, was[:len(was)-5]) }},
		{Act{Do: "extend", Bytes: 5}, func(b []byte) bool { return len(b) == len(was)+5 && bytes.HasPrefix(b, was) }},
		{Act{Do: "replace", With: "a thing"}, func(b []byte) bool { return string(b) == "a thing" }},
		{Act{Do: "replace", With: "unknown kind"}, func(b []byte) bool { return b[1] == 9 }},
		{Act{Do: "overlay", At: "sealed", With: "a thing"}, func(b []byte) bool { return bytes.Contains(b, []byte("a thing")) && len(b) == len(was) }},
	} {
		x := newLine(t, on("entry", row.act))
		x.others("one")
		if len(x.seen) != 1 || !row.holds(x.seen[0].Entry) {
			t.Errorf("%+v: %x", row.act, x.seen)
		}
	}
}

// What is forged decodes, so that only its signature or its standing can tell.
func TestForgeriesDecodeAndAreTheSameAtEveryEnd(t *testing.T) {
	for _, with := range []string{"plaintext message", "ghost message", "forged message", "ghost commit"} {
		l, err := New([]Rule{{Match{Frame: "entry", Nth: 2}, []Act{{Do: "inject", With: with}}}}, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		var made [][]byte
		for _, end := range []string{Customer, Agent} {
			l.Pass(Frame{End: end, Request: 1, Body: relay.Subscribe{Conversation: conversation}})
			l.Pass(Frame{End: end, Request: 1, Body: relay.Ack{}})
			for n, text := range []string{"one", "two", "three"} {
				for _, f := range l.Pass(Frame{End: end, Body: relay.Entry{Conversation: conversation, Sequence: uint64(n + 1), Entry: entry(text)}}) {
					if b := f.Body.(relay.Entry); b.Sequence == 3 {
						made = append(made, b.Entry)
					}
				}
			}
		}
		if len(made) != 2 || !bytes.Equal(made[0], made[1]) {
			t.Fatalf("%s: %x", with, made)
		}
		if e, err := wire.DecodeEntry(made[0]); err != nil || e.Conversation() != conversation {
			t.Errorf("%s: %v", with, err)
		}
	}
}

func TestALieIsReadStrictly(t *testing.T) {
	good := `{"about":"a","threats":["P01"],"rules":[{"when":{"frame":"entry"},"do":[{"do":"drop"}]}],
		"expect":{"customer":{"state":"secured","shows":[],"sent":[]},"agent":{"state":"secured","shows":[],"sent":[]}}}`
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"about":"a"`, `"about":"a","more":1`}, {`"about":"a"`, `"about":""`}, {`"frame":"entry"`, `"frame":"entries"`},
		{`{"do":"drop"}`, `{"do":"drop","bit":1}`}, {`{"do":"drop"}`, `{"do":"steal"}`}, {`{"do":"drop"}`, `{"do":"flip","at":"nowhere"}`},
		{`[{"do":"drop"}]`, `[]`}, {`"state":"secured"`, `"state":"fine"`}, {`"agent"`, `"onlooker"`}, {`"sent":[]`, `"codes":[]`}, {`}}}`, `}}} {}`},
	} {
		if _, err := Parse([]byte(strings.Replace(good, change[0], change[1], 1))); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s for %s: %v", change[1], change[0], err)
		}
	}
	if _, err := ReadAll(fstest.MapFS{}); !errors.Is(err, ErrMalformed) {
		t.Errorf("an empty corpus: %v", err)
	}
	if _, err := New([]Rule{on("welcome", Act{Do: "replace", With: "a manifest of last year"})}, 1, nil); !errors.Is(err, ErrMalformed) {
		t.Errorf("a prop that nobody gave: %v", err)
	}
}

func TestTheCorpusReads(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(l *Lie) bool { return l.Short }) {
		t.Error("no lie is told in the short run")
	}
}
