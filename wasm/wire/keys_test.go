package wire

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/mlkem"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The curve, slowly: enough of edwards25519 to list the encodings that a
// verifier must not take, without trusting a list of bytes.
var (
	fieldP = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	curveD = func() *big.Int { // −121665/121666
		d := new(big.Int).ModInverse(big.NewInt(121666), fieldP)
		return d.Mul(d, big.NewInt(-121665)).Mod(d, fieldP)
	}()
)

type point struct{ x, y *big.Int }

func mod(v *big.Int) *big.Int        { return v.Mod(v, fieldP) }
func mul(a, b *big.Int) *big.Int     { return mod(new(big.Int).Mul(a, b)) }
func inverse(a *big.Int) *big.Int    { return new(big.Int).ModInverse(a, fieldP) }
func plus(a, b *big.Int) *big.Int    { return mod(new(big.Int).Add(a, b)) }
func minus(a, b *big.Int) *big.Int   { return mod(new(big.Int).Sub(a, b)) }
func squareRoot(a *big.Int) *big.Int { return new(big.Int).ModSqrt(a, fieldP) }
func (p point) equal(q point) bool   { return p.x.Cmp(q.x) == 0 && p.y.Cmp(q.y) == 0 }
func (p point) encode(y *big.Int) (b []byte) {
	b = littleEndian(y)
	b[31] |= byte(p.x.Bit(0)) << 7
	return b
}

func (p point) add(q point) point {
	xy := mul(mul(p.x, q.x), mul(p.y, q.y))
	one, dxy := big.NewInt(1), mul(curveD, xy)
	return point{mul(plus(mul(p.x, q.y), mul(p.y, q.x)), inverse(plus(one, dxy))), mul(plus(mul(p.y, q.y), mul(p.x, q.x)), inverse(minus(one, dxy)))}
}

func littleEndian(v *big.Int) []byte {
	b := make([]byte, 32)
	v.FillBytes(b)
	for i := range 16 {
		b[i], b[31-i] = b[31-i], b[i]
	}
	return b
}

// withY finds a point of that y, or false.
func withY(y *big.Int) (point, bool) {
	one, yy := big.NewInt(1), mul(y, y)
	x := squareRoot(mul(minus(yy, one), inverse(plus(mul(curveD, yy), one))))
	return point{x, y}, x != nil
}

// torsion is all eight points of small order: a random point times the prime
// order ℓ lands among them, and one of order 8 gives the rest.
func torsion(t *testing.T) []point {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	zero := point{big.NewInt(0), big.NewInt(1)}
	for y := int64(2); y < 200; y++ {
		p, ok := withY(big.NewInt(y))
		if !ok {
			continue
		}
		q := zero
		for i := order.BitLen() - 1; i >= 0; i-- {
			if q = q.add(q); order.Bit(i) == 1 {
				q = q.add(p)
			}
		}
		all := []point{q}
		for next := q.add(q); !next.equal(q); next = next.add(q) {
			all = append(all, next)
		}
		if len(all) == 8 {
			return all
		}
	}
	t.Fatal("no generator of the torsion found")
	return nil
}

// badIdentityKeys are the encodings of the eight points of small order with
// either sign bit and with y + p where that fits in 255 bits, and the other
// encodings that are not canonical: every y from p to 2^255 − 1.
func badIdentityKeys(t *testing.T) map[string]bool {
	bad := make(map[string]bool)
	both := func(y *big.Int) {
		b := littleEndian(y)
		bad[string(b)] = true
		b[31] |= 0x80
		bad[string(b)] = true
	}
	for _, p := range torsion(t) {
		both(p.y)
		if high := new(big.Int).Add(p.y, fieldP); high.BitLen() <= 255 {
			both(high)
		}
	}
	for i := range int64(19) {
		both(new(big.Int).Add(fieldP, big.NewInt(i)))
	}
	return bad
}

