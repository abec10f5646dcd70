// Package web is what the HTTP services of this repository answer alike: headers
// under which no answer is of use to a page that should not have it, JSON, codes
// of refusals (SPEC section 10.3), tickets, and CORS.
//
// Promises. An origin is named only where the service lists it, never all of them
// and never with credentials. A ticket has one form. Nothing is logged.
//
// The caller's duties. Decide which origins are listed, and what a code's status
// is. Call [Harden] before anything is written.
//
// Limits. Answers are small objects, held in memory.
package web

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Harden sets the headers of every answer.
func Harden(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// Answer writes a JSON object.
func Answer(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic("web: " + err.Error()) // of the caller's making
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// Refuse answers with a code, when to come again where that helps (as the header
// has it, if it does), and with what more is to be said.
func Refuse(w http.ResponseWriter, status int, code wire.Code, more map[string]string) {
	if (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", RetryAfter())
	}
	body := map[string]any{"code": int(code), "error": code.Error()}
	for name, value := range more {
		body[name] = value
	}
	Answer(w, status, body)
}

// RetryAfter is 1 to 5 seconds, by chance: those who are sent away together must
// not come back together.
func RetryAfter() string { return strconv.Itoa(1 + rand.IntN(5)) }

// CORS says what pages of other origins may do.
type CORS struct {
	// Lists tells whether pages of an origin may read the answers. Required.
	Lists func(origin string) bool
	// Methods and Headers that they may send, Exposed headers that they may read.
	Methods, Headers, Exposed string
}

// preflightSeconds is how long a browser may remember what it was allowed.
const preflightSeconds = "600"

// Allow lets a page of a listed origin read the answer, by its own name. A
// request without an origin is a page's of the service's own that reads, or a
// program's: "" and true. Two origins are no browser's.
func (c CORS) Allow(w http.ResponseWriter, r *http.Request) (origin string, allowed bool) {
	h := w.Header()
	h.Add("Vary", "Origin")
	all := r.Header.Values("Origin")
	if len(all) == 0 {
		return "", true
	}
	if len(all) != 1 || !c.Lists(all[0]) {
		return "", false
	}
	h.Set("Access-Control-Allow-Origin", all[0])
	h.Set("Access-Control-Expose-Headers", c.Exposed)
	return all[0], true
}

// Preflight answers what a browser asks before it sends a ticket elsewhere.
func (c CORS) Preflight(w http.ResponseWriter, r *http.Request) {
	if origin, allowed := c.Allow(w, r); origin == "" || !allowed {
		Refuse(w, http.StatusForbidden, wire.BadCredential, nil)
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", c.Methods)
	h.Set("Access-Control-Allow-Headers", c.Headers)
	h.Set("Access-Control-Max-Age", preflightSeconds)
	w.WriteHeader(http.StatusNoContent)
}
