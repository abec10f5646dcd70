package lies

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

func (l *Liar) up(f Frame) []Frame {
	a := ask{kind: f.Body.Type()}
	switch b := f.Body.(type) {
	case relay.Hello:
		l.ids[f.End] = wire.MemberID(b.Identity)
		l.connected(f.End)
	case relay.Append:
		a.conversation = b.Conversation
	case relay.Subscribe:
		a.conversation = b.Conversation
		v := l.view(f.End, b.Conversation)
		v.wanted, v.following = b.After, false
		b.After = v.real
		f.Body = b
	}
	l.asked[place{f.End, f.Request}] = a
	items, _ := l.tell(f)
	if b, ok := f.Body.(relay.Append); ok {
		if v := l.view(f.End, b.Conversation); v.apart && !v.crosses(b.Entry) {
			return l.branch(f, v, items)
		}
	}
	var out []Frame
	for _, i := range items {
		out = append(out, l.send(i)...)
	}
	return out
}

func (l *Liar) down(f Frame) []Frame {
	var out []Frame
	at := place{f.End, f.Request}
	a, answers := l.asked[at]
	if answers && f.Request != 0 && answer(f.Body) {
		delete(l.asked, at)
		if a.swallow {
			return nil
		}
	}
	switch b := f.Body.(type) {
	case relay.Challenge:
		l.connected(f.End)
	case relay.Entry:
		l.note(b)
	case relay.Ack:
		f.Body, out = l.acknowledged(f, a, b)
	case relay.List:
		f.Body = l.listed(f.End, b)
	}
	items, fleeting := l.tellAnswer(f, a.kind)
	if b, ok := f.Body.(relay.Entry); ok {
		return append(out, l.show(f, b, items, fleeting)...)
	}
	var told []Frame
	for _, i := range items {
		told = append(told, l.send(i)...)
	}
	return append(told, out...)
}

// answer tells whether a frame with a request number ends that request.
func answer(b relay.Body) bool {
	switch b.(type) {
	case relay.Ack, relay.Error, relay.Record, relay.List, relay.Welcome:
		return true
	}
	return false
}

func (l *Liar) tell(f Frame) ([]item, bool) { return l.tellAnswer(f, 0) }

// tellAnswer applies the rules that match a frame, which answers a request of
// that kind.
func (l *Liar) tellAnswer(f Frame, request relay.FrameType) (items []item, fleeting bool) {
	items = []item{{Frame: f}}
	if b, ok := f.Body.(relay.Entry); ok {
		items[0].real, items[0].of = b.Sequence, b.Sequence
	}
	for n := range l.rules {
		r := &l.rules[n]
		if !l.matches(r, f, request) {
			continue
		}
		at := place{f.End, uint32(n)}
		l.matched[at]++
		first, times := max(r.When.Nth, 1), r.When.Times
		if times == 0 {
			times = 1
		}
		if l.matched[at] < first || times > 0 && l.matched[at] >= first+times {
			continue
		}
		l.fired[n]++
		for _, act := range r.Do {
			l.chance = l.dice(n, f)
			items = l.act(n, act, f, items)
			for i := range items {
				if b, ok := f.Body.(relay.Entry); ok && items[i].of == 0 {
					items[i].of = b.Sequence
				}
			}
			fleeting = fleeting || act.Fleeting || act.Do == "raw" || act.Do == "close" || act.Do == "set" && act.Field == "sequence"
		}
	}
	return items, fleeting
}

// dice are the same for the same frame at every end.
func (l *Liar) dice(rule int, f Frame) *rand.Rand {
	h := fnv.New64a()
	if p := payload(f.Body); p != nil {
		h.Write(p)
	}
	return rand.New(rand.NewPCG(l.seed+uint64(rule)<<32, h.Sum64()))
}
