package relay

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// addresses bounds what comes from one address and has proved nothing yet, so
// that one cannot take the room of all. An IPv6 address counts by its /64, as
// whoever has one has them all.
//
// The address is the socket's, unless that is one of Config.Proxies: then it is
// the last one in X-Forwarded-For that is no proxy's, since a proxy adds at the
// end, and what stands before is whatever the peer wrote there.
type addresses struct {
	limits  Limits
	proxies []netip.Prefix

	mu    sync.Mutex
	known map[netip.Prefix]*address
}

// address is what one has here, and what it may do. It is kept until it has
// nothing and may do all again.
type address struct {
	open, unproved int
	requests       *rate.Limiter
}

func newAddresses(l Limits, proxies []netip.Prefix) *addresses {
	return &addresses{limits: l, proxies: slices.Clone(proxies), known: make(map[netip.Prefix]*address)}
}

// of is whom a request comes from.
func (a *addresses) of(r *http.Request) netip.Addr { return PeerAddress(r, a.proxies) }

// PeerAddress is whom a request comes from: the socket's address, unless that is
// one of the proxies; then the last one in X-Forwarded-For that is no proxy's. A
// proxy that does not say so counts itself.
func PeerAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	socket := parseAddress(r.RemoteAddr)
	if !isProxy(socket, proxies) {
		return socket
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(said) - 1; i >= 0; i-- {
		from := parseAddress(strings.TrimSpace(said[i]))
		if !from.IsValid() {
			break
		}
		if !isProxy(from, proxies) {
			return from
		}
	}
	return socket
}

// parseAddress reads an address with or without a port; what is none is not valid.
func parseAddress(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	at, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return at.Unmap().WithZone("")
}

func isProxy(at netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Addr().Is4In6() {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if p.Contains(at) {
			return true
		}
	}
	return false
}

// get finds the one that an address counts as. The lock is held.
func (a *addresses) get(at netip.Addr) *address {
	bits := at.BitLen()
	if at.Is6() {
		bits = 64
	}
	key, _ := at.Prefix(bits) // of what is no address: all of them as one
	found := a.known[key]
	if found == nil {
		found = &address{requests: rate.NewLimiter(rate.Limit(a.limits.AddressPerSecond), a.limits.AddressBurst)}
		a.known[key] = found
	}
	return found
}

// allow counts a request by somebody unknown.
func (a *addresses) allow(r *http.Request) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.get(a.of(r)).requests.Allow()
}

// visit is one connection in the count of its address.
type visit struct {
	of       *addresses
	at       *address
	unproved bool
	counted  bool
}

// enter counts a connection in; nil where its address has too many, or they
// come too fast.
func (a *addresses) enter(r *http.Request) *visit {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.get(a.of(r))
	if at.open >= a.limits.AddressConnections || at.unproved >= a.limits.AddressUnproved || !at.requests.Allow() {
		return nil
	}
	at.open++
	at.unproved++
	return &visit{of: a, at: at, unproved: true, counted: true}
}

// proved notes a good hello. The company's side is let go of: many share the
// address of an office, and each shows a credential.
func (v *visit) proved(company bool) {
	v.of.mu.Lock()
	defer v.of.mu.Unlock()
	v.prove()
	if company {
		v.leave()
	}
}

// end counts the connection out.
func (v *visit) end() {
	v.of.mu.Lock()
	defer v.of.mu.Unlock()
	v.prove()
	v.leave()
}

func (v *visit) prove() {
	if v.unproved {
		v.unproved = false
		v.at.unproved--
	}
}

func (v *visit) leave() {
	if v.counted {
		v.counted = false
		v.at.open--
	}
}

// sweep forgets those that a fresh one is as good as.
func (a *addresses) sweep() {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, at := range a.known {
		if at.open == 0 && at.requests.TokensAt(now) >= float64(at.requests.Burst()) {
			delete(a.known, key)
		}
	}
}
