package explore

import (
	"fmt"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Budget is how often something may still happen in a world.
type Budget struct {
	Refresh, Add, Leave, Close int // commits of members' own accord, that add, that leave, that close
	Crash, Restore             int // pages that end; disks that go back to what they were at the start
	Drop, Delay, Twice         int // answers that are lost, appends that arrive later, or again
	Wipe, Lapse, Flip          int // the customer's disk is gone; an hour passes, in which short credentials end; entries that nobody made
	Learn, Renew               int // ends hear of a newer manifest; agents get another credential
	Move                       int // of the moves that the setup names
}

// late is an append that has left its member and not arrived.
type late struct {
	by    int
	entry *Entry
}

// World is a conversation, its members and what is between them, between two
// steps. It is never changed; a step gives another World.
type World struct {
	Company *Company
	Now     uint64
	Log     *Log
	Members []*Member
	Budget  Budget

	Whole  bool                 // nobody's disk goes back: nobody loses anything
	epochs map[wire.Hash]string // the secrets of each epoch that some end held; shared by all worlds

	first     []*Member // as they were at the start
	late      []late
	lastWords bool // everybody was made to speak once more
	moves     []Kind
	offers    [][][]byte // by member: its key packages that lie at the relay
}

// Setup says what world begins.
type Setup struct {
	Checked    bool   // the relay checks; else the transport stores anything
	Agents     int    // at genesis
	Newcomers  int    // agents that are not in yet
	Inbox      bool   // the queue's inbox is in from the start
	Away       bool   // it is there and not in
	Moves      []Kind // that may be made
	Offers     int    // key packages of each agent; default one of who is not in yet
	Grants     uint8  // the policy's; default 1
	Texts      int    // that each has to say
	Short      bool   // the last agent's credential ends within the hour
	Supervisor bool   // the last agent is a supervisor
	Manifests  int    // that the company has; its ends begin with the first
	Rotate     int    // messages that an epoch carries; default as many as may be
	Of         *World // the company and the ends are those of that world
	Continues  bool   // and its conversation is the one that this one continues
	Budget     Budget
	Before     []Step // what happens first, whatever the budget; Read by everybody: all of it
}

// NewWorld is a world in which all members have read the genesis, and each has
// committed once since its page was loaded, so that nothing is due.
func NewWorld(s Setup) *World {
	co := NewCompany(s.Rotate, max(s.Grants, 1))
	if s.Of != nil {
		co = s.Of.Company
	}
	w := &World{Company: co, Now: Day0, Whole: s.whole(), epochs: map[wire.Hash]string{}, moves: s.Moves, offers: [][][]byte{nil}}
	customer := s.end(co, 0, wire.Customer, 0)
	var ends []*conversation.End
	var adds []conversation.Newcomer
	for n := range s.Agents + s.Newcomers {
		role, until := wire.Agent, Day0/1000+12*3600
		if n == s.Agents+s.Newcomers-1 {
			if s.Short {
				until = Day0/1000 + 1800
			}
			if s.Supervisor {
				role = wire.Supervisor
			}
		}
		e := s.end(co, n+1, role, until)
		ends = append(ends, e)
		var offers [][]byte
		if n < s.Agents {
			adds = append(adds, conversation.Newcomer{Role: role, KeyPackage: offer(e, false)})
		} else if s.Offers == 0 {
			offers = append(offers, offer(e, false))
		}
		for range s.Offers {
			offers = append(offers, offer(e, false))
		}
		w.offers = append(w.offers, offers)
	}
	var lastResort []byte
	if s.Inbox || s.Away {
		e := s.end(co, len(ends)+1, wire.Inbox, Day0/1000+12*3600)
		ends, lastResort = append(ends, e), offer(e, true)
		w.offers = append(w.offers, nil)
		if s.Inbox {
			adds = append(adds, conversation.Newcomer{Role: wire.Inbox, KeyPackage: lastResort})
		}
	}
	var previous []byte
	if s.Continues {
		id := s.Of.Log.Head().Conversation()
		previous = id[:]
	}
	c, err := customer.Genesis(Day0, queue, adds, previous)
	must(err)
	w.Log = NewLog(co, c.ID(), s.Checked)
	w.Members = append(w.Members, newMember(co, "customer", customer, c))
	for n, e := range ends {
		name := fmt.Sprint("agent ", n+1)
		if e.Role() != wire.Agent {
			name = map[wire.Role]string{wire.Inbox: "inbox", wire.Supervisor: "supervisor"}[e.Role()]
		}
		w.Members = append(w.Members, newMember(co, name, e, e.Join(c.ID())))
	}
	for i, m := range w.Members {
		m.Founder = i <= s.Agents || s.Inbox && m.role == wire.Inbox
		m.inbox = lastResort
	}
	w = w.must(Step{Send, 0})
	for i, m := range w.Members {
		if m.Founder {
			w = w.readAll().must(Step{Refresh, i}).must(Step{Send, i})
		}
	}
	w = w.readAll()
	for range s.Manifests - 1 {
		co.Publish(Day0/1000 + 365*24*3600)
	}
	w.Budget = s.Budget
	for i, m := range w.Members {
		for n := range s.Texts {
			if w.speaks(i) {
				m = m.Write(fmt.Sprintf("%s says %d", m.Name, n+1))
			}
		}
		w.Members[i] = m
	}
	w.first = slices.Clone(w.Members)
	for _, step := range s.Before {
		if step.Who == everybody {
			w = w.readAll()
			continue
		}
		n := *w
		n.Budget = unlimited
		next, err := n.Do(step)
		must(err)
		if next == nil {
			panic(fmt.Sprintf("explore: %v cannot be done", step))
		}
		w = next
	}
	if len(s.Before) > 0 {
		n := *w
		n.Budget = s.Budget
		w = &n
	}
	return w
}

// offer is a key package, or the one of last resort.
func offer(e *conversation.End, lastResort bool) []byte {
	kp, err := e.KeyPackage(Day0/1000+7*24*3600, lastResort)
	must(err)
	return kp
}

// unlimited is a budget that nothing uses up.
var unlimited = Budget{Refresh: 99, Add: 99, Leave: 99, Close: 99, Crash: 99, Restore: 99, Drop: 99, Delay: 99, Twice: 99, Wipe: 99, Lapse: 99, Learn: 99, Renew: 99, Move: 99, Flip: 99}

// everybody reads all: a step of what happens first.
const everybody = -1

// whole tells whether nobody's disk goes back.
func (s Setup) whole() bool {
	return s.Budget.Restore == 0 && !slices.ContainsFunc(s.Before, func(b Step) bool { return b.Kind == Restore })
}

// end is the n-th member's.
func (s Setup) end(co *Company, n int, role wire.Role, until uint64) *conversation.End {
	if s.Of != nil {
		e, _ := s.Of.Members[n].open(true)
		return e
	}
	return co.end(role, fmt.Sprint("agent ", n), until)
}

// must takes a step of the set-up.
func (w *World) must(s Step) *World {
	n := *w
	n.Budget = Budget{Refresh: 1}
	next, err := n.Do(s)
	must(err)
	if next == nil {
		panic(fmt.Sprintf("explore: %v cannot be done", s))
	}
	return next
}

func (w *World) readAll() *World {
	for i := range w.Members {
		for w.reads(i) {
			w = w.must(Step{Read, i})
		}
	}
	return w
}

// with is the world after one member changed.
func (w *World) with(i int, m *Member) *World {
	n := *w
	n.Members = slices.Clone(w.Members)
	n.Members[i] = m
	return &n
}

// member is the i-th's place in the log's roster of now, or nil.
func (w *World) member(i int) *wire.Member { return w.Log.Head().Member(w.Members[i].ID) }

// stands tells whether the i-th is in and stays.
func (w *World) stands(i int) bool {
	m := w.member(i)
	return m != nil && !m.Leaving && !w.Log.Head().Closed()
}

// back tells whether the i-th should be able to come back: a customer without its
// identity, in a conversation that still holds the one that it had.
func (w *World) back(i int) bool {
	head := w.Log.Head()
	return w.Members[i].Anew && w.member(i) == nil && !head.Closed() &&
		slices.ContainsFunc(head.Members(), func(m wire.Member) bool { return m.Role == wire.Customer && !m.Leaving })
}

// index is how far the i-th has read.
func (w *World) index(i int) uint64 { return w.Members[i].index }

// reads tells whether there is more for the i-th to read. Who was never in is
// not shown the log.
func (w *World) reads(i int) bool {
	at := w.index(i)
	return at < w.Log.Len() && (at > 0 || w.member(i) != nil || w.Members[i].Anew || w.Members[i].until > 0)
}
