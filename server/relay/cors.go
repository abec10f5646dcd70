package relay

import (
	"net/http"
	"strings"

	"github.com/sealwire/sealwire/wasm/wire"
)

// preflightSeconds is how long a browser may remember what it was allowed.
const preflightSeconds = "600"

var (
	corsMethods = strings.Join([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}, ", ")
	corsHeaders = strings.Join([]string{"Authorization", uploadLength, "Range", "If-Range", "Content-Type"}, ", ")
	corsExposed = strings.Join([]string{"Content-Range", "Content-Length", "Accept-Ranges", "Etag", "Retry-After"}, ", ")
)

// fileOrigin lets pages of listed origins read the answer: their own origin is
// named, never all, and never with credentials. A request without an origin is
// a page's of the relay's own origin that reads, or a program's; both show a
// ticket.
func (s *Server) fileOrigin(w http.ResponseWriter, r *http.Request) (origin string, allowed bool) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if len(r.Header.Values("Origin")) == 0 {
		return "", true
	}
	origin, ok := requestOrigin(r)
	if !ok || !s.origins.has(origin) {
		return "", false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", corsExposed)
	return origin, true
}

// preflight answers what a browser asks before it sends a ticket elsewhere.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request) {
	f := &fileRequest{w: w, r: r}
	origin, allowed := s.fileOrigin(w, r)
	if origin == "" || !allowed {
		f.answer(http.StatusForbidden, map[string]any{"code": int(wire.BadCredential), "error": wire.BadCredential.Error()})
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", preflightSeconds)
	w.WriteHeader(http.StatusNoContent)
}
