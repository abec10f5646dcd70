package abi

import (
	"encoding/binary"
	"testing"

	"github.com/sealwire/sealwire/wasm/conversation"
)

// A member counts as it likes. What the others' pages are told of it must be a
// number that they can read, or one message halts their whole end.
func TestGapStopsWhereJavaScriptsNumbersDo(t *testing.T) {
	for _, row := range [][2]uint64{{0, 0}, {1, 1}, {1<<53 - 2, 1<<53 - 2}, {1<<53 - 1, 1<<53 - 1}, {1 << 53, 1<<53 - 1}, {1<<64 - 1, 1<<53 - 1}} {
		b := encodeEvent(&conversation.Event{Type: conversation.Opened, Index: 7, Gap: row[0], Counter: 1<<64 - 1})
		// u8 type ‖ u64 index ‖ id ‖ sender ‖ instance ‖ u64 epoch ‖ u64 counter ‖ u64 gap
		if got := binary.BigEndian.Uint64(b[1+8+3*16+2*8:]); got != row[1] {
			t.Errorf("gap %d is told as %d, want %d", row[0], got, row[1])
		}
	}
}
