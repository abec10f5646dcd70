package service

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// maxBody bounds what is read of a request.
const maxBody = 16 << 10

// refusal is an answer that is no success.
type refusal struct {
	status int
	code   wire.Code
}

func (r refusal) Error() string { return r.code.Error() }

// later is RateLimited where it is known when it will do.
type later struct{ after time.Duration }

func (l later) Error() string { return wire.RateLimited.Error() }

func (l later) Unwrap() error { return wire.RateLimited }

// statuses are those of the codes, where nothing else is said.
var statuses = map[wire.Code]int{
	wire.BadArgument:        http.StatusBadRequest,
	wire.BadKey:             http.StatusBadRequest,
	wire.TooLarge:           http.StatusBadRequest,
	wire.UnsupportedVersion: http.StatusBadRequest,
	wire.OpenFailed:         http.StatusUnauthorized,
	wire.Replayed:           http.StatusUnauthorized,
	wire.BadCredential:      http.StatusUnauthorized,
	wire.Expired:            http.StatusUnauthorized,
	wire.NotMember:          http.StatusForbidden,
	wire.BadCommit:          http.StatusConflict,
	wire.RateLimited:        http.StatusTooManyRequests,
	wire.Unavailable:        http.StatusServiceUnavailable,
}

// open wraps a route that needs no ticket.
func (s *Service) open(do func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, allowed := s.cors().Allow(w, r); !allowed {
			refuse(w, refusal{http.StatusForbidden, wire.BadCredential})
			return
		}
		if !s.callers.allow(r) {
			refuse(w, wire.RateLimited)
			return
		}
		if err := do(w, r); err != nil {
			refuse(w, err)
		}
	}
}

// held wraps a route that a ticket opens.
func (s *Service) held(do func(http.ResponseWriter, *http.Request, *session) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, allowed := s.cors().Allow(w, r); !allowed {
			refuse(w, refusal{http.StatusForbidden, wire.BadCredential})
			return
		}
		now := s.now()
		k := s.sessions.find(web.Ticket(r), now)
		if k == nil || s.stands(k.credential, now) != nil {
			if !s.callers.allow(r) {
				refuse(w, wire.RateLimited)
				return
			}
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, wire.BadCredential)
			return
		}
		if !k.holder.requests.Allow() {
			refuse(w, wire.RateLimited)
			return
		}
		if err := do(w, r, k); err != nil {
			refuse(w, err)
		}
	}
}

// decode64 takes the one canonical form only; encoding/base64 skips line breaks.
func decode64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, wire.BadArgument
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, wire.BadArgument
	}
	return raw, nil
}

func encode64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func hexOf(id wire.ID) string { return hex.EncodeToString(id[:]) }

func idOf(text string) (wire.ID, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(wire.ID{}) || hex.EncodeToString(raw) != text {
		return wire.ID{}, wire.BadArgument
	}
	return wire.ID(raw), nil
}

// question reads a JSON object. A form, which any page can send without asking,
// is none.
func question(w http.ResponseWriter, r *http.Request, into any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refusal{http.StatusUnsupportedMediaType, wire.BadArgument}
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return refusal{http.StatusRequestEntityTooLarge, wire.TooLarge}
	case err != nil:
		return wire.BadArgument
	}
	return readQuestion(text, into)
}

func readQuestion(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if decoder.Decode(into) != nil {
		return wire.BadArgument
	}
	if _, err := decoder.Token(); err != io.EOF {
		return wire.BadArgument
	}
	return nil
}

// refuse answers with a code; by is who was first, where that is why.
func refuse(w http.ResponseWriter, err error, by ...string) {
	var r refusal
	if !errors.As(err, &r) {
		r.code = wire.CodeOf(err)
		if r.status = statuses[r.code]; r.status == 0 {
			r = refusal{http.StatusServiceUnavailable, wire.Unavailable}
		}
	}
	var l later
	if errors.As(err, &l) {
		w.Header().Set("Retry-After", strconv.Itoa(1+int(l.after/time.Second)))
	}
	var more map[string]string
	if len(by) > 0 {
		more = map[string]string{"by": by[0]}
	}
	web.Refuse(w, r.status, r.code, more)
}

// cors lets pages of listed origins read the answers. A program has no origin.
func (s *Service) cors() web.CORS {
	return web.CORS{Lists: func(o string) bool { return s.origins[o] }, Methods: "GET, POST", Headers: "Authorization, Content-Type", Exposed: "Retry-After"}
}
