package flex

import (
	"strings"
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

// The page is copied: what it could not send must not be gone.
func TestTheCustomersPageKeepsWhatWasNotSent(t *testing.T) {
	s := newStage(t)
	customer, _ := s.pair("")
	long := strings.Repeat("x", 40_000)
	harness.Eval[bool](customer, `(() => {
		document.getElementById("box").value = "x".repeat(40_000);
		const chosen = new DataTransfer();
		chosen.items.add(new File(["for you"], "letter.txt"));
		document.getElementById("file").files = chosen.files;
		return true;
	})()`)
	before := len(s.Bodies(sid))
	customer.Click(harness.Thing{Role: "button", Name: "Send"})
	customer.AwaitPage("This was not sent (too long)")
	if customer.Value(yours) != long || !harness.Eval[bool](customer, `document.getElementById("file").files.length === 1`) {
		t.Error("what was written, or chosen, is gone")
	}
	if after := len(s.Bodies(sid)); after != before {
		t.Errorf("%d messages came", after-before)
	}
	harness.Eval[bool](customer, `(document.getElementById("box").value = "shorter", true)`)
	customer.Click(harness.Thing{Role: "button", Name: "Send"})
	customer.AwaitText(chat, "letter.txt")
	harness.Eventually(t, "an empty form", func() (bool, string) {
		return harness.Eval[bool](customer, `document.getElementById("box").value === "" && document.getElementById("file").files.length === 0 && document.getElementById("problem").textContent === ""`), customer.PageText()
	})
	s.clean("letter.txt", "for you", "shorter")
}
