package token_test

import (
	"encoding/pem"
	"errors"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/token"
)

// FuzzVerifySigned signs whatever header and payload it is given, as a site's
// backend that is wrong about something would: no panic, and what is accepted
// keeps every rule of claims.
func FuzzVerifySigned(f *testing.F) {
	v, err := token.New(token.Config{HS256Secret: secret})
	if err != nil {
		f.Fatal(err)
	}
	for _, header := range []string{hs, `{"alg":"HS256"}`, `{"alg":"none"}`, `{"alg":["HS256"]}`, `{}`, `null`} {
		f.Add(header, payload(""))
	}
	for _, claims := range []string{`"name":"Bo","email":"b@example.com"`, `"nbf":1e400`, `"iat":9`, `"sub":""`, `"cnf":null`, `"exp":1.5`, `"x":{"y":[[[[]]]]}`} {
		f.Add(hs, payload(claims))
	}
	f.Add(hs, `[]`)
	f.Fuzz(func(t *testing.T, header, claims string) {
		c, err := v.Verify(forge(header, claims, mac(secret)), now)
		if err != nil {
			return
		}
		if c.Subject == "" || len(c.Subject) > 255 || len(c.Name) > 255 || len(c.Email) > 255 || len(c.Thumbprint) != 43 ||
			!c.Expires.After(now) || c.Expires.Sub(now) > token.MaxLifetime+token.Skew {
			t.Fatalf("accepted %+v of %q and %q", c, header, claims)
		}
		for _, late := range []time.Duration{0, token.MaxLifetime + token.Skew} {
			if _, err := v.Verify(forge(header, claims, mac(secret)), c.Expires.Add(late)); err == nil {
				t.Fatalf("accepted after its end: %+v", c)
			}
		}
	})
}

// FuzzParseRSAPublicKey: one key of a strength that is enough, or ErrConfig.
func FuzzParseRSAPublicKey(f *testing.F) {
	for _, kind := range []string{"PUBLIC KEY", "RSA PUBLIC KEY", "PRIVATE KEY"} {
		f.Add(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte{0x30, 0x03, 0x02, 0x01, 0x01}}))
	}
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\ntrailing"))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := token.ParseRSAPublicKey(text)
		if err == nil && (key.N.BitLen() < 2048 || key.E < 65537) || err != nil && !errors.Is(err, token.ErrConfig) {
			t.Fatalf("%v, %v", key, err)
		}
	})
}
