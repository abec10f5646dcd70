package explore

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Schedule is one run of members behind a liar, as data.
type Schedule struct {
	About  string      `json:"about,omitempty"`
	Agents int         `json:"agents,omitempty"`
	World  string      `json:"world,omitempty"` // of moves; default one with so many agents
	Seed   uint64      `json:"seed,omitempty"`
	Rules  []lies.Rule `json:"rules"`
	Turns  []Turn      `json:"turns"`
}

// Turn is one thing that happens. Which fields count says Do.
type Turn struct {
	Do  string `json:"do"` // act, talk, read, say, crash, restore, hang up, commit, add, leave, wait, after; or a move by its name
	Who int    `json:"who,omitempty"`
	N   int    `json:"n,omitempty"` // entries to read; minutes to wait
}

// In is the name of the world that it is about.
func (s *Schedule) In() string {
	if s.World != "" {
		return s.World
	}
	return fmt.Sprint(s.Agents)
}

func (s *Schedule) String() string {
	b, err := json.Marshal(s)
	must(err)
	return string(b)
}

// Play runs a schedule on members of a world with as many agents. An error is a
// property that does not hold.
func (s *Schedule) Play(w *World) (Outcome, error) {
	liar, err := lies.New(s.Rules, s.Seed, nil)
	if err != nil {
		return Outcome{}, err
	}
	t, err := NewTold(w, liar)
	if err == nil {
		t.Passing = !slices.ContainsFunc(s.Rules, func(r lies.Rule) bool { return !passing(r) })
		for n, turn := range s.Turns {
			if err = t.turn(turn); err != nil {
				err = fmt.Errorf("turn %d, %v: %w", n, turn, err)
				break
			}
		}
	}
	if err == nil {
		err = t.finish()
	}
	t.Fired = t.lied()
	return t.Outcome, err
}

func (t *Told) lied() bool {
	return slices.ContainsFunc(t.Liar.Fired(), func(n int) bool { return n > 0 })
}

func (t *Told) turn(turn Turn) error {
	i := turn.Who % len(t.Members)
	switch turn.Do {
	case "act":
		return t.Act(i)
	case "talk": // says something, and all do what follows from it
		t.Say(i)
		for k := range 3 + len(t.Members) {
			who := i
			if k > 2 {
				who = k - 3
			}
			if err := t.Act(who); err != nil {
				return err
			}
		}
	case "read":
		return t.Read(i, turn.N)
	case "say":
		t.Say(i)
	case "crash":
		t.Crashed(i)
	case "restore":
		t.restored = true
		t.Restored(i)
	case "leave":
		if t.lines[i].split || t.Members[i].waits > t.Members[i].index {
			return nil
		}
		t.left = true
		return t.Commit(i, conversation.Moves{Marks: wire.MarkLeave})
	case "hang up":
		t.hangUp(i)
	case "commit":
		if t.lines[i].split || t.Members[i].waits > t.Members[i].index {
			return nil
		}
		return t.Commit(i, conversation.Moves{})
	case "add":
		if t.lines[i].split || t.Members[i].waits > t.Members[i].index {
			return nil
		}
		return t.Add(i)
	case "wait":
		t.Now += uint64(turn.N) * 60_000
	case "claim", "transfer", "transfer bare", "park", "invite", "supervise", "take over", "remove", "ask another":
		s, err := ParseStep(fmt.Sprint(turn.Do, " ", i))
		must(err)
		maker := t.maker(s.Kind, i)
		if maker < 0 || t.lines[maker].split || t.Members[maker].waits > t.Members[maker].index {
			return nil
		}
		t.left = true
		return t.Move(s.Kind, i)
	case "after":
		return t.take(t.Liar.Enter(lies.After))
	default:
		return fmt.Errorf("nobody knows how to %q", turn.Do)
	}
	return nil
}

// finish lets everybody act until nothing more comes of it. Where the relay told
// no lie, or only such as pass, everybody is well then and was shown everything,
// once; but for a client that saw the relay contradict itself.
func (t *Told) finish() error {
	t.Liar.Enter(lies.After) // what was held is shown below
	if err := t.take(t.Liar.Release()); err != nil {
		return err
	}
	for i := range t.Members { // what was kept back shows when a connection begins
		t.hangUp(i)
	}
	for range 12 + 6*t.texts {
		for i := range t.Members {
			if err := t.Act(i); err != nil {
				return fmt.Errorf("at the end: %w", err)
			}
		}
	}
	if t.lied() && !t.Passing || t.restored || slices.ContainsFunc(t.lines, func(l *line) bool { return l.split }) {
		return nil // of who is silent the others do not know why
	}
	if t.left {
		return t.rest()
	}
	for _, m := range t.Members {
		if m.Founder && (m.state != conversation.Active || len(m.Outbox) != 0 || len(m.Shown) != t.texts) {
			return fmt.Errorf("at the end %s is in state %d, has %d texts left, was shown %d of %d", m.Name, m.state, len(m.Outbox), len(m.Shown), t.texts)
		}
	}
	return nil
}

// rest wants all who are left to be well, where some came and went.
func (t *Told) rest() error {
	head := t.Log.Head()
	if head.Closed() {
		return nil
	}
	for _, m := range t.Members {
		in := head.Member(m.ID)
		if in == nil || in.Leaving || m.inbox == nil && m.role == wire.Customer {
			continue
		}
		_, due := m.Look().Due(t.Now)
		if m.state != conversation.Active || m.Look().TranscriptHash() != head.Head() || in.Role.Speaks() && len(m.Outbox) != 0 && due != wire.Expired {
			return fmt.Errorf("at the end %s is in state %d at %d of %d, and has %d texts left: %v", m.Name, m.state, m.index, t.Log.Len(), len(m.Outbox), due)
		}
	}
	return nil
}

// passing tells whether a lie leaves nothing behind in what ends were shown: it
// is about what they send, or keeps back for once what then comes.
func passing(r lies.Rule) bool {
	for _, a := range r.Do {
		switch {
		case r.When.During != lies.Telling, a.Do == "split", a.Do == "cross":
			return false
		case r.When.Frame == "append" && a.Do != "replay" && a.Do != "inject", r.When.Frame == "ack":
		case r.When.Frame == "entry" && a.Fleeting && slices.Contains([]string{"drop", "double", "delay", "reorder"}, a.Do):
		default:
			return false
		}
	}
	return true
}
