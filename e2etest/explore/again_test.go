package explore

import (
	"testing"

	"github.com/sealwire/sealwire/wasm/conversation"
)

// Two commits are made on one head. The inbox is shown its own first and lets an
// agent in; the agent, who read that log, is shown the other commit first when it
// reads again. The secret that it was granted for that epoch is not the one of
// the commit that it is shown: it is dropped and told, nothing of that epoch
// opens, and at the latest where the agent came in the log is found to be another.
func TestAnotherCommitAtTheSecondReadingIsOpenedByNothing(t *testing.T) {
	p := NewPool(NewWorld(Setup{Checked: true, Inbox: true, Newcomers: 1}))
	const customer, agent, inbox = 0, 1, 2
	for _, by := range []int{inbox, customer} {
		must(p.Commit(by, conversation.Moves{}))
		must(p.Send(by))
	}
	ours, others := len(p.sent)-2, len(p.sent)-1
	must(p.Deliver(inbox, ours))
	must(p.Deliver(customer, others))
	p.Say(customer)
	must(p.Send(customer)) // sealed in the other commit's epoch
	must(p.Move(Claim, agent))
	must(p.Send(inbox))
	claim := len(p.sent) - 1

	first := func(n int) {
		t.Helper()
		if err := p.Deliver(agent, n); err != nil {
			t.Fatal(err)
		}
	}
	for n := range ours + 1 {
		first(n)
	}
	first(claim)
	if m := p.Members[agent]; m.state != conversation.Rereading || m.index != 0 {
		t.Fatalf("it does not read again: state %d at %d", m.state, m.index)
	}
	for n := range ours {
		first(n)
	}
	first(others)
	if p.False != 1 {
		t.Errorf("%d secrets are told as false", p.False)
	}
	first(claim - 1) // the message
	if opened := p.Members[agent].Shown; len(opened) != 0 {
		t.Errorf("%v is shown", opened)
	}
	for range 3 { // up to where it was let in, and beyond
		first(claim)
	}
	if m := p.Members[agent]; m.state != conversation.Forked {
		t.Errorf("state %d, and it was shown two logs", m.state)
	}
}
