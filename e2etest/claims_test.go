package e2etest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/wasm/wire"
)

// desks are five agents who are there: names repeat, for an agent may sit at two.
var deskNames = []string{"Ana", "Ben", "Cleo", "Ana", "Ben"}

func desks(t *testing.T, d *harness.Demo) (all []*harness.Native) {
	t.Helper()
	for _, name := range deskNames {
		n := d.Worker(t, name)
		if _, err := n.Queues(0); err != nil { // signed in before anything happens
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// claimAll has each claim the conversation at one moment, and gives who won.
func claimAll(t *testing.T, id wire.ID, all []*harness.Native) int {
	t.Helper()
	offers, answers := make([][]byte, len(all)), make([]error, len(all))
	for i, n := range all {
		offers[i] = n.Offer()
	}
	var ready, done sync.WaitGroup
	ready.Add(1)
	for i, n := range all {
		done.Go(func() {
			ready.Wait()
			answers[i] = n.TryClaim(id, offers[i])
		})
	}
	ready.Done()
	done.Wait()
	winner := slices.Index(answers, nil)
	for i, err := range answers {
		var r *harness.Refused
		switch {
		case i == winner:
		case err == nil:
			t.Errorf("%s and %s were both told that it is theirs", deskNames[winner], deskNames[i])
		case !errors.As(err, &r) || r.Status != 409 || r.Code != wire.BadCommit || r.By == "":
			t.Errorf("who lost was answered %v, want 409 %v and by whom", err, wire.BadCommit)
		case winner >= 0 && r.By != deskNames[winner]:
			t.Errorf("who lost was told that %s has it; %s has", r.By, deskNames[winner])
		}
	}
	if winner < 0 {
		t.Fatalf("nobody won: %v", answers)
	}
	return winner
}

// A conversation is begun and written in with no agent anywhere; five claim it at
// one moment; one is in, reads all of it from the beginning, and the four others
// are in nothing.
func TestFiveClaimsAtOneMomentHaveOneWinnerInGo(t *testing.T) {
	d := harness.StartDemo(t)
	customer := d.NativeCustomer(t)
	customer.Say("is anybody there?")
	customer.Say("I shall wait")
	agents := desks(t, d)
	id := customer.Conversation()
	agents[0].AwaitWaiting(id, 3)

	winner := claimAll(t, id, agents)
	agent := agents[winner]
	agent.AwaitActive(id)
	agent.Say("I am " + deskNames[winner])
	customer.AwaitText("I am " + deskNames[winner])
	customer.Say("at last")
	agent.AwaitText("at last")
	if heard := agent.Heard(); !slices.Equal(heard, []string{"is anybody there?", "I shall wait", "at last"}) {
		t.Errorf("the winner read %q", heard)
	}
	wantMembers(t, customer, customer, agent)
	for i, n := range agents {
		if i != winner && n.Report().Began {
			t.Errorf("%s lost, and is in a conversation: %+v", deskNames[i], n.Report())
		}
	}
}

// wantMembers wants that the roster of who's conversation is these, of it alone.
func wantMembers(t *testing.T, who *harness.Native, these ...*harness.Native) {
	t.Helper()
	var want []string
	for _, n := range these {
		id := n.End.ID()
		want = append(want, hex.EncodeToString(id[:]))
	}
	slices.Sort(want)
	harness.Eventually(t, "the roster to be as it should", func() (bool, string) {
		var got []string
		for _, m := range who.Members() {
			if !m.Leaving {
				got = append(got, hex.EncodeToString(m.ID[:]))
			}
		}
		slices.Sort(got)
		return slices.Equal(got, want), fmt.Sprint(got, ", want ", want)
	})
}
