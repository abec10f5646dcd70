package relay

import (
	"container/list"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/wasm/wire"
)

// ticket lets one member use the files of one conversation over HTTP. It is
// given over the connection on which the member proved itself, is kept in
// memory only, and is asked again at each use whether it still is a member.
type ticket struct {
	tenant       *tenant
	member       wire.ID
	conversation wire.ID
	expires      time.Time
	holder       *holder
	name         [sha256.Size]byte
	element      *list.Element // in the order of issue
}

// holder is one identity with tickets, and what it may do with all of them.
type holder struct {
	key       memberKey
	tickets   []*ticket // oldest first
	requests  *rate.Limiter
	creations *rate.Limiter
	transfers int // under way, under the lock of tickets
}

// tickets are all that may be used now, by the hash of their bytes: nothing
// that can be presented lies in memory, and no comparison tells how near a
// guess was.
type tickets struct {
	limits Limits

	mu      sync.Mutex
	known   map[[sha256.Size]byte]*ticket
	order   *list.List
	holders map[memberKey]*holder
}

func newTickets(l Limits) *tickets {
	return &tickets{limits: l, known: make(map[[sha256.Size]byte]*ticket), order: list.New(), holders: make(map[memberKey]*holder)}
}

// issue makes a ticket. The oldest of too many of one identity goes; where
// there are too many of all, RateLimited.
func (t *tickets) issue(tn *tenant, member, conversation wire.ID, now, expires time.Time) ([]byte, error) {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails: it ends the process instead
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire(now)
	key := tn.memberKey(member)
	h := t.holders[key]
	switch {
	case h != nil && len(h.tickets) >= t.limits.TicketsPerIdentity:
		t.drop(h.tickets[0])
	case len(t.known) >= t.limits.Tickets:
		return nil, wire.RateLimited
	}
	if h = t.holders[key]; h == nil {
		h = &holder{
			key:       key,
			requests:  rate.NewLimiter(rate.Limit(t.limits.FileRequestsPerSecond), t.limits.FileRequestBurst),
			creations: rate.NewLimiter(rate.Every(t.limits.FileInterval), t.limits.FileBurst),
		}
		t.holders[key] = h
	}
	k := &ticket{tenant: tn, member: member, conversation: conversation, expires: expires, holder: h, name: sha256.Sum256(secret)}
	h.tickets = append(h.tickets, k)
	k.element = t.order.PushBack(k)
	t.known[k.name] = k
	return secret, nil
}

// find gives the ticket of these bytes, or nil.
func (t *tickets) find(secret []byte, now time.Time) *ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.known[sha256.Sum256(secret)]
	if k == nil || !now.Before(k.expires) {
		return nil
	}
	return k
}

// begin counts a transfer of the ticket's holder, if it may have one more.
func (t *tickets) begin(k *ticket) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k.holder.transfers >= t.limits.TransfersPerIdentity {
		return false
	}
	k.holder.transfers++
	return true
}

func (t *tickets) end(k *ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k.holder.transfers--
	t.retire(k.holder)
}

// expire drops those whose time has come; they were issued in about that order.
func (t *tickets) expire(now time.Time) {
	for e := t.order.Front(); e != nil && !now.Before(e.Value.(*ticket).expires); e = t.order.Front() {
		t.drop(e.Value.(*ticket))
	}
}

func (t *tickets) drop(k *ticket) {
	t.order.Remove(k.element)
	delete(t.known, k.name)
	h := k.holder
	for i := range h.tickets {
		if h.tickets[i] == k {
			h.tickets = append(h.tickets[:i:i], h.tickets[i+1:]...)
			break
		}
	}
	t.retire(h)
}

// retire forgets a holder of nothing. Its limits begin afresh with the next
// ticket, after a life of one or, at best, after as many as it may hold.
func (t *tickets) retire(h *holder) {
	if len(h.tickets) == 0 && h.transfers == 0 && t.holders[h.key] == h {
		delete(t.holders, h.key)
	}
}

func (s *Server) sweepTickets(now time.Time) {
	s.tickets.mu.Lock()
	defer s.tickets.mu.Unlock()
	s.tickets.expire(now)
}

// handleTicket gives a ticket to a member. It ends with the credential at the latest.
func (c *connection) handleTicket(ctx context.Context, _ uint32, body Body) (Body, error) {
	if c.server.files == nil {
		return nil, wire.Unavailable
	}
	conversation := body.(Ticket).Conversation
	if _, err := c.server.mayUse(ctx, c.tenant, c.member, conversation); err != nil {
		return nil, err
	}
	now := c.server.now()
	expires := now.Add(c.server.limits.TicketLife)
	if until := time.Unix(int64(c.until), 0); c.until != 0 && until.Before(expires) {
		expires = until
	}
	secret, err := c.server.tickets.issue(c.tenant, c.member, conversation, now, expires)
	if err != nil {
		return nil, err
	}
	return Record{Value: secret}, nil
}

// mayUse tells whether the member may use the conversation's files now, and
// whether it may add some: NotMember otherwise.
func (s *Server) mayUse(ctx context.Context, t *tenant, member, conversation wire.ID) (add bool, err error) {
	v := s.chains.acquire(t, conversation)
	defer s.chains.release(v)
	unlock, err := v.lock(ctx, s.log, false)
	if err != nil {
		return false, err
	}
	defer unlock()
	m := v.chain.Member(member)
	if m == nil {
		return false, wire.NotMember
	}
	return m.Role.Speaks() && !m.Leaving && !v.chain.Closed(), nil
}
