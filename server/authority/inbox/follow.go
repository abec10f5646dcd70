package inbox

import (
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// follow wants the conversation followed. Who wants it is served in turns, so
// that none waits for ever behind others; whose claim waits goes first.
func (in *inbox) follow(t *talk) {
	if in.link == nil || in.talks[t.id] != t || t.following || t.asking || t.stopped() {
		return
	}
	if t.wanted == nil {
		t.wanted = in.wants.PushBack(t)
	}
	if in.claimed(t) {
		in.wants.MoveToFront(t.wanted)
	}
	in.subscribe()
}

// claimed tells whether a claim waits for the conversation.
func (in *inbox) claimed(t *talk) bool {
	c := in.claims[t.id]
	return c != nil && !c.Stored
}

// subscribe asks for those that want to be followed, as far as the relay lets it
// and there is room.
func (in *inbox) subscribe() {
	for in.link != nil && in.wants.Len() > 0 && (in.follows.Len()+in.asked < in.set.o.times.following || in.makeRoom()) && in.link.asks.Allow() {
		t := in.wants.Remove(in.wants.Front()).(*talk)
		t.wanted = nil
		in.subscribeTo(t)
	}
}

// makeRoom stops following one in which nothing is going on, the one that was
// quiet longest; or one in which it seems to go on for ever.
func (in *inbox) makeRoom() bool {
	for e := in.follows.Back(); e != nil; e = e.Prev() {
		if t := e.Value.(*talk); t.row.Index >= t.head && !t.sending && !in.claimed(t) {
			in.unfollow(t)
			return true
		}
	}
	if e := in.follows.Back(); e != nil && time.Since(e.Value.(*talk).followed) > in.set.o.times.patience {
		in.unfollow(e.Value.(*talk))
		in.follow(e.Value.(*talk)) // behind the others
		return true
	}
	return false
}

// subscribeTo asks for a conversation from the last entry read, which is asked
// for again: another one in its place shows a log that was changed.
func (in *inbox) subscribeTo(t *talk) {
	l := in.link
	t.asking = true
	in.asked++
	l.ask(relay.Subscribe{Conversation: t.id, After: max(t.row.Index, 1) - 1}, func(b relay.Body) {
		if in.link != l {
			return
		}
		in.current = t
		t.asking = false
		in.asked--
		if in.talks[t.id] != t { // left alone meanwhile
			if _, ok := b.(relay.Ack); ok {
				l.ask(relay.Unsubscribe{Conversation: t.id}, func(relay.Body) {})
			}
			return
		}
		switch b := b.(type) {
		case relay.Ack:
			t.following, t.followed, t.head = true, time.Now(), b.Sequence // whatever a list said before
			t.follows = in.follows.PushFront(t)
			if b.Sequence < t.row.Index {
				in.forked(t)
				return
			}
			in.step(t)
		case relay.Error:
			switch b.Code {
			case wire.NotMember: // nor ever was: who is removed is shown as much of the log
				in.forget(t)
			case wire.RolledBack:
				in.forked(t)
			default:
				in.again(t, in.set.o.times.retry)
			}
		}
	})
}

func (in *inbox) unfollow(t *talk) {
	if t.wanted != nil {
		in.wants.Remove(t.wanted)
		t.wanted = nil
	}
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
