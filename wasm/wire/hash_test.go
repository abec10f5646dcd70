package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha512"
	"slices"
	"testing"
)

// h is H of the specification, written again without Label.
func h(purpose string, parts ...[]byte) Hash {
	in := append([]byte{byte(11 + len(purpose))}, "sealwire/1 "+purpose...)
	return sha512.Sum512_256(append(in, slices.Concat(parts...)...))
}

func TestHashesAreThoseOfTheSpecification(t *testing.T) {
	key, entry, id := pub(keyOf(9)), []byte("an entry"), ID{1, 2, 3}
	one, two := h("x"), h("y")
	rows := []struct {
		name      string
		got, want Hash
	}{
		{"sum", Sum("some purpose", []byte("ab"), nil, []byte("c")), h("some purpose", []byte("abc"))},
		{"key", KeyHash(key), h("key", key)},
		{"entry", EntryHash(entry), h("entry", entry)},
		{"log 0", LogHash0(id), h("log start", id[:])},
		{"log", LogHash(one, two), h("log", one[:], two[:])},
		{"leaf", Leaf(entry).Hash(), h("leaf", entry)},
	}
	for _, row := range rows {
		if row.got != row.want {
			t.Errorf("%s: %x", row.name, row.got)
		}
	}
	if MemberID(key) != h("key", key).ID() || TenantID(key) != h("tenant", key).ID() || EntryID(entry) != h("entry", entry).ID() {
		t.Error("an id is not the first half of its hash")
	}
	if EntryHash(entry) == KeyHash(entry) || LogHash(one, two) == LogHash(two, one) {
		t.Error("two purposes or orders share a hash")
	}
	if (Hash{}).Zero() != true || one.Zero() {
		t.Error("Zero")
	}
}

// Derivation is HKDF by another's hand, for all lengths that one HMAC makes.
func TestDerivationIsHKDF(t *testing.T) {
	for _, key := range [][]byte{nil, []byte("short"), make([]byte, 64), bytes.Repeat([]byte{7}, 200)} {
		prk, err := hkdf.Extract(sha512.New, []byte("ikm"), key)
		if err != nil || !bytes.Equal(MAC(key, []byte("i"), nil, []byte("km")), prk) {
			t.Errorf("extract under %d bytes: %v", len(key), err)
		}
		for size := 1; size <= 64; size++ {
			want, err := hkdf.Expand(sha512.New, prk, string(Label("some purpose"))+"abc", size)
			if got := Expand(prk, size, "some purpose", []byte("ab"), []byte("c")); err != nil || !bytes.Equal(got, want) || cap(got) != size {
				t.Errorf("%d bytes: %x, want %x, %v", size, got, want, err)
			}
		}
	}
}

func TestLabelPanicsWhenTooLong(t *testing.T) {
	if l := Label(string(make([]byte, 244))); len(l) != 256 || l[0] != 255 {
		t.Errorf("longest label: %d bytes", len(l))
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Label(string(make([]byte, 245)))
}

func TestSignatureCoversLabelKeyAndMessage(t *testing.T) {
	key, other := keyOf(7), keyOf(8)
	message := []byte("a message")
	sig := Sign(key, "purpose", message)
	hash := h("key", pub(key))
	label := append([]byte{18}, "sealwire/1 purpose"...)
	if !ed25519.Verify(pub(key), slices.Concat(label, hash[:], message), sig) {
		t.Fatal("not the signature of the specification")
	}
	rows := []struct {
		name string
		ok   bool
	}{
		{"itself", Verify(pub(key), "purpose", message, sig)},
		{"another key", !Verify(pub(other), "purpose", message, sig)},
		{"another purpose", !Verify(pub(key), "purposf", message, sig)},
		{"another message", !Verify(pub(key), "purpose", []byte("a messagf"), sig)},
		{"no message", !Verify(pub(key), "purpose", nil, sig)},
		{"short signature", !Verify(pub(key), "purpose", message, sig[:63])},
		{"long signature", !Verify(pub(key), "purpose", message, append(bytes.Clone(sig), 0))},
		{"no signature", !Verify(pub(key), "purpose", message, nil)},
		{"short key", !Verify(pub(key)[:31], "purpose", message, sig)},
		{"no key", !Verify(nil, "purpose", message, sig)},
	}
	for _, row := range rows {
		if !row.ok {
			t.Error(row.name)
		}
	}
	for i := range len(sig) * 8 {
		bad := bytes.Clone(sig)
		bad[i/8] ^= 1 << (i % 8)
		if Verify(pub(key), "purpose", message, bad) {
			t.Fatalf("bit %d of a signature does not matter", i)
		}
	}
}

// The scalar of a signature plus the group's order gives another encoding that
// a careless verifier takes too.
func TestVerifyRefusesMalleatedScalar(t *testing.T) {
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	sig := Sign(keyOf(7), "purpose", nil)
	carry := 0
	for i := range 32 {
		carry += int(sig[32+i]) + int(order[i])
		sig[32+i], carry = byte(carry), carry>>8
	}
	if Verify(pub(keyOf(7)), "purpose", nil, sig) {
		t.Error("a scalar over the order verifies")
	}
}

func TestEqual(t *testing.T) {
	if !Equal([]byte("ab"), []byte("ab")) || Equal([]byte("ab"), []byte("ac")) || Equal([]byte("ab"), []byte("abc")) {
		t.Error("Equal")
	}
}
