package conversation

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// claimed is a desk whose waiting customer Ana was just given, with all that was
// said. She has read up to there, and is about to read again.
func claimed(t *testing.T, before func(d *desk)) (*desk, *Conversation) {
	t.Helper()
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	if before != nil {
		before(d)
	}
	ana := d.company.agent("Ana")
	d.does(d.catchUp(d.inbox), Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim})
	c := ana.Join(d.customer.ID())
	for c.reread == 0 {
		d.step(c)
	}
	if c.Index() != 0 || c.State() != Rereading {
		t.Fatalf("at %d in state %d", c.Index(), c.State())
	}
	return d, c
}

// step has c read one entry.
func (d *desk) step(c *Conversation) *Event {
	d.t.Helper()
	ev, err := c.Receive(d.log.entries[c.Index()], d.now)
	if err != nil {
		d.t.Fatal(err)
	}
	return ev
}

// While it reads again an end makes nothing, and opens nothing that is not of the log.
func TestRereadingMakesNothing(t *testing.T) {
	var typing []byte
	d, c := claimed(t, func(d *desk) { typing = d.must(d.customer.Seal(d.now, wire.Passing, []byte("typing"))) })
	for c.State() == Rereading {
		for name, err := range map[string]error{
			"seal":         errOf(c.Seal(d.now, wire.Stored, []byte("x"))),
			"seal passing": errOf(c.Seal(d.now, wire.Passing, []byte("x"))),
			"commit":       errOf(c.Commit(d.now, Moves{})),
			"leave":        errOf(c.Commit(d.now, Moves{Marks: wire.MarkLeave})),
			"ask":          errOf(c.JoinRequest(d.now)),
			"due":          errOf(c.Due(d.now)),
			"pass":         errOf(c.Pass(typing)), // sealed in an epoch that it was granted
		} {
			if err != error(wire.Unavailable) {
				t.Errorf("%s at %d: %v", name, c.Index(), err)
			}
		}
		d.step(c)
	}
	d.commit(c)
	d.send(c, "two")
	same(t, "the customer", d.sees(d.customer), "one", "two")
	if _, err := c.Pass(d.must(d.customer.Seal(d.now, wire.Passing, []byte("typing")))); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func errOf[T any](_ T, err error) error { return err }

// What others ask, doubt, forge and close while an end reads again comes to the
// same as if it had been there.
func TestRereadingComesToWhatTheOthersCameTo(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(d *desk) // the claim
		after  func(d *desk)
		state  State
	}{
		{"a join request that stands", nil, func(d *desk) {
			d.log.mustAppend(d.must(requestOf(d.customer.end, d.customer, d.customer.Self())))
		}, Active},
		{"doubt that was settled before the claim", func(d *desk) {
			d.log.entries = append(d.log.entries, doubtOf(d))
			d.commit(d.catchUp(d.customer))
		}, nil, Active},
		{"doubt that was raised before the claim", func(d *desk) { d.log.entries = append(d.log.entries, doubtOf(d)) }, nil, Active},
		{"doubt after it", nil, func(d *desk) {
			d.commit(d.catchUp(d.customer))
			d.log.entries = append(d.log.entries, doubtOf(d))
		}, Doubtful},
		{"garbage", func(d *desk) {
			d.log.entries = append(d.log.entries, changed(d.log.entries[len(d.log.entries)-1], 300, []byte{1, 2, 3}, 0, nil))
		}, nil, Active},
		{"the end of it", nil, func(d *desk) {
			d.commit(d.catchUp(d.customer))
			d.log.mustAppend(d.must(d.customer.Commit(d.now, Moves{Marks: wire.MarkClose})))
		}, Closed},
		{"that it was removed", nil, func(d *desk) {
			d.read(d.customer)
			var ana wire.ID
			for _, m := range d.customer.Members() {
				if m.Role == wire.Agent {
					ana = m.ID
				}
			}
			d.must(d.customer.Commit(d.now, Moves{Removes: []wire.ID{ana}}))
			d.log.mustAppend(d.customer.Pending())
		}, NotMember},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, c := claimed(t, row.before)
			d.step(c)
			if row.after != nil {
				row.after(d)
			}
			same(t, "Ana", d.sees(c), "one")
			if c.State() != row.state {
				t.Errorf("state %d, want %d", c.State(), row.state)
			}
			d.read(d.customer)
			if c.TranscriptHash() != d.customer.TranscriptHash() || c.LogHash() != d.customer.LogHash() || len(c.Joins()) != len(d.customer.Joins()) {
				t.Error("the customer came to something else")
			}
			if c.State() != Active && c.State() != Doubtful && len(c.past) != 0 {
				t.Error("the past is still there")
			}
		})
	}
}

