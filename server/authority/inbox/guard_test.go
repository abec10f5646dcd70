package inbox

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestPanicInOneConversationStopsThatOneAlone(t *testing.T) {
	h := newHouse(t)
	before, other := h.customer(), h.customer()
	waits := h.begin(before)
	var struck atomic.Bool
	h.onStep(func(_, step string) bool {
		if step == "refresh made" && struck.CompareAndSwap(false, true) {
			var nothing []byte
			_ = nothing[len(step)] // as a fault in the reading of a log
		}
		return false
	})
	bad := other.Begin("default")
	h.eventually("it strikes, and is told", func() bool { return struck.Load() && strings.Contains(h.log.String(), "index out of range") })
	if !strings.Contains(h.log.String(), "TestPanicInOneConversation") {
		t.Errorf("the log does not say where: %s", h.log)
	}
	before.Say(waits, "is anybody there?") // the inbox goes on with what there was
	h.eventually("all is read", func() bool { w := h.waiting(waits.ID()); return w != nil && w.Entries == waits.Index() })
	h.begin(h.customer()) // and with what is new
	ana := h.agent("Ana")
	if err := h.claim(ana, waits.ID(), ana.Offer()); err != nil {
		t.Errorf("%v", err)
	}
	other.Say(bad, "and I?") // it is not touched again
	if h.waiting(bad.ID()) != nil {
		t.Error("the one that panicked waits")
	}
	if err := h.claim(ana, bad.ID(), ana.Offer()); err != ErrNothing {
		t.Errorf("the one that panicked is claimed: %v", err)
	}
	h.close() // the next start tries again
	h.open()
	h.eventually("it waits after a restart", func() bool { return h.waiting(bad.ID()) != nil })
}

func TestPanicDuringAClaimIsAnsweredAndDecidedAfterARestart(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	var struck atomic.Bool
	h.onStep(func(_, step string) bool {
		if step == "claim saved" && struck.CompareAndSwap(false, true) {
			panic("a fault")
		}
		return false
	})
	ana := h.agent("Ana")
	offer := ana.Offer()
	if err := h.claim(ana, k.ID(), offer); err != wire.Unavailable {
		t.Errorf("%v, want unavailable", err)
	}
	h.close()
	h.open()
	if err := h.asks(ana, k, offer); err != nil {
		t.Errorf("asked again after a restart: %v", err)
	}
}

func TestPanicThatIsNoConversationsMakesAnotherConnection(t *testing.T) {
	h := newHouse(t)
	in := h.set.inboxes["default"]
	var l *link
	h.eventually("it is connected", func() bool { in.call(func() { l = in.link }); return l != nil })
	in.post(func() { panic("a fault") })
	h.eventually("it is connected anew", func() (anew bool) {
		in.call(func() { anew = in.link != nil && in.link != l })
		return anew
	})
	h.begin(h.customer())
}

func TestPanicInAGreetingIsAFailedConnection(t *testing.T) {
	h := newHouse(t)
	in := h.set.inboxes["default"]
	if err := in.call(func() { panic("a fault") }); err != errPanicked {
		t.Errorf("a call that panicked: %v", err)
	}
	for _, at := range []string{"welcomed", "linked"} {
		var struck atomic.Bool
		var l *link
		h.eventually("it is connected", func() bool { _ = in.call(func() { l = in.link }); return l != nil })
		h.onStep(func(_, step string) bool {
			if step == at && struck.CompareAndSwap(false, true) {
				panic("a fault")
			}
			return false
		})
		l.cut()
		h.eventually("it is connected anew", func() (anew bool) {
			_ = in.call(func() { anew = in.link != nil && in.link != l && in.link.ctx.Err() == nil })
			return anew && struck.Load()
		})
	}
	h.begin(h.customer())
}

// lostCopy is the same identity on a device that knows nothing of the conversation.
func (h *house) lostCopy(of *authoritytest.Person, state []byte) *authoritytest.Person {
	h.t.Helper()
	p := h.customer()
	p.Hangup()
	end, err := conversation.LoadEnd(state, wire.Customer, []wire.Hash{wire.Hash(h.Org.RootKey())})
	if err != nil {
		h.t.Fatal(err)
	}
	p.End, p.Proof = end, of.Proof
	p.Connect()
	return p
}

