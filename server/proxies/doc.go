// Package proxies holds what to write into the configuration of a proxy that
// ends TLS in front of the relay, one file for each that is tested: nginx.conf
// and Caddyfile.
//
// They promise, as the tests of this package see it with the proxies of Debian:
// WebSockets work and end with the relay's close codes; parts of files and
// downloads of any size pass, and so do headers up to what the relay takes; the
// relay knows the address of each end, whatever that says itself; and where proxy
// and relay could read the end of a request differently, no request that came by
// one connection is answered, or stored, as another's.
//
// The operator's duties: name the proxy to the relay (-proxy, or "proxies" in its
// file), and let nobody but the proxy reach the relay's port.
//
// Limits. Other proxies work if they do the same: HTTP/1.1 to the relay with
// Upgrade and Connection passed on, bodies of 1 MiB with their Content-Length, no
// time limit below 75 s on a silent WebSocket, and X-Forwarded-For that ends in
// the address of who connected.
package proxies