// doubtOf is what a relay makes of the customer's next message: it does not open,
// and tells of another log.
func doubtOf(d *desk) []byte {
	d.t.Helper()
	return changed(d.must(copyOf(d.t, d.catchUp(d.customer)).Seal(d.now, wire.Stored, []byte("x"))), 75, []byte{9, 9, 9}, 0, nil)
}

// A message that saw another log is found by who can open it: the second time.
func TestRereadingFindsAFork(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.read(d.inbox)
	ana := d.company.agent("Ana")
	d.must(d.inbox.Commit(d.now, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim}))
	d.read(d.customer)
	other := copyOf(t, d.customer)
	other.hashes[len(other.hashes)-1][0] ^= 1
	d.log.mustAppend(d.must(other.Seal(d.now, wire.Stored, []byte("of another log"))))
	d.log.mustAppend(d.inbox.Pending()) // made before that was there
	c := ana.Join(d.customer.ID())
	var code wire.Code
	for _, ev := range d.read(c) {
		if ev.Code != wire.BeforeJoin && code == 0 {
			code = ev.Code
		}
	}
	if code != wire.ForkedLog || c.State() != Forked || c.ForkedBy() != d.customer.Self() || c.ready() != wire.ForkedLog {
		t.Errorf("%v, state %d", code, c.State())
	}
}

// A message that is sealed again after a transfer, because the relay said that it
// had not stored it, is shown once to whoever can open both, and once to whoever
// can open the second alone.
func TestMessageSealedAgainAcrossATransferIsShownOnce(t *testing.T) {
	for _, row := range []struct {
		name   string
		reason uint8
	}{{"granted", forTransfer}, {"not granted", 0}} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.read(d.inbox)
			ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
			d.read(d.customer)
			unaware := copyOf(t, d.customer)
			first := d.must(unaware.Seal(d.now, wire.Stored, []byte("am I there?")))
			d.log.mustAppend(first)
			d.read(ana)
			ben := d.company.agent("Ben")
			d.does(ana, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ben)}}, History: row.reason})
			// The customer's end was shown all but its message, and seals it again.
			c := ben.Join(d.customer.ID())
			shown := d.sees(c)
			d.commit(c)
			d.read(d.customer)
			again := *d.customer
			again.counters = slices.Clone(unaware.counters)
			second := d.must(again.Reseal(d.now, first, []byte("am I there?")))
			d.log.mustAppend(second)
			same(t, "Ben", append(shown, d.sees(c)...), "am I there?")
			same(t, "the customer", d.sees(d.customer))
		})
	}
}

// Somebody comes back: nothing is lost to it, and by their ids nothing is new twice.
func TestWhoComesBack(t *testing.T) {
	for _, row := range []struct {
		name   string
		reason uint8
		fresh  bool // its page begins with nothing but its keys
		want   []string
	}{
		{"with what was said meanwhile", forTransfer, false, []string{"one", "two", "three", "one", "two", "three", "four", "five"}},
		{"on another page load", forTransfer, true, []string{"one", "two", "three", "one", "two", "three", "four", "five"}},
		{"with nothing", 0, false, []string{"one", "two", "three", "five"}},
		{"with nothing, on another page load", 0, true, []string{"one", "two", "three", "five"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t, nil)
			d.send(d.customer, "one")
			d.read(d.inbox)
			e := d.company.agent("Ana")
			d.does(d.inbox, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(e)}}, History: forClaim})
			ana := e.Join(d.customer.ID())
			ids := map[wire.ID]string{}
			var shown []string
			reads := func(c *Conversation) {
				for _, ev := range d.read(c) {
					if ev.Type == Opened {
						ids[ev.ID] = string(ev.Content)
						shown = append(shown, string(ev.Content))
					}
				}
			}
			reads(ana)
			d.commit(ana)
			d.send(ana, "two")
			d.send(d.customer, "three")
			reads(ana)
			ben := d.handsTo(ana, d.company.agent("Ben"), forTransfer)
			d.send(ben, "four")
			d.read(ben)
			if row.fresh {
				ana = reload(t, ana.end.Join(d.customer.ID()))
				e = ana.end
			}
			d.does(ben, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(e)}}, History: row.reason})
			reads(ana)
			d.commit(ana)
			d.send(d.customer, "five")
			reads(ana)
			same(t, "Ana", shown, row.want...)
			want := slices.Compact(slices.Sorted(slices.Values(row.want)))
			if len(ids) != len(want) {
				t.Errorf("%d messages have ids, of %d", len(ids), len(want))
			}
			d.send(ana, "six")
			same(t, "the customer", d.sees(d.customer), "five", "six")
			if ev := d.last(ana); ev.Type != Opened || ev.Gap != 0 {
				t.Errorf("her own next one: %+v", ev)
			}
		})
	}
}

