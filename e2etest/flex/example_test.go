package flex

import (
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

func TestTheExampleShowsBothSidesAndTheCloud(t *testing.T) {
	s := newStage(t)
	p := browser.Person(t, "developer", nil)
	p.Open(s.url + "/example.html")
	harness.Eventually(t, "all three pages", func() (bool, string) {
		return harness.Eval[bool](p, `globalThis.ready === true && [...document.querySelectorAll("iframe")].every((frame) => frame.contentWindow.ready === true)`), p.Console()
	})
	// Inside the frames: what a person does by hand.
	harness.Eval[bool](p, `frames[0].customer.conversation.send("written in the example").then(() => true)`)
	harness.Eventually(t, "the text in Flex", func() (bool, string) {
		text := harness.Eval[string](p, `frames[1].document.body.innerText`)
		return harness.Eval[bool](p, `frames[1].document.body.innerText.includes("written in the example")`), text
	})
	p.AwaitPage("CHsealed 0, ")
	harness.Eval[bool](p, `[...frames[1].document.querySelectorAll("button")].find(({ innerText }) => innerText.trim() === "Encryption").click(), true`)
	harness.Eventually(t, "the tab", func() (bool, string) {
		return harness.Eval[bool](p, `frames[1].document.body.innerText.includes("Who can read this")`), harness.Eval[string](p, `frames[1].document.body.innerText`)
	})
	s.clean("written in the example")
}
