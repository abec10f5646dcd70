package e2etest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// moments are when the power goes: so long after a claim is asked for, or when
// something of it shows. In the short run only some.
var moments = []struct {
	name  string
	after time.Duration
	short bool
}{
	{"as it is asked for", 0, true}, {"2 ms later", 2 * time.Millisecond, false}, {"5 ms later", 5 * time.Millisecond, true},
	{"10 ms later", 10 * time.Millisecond, false}, {"15 ms later", 15 * time.Millisecond, true}, {"25 ms later", 25 * time.Millisecond, false},
	{"when the customer is shown the commit", -1, true}, {"when the agent is shown the log", -2, false}, {"when it is answered", -3, true},
}

// The power goes for authority and relay, at each step of a claim: afterwards one
// of two is in, whoever was told so stays in, and nothing is lost.
func TestAPowerCutAtAnyStepOfAClaimLeavesOneWinner(t *testing.T) {
	for _, m := range moments {
		t.Run(m.name, func(t *testing.T) {
			if !m.short {
				long(t)
			}
			d := harness.StartDemo(t)
			var once sync.Once
			cut := make(chan struct{})
			power := func() { once.Do(func() { d.Kill(); close(cut) }) }
			at := harness.NewWire(t)
			at.Through = func(f harness.Frame, on *harness.Socket) {
				on.Send(f)
				if _, body, err := relay.DecodeFrame(f.Data); err == nil && m.after == -1 && !f.Up {
					if e, ok := body.(relay.Entry); ok && adds(e.Entry, wire.Agent) {
						power()
					}
				}
			}
			customer := d.Native(t, wire.Customer, at)
			customer.Say("is anybody there?")
			id := customer.Conversation()
			ana, ben := d.Worker(t, "Ana"), d.Worker(t, "Ben")
			ana.AwaitWaiting(id, 3)
			anas, bens := ana.Offer(), ben.Offer()
			if m.after == -2 {
				ana.On(func(b relay.Body) {
					if _, ok := b.(relay.Entry); ok {
						go power()
					}
				})
			}

			first := make(chan error, 1)
			go func() { first <- ana.TryClaim(id, anas) }()
			if m.after >= 0 {
				time.AfterFunc(m.after, power)
			}
			told := <-first
			if m.after == -3 || m.after < 0 && told != nil {
				power()
			}
			<-cut
			d.Start()
			for _, n := range []*harness.Native{customer, ana, ben} {
				n.Reconnect()
			}
			answers := []error{settledClaim(t, ben, id, bens), settledClaim(t, ana, id, anas)}
			winner, loser := ben, ana
			if answers[0] != nil {
				winner, loser = ana, ben
			}
			if (answers[0] == nil) == (answers[1] == nil) {
				t.Fatalf("Ben was told %v, Ana %v", answers[0], answers[1])
			}
			if told == nil && winner != ana {
				t.Error("Ana was told that it is hers, and Ben has it")
			}
			winner.AwaitActive(id)
			talks(t, customer, winner, "here we are")
			wantHeard(t, winner, "is anybody there?", "here we are?")
			wantMembers(t, customer, customer, winner)
			if slices.Contains(customer.Report().Members, loser.End.ID()) || loser.Report().Began && loser.Report().State == 1 {
				t.Error("who lost is in")
			}
		})
	}
}

// adds says whether an entry is a commit that adds somebody in this role.
func adds(raw []byte, role wire.Role) bool {
	e, err := wire.DecodeEntry(raw)
	return err == nil && e.Kind == wire.KindCommit && slices.ContainsFunc(e.Commit.Adds, func(a wire.Add) bool { return a.Role == role })
}

// settledClaim claims, with the same key package, until that is decided.
func settledClaim(t *testing.T, n *harness.Native, id wire.ID, offer []byte) (answer error) {
	t.Helper()
	harness.Eventually(t, "the claim to be decided", func() (bool, string) {
		answer = n.TryClaim(id, offer)
		var r *harness.Refused
		return answer == nil || errors.As(answer, &r) && r.Code == wire.BadCommit, fmt.Sprint(answer)
	})
	return answer
}
