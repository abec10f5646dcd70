package token_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/token"
)

func TestI09_WeakKeysDoNotStart(t *testing.T) {
	good := &keys()[0].PublicKey
	rfc, err := hex.DecodeString("0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebfd3fb5a92d20647ef968ab4c377623d223d2e2172052e4f08c0cd9afd67d080a3")
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{
		"empty": {}, "31 bytes": secret[:31], "word": []byte("secret"),
		"zeroes": make([]byte, 32), "one letter": bytes.Repeat([]byte("a"), 64), "a word repeated": bytes.Repeat([]byte("secret"), 10),
		"a word repeated, cut off": bytes.Repeat([]byte("correcthorse"), 4)[:40], "digits": []byte("12345678901234567890123456789012"),
		"jwt_tool's":    []byte("my_very_long_and_safe_secret_key"),
		"jwt_tool's 2":  []byte("YoUR sUpEr S3krEt 1337 HMAC kEy HeRE"),
		"jwt_tool's 3":  []byte("gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr9C"),
		"with newline":  []byte("gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr9C\n"),
		"jwt.io's":      []byte("a-string-secret-at-least-256-bits-long"),
		"RFC 7515's":    rfc,
		"RFC 7515 text": []byte("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr9Z9CAow"),
		"PEM":           pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: secret}),
	} {
		v, err := token.New(token.Config{HS256Secret: secret})
		if !errors.Is(err, token.ErrConfig) || v != nil {
			t.Errorf("secret %s: %v", name, err)
		} else if len(secret) > 8 && strings.Contains(err.Error(), string(secret)) {
			t.Errorf("secret %s: the error holds it", name)
		}
		if _, err := token.MintHS256(secret, token.Minting{Subject: "42"}); !errors.Is(err, token.ErrConfig) {
			t.Errorf("mint with secret %s: %v", name, err)
		}
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	just := new(big.Int).SetBit(big.NewInt(1), 2046, 1) // 2,047 bits
	for name, key := range map[string]*rsa.PublicKey{
		"nil": nil, "no modulus": {E: 65537}, "1,024 bits": &small.PublicKey, "2,047 bits": {N: just, E: 65537},
		"9,000 bits": {N: new(big.Int).SetBit(big.NewInt(1), 8999, 1), E: 65537}, "even": {N: new(big.Int).Lsh(good.N, 1), E: 65537},
		"negative": {N: new(big.Int).Neg(good.N), E: 65537}, "e=1": {N: good.N, E: 1}, "e=0": {N: good.N}, "e=-1": {N: good.N, E: -1},
		"e=3": {N: good.N, E: 3}, "even e": {N: good.N, E: 65538},
	} {
		if _, err := token.New(token.Config{RS256Keys: map[string]*rsa.PublicKey{"good": good, "bad": key}}); !errors.Is(err, token.ErrConfig) {
			t.Errorf("RSA key %s: %v", name, err)
		}
	}
	one := map[string]*rsa.PublicKey{"a": good}
	for name, c := range map[string]token.Config{
		"nothing": {}, "no keys": {RS256Keys: map[string]*rsa.PublicKey{}}, "both": {HS256Secret: secret, RS256Keys: one},
		"both, one empty": {HS256Secret: []byte{}, RS256Keys: one}, "empty key id": {RS256Keys: map[string]*rsa.PublicKey{"": good}},
		"long key id": {RS256Keys: map[string]*rsa.PublicKey{strings.Repeat("a", 256): good}}, "HS256 key id at RS256": {RS256Keys: one, HS256KeyID: "a"},
		"long audience": {HS256Secret: secret, Audience: strings.Repeat("a", 256)},
	} {
		if _, err := token.New(c); !errors.Is(err, token.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := token.New(token.Config{HS256Secret: secret}); err != nil || len(secret) != 32 {
		t.Errorf("32 random bytes: %v", err)
	}
}

func TestVerifierKeepsItsOwnKeys(t *testing.T) {
	mine, shared := bytes.Clone(secret), map[string]*rsa.PublicKey{"a": &keys()[0].PublicKey}
	h, r := verifier(t, token.Config{HS256Secret: mine}), verifier(t, token.Config{RS256Keys: shared})
	clear(mine)
	shared["b"] = &keys()[1].PublicKey
	want(t, "HS256", h, forge(hs, payload(""), mac(secret)), now, nil)
	want(t, "RS256", r, forge(`{"alg":"RS256","kid":"b"}`, payload(""), sign(keys()[1])), now, token.ErrKey)
}

func TestParseRSAPublicKey(t *testing.T) {
	good := &keys()[0].PublicKey
	der, err := x509.MarshalPKIXPublicKey(good)
	if err != nil {
		t.Fatal(err)
	}
	spki := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(good)})
	for _, text := range [][]byte{spki, pkcs1} {
		if got, err := token.ParseRSAPublicKey(text); err != nil || !got.Equal(good) {
			t.Errorf("%v", err)
		}
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if der, err = x509.MarshalPKIXPublicKey(&curve.PublicKey); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"empty": nil, "no PEM": []byte("key"), "two": append(bytes.Clone(spki), spki...), "elliptic": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"private": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(keys()[0])}),
		"broken":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1, 2}}),
	} {
		if _, err := token.ParseRSAPublicKey(text); !errors.Is(err, token.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMintedIsVerified(t *testing.T) {
	v := verifier(t, token.Config{HS256Secret: secret, Audience: "relay", Issuer: "site"})
	m := token.Minting{Subject: "42", Name: "Ana", Email: "ana@example.com", Thumbprint: jkt, Audience: "relay", Issuer: "site", Issued: now}
	text, err := token.MintHS256(secret, m)
	if err != nil {
		t.Fatal(err)
	}
	c, err := v.Verify(text, now)
	if wanted := (token.Claims{Subject: "42", Name: "Ana", Email: "ana@example.com", Thumbprint: jkt, Expires: now.Add(5 * time.Minute)}); err != nil || c != wanted {
		t.Errorf("got %+v, %v", c, err)
	}
	if text, err = token.MintHS256(secret, token.Minting{Subject: "42", Thumbprint: jkt, Lifetime: token.MaxLifetime}); err != nil {
		t.Fatal(err)
	}
	want(t, "by the clock", hsVerifier(t), text, time.Now(), nil)
	for name, m := range map[string]token.Minting{
		"no subject": {}, "too long a life": {Subject: "42", Lifetime: token.MaxLifetime + time.Second}, "negative": {Subject: "42", Lifetime: -1}, "an instant": {Subject: "42", Lifetime: 1},
	} {
		if _, err := token.MintHS256(secret, m); !errors.Is(err, token.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The vector is RFC 8037, appendix A.2 and A.3.
func TestThumbprintVector(t *testing.T) {
	public, err := hex.DecodeString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	if err != nil {
		t.Fatal(err)
	}
	if got := token.Thumbprint(public); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("got %s", got)
	}
	for _, n := range []int{0, 31, 33, 64} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic for %d bytes", n)
				}
			}()
			token.Thumbprint(make([]byte, n))
		}()
	}
}
