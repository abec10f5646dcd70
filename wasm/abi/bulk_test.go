package abi

import (
	"bytes"
	"math"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

func TestBulkCarriesBytesByPieces(t *testing.T) {
	i := new(Instance)
	want := make([]byte, 3*TraySize+17)
	for k := range want {
		want[k] = byte(k * 7 / 3)
	}
	if got := i.BulkReserve(int32(len(want))); got != int32(len(want)) {
		t.Fatalf("BulkReserve = %d", got)
	}
	for offset := 0; offset < len(want); offset += TraySize {
		n := copy(i.tray[:], want[offset:])
		if got := i.BulkPut(int32(offset), int32(n)); got != int32(n) {
			t.Fatalf("BulkPut(%d, %d) = %d", offset, n, got)
		}
		if i.tray != [TraySize]byte{} {
			t.Fatal("BulkPut left the piece in the tray")
		}
	}
	var back []byte
	for offset := 0; offset < len(want); offset += TraySize {
		n := i.BulkGet(int32(offset), int32(min(TraySize, len(want)-offset)))
		back = append(back, i.tray[:max(n, 0)]...)
	}
	if !bytes.Equal(back, want) {
		t.Error("what came back differs")
	}
	old := i.bulk
	if got := i.BulkClear(); got != 0 || !bytes.Equal(old, make([]byte, len(old))) {
		t.Error("BulkClear did not wipe")
	}
	if got := i.BulkGet(0, 1); got != code(wire.BadArgument) {
		t.Errorf("BulkGet after BulkClear = %d, want bad argument", got)
	}
}

func TestBulkReserveGivesZeroes(t *testing.T) {
	i := new(Instance)
	i.BulkReserve(100)
	copy(i.bulk, "left over")
	i.BulkReserve(50)
	i.BulkReserve(100)
	if !bytes.Equal(i.bulk, make([]byte, 100)) {
		t.Errorf("%q", i.bulk)
	}
}

func TestC01_BulkRefusesPiecesOutside(t *testing.T) {
	i := new(Instance)
	if got := i.BulkReserve(-1); got != code(wire.BadArgument) {
		t.Errorf("BulkReserve(-1) = %d", got)
	}
	for _, n := range []int32{MaxBulk + 1, math.MaxInt32} {
		if got := i.BulkReserve(n); got != code(wire.TooLarge) {
			t.Errorf("BulkReserve(%d) = %d, want too large", n, got)
		}
	}
	i.BulkReserve(1000)
	for _, piece := range [][2]int32{{-1, 1}, {0, -1}, {0, 1001}, {1000, 1}, {999, 2}, {math.MaxInt32, math.MaxInt32},
		{math.MinInt32, 1}, {0, TraySize + 1}, {1001, 0}} {
		if got := i.BulkPut(piece[0], piece[1]); got != code(wire.BadArgument) {
			t.Errorf("BulkPut%v = %d, want bad argument", piece, got)
		}
		if got := i.BulkGet(piece[0], piece[1]); got != code(wire.BadArgument) {
			t.Errorf("BulkGet%v = %d, want bad argument", piece, got)
		}
	}
	if got := i.BulkPut(1000, 0); got != 0 {
		t.Errorf("an empty piece at the end: %d", got)
	}
}

func TestReplyBulkWipesWhatWasThere(t *testing.T) {
	i := new(Instance)
	i.BulkReserve(8)
	old := i.bulk
	copy(old, "old blob")
	got := i.guard(func() (int, error) { return i.replyBulk([]byte("new")) })
	if got != 3 || string(i.bulk) != "new" || !bytes.Equal(old, make([]byte, 8)) {
		t.Errorf("result %d, bulk %q, old %q", got, i.bulk, old)
	}
	big := make([]byte, MaxBulk+1)
	if got := i.guard(func() (int, error) { return i.replyBulk(big) }); got != code(wire.TooLarge) {
		t.Errorf("over the limit: %d, want too large", got)
	}
}
