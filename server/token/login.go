package token

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// MaxLogin is the longest that a login token may live, from iat to exp.
const MaxLogin = 24 * time.Hour

// LoginConfig says whose login tokens are accepted: ID tokens of OpenID
// Connect and what is like them, signed by RS256, ES256 or EdDSA. There is no
// shared secret: a login gives power over customers, an identity token does not.
type LoginConfig struct {
	// Issuer is what iss must be, exactly. Required.
	Issuer string
	// Audience is what aud must be, alone, as text or as a list of one. Required.
	Audience string
	// Keys are public keys by kid: *rsa.PublicKey, *ecdsa.PublicKey on P-256 or
	// ed25519.PublicKey. A token without kid is accepted if there is one key in all.
	Keys map[string]crypto.PublicKey
	// JWKS is the address of a key set (RFC 7517), https or on the loopback. One
	// of Keys and JWKS is required, and not both.
	JWKS string
	// Client fetches JWKS. Default: one with a time limit that follows no redirect.
	Client *http.Client

	// AliasClaim holds the name that customers see. Required, and never one that
	// names the worker: sub, email, preferred_username, upn, oid, employee_id.
	AliasClaim string
	// QueuesClaim holds a list of queues. Default "": Login.Queues is nil, all.
	QueuesClaim string
	// RoleClaim holds agent, supervisor or bot. Default "": Login.Role is "agent".
	RoleClaim string
	// UntilClaim holds when the worker is not to be there any more, in seconds
	// since 1970, where the token has it. Default "": Login.Until is zero.
	UntilClaim string
}

// internal are claims that say who a worker is to the company.
var internal = []string{"sub", "email", "preferred_username", "upn", "oid", "uid", "employee_id", "unique_name"}

// Login is what a verified login token says of the worker. What the company
// calls that worker itself is in it as a hash alone.
type Login struct {
	Account    [sha256.Size]byte // of iss and sub: one worker's
	Alias      string
	Role       string
	Queues     []string // nil: all
	Thumbprint string   // cnf.jkt; "" where the token is bound to no key
	Expires    time.Time
	Until      time.Time // zero: nothing is said
}

// LoginVerifier verifies login tokens. It is safe for concurrent use.
type LoginVerifier struct {
	config LoginConfig
	keys   *keySet
}

// NewLogin checks the configuration: a weak one does not start. Nothing is
// fetched before a token is verified.
func NewLogin(c LoginConfig) (*LoginVerifier, error) {
	switch {
	case c.Issuer == "" || len(c.Issuer) > maxText || c.Audience == "" || len(c.Audience) > maxText:
		return nil, fmt.Errorf("%w: a login has an issuer and an audience of 1 to %d bytes", ErrConfig, maxText)
	case c.AliasClaim == "":
		return nil, fmt.Errorf("%w: a login needs the claim of the alias that customers see", ErrConfig)
	case slices.Contains(internal, c.AliasClaim):
		return nil, fmt.Errorf("%w: the claim %q says who the worker is, and an alias is public", ErrConfig, c.AliasClaim)
	case (c.JWKS == "") == (len(c.Keys) == 0):
		return nil, fmt.Errorf("%w: a login has keys or the address of a key set, and not both", ErrConfig)
	}
	keys := &keySet{url: c.JWKS, client: c.Client}
	if c.JWKS != "" {
		if err := checkKeySetURL(c.JWKS); err != nil {
			return nil, err
		}
	}
	for kid, key := range c.Keys {
		if _, err := algorithmOf(key); err != nil || kid == "" || len(kid) > maxText {
			return nil, fmt.Errorf("%w: login key %q: want an RSA, P-256 or Ed25519 public key with a key id", ErrConfig, kid)
		}
	}
	keys.known = maps.Clone(c.Keys)
	return &LoginVerifier{config: c, keys: keys}, nil
}

// Verify returns what a token says that is valid at now. Every error is
// ErrRefused and one of the others, but ErrKeySet where no keys could be had.
func (v *LoginVerifier) Verify(ctx context.Context, token string, now time.Time) (Login, error) {
	if len(token) > MaxLength {
		return Login{}, ErrTooLong
	}
	header, payload, err := split(token)
	if err != nil {
		return Login{}, err
	}
	if err := v.signature(ctx, token, header, now); err != nil {
		return Login{}, err
	}
	return v.login(payload, now)
}

