package e2etest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/wasm/wire"
)

// digits are what a page shows to be compared, without the spaces.
type digits struct{ number, history, step string }

// compares opens the safety number with somebody of a name, and reads it.
func compares(t *testing.T, p *harness.Person, name string) digits {
	t.Helper()
	button := harness.Thing{Role: "button", Name: "Compare safety number with " + name}
	if !p.Sees(button) {
		p.Click(harness.Thing{Role: "button", Name: "Who can read"})
	}
	p.Click(button)
	p.AwaitPage("over the phone or face to face")
	return digitsOn(t, p)
}

// titleOn is whom the open conversation of a desk is with.
func titleOn(p *harness.Person) string {
	return harness.Eval[string](p, `document.querySelector(".desk-title").textContent`)
}

// digitsOn reads what is to be compared: as it is seen, and as it is read out.
func digitsOn(t *testing.T, p *harness.Person) digits {
	t.Helper()
	type shown struct{ Seen, Spoken []string }
	got := harness.Eval[struct {
		Lists []shown
		Step  string
	}](p, `(() => {
		const root = document.querySelector("sealwire-chat")?.shadowRoot ?? document;
		const lists = [...root.querySelectorAll(".sw-digits")].map((list) => ({
			seen: [...list.children].map((li) => li.firstElementChild.textContent),
			spoken: [...list.children].map((li) => li.lastElementChild.textContent),
		}));
		return { lists, step: root.querySelector(".sw-safety-step").textContent };
	})()`)
	if len(got.Lists) != 2 || len(got.Lists[0].Seen) != 12 || len(got.Lists[1].Seen) != 6 {
		t.Fatalf("%s sees the digits as %+v", p.Name, got)
	}
	for _, list := range got.Lists {
		for i, group := range list.Seen {
			if len(group) != 5 || strings.Trim(group, "0123456789") != "" || strings.ReplaceAll(list.Spoken[i], " ", "") != group || len(list.Spoken[i]) != 9 {
				t.Errorf("%s sees %q and hears %q", p.Name, group, list.Spoken[i])
			}
		}
	}
	return digits{strings.Join(got.Lists[0].Seen, ""), strings.Join(got.Lists[1].Seen, ""), got.Step}
}

// agree waits until two pages show the same, and tells what.
func agree(t *testing.T, a, b *harness.Person) (both digits) {
	t.Helper()
	harness.Eventually(t, "the same digits at both ends", func() (bool, string) {
		x, y := digitsOn(t, a), digitsOn(t, b)
		both = x
		return x == y, fmt.Sprintf("%s: %+v, %s: %+v", a.Name, x, b.Name, y)
	})
	return both
}

// Customer and agent see the same digits, of the number and of the history; after
// another device of the agent's came in its place, others, which are again the
// same at both ends. Escape goes back to the button that was pressed.
func TestBothSidesCompareTheSameSafetyNumber(t *testing.T) {
	d := harness.StartDemo(t)
	customer, ana := browser.Person(t, "customer", nil), browser.Person(t, "Ana", nil)
	for p, path := range map[*harness.Person]string{customer: "/site#chat", ana: anasDesk} {
		armAxe(t, p)
		p.Open(d.URL + path)
	}
	customer.Say("is it you?")
	customer.AwaitPage(waits)
	customer.Click(harness.Thing{Role: "button", Name: "Who can read"})
	customer.AwaitPage("a service that keeps it for an agent")
	if customer.Sees(harness.Thing{Role: "button", Name: "Compare safety number with The support team"}) {
		t.Error("a service is offered to be compared with")
	}
	takes(t, ana, "is it you?")
	compares(t, ana, titleOn(ana))
	wantAccessible(t, ana, "safety number on the desk")
	compares(t, customer, "Ana")
	wantAccessible(t, customer, "safety number")
	ours := agree(t, customer, ana)
	_ = harness.Eval[bool](customer, openDetails)
	_ = harness.Eval[bool](ana, openDetails)
	wantAccessible(t, customer, "safety number, details")
	wantAccessible(t, ana, "safety number on the desk, details")
	for p, name := range map[*harness.Person]string{customer: "Compare safety number with Ana", ana: "Compare safety number with " + titleOn(ana)} {
		p.Press("\x1b")
		p.Await(harness.Thing{Role: "button", Name: name})
		if on := harness.Eval[string](p, focused); on != name {
			t.Errorf("%s is on %q after going back", p.Name, on)
		}
	}

	move(ana, "Put back in the queue…")
	answer(t, ana, "Put back")
	customer.AwaitPage(waits)
	another := browser.Person(t, "Ana's other device", nil)
	another.Open(d.URL + anasDesk)
	takes(t, another, "is it you?")
	customer.AwaitPage("end-to-end encrypted with ana")
	now := compares(t, customer, "Ana")
	if now.number == ours.number || now.history == ours.history || now.step == ours.step {
		t.Errorf("with another device of Ana's: %+v, before: %+v", now, ours)
	}
	compares(t, another, titleOn(another))
	agree(t, customer, another)
}

const focused = `(() => { let on = document.activeElement; while (on?.shadowRoot) on = on.shadowRoot.activeElement; return on?.getAttribute("aria-label") ?? on?.outerHTML ?? ""; })()`

const openDetails = `((document.querySelector("sealwire-chat")?.shadowRoot ?? document).querySelector(".sw-safety-details").open = true)`

// What a page shows is what the core says at the other end, without a browser;
// and it is drawn anew, by itself, when the history goes on. What is written
// meanwhile is counted, and stands in the log when one goes back.
func TestThePageShowsTheSafetyNumberOfTheCore(t *testing.T) {
	d := harness.StartDemo(t)
	agent := d.NativeAgent(t)
	customer := customerAt(t, d, nil)
	exchangeWithNative := func(text string) {
		customer.Say(text)
		agent.AwaitText(text)
	}
	exchangeWithNative("is it you?")
	customer.AwaitPage("end-to-end encrypted with ana")
	want := func() digits {
		s := agent.Safety(wire.Customer)
		return digits{string(s.Number[:]), string(s.Transcript[:]), fmt.Sprintf("Shared history, step %d", s.Epoch)}
	}
	compares(t, customer, "Ana")
	shows := func(what string, too func() bool) {
		harness.Eventually(t, "the page to show "+what, func() (bool, string) {
			got := digitsOn(t, customer)
			return got == want() && too(), fmt.Sprintf("%+v, want %+v", got, want())
		})
	}
	shows("what the core says", func() bool { return true })
	before := want()
	agent.Invite(agent.Conversation(), d.Worker(t, "Ben").End.ID(), wire.Agent, 0)
	shows("the history of now", func() bool { return want().number == before.number && want().history != before.history })

	agent.Say("one more thing")
	customer.AwaitPage("1 unread message")
	if customer.Sees(harness.Conversation) || strings.Contains(customer.PageText(), "one more thing") {
		t.Error("the log is there beside the number")
	}
	customer.Press("\x1b")
	customer.AwaitText(harness.Conversation, "one more thing")
	if strings.Contains(customer.PageText(), "unread") {
		t.Error("what is on screen is told as unread")
	}
}
