package service

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// sessionLife is how long a ticket is good.
const sessionLife = 10 * time.Minute

// session is what a ticket stands for.
type session struct {
	credential *wire.Credential
	member     wire.ID
	expires    time.Time
	holder     *holder
	name       web.TicketName
}

// holder is one member with tickets, and what it may do with all of them.
type holder struct {
	sessions []*session // oldest first
	requests *rate.Limiter
	polls    int
}

// sessions are all that may be used now, by the names of their tickets.
type sessions struct {
	limits Limits

	mu      sync.Mutex
	known   map[web.TicketName]*session
	holders map[wire.ID]*holder
	swept   time.Time
}

func newSessions(l Limits) *sessions {
	return &sessions{limits: l, known: make(map[web.TicketName]*session), holders: make(map[wire.ID]*holder)}
}

// begin makes a ticket. The oldest of too many of one member goes.
func (x *sessions) begin(c *wire.Credential, now time.Time) (ticket []byte, life time.Duration, err error) {
	ticket, name := web.NewTicket()
	expires := now.Add(sessionLife)
	if until := time.Unix(int64(c.NotAfter), 0); until.Before(expires) {
		expires = until
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sweep(now)
	member := wire.MemberID(c.Identity)
	h := x.holders[member]
	if h == nil {
		if len(x.holders) >= x.limits.Members {
			return nil, 0, wire.RateLimited
		}
		h = &holder{requests: rate.NewLimiter(rate.Limit(x.limits.MemberPerSecond), x.limits.MemberBurst)}
		x.holders[member] = h
	}
	if len(h.sessions) >= x.limits.Sessions {
		delete(x.known, h.sessions[0].name)
		h.sessions = h.sessions[1:]
	}
	k := &session{credential: c, member: member, expires: expires, holder: h, name: name}
	h.sessions = append(h.sessions, k)
	x.known[k.name] = k
	return ticket, expires.Sub(now), nil
}

// find gives the session of a ticket, or nil.
func (x *sessions) find(ticket []byte, now time.Time) *session {
	x.mu.Lock()
	defer x.mu.Unlock()
	k := x.known[web.NameOf(ticket)]
	if k == nil || !now.Before(k.expires) {
		return nil
	}
	return k
}

// forget ends all tickets of a member.
func (x *sessions) forget(member wire.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	h := x.holders[member]
	if h == nil {
		return
	}
	for _, k := range h.sessions {
		delete(x.known, k.name)
	}
	h.sessions = nil
}

// poll counts a poll of the holder in, if it may have one more.
func (x *sessions) poll(h *holder) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if h.polls >= x.limits.Polls {
		return false
	}
	h.polls++
	return true
}

func (x *sessions) polled(h *holder) {
	x.mu.Lock()
	defer x.mu.Unlock()
	h.polls--
}

// sweep forgets what has ended, now and then. The lock is held.
func (x *sessions) sweep(now time.Time) {
	if now.Sub(x.swept).Abs() < time.Minute {
		return
	}
	x.swept = now
	for name, k := range x.known {
		if !now.Before(k.expires) {
			delete(x.known, name)
			k.holder.sessions = slices.DeleteFunc(k.holder.sessions, func(o *session) bool { return o == k })
		}
	}
	for member, h := range x.holders {
		if len(h.sessions) == 0 && h.polls == 0 {
			delete(x.holders, member)
		}
	}
}
