package lies

import (
	"math/rand/v2"
	"slices"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Frame is one frame on one end's connection: a body that decoded, or what only
// a relay that lies sends.
type Frame struct {
	End     string
	Request uint32
	Body    relay.Body
	Raw     []byte    // down, in place of Body: bytes as they are
	Close   wire.Code // down, in place of both: the relay ends the connection with it
}

// Up tells whether the end sends it, and not the relay.
func (f Frame) Up() bool { return f.Body != nil && f.Body.Type() < relay.TypeChallenge }

// Props are values that a relay could have from elsewhere, by the names that
// rules put them in by: another company's manifest, an older one of this company.
type Props map[string][]byte

// Liar is a relay that lies, over one that does not.
type Liar struct {
	rules []Rule
	props Props
	seed  uint64
	phase string

	ids     map[string]wire.ID // who is at each end
	asked   map[place]ask      // requests under way
	matched map[place]int      // by end and rule
	fired   []int              // by rule
	walked  map[int]int        // by rule
	windows map[place][]item   // what a reorder holds, by end and rule
	held    []*held            // what a delay holds
	views   map[string]map[wire.ID]*view
	logs    map[wire.ID]*log
	order   []wire.ID // of logs, as first seen
	forged  map[forgery][]byte
	chance  *rand.Rand // of the act at hand
}

// place is an end and a number: of a request, or of a rule.
type place struct {
	end string
	n   uint32
}

// ask is a request that waits for its answer.
type ask struct {
	kind         relay.FrameType
	conversation wire.ID
	swallow      bool // the end has had an answer already
}

// held waits for frames of its end and direction, or for a phase.
type held struct {
	item
	left  int
	until string
}

// item is a frame between two acts.
type item struct {
	Frame
	number uint64 // of an entry that is shown in the place of another; else it gets its own
	fixed  bool   // its sequence was set
	real   uint64 // the place in the real log of an entry that stands there
	of     uint64 // and of the one that this was made of, or in the place of
}

// New makes a liar that tells by these rules. Seed decides what the rules leave
// to chance. A prop that a rule names and the caller lacks is an error.
func New(rules []Rule, seed uint64, props Props) (*Liar, error) {
	l := &Liar{rules: rules, props: props, seed: seed, phase: Begin, ids: map[string]wire.ID{}, asked: map[place]ask{},
		matched: map[place]int{}, fired: make([]int, len(rules)), walked: map[int]int{}, windows: map[place][]item{},
		views: map[string]map[wire.ID]*view{}, logs: map[wire.ID]*log{}, forged: map[forgery][]byte{}}
	for i := range rules {
		if err := rules[i].check(); err != nil {
			return nil, err
		}
	}
	for _, name := range (&Lie{Rules: rules}).Needs() {
		if props[name] == nil {
			return nil, malformed("no prop %q is given, nor is there such a template", name)
		}
	}
	return l, nil
}

// Know says who is at an end. Hellos that pass say it too.
func (l *Liar) Know(end string, id wire.ID) { l.ids[end] = id }

// Fired tells how often each rule acted.
func (l *Liar) Fired() []int { return slices.Clone(l.fired) }

// Silent lists the rules that never acted.
func (l *Liar) Silent() (rules []int) {
	for i, n := range l.fired {
		if n == 0 {
			rules = append(rules, i)
		}
	}
	return rules
}

// Enter begins a phase and gives the frames that waited for it; windows that
// were not filled are given too.
func (l *Liar) Enter(phase string) []Frame {
	l.phase = phase
	return l.release(func(h *held) bool { return h.until == phase }, true)
}

// Release gives all that is held, whatever it waits for.
func (l *Liar) Release() []Frame { return l.release(func(*held) bool { return true }, true) }

func (l *Liar) release(due func(*held) bool, windows bool) []Frame {
	var out []Frame
	if windows {
		for _, at := range sortedPlaces(l.windows) {
			out = append(out, l.shuffled(at)...)
		}
	}
	var rest []*held
	all := l.held
	l.held = nil
	for _, h := range all {
		if due(h) {
			out = append(out, l.send(h.item)...)
		} else {
			rest = append(rest, h)
		}
	}
	l.held = append(rest, l.held...)
	return out
}

// Pass takes a frame and gives those that go on. An answer may go back to the
// end at once.
func (l *Liar) Pass(f Frame) []Frame {
	var out []Frame
	if f.Up() {
		out = l.up(f)
	} else {
		out = l.down(f)
	}
	for _, h := range l.held {
		if h.until == "" && h.End == f.End && h.Up() == f.Up() {
			h.left--
		}
	}
	return append(out, l.release(func(h *held) bool { return h.until == "" && h.left < 0 }, false)...)
}
