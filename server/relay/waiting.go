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
type waiting map[conversationKey]*waits

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

// mayWait counts the conversation in, if the commit has it wait and the customer
// may have one more. Release is to be called where the commit was not stored.
func (h *hub) mayWait(c *connection, key conversationKey, m *wire.Commit) (release func(), ok bool) {
	if !unattended(m) {
		return func() {}, true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.ofCustomer.waiting >= c.server.limits.Waiting {
		return nil, false
	}
	mine := &waits{c.ofCustomer, c.server.now()}
	h.countOut(key)
	h.waiting[key] = mine
	mine.of.waiting++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.waiting[key] == mine { // else it was swept
			h.countOut(key)
		}
	}, true
}

// counts notes what a stored commit means for it.
func (h *hub) counts(key conversationKey, m *wire.Commit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if attended(m) || m.Marks&wire.MarkClose != 0 {
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
