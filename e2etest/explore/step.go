package explore

import (
	"fmt"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Kind is what happens in a step.
type Kind uint8

// The kinds of step. Each is atomic, with all that its client saves in it.
const (
	Make          Kind = iota // makes what comes next, saves it, and does not send it yet
	Send                      // appends what comes next, and has the answer
	Drop                      // the same, but the answer is lost
	Delay                     // the same, but it is under way for now
	Arrive                    // what was under way longest arrives, answered to nobody
	Twice                     // the transport appends again what this member appended last
	Read                      // reads the next entry
	Crash                     // the page ends and another one begins
	Restore                   // the disk is what it was at the start of the world
	Refresh                   // commits of its own accord; nothing is sent yet
	Add                       // commits and adds the next newcomer
	Leave                     // commits and leaves
	Close                     // commits and closes
	Answer                    // commits and answers a new identity's join request
	Wipe                      // the customer's disk is gone: it comes back as another
	Lapse                     // an hour passes
	Learn                     // this end hears of the company's newest manifest
	Renew                     // this agent's end gets another credential
	Claim                     // the inbox lets this agent in, grants it what it holds, and leaves
	Transfer                  // adds the next agent, grants it what this one holds, and leaves
	Bare                      // the same without a grant
	Park                      // adds the inbox, grants it what this one holds, and leaves
	Invite                    // adds the next agent, grants it what this one holds, and stays
	Supervise                 // the same with a supervisor
	TakeOver                  // a supervisor becomes agent
	Remove                    // removes the first whom it may
	Another                   // the customer removes the agents and adds the inbox
	FlipBox                   // the relay puts in what this member is about to send, or sent last: with a bit of what is sealed flipped
	FlipSeen                  // with a bit of the log hash flipped
	FlipAhead                 // as if its maker had read far more
	FlipEpoch                 // as if of the next epoch
	FlipTag                   // with a bit of the tag flipped
	FlipSignature             // with a bit of the signature flipped
	kinds
)

var kindNames = [kinds]string{"make", "send", "drop", "delay", "arrive", "twice", "read", "crash", "restore",
	"refresh", "add", "leave", "close", "answer", "wipe", "lapse", "learn", "renew",
	"claim", "transfer", "transfer bare", "park", "invite", "supervise", "take over", "remove", "ask another", "flip box", "flip seen", "flip ahead", "flip epoch", "flip tag", "flip signature"}

func (k Kind) String() string { return kindNames[k] }

// Step is one thing that a member does, or that happens to it.
type Step struct {
	Kind Kind
	Who  int
}

func (s Step) String() string { return fmt.Sprintf("%v %d", s.Kind, s.Who) }

// Steps lists what may be possible now; Do knows.
func (w *World) Steps() (out []Step) {
	b := &w.Budget
	for i := range w.Members {
		for k := range kinds {
			switch {
			case k == Arrive && len(w.late) == 0, k == Arrive && i != 0, k == Lapse && i != 0,
				k == Drop && b.Drop == 0, k == Delay && b.Delay == 0, k == Twice && (b.Twice == 0 || w.Log.Checked),
				k == Crash && b.Crash == 0, k == Restore && b.Restore == 0,
				k == Refresh && b.Refresh == 0, k == Add && b.Add == 0, k == Leave && b.Leave == 0, k == Close && b.Close == 0,
				k == Lapse && b.Lapse == 0, k == Learn && b.Learn == 0, k == Renew && b.Renew == 0, k == Answer && !w.Members[0].Anew, k == Wipe && (i != 0 || b.Wipe == 0),
				k >= Claim && k < FlipBox && (b.Move == 0 || !slices.Contains(w.moves, k)),
				k >= FlipBox && b.Flip == 0:
			default:
				out = append(out, Step{k, i})
			}
		}
	}
	return out
}

// Do takes a step. Nil: it is not possible here. An error is a property that
// does not hold.
func (w *World) Do(s Step) (*World, error) {
	m := w.Members[s.Who]
	b := w.Budget
	switch s.Kind {
	case Make:
		if m.waits > m.index {
			return nil, nil
		}
		return w.made(s.Who, func() (*Member, error) { return m.Make(w.Now) })
	case Send, Drop, Delay:
		return w.send(s)
	case Arrive:
		if len(w.late) == 0 {
			return nil, nil
		}
		n := *w
		n.late = slices.Clone(w.late[1:])
		var err error
		n.Log, _, err = w.Log.Append(w.late[0].entry)
		if err != nil && !refusable(w.late[0].entry, err) {
			return nil, fmt.Errorf("what %s sent earlier is refused: %w", w.Members[w.late[0].by].Name, err)
		}
		return &n, nil
	case Twice:
		b.Twice--
		return w.twice(s.Who, b)
	case Read:
		return w.read(s.Who)
	case Crash:
		b.Crash--
		return w.with(s.Who, m.Crash()).spend(b), nil
	case Restore:
		b.Restore--
		if w.first == nil || w.first[s.Who].index == m.index {
			return nil, nil
		}
		return w.with(s.Who, m.Restore(w.first[s.Who])).spend(b), nil
	case Wipe:
		b.Wipe--
		if m.Anew || m.role != wire.Customer {
			return nil, nil
		}
		e := w.Company.end(wire.Customer, "", 0)
		anew := newMember(w.Company, "customer anew", e, e.Join(w.Log.Head().Conversation()))
		anew.Anew = true
		return w.with(s.Who, anew).spend(b), nil
	case Learn:
		b.Learn--
		if m.end.Newest().Sequence == w.Company.Newest().Sequence {
			return nil, nil
		}
		return w.with(s.Who, m.Learn(w.Now)).spend(b), nil
	case Renew:
		b.Renew--
		if m.role == wire.Customer {
			return nil, nil
		}
		return w.with(s.Who, m.Renew(w.Now)).spend(b), nil
	case Lapse:
		b.Lapse--
		n := w.spend(b)
		n.Now += Hour
		return n, nil
	}
	if s.Kind >= FlipBox {
		b.Flip--
		return w.flip(s, b)
	}
	return w.commit(s, b)
}

func (w *World) spend(b Budget) *World {
	n := *w
	n.Budget = b
	return &n
}

// speaks tells whether the i-th has the role for it.
func (w *World) speaks(i int) bool {
	m := w.member(i)
	return m != nil && m.Role.Speaks()
}

// made is the world after a member made something.
func (w *World) made(i int, make func() (*Member, error)) (*World, error) {
	m, err := make()
	switch err {
	case nil:
	case wire.Expired, wire.Unavailable, wire.BadCredential, wire.RateLimited:
		return nil, nil // it may not, by its clock
	case wire.NotMember:
		if w.leaving(i) {
			return nil, nil
		}
		fallthrough
	default:
		return nil, fmt.Errorf("%s can make nothing: %w", w.Members[i].Name, err)
	}
	if m == nil {
		return nil, nil
	}
	return w.with(i, m), nil
}

// leaving tells whether the i-th has read that it leaves.
func (w *World) leaving(i int) bool {
	m := w.Members[i]
	own := w.Log.Chain(m.index).Member(m.ID)
	return own == nil || own.Leaving
}

// commit makes a commit of a member's own accord.
func (w *World) commit(s Step, b Budget) (*World, error) {
	maker := s.Who
	if s.Kind == Claim {
		maker = slices.IndexFunc(w.Members, func(m *Member) bool { return m.role == wire.Inbox })
	}
	if maker < 0 {
		return nil, nil
	}
	m := w.Members[maker]
	if m.state != conversation.Active && m.state != conversation.Doubtful || m.pending != nil || m.waits > m.index {
		return nil, nil
	}
	if w.leaving(maker) {
		return nil, nil
	}
	role := w.Log.Chain(m.index).Member(m.ID).Role
	var moves conversation.Moves
	planned := false
	n := *w
	switch s.Kind {
	case Refresh:
		b.Refresh--
	case Add:
		b.Add--
		planned = true
	case Answer:
		// Only to a new identity: the owner's own request is answered unasked.
		for _, j := range m.Look().Joins() {
			if !j.Same && role == wire.Agent {
				moves.Answers = j.ID
			}
		}
		if moves.Answers == (wire.ID{}) {
			return nil, nil
		}
	case Leave:
		b.Leave--
		moves.Marks = wire.MarkLeave
	case Close:
		if role == wire.Supervisor || w.Log.Chain(m.index).Leaving() {
			return nil, nil // whoever leaves is removed first
		}
		b.Close--
		moves.Marks = wire.MarkClose
	default:
		b.Move--
		planned = true
	}
	if planned {
		var taken int
		var ok bool
		if moves, taken, ok = plan(s.Kind, s.Who, m, w.Log.Chain(m.index).Members(), w.Members, w.offers); !ok {
			return nil, nil
		}
		n.offers = without(w.offers, taken)
	}
	next, err := n.spend(b).made(maker, func() (*Member, error) { return m.Commit(s.Kind, w.Now, moves) })
	if next != nil && err == nil {
		err = next.judgeGrant(m, next.Members[maker], &moves)
	}
	return next, err
}

// send appends what comes next.
func (w *World) send(s Step) (*World, error) {
	m := w.Members[s.Who]
	if m.waits > m.index {
		return nil, nil
	}
	e := m.Next(w.Now)
	if e == nil {
		return nil, nil
	}
	n := *w
	switch s.Kind {
	case Drop:
		n.Budget.Drop--
	case Delay:
		n.Budget.Delay--
		n.late = append(slices.Clip(w.late), late{s.Who, e})
		return &n, nil
	}
	log, at, err := w.Log.Append(e)
	if err != nil {
		if !refusable(e, err) {
			return nil, fmt.Errorf("%s is refused: %w", m.Name, err)
		}
		at = w.Log.Len()
		if s.Kind == Send && at == m.index {
			return nil, fmt.Errorf("%s has read all and is refused: %w", m.Name, err)
		}
	}
	n.Log = log
	if s.Kind == Send {
		return n.with(s.Who, m.sent(at)), nil
	}
	return &n, nil
}

// refusable tells whether an honest member's entry may be refused so: others
// were faster.
func refusable(e *Entry, err error) bool {
	switch e.Kind {
	case wire.KindMessage:
		return err == wire.StaleEpoch || err == wire.NotMember
	case wire.KindCommit:
		return err == wire.StaleHead || err == wire.BadCommit && len(e.decoded.Commit.Answers) > 0 // another request stands now
	}
	return err == wire.NotMember || err == wire.BadCommit
}

// twice appends the newest entry of a member again.
func (w *World) twice(i int, b Budget) (*World, error) {
	for _, e := range slices.Backward(w.Log.Entries) {
		if e.By == w.Members[i].ID {
			n := w.spend(b)
			n.Log, _, _ = w.Log.Append(e.Entry)
			return n, nil
		}
	}
	return nil, nil
}

// read gives the i-th the next entry, and judges what it makes of it.
func (w *World) read(i int) (*World, error) {
	if !w.reads(i) {
		return nil, nil
	}
	m := w.Members[i]
	p := w.Log.Entries[m.index]
	next, err := m.Read(p.Entry, w.Now, func(n *Member, ev *conversation.Event) error { return w.judge(m, n, ev) })
	if err != nil {
		return nil, fmt.Errorf("entry %d at %s: %w", m.index+1, m.Name, err)
	}
	return w.with(i, next), nil
}
