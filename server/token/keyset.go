package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// ErrKeySet means that the keys of the login could not be fetched.
var ErrKeySet = errors.New("token: no key set")

// How a key set is fetched.
const (
	keySetFresh = time.Hour        // then it is fetched again
	keySetStale = 24 * time.Hour   // then the old one is no use any more
	keySetPause = 30 * time.Second // between two fetches, whoever asks for which key
	keySetTime  = 5 * time.Second
	keySetSize  = 256 << 10
	maxKeys     = 64
)

// keySet are the login's public keys, given or fetched.
type keySet struct {
	url    string // "": given
	client *http.Client

	mu      sync.Mutex
	known   map[string]crypto.PublicKey
	fetched time.Time
	tried   time.Time
}

// find gives the key of a kid; without one, the only key there is. An unknown
// kid may be a new key, so the set is fetched again, but not for each guess.
func (s *keySet) find(ctx context.Context, kid string, now time.Time) (crypto.PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock() // one fetch at a time; the others wait for what it brings
	key := s.get(kid)
	if s.url == "" {
		if key == nil {
			return nil, ErrKey
		}
		return key, nil
	}
	if (key == nil || now.Sub(s.fetched) >= keySetFresh) && now.Sub(s.tried).Abs() >= keySetPause {
		s.tried = now
		if known, err := s.fetch(ctx); err == nil {
			s.known, s.fetched = known, now
			key = s.get(kid)
		}
	}
	switch {
	case s.known == nil || now.Sub(s.fetched) >= keySetStale:
		return nil, ErrKeySet
	case key == nil:
		return nil, ErrKey
	}
	return key, nil
}

func (s *keySet) get(kid string) crypto.PublicKey {
	if kid == "" && len(s.known) == 1 {
		for _, key := range s.known {
			return key
		}
	}
	return s.known[kid]
}

func (s *keySet) fetch(ctx context.Context) (map[string]crypto.PublicKey, error) {
	// Who asked may hang up; the next must not wait for that.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keySetTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	client := s.client
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		defer client.CloseIdleConnections()
	}
	answer, err := client.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, keySetSize+1))
	if err != nil || answer.StatusCode != http.StatusOK || len(text) > keySetSize {
		return nil, fmt.Errorf("%w: status %d, %d bytes: %w", ErrKeySet, answer.StatusCode, len(text), err)
	}
	return ParseKeySet(text)
}

func checkKeySetURL(text string) error {
	u, err := url.Parse(text)
	if err == nil && u.Host != "" && u.User == nil {
		ip := net.ParseIP(u.Hostname())
		if u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
			return nil
		}
	}
	return fmt.Errorf("%w: key set %q: want an https address", ErrConfig, text)
}

// ParseKeySet reads the keys of a JSON Web Key Set that can verify a login;
// keys of other kinds and uses are passed over. ErrConfig where none is left.
func ParseKeySet(text []byte) (map[string]crypto.PublicKey, error) {
	set, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: key set: %w", ErrConfig, err)
	}
	var all []json.RawMessage
	if json.Unmarshal(set["keys"], &all) != nil || len(all) > maxKeys {
		return nil, fmt.Errorf("%w: key set: want a list of at most %d keys", ErrConfig, maxKeys)
	}
	out := make(map[string]crypto.PublicKey)
	for _, raw := range all {
		jwk, err := decode(raw)
		if err != nil {
			return nil, fmt.Errorf("%w: key set: %w", ErrConfig, err)
		}
		kid, err := jwk.text("kid")
		if err != nil || kid == "" {
			continue
		}
		if _, twice := out[kid]; twice {
			return nil, fmt.Errorf("%w: key set: two keys of one id", ErrConfig)
		}
		if key := jwk.publicKey(); key != nil {
			out[kid] = key
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: key set: no key that a login could be signed with", ErrConfig)
	}
	return out, nil
}

// publicKey gives the key, or nil where it is none of ours.
func (o object) publicKey() crypto.PublicKey {
	if use, err := o.optional("use"); err != nil || use != "" && use != "sig" {
		return nil
	}
	kty, err := o.text("kty")
	if err != nil {
		return nil
	}
	var key crypto.PublicKey
	switch crv, _ := o.optional("crv"); {
	case kty == "RSA":
		n, e := o.bytes("n"), o.bytes("e")
		if len(n) == 0 || len(n) > 1024 || len(e) == 0 || len(e) > 4 {
			return nil
		}
		key = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	case kty == "EC" && crv == "P-256":
		x, y := o.bytes("x"), o.bytes("y")
		if len(x) != 32 || len(y) != 32 {
			return nil
		}
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		if err != nil {
			return nil
		}
		key = public
	case kty == "OKP" && crv == "Ed25519":
		key = ed25519.PublicKey(o.bytes("x"))
	}
	alg, err := algorithmOf(key)
	if err != nil {
		return nil
	}
	if said, err := o.optional("alg"); err != nil || said != "" && said != alg {
		return nil
	}
	return key
}

func (o object) bytes(name string) []byte {
	var text string
	if json.Unmarshal(o[name], &text) != nil || strings.ContainsAny(text, "\r\n") {
		return nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil
	}
	return raw
}

// algorithmOf is the one algorithm that a key is used with.
func algorithmOf(key crypto.PublicKey) (string, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return "RS256", checkKey(key)
	case *ecdsa.PublicKey:
		if key != nil && key.Curve == elliptic.P256() {
			return "ES256", nil
		}
	case ed25519.PublicKey:
		if len(key) == ed25519.PublicKeySize {
			return "EdDSA", nil
		}
	}
	return "", fmt.Errorf("%w: a %T", ErrConfig, key)
}

// ParsePublicKey reads one PEM block PUBLIC KEY (SPKI), and nothing beside it,
// of a kind that a login can be signed with.
func ParsePublicKey(text []byte) (crypto.PublicKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || strings.TrimSpace(string(rest)) != "" {
		return nil, fmt.Errorf("%w: want one PEM block PUBLIC KEY", ErrConfig)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	_, err = algorithmOf(key)
	return key, err
}
