package e2etest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// Buttons of the desk.
var (
	handOver   = harness.Thing{Role: "button", Name: "Hand over"}
	takeOver   = harness.Thing{Role: "button", Name: "Take over"}
	moreMoves  = harness.Thing{Role: "button", Name: "More moves"}
	takeParked = harness.Thing{Role: "button", Name: "Take the parked conversation"}
)

// deskAt is a desk with somebody at it who does what the scenario says, no more.
func deskAt(t *testing.T, d *harness.Demo, name string, w *harness.Wire) *harness.Person {
	t.Helper()
	p := browser.Person(t, name, w)
	p.Open(d.URL + "/desk#" + name)
	p.AwaitPage("nobody is waiting", "waits since")
	return p
}

// takes has an agent take what waits, begun just now or given back, and read a
// text of it.
func takes(t *testing.T, agent *harness.Person, text string) {
	t.Helper()
	harness.Eventually(t, agent.Name+" to take what waits, and to read "+text, func() (bool, string) {
		takesWhatWaits(agent)
		saw := agent.Read(harness.Conversation)
		return strings.Contains(saw, text), saw
	})
}

// takesWhatWaits has an agent take what waits now, if anything does.
func takesWhatWaits(agent *harness.Person) {
	_ = harness.Eval[bool](agent, `(document.querySelector("button.desk-take:not([aria-disabled])")?.click(), true)`)
}

// choose chooses one of the people or queues that an open dialog offers, as soon
// as it does: who comes online while it is open appears in it.
func choose(t *testing.T, p *harness.Person, name string) {
	t.Helper()
	harness.Eventually(t, p.Name+" to be offered "+name, func() (bool, string) {
		return harness.Eval[bool](p, fmt.Sprintf(`(() => {
			const choice = [...document.querySelectorAll("dialog .desk-choice")].find((c) => c.querySelector(".desk-choice-name")?.textContent === %s);
			const input = choice?.querySelector("input");
			if (input && !input.checked) input.click();
			return input?.checked === true;
		})()`, strconv.Quote(name))), p.PageText()
	})
}

// answer answers an open dialog, and waits until it is gone.
func answer(t *testing.T, p *harness.Person, yes string) {
	t.Helper()
	harness.Eventually(t, p.Name+" to answer "+yes, func() (bool, string) {
		return harness.Eval[bool](p, fmt.Sprintf(`(() => {
			const button = [...document.querySelectorAll("dialog button")].find((b) => b.textContent === %s && !b.disabled);
			button?.click();
			return button !== undefined;
		})()`, strconv.Quote(yes))), p.PageText()
	})
	harness.Eventually(t, p.Name+"'s dialog to be done", func() (bool, string) {
		return harness.Eval[bool](p, `document.querySelector("dialog") === null`), p.PageText()
	})
}

// move chooses one of the moves behind "More moves".
func move(p *harness.Person, name string) {
	p.Click(moreMoves)
	p.Click(harness.Thing{Role: "button", Name: name})
}

var note = harness.Thing{Role: "textbox", Name: "Note for whoever comes next (optional)"}

// handsOver hands the open conversation over, with a note if there is one.
func handsOver(t *testing.T, p *harness.Person, to, text string) {
	t.Helper()
	p.Click(handOver)
	choose(t, p, to)
	if text != "" {
		p.Write(note, text)
	}
	answer(t, p, "Hand over")
}

// wantUnread wants that a page shows none of texts.
func wantUnread(t *testing.T, p *harness.Person, texts ...string) {
	t.Helper()
	saw := p.PageText()
	for _, text := range texts {
		if strings.Contains(saw, text) {
			t.Errorf("%s reads %q: %s", p.Name, text, saw)
		}
	}
}
