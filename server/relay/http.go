package relay

import (
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Route is one thing that the relay answers over HTTP.
type Route struct {
	Method, Path string
	handler      http.HandlerFunc
}

// Routes lists all there is; Handler serves these and nothing else.
func (s *Server) Routes() []Route {
	return append([]Route{
		{http.MethodGet, "/healthz", s.health},
		{http.MethodGet, "/v1/connect", s.connect},
	}, s.fileRoutes()...)
}

// Handler serves the relay's routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		mux.HandleFunc(r.Method+" "+r.Path, r.handler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.Harden(w, r)
		if r.ContentLength != 0 && (r.ContentLength < 0 || r.Method != http.MethodPut || !strings.HasPrefix(r.URL.Path, "/v1/files/")) {
			// Where no body belongs it may be a request in a request, to a proxy
			// that reads its length differently: let nothing follow it.
			w.Header().Set("Connection", "close")
		}
		mux.ServeHTTP(w, r)
	})
}

// HTTPServer is a server with the time limits that a relay needs. Its own log
// is off, since it names addresses.
func HTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: wire.PreAuthSeconds * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}

// health says whether this relay takes connections and its log answers.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if !s.addresses.allow(r) {
		web.Refuse(w, http.StatusTooManyRequests, wire.RateLimited, nil)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	s.mu.Lock()
	draining := s.draining
	s.mu.Unlock()
	if draining {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	if _, err := s.log.Heads(r.Context(), [][]byte{make([]byte, len(conversationKey{}))}); err != nil {
		s.logFailure("health", err)
		http.Error(w, "log does not answer", http.StatusServiceUnavailable)
		return
	}
	io.WriteString(w, "ok\n")
}
