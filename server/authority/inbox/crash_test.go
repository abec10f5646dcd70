package inbox

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// steps are those of a claim, in their order. A claim begins after the fresh leaf
// is committed, which has the steps that are shared.
var steps = []string{"claim made", "claim saved", "sent", "claim read", "claim stored", "acknowledged"}

// asks claims until that is decided, as a desk does: with the same key package.
func (h *house) asks(p *authoritytest.Person, k *authoritytest.Talk, kp []byte) error {
	h.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := h.claim(p, k.ID(), kp)
		if err == nil || errors.As(err, new(Lost)) || time.Now().After(deadline) {
			return err
		}
		if errors.Is(err, ErrClosed) { // the process is gone: another is started
			h.close()
			h.open()
		} else {
			h.eventually("the conversation shows again", func() bool { return h.waiting(k.ID()) != nil || h.claimed(k) })
		}
	}
}

// claimed tells whether a claim is known of the conversation.
func (h *house) claimed(k *authoritytest.Talk) bool {
	all, err := h.store.Claims(h.t.Context(), "default")
	return err == nil && len(all) == 1 && all[0].Conversation == k.ID()
}

// judge sees whether exactly one of two claimants is in, and the one who was told so.
func (h *house) judge(c *authoritytest.Person, k *authoritytest.Talk, ana, ben *authoritytest.Person, answers ...error) {
	h.t.Helper()
	won := 0
	for _, err := range answers {
		if err == nil {
			won++
		}
	}
	if won != 1 {
		h.t.Fatalf("%d of two claims won: %v\n%s", won, answers, h.log)
	}
	if c.TryConnect() != nil {
		h.t.Fatal("the relay is gone")
	}
	c.Read(k)
	winner, loser := ana, ben
	if answers[0] != nil {
		winner, loser = ben, ana
	}
	winner.Connect()
	at := winner.Open(k.ID())
	if !slices.Equal(at.Heard, []string{"is anybody there?"}) {
		h.t.Errorf("the winner heard %q", at.Heard)
	}
	winner.Say(at, "here I am")
	c.Until(k, "the winner's word comes", func() bool { return slices.Contains(k.Heard, "here I am") })
	for _, m := range k.Members() {
		if m.ID == loser.ID() {
			h.t.Error("the loser is in, too")
		}
	}
	if err := k.ForkedBy(); err != [16]byte{} {
		h.t.Error("the log forked")
	}
}

func TestClaimSurvivesTheAuthoritysDeathAtEachStep(t *testing.T) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			h := newHouse(t)
			c := h.customer()
			k := h.begin(c)
			c.Say(k, "is anybody there?")
			h.eventually("all is read", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
			ana, ben := h.agent("Ana"), h.agent("Ben")
			anas, bens := ana.Offer(), ben.Offer()
			var died atomic.Bool
			h.onStep(func(_, s string) bool { return s == step && died.CompareAndSwap(false, true) })
			first := h.asks(ana, k, anas)
			h.eventually("the inbox comes to "+step, died.Load)
			second := h.asks(ben, k, bens)
			h.judge(c, k, ana, ben, first, second)
			if first != nil && step != "claim made" {
				t.Errorf("the claim was on disk, and another won: %v", first)
			}
			if first == nil {
				if again := h.claim(ana, k.ID(), anas); again != nil {
					t.Errorf("asked again, the winner hears %v", again)
				}
			}
		})
	}
}

func TestClaimSurvivesTheRelaysRestartAtEachStep(t *testing.T) {
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			h := newHouse(t)
			c := h.customer()
			k := h.begin(c)
			c.Say(k, "is anybody there?")
			h.eventually("all is read", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
			ana, ben := h.agent("Ana"), h.agent("Ben")
			anas, bens := ana.Offer(), ben.Offer()
			for _, p := range []*authoritytest.Person{c, ana, ben} { // who does not read holds a restart up
				p.Hangup()
			}
			var once, again atomic.Bool
			h.onStep(func(_, s string) bool {
				if s == step && once.CompareAndSwap(false, true) {
					h.Restart()
					again.Store(true)
				}
				return false
			})
			answers := make([]error, 2)
			var all sync.WaitGroup
			all.Go(func() { answers[0] = h.asks(ana, k, anas) })
			all.Go(func() { answers[1] = h.asks(ben, k, bens) })
			all.Wait()
			h.eventually("the relay is restarted at "+step, again.Load)
			h.judge(c, k, ana, ben, answers...)
		})
	}
}

// The claimant removed the inbox while that was away: it cannot read the log any
// more, and still knows that the claim was stored.
func TestClaimIsKnownThoughTheInboxWasRemovedMeanwhile(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	ana := h.agent("Ana")
	offer := ana.Offer()
	var died atomic.Bool
	h.onStep(func(_, s string) bool { return s == "claim read" && died.CompareAndSwap(false, true) })
	if err := h.claim(ana, k.ID(), offer); err != ErrClosed {
		t.Fatalf("%v", err)
	}
	h.close()
	at := ana.Open(k.ID())
	ana.Say(at, "here I am") // removes the leaver first
	if len(at.Members()) != 2 {
		t.Fatalf("members %q", ids(at))
	}
	h.open()
	if err := h.asks(ana, k, offer); err != nil {
		t.Errorf("the claim's answer: %v", err)
	}
	if h.waiting(k.ID()) != nil {
		t.Error("it waits still")
	}
}

func TestFreshLeafSurvivesTheAuthoritysDeathAtEachStep(t *testing.T) {
	for _, step := range []string{"refresh made", "sent", "acknowledged"} {
		t.Run(step, func(t *testing.T) {
			h := newHouse(t)
			c := h.customer()
			var died atomic.Bool
			h.onStep(func(_, s string) bool { return s == step && died.CompareAndSwap(false, true) })
			k := c.Begin("default")
			h.eventually("the inbox dies", died.Load)
			h.close()
			c.Say(k, "is anybody there?")
			h.open()
			c.Until(k, "the inbox has a leaf of its own", func() bool { return inboxOf(t, k).KeyPackage.Use == wire.UsePlace })
			h.eventually("it waits", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
			ana := h.agent("Ana")
			if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
				t.Fatalf("%v\n%s", err, h.log)
			}
			if at := ana.Open(k.ID()); !slices.Equal(at.Heard, []string{"is anybody there?"}) {
				t.Errorf("Ana heard %q", at.Heard)
			}
		})
	}
}
