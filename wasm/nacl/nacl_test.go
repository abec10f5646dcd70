package nacl_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/nacl/box"
)

type x25519Case struct {
	Name, Public, Secret, Shared, Expect string
	Canonical                            bool
}

func x25519Cases(t *testing.T) []x25519Case {
	t.Helper()
	raw, err := os.ReadFile("testdata/x25519.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []x25519Case }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

func key(t *testing.T, text string) *[32]byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 32 {
		t.Fatalf("vector %q: %d bytes, %v", text, len(b), err)
	}
	return (*[32]byte)(b)
}

func TestC02_BeforeRefusesEveryLowOrderKey(t *testing.T) {
	refused, accepted, notCanonical := 0, 0, 0
	for _, c := range x25519Cases(t) {
		shared, err := nacl.Before(key(t, c.Public), key(t, c.Secret))
		if !c.Canonical {
			notCanonical++
		}
		switch c.Expect {
		case "bad key":
			refused++
			if err != wire.BadKey || shared != nil {
				t.Errorf("%s: %v, %v; want bad key", c.Name, shared, err)
			}
		case "accepted": // the documented behaviour of keys that are not canonical
			accepted++
			point, err := curve25519.X25519(key(t, c.Secret)[:], key(t, c.Public)[:])
			if err != nil || !bytes.Equal(point, key(t, c.Shared)[:]) {
				t.Errorf("%s: X25519 gives %x, %v; want %s", c.Name, point, err, c.Shared)
			}
			var want [32]byte
			box.Precompute(&want, key(t, c.Public), key(t, c.Secret))
			if shared == nil || *shared != want {
				t.Errorf("%s: %v, %v; want %x", c.Name, shared, err, want)
			}
		default:
			t.Errorf("%s: expect %q", c.Name, c.Expect)
		}
	}
	if refused != 31 || notCanonical != 19 || accepted != 13 { // six of the 19 have low order
		t.Errorf("%d low-order, %d non-canonical, %d accepted cases; want 31, 19, 13", refused, notCanonical, accepted)
	}
}

func TestC02_ReducedKeyGivesTheSameSecret(t *testing.T) {
	_, secret := nacl.GenerateKey()
	small := &[32]byte{9}
	for name, other := range map[string]*[32]byte{
		"top bit": {0: 9, 31: 0x80},
		"plus p": {0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	} {
		a, errA := nacl.Before(small, secret)
		b, errB := nacl.Before(other, secret)
		if errA != nil || errB != nil || *a != *b {
			t.Errorf("%s: %x %v, %x %v", name, a, errA, b, errB)
		}
	}
}

func TestBoxesAreThoseOfNaCl(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	for n := range 300 {
		public, secret := nacl.GenerateKey()
		peer, peerSecret := nacl.GenerateKey()
		var nonce [24]byte
		random.Read(nonce[:])
		message := make([]byte, n)
		random.Read(message)
		shared, err := nacl.Before(peer, secret)
		if err != nil {
			t.Fatal(err)
		}
		sealed := nacl.Seal([]byte("before"), message, &nonce, shared)
		if want := box.Seal([]byte("before"), message, &nonce, peer, secret); !bytes.Equal(sealed, want) {
			t.Fatalf("%d bytes: %x, want %x", n, sealed, want)
		}
		back, err := nacl.Before(public, peerSecret)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := nacl.Open([]byte("before"), sealed[6:], &nonce, back)
		if err != nil || !bytes.Equal(opened, append([]byte("before"), message...)) {
			t.Fatalf("%d bytes: opened %x, %v", n, opened, err)
		}
	}
}

func TestPublicIsTheBasePointTimesTheSecret(t *testing.T) {
	for range 20 {
		public, secret := nacl.GenerateKey()
		var want [32]byte
		curve25519.ScalarBaseMult(&want, secret)
		if *public != want || *nacl.Public(secret) != want {
			t.Errorf("public key %x, want %x", *public, want)
		}
	}
}

func TestC04_OpenRefusesEveryFlippedBit(t *testing.T) {
	_, k := nacl.GenerateKey()
	nonce := &[24]byte{1, 2, 3}
	sealed := nacl.Seal(nil, make([]byte, 200-nacl.Overhead), nonce, k)
	if len(sealed) != 200 {
		t.Fatalf("%d bytes", len(sealed))
	}
	out := make([]byte, 0, 256)
	for bit := range 8 * len(sealed) {
		sealed[bit/8] ^= 1 << (bit % 8)
		opened, err := nacl.Open(out, sealed, nonce, k)
		if err != wire.OpenFailed || opened != nil {
			t.Errorf("bit %d: %x, %v; want open failed", bit, opened, err)
		}
		sealed[bit/8] ^= 1 << (bit % 8)
	}
	if !bytes.Equal(out[:cap(out)], make([]byte, cap(out))) {
		t.Error("a refused box left plaintext in the buffer")
	}
	for name, spoil := range map[string]func(){
		"key":   func() { k[31] ^= 1 },
		"nonce": func() { nonce[23] ^= 1 },
	} {
		spoil()
		if _, err := nacl.Open(nil, sealed, nonce, k); err != wire.OpenFailed {
			t.Errorf("another %s: %v, want open failed", name, err)
		}
		spoil()
	}
	if _, err := nacl.Open(nil, sealed, nonce, k); err != nil {
		t.Errorf("the box itself: %v", err)
	}
}

func TestC05_OpenRefusesEveryOtherLength(t *testing.T) {
	_, k := nacl.GenerateKey()
	nonce := new([24]byte)
	sealed := nacl.Seal(nil, []byte("a message of some length"), nonce, k)
	for n := range sealed {
		if _, err := nacl.Open(nil, sealed[:n], nonce, k); err != wire.OpenFailed {
			t.Errorf("cut to %d bytes: %v, want open failed", n, err)
		}
	}
	for n := 1; n <= 64; n++ {
		if _, err := nacl.Open(nil, append(bytes.Clone(sealed), make([]byte, n)...), nonce, k); err != wire.OpenFailed {
			t.Errorf("%d bytes longer: %v, want open failed", n, err)
		}
	}
}
