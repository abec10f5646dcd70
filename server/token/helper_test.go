package token_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/token"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const noon = 1_800_000_000

var (
	now    = time.Unix(noon, 0)
	secret = []byte("\x8f\x1d3kTq\x02\xa9\xc4\x9b\xee\x07Z\xb1\xd8\x16:\xf3\x90\x5c\x2eG\x7b\xcd\x11\x86\xfa\x63\x0d\xb7\x48\xe2")
	jkt    = token.Thumbprint(make([]byte, 32))
	keys   = sync.OnceValue(func() [2]*rsa.PrivateKey {
		var out [2]*rsa.PrivateKey
		for i := range out {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			out[i] = k
		}
		return out
	})
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// mac and sign make signatures over header and payload.
func mac(key []byte) func(string) []byte {
	return func(text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
}

func sign(key *rsa.PrivateKey) func(string) []byte {
	return func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		s, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		return s
	}
}

// forge signs any header and payload, as attackers and other libraries do.
func forge(header, payload string, sign func(string) []byte) string {
	text := b64([]byte(header)) + "." + b64([]byte(payload))
	return text + "." + b64(sign(text))
}

// payload is a good one; claims are JSON members put behind it.
func payload(claims string) string {
	if claims != "" {
		claims = "," + claims
	}
	return fmt.Sprintf(`{"iat":%d,"exp":%d,"sub":"42","cnf":{"jkt":%q}%s}`, noon, noon+600, jkt, claims)
}

const (
	hs = `{"alg":"HS256","typ":"JWT"}`
	rs = `{"alg":"RS256","kid":"a"}`
)

func verifier(t testing.TB, c token.Config) *token.Verifier {
	t.Helper()
	v, err := token.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func hsVerifier(t testing.TB) *token.Verifier {
	return verifier(t, token.Config{HS256Secret: secret})
}

func rsVerifier(t testing.TB) *token.Verifier {
	return verifier(t, token.Config{RS256Keys: map[string]*rsa.PublicKey{
		"a": &keys()[0].PublicKey, "b": &keys()[1].PublicKey}})
}

// want verifies and compares the error; a refusal gives no claims.
func want(t *testing.T, name string, v *token.Verifier, text string, at time.Time, wanted error) {
	t.Helper()
	c, err := v.Verify(text, at)
	if !errors.Is(err, wanted) {
		t.Errorf("%s: got %v, want %v", name, err, wanted)
	}
	if err != nil && (c != token.Claims{} || !errors.Is(err, token.ErrRefused)) {
		t.Errorf("%s: refused with %+v, %v", name, c, err)
	}
}
