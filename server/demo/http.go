package demo

import (
	"net/http"
	"strings"
)

// pages are the demo's pages and their files.
var pages = map[string]string{
	"/":      "demo/index.html",
	"/site":  "demo/site.html",
	"/desk":  "demo/desk.html",
	"/relay": "demo/relay.html",
}

// Route is one thing that the demo answers.
type Route struct {
	Method, Pattern string
	handler         http.HandlerFunc
}

// Routes lists all that the demo answers, those of its relay included.
func (d *Demo) Routes() []Route {
	routes := []Route{
		{http.MethodGet, "/js/{name...}", d.module},
		{http.MethodGet, "/demo/config.json", d.config},
		{http.MethodPost, "/demo/token", d.token},
		{http.MethodPost, "/demo/login", d.login},
		{http.MethodGet, "/demo/entries", d.entries},
	}
	for page, name := range pages {
		if page == "/" {
			page = "/{$}"
		}
		routes = append(routes, Route{http.MethodGet, page, d.files[name].serve})
	}
	for _, r := range d.relay.Routes() {
		routes = append(routes, Route{r.Method, r.Path, d.relay.Handler().ServeHTTP})
	}
	for _, r := range d.desk.Routes() {
		routes = append(routes, Route{r.Method, r.Path, d.desk.Handler().ServeHTTP})
	}
	return routes
}

// handler serves the routes behind three gates: the request names this very
// server, it does not come from another site to change something, and every
// answer carries the policy under which its page runs.
func (d *Demo) handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range d.Routes() {
		mux.HandleFunc(r.Method+" "+r.Pattern, r.handler)
	}
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		// A name that was made to point at this machine arrives here as Host.
		if !d.hosts[r.Host] {
			http.Error(w, "the demo is at "+d.URL(), http.StatusMisdirectedRequest)
			return
		}
		h.Set("Content-Security-Policy", policy(r.Host))
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		guarded.ServeHTTP(w, r)
	})
}

// policy is the one that README gives to companies, with what frames need.
func policy(host string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"worker-src 'self'",
		"connect-src 'self' ws://" + host,
		"img-src 'self' blob:",
		"style-src 'self'",
		"frame-src 'self'",
		"frame-ancestors 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types sealwire",
	}, "; ")
}
