package relay

import (
	"net/http"
	"strings"

	"github.com/sealwire/sealwire/server/web"
)

var (
	corsMethods = strings.Join([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}, ", ")
	corsHeaders = strings.Join([]string{"Authorization", uploadLength, "Range", "If-Range", "Content-Type"}, ", ")
	corsExposed = strings.Join([]string{"Content-Range", "Content-Length", "Accept-Ranges", "Etag", "Retry-After"}, ", ")
)

// cors lets pages of listed origins read what the files' routes answer. A request
// without an origin shows a ticket, too.
func (s *Server) cors() web.CORS {
	return web.CORS{Lists: s.origins.has, Methods: corsMethods, Headers: corsHeaders, Exposed: corsExposed}
}
