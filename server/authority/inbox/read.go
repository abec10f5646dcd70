package inbox

import (
	"bytes"
	"slices"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// read takes the next entry of a log.
func (in *inbox) read(t *talk, sequence uint64, entry []byte) {
	if !t.following || t.stopped() {
		return
	}
	in.current = t
	t.head = max(t.head, sequence)
	if sequence > t.row.Index && in.load(t) != nil {
		in.unfollow(t)
		in.again(t, in.set.o.times.retry)
		return
	}
	switch {
	case sequence < t.row.Index:
		return
	case sequence == t.row.Index:
		if sequence != 0 && wire.EntryID(entry) != t.row.Last {
			in.forked(t)
		}
		return
	case sequence > t.row.Index+1: // of no use before what was left out
		in.unfollow(t)
		in.again(t, 0)
		return
	}
	pending := t.core.Pending()
	event, err := t.core.Receive(entry, in.millis())
	if err != nil {
		in.unreadable(t, entry, err)
		return
	}
	clear(event.Content) // nobody here reads it
	t.tries = 0
	in.follows.MoveToFront(t.follows)
	t.row.Index, t.row.Last = t.core.Index(), event.ID
	in.unsaved[t] = true
	if !event.Own || t.row.Heard == 0 {
		heard := in.millis()
		if event.Time != 0 {
			heard = min(heard, event.Time)
		}
		t.row.Heard = max(t.row.Heard, heard)
	}
	in.learn(t, event)
	in.rest(t)
	if c := in.claims[t.id]; c != nil && c.made && !c.Stored && event.Type == conversation.Applied && bytes.Equal(entry, pending) {
		in.at("claim read")
		c.Stored, c.At, t.row.Waiting = true, in.unix(), false
		in.show(t) // before it is answered, though more is to be read
		if in.keep([]*talk{t}, c) != nil {
			c.Stored = false // it is read again
			return
		}
		in.at("claim stored")
		c.answer(nil)
	}
	own, _ := in.roster(t)
	switch state := t.core.State(); {
	case t.row.Index < t.head || state == conversation.Rereading:
	case state == conversation.NotMember && own == nil:
		in.forget(t)
		return
	case state == conversation.Closed, state == conversation.NotMember && in.claims[t.id] == nil:
		in.leave(t)
		return
	case state == conversation.Forked:
		in.forked(t)
		return
	case event.Type == conversation.Applied && in.unsaved[t]:
		_ = in.keep([]*talk{t}) // what the commit replaced is to go from the disk too
	}
	if t.row.Index != sequence { // it goes back, to read with what it was granted
		in.unfollow(t)
	}
	in.step(t)
	in.evict()
}

// unreadable goes on after an entry that could not be read: it names a manifest
// that is missing, or it is none, and perhaps is one when it is asked for again.
func (in *inbox) unreadable(t *talk, entry []byte, err error) {
	in.unfollow(t)
	e, bad := wire.DecodeEntry(entry)
	if err != wire.Unavailable || bad != nil || e.Kind != wire.KindCommit {
		in.fail("reading an entry", err)
		in.again(t, in.set.o.times.retry)
		return
	}
	in.link.ask(relay.FetchManifest{Hash: e.Commit.ManifestHash}, func(b relay.Body) {
		in.current = t
		if r, ok := b.(relay.Record); ok && in.member.AddManifest(r.Value, in.unix(), false) == nil {
			in.follow(t)
			return
		}
		in.again(t, in.set.o.times.retry)
	})
}

// learn notes what an entry came to.
func (in *inbox) learn(t *talk, event *conversation.Event) {
	self := in.member.ID()
	t.row.Home = t.core.Queue()
	switch event.Type {
	case conversation.Joining:
		if event.Own {
			t.asked = event.ID
		} else if event.Join != nil && event.Join.Same {
			in.countAsk(t, event.Join.By)
		}
	case conversation.Applied:
		if slices.Contains(event.Added, self) {
			t.row.Since = min(event.Time, in.millis())
			if !slices.Contains(event.Removed, self) { // else it only came back
				t.row.Parked = event.Epoch != 0
			}
			t.asked = wire.ID{}
			in.unclaimed(t)
		}
		if event.Own {
			t.renews = false
		}
	}
}

// rest works out how the conversation stands once all of it is read.
func (in *inbox) rest(t *talk) {
	if t.row.Index < t.head {
		return
	}
	t.row.Waiting, t.row.Ends, t.row.Customer = false, 0, wire.ID{}
	attended := false
	for _, m := range t.core.Members() {
		if m.Role == wire.Customer && t.row.Customer == (wire.ID{}) {
			t.row.Customer = m.ID
		}
		switch {
		case m.ID == in.member.ID():
			t.row.Waiting = !m.Leaving && m.Role == wire.Inbox
			if m.KeyPackage.Credential != nil {
				t.row.Ends = m.KeyPackage.Credential.NotAfter
			}
		case (m.Role == wire.Agent || m.Role == wire.Bot) && !m.Leaving:
			attended = true
		}
	}
	switch t.core.State() {
	case conversation.Active, conversation.Doubtful:
	default:
		t.row.Waiting = false
	}
	t.row.Waiting = t.row.Waiting && !attended
	t.leaves = t.leaves && t.row.Waiting
	in.noteAsks(t)
	t.row.Quiet = in.quiet(t)
	in.show(t)
}

// quiet tells whether nothing is to be done before something comes.
func (in *inbox) quiet(t *talk) bool {
	switch own, leavers := in.roster(t); t.core.State() {
	case conversation.Active:
		return t.core.Pending() == nil && !leavers && own.KeyPackage.Use == wire.UsePlace && !t.renews && len(t.core.Joins()) == 0
	case conversation.NotMember, conversation.Forked:
		return true
	}
	return false
}
