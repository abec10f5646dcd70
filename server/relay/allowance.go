package relay

import (
	"crypto/sha256"
	"time"

	"golang.org/x/time/rate"
)

// allowance is what one identity may do on all its connections together, or one
// customer with all its identities: a fresh identity costs nothing, but whose it
// is the company says in the token. The hub keeps it when the connections end,
// until it is full again: to come back refills nothing.
type allowance struct {
	connections int // of the hub, under its lock
	waiting     int // so too: conversations
	limiters    []*rate.Limiter
}

// customerKey is the hash of tenant id ‖ subject of the identity token.
type customerKey [sha256.Size]byte

func (t *tenant) customerKey(subject string) customerKey {
	return sha256.Sum256(append(t.ID[:], subject...))
}

// allowances are what one connection goes by.
type allowances struct {
	ofIdentity, ofCustomer *allowance // the latter nil on the company's side

	entries *rate.Limiter // of the identity
	takes   *rate.Limiter // of the customer, or of the identity on the company's side
	geneses *rate.Limiter // of the customer
}

// full tells whether a fresh one would allow no more.
func (a *allowance) full(now time.Time) bool {
	for _, l := range a.limiters {
		if l.TokensAt(now) < float64(l.Burst()) {
			return false
		}
	}
	return true
}

// shared gives the allowance of a key to one connection more.
func shared[K comparable](of map[K]*allowance, key K, fresh func() []*rate.Limiter) *allowance {
	a := of[key]
	if a == nil {
		a = &allowance{limiters: fresh()}
		of[key] = a
	}
	a.connections++
	return a
}

// allow gives the connection its allowances. The lock is held.
func (h *hub) allow(c *connection) {
	t, l := c.tenant, c.server.limits
	c.ofIdentity = shared(h.identities, t.memberKey(c.member), func() []*rate.Limiter {
		return []*rate.Limiter{rate.NewLimiter(rate.Limit(t.EntriesPerSecond), t.EntryBurst), rate.NewLimiter(rate.Every(l.TakeInterval), l.TakeBurst)}
	})
	c.entries, c.takes = c.ofIdentity.limiters[0], c.ofIdentity.limiters[1]
	if c.customer == (customerKey{}) {
		return
	}
	c.ofCustomer = shared(h.customers, c.customer, func() []*rate.Limiter {
		return []*rate.Limiter{rate.NewLimiter(rate.Every(l.TakeInterval), l.TakeBurst), rate.NewLimiter(rate.Every(l.GenesisInterval), l.GenesisBurst)}
	})
	c.takes, c.geneses = c.ofCustomer.limiters[0], c.ofCustomer.limiters[1]
}

// disallow is the opposite. The lock is held.
func (h *hub) disallow(c *connection) {
	c.ofIdentity.connections--
	if c.ofCustomer != nil {
		c.ofCustomer.connections--
	}
}

// sweepAllowances forgets those that a fresh one is as good as. Limiters go by
// the time of the process, whatever clock the relay has.
func (h *hub) sweepAllowances() {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	forget(h.identities, now)
	forget(h.customers, now)
}

func forget[K comparable](of map[K]*allowance, now time.Time) {
	for key, a := range of {
		if a.connections == 0 && a.waiting == 0 && a.full(now) {
			delete(of, key)
		}
	}
}
