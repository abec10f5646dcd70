package relay

import (
	"slices"
	"sync"

	"github.com/sealwire/sealwire/wasm/wire"
)

// hub knows which connections are there, whom they belong to and what they
// follow, and hands them what is new. It never waits for a connection.
//
// Locks are taken in this order: a conversation's, the hub's, a connection's.
type hub struct {
	mu      sync.Mutex
	topics  map[conversationKey]map[*connection]struct{}
	members map[memberKey][]*connection // oldest first
	tenants map[*tenant]*presence
	takes   uint64

	identities map[memberKey]*allowance
	customers  map[customerKey]*allowance
	waiting    waiting
}

// memberKey is tenant id ‖ member id.
type memberKey [32]byte

// presence is who is there of one tenant.
type presence struct {
	customers map[*connection]struct{}
	agents    map[*connection]struct{}
	ready     int  // agents who can be taken
	told      bool // to customers: that somebody can be taken
}

func newHub() *hub {
	return &hub{
		topics:  make(map[conversationKey]map[*connection]struct{}),
		members: make(map[memberKey][]*connection),
		tenants: make(map[*tenant]*presence),

		identities: make(map[memberKey]*allowance),
		customers:  make(map[customerKey]*allowance),
		waiting:    make(waiting),
	}
}

func (h *hub) presence(t *tenant) *presence {
	p := h.tenants[t]
	if p == nil {
		p = &presence{customers: make(map[*connection]struct{}), agents: make(map[*connection]struct{})}
		h.tenants[t] = p
	}
	return p
}

// join adds a connection; a customer hears at once whether agents are there.
// The oldest of too many connections of one identity is closed.
func (h *hub) join(c *connection, perIdentity int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.allow(c)
	key := c.tenant.memberKey(c.member)
	mine := append(h.members[key], c)
	for len(mine) > perIdentity {
		mine[0].end(endCrowded)
		mine = mine[1:]
	}
	h.members[key] = slices.Clone(mine)
	p := h.presence(c.tenant)
	switch c.role {
	case wire.Customer:
		waiting := p.ready > 0 || c.tenant.inboxes.any()
		if len(p.customers) == 0 {
			p.told = waiting
		}
		p.customers[c] = struct{}{}
		c.send(EncodeFrame(0, Waiting{Agents: waiting}))
	case wire.Agent:
		p.agents[c] = struct{}{}
	}
}

// leave forgets a connection.
func (h *hub) leave(c *connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := c.tenant.memberKey(c.member)
	if mine := slices.DeleteFunc(h.members[key], func(o *connection) bool { return o == c }); len(mine) == 0 {
		delete(h.members, key)
	} else {
		h.members[key] = mine
	}
	h.disallow(c)
	h.setReady(c, false)
	p := h.presence(c.tenant)
	delete(p.customers, c)
	delete(p.agents, c)
	c.mu.Lock()
	var followed []wire.ID
	for id := range c.subscriptions {
		followed = append(followed, id)
	}
	c.subscriptions = nil
	c.mu.Unlock()
	for _, id := range followed {
		h.unfollow(c, c.tenant.key(id))
	}
}

// setReady notes whether an agent can be taken.
func (h *hub) setReady(c *connection, ready bool) {
	p := h.presence(c.tenant)
	if _, there := p.agents[c]; !there || c.ready == ready {
		return
	}
	c.ready = ready
	if ready {
		p.ready++
	} else {
		p.ready--
	}
	h.tell(c.tenant, ready)
}

// tell says to customers whether somebody can be taken. They hear each time
// somebody comes, since who waits for one queue is not helped by another's
// agent, and once when nobody is left, not even an inbox.
func (h *hub) tell(t *tenant, came bool) {
	p := h.presence(t)
	waiting := p.ready > 0 || t.inboxes.any()
	if !came && waiting == p.told {
		return
	}
	p.told = waiting
	frame := EncodeFrame(0, Waiting{Agents: waiting})
	for customer := range p.customers {
		customer.send(frame)
	}
}

// inbox notes that an inbox's key package can be taken.
func (h *hub) inbox(t *tenant) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell(t, true)
}

// sweepWaiting tells of inboxes whose key package has ended.
func (h *hub) sweepWaiting() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for t := range h.tenants {
		h.tell(t, false)
	}
}

// ready is setReady for the outside.
func (h *hub) ready(c *connection, ready bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.setReady(c, ready)
}

// agents gives those who can be taken for the queue, who was taken longest ago first.
func (h *hub) agents(t *tenant, queue string) []*connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []*connection
	for c := range h.presence(t).agents {
		if c.ready && slices.Contains(c.queues, queue) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *connection) int {
		if a.taken != b.taken {
			return compare(a.taken, b.taken)
		}
		return compare(a.number, b.number)
	})
	return out
}

func compare(a, b uint64) int {
	if a < b {
		return -1
	}
	return 1
}

// took notes that a key package of this agent was taken just now.
func (h *hub) took(c *connection) {
	h.mu.Lock()
	h.takes++
	c.taken = h.takes
	h.mu.Unlock()
}

// follow lets a connection hear of a conversation.
func (h *hub) follow(c *connection, key conversationKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics[key] == nil {
		h.topics[key] = make(map[*connection]struct{})
	}
	h.topics[key][c] = struct{}{}
}

// forget is the opposite of follow.
func (h *hub) forget(c *connection, key conversationKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.unfollow(c, key)
}

func (h *hub) unfollow(c *connection, key conversationKey) {
	delete(h.topics[key], c)
	if len(h.topics[key]) == 0 {
		delete(h.topics, key)
	}
}

// publish announces a stored entry. For a commit, members is the roster after
// it: subscribers who are not in it any more get this entry as their last.
func (h *hub) publish(key conversationKey, sequence uint64, entry []byte, members []wire.ID) {
	id := wire.ID(key[16:])
	frame := EncodeFrame(0, Entry{Conversation: id, Sequence: sequence, Entry: entry})
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.topics[key] {
		removed := members != nil && !slices.Contains(members, c.member)
		if removed {
			c.endAt(id, sequence)
		}
		c.deliver(id, sequence, frame)
		if removed {
			h.unfollow(c, key)
		}
	}
}

// added tells the connections of new members of a conversation.
func (h *hub) added(t *tenant, conversation wire.ID, sequence uint64, members []wire.ID) {
	frame := EncodeFrame(0, List{Conversations: []ListItem{{Conversation: conversation, Sequence: sequence}}})
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range members {
		for _, c := range h.members[t.memberKey(id)] {
			c.send(frame)
		}
	}
}

// pass hands on a message that is not stored. Whoever is behind misses it.
func (h *hub) pass(from *connection, key conversationKey, entry []byte) {
	frame := EncodeFrame(0, Passing{Conversation: wire.ID(key[16:]), Entry: entry})
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.topics[key] {
		if c != from && c.room(len(frame)) {
			c.send(frame)
		}
	}
}

// all gives every connection.
func (h *hub) all() []*connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []*connection
	for _, mine := range h.members {
		out = append(out, mine...)
	}
	return out
}
