package inbox

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// read takes the next entry of a log.
func (in *inbox) read(t *talk, sequence uint64, entry []byte) {
	if !t.following || t.split {
		return
	}
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
	in.learn(t, event)
	in.rest(t)
	if c := in.claims[t.id]; c != nil && c.made && !c.Stored && event.Type == conversation.Applied && bytes.Equal(entry, pending) {
		in.at("claim read")
		c.Stored, c.At = true, in.unix()
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
	case state == conversation.Closed, state == conversation.NotMember && own == nil:
		in.forget(t)
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
	t.row.Waiting, t.row.Ends = false, 0
	attended := false
	for _, m := range t.core.Members() {
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

// itself stands for this end among who asks: somebody asks for its own place,
// which it did not lose.
var itself = wire.ID{}

// noteAsks notes who asks to be let in again, and when that is answered: the
// first turn is the asker's own, and the others follow in the order of the
// roster. What is asked of this end itself it does at once.
func (in *inbox) noteAsks(t *talk) {
	for _, a := range t.asks {
		a.stands = false
	}
	self := in.member.ID()
	if in.contested(t) {
		in.noteAsk(t, itself, 0)
	}
	for _, j := range t.core.Joins() {
		if !j.Same || j.By == self {
			continue
		}
		turn := 1
		for _, m := range t.core.Members() {
			if m.ID == self {
				break
			}
			if m.ID != j.By && m.Role != wire.Archive {
				turn++
			}
		}
		in.noteAsk(t, j.By, turn)
	}
	for id, a := range t.asks {
		if !a.stands {
			a.at = time.Time{}
			if time.Since(a.last) > forgetAsk {
				delete(t.asks, id)
			}
		}
	}
}

func (in *inbox) noteAsk(t *talk, by wire.ID, turn int) {
	if t.asks == nil {
		t.asks = make(map[wire.ID]*ask)
	}
	a := t.asks[by]
	if a == nil {
		a = &ask{}
		t.asks[by] = a
	}
	a.stands = true
	if a.at.IsZero() {
		a.at = time.Now().Add(time.Duration(turn)*in.set.o.times.turn + in.pause(a))
		in.later[t] = earliest(in.later, t, a.at)
	}
}

// forgetAsk is after how long somebody who asks again begins anew.
const forgetAsk = 30 * time.Minute

// pause grows with each answer to the same member, so that nobody makes this
// end commit without end.
func (in *inbox) pause(a *ask) time.Duration {
	if a.times == 0 || time.Since(a.last) > forgetAsk {
		a.times = 0
		return rand.N(in.set.o.times.jitter + 1)
	}
	most := min(5*time.Minute, in.set.o.times.turn<<min(a.times-1, 10))
	return most/2 + rand.N(most/2+1)
}

func earliest(later map[*talk]time.Time, t *talk, at time.Time) time.Time {
	if before, there := later[t]; there && before.Before(at) {
		return before
	}
	return at
}
