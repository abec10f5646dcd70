package abi

import (
	"bytes"
	"math"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

func code(c wire.Code) int32 { return -int32(c) }

// secret stands in tests for any key or state behind a handle.
type secret struct {
	key    [32]byte
	closed int
}

func (s *secret) Wipe() { s.closed++; clear(s.key[:]) }

// other is a second type of object, to mix handles up with.
type other struct{ secret }

func TestC15_GetAnswersOnlyOpenHandlesOfItsType(t *testing.T) {
	i := new(Instance)
	s := &secret{key: [32]byte{7}}
	h, err := i.keep(s, 0)
	if err != nil || h <= 0 {
		t.Fatalf("keep: handle %d, error %v", h, err)
	}
	handle := int32(h)
	if got, err := get[*secret](i, handle); err != nil || got != s {
		t.Fatalf("get: %v, %v", got, err)
	}
	if _, err := get[*other](i, handle); err != wire.BadHandle {
		t.Errorf("another type: %v, want bad handle", err)
	}
	for _, forged := range []int32{0, -1, handle + 1, -handle, math.MaxInt32, math.MinInt32} {
		if _, err := get[*secret](i, forged); err != wire.BadHandle {
			t.Errorf("get(%d): %v, want bad handle", forged, err)
		}
		if got := i.Close(forged); got != code(wire.BadHandle) {
			t.Errorf("Close(%d) = %d, want bad handle", forged, got)
		}
	}
	if got := i.Close(handle); got != 0 {
		t.Fatalf("Close = %d", got)
	}
	if s.closed != 1 || s.key != [32]byte{} {
		t.Errorf("after Close: closed %d times, key %x", s.closed, s.key)
	}
	if _, err := get[*secret](i, handle); err != wire.BadHandle {
		t.Errorf("use after close: %v, want bad handle", err)
	}
	if got := i.Close(handle); got != code(wire.BadHandle) {
		t.Errorf("second Close = %d, want bad handle", got)
	}
	if next, _ := i.keep(&secret{}, 0); next == h {
		t.Error("a handle was given out twice")
	}
}

func TestC15_HandlesOfAnotherInstanceMeanNothing(t *testing.T) {
	a, b := new(Instance), new(Instance)
	h, _ := a.keep(&secret{}, 0)
	if _, err := get[*secret](b, int32(h)); err != wire.BadHandle {
		t.Errorf("error %v, want bad handle", err)
	}
}

func TestCloseTakesWhatTheHandleOwns(t *testing.T) {
	i := new(Instance)
	end, first, second, stranger := &secret{}, &secret{}, &secret{}, &secret{}
	e, _ := i.keep(end, 0)
	c1, _ := i.keep(first, int32(e))
	if _, err := i.keep(second, int32(c1)); err != nil {
		t.Fatal(err)
	}
	if _, err := i.keep(stranger, 0); err != nil {
		t.Fatal(err)
	}
	if got := i.Close(int32(e)); got != 0 {
		t.Fatalf("Close = %d", got)
	}
	if end.closed != 1 || first.closed != 1 || second.closed != 1 || stranger.closed != 0 {
		t.Errorf("closed: owner %d, owned %d, owned by that %d, stranger %d; want 1 1 1 0",
			end.closed, first.closed, second.closed, stranger.closed)
	}
}

func TestHandlesAreBoundedAndNeverWrap(t *testing.T) {
	i := new(Instance)
	for range MaxHandles {
		if _, err := i.keep(&secret{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	over := &secret{}
	if _, err := i.keep(over, 0); err != wire.TooLarge || over.closed != 1 {
		t.Errorf("over the limit: %v, closed %d times; want too large, once", err, over.closed)
	}
	i = &Instance{handles: handleTable{last: math.MaxInt32 - 1}}
	if h, err := i.keep(&secret{}, 0); err != nil || h != math.MaxInt32 {
		t.Fatalf("last handle: %d, %v", h, err)
	}
	if _, err := i.keep(&secret{}, 0); err != wire.TooLarge {
		t.Errorf("after the last handle: %v, want too large", err)
	}
}

func TestC18_PanicPoisonsAndZeroes(t *testing.T) {
	key := []byte("key that a panic must not show..")
	i := new(Instance)
	s := &secret{key: [32]byte(key)}
	if _, err := i.keep(s, 0); err != nil {
		t.Fatal(err)
	}
	i.BulkReserve(64)
	copy(i.bulk, key)
	bulk := i.bulk
	copy(i.tray[:], key)
	got := i.call(32, func(args []byte) (int, error) {
		copy(i.tray[100:], args)
		panic("with a key inside: " + string(args))
	})
	if got != code(wire.Internal) {
		t.Fatalf("result %d, want internal", got)
	}
	for place, b := range map[string][]byte{"tray": i.tray[:], "arguments": i.args[:], "bulk": bulk, "handle": s.key[:]} {
		if bytes.Contains(b, key[:8]) {
			t.Errorf("the key is still in the %s", place)
		}
	}
	for _, e := range testingOnlyExports() {
		switch e.Name {
		case "abi_version", "tray_size", "tray_address":
			continue
		}
		if got := e.Call(i, make([]int32, e.Parameters)...); got != code(wire.Internal) {
			t.Errorf("%s after the panic = %d, want internal", e.Name, got)
		}
	}
}

func TestC18_PanicInCloseStillZeroesTheOthers(t *testing.T) {
	i := new(Instance)
	s := &secret{key: [32]byte{1}}
	for range 4 {
		if _, err := i.keep(panicker{}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := i.keep(s, 0); err != nil {
		t.Fatal(err)
	}
	if got := i.Close(1); got != code(wire.Internal) {
		t.Errorf("Close = %d, want internal", got)
	}
	if s.closed != 1 {
		t.Error("an object behind a panicking one was not closed")
	}
}

type panicker struct{}

func (panicker) Wipe() { panic("close") }

func TestErrorThatIsNoCodePoisons(t *testing.T) {
	i := new(Instance)
	if got := i.guard(func() (int, error) { return 0, bytes.ErrTooLarge }); got != code(wire.Internal) || !i.poisoned {
		t.Errorf("result %d, poisoned %v; want internal, true", got, i.poisoned)
	}
}

func TestCallMovesArgumentsAndWipesThem(t *testing.T) {
	i := new(Instance)
	copy(i.tray[:], "arguments")
	var kept []byte
	got := i.call(9, func(args []byte) (int, error) {
		if string(args) != "arguments" || !bytes.Equal(i.tray[:9], make([]byte, 9)) {
			t.Errorf("args %q, tray %q", args, i.tray[:9])
		}
		kept = args
		return i.reply(append(i.out(), "result of "+string(args)...))
	})
	if got != 19 || string(i.tray[:got]) != "result of arguments" {
		t.Errorf("result %d, %q", got, i.tray[:19])
	}
	if !bytes.Equal(kept, make([]byte, 9)) {
		t.Errorf("arguments remain after the call: %q", kept)
	}
}

func TestErrorLeavesNothingInTheTray(t *testing.T) {
	i := new(Instance)
	got := i.call(0, func([]byte) (int, error) {
		copy(i.tray[1000:], "half a plaintext")
		return 0, wire.OpenFailed
	})
	if got != code(wire.OpenFailed) || i.tray != [TraySize]byte{} {
		t.Errorf("result %d; the tray is not empty", got)
	}
}

func TestReplyRefusesMoreThanTheTray(t *testing.T) {
	i := new(Instance)
	got := i.call(0, func([]byte) (int, error) { return i.reply(make([]byte, TraySize+1)) })
	if got != code(wire.TooLarge) {
		t.Errorf("result %d, want too large", got)
	}
	got = i.call(0, func([]byte) (int, error) { return i.reply(make([]byte, TraySize)) })
	if got != TraySize {
		t.Errorf("result %d, want %d", got, TraySize)
	}
}

func TestC01_CallRefusesLengthsOutsideTheTray(t *testing.T) {
	i := new(Instance)
	for _, row := range []struct {
		length int32
		want   wire.Code
	}{{-1, wire.BadArgument}, {math.MinInt32, wire.BadArgument}, {TraySize + 1, wire.TooLong}, {math.MaxInt32, wire.TooLong}} {
		got := i.call(row.length, func([]byte) (int, error) {
			t.Errorf("length %d reached the export", row.length)
			return 0, nil
		})
		if got != code(row.want) {
			t.Errorf("length %d: %d, want %v", row.length, got, row.want)
		}
	}
	if got := i.call(TraySize, func(args []byte) (int, error) { return len(args), nil }); got != TraySize {
		t.Errorf("the whole tray: %d", got)
	}
}
