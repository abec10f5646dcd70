package service

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/relay"
)

// Limits bounds what the service spends on its callers. A zero field takes the
// default that its comment names.
type Limits struct {
	// AddressPerSecond and AddressBurst bound the requests from one address (of
	// IPv6: one /64) before a ticket is known. Default 20 and 200.
	AddressPerSecond float64
	AddressBurst     int
	// MemberPerSecond and MemberBurst bound those of one member. Default 10 and 60.
	MemberPerSecond float64
	MemberBurst     int
	// Members with tickets at once. Default 20,000.
	Members int
	// Sessions of one member; the oldest goes for a new one. Default 8.
	Sessions int
	// Polls of one member at once. Default 8.
	Polls int
	// Identities that stand at once of one person's logins; for a new one that
	// goes which was unused longest. Default 8.
	Identities int
}

func (l Limits) withDefaults() (Limits, error) {
	for _, f := range []struct {
		value *float64
		def   float64
	}{{&l.AddressPerSecond, 20}, {&l.MemberPerSecond, 10}} {
		if *f.value == 0 {
			*f.value = f.def
		}
		if *f.value < 0 {
			return l, fmt.Errorf("%w: a limit is negative", ErrConfig)
		}
	}
	for _, n := range []struct {
		value *int
		def   int
	}{{&l.AddressBurst, 200}, {&l.MemberBurst, 60}, {&l.Members, 20_000}, {&l.Sessions, 8}, {&l.Polls, 8}, {&l.Identities, 8}} {
		if *n.value == 0 {
			*n.value = n.def
		}
		if *n.value < 0 {
			return l, fmt.Errorf("%w: a limit is negative", ErrConfig)
		}
	}
	return l, nil
}

// callers bounds requests by address.
type callers struct {
	limits  Limits
	proxies []netip.Prefix

	mu    sync.Mutex
	known map[netip.Prefix]*rate.Limiter
}

// maxCallers is how many addresses are known before those that a fresh one is as
// good as are forgotten.
const maxCallers = 1 << 14

func newCallers(l Limits, proxies []netip.Prefix) *callers {
	return &callers{limits: l, proxies: proxies, known: make(map[netip.Prefix]*rate.Limiter)}
}

// allow counts a request.
func (c *callers) allow(r *http.Request) bool {
	at := relay.PeerAddress(r, c.proxies)
	bits := at.BitLen()
	if at.Is6() {
		bits = 64
	}
	key, _ := at.Prefix(bits)
	c.mu.Lock()
	defer c.mu.Unlock()
	limiter := c.known[key]
	if limiter == nil {
		if len(c.known) >= maxCallers {
			now := time.Now()
			for k, l := range c.known {
				if l.TokensAt(now) >= float64(l.Burst()) {
					delete(c.known, k)
				}
			}
		}
		limiter = rate.NewLimiter(rate.Limit(c.limits.AddressPerSecond), c.limits.AddressBurst)
		c.known[key] = limiter
	}
	return limiter.Allow()
}
