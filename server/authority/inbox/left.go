package inbox

import (
	"math"
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/wasm/wire"
)

const (
	// perCustomer is how many conversations of one customer wait here at once; the
	// oldest is left for a new one.
	perCustomer = 8
	// silence is after how many days a conversation is left in which nobody but
	// this end does anything, unless the policy keeps less.
	silence = 30
	// afterFork is how long what was read of a conversation whose log was changed
	// is kept, for an operator to see to the relay.
	afterFork = day
)

// forget drops a conversation that this end is not in any more.
func (in *inbox) forget(t *talk) { in.drop(t, nil) }

// leave drops a conversation in which nothing is to be done any more, though the
// relay names it still, until there is something new in it.
func (in *inbox) leave(t *talk) { in.drop(t, &store.Left{Index: max(t.row.Index, t.head)}) }

// abandon drops a conversation whose log was changed, for as long as the relay
// names it.
func (in *inbox) abandon(t *talk) { in.drop(t, &store.Left{Index: math.MaxInt64}) }

func (in *inbox) drop(t *talk, left *store.Left) {
	in.unfollow(t)
	if t.core != nil {
		t.core.Wipe()
		in.loaded.Remove(t.loaded)
		t.core, t.loaded = nil, nil
	}
	delete(in.unsaved, t)
	delete(in.later, t)
	delete(in.talks, t.id)
	in.uncount(t)
	in.set.show(t.id, in.queue, nil)
	w := store.Write{Gone: []wire.ID{t.id}}
	if left != nil {
		left.Conversation, left.At = t.id, in.unix()
		in.left[t.id] = *left
		w.Left = []store.Left{*left}
	}
	c := in.claims[t.id]
	lost := c != nil && !c.Stored
	if lost {
		delete(in.claims, t.id)
		w.Unclaim = []wire.ID{t.id}
	}
	if !t.fresh || left != nil || lost {
		if err := in.save(w); err != nil {
			in.fail("saving", err)
		}
	}
	if lost {
		c.answer(ErrNothing)
	}
}

// rests tells whether a conversation that the relay names is to be left alone.
func (in *inbox) rests(id wire.ID, sequence uint64) bool {
	left, there := in.left[id]
	if there && sequence > left.Index {
		delete(in.left, id)
		if err := in.save(store.Write{Found: []wire.ID{id}}); err != nil {
			in.fail("saving", err)
		}
		return false
	}
	return there
}

// prune forgets what was left alone and is not named any more: it ended, or this
// end was removed. A log that was changed is remembered for as long as a silent one.
func (in *inbox) prune(named map[wire.ID]bool) {
	var found []wire.ID
	for id, left := range in.left {
		if !named[id] && (left.Index != math.MaxInt64 || in.unix() > left.At+silence*uint64(day/time.Second)) {
			delete(in.left, id)
			found = append(found, id)
		}
	}
	if len(found) == 0 {
		return
	}
	if err := in.save(store.Write{Found: found}); err != nil {
		in.fail("saving", err)
	}
}

// silent looks for conversations that are silent for so long that the policy
// keeps nothing of them, and for those whose log was changed a day ago.
func (in *inbox) silent() {
	days := uint64(silence)
	if keeps := uint64(in.member.Newest().Policy.RetentionDays); keeps != 0 {
		days = min(days, keeps)
	}
	most := days * uint64(day/time.Millisecond)
	for _, t := range in.talks {
		switch {
		case t.split && in.now().Sub(t.splitAt) >= afterFork:
			in.abandon(t)
		case t.leaves && t.row.Waiting: // not done yet
			in.later[t] = time.Time{}
		case t.stopped(), in.claimed(t), t.row.Heard == 0, in.millis() < t.row.Heard+most:
		case t.row.Waiting:
			in.leaving(t)
		default:
			in.leave(t)
		}
	}
}

// leaving goes out of a conversation, by a commit.
func (in *inbox) leaving(t *talk) {
	if t.leaves {
		return
	}
	t.leaves = true
	in.later[t] = time.Time{}
	in.show(t)
}

// count counts a conversation that waits among its customer's, and leaves the
// oldest of too many.
func (in *inbox) count(t *talk) {
	if t.counted == t.row.Customer {
		return
	}
	in.uncount(t)
	if t.row.Customer == (wire.ID{}) {
		return
	}
	t.counted = t.row.Customer
	all := in.crowds[t.counted]
	if all == nil {
		all = make(map[*talk]bool)
		in.crowds[t.counted] = all
	}
	all[t] = true
	for len(all) > perCustomer {
		var oldest *talk
		for o := range all {
			if !in.claimed(o) && (oldest == nil || o.row.Since < oldest.row.Since) {
				oldest = o
			}
		}
		if oldest == nil {
			return
		}
		in.leaving(oldest) // it is counted no more
	}
}

func (in *inbox) uncount(t *talk) {
	if all := in.crowds[t.counted]; all != nil {
		delete(all, t)
		if len(all) == 0 {
			delete(in.crowds, t.counted)
		}
	}
	t.counted = wire.ID{}
}