func TestC03_SmallOrderAndNonCanonicalIdentityKeysAreRefused(t *testing.T) {
	bad := badIdentityKeys(t)
	// 8 canonical encodings of small order (and x = 0 with the sign bit set), and 38 of y ≥ p, of which 4 are of small order.
	if len(bad) != 10+38 {
		t.Fatalf("%d encodings, want 48", len(bad))
	}
	w := newWorld(t)
	accepted := 0
	for k := range bad {
		key := []byte(k)
		code(t, "CheckIdentityKey", CheckIdentityKey(key), BadKey)
		// The signature that holds under a key of small order for one message in
		// eight at least: R = identity or the key, S = 0.
		for n := range 64 {
			message := []byte{byte(n)}
			for _, r := range [][]byte{{0: 1, 31: 0}, key} {
				if Verify(key, "purpose", message, append(bytes.Clone(r), make([]byte, 32)...)) {
					accepted++
				}
			}
		}
		cr := &Credential{Role: Customer, Identity: key, NotBefore: 1, NotAfter: 2}
		_, err := cr.Issue(w.issuer)
		code(t, "credential", err, BadKey)
		// At enrolment, by hand: Sign would not make these.
		kp := w.keyPackage(w.bare(9)).Bytes()
		copy(kp[2:], key)
		_, err = DecodeKeyPackage(kp)
		code(t, "key package", err, BadKey)
		m := w.manifestDraft(1)
		m.Issuers[0].Key = key
		_, err = m.Sign(w.root)
		code(t, "issuer", err, BadKey)
		m = w.manifestDraft(1)
		m.Archive = key
		_, err = m.Sign(w.root)
		code(t, "archive", err, BadKey)
		m.Archive, m.Root = nil, key
		raw := append(m.body(), make([]byte, 64)...)
		raw[len(raw)-64] = 1
		_, err = DecodeManifest(raw, []Hash{Hash(key)})
		code(t, "root", err, BadCredential)
	}
	if accepted != 0 {
		t.Errorf("%d signatures verified under keys of small order", accepted)
	}
}

// Without our check the library does take such signatures: the test above is
// about something.
func TestC03_TheLibraryAloneTakesSmallOrderKeys(t *testing.T) {
	taken := 0
	for _, p := range torsion(t) {
		key := p.encode(p.y)
		for n := range 64 {
			if ed25519.Verify(key, []byte{byte(n)}, append([]byte{0: 1, 31: 0}, make([]byte, 32)...)) {
				taken++
			}
		}
	}
	if taken == 0 {
		t.Error("ed25519.Verify refuses all; the fixtures prove nothing")
	}
}

func TestIdentityKeysOfGoodOrderPass(t *testing.T) {
	for n := range byte(64) {
		code(t, "key", CheckIdentityKey(pub(keyOf(n))), 0)
	}
	code(t, "short", CheckIdentityKey(pub(keyOf(1))[:31]), BadKey)
	code(t, "long", CheckIdentityKey(append(bytes.Clone(pub(keyOf(1))), 0)), BadKey)
	code(t, "none", CheckIdentityKey(nil), BadKey)
	// y = p − 1 has small order; p − 2 is the highest that may pass.
	code(t, "p − 2", CheckIdentityKey(littleEndian(new(big.Int).Sub(fieldP, big.NewInt(2)))), 0)
}

// lowX25519 are the u of small order: those of the torsion, by u = (1+y)/(1−y),
// and −1 and the like of the twist, found by what X25519 itself makes zero.
func lowX25519(t *testing.T) [][]byte {
	var out [][]byte
	seen := make(map[string]bool)
	keep := func(u *big.Int) {
		for v := new(big.Int).Set(u); v.BitLen() <= 255; v = new(big.Int).Add(v, fieldP) {
			for _, top := range []byte{0, 0x80} {
				b := littleEndian(v)
				b[31] |= top
				if !seen[string(b)] {
					seen[string(b)] = true
					out = append(out, b)
				}
			}
		}
	}
	keep(big.NewInt(0)) // also stands for the point at infinity
	for _, p := range torsion(t) {
		if d := minus(big.NewInt(1), p.y); d.Sign() != 0 {
			keep(mul(plus(big.NewInt(1), p.y), inverse(d)))
		}
	}
	keep(new(big.Int).Sub(fieldP, big.NewInt(1)))
	return out
}

