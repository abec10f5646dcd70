package lies

import (
	"bytes"
	"math/rand/v2"
	"slices"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

var settable = []string{"sequence", "duplicate", "agents"}

// act does one act of rule n to the items that became of frame f.
func (l *Liar) act(n int, a Act, f Frame, items []item) []item {
	switch a.Do {
	case "flip", "truncate", "extend", "overlay", "replace", "rename":
		for i := range items {
			if p := payload(items[i].Body); p != nil {
				items[i].Body = carrying(items[i].Body, l.altered(n, a, f, bytes.Clone(p)))
			}
		}
	case "set":
		for i := range items {
			items[i] = set(items[i], a)
		}
	case "raw":
		return []item{{Frame: Frame{End: f.End, Raw: raw(a)}}}
	case "close":
		return []item{{Frame: Frame{End: f.End, Close: codeNamed(a.Code)}}}
	case "refuse":
		answer := item{Frame: Frame{End: f.End, Request: f.Request, Body: relay.Error{Code: codeNamed(a.Code)}}}
		at := place{f.End, f.Request}
		if !a.Stored {
			delete(l.asked, at)
			return []item{answer}
		}
		asked := l.asked[at]
		asked.swallow = true
		l.asked[at] = asked
		return append([]item{answer}, items...)
	case "forge":
		delete(l.asked, place{f.End, f.Request})
		var head uint64
		if b, ok := f.Body.(relay.Append); ok {
			head = uint64(len(l.view(f.End, b.Conversation).shown))
		}
		return []item{{Frame: Frame{End: f.End, Request: f.Request, Body: relay.Ack{Sequence: head + 1}}}}
	case "drop":
		return nil
	case "double":
		var out []item
		for _, i := range items {
			again := i
			again.real = 0
			out = append(out, i, again)
		}
		return out
	case "delay":
		for _, i := range items {
			l.held = append(l.held, &held{item: i, left: a.Count, until: a.Until})
		}
		return nil
	case "reorder":
		at := place{f.End, uint32(n)}
		l.windows[at] = append(l.windows[at], items...)
		if len(l.windows[at]) < a.Count {
			return nil
		}
		return l.mixed(at)
	case "inject", "replay":
		return l.put(n, a, f, items)
	case "pass":
		if c, ok := conversationOf(f.Body); ok {
			return append(items, item{Frame: Frame{End: f.End, Body: relay.Passing{Conversation: c, Entry: l.thing(n, a, f, payload(f.Body))}}})
		}
	case "crowd":
		var list relay.List
		for range a.Count {
			var id wire.ID
			for i := range id {
				id[i] = byte(l.chance.Uint32())
			}
			list.Conversations = append(list.Conversations, relay.ListItem{Conversation: id, Sequence: 1})
		}
		return append(items, item{Frame: Frame{End: f.End, Body: list}})
	case "split":
		if c, ok := conversationOf(f.Body); ok {
			l.view(f.End, c).apart = true
		}
	case "cross":
		if c, ok := conversationOf(f.Body); ok {
			v := l.view(f.End, c)
			v.crossing = append(v.crossing, wire.EntryID(payload(f.Body)))
		}
	case "rollback":
		if b, ok := f.Body.(relay.Subscribe); ok {
			v := l.view(f.End, b.Conversation)
			v.shown = v.shown[:max(0, len(v.shown)-a.Count)]
			v.apart = true
		}
	}
	return items
}

func set(i item, a Act) item {
	switch b := i.Body.(type) {
	case relay.Ack:
		if a.Field == "sequence" {
			b.Sequence = a.To
		} else {
			b.Duplicate = a.To != 0
		}
		i.Body = b
	case relay.Entry:
		b.Sequence, i.fixed = a.To, true
		i.Body = b
	case relay.List:
		b.Conversations = slices.Clone(b.Conversations)
		for n := range b.Conversations {
			b.Conversations[n].Sequence = a.To
		}
		i.Body = b
	case relay.Waiting:
		b.Agents = a.To != 0
		i.Body = b
	}
	return i
}

// put adds entries that are not the matched one's turn: forged, or remembered.
func (l *Liar) put(n int, a Act, f Frame, items []item) []item {
	c, ok := conversationOf(f.Body)
	if !ok {
		return items
	}
	var entries [][]byte
	if a.Do == "inject" {
		entries = [][]byte{l.thing(n, a, f, payload(f.Body))}
	} else {
		entries = l.remembered(a, c, f)
	}
	var put []item
	for _, e := range entries {
		switch b := f.Body.(type) {
		case relay.Subscribe: // nothing is on its way: it is in the log when it is read
			l.view(f.End, c).add(e, 0)
		case relay.Append:
			put = append(put, item{Frame: Frame{End: f.End, Body: relay.Entry{Conversation: c, Entry: e}}})
		case relay.SendPassing:
			put = append(put, item{Frame: Frame{End: f.End, Body: relay.Passing{Conversation: c, Entry: e}}})
		default:
			put = append(put, item{Frame: Frame{End: f.End, Body: carrying(b, e)}})
		}
	}
	if a.Before {
		return append(put, items...)
	}
	return append(items, put...)
}

// mixed empties a window in an order that is not the one it was filled in.
func (l *Liar) mixed(at place) []item {
	window := l.windows[at]
	delete(l.windows, at)
	// Not by what the frames hold: that is another each time.
	order := rand.New(rand.NewPCG(l.seed, uint64(l.matched[at]))).Perm(len(window))
	if slices.IsSorted(order) {
		slices.Reverse(order)
	}
	out := make([]item, 0, len(window))
	for _, i := range order {
		out = append(out, window[i])
	}
	return out
}

func (l *Liar) shuffled(at place) []Frame {
	if len(l.windows[at]) == 0 {
		return nil
	}
	var out []Frame
	for _, i := range l.mixed(at) {
		out = append(out, l.send(i)...)
	}
	return out
}

// conversationOf is the conversation that a frame is about.
func conversationOf(b relay.Body) (wire.ID, bool) {
	switch b := b.(type) {
	case relay.Append:
		return b.Conversation, true
	case relay.Subscribe:
		return b.Conversation, true
	case relay.SendPassing:
		return b.Conversation, true
	case relay.Entry:
		return b.Conversation, true
	case relay.Passing:
		return b.Conversation, true
	}
	return wire.ID{}, false
}
