package wire

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// digitsOf is section 2.6 written again, on other means.
func digitsOf(value Hash) (out string) {
	d := value
	for i := 1; i <= 5200; i++ {
		d = h("safety step", d[:], value[:])
	}
	return decimalOf(d)
}

func decimalOf(d Hash) (out string) {
	for ; len(out) < 30; d = Hash(append(d[5:], make([]byte, 5)...)) {
		out += fmt.Sprintf("%05d", new(big.Int).Mod(new(big.Int).SetBytes(d[:5]), big.NewInt(100_000)))
	}
	return out
}

func halfOf(root []byte) func([]byte) Digits {
	return func(identity []byte) Digits { return SafetyDigits(root, identity) }
}

func TestSafetyNumberIsThatOfTheSpecification(t *testing.T) {
	root, one, other := pub(keyOf(1)), pub(keyOf(2)), pub(keyOf(3))
	if bytes.Compare(one, other) > 0 {
		one, other = other, one
	}
	lower, higher := digitsOf(h("safety number", root, one)), digitsOf(h("safety number", root, other))
	if got := SafetyDigits(root, one); string(got[:]) != lower {
		t.Errorf("half: %s, want %s", got, lower)
	}
	if got := SafetyNumber(other, one, halfOf(root)); string(got[:]) != lower+higher {
		t.Errorf("number: %s, want %s%s", got, lower, higher)
	}
	transcript := h("transcript", []byte("x"))
	if got := TranscriptDigits(transcript); string(got[:]) != digitsOf(transcript) {
		t.Errorf("transcript: %s, want %s", got, digitsOf(transcript))
	}
}

// Whatever the hash: 30 digits, those that big numbers give.
func TestDigitsAreAlwaysThirty(t *testing.T) {
	group := func(n uint64) (b [5]byte) {
		copy(b[:], binary.BigEndian.AppendUint64(nil, n)[3:])
		return b
	}
	for _, row := range []struct {
		n    uint64
		want string
	}{{0, "00000"}, {7, "00007"}, {99_999, "99999"}, {100_000, "00000"}, {100_001, "00001"}, {1 << 31, "83648"}, {1 << 32, "67296"}, {1<<40 - 1, "27775"}} {
		var hash Hash
		for g := range 6 {
			b := group(row.n)
			copy(hash[5*g:], b[:])
		}
		for _, rest := range []byte{0, 0xff} { // the last two bytes are no one's
			hash[30], hash[31] = rest, rest
			if got := decimal(hash); string(got[:]) != strings.Repeat(row.want, 6) {
				t.Errorf("%d: %s, want %s six times", row.n, got, row.want)
			}
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		hash := Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "hash"))
		if got := decimal(hash); string(got[:]) != decimalOf(hash) {
			rt.Fatalf("%s, want %s", got, decimalOf(hash))
		}
	})
}

func TestSafetyNumberIsTheSameFromBothSides(t *testing.T) {
	for n := range byte(8) {
		root, one, other := pub(keyOf(n)), pub(keyOf(40+n)), pub(keyOf(60+n))
		if SafetyNumber(one, other, halfOf(root)) != SafetyNumber(other, one, halfOf(root)) {
			t.Errorf("%x and %x: the order counts", one, other)
		}
	}
	// The order is that of the keys, not of their digits, and of all their bytes.
	low, high := make([]byte, ed25519.PublicKeySize), make([]byte, ed25519.PublicKeySize)
	high[31] = 1
	var asked [][]byte
	half := func(identity []byte) Digits {
		asked = append(asked, identity)
		return Digits(bytes.Repeat([]byte{'9' - identity[31]}, 30))
	}
	if got := SafetyNumber(high, low, half); string(got[:]) != strings.Repeat("9", 30)+strings.Repeat("8", 30) || len(asked) != 2 {
		t.Errorf("%s, %d halves", got, len(asked))
	}
}

// No bit of a key is without a part in it, no byte of the root and none of the
// transcript hash: no two of all these share their digits.
func TestDigitsChangeWithEveryBitOfAKey(t *testing.T) {
	root, key := pub(keyOf(1)), pub(keyOf(2))
	seen := map[Digits]string{}
	add := func(name string, d Digits) {
		if old, ok := seen[d]; ok {
			t.Errorf("%s has the digits of %s", name, old)
		}
		seen[d] = name
	}
	add("none", SafetyDigits(root, key))
	add("root and key exchanged", SafetyDigits(key, root))
	add("transcript", TranscriptDigits(Hash(root)))
	for bit := range 256 {
		flip := func(b []byte) []byte { b = slices.Clone(b); b[bit/8] ^= 1 << (bit % 8); return b }
		add(fmt.Sprint("key, bit ", bit), SafetyDigits(root, flip(key)))
		if bit%8 == bit/8%8 { // one of each byte, each place of a bit in its turn
			add(fmt.Sprint("root, bit ", bit), SafetyDigits(flip(root), key))
			add(fmt.Sprint("transcript, bit ", bit), TranscriptDigits(Hash(flip(root))))
		}
	}
}
