package explore

import (
	"fmt"

	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Told is a stage whose members speak through a liar with a relay that is
// honest, frame by frame.
type Told struct {
	*Stage
	Liar    *lies.Liar
	Passing bool // the liar's lies leave nothing behind
	Log     *Log // the honest relay's

	conversation wire.ID
	lines        []*line

	restored, left bool // somebody's disk went back; somebody left
}

// line is a member's connection, and what its client keeps of it.
type line struct {
	follows bool // subscribed
	served  bool // and the relay shows it the log
	request uint32
	asked   map[uint32]relay.Body
	unread  []relay.Entry
	last    wire.ID // of the entry read last
	first   wire.ID // and when it came
	split   bool    // the relay contradicted itself: this client does no more
}

// NewTold puts a world on a stage behind a liar. All that was said before is
// told honestly; then the phase is lies.Telling.
func NewTold(w *World, liar *lies.Liar) (*Told, error) {
	log := *w.Log
	log.longer = nil // a world of many schedules does not keep what each came to
	t := &Told{Stage: NewStage(w), Liar: liar, Log: &log, conversation: w.Log.Head().Conversation()}
	for i, m := range t.Members {
		l := &line{asked: map[uint32]relay.Body{}}
		if m.index > 0 {
			l.last = w.Log.Entries[m.index-1].ID
			l.first = l.last
		}
		t.lines = append(t.lines, l)
		liar.Know(endName(i), m.ID)
		if w.member(i) != nil {
			t.subscribe(i, 0)
			if err := t.Read(i, 1<<20); err != nil {
				return nil, err
			}
		}
	}
	return t, t.take(liar.Enter(lies.Telling))
}

// endName is what rules call a member.
func endName(i int) string {
	if i == 0 {
		return lies.Customer
	}
	return fmt.Sprint(lies.Agent, map[bool]string{false: fmt.Sprint(i)}[i == 1])
}

func (t *Told) who(end string) int {
	for i := range t.Members {
		if endName(i) == end {
			return i
		}
	}
	panic("explore: no such end: " + end)
}

// pass tells the liar a frame and follows what becomes of it.
func (t *Told) pass(f lies.Frame) { t.take(t.Liar.Pass(f)) }

func (t *Told) ask(i int, b relay.Body) {
	l := t.lines[i]
	l.request++
	l.asked[l.request] = b
	t.pass(lies.Frame{End: endName(i), Request: l.request, Body: b})
}

func (t *Told) subscribe(i int, after uint64) {
	t.lines[i].follows = true
	t.ask(i, relay.Subscribe{Conversation: t.conversation, After: after})
}

// hangUp ends a member's connection.
func (t *Told) hangUp(i int) {
	t.lines[i].follows, t.lines[i].served, t.lines[i].unread, t.lines[i].asked = false, false, nil, map[uint32]relay.Body{}
	t.Members[i] = t.Members[i].sent(0)
	t.pass(lies.Frame{End: endName(i), Body: relay.Challenge{}})
}

func (t *Told) take(frames []lies.Frame) error {
	for _, f := range frames {
		i := t.who(f.End)
		switch b := f.Body.(type) {
		case relay.Append:
			t.append(i, f.Request, b)
		case relay.Subscribe:
			t.follow(i, f.Request, b)
		case relay.Entry:
			if l := t.lines[i]; l.follows {
				l.unread = append(l.unread, b)
			}
		case relay.Ack, relay.Error:
			t.answered(i, f.Request, b)
		case nil: // raw bytes, or the end of the connection
			t.lines[i].follows, t.lines[i].served = false, false
		}
	}
	return nil
}

// append and follow are the honest relay.
func (t *Told) append(i int, request uint32, b relay.Append) {
	d, err := wire.DecodeEntry(b.Entry)
	switch {
	case err != nil:
	case d.Conversation() != t.conversation:
		err = wire.BadArgument
	case d.Sender() != t.Members[i].ID:
		err = wire.NotMember
	}
	if err != nil {
		t.pass(lies.Frame{End: endName(i), Request: request, Body: relay.Error{Code: wire.CodeOf(err)}})
		return
	}
	before := t.Log.Len()
	log, at, err := t.Log.Append(newEntry(b.Entry, ""))
	if err != nil {
		t.pass(lies.Frame{End: endName(i), Request: request, Body: relay.Error{Code: wire.CodeOf(err)}})
		return
	}
	t.Log = log
	t.pass(lies.Frame{End: endName(i), Request: request, Body: relay.Ack{Sequence: at, Duplicate: at <= before}})
	for k := range t.Members {
		if at > before && t.followed(k) {
			t.pass(lies.Frame{End: endName(k), Body: relay.Entry{Conversation: t.conversation, Sequence: at, Entry: b.Entry}})
		}
	}
}

// followed tells whether the honest relay shows its log to a member. Who is
// removed is shown nothing more; who is let in again is told so, and subscribes.
func (t *Told) followed(i int) bool {
	l, in := t.lines[i], t.Log.Head().Member(t.Members[i].ID) != nil
	l.follows = l.follows && (l.served || !in)
	l.served = l.served && in
	return l.served
}

func (t *Told) follow(i int, request uint32, b relay.Subscribe) {
	answer := func(body relay.Body) { t.pass(lies.Frame{End: endName(i), Request: request, Body: body}) }
	switch {
	case t.Log.Head().Member(t.Members[i].ID) == nil:
		answer(relay.Error{Code: wire.NotMember})
	case b.After > t.Log.Len():
		answer(relay.Error{Code: wire.RolledBack})
	default:
		t.lines[i].served = true
		answer(relay.Ack{Sequence: t.Log.Len()})
		for n := b.After; n < t.Log.Len(); n++ {
			t.pass(lies.Frame{End: endName(i), Body: relay.Entry{Conversation: t.conversation, Sequence: n + 1, Entry: t.Log.Entries[n].Raw}})
		}
	}
}

// answered is a client with an answer.
func (t *Told) answered(i int, request uint32, b relay.Body) {
	l, m := t.lines[i], t.Members[i]
	asked, ok := l.asked[request]
	if !ok {
		return
	}
	delete(l.asked, request)
	switch b := b.(type) {
	case relay.Ack:
		// A head below what was read, or what was read in the place of what is
		// still to be sent, is another log than was shown.
		if a, ok := asked.(relay.Append); ok {
			e := t.next(i)
			l.split = l.split || b.Sequence <= m.index && e != nil && e.ID == wire.EntryID(a.Entry)
		} else {
			l.split = l.split || b.Sequence < m.index
		}
		t.Members[i] = m.sent(b.Sequence)
	case relay.Error:
		_, appended := asked.(relay.Append)
		l.split = l.split || !appended && b.Code == wire.RolledBack
		l.follows = false // it reads on from what it has, and tries again
	}
}

// Read has a member read up to n of the entries that came.
func (t *Told) Read(i, n int) error {
	for l := t.lines[i]; n > 0 && len(l.unread) > 0 && !l.split; n-- {
		e := l.unread[0]
		l.unread = l.unread[1:]
		index := t.Members[i].index
		switch {
		case e.Sequence == index && index > 0:
			l.split = wire.EntryID(e.Entry) != l.last // another one in its place
		case e.Sequence <= index:
		case e.Sequence > index+1:
			t.hangUp(i) // what follows a gap is of no use
		default:
			ok, err := t.Show(i, e.Entry)
			if err != nil {
				return err
			}
			if ok {
				l.last = wire.EntryID(e.Entry)
			}
			if !ok || t.Members[i].index == 0 { // or it is to read all of it again
				t.hangUp(i)
			}
		}
	}
	return nil
}

// Act has a member's client do the next thing that it would do: follow the log,
// read all that came, append what is made, or make it.
func (t *Told) Act(i int) error {
	l := t.lines[i]
	if l.split {
		return nil
	}
	if !l.follows {
		t.subscribe(i, max(t.Members[i].index, 1)-1)
		return nil
	}
	if err := t.Read(i, 1<<20); err != nil || l.split || !l.follows {
		return err
	}
	if m := t.Members[i]; m.waits > m.index {
		t.Members[i] = m.sent(0) // it has waited long enough, and begins anew
		l.follows, l.unread = false, nil
		return nil
	}
	if t.next(i) == nil {
		if err := t.Make(i); err != nil {
			return err
		}
	}
	if e := t.next(i); e != nil {
		t.ask(i, relay.Append{Conversation: t.conversation, Entry: e.Raw})
	}
	return nil
}

// Crashed is a page that ended, with its connection.
func (t *Told) Crashed(i int) {
	t.Crash(i)
	t.hangUp(i)
}

// Restored is a page on an older disk.
func (t *Told) Restored(i int) {
	t.Restore(i)
	t.lines[i].last, t.lines[i].split = t.lines[i].first, false
	t.hangUp(i)
}
