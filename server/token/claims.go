package token

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const maxText = 255 // bytes of sub, name; an e-mail address has at most 254

// claims judges a payload whose signature was verified.
func (v *Verifier) claims(payload object, now time.Time) (c Claims, err error) {
	if c.Expires, err = payload.times(now, MaxLifetime); err != nil {
		return Claims{}, err
	}
	if err := payload.equal("aud", v.config.Audience, ErrAudience); err != nil {
		return Claims{}, err
	}
	if err := payload.equal("iss", v.config.Issuer, ErrIssuer); err != nil {
		return Claims{}, err
	}
	if c.Subject, err = payload.text("sub"); err != nil || c.Subject == "" {
		return Claims{}, ErrClaims
	}
	if c.Name, err = payload.optional("name"); err != nil {
		return Claims{}, err
	}
	if c.Email, err = payload.optional("email"); err != nil {
		return Claims{}, err
	}
	c.Thumbprint, err = payload.thumbprint(v.config.AllowUnbound)
	if err != nil {
		return Claims{}, err
	}
	return c, nil
}

// times judges iat, nbf and exp, and gives exp.
func (o object) times(now time.Time, most time.Duration) (expires time.Time, err error) {
	issued, err := o.time("iat")
	if err != nil {
		return expires, err
	}
	if expires, err = o.time("exp"); err != nil {
		return expires, err
	}
	starts := issued
	if _, there := o["nbf"]; there {
		if starts, err = o.time("nbf"); err != nil {
			return expires, err
		}
	}
	switch life := expires.Sub(issued); {
	case life > most:
		return expires, ErrLifetime
	case life <= 0:
		return expires, ErrClaims
	case issued.After(now.Add(Skew)), starts.After(now.Add(Skew)):
		return expires, ErrNotYet
	case !now.Before(expires):
		return expires, ErrExpired
	}
	return expires, nil
}

// thumbprint reads cnf.jkt. A cnf of another kind is refused even where none
// is needed: the token means to be bound to a key that can't be checked here.
func (o object) thumbprint(optional bool) (string, error) {
	raw, there := o["cnf"]
	if !there && optional {
		return "", nil
	}
	cnf, err := decode(raw)
	if err != nil {
		return "", ErrClaims
	}
	text, err := cnf.text("jkt")
	if err != nil {
		return "", ErrClaims
	}
	if sum, err := base64.RawURLEncoding.Strict().DecodeString(text); err != nil || len(sum) != 32 || len(text) != 43 {
		return "", ErrClaims
	}
	return text, nil
}

// equal compares with a configured text; "" is not looked at. Arrays are
// refused also for aud, where the standard allows them: a token for us and for
// others could be shown to us by the others.
func (o object) equal(name, want string, refusal error) error {
	if want == "" {
		return nil
	}
	if got, err := o.text(name); err != nil || got != want {
		return refusal
	}
	return nil
}

// text reads a string that must be there.
func (o object) text(name string) (string, error) {
	var p *string // null is not ""
	if raw, there := o[name]; !there || json.Unmarshal(raw, &p) != nil || p == nil {
		return "", ErrClaims
	}
	s := *p
	// The decoder turns broken escapes into U+FFFD, so that two different
	// subjects would become one.
	if len(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == utf8.RuneError
	}) {
		return "", ErrClaims
	}
	return s, nil
}

// optional reads a string that may be absent, then "".
func (o object) optional(name string) (string, error) {
	if _, there := o[name]; !there {
		return "", nil
	}
	return o.text(name)
}

// time reads a NumericDate, which may have a fraction.
func (o object) time(name string) (time.Time, error) {
	raw := string(o[name])
	if raw == "" || raw[0] < '0' || raw[0] > '9' {
		return time.Time{}, ErrClaims // not a number, or a negative one
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || f >= 1<<33 {
		return time.Time{}, ErrClaims
	}
	seconds, fraction := math.Modf(f)
	return time.Unix(int64(seconds), int64(fraction*1e9)), nil
}