// A last-resort key package opens its commit once more. What was granted for that
// epoch is held against the commit all the same, and not granted on if it is false.
func TestFalseSecretIsFoundThoughTheEpochOpensOtherwise(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.read(d.inbox)
	ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
	ana.past[0].secret[0] ^= 1
	d.does(ana, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Inbox, d.lastResort(d.inbox.end)}}, History: forPark})
	var told []uint64
	for _, ev := range d.read(d.inbox) {
		if ev.Code == wire.OpenFailed {
			told = append(told, ev.Epoch)
		}
	}
	if !slices.Equal(told, []uint64{0}) || d.inbox.past[0].number == 0 || d.inbox.State() != Active {
		t.Errorf("told of %v, keeps from %d, state %d", told, d.inbox.past[0].number, d.inbox.State())
	}
}

// Claim, transfer and park, each end's process ending after each thing that it did.
func TestMovesSurviveAReloadAtEachStep(t *testing.T) {
	d := newDesk(t, nil)
	ends := []*Conversation{d.customer, d.inbox}
	crash := func() {
		for _, c := range ends {
			*c = *reload(t, c)
		}
	}
	texts := make(map[int][]string)
	settle := func() {
		for more := true; more; {
			more = false
			for i, c := range ends {
				if c.Index() < uint64(len(d.log.entries)) {
					more = true
					if ev := d.step(c); ev.Type == Opened {
						texts[i] = append(texts[i], string(ev.Content))
					}
					crash()
				}
			}
		}
	}
	does := func(c *Conversation, moves Moves) {
		d.must(c.Commit(d.now, moves))
		crash()
		d.log.mustAppend(c.Pending())
		crash()
		settle()
	}
	says := func(c *Conversation, text string) {
		d.must(c.Commit(d.now, Moves{})) // a page load's first
		d.log.mustAppend(c.Pending())
		if ev := d.step(c); ev.Type != Applied {
			t.Fatalf("%+v", ev)
		}
		d.log.mustAppend(d.must(c.Seal(d.now, wire.Stored, []byte(text))))
		crash()
		settle()
	}
	hand := func(from, to *Conversation, kp []byte, reason uint8) {
		crash()
		does(from, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{to.end.role, kp}}, History: reason})
		does(to, Moves{})
	}
	settle()
	says(d.customer, "one")
	for _, name := range []string{"Ana", "Ben"} {
		c := d.company.agent(name).Join(d.customer.ID())
		ends = append(ends, c)
	}
	ana, ben := ends[2], ends[3]
	settle()
	hand(d.inbox, ana, d.offer(ana.end), forClaim)
	says(ana, "two")
	hand(ana, ben, d.offer(ben.end), forTransfer)
	says(d.customer, "three")
	hand(ben, d.inbox, d.lastResort(d.inbox.end), forPark)
	says(d.customer, "four")
	hand(d.inbox, ana, d.offer(ana.end), forClaim)
	says(ana, "five")
	for i, want := range [][]string{
		{"one", "two", "three", "four", "five"},
		{"one", "one", "two", "three", "four"},
		{"one", "two", "one", "two", "three", "four", "five"},
		{"one", "two", "three"},
	} {
		same(t, fmt.Sprint("end ", i), texts[i], want...)
	}
}
