package e2etest

import (
	"fmt"
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

	ben.OfferOnce()
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
	wantNothingLeft(t, "Ana", ana.Left(id), log)
	wantNothingLeft(t, "Ben", ben.Left(id), log)
	if r := ana.In(id).Report(); r.State != conversation.NotMember || len(r.Heard) != 2 {
		t.Errorf("Ana after the transfer: %+v", r)
	}
}

// wantNothingLater wants that what a member kept opens some of what it could
// read, and nothing from the commit by which it left on.
func wantNothingLater(t *testing.T, name string, l *harness.Loot, log [][]byte) {
	t.Helper()
	left, own := l.Out(log)
	opens := l.Opens(log)
	reads, err := l.Reads(log)
	if err != nil {
		t.Errorf("%s cannot read on: %v", name, err)
	}
	for _, n := range append(opens, reads...) {
		if n > left || n == left && !own {
			t.Errorf("what %s kept opens entry %d, after entry %d by which it left", name, n, left)
		}
	}
	if left == 0 || len(opens) < 2 || len(messages(t, log, left)) < 2 {
		t.Errorf("what %s kept opens %v of what it could read until %d, with %v after it: this proves nothing", name, opens, left, messages(t, log, left))
	}
}

// wantNothingLeft wants that who has read that it is out holds nothing any more
// that opens anything at all, of before or of after.
func wantNothingLeft(t *testing.T, name string, l *harness.Loot, log [][]byte) {
	t.Helper()
	if opens := l.Opens(log); len(opens) != 0 {
		t.Errorf("%s is out, and what is left there opens entries %v", name, opens)
	}
}

// Somebody who is brought in without a grant opens nothing of before, by its core
// or by any bytes that it holds; with one it opens all of it.
func TestNewcomersOpenNothingEarlierWithoutAGrant(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "before anybody came")
	ana, ben, cleo := d.Worker(t, "Ana"), d.Worker(t, "Ben"), d.Worker(t, "Cleo")
	ana.Claim(id)
	talks(t, customer, ana, "before Ben")
	ana.Invite(id, ben.End.ID(), wire.Agent, 0)
	ben.AwaitActive(id)
	talks(t, customer, ben, "with Ben")
	wantHeard(t, ben, "with Ben?")

	log := customer.Log(id)
	came := added(t, log, ben)
	loot := ben.Loot(id)
	opens := loot.Opens(log)
	if i := slices.IndexFunc(opens, func(n int) bool { return n < came }); i >= 0 {
		t.Errorf("Ben came with entry %d, and opens %v", came, opens)
	}
	if len(opens) == 0 || len(messages(t, log, 1)) < 5 {
		t.Errorf("Ben opens %v of %v: this proves nothing", opens, messages(t, log, 1))
	}

	ana.Invite(id, cleo.End.ID(), wire.Agent, harness.ForConference)
	cleo.AwaitActive(id)
	talks(t, customer, cleo, "with Cleo")
	wantHeard(t, cleo, "before anybody came", "before Ben?", "before Ben!", "with Ben?", "with Ben!", "with Cleo?")
	if heard := ben.Heard(); slices.Contains(heard, "before Ben?") {
		t.Errorf("what Cleo was granted, Ben opens too: %q", heard)
	}
}

// added is the number of the commit that adds a member.
func added(t *testing.T, log [][]byte, who *harness.Native) int {
	t.Helper()
	for i, raw := range log {
		if e, err := wire.DecodeEntry(raw); err == nil && e.Kind == wire.KindCommit && e.Commit.Newcomer(who.End.ID()) {
			return i + 1
		}
	}
	t.Fatal("nobody added it")
	return 0
}

