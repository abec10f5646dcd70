package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/token"
)

var (
	loginKey, _        = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	edPublic, edKey, _ = ed25519.GenerateKey(nil)
	otherPublic, _, _  = ed25519.GenerateKey(nil)
	p384, _            = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	loginConfig        = token.LoginConfig{Issuer: "https://login.example", Audience: "sealwire", AliasClaim: "nickname", Keys: map[string]crypto.PublicKey{"e": &loginKey.PublicKey}}
)

func signES(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, loginKey, sum[:])
	if err != nil {
		panic(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

func signEd(text string) []byte { return ed25519.Sign(edKey, []byte(text)) }

const es = `{"alg":"ES256","kid":"e"}`

// loginPayload is a good one with other members in the place of those of its own.
func loginPayload(change map[string]any) string {
	c := map[string]any{"iss": "https://login.example", "aud": "sealwire", "sub": "4711", "iat": noon, "exp": noon + 3600, "nickname": "Ana"}
	for name, v := range change {
		if v == nil {
			delete(c, name)
		} else {
			c[name] = v
		}
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func newLogin(t testing.TB, c token.LoginConfig) *token.LoginVerifier {
	t.Helper()
	v, err := token.NewLogin(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLoginIsWhatTheClaimsSay(t *testing.T) {
	c := loginConfig
	c.QueuesClaim, c.RoleClaim = "queues", "role"
	v := newLogin(t, c)
	text := forge(es, loginPayload(map[string]any{"role": "supervisor", "queues": []string{"b", "a"}, "cnf": map[string]string{"jkt": jkt}}), signES)
	got, err := v.Verify(t.Context(), text, now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Alias != "Ana" || got.Role != "supervisor" || fmt.Sprint(got.Queues) != "[b a]" || got.Thumbprint != jkt || got.Expires.Unix() != noon+3600 {
		t.Errorf("%+v", got)
	}
	if got.Account == [32]byte{} || strings.Contains(string(got.Account[:]), "4711") {
		t.Errorf("the account is %x", got.Account)
	}
	plain, err := newLogin(t, loginConfig).Verify(t.Context(), text, now)
	if err != nil || plain.Role != "agent" || plain.Queues != nil || plain.Account != got.Account || !plain.Until.IsZero() {
		t.Errorf("claims that nobody asked for: %+v, %v", plain, err)
	}
}

func TestLoginSaysWhenTheWorkerGoes(t *testing.T) {
	c := loginConfig
	c.UntilClaim = "shift_end"
	v := newLogin(t, c)
	for name, tc := range map[string]struct {
		claim any
		until int64
		want  error
	}{
		"nothing is said": {nil, 0, nil},
		"in an hour":      {noon + 3600, noon + 3600, nil},
		"now":             {noon, 0, token.ErrExpired},
		"no time":         {"tomorrow", 0, token.ErrClaims},
	} {
		got, err := v.Verify(t.Context(), forge(es, loginPayload(map[string]any{"shift_end": tc.claim}), signES), now)
		if !errors.Is(err, tc.want) || got.Until.IsZero() != (tc.until == 0) || tc.until != 0 && got.Until.Unix() != tc.until {
			t.Errorf("%s: %v, %v", name, got.Until, err)
		}
	}
}

func TestLoginsThatAreRefused(t *testing.T) {
	v := newLogin(t, loginConfig)
	for name, tc := range map[string]struct {
		token string
		want  error
	}{
		"good":            {forge(es, loginPayload(nil), signES), nil},
		"alg none":        {forge(`{"alg":"none","kid":"e"}`, loginPayload(nil), func(string) []byte { return nil }), token.ErrAlgorithm},
		"alg HS256":       {forge(`{"alg":"HS256","kid":"e"}`, loginPayload(nil), mac(secret)), token.ErrAlgorithm},
		"another's alg":   {forge(`{"alg":"EdDSA","kid":"e"}`, loginPayload(nil), signEd), token.ErrAlgorithm},
		"another key":     {forge(es, loginPayload(nil), func(string) []byte { return make([]byte, 64) }), token.ErrSignature},
		"unknown kid":     {forge(`{"alg":"ES256","kid":"x"}`, loginPayload(nil), signES), token.ErrKey},
		"empty kid":       {forge(`{"alg":"ES256","kid":""}`, loginPayload(nil), signES), token.ErrKey},
		"crit":            {forge(`{"alg":"ES256","kid":"e","crit":["x"]}`, loginPayload(nil), signES), token.ErrMalformed},
		"an access token": {forge(`{"alg":"ES256","kid":"e","typ":"at+jwt"}`, loginPayload(nil), signES), token.ErrMalformed},
		"no exp":          {forge(es, loginPayload(map[string]any{"exp": nil}), signES), token.ErrClaims},
		"no iat":          {forge(es, loginPayload(map[string]any{"iat": nil}), signES), token.ErrClaims},
		"expired":         {forge(es, loginPayload(map[string]any{"iat": noon - 60, "exp": noon}), signES), token.ErrExpired},
		"too long a life": {forge(es, loginPayload(map[string]any{"exp": noon + 86401}), signES), token.ErrLifetime},
		"not yet":         {forge(es, loginPayload(map[string]any{"iat": noon + 121}), signES), token.ErrNotYet},
		"wrong aud":       {forge(es, loginPayload(map[string]any{"aud": "x"}), signES), token.ErrAudience},
		"no aud":          {forge(es, loginPayload(map[string]any{"aud": nil}), signES), token.ErrAudience},
		"two auds":        {forge(es, loginPayload(map[string]any{"aud": []string{"sealwire", "x"}}), signES), token.ErrAudience},
		"wrong iss":       {forge(es, loginPayload(map[string]any{"iss": "x"}), signES), token.ErrIssuer},
		"no sub":          {forge(es, loginPayload(map[string]any{"sub": nil}), signES), token.ErrClaims},
		"empty sub":       {forge(es, loginPayload(map[string]any{"sub": ""}), signES), token.ErrClaims},
		"no alias":        {forge(es, loginPayload(map[string]any{"nickname": nil}), signES), token.ErrClaims},
		"empty alias":     {forge(es, loginPayload(map[string]any{"nickname": ""}), signES), token.ErrClaims},
		"her number":      {forge(es, loginPayload(map[string]any{"nickname": "4711"}), signES), token.ErrClaims},
		"bad cnf":         {forge(es, loginPayload(map[string]any{"cnf": map[string]string{"jkt": "x"}}), signES), token.ErrClaims},
		"too long":        {strings.Repeat("a", token.MaxLength+1), token.ErrTooLong},
		"no token":        {"", token.ErrMalformed},
		"a cut one":       {forge(es, loginPayload(nil), signES)[:50], token.ErrMalformed},
		"one more line":   {forge(es, loginPayload(nil), signES) + "\n", token.ErrMalformed},
	} {
		got, err := v.Verify(t.Context(), tc.token, now)
		if !errors.Is(err, tc.want) || (err != nil && (got.Alias != "" || !errors.Is(err, token.ErrRefused))) {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, tc.want)
		}
	}
}

func TestLoginConfigurationsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*token.LoginConfig){
		"no issuer":              func(c *token.LoginConfig) { c.Issuer = "" },
		"no audience":            func(c *token.LoginConfig) { c.Audience = "" },
		"no alias":               func(c *token.LoginConfig) { c.AliasClaim = "" },
		"the number as alias":    func(c *token.LoginConfig) { c.AliasClaim = "sub" },
		"the mail as alias":      func(c *token.LoginConfig) { c.AliasClaim = "email" },
		"no keys":                func(c *token.LoginConfig) { c.Keys = nil },
		"keys twice":             func(c *token.LoginConfig) { c.JWKS = "https://login.example/keys" },
		"a key set in the clear": func(c *token.LoginConfig) { c.Keys, c.JWKS = nil, "http://login.example/keys" },
		"a secret":               func(c *token.LoginConfig) { c.Keys = map[string]crypto.PublicKey{"e": secret} },
		"another curve":          func(c *token.LoginConfig) { c.Keys = map[string]crypto.PublicKey{"e": &p384.PublicKey} },
		"a key without id":       func(c *token.LoginConfig) { c.Keys = map[string]crypto.PublicKey{"": &loginKey.PublicKey} },
		"no key at all":          func(c *token.LoginConfig) { c.Keys = map[string]crypto.PublicKey{"e": (*ecdsa.PublicKey)(nil)} },
	} {
		c := loginConfig
		change(&c)
		if _, err := token.NewLogin(c); !errors.Is(err, token.ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}

func jwkOf(kid string, key any) map[string]string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return map[string]string{"kty": "RSA", "kid": kid, "n": b64(key.N.Bytes()), "e": b64([]byte{1, 0, 1}), "use": "sig", "alg": "RS256"}
	case *ecdsa.PublicKey:
		point, _ := key.Bytes()
		return map[string]string{"kty": "EC", "crv": "P-256", "kid": kid, "x": b64(point[1:33]), "y": b64(point[33:])}
	case ed25519.PublicKey:
		return map[string]string{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(key)}
	}
	panic("no key")
}

func keySet(keys ...map[string]string) []byte {
	b, _ := json.Marshal(map[string]any{"keys": keys})
	return b
}

func TestKeysOfASetVerify(t *testing.T) {
	set, err := token.ParseKeySet(keySet(jwkOf("r", &keys()[0].PublicKey), jwkOf("e", &loginKey.PublicKey), jwkOf("d", edPublic)))
	if err != nil || len(set) != 3 {
		t.Fatalf("%d keys, %v", len(set), err)
	}
	c := loginConfig
	c.Keys = set
	v := newLogin(t, c)
	for header, by := range map[string]func(string) []byte{`{"alg":"RS256","kid":"r"}`: sign(keys()[0]), es: signES, `{"alg":"EdDSA","kid":"d"}`: signEd} {
		if _, err := v.Verify(t.Context(), forge(header, loginPayload(nil), by), now); err != nil {
			t.Errorf("%s: %v", header, err)
		}
	}
	if _, err := v.Verify(t.Context(), forge(`{"alg":"ES256"}`, loginPayload(nil), signES), now); !errors.Is(err, token.ErrKey) {
		t.Errorf("no kid, and three keys: %v", err)
	}
}

func TestKeySetsThatAreRefused(t *testing.T) {
	weak := jwkOf("r", &keys()[0].PublicKey)
	weak["e"] = b64([]byte{3})
	off := jwkOf("e", &loginKey.PublicKey)
	off["y"] = off["x"]
	enc := jwkOf("e", &loginKey.PublicKey)
	enc["use"] = "enc"
	symmetric := map[string]string{"kty": "oct", "kid": "s", "k": b64(secret)}
	for name, text := range map[string][]byte{
		"no JSON": []byte("x"), "no keys": []byte("{}"), "an empty list": keySet(), "a weak exponent": keySet(weak), "off the curve": keySet(off),
		"for encryption": keySet(enc), "a secret": keySet(symmetric), "one id twice": keySet(jwkOf("e", &loginKey.PublicKey), jwkOf("e", edPublic)),
		"no id": keySet(jwkOf("", edPublic)), "bytes behind": append(keySet(jwkOf("e", edPublic)), 'x'),
	} {
		if set, err := token.ParseKeySet(text); !errors.Is(err, token.ErrConfig) {
			t.Errorf("%s: %d keys, %v", name, len(set), err)
		}
	}
}

// A new key is fetched when it is first seen, and not for each guess.
func TestKeySetIsFetchedWhenItHasTo(t *testing.T) {
	var fetched atomic.Int32
	var set atomic.Pointer[[]byte]
	first := keySet(jwkOf("e", &loginKey.PublicKey))
	set.Store(&first)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetched.Add(1)
		if b := set.Load(); b != nil {
			_, _ = w.Write(*b)
		} else {
			http.Error(w, "away", http.StatusServiceUnavailable)
		}
	}))
	defer web.Close()
	c := loginConfig
	c.Keys, c.JWKS = nil, web.URL
	v := newLogin(t, c)
	if fetched.Load() != 0 {
		t.Error("it is fetched before anybody logs in")
	}
	at := now
	check := func(what, header string, by func(string) []byte, want error, fetches int32) {
		t.Helper()
		text := forge(header, loginPayload(map[string]any{"iat": at.Unix(), "exp": at.Unix() + 60}), by)
		if _, err := v.Verify(t.Context(), text, at); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if n := fetched.Load(); n != fetches {
			t.Errorf("%s: fetched %d times, want %d", what, n, fetches)
		}
	}
	const ed = `{"alg":"EdDSA","kid":"d"}`
	check("the first", es, signES, nil, 1)
	check("the second", es, signES, nil, 1)
	check("an unknown key, too soon", ed, signEd, token.ErrKey, 1)
	at = at.Add(time.Minute)
	check("an unknown key", ed, signEd, token.ErrKey, 2)
	both := keySet(jwkOf("e", &loginKey.PublicKey), jwkOf("d", edPublic))
	set.Store(&both)
	at = at.Add(time.Minute)
	check("a new key", ed, signEd, nil, 3)
	set.Store(nil)
	at = at.Add(2 * time.Hour)
	check("the keys' server is away", es, signES, nil, 4)
	at = at.Add(24 * time.Hour)
	check("for a day", es, signES, token.ErrKeySet, 5)
	set.Store(&first)
	at = at.Add(time.Minute)
	check("it is back", es, signES, nil, 6)
	check("without the key that went", ed, signEd, token.ErrKey, 6)
}

func TestParsePublicKey(t *testing.T) {
	spki := func(key any) []byte {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	for name, key := range map[string]any{"RSA": &keys()[0].PublicKey, "P-256": &loginKey.PublicKey, "Ed25519": edPublic} {
		if _, err := token.ParsePublicKey(spki(key)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string][]byte{"P-384": spki(&p384.PublicKey), "nothing": nil, "two": append(spki(edPublic), spki(otherPublic)...), "other": []byte("-----BEGIN X-----\n-----END X-----\n")} {
		if _, err := token.ParsePublicKey(text); !errors.Is(err, token.ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}

// FuzzParseKeySet: no input panics, and what is taken verifies something.
func FuzzParseKeySet(f *testing.F) {
	f.Add(keySet(jwkOf("r", &keys()[0].PublicKey), jwkOf("e", &loginKey.PublicKey), jwkOf("d", edPublic)))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"e","x":"AA","y":"AA"}]}`))
	f.Add([]byte(`{"keys":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := token.ParseKeySet(text)
		if err != nil {
			if !errors.Is(err, token.ErrConfig) {
				t.Fatal(err)
			}
			return
		}
		c := loginConfig
		c.Keys = set
		if _, err := token.NewLogin(c); err != nil {
			t.Fatalf("a set that was taken is refused: %v", err)
		}
	})
}

// FuzzLogin: no input panics, and no error holds a part of the token.
func FuzzLogin(f *testing.F) {
	f.Add(forge(es, loginPayload(nil), signES))
	f.Add(forge(es, loginPayload(map[string]any{"aud": []string{"sealwire"}, "nickname": nil}), signES))
	f.Add("a.b.c")
	v := newLogin(f, loginConfig)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := v.Verify(t.Context(), text, now); err != nil && !errors.Is(err, token.ErrRefused) {
			t.Fatal(err)
		}
	})
}
