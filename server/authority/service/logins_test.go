package service

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The built-in login by token, against this service.
func TestLoginsByTokenThatAreRefused(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, other, _ := ed25519.GenerateKey(nil)
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		point, _ := key.PublicKey.Bytes()
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "x": encode64(point[1:33]), "y": encode64(point[33:]),
		}}})
	}))
	defer keys.Close()
	verifier, err := token.NewLogin(token.LoginConfig{Issuer: "https://login.example", Audience: "sealwire", JWKS: keys.URL, AliasClaim: "nickname", RoleClaim: "role", QueuesClaim: "queues"})
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, func(c *Config) { c.Login = Tokens{verifier} })
	ana := o.person(wire.Agent)
	now := time.Now().Unix()
	sign := func(header string, claims map[string]any, by any) string {
		payload, _ := json.Marshal(claims)
		text := encode64([]byte(header)) + "." + encode64(payload)
		switch by := by.(type) {
		case *ecdsa.PrivateKey:
			return text + "." + encode64(signES256(t, by, text))
		case ed25519.PrivateKey:
			return text + "." + encode64(ed25519.Sign(by, []byte(text)))
		}
		return text + "."
	}
	const es = `{"alg":"ES256","kid":"k"}`
	claims := func(change func(map[string]any)) map[string]any {
		c := map[string]any{"iss": "https://login.example", "aud": "sealwire", "sub": "4711", "iat": now, "exp": now + 600, "nickname": "Ana", "role": "agent", "queues": []string{"default", "not there yet"}}
		if change != nil {
			change(c)
		}
		return c
	}
	with := func(change func(map[string]any)) string { return sign(es, claims(change), key) }
	for name, tc := range map[string]struct {
		proof string
		code  wire.Code
	}{
		"as it should be":  {with(nil), 0},
		"aud in a list":    {with(func(c map[string]any) { c["aud"] = []string{"sealwire"} }), 0},
		"bound to her key": {with(func(c map[string]any) { c["cnf"] = map[string]string{"jkt": token.Thumbprint(ana.Identity())} }), 0},
		"alg none":         {sign(`{"alg":"none","kid":"k"}`, claims(nil), nil), wire.BadCredential},
		"alg HS256":        {sign(`{"alg":"HS256","kid":"k"}`, claims(nil), nil), wire.BadCredential},
		"another key":      {sign(`{"alg":"EdDSA","kid":"k"}`, claims(nil), other), wire.BadCredential},
		"an unknown kid":   {sign(`{"alg":"ES256","kid":"z"}`, claims(nil), key), wire.BadCredential},
		"wrong aud":        {with(func(c map[string]any) { c["aud"] = "other" }), wire.BadCredential},
		"two auds":         {with(func(c map[string]any) { c["aud"] = []string{"sealwire", "other"} }), wire.BadCredential},
		"wrong iss":        {with(func(c map[string]any) { c["iss"] = "https://evil.example" }), wire.BadCredential},
		"expired":          {with(func(c map[string]any) { c["iat"], c["exp"] = now-1200, now-600 }), wire.Expired},
		"no exp":           {with(func(c map[string]any) { delete(c, "exp") }), wire.BadCredential},
		"no iat":           {with(func(c map[string]any) { delete(c, "iat") }), wire.BadCredential},
		"two days":         {with(func(c map[string]any) { c["exp"] = now + 2*86400 }), wire.BadCredential},
		"not yet":          {with(func(c map[string]any) { c["nbf"] = now + 300 }), wire.BadCredential},
		"no alias":         {with(func(c map[string]any) { delete(c, "nickname") }), wire.BadCredential},
		"her number":       {with(func(c map[string]any) { c["nickname"] = "4711" }), wire.BadCredential},
		"a long alias":     {with(func(c map[string]any) { c["nickname"] = strings.Repeat("a", 65) }), wire.BadCredential},
		"a turned alias":   {with(func(c map[string]any) { c["nickname"] = "Ana\u202e" }), wire.BadCredential},
		"no role":          {with(func(c map[string]any) { delete(c, "role") }), wire.BadCredential},
		"another role":     {with(func(c map[string]any) { c["role"] = "admin" }), wire.BadCredential},
		"a supervisor":     {with(func(c map[string]any) { c["role"] = "supervisor" }), wire.BadCredential}, // the end is an agent's
		"no queues":        {with(func(c map[string]any) { c["queues"] = []string{} }), wire.BadCredential},
		"other queues":     {with(func(c map[string]any) { c["queues"] = []string{"other"} }), wire.BadCredential},
		"bound to another": {with(func(c map[string]any) { c["cnf"] = map[string]string{"jkt": token.Thumbprint(make([]byte, 32))} }), wire.BadCredential},
		"no token":         {"", wire.BadCredential},
	} {
		if code := o.credential(ana, tc.proof); code != tc.code {
			t.Errorf("%s: %v, want %v", name, code, tc.code)
		}
	}
	c, err := wire.DecodeCredential(ana.Proof)
	if err != nil || c.Alias != "Ana" || len(c.Queues) != 1 || strings.Contains(string(ana.Proof), "4711") {
		t.Errorf("%+v, %v", c, err)
	}
	// Keys that cannot be had are nobody's fault who logs in.
	away, err := token.NewLogin(token.LoginConfig{Issuer: "i", Audience: "a", JWKS: "http://127.0.0.1:1/", AliasClaim: "nickname"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Tokens{away}).Login(t.Context(), []byte(with(nil)), ana.Identity(), time.Now()); err != wire.Unavailable {
		t.Errorf("without keys: %v, want unavailable", err)
	}
}
