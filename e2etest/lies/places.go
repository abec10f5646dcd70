package lies

import (
	"slices"
	"strconv"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Places in the bytes that a frame carries: an offset, from the back if
// negative; middle; any, by the seed; walk, which goes one byte on each time;
// or the name of a field of a message or commit, whose middle is meant.
const (
	middle = "middle"
	anyAt  = "any"
	walk   = "walk"
)

// header is where the fields of a message begin (SPEC section 6.1).
var header = []struct {
	name string
	size int
}{
	{"version", 1}, {"kind", 1}, {"conversation", 16}, {"epoch", 8}, {"sender", 16}, {"instance", 16}, {"counter", 8},
	{"retention", 1}, {"seen", 8}, {"seen hash", 32}, {"nonce", 24},
}

// tail are the places that are found from an entry's structure.
var tail = []string{"sealed", "body", "seals", "tag", "signature"}

func placeKnown(at string) bool {
	if _, err := strconv.Atoi(at); err == nil {
		return true
	}
	for _, f := range header {
		if f.name == at {
			return true
		}
	}
	return at == "" || at == middle || at == anyAt || at == walk || slices.Contains(tail, at)
}

// find gives the offset of a place in b, or -1 if b has none such.
func (l *Liar) find(at string, rule int, b []byte) int {
	if len(b) == 0 {
		return -1
	}
	if n, err := strconv.Atoi(at); err == nil {
		if n < 0 {
			n += len(b)
		}
		if n < 0 || n >= len(b) {
			return -1
		}
		return n
	}
	switch at {
	case "", middle:
		return len(b) / 2
	case anyAt:
		return l.chance.IntN(len(b))
	case walk:
		n := l.walked[rule]
		l.walked[rule]++
		return n % len(b)
	}
	e, err := wire.DecodeEntry(b)
	if err != nil {
		return -1
	}
	if e.Kind == wire.KindMessage {
		from := 0
		for _, f := range header {
			if f.name == at {
				return from + f.size/2
			}
			from += f.size
		}
		if at == "sealed" {
			return len(b) - len(e.Message.Sealed)/2
		}
		return -1
	}
	if e.Kind == wire.KindCommit {
		end := len(b) - len(e.Commit.Signature)
		switch at {
		case "signature":
			return end + len(e.Commit.Signature)/2
		case "tag":
			return end - len(e.Commit.Tag)/2 - 1
		case "seals":
			// In the box of the last seal, before the tag and its length.
			return end - len(e.Commit.Tag) - 1 - 8
		case "body":
			return 2 + 4 + len(e.Commit.Body())/2
		case "conversation":
			return 2 + 4 + 2 + 8
		case "epoch":
			return 2 + 4 + 2 + 16 + 7
		case "seen":
			return 2 + 4 + 2 + 16 + 8 + 32 + 32 + 7
		case "seen hash":
			return 2 + 4 + 2 + 16 + 8 + 32 + 32 + 8 + 16
		}
	}
	if at == "signature" {
		return len(b) - 32
	}
	return -1
}