// A supervisor is in the customer's roster before the first message that it can
// read, reads, writes nothing, and writes once its own commit says that it is an
// agent.
func TestASupervisorIsSeenFirstReadsAndTakesOver(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	ana, sam := d.Worker(t, "Ana"), d.Worker(t, "Sam")
	ana.Claim(id)
	talks(t, customer, ana, "unheard by Sam")
	ana.Invite(id, sam.End.ID(), wire.Supervisor, 0)
	wantMembers(t, customer, customer, ana, sam)
	customer.Say("overheard?")
	sam.AwaitText("overheard?")
	wantHeard(t, sam, "overheard?")
	if log := customer.Log(id); slices.Min(sam.Loot(id).Opens(log)) < added(t, log, sam) {
		t.Error("Sam opens what was said before the customer was shown that he is in")
	}
	sam.Try("a supervisor's word")
	harness.Eventually(t, "Sam to be refused", func() (bool, string) {
		return slices.Contains(sam.Report().Codes, wire.NotMember), ""
	})
	sam.Move(id, conversation.Moves{Role: wire.Agent})
	customer.AwaitText("a supervisor's word") // it was kept
	ana.Leave(id)
	talks(t, customer, sam, "and without Ana")
	wantMembers(t, customer, customer, sam)
	wantNothingLater(t, "Ana", ana.Parting(id), customer.Log(id))
	wantNothingLeft(t, "Ana", ana.Left(id), customer.Log(id))
}

// What is closed takes nothing more, from anybody; the customer begins anew, and
// the new conversation names the old.
func TestClosedTakesNothingMoreAndIsContinued(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	ana := d.Worker(t, "Ana")
	ana.Claim(id)
	talks(t, customer, ana, "one")
	ana.Close(id)
	harness.Eventually(t, "the customer to see the end", func() (bool, string) {
		return customer.Report().State == conversation.Closed, ""
	})
	before := len(customer.Log(id))
	wantNothingLeft(t, "the customer", customer.Left(id), customer.Log(id))
	wantNothingLeft(t, "Ana", ana.Left(id), customer.Log(id))
	for _, n := range []*harness.Native{customer, ana} {
		if err := n.TryMove(id, conversation.Moves{}); err != wire.NotMember {
			t.Errorf("after the end a commit is answered %v, want %v", err, wire.NotMember)
		}
	}
	customer.Continue()
	again := customer.Conversation()
	if again == id || string(customer.Previous()) != string(id[:]) {
		t.Errorf("%x continues %x, want %x", again, customer.Previous(), id)
	}
	customer.Say("me again")
	ana.Claim(again)
	talks(t, customer, ana, "two")
	if now := len(customer.Log(id)); now != before {
		t.Errorf("%d entries came after the end", now-before)
	}
}

// A customer who takes the agent out goes on with the queue's inbox, and with
// whoever comes next.
func TestACustomerAsksForAnother(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	ana, ben := d.Worker(t, "Ana"), d.Worker(t, "Ben")
	ana.Claim(id)
	talks(t, customer, ana, "one")
	kept := ana.Loot(id)
	customer.Move(id, conversation.Moves{Removes: []wire.ID{ana.End.ID()}, Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: customer.TakeInbox()}}})
	customer.Say("somebody else, please")
	ben.AwaitWaiting(id, uint64(len(customer.Log(id))))
	ben.Claim(id)
	talks(t, customer, ben, "two")
	wantHeard(t, ben, "somebody else, please", "two?") // the customer granted nothing
	wantNothingLater(t, "Ana", kept, customer.Log(id))
	wantNothingLeft(t, "Ana", ana.Left(id), customer.Log(id))
	if turned, _ := kept.Out(customer.Log(id)); slices.Min(ben.Loot(id).Opens(customer.Log(id))) < turned {
		t.Error("Ben opens what was said before the customer turned to the queue again")
	}
	if s := ana.In(id).Report().State; s != conversation.NotMember {
		t.Errorf("Ana is still in: %v", s)
	}
}

// Whoever has just claimed commits at once, while the customer writes: one epoch
// follows the other, and all of it opens at both.
func TestANewcomerCommitsRightAfterAClaimAndAllOpen(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	ana := d.Worker(t, "Ana")
	want := []string{"hello?"}
	for i := range 10 {
		text := fmt.Sprintf("line %d", i)
		customer.Try(text)
		want = append(want, text)
	}
	ana.Claim(id)
	for range 3 {
		ana.Move(id, conversation.Moves{})
	}
	ana.Say("I have it")
	customer.AwaitText("I have it")
	customer.Say("that was all")
	ana.AwaitText("that was all")
	wantHeard(t, ana, append(want, "that was all")...)
	if r := ana.Report(); r.Gap != 0 {
		t.Errorf("%d messages are missing", r.Gap)
	}
}
