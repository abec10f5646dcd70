package inbox

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// skewedHouse is a house whose relay and inboxes have a clock that can be set ahead.
func skewedHouse(t *testing.T) (*house, *skewed) {
	t.Helper()
	clock := &skewed{}
	return newHouseWith(t, clock.now, func(c *relay.Config) { c.Limits.Session = 1000 * time.Hour }), clock
}

// kept tells how many conversations are on disk, and how many are left alone.
func (h *house) kept() (rows, left int) {
	h.t.Helper()
	all, err := h.store.Rows(h.t.Context(), "default")
	if err != nil {
		h.t.Fatal(err)
	}
	alone, err := h.store.Left(h.t.Context(), "default")
	if err != nil {
		h.t.Fatal(err)
	}
	return len(all), len(alone)
}

func TestNinthConversationOfACustomerTakesThePlaceOfTheOldest(t *testing.T) {
	h := newHouseWith(t, time.Now, func(c *relay.Config) { c.Limits.GenesisBurst = 100 })
	other := h.customer()
	others := h.begin(other)
	c := h.customer()
	all := make([]*authoritytest.Talk, perCustomer+1)
	kp := c.Take("default")
	for i := range all {
		all[i] = h.beginWith(c, kp)
	}
	h.eventually("the oldest waits no more", func() bool { return h.waiting(all[0].ID()) == nil })
	for i, k := range all[1:] {
		if h.waiting(k.ID()) == nil {
			t.Errorf("conversation %d waits no more", i+1)
		}
	}
	if h.waiting(others.ID()) == nil {
		t.Error("another customer's waits no more")
	}
	c.Until(all[0], "the inbox leaves", func() bool { return inboxOf(t, all[0]).Leaving })
	ana := h.agent("Ana")
	if err := h.claim(ana, all[0].ID(), ana.Offer()); err != ErrNothing {
		t.Errorf("claimed what waits no more: %v", err)
	}
	h.eventually("its state is gone", func() bool { rows, left := h.kept(); return rows == perCustomer+1 && left == 1 })
	for range 2 { // also after a restart, it does not come back by itself
		in := h.set.inboxes["default"]
		h.eventually("the conversations are listed", func() (listed bool) {
			in.call(func() { listed = in.link != nil && !in.listing && !in.listed.IsZero() })
			return listed
		})
		in.call(func() {
			if in.talks[all[0].ID()] != nil {
				t.Error("it is read again")
			}
		})
		h.close()
		h.open()
	}
	// Its customer brings it back; the oldest of the others goes.
	if err := c.Commit(all[0], conversation.Moves{Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: kp}}}); err != nil {
		t.Fatal(err)
	}
	h.eventually("it waits again, and another goes", func() bool { return h.waiting(all[0].ID()) != nil && h.waiting(all[1].ID()) == nil })
	c.Say(all[0], "me again")
	h.eventually("all is read", func() bool { w := h.waiting(all[0].ID()); return w != nil && w.Entries >= all[0].Index() })
	if err := h.claim(ana, all[0].ID(), ana.Offer()); err != nil {
		t.Fatalf("%v\n%s", err, h.log)
	}
	if at := ana.Open(all[0].ID()); len(at.Heard) != 1 {
		t.Errorf("Ana heard %q", at.Heard)
	}
}

