package e2etest

import (
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// Ana hands over to Ben with a note, Ben puts it back, Cleo takes it: both sides
// read each move in words, each reads all of before, and nobody reads on.
func TestHandedOverPutBackAndTakenAgain(t *testing.T) {
	d := harness.StartDemo(t)
	customer, ana := customerAt(t, d, nil), deskAt(t, d, "Ana", nil)
	customer.Say("my parcel is lost")
	takes(t, ana, "my parcel is lost")
	exchange(t, customer, ana, "can you find it?", "I shall look")
	// Ben comes while Ana is asked who it goes to.
	ana.Click(handOver)
	ana.Write(note, "please look for the parcel")
	ben := deskAt(t, d, "Ben", nil)
	choose(t, ana, "Ben")
	answer(t, ana, "Hand over")
	ana.AwaitText(harness.Conversation, "You handed over to Ben, who can read this conversation from the beginning")
	customer.AwaitText(harness.Conversation, "Ana handed over to Ben, who can read this conversation from the beginning")
	awaitOnce(t, ben, "my parcel is lost", "can you find it?", "I shall look", "please look for the parcel")
	exchange(t, customer, ben, "are you Ben?", "I am Ben")
	wantUnread(t, ana, "are you Ben?", "I am Ben")

	move(ben, "Put back in the queue…")
	answer(t, ben, "Put back")
	customer.AwaitPage(waits)
	customer.Say("and now nobody?")
	cleo := deskAt(t, d, "Cleo", nil)
	cleo.Click(takeParked)
	awaitOnce(t, cleo, "my parcel is lost", "please look for the parcel", "I am Ben", "and now nobody?")
	exchange(t, customer, cleo, "who is this?", "Cleo")
	for _, p := range []*harness.Person{ana, ben} {
		p.Reload()
		p.AwaitPage("no longer in it")
		harness.Eventually(t, p.Name+" to look at what was read", func() (bool, string) {
			_ = harness.Eval[bool](p, `(document.querySelector(".desk-list button")?.click(), true)`)
			return strings.Contains(p.Read(harness.Conversation), "my parcel is lost"), p.PageText()
		})
		wantUnread(t, p, "who is this?", "and now nobody?")
	}
	customer.Reload()
	awaitOnce(t, customer, "Ana handed over to Ben", "I am Ben", "Cleo joined")
}

// A supervisor is brought in to read along: the customer reads who came before
// anything is said that the supervisor can read; then it takes over, and Ana goes.
func TestASupervisorReadsAlongAndTakesOver(t *testing.T) {
	d := harness.StartDemo(t)
	customer, ana := customerAt(t, d, nil), deskAt(t, d, "Ana", nil)
	customer.Say("I want to complain")
	takes(t, ana, "I want to complain")
	sam := deskAt(t, d, "Sam", nil)
	move(ana, "Bring somebody in…")
	choose(t, ana, "Sam")
	answer(t, ana, "Bring in")
	customer.AwaitText(harness.Conversation, "Ana brought in Sam, a supervisor, who can read from")
	exchange(t, customer, ana, "is anybody else here?", "Sam reads along")
	awaitOnce(t, sam, "is anybody else here?", "Sam reads along")
	wantUnread(t, sam, "I want to complain")
	if sam.Sees(harness.Send) && sam.Enabled(harness.Send) {
		t.Error("a supervisor can write")
	}
	sam.Click(takeOver)
	customer.AwaitText(harness.Conversation, "Sam took over and can write to you now")
	exchange(t, customer, sam, "hello Sam", "I take it from here")
	move(ana, "Leave…")
	answer(t, ana, "Leave")
	customer.AwaitText(harness.Conversation, "Ana left and cannot read what you write from now on")
	exchange(t, customer, sam, "just us?", "just us")
	wantUnread(t, ana, "just us?")
}

// Ended by the agent, and begun anew by the customer: the new one says what it
// continues, and the old one takes nothing more.
func TestEndedAndBegunAnew(t *testing.T) {
	d := harness.StartDemo(t)
	customer, ana := customerAt(t, d, nil), deskAt(t, d, "Ana", nil)
	customer.Say("one last thing")
	takes(t, ana, "one last thing")
	move(ana, "End the conversation…")
	answer(t, ana, "End it")
	customer.AwaitPage("this conversation has ended")
	if customer.Sees(harness.Send) && customer.Enabled(harness.Send) {
		t.Error("what has ended takes a message")
	}
	customer.Click(harness.Thing{Role: "button", Name: "Start a new conversation"})
	customer.Say("and another thing")
	customer.AwaitText(harness.Conversation, "It continues the one above")
	takes(t, ana, "and another thing")
	awaitOnce(t, ana, "one last thing", "You ended this conversation", "It continues the one above", "and another thing")
	exchange(t, customer, ana, "the same Ana?", "the same")
}

// A customer who wants somebody else goes on with who comes next.
func TestACustomerAsksForSomeoneElse(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, ana := customerAt(t, d, nil), deskAt(t, d, "Ana", nil)
	customer.Say("hello")
	takes(t, ana, "hello")
	exchange(t, customer, ana, "are you new here?", "I am")
	customer.Click(harness.Thing{Role: "button", Name: "More"})
	customer.Click(harness.Thing{Role: "button", Name: "Ask for someone else"})
	customer.AwaitPage("ask for someone else?") // now the button of that name is the answer
	customer.Click(harness.Thing{Role: "button", Name: "Ask for someone else"})
	customer.AwaitPage(waits)
	customer.Say("somebody else, please")
	ben := deskAt(t, d, "Ben", nil)
	takes(t, ben, "somebody else, please")
	exchange(t, customer, ben, "better", "good")
	wantUnread(t, ana, "somebody else, please", "better")
	wantUnread(t, ben, "are you new here?") // the customer granted nothing
}
