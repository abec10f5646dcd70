package e2etest

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// held is a wire that holds back the messages that go up through it while it is
// told to, and lets them go when it is told to.
type held struct {
	*harness.Wire
	holds  atomic.Bool
	frames chan func()
}

func holdingWire(t *testing.T) *held {
	t.Helper()
	h := &held{Wire: harness.NewWire(t), frames: make(chan func(), 64)}
	h.Through = func(f harness.Frame, on *harness.Socket) {
		if _, body, err := relay.DecodeFrame(f.Data); f.Up && err == nil && h.holds.Load() {
			if a, ok := body.(relay.Append); ok {
				if e, err := wire.DecodeEntry(a.Entry); err == nil && e.Kind == wire.KindMessage {
					h.frames <- func() { on.Send(f) }
					return
				}
			}
		}
		on.Send(f)
	}
	return h
}

// await waits until a message is held.
func (h *held) await(t *testing.T) {
	t.Helper()
	harness.Eventually(t, "a message to be on its way", func() (bool, string) { return len(h.frames) > 0, "" })
}

// release lets all that is held go on, and holds nothing any more.
func (h *held) release() {
	h.holds.Store(false)
	for len(h.frames) > 0 {
		(<-h.frames)()
	}
}

// P15: the agent hands over while fifty messages wait at a customer, the first of
// them sealed already. All reach who is in now, once and in order, and none opens
// to who left.
func TestP15_WhatIsQueuedDuringATransferIsForWhoIsInThen(t *testing.T) {
	for name, offline := range map[string]bool{"the customer is offline": true, "a message is on its way": false} {
		t.Run(name, func(t *testing.T) {
			d := harness.StartDemo(t)
			w := holdingWire(t)
			customer := d.Native(t, wire.Customer, w.Wire)
			customer.Say("hello?")
			id := customer.Conversation()
			ana, ben := d.Worker(t, "Ana"), d.Worker(t, "Ben")
			ana.Claim(id)
			talks(t, customer, ana, "with Ana")
			kept := ana.Loot(id)

			w.holds.Store(true)
			var queued []string
			for i := range 50 {
				queued = append(queued, fmt.Sprintf("queued %02d", i))
				customer.Try(queued[i])
			}
			w.await(t) // sealed for Ana
			if offline {
				w.Cut()
			}
			ana.Transfer(id, ben.End.ID())
			ben.AwaitActive(id)
			w.release()
			if offline {
				w.Mend()
				customer.Reconnect()
			}
			ben.AwaitText(queued[49])
			talks(t, customer, ben, "with Ben")
			wantHeard(t, ben, slices.Concat([]string{"hello?", "with Ana?", "with Ana!"}, queued, []string{"with Ben?"})...)
			if r := ben.Report(); r.Gap != 0 {
				t.Errorf("%d messages are missing", r.Gap)
			}
			log := customer.Log(id)
			for _, l := range []*harness.Loot{kept, ana.Parting(id)} {
				wantNothingLater(t, "Ana", l, log)
			}
			wantNothingLeft(t, "Ana", ana.Left(id), log)
			wantHeard(t, ana.In(id), "hello?", "with Ana?")
			if r := customer.Report(); len(r.Said) != 53 || !offline && !slices.Contains(r.Codes, wire.StaleEpoch) {
				t.Errorf("the customer sent %d texts, and was answered %v", len(r.Said), r.Codes)
			}
		})
	}
}

// A transfer and a message, a transfer and a park: whatever comes first, the
// other is made again or refused, and one conversation goes on.
func TestMovesThatCrossEachOtherLoseNothing(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	ana, ben, cleo := d.Worker(t, "Ana"), d.Worker(t, "Ben"), d.Worker(t, "Cleo")
	ana.Claim(id)
	ana.Invite(id, ben.End.ID(), wire.Agent, harness.ForConference)
	ben.AwaitActive(id)
	talks(t, customer, ana, "with both") // however soon she leaves, she could read that
	crossed := make(chan error, 2)
	toCleo := conversation.Moves{Marks: wire.MarkLeave, Adds: []conversation.Newcomer{{Role: wire.Agent, KeyPackage: ana.Take(cleo.End.ID())}}, History: harness.ForTransfer}
	toQueue := conversation.Moves{Marks: wire.MarkLeave, Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: ben.TakeInbox()}}, History: harness.ForPark}
	for i := range 5 {
		customer.Try(fmt.Sprintf("meanwhile %d", i))
	}
	go func() { crossed <- ana.TryMove(id, toCleo) }()
	go func() { crossed <- ben.TryMove(id, toQueue) }()
	for range 2 {
		if err := <-crossed; err != nil {
			t.Error(err)
		}
	}
	cleo.AwaitActive(id)
	talks(t, customer, cleo, "and now")
	wantHeard(t, cleo, "hello?", "with both?", "with both!", "meanwhile 0", "meanwhile 1", "meanwhile 2", "meanwhile 3", "meanwhile 4", "and now?")
	for _, n := range []*harness.Native{ana, ben} {
		wantNothingLater(t, "who left", n.Parting(id), customer.Log(id))
	}
}
