package inbox

import (
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// step does what is due in a conversation, if anything is.
func (in *inbox) step(t *talk) {
	if in.link == nil || t.stopped() || t.sending || in.talks[t.id] != t {
		return
	}
	in.current = t
	if t.row.Index < t.head || !t.following {
		in.follow(t)
		return
	}
	if c := in.claims[t.id]; t.core == nil && t.row.Quiet && !t.renews && !t.leaves && (c == nil || c.Stored) {
		return
	}
	if in.load(t) != nil {
		in.again(t, in.set.o.times.retry)
		return
	}
	defer in.evict()
	entry, c, err := in.next(t)
	if err != nil {
		in.stuck(t, c, err)
		return
	}
	if entry == nil {
		return
	}
	id := wire.EntryID(entry)
	if id == t.acked {
		if t.row.Index >= t.ackedAt { // where it should stand is something else
			t.acked = wire.ID{}
			in.again(t, in.set.o.times.retry)
		}
		return // it is to be read back
	}
	if !in.link.appends.Allow() {
		in.again(t, in.set.o.times.retry)
		return
	}
	in.send(t, entry, id)
}

// next makes the entry to append now, or nil. It is on disk with its state.
func (in *inbox) next(t *talk) (entry []byte, c *claim, err error) {
	now := in.millis()
	switch t.core.State() {
	case conversation.Lost:
		entry, err = t.core.JoinRequest(now)
		switch {
		case err == wire.RateLimited:
			in.again(t, 10*time.Second)
			return nil, nil, nil
		case err != nil:
			return nil, nil, err
		case wire.EntryID(entry) == t.asked:
			in.again(t, time.Minute)
			return nil, nil, nil
		}
		return entry, nil, in.keep([]*talk{t})
	case conversation.Active, conversation.Doubtful:
	default:
		return nil, nil, nil
	}
	if pending := t.core.Pending(); pending != nil {
		return pending, nil, nil
	}
	own, leavers := in.roster(t)
	if c = in.claims[t.id]; c != nil && !c.Stored && t.row.Waiting {
		return in.commitClaim(t, c, now)
	}
	if t.leaves && t.row.Waiting {
		t.row.Quiet = false
		if entry, err = t.core.Commit(now, conversation.Moves{Marks: wire.MarkLeave, Quiet: true}); err != nil {
			return nil, nil, err
		}
		in.at("leave made")
		return entry, nil, in.keep([]*talk{t})
	}
	if t.asks == nil && len(t.core.Joins()) > 0 { // of before this start
		in.noteAsks(t)
	}
	answers := in.answers(t)
	if !answers && !leavers && own.KeyPackage.Use == wire.UsePlace && !t.renews {
		return nil, nil, nil
	}
	t.row.Quiet = false
	if entry, err = t.core.Commit(now, conversation.Moves{Quiet: !answers}); err != nil {
		return nil, nil, err
	}
	in.at("refresh made")
	return entry, nil, in.keep([]*talk{t})
}

func (in *inbox) roster(t *talk) (own *wire.Member, leavers bool) {
	for i, m := range t.core.Members() {
		if m.ID == in.member.ID() {
			own = &t.core.Members()[i]
		} else if m.Leaving {
			leavers = true
		}
	}
	return own, leavers
}

// contested tells whether somebody asks for this end's own place.
func (in *inbox) contested(t *talk) bool {
	for _, j := range t.core.Joins() {
		if j.Replaces == in.member.ID() {
			return true
		}
	}
	return false
}

// answers tells whether it is this end's turn to let somebody in again.
func (in *inbox) answers(t *talk) bool {
	now := time.Now()
	for _, a := range t.asks {
		if a.stands && !a.at.IsZero() {
			if !now.Before(a.at) {
				a.at, a.times, a.last = time.Time{}, a.times+1, now
				return true
			}
			in.later[t] = earliest(in.later, t, a.at)
		}
	}
	return false
}

// send appends an entry, and sees to it that it is read back.
func (in *inbox) send(t *talk, entry []byte, id wire.ID) {
	l := in.link
	t.sending = true
	l.ask(relay.Append{Conversation: t.id, Entry: entry}, func(b relay.Body) {
		t.sending = false
		if in.link != l || in.talks[t.id] != t {
			return
		}
		in.current = t
		switch b := b.(type) {
		case relay.Ack:
			t.acked, t.ackedAt, t.head = id, b.Sequence, max(t.head, b.Sequence)
			in.at("acknowledged")
			in.step(t)
		case relay.Error:
			switch b.Code {
			case wire.StaleHead, wire.StaleEpoch, wire.RateLimited, wire.Unavailable:
			default:
				in.fail("appending", b.Code)
			}
			if t.row.Index >= t.head { // what was stored before it is on its way, or is asked for
				in.unfollow(t)
			}
			in.tryLater(t)
		}
	})
	in.at("sent")
}

// stuck is what becomes of a conversation in which nothing can be made now.
func (in *inbox) stuck(t *talk, c *claim, err error) {
	code := wire.CodeOf(err)
	if c != nil && !c.made {
		delete(in.claims, t.id)
		if err := in.save(store.Write{Unclaim: []wire.ID{t.id}}); err != nil {
			in.fail("saving", err)
		}
		switch code {
		case wire.BadCommit, wire.BadCredential, wire.TooLarge: // it is the key package, or there is no room
		default:
			code = wire.Unavailable
		}
		c.answer(code)
	}
	in.fail("committing", code)
	if t.core != nil {
		in.noteAsks(t) // who asks still is answered some other time
	}
	in.tryLater(t)
}
