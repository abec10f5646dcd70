package abi

import (
	"bytes"
	"testing"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// put writes parts to the tray's front, as JavaScript does, and returns their length.
func (i *Instance) put(parts ...[]byte) int32 {
	return int32(copy(i.tray[:], bytes.Join(parts, nil)))
}

func TestSelfTestPasses(t *testing.T) {
	if got := new(Instance).SelfTest(); got != 0 {
		t.Errorf("SelfTest = %d", got)
	}
}

func TestBoxCrossesTheBorder(t *testing.T) {
	i := new(Instance)
	if got := i.NaclKeyPair(); got != 64 {
		t.Fatalf("NaclKeyPair = %d", got)
	}
	public, secret := bytes.Clone(i.tray[:32]), bytes.Clone(i.tray[32:64])
	if got := i.NaclBoxPublic(i.put(secret)); got != 32 || !bytes.Equal(i.tray[:32], public) {
		t.Errorf("NaclBoxPublic = %d, %x, want %x", got, i.tray[:32], public)
	}
	peer, peerSecret := nacl.GenerateKey()
	want, err := nacl.Before((*[32]byte)(public), peerSecret)
	if err != nil {
		t.Fatal(err)
	}
	if got := i.NaclBoxBefore(i.put(peer[:], secret)); got != 32 || !bytes.Equal(i.tray[:32], want[:]) {
		t.Errorf("NaclBoxBefore = %d, %x, want %x", got, i.tray[:32], want)
	}
	nonce := make([]byte, nacl.NonceSize)
	for _, size := range []int{0, 1, 1000, TraySize - 56 - 16} {
		message := bytes.Repeat([]byte{0xa5}, size)
		n := i.NaclSecretbox(i.put(want[:], nonce, message))
		box := bytes.Clone(i.tray[:max(n, 0)])
		if !bytes.Equal(box, nacl.Seal(nil, message, (*[24]byte)(nonce), want)) {
			t.Errorf("%d bytes: result %d, another box", size, n)
		}
		n = i.NaclSecretboxOpen(i.put(want[:], nonce, box))
		if !bytes.Equal(i.tray[:max(n, 0)], message) {
			t.Errorf("%d bytes: opened %d", size, n)
		}
		i.bulk = bytes.Clone(message)
		if n := i.NaclSecretboxBulk(i.put(want[:], nonce)); !bytes.Equal(i.bulk, box) || int(n) != len(box) {
			t.Errorf("%d bytes in bulk: result %d, another box", size, n)
		}
		if n := i.NaclSecretboxOpenBulk(i.put(want[:], nonce)); !bytes.Equal(i.bulk, message) || int(n) != size {
			t.Errorf("%d bytes in bulk: opened %d", size, n)
		}
	}
}

func TestC02_BoxBeforeRefusesLowOrder(t *testing.T) {
	i := new(Instance)
	for _, first := range []byte{0, 1} {
		if got := i.NaclBoxBefore(i.put([]byte{first}, make([]byte, 63))); got != code(wire.BadKey) {
			t.Errorf("point %d: %d, want bad key", first, got)
		}
	}
}

func TestC01_NaclRefusesEveryWrongLength(t *testing.T) {
	i := new(Instance)
	for _, row := range []struct {
		name string
		call func(int32) int32
		size int32 // the only right length, or the least
		more bool  // longer is right too
	}{
		{"nacl_box_public", i.NaclBoxPublic, 32, false},
		{"nacl_box_before", i.NaclBoxBefore, 64, false},
		{"nacl_secretbox", i.NaclSecretbox, 56, true},
		{"nacl_secretbox_open", i.NaclSecretboxOpen, 56, true},
		{"nacl_secretbox_bulk", i.NaclSecretboxBulk, 56, false},
		{"nacl_secretbox_open_bulk", i.NaclSecretboxOpenBulk, 56, false},
	} {
		for n := range row.size {
			if got := row.call(n); got != code(wire.BadArgument) {
				t.Errorf("%s(%d) = %d, want bad argument", row.name, n, got)
			}
		}
		if got := row.call(row.size + 1); !row.more && got != code(wire.BadArgument) {
			t.Errorf("%s(%d) = %d, want bad argument", row.name, row.size+1, got)
		}
	}
	if got := i.NaclSecretbox(TraySize); got != TraySize-56+16 {
		t.Errorf("a full tray: %d", got)
	}
}

func TestC20_BulkSecretboxLimits(t *testing.T) {
	i := new(Instance)
	i.bulk = make([]byte, MaxBulk-nacl.Overhead)
	if got := i.NaclSecretboxBulk(i.put(make([]byte, 56))); got != MaxBulk {
		t.Fatalf("the longest message: %d, want %d", got, MaxBulk)
	}
	if got := i.NaclSecretboxOpenBulk(i.put(make([]byte, 56))); got != MaxBulk-nacl.Overhead {
		t.Errorf("its box: %d", got)
	}
	i.bulk = append(i.bulk, 0)
	if got := i.NaclSecretboxBulk(i.put(make([]byte, 56))); got != code(wire.TooLarge) {
		t.Errorf("one byte more: %d, want too large", got)
	}
}

func TestC04_OpenOfASpoiledBoxLeavesNoPlaintext(t *testing.T) {
	i := new(Instance)
	message := bytes.Repeat([]byte("plaintext "), 20)
	box := nacl.Seal(nil, message, new([24]byte), new([32]byte))
	box[150] ^= 1
	if got := i.NaclSecretboxOpen(i.put(make([]byte, 56), box)); got != code(wire.OpenFailed) {
		t.Errorf("NaclSecretboxOpen = %d, want open failed", got)
	}
	if i.tray != [TraySize]byte{} || i.args != [TraySize]byte{} {
		t.Error("something is left in the tray or the arguments")
	}
	i.bulk = bytes.Clone(box)
	if got := i.NaclSecretboxOpenBulk(i.put(make([]byte, 56))); got != code(wire.OpenFailed) {
		t.Errorf("NaclSecretboxOpenBulk = %d, want open failed", got)
	}
	if bytes.Contains(i.bulk, []byte("plaintext")) {
		t.Error("plaintext is left in the bulk buffer")
	}
}
