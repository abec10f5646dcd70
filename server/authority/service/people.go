package service

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

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
	now   func() time.Time
	away  time.Duration

	mu    sync.Mutex
	known map[wire.ID]*person
}

type person struct {
	store.Agent
	polls int
	leave *time.Timer // runs from the end of the last poll
}

func (p *person) online() bool { return p.polls > 0 || p.leave != nil }

func newPeople(ctx context.Context, s *store.Store, beat *pulse, now func() time.Time) (*people, error) {
	p := &people{store: s, pulse: beat, now: now, away: away, known: make(map[wire.ID]*person)}
	all, err := s.Agents(ctx, uint64(now().Unix()))
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		p.known[a.Member] = &person{Agent: a}
	}
	return p, nil
}

// know remembers the holder of a credential.
func (p *people) know(ctx context.Context, c *wire.Credential) error {
	a := store.Agent{Member: wire.MemberID(c.Identity), Alias: c.Alias, Role: c.Role, Queues: c.Queues, Until: c.NotAfter}
	p.mu.Lock()
	k := p.known[a.Member]
	same := k != nil && k.Alias == a.Alias && k.Role == a.Role && k.Until == a.Until && slices.Equal(k.Queues, a.Queues)
	p.mu.Unlock()
	if same {
		return nil
	}
	if err := p.store.PutAgent(ctx, a); err != nil {
		return err
	}
	p.mu.Lock()
	now := uint64(p.now().Unix())
	for id, k := range p.known { // so that it does not grow with each day
		if k.Until <= now && !k.online() {
			delete(p.known, id)
		}
	}
	if k = p.known[a.Member]; k == nil {
		k = &person{}
		p.known[a.Member] = k
	}
	k.Agent = a
	p.mu.Unlock()
	p.pulse.beat()
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
	k.polls++
	if k.leave != nil {
		k.leave.Stop()
		k.leave = nil
	}
	if !before {
		p.pulse.beat()
	}
}

func (p *people) leave(id wire.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.known[id]
	if k == nil || k.polls == 0 {
		return
	}
	if k.polls--; k.polls > 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(p.away, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if k.leave == timer {
			k.leave = nil
			p.pulse.beat()
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

// of lists who holds one of the queues, and which of them.
func (p *people) of(queues []string) []colleague {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := uint64(p.now().Unix())
	out := []colleague{}
	for _, k := range p.known {
		shared := slices.DeleteFunc(slices.Clone(k.Queues), func(q string) bool { return !slices.Contains(queues, q) })
		if len(shared) > 0 && k.Until > now {
			out = append(out, colleague{hexOf(k.Member), k.Alias, roleName(k.Role), shared, k.online()})
		}
	}
	slices.SortFunc(out, func(a, b colleague) int {
		if n := strings.Compare(a.Alias, b.Alias); n != 0 {
			return n
		}
		return strings.Compare(a.Member, b.Member)
	})
	return out
}

func roleName(r wire.Role) string {
	for name, role := range roles {
		if role == r {
			return name
		}
	}
	return ""
}
