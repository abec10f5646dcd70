package inbox

import (
	"container/list"
	"context"
	"math/rand/v2"
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// talk is one conversation of an inbox.
type talk struct {
	id    wire.ID
	row   store.Row // what is known without the state
	saved store.Row // and what of it is on disk
	head  uint64    // the highest sequence that the relay named

	core   *conversation.Conversation // nil: not loaded
	loaded *list.Element

	following bool
	asking    bool
	follows   *list.Element
	sending   bool
	tries     int     // in a row that came to nothing
	acked     wire.ID // the last own entry that was acknowledged on this connection
	ackedAt   uint64

	fresh  bool // nothing of it is on disk
	split  bool // the relay's log is not the one that was read
	renews bool // its credential in the roster is to be renewed
	asked  wire.ID
	asks   map[wire.ID]*ask
}

// ask is a member that asks to be let in again.
type ask struct {
	stands bool
	at     time.Time // when it is answered
	times  int       // that it was
	last   time.Time
}

func (t *talk) unconnected() {
	t.following, t.asking, t.sending, t.acked, t.follows = false, false, false, wire.ID{}, nil
}

// load has the core's state in memory, for the moment.
func (in *inbox) load(t *talk) error {
	if t.core != nil {
		in.loaded.MoveToFront(t.loaded)
		return nil
	}
	if t.fresh {
		t.core = in.member.Join(t.id)
		t.row = store.Row{Conversation: t.id}
	} else {
		state, err := in.set.o.Store.State(context.Background(), in.queue, t.id)
		if err != nil {
			in.fail("loading", err)
			return err
		}
		t.core, err = in.member.LoadConversation(state)
		clear(state)
		if err != nil {
			// It asks to be let in again, as an end does that lost its state.
			in.fail("loading a conversation, which is read anew,", err)
			t.core = in.member.Join(t.id)
			t.row = store.Row{Conversation: t.id}
			in.unfollow(t)
			in.again(t, 0)
		} else {
			t.row = t.saved
		}
	}
	t.loaded = in.loaded.PushFront(t)
	return nil
}

// unload drops what is in memory; what was not saved is read again.
func (in *inbox) unload(t *talk) {
	if t.core == nil {
		return
	}
	t.core.Wipe()
	in.loaded.Remove(t.loaded)
	t.core, t.loaded = nil, nil
	delete(in.unsaved, t)
	if t.row != t.saved {
		t.row = t.saved
		in.unfollow(t) // its place in the log is another
	}
}

// evict keeps the states in memory to their number.
func (in *inbox) evict() {
	if in.loaded.Len() <= in.set.o.times.cache {
		return
	}
	in.flush()
	for e := in.loaded.Back(); e != nil && in.loaded.Len() > in.set.o.times.cache*7/8; {
		t := e.Value.(*talk)
		e = e.Prev()
		if !t.sending && !in.unsaved[t] {
			in.unload(t)
		}
	}
}

// follow subscribes from the last entry read, which is asked for again: another
// one in its place shows a log that was changed.
func (in *inbox) follow(t *talk) {
	if in.link == nil || t.following || t.asking || t.split {
		return
	}
	if !in.link.asks.Allow() {
		in.again(t, in.set.o.times.retry)
		return
	}
	if in.follows.Len()+in.asked >= in.set.o.times.following {
		if in.follows.Len() == 0 {
			in.again(t, in.set.o.times.retry)
			return
		}
		in.unfollow(in.follows.Back().Value.(*talk))
	}
	l := in.link
	t.asking = true
	in.asked++
	l.ask(relay.Subscribe{Conversation: t.id, After: max(t.row.Index, 1) - 1}, func(b relay.Body) {
		if in.link != l {
			return
		}
		t.asking = false
		in.asked--
		switch b := b.(type) {
		case relay.Ack:
			t.following, t.head = true, b.Sequence // whatever a list said before
			t.follows = in.follows.PushFront(t)
			if b.Sequence < t.row.Index {
				in.forked(t)
				return
			}
			in.step(t)
		case relay.Error:
			switch b.Code {
			case wire.NotMember: // removed while this end was away
				in.removed(t)
			case wire.RolledBack:
				in.forked(t)
			default:
				in.again(t, in.set.o.times.retry)
			}
		}
	})
}

// removed ends a conversation whose log this end may not read any more. Whether
// a claim's commit was stored before that is seen by sending it again: what is
// there is acknowledged, whoever was removed since.
func (in *inbox) removed(t *talk) {
	c := in.claims[t.id]
	if c == nil || c.Stored || !c.made || in.load(t) != nil || t.core.Pending() == nil {
		in.forget(t)
		return
	}
	l := in.link
	l.ask(relay.Append{Conversation: t.id, Entry: t.core.Pending()}, func(b relay.Body) {
		if in.link != l {
			return
		}
		if _, ok := b.(relay.Ack); ok {
			c.Stored, c.At = true, in.unix()
			if in.keep([]*talk{t}, c) != nil {
				c.Stored = false
				return
			}
			in.forget(t)
			c.answer(nil)
			return
		}
		in.forget(t)
	})
}

func (in *inbox) unfollow(t *talk) {
	if !t.following {
		return
	}
	t.following = false
	if t.follows != nil {
		in.follows.Remove(t.follows)
		t.follows = nil
	}
	if in.link != nil {
		in.link.asks.Reserve() // who subscribes next waits the longer for it
		in.link.ask(relay.Unsubscribe{Conversation: t.id}, func(relay.Body) {})
	}
}

// tryLater tries again after a pause that grows while nothing comes of it.
func (in *inbox) tryLater(t *talk) {
	t.tries++
	in.again(t, min(in.set.o.times.retry<<min(t.tries-1, 10), time.Minute))
}

// again looks at the conversation after a pause.
func (in *inbox) again(t *talk, pause time.Duration) {
	at := time.Now().Add(pause/2 + rand.N(pause/2+1))
	if before, there := in.later[t]; !there || at.Before(before) {
		in.later[t] = at
	}
}

func (in *inbox) forked(t *talk) {
	in.fail("following a conversation, whose log was changed,", wire.ForkedLog)
	t.split = true
	in.unfollow(t)
	in.show(t)
}

// forget drops a conversation that this end is not in any more.
func (in *inbox) forget(t *talk) {
	in.unfollow(t)
	if t.core != nil {
		t.core.Wipe()
		in.loaded.Remove(t.loaded)
		t.core, t.loaded = nil, nil
	}
	delete(in.unsaved, t)
	delete(in.later, t)
	delete(in.talks, t.id)
	in.set.show(t.id, in.queue, nil)
	if c := in.claims[t.id]; c != nil && !c.Stored {
		delete(in.claims, t.id)
		c.answer(ErrNothing)
		if err := in.save(store.Write{Gone: []wire.ID{t.id}, Unclaim: []wire.ID{t.id}}); err != nil {
			in.fail("saving", err)
		}
		return
	}
	if !t.fresh {
		if err := in.save(store.Write{Gone: []wire.ID{t.id}}); err != nil {
			in.fail("saving", err)
		}
	}
}

// save writes, with the end if that is another than on disk.
func (in *inbox) save(w store.Write) error {
	w.Queue = in.queue
	end := in.member.Marshal()
	defer clear(end)
	hash := wire.Sum("end", end)
	if hash != in.savedEnd {
		w.End = end
	} else if len(w.Talks)+len(w.Gone)+len(w.Claims)+len(w.Unclaim) == 0 {
		return nil
	}
	if err := in.set.o.Store.Save(context.Background(), w); err != nil {
		return err
	}
	in.savedEnd = hash
	return nil
}

// keep saves the conversations as they are now, and claims with them. What
// could not be saved is as if it had not been.
func (in *inbox) keep(talks []*talk, claims ...*claim) error {
	var w store.Write
	for _, t := range talks {
		w.Talks = append(w.Talks, store.Talk{Row: t.row, State: t.core.Marshal()})
	}
	for _, c := range claims {
		w.Claims = append(w.Claims, c.Claim)
	}
	err := in.save(w)
	for i, t := range talks {
		clear(w.Talks[i].State)
		if err != nil {
			in.unload(t)
			continue
		}
		t.saved, t.fresh = t.row, false
		delete(in.unsaved, t)
	}
	if err != nil {
		in.fail("saving", err)
	}
	return err
}

// flush saves all that was read.
func (in *inbox) flush() {
	in.flushed = time.Now()
	var all []*talk
	for t := range in.unsaved {
		all = append(all, t)
	}
	for len(all) > 0 {
		n := min(len(all), 64)
		if in.keep(all[:n]) != nil {
			return
		}
		all = all[n:]
	}
}

// queueOf is the queue in which a conversation waits: this inbox's where somebody
// of the company's side brought it here, else its own, for a customer is given
// another queue's inbox where its own has none yet.
func (in *inbox) queueOf(t *talk) string {
	if t.row.Parked {
		return in.queue
	}
	return t.row.Home
}

// show tells the board how the conversation stands.
func (in *inbox) show(t *talk) {
	if !t.row.Waiting || t.split {
		in.set.show(t.id, in.queue, nil)
		return
	}
	in.set.show(t.id, in.queue, &Waiting{Conversation: t.id, Queue: in.queueOf(t), Home: t.row.Home, Since: t.row.Since, Entries: max(t.head, t.row.Index), Parked: t.row.Parked, inbox: in.queue})
}
