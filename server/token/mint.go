package token

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Minting is what MintHS256 puts into a token. Empty texts are left out.
type Minting struct {
	Subject    string // required
	Name       string
	Email      string
	Thumbprint string // see Thumbprint; goes to cnf.jkt
	Audience   string
	Issuer     string

	Issued   time.Time     // default time.Now, to the second
	Lifetime time.Duration // default 5 minutes; at most MaxLifetime
}

// MintHS256 mints a token as a company's backend does. It is for the demo, for
// tests, and for backends in Go.
func MintHS256(secret []byte, m Minting) (string, error) {
	if err := checkSecret(secret); err != nil {
		return "", err
	}
	if m.Lifetime == 0 {
		m.Lifetime = 5 * time.Minute
	}
	if m.Subject == "" || m.Lifetime < time.Second || m.Lifetime > MaxLifetime {
		return "", fmt.Errorf("%w: mint with a subject of %d bytes for %v", ErrConfig, len(m.Subject), m.Lifetime)
	}
	if m.Issued.IsZero() {
		m.Issued = time.Now()
	}
	issued := m.Issued.Unix()
	claims := jwt.MapClaims{"sub": m.Subject, "iat": issued, "exp": issued + int64(m.Lifetime/time.Second)}
	for name, value := range map[string]string{"name": m.Name, "email": m.Email, "aud": m.Audience, "iss": m.Issuer} {
		if value != "" {
			claims[name] = value
		}
	}
	if m.Thumbprint != "" {
		claims["cnf"] = map[string]string{"jkt": m.Thumbprint}
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("token: mint: %w", err)
	}
	return text, nil
}

// Thumbprint is that of RFC 7638 for an Ed25519 public key as the JWK of RFC
// 8037: 43 characters of base64url. It panics unless the key has 32 bytes.
func Thumbprint(public []byte) string {
	if len(public) != ed25519.PublicKeySize {
		panic(fmt.Sprintf("token: Ed25519 key of %d bytes, want %d", len(public), ed25519.PublicKeySize))
	}
	x := base64.RawURLEncoding.EncodeToString(public)
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