func (v *LoginVerifier) signature(ctx context.Context, token string, header object, now time.Time) error {
	if _, there := header["crit"]; there {
		return ErrMalformed
	}
	// at+jwt is an access token: it is for another than who logs in.
	if typ, err := header.optional("typ"); err != nil || (typ != "" && typ != "JWT" && typ != "jwt") {
		return ErrMalformed
	}
	alg, err := header.text("alg")
	if err != nil || (alg != "RS256" && alg != "ES256" && alg != "EdDSA") {
		return ErrAlgorithm
	}
	kid, err := header.optional("kid")
	if _, named := header["kid"]; err != nil || named && kid == "" {
		return ErrKey
	}
	key, err := v.keys.find(ctx, kid, now)
	if err != nil {
		return err
	}
	if want, err := algorithmOf(key); err != nil || want != alg { // the key's, never the header's
		return ErrAlgorithm
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	_, err = parser.ParseWithClaims(token, jwt.MapClaims{}, func(*jwt.Token) (any, error) { return key, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return ErrMalformed
	case err != nil:
		return ErrSignature
	}
	return nil
}

// login judges a payload whose signature was verified.
func (v *LoginVerifier) login(payload object, now time.Time) (out Login, err error) {
	if out.Expires, err = payload.times(now, MaxLogin); err != nil {
		return Login{}, err
	}
	if err := payload.audience(v.config.Audience); err != nil {
		return Login{}, err
	}
	if err := payload.equal("iss", v.config.Issuer, ErrIssuer); err != nil {
		return Login{}, err
	}
	subject, err := payload.text("sub")
	if err != nil || subject == "" {
		return Login{}, ErrClaims
	}
	out.Account = account(v.config.Issuer, subject)
	if out.Alias, err = payload.text(v.config.AliasClaim); err != nil || out.Alias == "" {
		return Login{}, ErrClaims
	}
	for _, name := range []string{"sub", "email", "upn", "oid", "employee_id"} { // a directory that fills one from the other
		if who, err := payload.text(name); err == nil && who == out.Alias {
			return Login{}, ErrClaims
		}
	}
	out.Role = "agent"
	if v.config.RoleClaim != "" {
		if out.Role, err = payload.text(v.config.RoleClaim); err != nil {
			return Login{}, ErrClaims
		}
	}
	if v.config.QueuesClaim != "" {
		if out.Queues, err = payload.texts(v.config.QueuesClaim); err != nil || len(out.Queues) == 0 {
			return Login{}, ErrClaims
		}
	}
	if _, there := payload[v.config.UntilClaim]; there && v.config.UntilClaim != "" {
		if out.Until, err = payload.time(v.config.UntilClaim); err != nil {
			return Login{}, err
		}
		if !now.Before(out.Until) {
			return Login{}, ErrExpired
		}
	}
	if out.Thumbprint, err = payload.thumbprint(true); err != nil {
		return Login{}, err
	}
	return out, nil
}

// account tells workers apart without naming them.
func account(issuer, subject string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strconv.Itoa(len(issuer)) + " " + issuer + subject))
}

// audience compares aud, which an ID token may write as a list. A token that is
// for others too could be shown to us by the others.
func (o object) audience(want string) error {
	if o.equal("aud", want, ErrAudience) == nil {
		return nil
	}
	if all, err := o.texts("aud"); err == nil && len(all) == 1 && all[0] == want {
		return nil
	}
	return ErrAudience
}

// texts reads a list of texts that must be there.
func (o object) texts(name string) ([]string, error) {
	var raw []json.RawMessage
	if value, there := o[name]; !there || json.Unmarshal(value, &raw) != nil || raw == nil || len(raw) > maxTexts {
		return nil, ErrClaims
	}
	out := make([]string, len(raw))
	for i, r := range raw {
		var err error
		if out[i], err = (object{"": r}).text(""); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxTexts bounds a list in a token.
const maxTexts = 64