func TestC02_LowOrderAndNonCanonicalX25519KeysAreRefusedInLeaves(t *testing.T) {
	w := newWorld(t)
	secret, _ := ecdh.X25519().GenerateKey(nil)
	low := lowX25519(t)
	if len(low) < 14 {
		t.Fatalf("%d encodings of small order", len(low))
	}
	for _, key := range low {
		p, err := ecdh.X25519().NewPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := secret.ECDH(p); err == nil {
			t.Fatalf("%x does not have small order", key)
		}
	}
	for i := range int64(19) {
		low = append(low, littleEndian(new(big.Int).Add(fieldP, big.NewInt(i))))
	}
	good := w.leaf()
	high := bytes.Clone(good.X25519())
	high[31] |= 0x80
	low = append(low, high, nil, good.X25519()[:31])
	c := w.begun(w.bare(10), w.actor(20, Agent, nil))
	for _, key := range low {
		code(t, "CheckX25519", CheckX25519(key), BadKey)
		if len(key) != 32 {
			continue
		}
		kp := &KeyPackage{Leaf: append(bytes.Clone(key), good.MLKEM()...), Expires: 1}
		_, err := kp.Sign(keyOf(9))
		code(t, "leaf", err, BadKey)
		_, err = DecodeEntry(w.commit(c, w.bare(10), func(d *draft) { d.commit.Ephemeral = key }))
		code(t, "ephemeral", err, BadKey)
	}
	code(t, "good", CheckX25519(good.X25519()), 0)
}

func TestC21_CheckMLKEMAgreesWithTheLibrary(t *testing.T) {
	noise := rand.New(rand.NewPCG(1, 2))
	agree := func(name string, key []byte) error {
		t.Helper()
		got := CheckMLKEM(key)
		if _, err := mlkem.NewEncapsulationKey768(key); (err == nil) != (got == nil) {
			t.Fatalf("%s: %v, the library says %v", name, got, err)
		}
		if got != nil && got != BadKey {
			t.Fatalf("%s: %v, want bad key", name, got)
		}
		return got
	}
	w := newWorld(t)
	key := []byte(w.leaf().MLKEM())
	for _, n := range []int{0, 1, 1183, 1185, 1568} {
		agree("length", make([]byte, n))
	}
	agree("all zero", make([]byte, MLKEMKeySize))
	agree("all ones", bytes.Repeat([]byte{0xff}, MLKEMKeySize))
	// Every coefficient in turn to q − 1, q, q + 1 and 4095 (modulus overflow).
	for i := range 768 {
		for _, v := range []uint16{3328, 3329, 3330, 4095} {
			bad := bytes.Clone(key)
			at := i / 2 * 3
			if i%2 == 0 {
				bad[at], bad[at+1] = byte(v), bad[at+1]&0xf0|byte(v>>8)
			} else {
				bad[at+1], bad[at+2] = bad[at+1]&0x0f|byte(v<<4), byte(v>>4)
			}
			if err := agree("coefficient", bad); (err != nil) != (v >= 3329) {
				t.Fatalf("coefficient %d = %d: %v", i, v, err)
			}
		}
	}
	for range 300 {
		bad := bytes.Clone(key)
		for range 1 + noise.IntN(4) {
			bad[noise.IntN(len(bad))] = byte(noise.Uint32())
		}
		agree("mutated", bad)
		for i := range bad {
			bad[i] = byte(noise.Uint32())
		}
		agree("random", bad)
	}
	leaf := append(bytes.Clone(w.leaf().X25519()), bytes.Repeat([]byte{0xff}, MLKEMKeySize)...)
	_, err := (&KeyPackage{Leaf: leaf, Expires: 1}).Sign(keyOf(9))
	code(t, "leaf", err, BadKey)
}
