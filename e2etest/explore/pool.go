package explore

import (
	"fmt"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Pool is a stage whose relay changes nothing and keeps no promise: of all that
// members ever sent it shows to each what it likes, in any order and as often
// as it likes. So it forks, replays, reorders, delays and drops.
type Pool struct {
	*Stage
	sent  []*Entry
	shown []map[int]bool // by member, which of those
}

// NewPool puts a world on such a stage; what was read before is in the pool too.
func NewPool(w *World) *Pool {
	p := &Pool{Stage: NewStage(w)}
	for _, e := range w.Log.Entries {
		p.sent = append(p.sent, e.Entry)
	}
	for _, m := range w.Members {
		shown := map[int]bool{}
		for n := range m.index {
			shown[int(n)] = true
		}
		p.shown = append(p.shown, shown)
	}
	return p
}

// Send has a member send what comes next, and make it if need be.
func (p *Pool) Send(i int) error {
	p.Members[i] = p.Members[i].sent(0)
	if p.next(i) == nil {
		if err := p.Make(i); err != nil {
			return err
		}
	}
	if e := p.next(i); e != nil && (len(p.sent) == 0 || p.sent[len(p.sent)-1].ID != e.ID) {
		p.sent = append(p.sent, e)
	}
	return nil
}

// Deliver shows the n-th entry of the pool to a member.
func (p *Pool) Deliver(i, n int) error {
	p.shown[i][n] = true
	_, err := p.Show(i, p.sent[n].Raw)
	if m := p.Members[i]; m.index == 0 && m.until > 0 { // it asks for all of it again
		p.shown[i] = map[int]bool{}
	}
	return err
}

// CatchUp shows a member up to n of those that it was not shown yet, in the
// order in which they were sent.
func (p *Pool) CatchUp(i, n int) error {
	for k := 0; k < len(p.sent) && n > 0; k++ {
		if p.shown[i][k] {
			continue
		}
		n--
		if err := p.Deliver(i, k); err != nil {
			return err
		}
	}
	return nil
}

// Shuffle is a run of members of a pool, as data. Turns are say, send, show,
// catch up, round, crash, restore, commit, add, leave, wait, and moves by their
// names.
type Shuffle struct {
	About  string `json:"about,omitempty"`
	Agents int    `json:"agents,omitempty"`
	World  string `json:"world,omitempty"`
	Turns  []Turn `json:"turns"`
}

// Play runs it.
func (s *Shuffle) Play(w *World) (Outcome, error) {
	p := NewPool(w)
	for n, turn := range s.Turns {
		if err := p.turn(turn); err != nil {
			return Outcome{}, fmt.Errorf("turn %d, %v: %w", n, turn, err)
		}
	}
	return p.Outcome, nil
}

func (p *Pool) turn(turn Turn) error {
	i := turn.Who % len(p.Members)
	switch turn.Do {
	case "say":
		p.Say(i)
		return p.Send(i)
	case "send":
		return p.Send(i)
	case "show":
		return p.Deliver(i, max(0, len(p.sent)-1-turn.N))
	case "catch up":
		return p.CatchUp(i, turn.N)
	case "round": // all catch up
		for k := range p.Members {
			if err := p.CatchUp(k, 1<<20); err != nil {
				return err
			}
		}
	case "crash":
		p.Crash(i)
	case "restore":
		p.Restore(i)
		p.shown[i] = map[int]bool{}
		for n := range p.first[i].index {
			p.shown[i][int(n)] = true
		}
	case "leave":
		if err := p.Commit(i, conversation.Moves{Marks: wire.MarkLeave}); err != nil {
			return err
		}
		return p.Send(i)
	case "commit":
		if err := p.Commit(i, conversation.Moves{}); err != nil {
			return err
		}
		return p.Send(i)
	case "add":
		if err := p.Add(i); err != nil {
			return err
		}
		return p.Send(i)
	case "claim", "transfer", "transfer bare", "park", "invite", "supervise", "take over", "remove", "ask another":
		s, err := ParseStep(fmt.Sprint(turn.Do, " ", i))
		must(err)
		if err := p.Move(s.Kind, i); err != nil || p.maker(s.Kind, i) < 0 {
			return err
		}
		return p.Send(p.maker(s.Kind, i))
	case "wait":
		p.Now += uint64(turn.N) * 60_000
	default:
		return fmt.Errorf("nobody knows how to %q", turn.Do)
	}
	return nil
}