func TestSilentConversationIsLeftWhenThePolicyKeepsNothingOfIt(t *testing.T) {
	h, clock := skewedHouse(t)
	policy := h.Org.Manifest.Policy
	policy.RetentionDays = 2
	raw := h.renew(authority.Options{Policy: &policy})
	if err := h.Relay.SetManifest(t.Context(), h.Tenant(), raw); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetManifest(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	c := h.customer()
	k := h.begin(c)
	clock.set(47 * time.Hour)
	lively := h.begin(c) // by its own clock it begins now, two days ago
	h.set.inboxes["default"].call(func() {
		in := h.set.inboxes["default"]
		in.talks[lively.ID()].row.Heard = in.millis()
		in.silent()
	})
	if h.waiting(k.ID()) == nil {
		t.Fatal("it is left an hour too soon")
	}
	clock.set(49 * time.Hour)
	h.eventually("the silent one waits no more", func() bool { return h.waiting(k.ID()) == nil })
	if h.waiting(lively.ID()) == nil {
		t.Error("the other waits no more, either")
	}
	c.Until(k, "the inbox leaves", func() bool { return inboxOf(t, k).Leaving })
	h.eventually("its state is gone", func() bool { rows, left := h.kept(); return rows == 1 && left == 1 })
}

func TestWhatWasReplacedGoesFromTheDiskSoon(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Say(k, "is anybody there?")
	h.eventually("all is read", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
	h.eventually("the write-ahead log holds nothing", func() bool {
		info, err := os.Stat(filepath.Join(h.dir, store.DatabaseFile+"-wal"))
		return err == nil && info.Size() == 0
	})
}

func TestClosedConversationLeavesNothingAndIsNotReadAgain(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	if err := c.Commit(k, conversation.Moves{Marks: wire.MarkClose}); err != nil {
		t.Fatal(err)
	}
	h.eventually("nothing of it is kept", func() bool { rows, _ := h.kept(); return rows == 0 && h.waiting(k.ID()) == nil })
	in := h.set.inboxes["default"]
	var first time.Time
	in.call(func() { first = in.listed })
	h.eventually("the conversations are listed anew", func() (anew bool) {
		in.call(func() {
			anew = !in.listing && in.listed.After(first)
			if len(in.talks) != 0 {
				t.Error("it is followed again")
			}
		})
		return anew || t.Failed()
	})
}

func TestRelayThatNamesMoreAndMoreFillsNoMemory(t *testing.T) {
	h := newHouse(t)
	k := h.begin(h.customer())
	in := h.set.inboxes["default"]
	in.call(func() {
		in.link.asks = rate.NewLimiter(0, 0)
		all := relay.List{}
		for i := range maxTalks + 10 {
			all.Conversations = append(all.Conversations, relay.ListItem{Conversation: wire.ID{1, byte(i), byte(i >> 8), byte(i >> 16)}, Sequence: 1})
		}
		for _, item := range all.Conversations[:maxTalks/2] {
			in.left[item.Conversation] = store.Left{Index: 1}
		}
		in.heads(all)
		if n := len(in.talks) + len(in.left); n != maxTalks || in.talks[k.ID()] == nil {
			t.Errorf("%d are known, want %d", n, maxTalks)
		}
		in.end() // it has seen enough
	})
}

func TestForkedConversationIsForgottenAfterADay(t *testing.T) {
	h, clock := skewedHouse(t)
	k := h.begin(h.customer())
	in := h.set.inboxes["default"]
	in.call(func() { in.forked(in.talks[k.ID()]) })
	if rows, left := h.kept(); rows != 1 || left != 0 {
		t.Fatalf("at once %d rows are kept and %d are left alone", rows, left)
	}
	clock.set(25 * time.Hour)
	h.eventually("its state is gone", func() bool { rows, _ := h.kept(); return rows == 0 })
	in.call(func() {
		if in.left[k.ID()].Index != math.MaxInt64 || !in.rests(k.ID(), 1<<40) {
			t.Error("whatever the relay shows next is read anew")
		}
		in.prune(nil)
		if _, there := in.left[k.ID()]; !there {
			t.Error("a relay that does not name it for a moment makes it new")
		}
	})
}

// Who wants to be followed comes in turn, once, and claims come first.
func TestEachConversationIsFollowedInItsTurnAndClaimsFirst(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.times.following = 2
	h.open()
	talks := make([]*authoritytest.Talk, 6)
	for i := range talks {
		talks[i] = h.begin(h.customer())
	}
	in := h.set.inboxes["default"]
	in.call(func() {
		in.link.asks = rate.NewLimiter(0, 0)
		for e := in.follows.Front(); e != nil; e = in.follows.Front() {
			in.unfollow(e.Value.(*talk))
		}
		in.wants.Init()
		for _, t := range in.talks {
			t.wanted, t.asking = nil, false
		}
		for _, k := range append(talks, talks[0], talks[1]) { // who wants it again does not come before others
			in.follow(in.talks[k.ID()])
		}
		if in.wants.Len() != len(talks) {
			t.Fatalf("%d want to be followed, want %d", in.wants.Len(), len(talks))
		}
		for i, e := 0, in.wants.Front(); e != nil; i, e = i+1, e.Next() {
			if e.Value.(*talk).id != talks[i].ID() {
				t.Errorf("the turn of %d is another's", i)
			}
		}
		claimed := in.talks[talks[4].ID()]
		in.claims[claimed.id] = &claim{}
		in.follow(claimed)
		if in.wants.Front().Value != claimed {
			t.Error("a claim waits behind others")
		}
		delete(in.claims, claimed.id)
		in.link.asks = rate.NewLimiter(1000, 1000)
	})
	// Each has its turn, though there is room for two.
	h.eventually("none waits for its turn", func() (none bool) {
		in.call(func() { none = in.wants.Len() == 0 && in.asked == 0 })
		return none
	})
}

func TestOneThatNeverComesToItsEndDoesNotKeepTheRoomForEver(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.times.following, h.times.patience = 1, 50*time.Millisecond
	h.open()
	first, second := h.begin(h.customer()), h.begin(h.customer())
	in := h.set.inboxes["default"]
	in.call(func() {
		a, b := in.talks[first.ID()], in.talks[second.ID()]
		in.unfollow(b)
		a.head = 1 << 20 // the relay says so, and shows nothing
		in.follow(a)
	})
	h.eventually("the first is followed", func() (there bool) {
		in.call(func() { a := in.talks[first.ID()]; there = a.following; a.head = 1 << 20 })
		return there
	})
	in.call(func() { in.follow(in.talks[second.ID()]) })
	h.eventually("the second is followed", func() (there bool) {
		in.call(func() { there = in.talks[second.ID()].following })
		return there
	})
}
