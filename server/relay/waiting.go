package relay

import (
	"slices"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// waiting are the conversations that wait: they were begun with nobody but an
// inbox, and nobody else of the company has come. Each costs the company work,
// so one customer, with all identities, has a number of them and no more, within
// the last day: those of before, or of before a restart, count no more. They are
// the hub's, under its lock.
type waiting map[conversationKey]waits

type waits struct {
	of    *allowance
	since time.Time
}

// waitingLife is for how long a conversation counts.
const waitingLife = 24 * time.Hour

// unattended tells whether a genesis adds nobody who would attend to it.
func unattended(m *wire.Commit) bool { return m.Parent.Zero() && !attended(m) }

// attended tells whether a commit brings in somebody of the company who is no inbox.
func attended(m *wire.Commit) bool {
	return slices.ContainsFunc(m.Adds, func(a wire.Add) bool {
		return a.Role == wire.Agent || a.Role == wire.Supervisor || a.Role == wire.Bot
	})
}

// mayWait tells whether the customer may begin one more conversation that waits.
func (h *hub) mayWait(c *connection) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return c.ofCustomer.waiting < c.server.limits.Waiting
}

// counts notes what a stored commit means for it.
func (h *hub) counts(c *connection, key conversationKey, m *wire.Commit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case unattended(m):
		h.waiting[key] = waits{c.ofCustomer, c.server.now()}
		c.ofCustomer.waiting++
	case attended(m), m.Marks&wire.MarkClose != 0:
		h.countOut(key)
	}
}

func (h *hub) countOut(key conversationKey) {
	if w, there := h.waiting[key]; there {
		w.of.waiting--
		delete(h.waiting, key)
	}
}

// sweepUnattended forgets those of more than a day ago.
func (h *hub) sweepUnattended(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, w := range h.waiting {
		if now.Sub(w.since) >= waitingLife {
			h.countOut(key)
		}
	}
}
