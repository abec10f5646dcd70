package e2etest

import (
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// The power goes in the moment in which a desk takes a conversation, and while
// another hands over: what stands afterwards is one of the two that may, and both
// sides go on with nothing lost.
func TestAPowerCutWhileTakingAndHandingOver(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer := customerAt(t, d, nil)
	customer.Say("is anybody there?")
	customer.AwaitPage(waits)
	ana, ben := deskAt(t, d, "Ana", nil), deskAt(t, d, "Ben", nil)
	ana.Click(take)
	d.Kill()
	d.Start()
	harness.Eventually(t, "Ana to have it, or to be able to take it", func() (bool, string) {
		takesWhatWaits(ana)
		return ana.Read(harness.Conversation) != "", ana.PageText()
	})
	awaitOnce(t, ana, "is anybody there?")
	exchange(t, customer, ana, "that was quick", "was it?")

	ana.Click(handOver)
	choose(t, ana, "Ben")
	_ = harness.Eval[bool](ana, `([...document.querySelectorAll("dialog button")].find((b) => b.textContent === "Hand over").click(), true)`)
	d.Kill()
	d.Start()
	customer.Say("who is with me now?")
	harness.Eventually(t, "one of them to read it", func() (bool, string) {
		return harness.Eval[bool](ana, `document.body.innerText.includes("who is with me now?")`) || harness.Eval[bool](ben, `document.body.innerText.includes("who is with me now?")`),
			ana.PageText() + ben.PageText()
	})
	who, other := ana, ben
	if harness.Eval[bool](ben, `document.body.innerText.includes("who is with me now?")`) {
		who, other = ben, ana
	}
	// Done or not, and then said so: no dialog is left.
	harness.Eventually(t, "Ana's dialog to be done, or to be given up", func() (bool, string) {
		return harness.Eval[bool](ana, `(() => {
			const dialog = document.querySelector("dialog");
			[...(dialog?.querySelectorAll("button") ?? [])].find((b) => b.textContent === "Cancel" && !b.disabled)?.click();
			return dialog === null;
		})()`), ana.PageText()
	})
	awaitOnce(t, who, "is anybody there?", "that was quick", "was it?", "who is with me now?")
	wantUnread(t, other, "who is with me now?")
	who.Say("I am")
	awaitOnce(t, customer, "is anybody there?", "was it?", "who is with me now?", "I am")
}
