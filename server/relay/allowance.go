package relay

import (
	"time"

	"golang.org/x/time/rate"
)

// allowance is what one identity may do, on all its connections together. The
// hub keeps it when they end, until it is full again: to come back refills
// nothing.
type allowance struct {
	connections int // of the hub, under its lock

	entries, takes, geneses *rate.Limiter
}

func newAllowance(t *tenant, l Limits) *allowance {
	return &allowance{
		entries: rate.NewLimiter(rate.Limit(t.EntriesPerSecond), t.EntryBurst),
		takes:   rate.NewLimiter(rate.Every(l.TakeInterval), l.TakeBurst),
		geneses: rate.NewLimiter(rate.Every(l.GenesisInterval), l.GenesisBurst),
	}
}

// full tells whether a fresh one would allow no more.
func (a *allowance) full(now time.Time) bool {
	for _, l := range []*rate.Limiter{a.entries, a.takes, a.geneses} {
		if l.TokensAt(now) < float64(l.Burst()) {
			return false
		}
	}
	return true
}

// allow gives the connection its identity's allowance. The lock is held.
func (h *hub) allow(c *connection) {
	key := c.tenant.memberKey(c.member)
	a := h.allowances[key]
	if a == nil {
		a = newAllowance(c.tenant, c.server.limits)
		h.allowances[key] = a
	}
	a.connections++
	c.allowance = a
}

// sweepAllowances forgets those that a fresh one is as good as. Limiters go by
// the time of the process, whatever clock the relay has.
func (h *hub) sweepAllowances() {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, a := range h.allowances {
		if a.connections == 0 && a.full(now) {
			delete(h.allowances, key)
		}
	}
}
