package explore

import (
	"fmt"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Heal takes the next step of the schedule that is fair to all: what is under
// way arrives, everybody reads, whoever lost its place asks for it and is
// answered, and everybody says what waits and one word more. Nil: nothing is
// left to do, and then an error says who is left behind.
func (w *World) Heal() (*World, error) {
	if len(w.late) > 0 {
		return w.Do(Step{Arrive, 0})
	}
	for i := range w.Members {
		if w.reads(i) {
			return w.Do(Step{Read, i})
		}
	}
	if w.Log.Head().Closed() || !w.held() {
		return nil, nil // it ended; or nobody holds the epoch, and a new conversation follows
	}
	for i, m := range w.Members {
		if !w.stands(i) && !w.back(i) {
			continue
		}
		for _, k := range []Kind{Send, Make, Answer} { // a person says yes to whom it knows
			if next, err := w.Do(Step{k, i}); next != nil || err != nil {
				return next, err
			}
		}
		if m.state == conversation.Lost && w.limited(i) {
			n := *w
			n.Now += 61_000
			return &n, nil
		}
	}
	if !w.lastWords {
		// What doubt and loss ask of the ends they do unasked by their people.
		for i, m := range w.Members {
			if w.stands(i) && m.state != conversation.Active && !w.excused(i) {
				return nil, fmt.Errorf("%s is left in state %d until somebody speaks", m.Name, m.state)
			}
		}
		n := *w
		n.lastWords = true
		n.Members = slices.Clone(w.Members)
		for i, m := range n.Members {
			if w.stands(i) && w.speaks(i) {
				n.Members[i] = m.Write(lastWord(m))
			}
		}
		return &n, nil
	}
	if err := w.healed(); err != nil {
		return nil, err
	}
	return nil, w.sealedToMembers()
}

func lastWord(m *Member) string { return m.Name + " has a last word" }

// held tells whether anybody who stands still holds the epoch.
func (w *World) held() bool {
	for i, m := range w.Members {
		if w.stands(i) && m.state != conversation.Lost && m.state != conversation.NotMember {
			return true
		}
	}
	return false
}

// limited tells whether the i-th only has to wait before it may ask again.
func (w *World) limited(i int) bool {
	_, err := w.Members[i].Make(w.Now)
	return err == wire.RateLimited
}

// healed says whether everybody who stands is back, on one head, with nothing
// left unsaid, and was shown all last words.
func (w *World) healed() error {
	head := w.Log.Head()
	for i, m := range w.Members {
		if w.back(i) && w.agents() {
			return fmt.Errorf("%s is not let in", m.Name)
		}
		if !w.stands(i) {
			continue
		}
		c := m.Look()
		if c.TranscriptHash() != head.Head() || c.LogHash() != w.Log.Entries[w.Log.Len()-1].Hash {
			return fmt.Errorf("%s is left on another head", m.Name)
		}
		if m.state != conversation.Active {
			return fmt.Errorf("%s is left in state %d", m.Name, m.state)
		}
		if len(m.Outbox) != 0 && !w.excused(i) {
			_, err := m.Make(w.Now)
			return fmt.Errorf("%s has %q left to say: %v", m.Name, m.Outbox[0].Text, err)
		}
		for k, other := range w.Members {
			if w.stands(k) && w.speaks(k) && !w.excused(k) && !slices.ContainsFunc(m.Shown, func(s Shown) bool { return s.Text == lastWord(other) }) {
				return fmt.Errorf("%s was not shown the last word of %s", m.Name, other.Name)
			}
		}
	}
	return nil
}

// sealedToMembers wants that nobody's state, of the start or of now, opens a
// message of an epoch that its owner was not in.
func (w *World) sealedToMembers() error {
	for i, m := range w.Members {
		if !slices.ContainsFunc(w.Log.Entries, func(p Placed) bool { return p.After.Member(m.ID) == nil }) {
			continue // never out of it
		}
		var thief Thief
		thief.Steal(m)
		thief.StealAll(m)
		if !m.Anew && w.first != nil {
			thief.StealAll(w.first[i])
		}
		for _, at := range thief.Opens(w.Log) {
			if in := w.Log.Chain(at).Member(m.ID); (in == nil || in.Leaving) && !w.Log.granted(m.ID, w.Log.Chain(at).Epoch()) {
				return fmt.Errorf("what %s holds opens message %d, and it was not in", m.Name, at)
			}
		}
	}
	return nil
}

// agents tells whether one stands who may answer a person it knows.
func (w *World) agents() bool {
	for i := range w.Members {
		if w.stands(i) && w.member(i).Role == wire.Agent && !w.excused(i) {
			return true
		}
	}
	return false
}

// excused tells whether the i-th may not write by its own clock: its credential
// ended, or nobody of the company is left.
func (w *World) excused(i int) bool {
	m := w.Members[i]
	_, err := m.Look().Due(w.Now)
	return err == wire.Expired || err == wire.BadCredential || err == wire.Unavailable && (m.role != wire.Customer || m.inbox == nil)
}
