package e2etest

import (
	"slices"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// messages are the numbers of the messages in a log, from one entry on.
func messages(t *testing.T, log [][]byte, from int) (numbers []int) {
	t.Helper()
	for i, raw := range log {
		e, err := wire.DecodeEntry(raw)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == wire.KindMessage && i+1 >= from {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

// begun is a native customer with a conversation that waits, with these texts in it.
func begun(t *testing.T, d *harness.Demo, texts ...string) (*harness.Native, wire.ID) {
	t.Helper()
	customer := d.NativeCustomer(t)
	for _, text := range texts {
		customer.Say(text)
	}
	return customer, customer.Conversation()
}

// talks is one text each way between a customer and who is in with it.
func talks(t *testing.T, customer, other *harness.Native, text string) {
	t.Helper()
	customer.Say(text + "?")
	other.AwaitText(text + "?")
	other.Say(text + "!")
	customer.AwaitText(text + "!")
}

// wantHeard wants that the texts which a member opened are these, in this order.
func wantHeard(t *testing.T, n *harness.Native, want ...string) {
	t.Helper()
	if got := n.Heard(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

// One conversation goes through claim, transfer to somebody who is away, park and
// resume. Each reads what it was granted, from the beginning; nobody who left
// opens anything afterwards, by its core or by any bytes that it kept.
func TestClaimTransferParkAndResumeAmongNativeMembers(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "is anybody there?")
	ana, ben, cleo := d.Worker(t, "Ana"), d.Worker(t, "Ben"), d.Worker(t, "Cleo")

	ana.AwaitWaiting(id, 3)
	ana.Claim(id)
	talks(t, customer, ana, "one")
	wantHeard(t, ana, "is anybody there?", "one?")
	kept := ana.Loot(id)

	ben.Cut()
	ana.Transfer(id, ben.End.ID())
	ben.Reconnect()
	ben.AwaitActive(id)
	talks(t, customer, ben, "two")
	wantHeard(t, ben, "is anybody there?", "one?", "one!", "two?")
	wantMembers(t, customer, customer, ben)

	ben.Park(id)
	customer.Say("and while it is parked")
	cleo.AwaitWaiting(id, uint64(len(customer.Log(id))))
	cleo.Claim(id)
	talks(t, customer, cleo, "three")
	wantHeard(t, cleo, "is anybody there?", "one?", "one!", "two?", "two!", "and while it is parked", "three?")
	wantMembers(t, customer, customer, cleo)

	log := customer.Log(id)
	for name, l := range map[string]*harness.Loot{"Ana, before she left,": kept, "Ana, leaving,": ana.Parting(id), "Ben": ben.Parting(id)} {
		wantNothingLater(t, name, l, log)
	}
	if r := ana.In(id).Report(); r.State != conversation.NotMember || len(r.Heard) != 2 {
		t.Errorf("Ana after the transfer: %+v", r)
	}
}

// wantNothingLater wants that what a member kept opens some of what it could
// read, and nothing from the commit by which it left on.
func wantNothingLater(t *testing.T, name string, l *harness.Loot, log [][]byte) {
	t.Helper()
	left := l.Left(log)
	opens := l.Opens(log)
	reads, err := l.Reads(log)
	if err != nil {
		t.Errorf("%s cannot read on: %v", name, err)
	}
	for _, n := range append(opens, reads...) {
		if n >= left {
			t.Errorf("what %s kept opens entry %d, after entry %d by which it left", name, n, left)
		}
	}
	if left == 0 || len(opens) < 2 || len(messages(t, log, left)) < 2 {
		t.Errorf("what %s kept opens %v of what it could read until %d, with %v after it: this proves nothing", name, opens, left, messages(t, log, left))
	}
}
