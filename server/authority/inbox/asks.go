package inbox

import (
	"math/rand/v2"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// ask is a member that asks to be let in again.
type ask struct {
	stands bool
	at     time.Time // when it is answered
	times  int       // that it was
	last   time.Time
	read   int // requests of it, within the last hour
	readAt time.Time
	fresh  bool // the newest was not thought about yet
}

const (
	// forgetAsk is after how long somebody who is answered again begins anew.
	forgetAsk = 30 * time.Minute
	// lately is after how long a member's requests are counted anew.
	lately = time.Hour
	// maxAsks bounds those whose past is remembered; those of now count in any case.
	maxAsks = 64
)

// itself stands for this end among who asks: somebody asks for its own place,
// which it did not lose.
var itself = wire.ID{}

// noteAsks notes who asks to be let in again, and when that is answered: the
// first turn is the asker's own, and the others follow in the order of the
// roster. What is asked of this end itself it does at once.
func (in *inbox) noteAsks(t *talk) {
	for _, a := range t.asks {
		a.stands = false
	}
	self := in.member.ID()
	if in.contested(t) {
		in.noteAsk(t, itself, 0)
	}
	for _, j := range t.core.Joins() {
		if !j.Same || j.By == self {
			continue
		}
		turn := 1
		for _, m := range t.core.Members() {
			if m.ID == self {
				break
			}
			if m.ID != j.By && m.Role != wire.Archive {
				turn++
			}
		}
		in.noteAsk(t, j.By, turn)
	}
	for id, a := range t.asks {
		if !a.stands {
			a.at = time.Time{}
			if time.Since(a.last) > forgetAsk && time.Since(a.readAt) > lately || len(t.asks) > maxAsks {
				delete(t.asks, id)
			}
		}
	}
}

// countAsk counts a request that was read, whoever answers it.
func (in *inbox) countAsk(t *talk, by wire.ID) {
	a := t.ask(by)
	if time.Since(a.readAt) > lately {
		a.read = 0
	}
	a.read, a.readAt, a.fresh = a.read+1, time.Now(), true
}

func (t *talk) ask(by wire.ID) *ask {
	if t.asks == nil {
		t.asks = make(map[wire.ID]*ask)
	}
	a := t.asks[by]
	if a == nil {
		a = &ask{}
		t.asks[by] = a
	}
	return a
}

// noteAsk plans an answer. It comes no sooner after the newest request than that
// one's grace is long.
func (in *inbox) noteAsk(t *talk, by wire.ID, turn int) {
	a := t.ask(by)
	a.stands = true
	if !a.at.IsZero() && !a.fresh {
		return
	}
	if at := time.Now().Add(time.Duration(turn)*in.set.o.times.turn + in.pause(a, turn)); at.After(a.at) {
		a.at = at
	}
	a.fresh = false
	in.later[t] = earliest(in.later, t, a.at)
}

// grace is what the owner of a leaf is left to refuse a request in: twice as long
// with each that was read lately, so that who has only a copy of its key comes
// in ever more slowly.
func (in *inbox) grace(a *ask) time.Duration {
	base := in.set.o.times.turn
	return min(30*base, base<<min(max(a.read, 1)-1, 10))
}

// pause is how long an answer waits beside its turn. It grows with each request
// of the member and with each answer to it, so that nobody makes this end commit
// without end. Its own place it defends at once.
func (in *inbox) pause(a *ask, turn int) time.Duration {
	var more time.Duration
	if turn > 0 {
		more = max(0, in.grace(a)-in.set.o.times.turn) // the first grace is the asker's turn
	}
	if a.times == 0 || time.Since(a.last) > forgetAsk {
		a.times = 0
		return more + rand.N(in.set.o.times.jitter+1)
	}
	most := min(5*time.Minute, in.set.o.times.turn<<min(a.times-1, 10))
	return max(more, most/2+rand.N(most/2+1))
}

func earliest(later map[*talk]time.Time, t *talk, at time.Time) time.Time {
	if before, there := later[t]; there && before.Before(at) {
		return before
	}
	return at
}
