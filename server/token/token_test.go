package token_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/token"
)

func TestVerifyReturnsTheClaims(t *testing.T) {
	claims := payload(`"name":"Ana Ω","email":"ana@example.com","other":{"EXP":[1]},"role":"agent"`)
	wanted := token.Claims{Subject: "42", Name: "Ana Ω", Email: "ana@example.com", Thumbprint: jkt, Expires: time.Unix(noon+600, 0)}
	for name, got := range map[string]func() (token.Claims, error){
		"HS256": func() (token.Claims, error) { return hsVerifier(t).Verify(forge(hs, claims, mac(secret)), now) },
		"RS256": func() (token.Claims, error) { return rsVerifier(t).Verify(forge(rs, claims, sign(keys()[0])), now) },
		"HS256 no typ": func() (token.Claims, error) {
			return hsVerifier(t).Verify(forge(`{"alg":"HS256"}`, claims, mac(secret)), now)
		},
		"RS256 one key": func() (token.Claims, error) {
			return oneKey(t).Verify(forge(`{"alg":"RS256"}`, claims, sign(keys()[0])), now)
		},
	} {
		if c, err := got(); err != nil || c != wanted {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
}

func oneKey(t *testing.T) *token.Verifier {
	return verifier(t, token.Config{RS256Keys: map[string]*rsa.PublicKey{"a": &keys()[0].PublicKey}})
}

func TestI01_NoneAlgorithms(t *testing.T) {
	for _, v := range []*token.Verifier{hsVerifier(t), rsVerifier(t)} {
		for _, alg := range []string{`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `""`, `" HS256"`, `"hs256"`, `"HS512"`, `"PS256"`,
			`["HS256"]`, `["RS256"]`, `{"HS256":1}`, `null`, `0`, `true`} {
			header := fmt.Sprintf(`{"typ":"JWT","alg":%s}`, alg)
			want(t, alg+" without signature", v, forge(header, payload(""), func(string) []byte { return nil }), now, token.ErrAlgorithm)
			want(t, alg+" with one", v, forge(header, payload(""), mac(secret)), now, token.ErrAlgorithm)
		}
		want(t, "missing", v, forge(`{"typ":"JWT"}`, payload(""), mac(secret)), now, token.ErrAlgorithm)
		want(t, "other case of the name", v, forge(`{"ALG":"HS256"}`, payload(""), mac(secret)), now, token.ErrAlgorithm)
		want(t, "twice", v, forge(`{"alg":"none","alg":"HS256"}`, payload(""), mac(secret)), now, token.ErrMalformed)
	}
	want(t, "right algorithm, no signature", hsVerifier(t), forge(hs, payload(""), func(string) []byte { return nil }), now, token.ErrSignature)
	want(t, "right algorithm, no signature", rsVerifier(t), forge(rs, payload(""), func(string) []byte { return nil }), now, token.ErrSignature)
}

func TestI02_PublicKeyAsSecret(t *testing.T) {
	public := &keys()[0].PublicKey
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	pkcs1 := x509.MarshalPKCS1PublicKey(public)
	n := b64(public.N.Bytes())
	for name, key := range map[string][]byte{
		"PEM": block, "PEM without newline": []byte(strings.TrimSpace(string(block))), "DER": der,
		"PKCS 1": pkcs1, "PKCS 1 PEM": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
		"PEM with CRLF": []byte(strings.ReplaceAll(string(block), "\n", "\r\n")),
		"JWK":           []byte(`{"kty":"RSA","n":"` + n + `","e":"AQAB"}`), "modulus": public.N.Bytes(), "empty": {},
	} {
		for _, header := range []string{hs, `{"alg":"HS256","kid":"a"}`} {
			want(t, name, rsVerifier(t), forge(header, payload(""), mac(key)), now, token.ErrAlgorithm)
		}
		want(t, name+" called RS256", rsVerifier(t), forge(rs, payload(""), mac(key)), now, token.ErrSignature)
	}
}

func TestI03_KeysInTheHeader(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	attacker := keys()[1]
	jwk, err := json.Marshal(map[string]string{"kty": "RSA", "n": b64(attacker.N.Bytes()), "e": "AQAB", "kid": "a"})
	if err != nil {
		t.Fatal(err)
	}
	only := verifier(t, token.Config{RS256Keys: map[string]*rsa.PublicKey{"a": &keys()[0].PublicKey}})
	for name, member := range map[string]string{
		"jwk": string(jwk), "jku": `"` + server.URL + `"`, "x5u": `"` + server.URL + `"`,
		"x5c": `["` + b64([]byte("certificate")) + `"]`, "x5t": `"` + b64(make([]byte, 20)) + `"`,
	} {
		for _, kid := range []string{``, `"kid":"a",`} {
			header := fmt.Sprintf(`{"alg":"RS256",%s%q:%s}`, kid, name, member)
			want(t, name+" at an HS256 tenant", hsVerifier(t), forge(header, payload(""), sign(attacker)), now, token.ErrAlgorithm)
			want(t, name+" at an RS256 tenant", only, forge(header, payload(""), sign(attacker)), now, token.ErrSignature)
		}
		header := fmt.Sprintf(`{"alg":"HS256",%q:%s}`, name, member)
		want(t, name+" beside a good signature", hsVerifier(t), forge(header, payload(""), mac(secret)), now, nil)
	}
	if asked.Load() != 0 {
		t.Errorf("%d outbound requests", asked.Load())
	}
}

func TestI04_KeyIDs(t *testing.T) {
	for name, kid := range map[string]string{
		"path": `"../../../../dev/null"`, "SQL": `"' UNION SELECT 'a"`, "unicode": `"а"`, "unknown": `"c"`, "empty": `""`, "control": `"a\u0000"`,
		"number": `1`, "null": `null`, "array": `["a"]`, "object": `{"a":1}`, "long": `"` + strings.Repeat("a", 5000) + `"`, "other case": `"A"`, "space": `"a "`,
	} {
		header := `{"alg":"RS256","kid":` + kid + `}`
		want(t, name, rsVerifier(t), forge(header, payload(""), sign(keys()[0])), now, token.ErrKey)
		want(t, name+" with one key", oneKey(t), forge(header, payload(""), sign(keys()[0])), now, token.ErrKey)
		header = `{"alg":"HS256","kid":` + kid + `}`
		want(t, name+" at HS256", hsVerifier(t), forge(header, payload(""), mac(secret)), now, token.ErrKey)
		named := verifier(t, token.Config{HS256Secret: secret, HS256KeyID: "a"})
		want(t, name+" at HS256 with an id", named, forge(header, payload(""), mac(secret)), now, token.ErrKey)
	}
	want(t, "twice", rsVerifier(t), forge(`{"alg":"RS256","kid":"c","kid":"a"}`, payload(""), sign(keys()[0])), now, token.ErrMalformed)
	want(t, "1 MiB", rsVerifier(t), forge(`{"alg":"RS256","kid":"`+strings.Repeat("a", 1<<20)+`"}`, payload(""), sign(keys()[0])), now, token.ErrTooLong)
	want(t, "missing among two", rsVerifier(t), forge(`{"alg":"RS256"}`, payload(""), sign(keys()[0])), now, token.ErrKey)
	want(t, "the other key", rsVerifier(t), forge(`{"alg":"RS256","kid":"b"}`, payload(""), sign(keys()[0])), now, token.ErrSignature)
	want(t, "the right one", rsVerifier(t), forge(`{"alg":"RS256","kid":"b"}`, payload(""), sign(keys()[1])), now, nil)
	named := verifier(t, token.Config{HS256Secret: secret, HS256KeyID: "a"})
	want(t, "the right one at HS256", named, forge(`{"alg":"HS256","kid":"a"}`, payload(""), mac(secret)), now, nil)
	want(t, "none at HS256", named, forge(hs, payload(""), mac(secret)), now, nil)

	// Constant work: an unknown key costs no more than a known one, nor does
	// any number of configured keys. The least of many single runs: what the
	// runtime does meanwhile, and pools that the race detector empties, only add.
	work := func(v *token.Verifier, header string) float64 {
		text := forge(header, payload(""), func(string) []byte { return make([]byte, 256) })
		least := math.Inf(1)
		for range 100 {
			least = min(least, testing.AllocsPerRun(1, func() { _, _ = v.Verify(text, now) }))
		}
		return least
	}
	many := token.Config{RS256Keys: map[string]*rsa.PublicKey{}}
	for i := range 1000 {
		many.RS256Keys[fmt.Sprint(i)] = &keys()[0].PublicKey
	}
	few, lot := work(rsVerifier(t), `{"alg":"RS256","kid":"unknown"}`), work(verifier(t, many), `{"alg":"RS256","kid":"unknown"}`)
	if known := work(rsVerifier(t), rs); lot > few || few > known {
		t.Errorf("allocations: %v for an unknown key, %v among 1,000, %v for a known one", few, lot, known)
	}
}

func TestI07_EdgesOfTime(t *testing.T) {
	v := hsVerifier(t)
	for _, test := range []struct {
		name     string
		iat, exp string // seconds after noon, or JSON
		nbf      string
		want     error
	}{
		{"issued now", "+0", "+600", "", nil},
		{"issued 119 s ahead", "+119", "+600", "", nil},
		{"issued 120 s ahead", "+120", "+600", "", nil},
		{"issued 120 s and a bit ahead", "+120.001", "+600", "", token.ErrNotYet},
		{"issued 121 s ahead", "+121", "+600", "", token.ErrNotYet},
		{"valid 119 s ahead", "+0", "+600", "+119", nil},
		{"valid 120 s ahead", "+0", "+600", "+120", nil},
		{"valid 121 s ahead", "+0", "+600", "+121", token.ErrNotYet},
		{"valid long ago, issued 121 s ahead", "+121", "+600", "-500", token.ErrNotYet},
		{"ends in 1 s", "-599", "+1", "", nil},
		{"ends in a bit", "-500", "+0.5", "", nil},
		{"ends now", "-600", "+0", "", token.ErrExpired},
		{"ended 1 s ago", "-500", "-1.0", "", token.ErrExpired},
		{"ended 120 s ago", "-500", "-120", "", token.ErrExpired},
		{"ended 121 s ago", "-500", "-121", "", token.ErrExpired},
		{"lives 600 s", "-300", "+300", "", nil},
		{"lives 600 s, begun 120 s ahead", "+120", "+720", "", nil},
		{"lives 600 s and a bit", "-300", "+300.001", "", token.ErrLifetime},
		{"lives 601 s", "-300", "+301", "", token.ErrLifetime},
		{"lives 720 s: the skew is not added to the cap", "+0", "+720", "", token.ErrLifetime},
		{"lives 601 s from iat, less from nbf", "-100", "+501", "+0", token.ErrLifetime},
		{"lives for ever", "+0", "9e300", "", token.ErrClaims},
		{"lives not at all", "+10", "+10", "", token.ErrClaims},
		{"ends before it begins", "+20", "+10", "", token.ErrClaims},
		{"no iat", "", "+600", "", token.ErrClaims},
		{"no exp", "+0", "", "", token.ErrClaims},
		{"text for exp", "+0", `"1800000600"`, "", token.ErrClaims},
		{"null for exp", "+0", `null`, "", token.ErrClaims},
		{"null for iat", `null`, "+600", "", token.ErrClaims},
		{"null for nbf", "+0", "+600", "null", token.ErrClaims},
		{"text for nbf", "+0", "+600", `"0"`, token.ErrClaims},
		{"array for iat", `[1800000000]`, "+600", "", token.ErrClaims},
		{"negative iat", `-1`, "+600", "", token.ErrClaims},
		{"milliseconds", "1800000000000", "1800000600000", "", token.ErrClaims},
		{"beyond 2^63", "+0", "9223372036854775808", "", token.ErrClaims},
	} {
		var members []string
		for _, m := range [][2]string{{"iat", test.iat}, {"exp", test.exp}, {"nbf", test.nbf}} {
			value := m[1]
			if value == "" {
				continue
			}
			if sign := value[0]; sign == '+' || sign == '-' && len(value) > 2 {
				var offset float64
				if _, err := fmt.Sscan(value, &offset); err != nil {
					t.Fatal(err)
				}
				value = fmt.Sprintf("%.3f", noon+offset)
			}
			members = append(members, fmt.Sprintf("%q:%s", m[0], value))
		}
		text := fmt.Sprintf(`{%s,"sub":"42","cnf":{"jkt":%q}}`, strings.Join(members, ","), jkt)
		want(t, test.name, v, forge(hs, text, mac(secret)), now, test.want)
	}
}

func TestI10_AudienceAndIssuer(t *testing.T) {
	v := verifier(t, token.Config{HS256Secret: secret, Audience: "https://chat.example.com", Issuer: "https://example.com"})
	const aud, iss = `"aud":"https://chat.example.com"`, `"iss":"https://example.com"`
	want(t, "both", v, forge(hs, payload(aud+","+iss), mac(secret)), now, nil)
	for name, wrong := range map[string]string{
		"missing": `"x":1`, "other": `"NAME":"https://evil.example"`, "empty": `"NAME":""`, "null": `"NAME":null`, "number": `"NAME":1`,
		"array": `"NAME":["VALUE"]`, "array of two": `"NAME":["VALUE","https://evil.example"]`, "object": `"NAME":{"VALUE":1}`,
		"slash": `"NAME":"VALUE/"`, "prefix": `"NAME":"https://"`, "longer": `"NAME":"VALUE.evil.example"`, "space": `"NAME":" VALUE"`,
		"case of the name": `"UPPER":"VALUE"`, "NUL": `"NAME":"VALUE\u0000"`,
	} {
		spoilt := func(name, value string) string {
			return strings.NewReplacer("NAME", name, "VALUE", value, "UPPER", strings.ToUpper(name)).Replace(wrong)
		}
		want(t, "aud "+name, v, forge(hs, payload(spoilt("aud", "https://chat.example.com")+","+iss), mac(secret)), now, token.ErrAudience)
		want(t, "iss "+name, v, forge(hs, payload(aud+","+spoilt("iss", "https://example.com")), mac(secret)), now, token.ErrIssuer)
	}
	want(t, "aud in other case", v, forge(hs, payload(`"aud":"https://CHAT.example.com",`+iss), mac(secret)), now, token.ErrAudience)
	want(t, "iss in other case", v, forge(hs, payload(aud+`,"iss":"https://EXAMPLE.com"`), mac(secret)), now, token.ErrIssuer)
	want(t, "aud twice", v, forge(hs, payload(`"aud":"x",`+aud+","+iss), mac(secret)), now, token.ErrMalformed)

	// A token of tenant A at tenant B.
	other := append([]byte{1}, secret...)
	b := verifier(t, token.Config{HS256Secret: other})
	want(t, "other secret", b, forge(hs, payload(""), mac(secret)), now, token.ErrSignature)
	sameSecret := verifier(t, token.Config{HS256Secret: secret, Audience: "B"})
	want(t, "same secret, other audience", sameSecret, forge(hs, payload(`"aud":"A"`), mac(secret)), now, token.ErrAudience)
	otherKey := verifier(t, token.Config{RS256Keys: map[string]*rsa.PublicKey{"a": &keys()[1].PublicKey}})
	want(t, "other key of the same id", otherKey, forge(rs, payload(""), sign(keys()[0])), now, token.ErrSignature)
}

func TestI12_Thumbprints(t *testing.T) {
	unbound := verifier(t, token.Config{HS256Secret: secret, AllowUnbound: true})
	base := strings.Replace(payload(""), fmt.Sprintf(`,"cnf":{"jkt":%q}`, jkt), "", 1)
	want(t, "missing", hsVerifier(t), forge(hs, base, mac(secret)), now, token.ErrClaims)
	want(t, "missing where allowed", unbound, forge(hs, base, mac(secret)), now, nil)
	for name, cnf := range map[string]string{
		"null": `null`, "text": `"` + jkt + `"`, "array": `[]`, "empty": `{}`, "other kind": `{"x5t#S256":"` + jkt + `"}`,
		"empty jkt": `{"jkt":""}`, "number": `{"jkt":1}`, "null jkt": `{"jkt":null}`, "short": `{"jkt":"` + jkt[1:] + `"}`, "long": `{"jkt":"` + jkt + `A"}`,
		"padded": `{"jkt":"` + jkt + `="}`, "twice": `{"jkt":"` + jkt + `","jkt":"` + jkt + `"}`, "loose bits": `{"jkt":"` + strings.Repeat("A", 42) + `B"}`,
	} {
		for _, v := range []*token.Verifier{hsVerifier(t), unbound} {
			want(t, name, v, forge(hs, strings.TrimSuffix(base, "}")+`,"cnf":`+cnf+`}`, mac(secret)), now, token.ErrClaims)
		}
	}
}

func TestI17_OversizeTokens(t *testing.T) {
	v := hsVerifier(t)
	deep := func(n int) string {
		return forge(`{"alg":"HS256","x":`+strings.Repeat("[", n)+strings.Repeat("]", n)+`}`, payload(""), mac(secret))
	}
	for _, test := range []struct {
		name, text string
		want       error
	}{
		{"10 MiB", strings.Repeat("a", 10<<20), token.ErrTooLong},
		{"10^6 dots", strings.Repeat(".", 1e6), token.ErrTooLong},
		{"depth 10^5", deep(1e5), token.ErrTooLong},
		{"8,192 dots", strings.Repeat(".", 8192), token.ErrMalformed},
		{"depth 2,900", deep(2900), token.ErrMalformed},
		{"8,193 bytes", padded(8193), token.ErrTooLong},
		{"8,192 bytes", padded(8192), nil},
	} {
		want(t, test.name, v, test.text, now, test.want)
		// The best of some, since the machine has other things to do.
		least, fastest := uint64(1<<62), time.Hour
		for range 5 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			_, _ = v.Verify(test.text, now)
			fastest = min(fastest, time.Since(begin))
			runtime.ReadMemStats(&after)
			least = min(least, after.TotalAlloc-before.TotalAlloc)
		}
		// The largest good token may cost more than a refusal.
		if least >= 64<<10 && test.want != nil {
			t.Errorf("%s: %d bytes allocated, want less than 64 KiB", test.name, least)
		}
		if fastest >= 5*time.Millisecond && !raceEnabled {
			t.Errorf("%s: %v, want less than 5 ms", test.name, fastest)
		}
	}
}

// padded is a good token of n bytes.
func padded(n int) string {
	for fill := 5800; fill < 6200; fill++ {
		for _, header := range []string{hs, hs[:len(hs)-1] + " }", hs[:len(hs)-1] + "  }"} {
			text := forge(header, payload(fmt.Sprintf(`"x":%q`, strings.Repeat("x", fill))), mac(secret))
			if len(text) == n {
				return text
			}
		}
	}
	panic(fmt.Sprint("no token of bytes ", n))
}

func TestVerifyRefusesMalformedTokens(t *testing.T) {
	good := forge(hs, payload(""), mac(secret))
	parts := strings.Split(good, ".")
	for name, text := range map[string]string{
		"empty": "", "one part": parts[0], "two parts": parts[0] + "." + parts[1], "four parts": good + ".", "leading dot": "." + good,
		"padding": parts[0] + "=." + parts[1] + "." + parts[2], "space": " " + good, "newline": good + "\n", "header newline": parts[0] + "\n." + parts[1] + "." + parts[2],
		"standard alphabet": parts[0] + "." + parts[1] + "." + strings.Repeat("+", 43),
		"header no object":  forge(`[]`, payload(""), mac(secret)), "payload no object": forge(hs, `"x"`, mac(secret)),
		"payload empty": forge(hs, ``, mac(secret)), "payload broken": forge(hs, `{"sub":`, mac(secret)), "trailing bytes": forge(hs, payload("")+"{}", mac(secret)),
		"claim twice": forge(hs, payload(`"sub":"43"`), mac(secret)), "claim twice by escape": forge(hs, payload(`"s\u0075b":"43"`), mac(secret)),
		"not UTF-8": forge(hs, payload("\"name\":\"\xff\""), mac(secret)), "crit": forge(`{"alg":"HS256","crit":["b64"],"b64":false}`, payload(""), mac(secret)),
		"other type": forge(`{"alg":"HS256","typ":"at+jwt"}`, payload(""), mac(secret)), "type no text": forge(`{"alg":"HS256","typ":[]}`, payload(""), mac(secret)),
	} {
		want(t, name, hsVerifier(t), text, now, token.ErrMalformed)
	}
	// The last character of a signature carries loose bits.
	last := parts[2][len(parts[2])-1]
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	loose := alphabet[strings.IndexByte(alphabet, last)|1]
	want(t, "loose bits", hsVerifier(t), good[:len(good)-1]+string(loose), now, token.ErrMalformed)
	for i := range good {
		if good[i] == '.' {
			continue
		}
		c := byte('A')
		if good[i] == c {
			c = 'w'
		}
		if _, err := hsVerifier(t).Verify(good[:i]+string(c)+good[i+1:], now); err == nil {
			t.Fatalf("character %d changed, and accepted", i)
		}
	}
}

func TestVerifyRefusesBadClaims(t *testing.T) {
	base := `{"iat":1800000000,"exp":1800000600,"cnf":{"jkt":"` + jkt + `"},`
	for name, members := range map[string]string{
		"no sub": `"x":1`, "empty sub": `"sub":""`, "number": `"sub":42`, "null": `"sub":null`, "other case": `"Sub":"42"`,
		"control": `"sub":"4\u000a2"`, "NUL": `"sub":"42\u0000"`, "C1 control": `"sub":"42\u0085"`, "broken escape": `"sub":"\ud800"`, "256 bytes": `"sub":"` + strings.Repeat("a", 256) + `"`,
		"4 KiB": `"sub":"` + strings.Repeat("a", 4096) + `"`, "name": `"sub":"42","name":["Ana"]`, "name control": `"sub":"42","name":"\u001b[31m"`,
		"email": `"sub":"42","email":{}`, "email null": `"sub":"42","email":null`, "email CRLF": `"sub":"42","email":"a@b\r\nBcc: c@d"`,
	} {
		want(t, name, hsVerifier(t), forge(hs, base+members+"}", mac(secret)), now, token.ErrClaims)
	}
	// Stored exactly: neither trimmed nor normalised nor folded.
	for _, sub := range []string{" 42 ", "é", "é", "Ana", "ana", strings.Repeat("a", 255)} {
		c, err := hsVerifier(t).Verify(forge(hs, base+fmt.Sprintf(`"sub":%q}`, sub), mac(secret)), now)
		if err != nil || c.Subject != sub {
			t.Errorf("%q: got %q, %v", sub, c.Subject, err)
		}
	}
}

func TestErrorsHoldNothingOfTheToken(t *testing.T) {
	const canary = "canary7391"
	for name, text := range map[string]string{
		"alg": forge(`{"alg":"`+canary+`"}`, payload(""), mac(secret)), "kid": forge(`{"alg":"HS256","kid":"`+canary+`"}`, payload(""), mac(secret)),
		"sub": forge(hs, payload(`"name":1,"x":"`+canary+`"`), mac(secret)), "signature": forge(hs, payload(""), mac(secret))[:120] + canary, "raw": canary,
		"base64": strings.Repeat(canary+".", 3),
	} {
		if _, err := hsVerifier(t).Verify(text, now); err == nil || strings.Contains(fmt.Sprintf("%+v %#v", err, err), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzVerify: no panic, and nothing is accepted that we did not sign.
func FuzzVerify(f *testing.F) {
	v, err := token.New(token.Config{HS256Secret: secret})
	if err != nil {
		f.Fatal(err)
	}
	good := forge(hs, payload(""), mac(secret))
	for _, seed := range []string{good, good + ".", forge(`{"alg":"none"}`, payload(""), mac(nil)), "a.b.c", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := v.Verify(text, now); err == nil && text != good {
			t.Errorf("accepted %q", text)
		}
	})
}
