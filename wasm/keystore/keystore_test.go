package keystore

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

func open(t testing.TB, fill byte) *Keystore {
	t.Helper()
	k, err := Open(bytes.Repeat([]byte{fill}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t testing.TB, k *Keystore, context string, value []byte) []byte {
	t.Helper()
	sealed, err := k.Seal(context, value)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestUnsealGivesBackWhatSealTook(t *testing.T) {
	k := open(t, 1)
	for _, n := range []int{0, 1, 31, 32, 33, 1000, 120_000} {
		value := bytes.Repeat([]byte{0xff, 0, 1}, n)[:n]
		sealed := seal(t, k, "end", value)
		if len(sealed) != n+Overhead || sealed[0] != wire.Version {
			t.Errorf("%d bytes seal to %d", n, len(sealed))
		}
		got, err := k.Unseal("end", sealed)
		if err != nil || !bytes.Equal(got, value) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if n > 31 && bytes.Contains(sealed, value) {
			t.Error("the value shows")
		}
	}
	if bytes.Equal(seal(t, k, "end", nil), seal(t, k, "end", nil)) {
		t.Error("the same nonce twice")
	}
}

func TestContextsCannotBeSwapped(t *testing.T) {
	k := open(t, 1)
	contexts := []string{"end", "en", "endx", "conversation/\x00", "conversation/\x01", "conversation/\x00\x00", "value/outbox/1", "value/outbox/2", "value/history/1", "\x00", strings.Repeat("a", 254), strings.Repeat("a", 255)}
	for _, place := range contexts {
		sealed := seal(t, k, place, []byte("value"))
		for _, other := range contexts {
			got, err := k.Unseal(other, sealed)
			if place == other && (err != nil || string(got) != "value") {
				t.Errorf("%q: %v", place, err)
			}
			if place != other && (err != wire.OpenFailed || got != nil) {
				t.Errorf("%q opens in the place of %q: %v", place, other, err)
			}
		}
	}
}

func TestUnsealRefusesFlippedCutAndGrownValues(t *testing.T) {
	k := open(t, 1)
	sealed := seal(t, k, "end", []byte("some value"))
	bad := bytes.Clone(sealed)
	for i := range sealed {
		for bit := range 8 {
			bad[i] ^= 1 << bit
			want := wire.OpenFailed
			if i == 0 {
				want = wire.UnsupportedVersion
			}
			if got, err := k.Unseal("end", bad); err != want || got != nil {
				t.Fatalf("bit %d of byte %d: %v, want %v", bit, i, err, want)
			}
			bad[i] ^= 1 << bit
		}
		if _, err := k.Unseal("end", sealed[:i]); err != wire.OpenFailed {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
	for n := 1; n <= 64; n++ {
		if _, err := k.Unseal("end", append(bytes.Clone(sealed), make([]byte, n)...)); err != wire.OpenFailed {
			t.Fatalf("with %d bytes more: %v", n, err)
		}
	}
}

func TestUnsealRefusesAnotherKeyAndVersion(t *testing.T) {
	k := open(t, 1)
	sealed := seal(t, k, "end", []byte("value"))
	if _, err := open(t, 2).Unseal("end", sealed); err != wire.OpenFailed {
		t.Errorf("another key: %v", err)
	}
	for v := range 256 {
		sealed[0] = byte(v)
		if _, err := k.Unseal("end", sealed); v != wire.Version && err != wire.UnsupportedVersion {
			t.Errorf("version %d: %v", v, err)
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, n := range []int{0, 31, 33, 64} {
		if k, err := Open(make([]byte, n)); err != wire.BadArgument || k != nil {
			t.Errorf("key of %d: %v", n, err)
		}
	}
	k := open(t, 1)
	for _, context := range []string{"", strings.Repeat("a", 256)} {
		if _, err := k.Seal(context, nil); err != wire.BadArgument {
			t.Errorf("seal at a context of %d: %v", len(context), err)
		}
		if _, err := k.Unseal(context, make([]byte, 99)); err != wire.BadArgument {
			t.Errorf("unseal at a context of %d: %v", len(context), err)
		}
	}
}

func TestOpenCopiesTheKeyAndCloseErasesIt(t *testing.T) {
	key := bytes.Repeat([]byte{7}, KeySize)
	k, _ := Open(key)
	sealed := seal(t, k, "end", []byte("value"))
	clear(key)
	if _, err := k.Unseal("end", sealed); err != nil {
		t.Errorf("after the caller wiped its copy: %v", err)
	}
	k.Wipe()
	if k.key != [KeySize]byte{} {
		t.Error("the key is still there")
	}
	if _, err := k.Seal("end", nil); err != wire.BadHandle {
		t.Errorf("seal after Close: %v, want bad handle", err)
	}
	if _, err := k.Unseal("end", sealed); err != wire.BadHandle {
		t.Errorf("unseal after Close: %v, want bad handle", err)
	}
}

func TestC26_PrintingShowsNoKey(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	k, _ := Open(key)
	js, err := json.Marshal([]any{k})
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprintf("%v %+v %#v %s %q %x %X | %v %+v %#v %s | %v %s", k, k, k, k, k, k, k, *k, *k, *k, *k, k.String(), js)
	for _, canary := range []string{string(key[:8]), hex.EncodeToString(key[:8]), "48 49 50", "0x30, 0x31", "30313233"} {
		if strings.Contains(strings.ToLower(out), canary) {
			t.Errorf("%q is in %s", canary, out)
		}
	}
}

func FuzzUnseal(f *testing.F) {
	k := open(f, 1)
	f.Add("end", []byte{})
	f.Add("end", make([]byte, Overhead))
	f.Add("value/x", append([]byte{1}, make([]byte, 100)...))
	sealed := seal(f, k, "end", []byte("value"))
	f.Add("end", sealed)
	f.Add("en", sealed)
	f.Fuzz(func(t *testing.T, context string, b []byte) {
		got, err := k.Unseal(context, b)
		// Each fuzzing process has sealed its own: only the value tells it.
		if err == nil && !(context == "end" && string(got) == "value") {
			t.Fatalf("forged %q at %q", got, context)
		}
		if err != nil && err != wire.OpenFailed && err != wire.UnsupportedVersion && err != wire.BadArgument {
			t.Fatalf("error %v", err)
		}
	})
}
