package inbox

import (
	"container/list"
	"context"
	"math/rand/v2"
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
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
	followed  time.Time     // since when
	wanted    *list.Element // among those that are to be followed
	sending   bool
	tries     int     // in a row that came to nothing
	acked     wire.ID // the last own entry that was acknowledged on this connection
	ackedAt   uint64

	fresh   bool // nothing of it is on disk
	split   bool // the relay's log is not the one that was read
	leaves  bool // this end is to leave it
	broken  bool // handling it panicked, or a later version saved it: left alone until the next start
	renews  bool // its credential in the roster is to be renewed
	asked   wire.ID
	splitAt time.Time
	counted wire.ID // the customer among whose it is counted
	asks    map[wire.ID]*ask
}

// stopped tells whether nothing is done in it.
func (t *talk) stopped() bool { return t.split || t.broken }

func (t *talk) unconnected() {
	t.following, t.asking, t.sending, t.acked, t.follows, t.wanted = false, false, false, wire.ID{}, nil, nil
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
		later := len(state) > 0 && state[0] > conversation.StateVersion
		clear(state)
		if err != nil && later {
			// It is good, and a later version's: to begin it anew would write over it.
			in.fail("loading a conversation that a later version saved, which is left alone,", err)
			in.stop(t)
			return err
		}
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
	if !t.split {
		t.split, t.splitAt = true, in.now()
	}
	in.unfollow(t)
	in.show(t)
}

// save writes, with the end if that is another than on disk.
func (in *inbox) save(w store.Write) error {
	w.Queue = in.queue
	end := in.member.Marshal()
	defer clear(end)
	hash := wire.Sum("end", end)
	if hash != in.savedEnd {
		w.End = end
	} else if len(w.Talks)+len(w.Gone)+len(w.Left)+len(w.Found)+len(w.Claims)+len(w.Unclaim) == 0 {
		return nil
	}
	if err := in.set.o.Store.Save(context.Background(), w); err != nil {
		return err
	}
	in.savedEnd, in.saved = hash, true
	return nil
}

// keep saves the conversations as they are now, and claims with them. What
// could not be saved is as if it had not been.
func (in *inbox) keep(talks []*talk, claims ...*claim) error {
	var w store.Write
	for _, t := range talks {
		in.current = t
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

// flush saves all that was read, and takes what that replaced off the disk.
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
	if !in.saved {
		return
	}
	in.saved = false
	if err := in.set.o.Store.Purge(context.Background()); err != nil {
		in.saved = true
		in.fail("purging what was replaced", err)
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
	if t.row.Waiting && !t.stopped() && !t.leaves {
		in.count(t) // and perhaps it is left
	}
	if !t.row.Waiting || t.stopped() || t.leaves {
		in.uncount(t)
		in.set.show(t.id, in.queue, nil)
		return
	}
	in.set.show(t.id, in.queue, &Waiting{Conversation: t.id, Queue: in.queueOf(t), Home: t.row.Home, Since: t.row.Since, Entries: max(t.head, t.row.Index), Parked: t.row.Parked, inbox: in.queue})
}
