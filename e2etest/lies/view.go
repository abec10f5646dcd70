package lies

import (
	"bytes"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// view is the log of one conversation as one end was shown it.
type view struct {
	shown     []shown
	real      uint64 // how far the real log has been dealt with
	wanted    uint64 // the end asked for what is after it
	following bool   // subscribed, on the connection of now
	apart     bool   // this end's log is a branch that only the liar has
	crossing  []wire.ID
}

type shown struct {
	entry []byte
	real  uint64 // 0: the liar put it there
}

func (l *Liar) view(end string, conversation wire.ID) *view {
	if l.views[end] == nil {
		l.views[end] = map[wire.ID]*view{}
	}
	v := l.views[end][conversation]
	if v == nil {
		v = &view{}
		l.views[end][conversation] = v
	}
	return v
}

// connected: a new connection of an end, which follows nothing yet.
func (l *Liar) connected(end string) {
	for _, v := range l.views[end] {
		v.following = false
	}
}

func (v *view) crosses(entry []byte) bool {
	id := wire.EntryID(entry)
	for _, c := range v.crossing {
		if c == id {
			return true
		}
	}
	return false
}

// add puts an entry at the end of what was shown and gives its number.
func (v *view) add(entry []byte, real uint64) uint64 {
	v.shown = append(v.shown, shown{bytes.Clone(entry), real})
	return uint64(len(v.shown))
}

// numbered is what the head, or an entry, of the real log is called here.
func (v *view) numbered(real uint64) uint64 {
	for i, s := range v.shown {
		if s.real == real && real != 0 {
			return uint64(i + 1)
		}
	}
	if v.apart || real <= v.real {
		return uint64(len(v.shown))
	}
	return uint64(len(v.shown)) + real - v.real
}

// show delivers a real entry as the rules made it.
func (l *Liar) show(f Frame, b relay.Entry, items []item, fleeting bool) []Frame {
	v := l.view(f.End, b.Conversation)
	if b.Sequence <= v.real && !v.apart {
		return nil // the end is served from what it was shown
	}
	v.real = max(v.real, b.Sequence)
	if v.apart && !v.crosses(b.Entry) {
		return nil
	}
	var out []Frame
	if !fleeting {
		for _, i := range items {
			out = append(out, l.send(i)...)
		}
		return out
	}
	n := v.add(b.Entry, b.Sequence)
	for _, i := range items {
		i.number = n
		out = append(out, l.send(i)...)
	}
	// What a clumsy act holds back is held under this number.
	for _, h := range l.held {
		if h.number == 0 && h.of == b.Sequence && h.End == f.End {
			h.number = n
		}
	}
	for _, window := range l.windows {
		for i := range window {
			if window[i].number == 0 && window[i].of == b.Sequence && window[i].End == f.End {
				window[i].number = n
			}
		}
	}
	return out
}

// send lets an item go. An entry that is shown gets its number here.
func (l *Liar) send(i item) []Frame {
	b, ok := i.Body.(relay.Entry)
	if !ok {
		return []Frame{i.Frame}
	}
	v := l.view(i.End, b.Conversation)
	switch {
	case i.fixed:
	case i.number != 0:
		b.Sequence = i.number
	default:
		b.Sequence = v.add(b.Entry, i.real)
	}
	if !v.following || !i.fixed && b.Sequence <= v.wanted {
		return nil
	}
	i.Body = b
	return []Frame{i.Frame}
}

// acknowledged translates an acknowledgement; after one of a subscription what
// the end was shown before is shown again.
func (l *Liar) acknowledged(f Frame, a ask, b relay.Ack) (relay.Body, []Frame) {
	switch a.kind {
	case relay.TypeAppend:
		b.Sequence = l.view(f.End, a.conversation).numbered(b.Sequence)
	case relay.TypeSubscribe:
		v := l.view(f.End, a.conversation)
		v.following = true
		b.Sequence = v.head(b.Sequence)
		return b, l.again(f.End, a.conversation)
	case relay.TypeUnsubscribe:
		l.view(f.End, a.conversation).following = false
	}
	return b, nil
}

func (v *view) head(real uint64) uint64 {
	if v.apart || real <= v.real {
		return uint64(len(v.shown))
	}
	return uint64(len(v.shown)) + real - v.real
}

func (l *Liar) again(end string, conversation wire.ID) []Frame {
	v := l.view(end, conversation)
	var out []Frame
	for n := v.wanted; n < uint64(len(v.shown)); n++ {
		out = append(out, Frame{End: end, Body: relay.Entry{Conversation: conversation, Sequence: n + 1, Entry: v.shown[n].entry}})
	}
	return out
}

func (l *Liar) listed(end string, b relay.List) relay.List {
	var out relay.List
	for _, c := range b.Conversations {
		if v := l.views[end][c.Conversation]; v != nil {
			c.Sequence = v.head(c.Sequence)
		}
		out.Conversations = append(out.Conversations, c)
	}
	return out
}

// branch is the relay's part for an end that has a log of its own: what it
// appends is stored here, and shown to it.
func (l *Liar) branch(f Frame, v *view, items []item) []Frame {
	delete(l.asked, place{f.End, f.Request})
	var out []Frame
	for _, i := range items {
		b, ok := i.Body.(relay.Append)
		if !ok {
			out = append(out, l.send(i)...)
			continue
		}
		ack := relay.Ack{Sequence: uint64(len(v.shown)) + 1}
		for n, s := range v.shown {
			if bytes.Equal(s.entry, b.Entry) {
				ack = relay.Ack{Sequence: uint64(n + 1), Duplicate: true}
			}
		}
		out = append(out, Frame{End: f.End, Request: f.Request, Body: ack})
		if !ack.Duplicate {
			out = append(out, l.send(item{Frame: Frame{End: f.End, Body: relay.Entry{Conversation: b.Conversation, Entry: b.Entry}}})...)
		}
	}
	return out
}