// requests asks to be let in again.
func (h *house) requests(p *authoritytest.Person, id wire.ID) *authoritytest.Talk {
	h.t.Helper()
	k := p.Open(id)
	request, err := k.JoinRequest(uint64(time.Now().UnixMilli()))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := p.Ask(relay.Append{Conversation: id, Entry: request}); err != nil {
		h.t.Fatal(err)
	}
	return k
}

func TestAnswerComesLaterWithEachRequestOfAMember(t *testing.T) {
	h := newHouseWith(t, time.Now, func(c *relay.Config) { c.Limits.JoinInterval = time.Nanosecond })
	h.close()
	h.times.turn = 100 * time.Millisecond
	h.open()
	c := h.customer()
	state := c.End.Marshal()
	k := h.begin(c)
	c.Hangup()
	var thief *authoritytest.Person
	var at *authoritytest.Talk
	copies := make([]*authoritytest.Person, 4)
	for i := range copies { // each of another copy, so that none waits
		copies[i] = h.lostCopy(c, state)
	}
	for _, p := range copies {
		thief, at = p, h.requests(p, k.ID())
	}
	asked := time.Now()
	thief.Until(at, "the last is let in", func() bool { return at.State() == conversation.Active })
	if took := time.Since(asked); took < 8*100*time.Millisecond {
		t.Errorf("the fourth request was answered after %v, want 800 ms at least", took)
	}
}

func TestRequestOfBeforeARestartIsAnswered(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.times.turn = time.Hour
	h.open()
	c := h.customer()
	state := c.End.Marshal()
	k := h.begin(c)
	c.Hangup()
	again := h.lostCopy(c, state)
	at := h.requests(again, k.ID())
	again.Read(at)
	h.eventually("it is read", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == at.Index() })
	h.eventually("and on disk", func() bool {
		rows, err := h.store.Rows(t.Context(), "default")
		return err == nil && len(rows) == 1 && rows[0].Index == at.Index()
	})
	h.close()
	h.times.turn = quick.turn
	h.open()
	again.Until(at, "it is let in", func() bool { return at.State() == conversation.Active })
}

// A later version's state is good, and is not written over; an earlier one's is of
// no use any more.
func TestStateOfALaterVersionIsLeftAsItIsAndAnEarlierOneReadAnew(t *testing.T) {
	for _, row := range []struct {
		name    string
		version byte
		told    string
		kept    bool
	}{
		{"later", conversation.StateVersion + 1, "a later version saved", true},
		{"earlier", conversation.StateVersion - 1, "which is read anew", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHouse(t)
			c := h.customer()
			k := h.begin(c)
			var saved store.Row
			h.eventually("it is on disk", func() bool {
				in := h.set.inboxes["default"]
				in.call(func() { saved = in.talks[k.ID()].saved })
				return saved.Index == k.Index()
			})
			h.close()
			state := h.state(k.ID())
			state[0] = row.version
			h.save(store.Talk{Row: saved, State: slices.Clone(state)})
			c.Say(k, "is anybody there?")
			h.open()
			h.eventually("it is told of", func() bool { return strings.Contains(h.log.String(), row.told) })
			if row.kept {
				h.eventually("nobody can claim it", func() bool { return h.waiting(k.ID()) == nil })
			}
			h.close()
			if got := h.state(k.ID()); row.kept && !bytes.Equal(got, state) {
				t.Error("its state was written over")
			}
		})
	}
}

// state is what the store of a house that is closed has of a conversation.
func (h *house) state(id wire.ID) []byte {
	h.t.Helper()
	s, err := store.Open(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	state, err := s.State(context.Background(), "default", id)
	if err != nil {
		h.t.Fatal(err)
	}
	return state
}

func (h *house) save(talk store.Talk) {
	h.t.Helper()
	s, err := store.Open(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Save(context.Background(), store.Write{Queue: "default", Talks: []store.Talk{talk}}); err != nil {
		h.t.Fatal(err)
	}
}
