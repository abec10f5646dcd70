package relay

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/web"
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
	name         web.TicketName
	element      *list.Element // in the order of issue
}

// holder is one identity with tickets, and what it may do with all of them.
type holder struct {
	key       memberKey
	of        *crowd
	tickets   []*ticket     // oldest first
	element   *list.Element // among those with as many, where it has any
	requests  *rate.Limiter
	creations *rate.Limiter
	transfers int // under way, under the lock of tickets
}

// tickets are all that may be used now, by their names.
type tickets struct {
	limits Limits

	mu      sync.Mutex
	known   map[web.TicketName]*ticket
	order   *list.List
	holders map[memberKey]*holder
	crowds  map[*tenant]*crowd
	share   int // tickets that one tenant may have
}

func newTickets(l Limits, tenants int) *tickets {
	return &tickets{limits: l, known: make(map[web.TicketName]*ticket), order: list.New(), holders: make(map[memberKey]*holder),
		crowds: make(map[*tenant]*crowd), share: max(1, l.Tickets/tenants)}
}

// issue makes a ticket. The oldest of too many of one identity goes; where the
// tenant has too many, the oldest of whoever has most, so that nobody loses the
// only one to somebody else: RateLimited if all have but one.
func (t *tickets) issue(tn *tenant, member, conversation wire.ID, now, expires time.Time) ([]byte, error) {
	secret, name := web.NewTicket()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire(now)
	key := tn.memberKey(member)
	h := t.holders[key]
	all := t.crowds[tn]
	if all == nil {
		all = &crowd{}
		t.crowds[tn] = all
	}
	if h != nil && len(h.tickets) >= t.limits.TicketsPerIdentity {
		t.drop(h.tickets[0])
	} else if all.tickets >= t.share {
		most := all.most()
		if len(most.tickets) == 1 {
			most = h
		}
		if most == nil || len(most.tickets) == 0 {
			return nil, wire.RateLimited
		}
		t.drop(most.tickets[0])
	}
	if h != nil {
		t.holders[key] = h // with its limits, though the last ticket may have gone just now
	} else {
		h = &holder{
			key:       key,
			of:        all,
			requests:  rate.NewLimiter(rate.Limit(t.limits.FileRequestsPerSecond), t.limits.FileRequestBurst),
			creations: rate.NewLimiter(rate.Every(t.limits.FileInterval), t.limits.FileBurst),
		}
		t.holders[key] = h
	}
	k := &ticket{tenant: tn, member: member, conversation: conversation, expires: expires, holder: h, name: name}
	all.count(h, func() { h.tickets = append(h.tickets, k) })
	k.element = t.order.PushBack(k)
	t.known[k.name] = k
	return secret, nil
}

// find gives the ticket of these bytes, or nil.
func (t *tickets) find(secret []byte, now time.Time) *ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.known[web.NameOf(secret)]
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
	h.of.count(h, func() {
		h.tickets = slices.DeleteFunc(h.tickets, func(o *ticket) bool { return o == k })
	})
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
