//go:build unix

package main

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// claimant is an agent who claims one conversation, again and again with the
// same key package, as a desk does.
type claimant struct {
	*authoritytest.Person
	ticket string
	claim  map[string]string
	status int
}

// claims gives the last status: 200, or 409 where another won. Where the process
// is killed meanwhile it is 0.
func (f *firm) claims(c *claimant) int {
	f.t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for ctx := relaytest.Context(f.t); ; <-again.C {
		status, err := tryCall(f.t, f.authority.Addr, "claim", c.ticket, c.claim, nil)
		switch {
		case err != nil:
			return 0
		case status == 200, status == 409:
			return status
		case status != 404 && status != 503 && status != 429: // not listed yet, not decided yet
			f.t.Fatalf("claim: %d\n%s", status, f.authority.log)
		case ctx.Err() != nil:
			f.t.Fatalf("never decided: %d\n%s", status, f.authority.log)
		}
	}
}

// The authority's process dies by kill -9 at each step of a claim, and another is
// started on what it left: one of two claimants is in, the one who is told so, and
// reads what was said before.
func TestKilledAuthorityHasOneWinner(t *testing.T) {
	for _, step := range []string{"claim made", "claim saved", "sent", "claim read", "claim stored", "acknowledged"} {
		t.Run(step, func(t *testing.T) {
			f := newFirm(t)
			when := filepath.Join(t.TempDir(), "now")
			f.open(killAt+"="+step, killWhen+"="+when)
			killed := f.authority
			root := f.org.RootKey()
			c := f.customer(wire.Hash(root))
			k := f.waits(c)
			all := []*claimant{{Person: f.agent(root)}, {Person: f.agent(root)}}
			for i, a := range all {
				if a.ticket, a.status = f.logs(a.Person, []string{"Ana", "Ben"}[i]); a.status != 200 {
					t.Fatal(a.status)
				}
				a.Connect()
				a.claim = claimOf(k, a.Offer())
			}
			f.wait("all is read", func() bool {
				var b struct {
					Waiting []struct{ Entries uint64 }
				}
				call(t, f.authority.Addr, "queues", all[0].ticket, nil, &b)
				return len(b.Waiting) == 1 && b.Waiting[0].Entries == k.Index()
			})
			if err := os.WriteFile(when, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			first := f.claims(all[0])
			killed.read.Wait() // it is dead
			if killed.cmd.Wait() == nil || killed.cmd.ProcessState.Exited() {
				t.Fatalf("the process was not killed: %v\n%s", killed.cmd.ProcessState, killed.log)
			}
			f.open()
			for _, a := range all {
				if a.ticket, a.status = f.session(a.Person); a.status != 200 {
					t.Fatal(a.status)
				}
			}
			for _, a := range []*claimant{all[1], all[0], all[1]} { // each as it stays
				a.status = f.claims(a)
			}
			if all[0].status == all[1].status {
				t.Fatalf("both are told %d\n%s", all[0].status, f.authority.log)
			}
			if first == 200 && all[0].status != 200 {
				t.Error("who was told that she won is told that another did")
			}
			if step != "claim made" && all[0].status != 200 {
				t.Error("the claim was on disk, and another won")
			}
			winner, loser := all[0], all[1]
			if winner.status != 200 {
				winner, loser = loser, winner
			}
			winner.Connect()
			at := winner.Open(k.ID())
			if !slices.Equal(at.Heard, []string{"is anybody there?"}) {
				t.Errorf("the winner heard %q", at.Heard)
			}
			winner.Say(at, "here I am")
			c.Connect()
			c.Until(k, "the winner's word comes", func() bool { return slices.Contains(k.Heard, "here I am") })
			for _, m := range k.Members() {
				if id := loser.ID(); m.ID == id {
					t.Errorf("the loser %s is in, too", hex.EncodeToString(id[:]))
				}
			}
		})
	}
}
