package token

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// ErrConfig is every error of a configuration. It never holds a secret.
var ErrConfig = errors.New("token: bad configuration")

// Config says whose tokens are accepted. Exactly one of HS256Secret and
// RS256Keys is set, and that pins the algorithm.
type Config struct {
	// HS256Secret is shared with the company's backend: at least 32 bytes, from
	// a random generator. Whoever holds it can mint any customer, this relay too.
	HS256Secret []byte
	// HS256KeyID is the kid that HS256 tokens may name. Default "": a token
	// that names any is refused.
	HS256KeyID string

	// RS256Keys are public keys by kid: 2048 to 8192 bit, exponent 65537 or
	// above. A token without kid is accepted if there is only one key.
	RS256Keys map[string]*rsa.PublicKey

	// Audience is the one string that aud must be. Default "": not looked at.
	Audience string
	// Issuer is the one string that iss must be. Default "": not looked at.
	Issuer string

	// AllowUnbound accepts tokens without cnf. Such a token lets in whoever
	// stole it, with a key of his own. Default false.
	AllowUnbound bool
}

func (c *Config) check() (alg string, err error) {
	if (c.HS256Secret != nil) == (len(c.RS256Keys) > 0) {
		return "", fmt.Errorf("%w: want an HS256 secret or RS256 keys, and not both", ErrConfig)
	}
	for what, s := range map[string]string{"audience": c.Audience, "issuer": c.Issuer, "key id": c.HS256KeyID} {
		if len(s) > maxText {
			return "", fmt.Errorf("%w: %s of %d bytes, want at most %d", ErrConfig, what, len(s), maxText)
		}
	}
	if c.HS256Secret != nil {
		return "HS256", checkSecret(c.HS256Secret)
	}
	if c.HS256KeyID != "" {
		return "", fmt.Errorf("%w: HS256KeyID without a secret", ErrConfig)
	}
	for kid, key := range c.RS256Keys {
		if kid == "" || len(kid) > maxText {
			return "", fmt.Errorf("%w: key id of %d bytes, want 1 to %d", ErrConfig, len(kid), maxText)
		}
		if err := checkKey(key); err != nil {
			return "", fmt.Errorf("key %q: %w", kid, err)
		}
	}
	return "RS256", nil
}

// clone keeps the caller from changing keys behind the verifier's back.
func (c *Config) clone() Config {
	out := *c
	out.HS256Secret = bytes.Clone(c.HS256Secret)
	out.RS256Keys = maps.Clone(c.RS256Keys)
	return out
}

func checkKey(key *rsa.PublicKey) error {
	switch {
	case key == nil || key.N == nil:
		return fmt.Errorf("%w: no RSA key", ErrConfig)
	case key.N.BitLen() < 2048 || key.N.BitLen() > 8192 || key.N.Sign() <= 0 || key.N.Bit(0) == 0:
		return fmt.Errorf("%w: RSA modulus of %d bits, want an odd one of 2048 to 8192", ErrConfig, key.N.BitLen())
	case key.E < 65537 || key.E&1 == 0 || key.E > 1<<31-1:
		return fmt.Errorf("%w: RSA exponent %d, want an odd one from 65537", ErrConfig, key.E)
	}
	return nil
}

// ParseRSAPublicKey reads a PEM block PUBLIC KEY or RSA PUBLIC KEY, and
// nothing beside it.
func ParseRSAPublicKey(text []byte) (*rsa.PublicKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || strings.TrimSpace(string(rest)) != "" {
		return nil, fmt.Errorf("%w: want one PEM block", ErrConfig)
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, fmt.Errorf("%w: PEM block %q, want PUBLIC KEY", ErrConfig, block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: a %T, want an RSA key", ErrConfig, key)
	}
	return public, checkKey(public)
}
