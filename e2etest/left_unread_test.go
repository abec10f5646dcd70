package e2etest

import (
	"sync/atomic"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// An agent goes away between handing over and reading that back, and another's
// commit takes it out before it returns. It is shown the log up to there, so it
// learns that it left, and nothing that it still holds opens anything.
func TestWhoIsRemovedBeforeItReadThatItLeftForgetsAllTheSame(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	w := harness.NewWire(t)
	var deaf atomic.Bool
	w.Frame = func(f harness.Frame) [][]byte {
		if !f.Up && deaf.Load() {
			return nil
		}
		return [][]byte{f.Data}
	}
	ana, ben := d.Native(t, wire.Agent, w), d.Worker(t, "Ben")
	ana.AwaitWaiting(id, 3)
	ana.Claim(id)
	talks(t, customer, ana.In(id), "one")

	kp := ana.Take(ben.End.ID())
	deaf.Store(true)
	left := make(chan error, 1)
	go func() {
		defer close(left) // whatever ends it
		left <- ana.TryMove(id, conversation.Moves{Marks: wire.MarkLeave, Adds: []conversation.Newcomer{{Role: wire.Agent, KeyPackage: kp}}, History: harness.ForTransfer})
	}()
	ben.AwaitActive(id)
	w.Cut()
	talks(t, customer, ben, "two") // the first of them removes who left
	if len(ana.Loot(id).Opens(customer.Log(id))) < 2 {
		t.Fatal("she holds nothing: this proves nothing")
	}

	deaf.Store(false)
	w.Mend()
	ana.Reconnect()
	if err := <-left; err != nil {
		t.Error(err)
	}
	harness.Eventually(t, "Ana to read that she is out", func() (bool, string) { return len(ana.Log(id)) == removedAt(t, customer, ana, id), "" })
	if r := ana.In(id).Report(); r.State != conversation.NotMember || len(r.Heard) != 2 {
		t.Errorf("Ana: %+v", r)
	}
	if opens := ana.Loot(id).Opens(customer.Log(id)); len(opens) != 0 {
		t.Errorf("what she holds opens %v", opens)
	}
	talks(t, customer, ben, "three")
	if n := len(ana.Log(id)); n != removedAt(t, customer, ana, id) {
		t.Errorf("she was sent entry %d", n)
	}
	wantMembers(t, customer, customer, ben)
}

// removedAt is the number of the entry that removes a member.
func removedAt(t *testing.T, reader, who *harness.Native, id wire.ID) int {
	t.Helper()
	for i, raw := range reader.Log(id) {
		e, err := wire.DecodeEntry(raw)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == wire.KindCommit {
			for _, m := range e.Commit.Removes {
				if m == who.End.ID() {
					return i + 1
				}
			}
		}
	}
	t.Fatal("not removed")
	return 0
}
