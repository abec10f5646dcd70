package relay

import (
	"slices"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// waiting are the conversations that wait: they were begun with nobody but an
// inbox, and nobody else of the company has come. Each costs the company work,
// so one customer, with all identities, has a number of them and no more, within
// the last day: those of before, or of before a restart, count no more, nor does
// one that its inbox has left, until there is an inbox in it again. They are the
// hub's, under its lock.
type waiting map[conversationKey]*waits

type waits struct {
	of    *allowance
	since time.Time
	alone bool // nobody of the company is in it: it does not count
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

// company tells whether somebody of the company is in, and stays.
func company(members []wire.Member) bool {
	return slices.ContainsFunc(members, func(m wire.Member) bool { return m.Role != wire.Customer && !m.Leaving })
}

// mayWait counts the conversation in, if the commit has it wait and the customer
// may have one more; after are who is in then. Release is to be called where the
// commit was not stored.
func (h *hub) mayWait(c *connection, key conversationKey, m *wire.Commit, after []wire.Member) (release func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.waiting[key]
	back := before != nil && before.alone && c.ofCustomer != nil && company(after) && !attended(m)
	if !back && !unattended(m) {
		return func() {}, true
	}
	if c.ofCustomer.waiting >= c.server.limits.Waiting {
		return nil, false
	}
	mine := &waits{of: c.ofCustomer, since: c.server.now()}
	h.countOut(key)
	h.waiting[key] = mine
	mine.of.waiting++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.waiting[key] != mine { // it was swept
			return
		}
		h.countOut(key)
		if back {
			h.waiting[key] = before
		}
	}, true
}

// counts notes what a stored commit means for it; after are who is in now.
func (h *hub) counts(key conversationKey, m *wire.Commit, after []wire.Member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if attended(m) || m.Marks&wire.MarkClose != 0 {
		h.countOut(key)
	} else if w := h.waiting[key]; w != nil && !w.alone && !company(after) {
		w.alone = true
		w.of.waiting--
	}
}

func (h *hub) countOut(key conversationKey) {
	if w, there := h.waiting[key]; there {
		if !w.alone {
			w.of.waiting--
		}
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
