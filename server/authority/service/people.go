package service

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/wasm/wire"
)

// away is how long after its last poll somebody is still there.
const away = 40 * time.Second

// people are those at work: who holds a credential that stands, and who of them
// is there now.
type people struct {
	store *store.Store
	pulse *pulse
	most  int // identities of one account that stand
	now   func() time.Time
	away  time.Duration

	changing sync.Mutex // one is admitted after the other

	mu    sync.Mutex
	known map[wire.ID]*person
	back  map[[32]byte]*rate.Limiter // displaced ones that come back, by account
}

type person struct {
	store.Agent
	credential *wire.Credential // the last that a login gave since the start; nil: none
	written    uint64           // Unix seconds: when it was put on disk
	polls      int
	leave      *time.Timer // runs from the end of the last poll
}

func (p *person) online() bool { return p.polls > 0 || p.leave != nil }

func newPeople(ctx context.Context, s *store.Store, beat *pulse, most int, now func() time.Time) (*people, error) {
	p := &people{store: s, pulse: beat, most: most, now: now, away: away, known: make(map[wire.ID]*person), back: make(map[[32]byte]*rate.Limiter)}
	all, err := s.Agents(ctx, uint64(now().Unix()))
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		p.known[a.Member] = &person{Agent: a}
	}
	return p, nil
}

// remembered is how many identities of an account are known for each that may
// stand: who was displaced must log in to come back, as long as its credential
// would stand.
const remembered = 8

// admit remembers to whom a login gave a credential. Of too many identities of
// its account those that were unused longest are displaced: a person with a new
// browser is not locked out by old ones. RateLimited, and for how long, where
// more came in a credential's life than are remembered, or displaced ones come
// back too often.
func (p *people) admit(ctx context.Context, c *wire.Credential, account [32]byte) (displaced []wire.ID, err error) {
	p.changing.Lock()
	defer p.changing.Unlock()
	a := agentOf(c)
	now := uint64(p.now().Unix())
	a.Account, a.Used = account, now
	p.mu.Lock()
	var known int
	var others []*person
	room := uint64(math.MaxUint64) // when one of them ends
	for _, k := range p.known {
		if k.Account != account || k.Until <= now || k.Member == a.Member {
			continue
		}
		room = min(room, k.Until)
		if known++; !k.Displaced {
			others = append(others, k)
		}
	}
	before := p.known[a.Member]
	if before != nil {
		a.Until = max(a.Until, before.Until) // that credential stands too
	}
	fresh := before == nil || before.Account != account
	slices.SortFunc(others, func(a, b *person) int { // the first to go first
		if x, y := a.online(), b.online(); x != y {
			return map[bool]int{true: 1, false: -1}[x]
		}
		return cmp.Compare(a.Used, b.Used)
	})
	write := []store.Agent{a}
	for _, k := range others[:max(0, len(others)-p.most+1)] {
		gone := k.Agent
		gone.Displaced = true
		write, displaced = append(write, gone), append(displaced, gone.Member)
	}
	var wait time.Duration
	switch {
	case fresh && known >= remembered*p.most:
		wait = time.Duration(room-now) * time.Second
	case !fresh && before.Displaced:
		wait = p.readmits(account)
	}
	p.mu.Unlock()
	if wait > 0 {
		return nil, later{wait}
	}
	if err := p.put(ctx, now, write...); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := p.known[a.Member]; k != nil {
		k.credential = c
	}
	return displaced, nil
}

// greet remembers who shows a credential. BadCredential where it was displaced.
func (p *people) greet(ctx context.Context, c *wire.Credential) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	a := agentOf(c)
	now := uint64(p.now().Unix())
	a.Used = now
	p.mu.Lock()
	if k := p.known[a.Member]; k != nil {
		if k.Displaced {
			p.mu.Unlock()
			return wire.BadCredential
		}
		k.Used = now
		a.Account = k.Account
		if k.Until >= a.Until { // that says all there is, and more
			a = k.Agent
			if now-k.written < rewrite {
				p.mu.Unlock()
				return nil
			}
		}
	}
	p.mu.Unlock()
	return p.put(ctx, now, a)
}

// displaced tells whether another identity of its account took its place.
func (p *people) displaced(id wire.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.known[id]
	return k != nil && k.Displaced
}

// rewrite is after how many seconds it is written down again that somebody is here.
const rewrite = 30 * 60

func agentOf(c *wire.Credential) store.Agent {
	return store.Agent{Member: wire.MemberID(c.Identity), Alias: c.Alias, Role: c.Role, Queues: c.Queues, Until: c.NotAfter}
}

// put writes agents down and knows them, and forgets whose credential ended.
func (p *people) put(ctx context.Context, now uint64, agents ...store.Agent) error {
	if err := p.store.PutAgents(ctx, now, agents...); err != nil {
		return err
	}
	var queues []string
	p.mu.Lock()
	for id, k := range p.known { // so that it does not grow with each day
		if k.Until <= now && !k.online() {
			delete(p.known, id)
		}
	}
	p.forgetReadmits()
	for _, a := range agents {
		k := p.known[a.Member]
		if k == nil {
			k = &person{}
			p.known[a.Member] = k
		}
		queues = append(append(queues, k.Queues...), a.Queues...)
		a.Used = max(a.Used, k.Used)
		k.Agent, k.written = a, now
	}
	p.mu.Unlock()
	p.pulse.beat(queues...)
	return nil
}

// enter counts a poll in, and leave out.
func (p *people) enter(id wire.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.known[id]
	if k == nil {
		return
	}
	before := k.online()
	k.Used = uint64(p.now().Unix())
	k.polls++
	if k.leave != nil {
		k.leave.Stop()
		k.leave = nil
	}
	if !before {
		p.pulse.beat(k.Queues...)
	}
}

func (p *people) leave(id wire.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.known[id]
	if k == nil || k.polls == 0 {
		return
	}
	k.Used = uint64(p.now().Unix())
	if k.polls--; k.polls > 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(p.away, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if k.leave == timer {
			k.leave = nil
			p.pulse.beat(k.Queues...)
		}
	})
	k.leave = timer
}

func (p *people) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.known {
		if k.leave != nil {
			k.leave.Stop()
			k.leave = nil
		}
	}
}

// colleague is how one of the people shows.
type colleague struct {
	Member string   `json:"member"`
	Alias  string   `json:"alias"`
	Role   string   `json:"role"`
	Queues []string `json:"queues"`
	Online bool     `json:"online"`
}

// of lists who holds one of the queues, and which of them; who is there first.
func (p *people) of(queues []string) []colleague {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := uint64(p.now().Unix())
	out := []colleague{}
	for _, k := range p.known {
		shared := slices.DeleteFunc(slices.Clone(k.Queues), func(q string) bool { return !slices.Contains(queues, q) })
		if len(shared) > 0 && k.Until > now && !k.Displaced {
			out = append(out, colleague{hexOf(k.Member), k.Alias, roleName(k.Role), shared, k.online()})
		}
	}
	slices.SortFunc(out, func(a, b colleague) int {
		if a.Online != b.Online {
			return map[bool]int{true: -1, false: 1}[a.Online]
		}
		return byAlias(a, b)
	})
	return out
}

func byAlias(a, b colleague) int {
	return cmp.Or(strings.Compare(a.Alias, b.Alias), strings.Compare(a.Member, b.Member))
}

func roleName(r wire.Role) string {
	for name, role := range roles {
		if role == r {
			return name
		}
	}
	return ""
}
