// Package token verifies the identity tokens (JWT) that a company's backend
// mints for its customers ([Verifier]), and the login tokens of the people who
// answer them ([LoginVerifier]). It is the only place of the house that parses one;
// golang-jwt checks the signature behind it, everything else is checked here.
//
// It promises: the algorithm (HS256 or RS256; of a login the key's, RS256, ES256
// or EdDSA) is the configuration's, never the header's; keys come from the
// configuration only, or from the key set that it names, and whatever a header
// says of others (jwk, jku, x5u, x5c) is not looked at; nothing of a longer token
// than 8 KiB is read; no error holds a part of the token.
//
// The edges of time, with the verifier's now in seconds (of a login exp − iat is
// at most a day):
//
//	iat  required   accepted until now + 120, refused from now + 121
//	nbf  optional   the same
//	exp  required   accepted while now < exp: no skew, refused at exp itself
//	cap             exp − iat at most 600, with no skew, and above 0
//
// So a token of a clock that is 120 s fast is good for 720 s at most.
//
// The caller's duties: compare Claims.Thumbprint with the key that the sender
// has proven to hold, and neither store nor log the token. A token is not
// bound to one use; what stops its replay is the proof of that key.
//
// Limits: one algorithm and one HS256 secret at a time, no encrypted tokens, no
// revocation before exp. Keys of identity tokens are not fetched by network.
package token

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What every token must hold to.
const (
	MaxLength   = 8192              // bytes of the whole token
	MaxLifetime = 600 * time.Second // from iat to exp
	Skew        = 120 * time.Second // that iat and nbf may lie ahead
)

// Every error of Verify is ErrRefused and one of the others.
var (
	ErrRefused   = errors.New("token refused")
	ErrTooLong   = fmt.Errorf("%w: longer than 8 KiB", ErrRefused)
	ErrMalformed = fmt.Errorf("%w: malformed", ErrRefused)
	ErrAlgorithm = fmt.Errorf("%w: not the configured algorithm", ErrRefused)
	ErrKey       = fmt.Errorf("%w: unknown key id", ErrRefused)
	ErrSignature = fmt.Errorf("%w: signature", ErrRefused)
	ErrClaims    = fmt.Errorf("%w: a claim is missing or malformed", ErrRefused)
	ErrExpired   = fmt.Errorf("%w: expired", ErrRefused)
	ErrNotYet    = fmt.Errorf("%w: issued in the future or not valid yet", ErrRefused)
	ErrLifetime  = fmt.Errorf("%w: lives too long", ErrRefused)
	ErrAudience  = fmt.Errorf("%w: audience", ErrRefused)
	ErrIssuer    = fmt.Errorf("%w: issuer", ErrRefused)
)

// Claims are what a verified token says.
type Claims struct {
	Subject    string    // sub, exactly as minted: 1 to 255 bytes, no control characters
	Name       string    // name, "" if absent
	Email      string    // email, "" if absent; nobody has checked it
	Thumbprint string    // cnf.jkt; "" only if Config.AllowUnbound
	Expires    time.Time // exp
}

// Verifier verifies tokens of one tenant. It is safe for concurrent use.
type Verifier struct {
	config Config
	alg    string
	parser *jwt.Parser
}

// New checks the configuration: a weak one does not start.
func New(c Config) (*Verifier, error) {
	alg, err := c.check()
	if err != nil {
		return nil, err
	}
	return &Verifier{config: c.clone(), alg: alg, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{alg}),
		jwt.WithStrictDecoding(),      // one encoding of one signature
		jwt.WithoutClaimsValidation(), // ours: see claims.go
	)}, nil
}

// Verify returns the claims of a token that is valid at now.
func (v *Verifier) Verify(token string, now time.Time) (Claims, error) {
	if len(token) > MaxLength {
		return Claims{}, ErrTooLong
	}
	header, payload, err := split(token)
	if err != nil {
		return Claims{}, err
	}
	key, err := v.key(header)
	if err != nil {
		return Claims{}, err
	}
	// The errors of golang-jwt quote the token, so they end here.
	_, err = v.parser.ParseWithClaims(token, jwt.MapClaims{}, func(*jwt.Token) (any, error) { return key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return Claims{}, ErrMalformed
	case err != nil:
		return Claims{}, ErrSignature
	}
	return v.claims(payload, now)
}

// key chooses the key by what the configuration says, and refuses headers
// that ask for something else.
func (v *Verifier) key(header object) (any, error) {
	if alg, err := header.text("alg"); err != nil || alg != v.alg {
		return nil, ErrAlgorithm
	}
	if _, there := header["crit"]; there {
		return nil, ErrMalformed // extensions that must be understood: none is
	}
	if typ, err := header.optional("typ"); err != nil || (typ != "" && typ != "JWT" && typ != "jwt") {
		return nil, ErrMalformed // some other kind of token, signed with the same key
	}
	kid, err := header.optional("kid")
	if err != nil {
		return nil, ErrKey
	}
	_, named := header["kid"]
	if v.alg == "HS256" {
		if named && (kid != v.config.HS256KeyID || kid == "") {
			return nil, ErrKey
		}
		return v.config.HS256Secret, nil
	}
	if key, ok := v.config.RS256Keys[kid]; ok {
		return key, nil
	}
	if !named && len(v.config.RS256Keys) == 1 {
		for _, key := range v.config.RS256Keys {
			return key, nil
		}
	}
	return nil, ErrKey
}
