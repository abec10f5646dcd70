package e2etest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

func TestBothWaysAndNothingReadableBetween(t *testing.T) {
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	awaitOnce(t, customer, "good morning", "how can I help?")
	awaitOnce(t, agent, "good morning", "how can I help?")

	pane := browser.Person(t, "onlooker", nil)
	pane.Open(d.URL + "/relay")
	pane.AwaitText(harness.WhatRelaySees, "commit")
	pane.AwaitText(harness.WhatRelaySees, "message")
	customer.Say("one more, live, please")
	agent.AwaitText(harness.Conversation, "one more, live, please")
	harness.Eventually(t, "the pane to show three messages", func() (bool, string) {
		saw := pane.Read(harness.WhatRelaySees)
		return strings.Count(saw, "message") >= 3, saw
	})
	if hits := harness.Hits([]byte(pane.PageText()), "good morning", "how can I help?", "one more, live, please"); len(hits) > 0 {
		t.Errorf("the pane shows %v", hits)
	}
}

func TestDeskSaysThatACustomerIsNotVerified(t *testing.T) {
	long(t)
	_, agent := pair(t, harness.StartDemo(t))
	agent.AwaitPage("not verified")
}

func TestUnicodeAndLongTextArriveExactly(t *testing.T) {
	long(t)
	customer, agent := pair(t, harness.StartDemo(t))
	for _, text := range []string{
		"größe, 好的, नमस्ते, שלום, 🦊👩‍👩‍👧‍👦🇳🇴, e\u0301 \u202edcba\u202c",
		`<img src=x onerror="alert(1)"><script>alert(2)</script> &amp; ${1}`,
		"20 KB: " + strings.Repeat("0123456789abcdef ", 1176) + "the end",
	} {
		customer.Say(text)
		agent.AwaitText(harness.Conversation, text)
		agent.Say("back: " + text)
		customer.AwaitText(harness.Conversation, "back: "+text)
	}
}

// At night nobody is anywhere: the customer writes all the same, and reads that it
// waits. Who comes in the morning sees that somebody does, and nothing of what was
// written; takes it, reads all of it, and answers.
func TestWrittenAtNightReadInTheMorning(t *testing.T) {
	d := harness.StartDemo(t)
	customer := customerAt(t, d, nil)
	customer.Say("is anybody there?")
	customer.AwaitPage(waits)
	customer.Say("then I shall wait")
	awaitOnce(t, customer, "is anybody there?", "then I shall wait")
	customer.Reload()
	awaitOnce(t, customer, "is anybody there?", "then I shall wait")
	customer.CloseTab()

	agent := browser.Person(t, "agent", nil)
	agent.Open(d.URL + anasDesk)
	agent.Await(take)
	agent.AwaitPage("1 conversation waits")
	if saw := agent.PageText(); strings.Contains(saw, "is anybody there?") {
		t.Errorf("what waits can be read: %s", saw)
	}
	agent.Click(take)
	awaitOnce(t, agent, "is anybody there?", "then I shall wait")
	agent.AwaitGone(take)
	agent.Say("good morning")
	customer = customer.Tab("customer, in the morning")
	customer.Open(d.URL + "/site#chat")
	awaitOnce(t, customer, "is anybody there?", "then I shall wait", "good morning")
	exchange(t, customer, agent, "and to you", "how can I help?")
}

func TestReloadKeepsTheConversation(t *testing.T) {
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	customer.Reload()
	awaitOnce(t, customer, "good morning", "how can I help?")
	agent.Reload()
	awaitOnce(t, agent, "good morning", "how can I help?")
	exchange(t, customer, agent, "still me", "so am I")
	customer.Reload()
	agent.Reload()
	for _, p := range []*harness.Person{customer, agent} {
		awaitOnce(t, p, "good morning", "how can I help?", "still me", "so am I")
	}
}

func TestTheDeskListsItsConversations(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	agent := agentAt(t, d, nil)
	var customers []*harness.Person
	for i := range 3 {
		c := browser.Person(t, fmt.Sprintf("customer %d", i), nil)
		c.Open(d.URL + "/site#chat")
		c.Say(fmt.Sprintf("I am number %d", i))
		agent.AwaitPage(fmt.Sprintf("I am number %d", i))
		customers = append(customers, c)
	}
	for i, c := range customers {
		for j := range customers {
			if saw := c.PageText(); strings.Contains(saw, fmt.Sprintf("number %d", j)) != (i == j) {
				t.Errorf("customer %d and what number %d wrote: %s", i, j, saw)
			}
		}
	}
}

func TestSecondTabIsElsewhereUntilItTakesOver(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	useHere := harness.Thing{Role: "button", Name: "Use here"}
	second := customer.Tab("customer's second tab")
	second.Open(d.URL + "/site#chat")
	second.AwaitPage("open in another tab")
	second.Click(useHere)
	awaitOnce(t, second, "good morning", "how can I help?")
	customer.AwaitPage("open in another tab")
	exchange(t, second, agent, "from the second tab", "seen")
	if strings.Contains(customer.PageText(), "from the second tab") {
		t.Error("the first tab still follows the conversation")
	}
	customer.Click(useHere)
	awaitOnce(t, customer, "from the second tab", "seen")
	exchange(t, customer, agent, "and back in the first", "seen too")
	awaitOnce(t, agent, "good morning", "from the second tab", "and back in the first")
}

func TestSecondDeskIsElsewhereUntilItTakesOver(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	useHere := harness.Thing{Role: "button", Name: "Use here"}
	second := agent.Tab("agent's second tab")
	second.Open(d.URL + anasDesk)
	second.AwaitPage("open in another tab")
	if saw := second.PageText(); strings.Contains(saw, "good morning") {
		t.Errorf("the second desk shows what it does not hold: %s", saw)
	}
	exchange(t, customer, agent, "are you still there?", "here I am")
	second.Click(useHere)
	awaitOnce(t, second, "good morning", "how can I help?", "are you still there?", "here I am")
	agent.AwaitPage("open in another tab")
	exchange(t, customer, second, "and now?", "on my second desk")
	if strings.Contains(agent.PageText(), "on my second desk") {
		t.Error("the first desk still follows the conversation")
	}
	agent.Click(useHere)
	awaitOnce(t, agent, "and now?", "on my second desk")
	exchange(t, customer, agent, "back?", "back in the first")
	awaitOnce(t, customer, "how can I help?", "here I am", "on my second desk", "back in the first")
}

// B02: a whole conversation, on the page of frames too, breaks nothing of the
// policy; and the policy is in force.
func TestB02_EveryPageWorksUnderItsPolicy(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	visitor := browser.Person(t, "visitor", nil)
	visitor.Open(d.URL + "/")
	for _, want := range []string{"Linden House", "what the relay sees", "no conversations yet"} {
		visitor.AwaitPage(want)
	}
	pane := browser.Person(t, "onlooker", nil)
	pane.Open(d.URL + "/relay")
	pane.AwaitText(harness.WhatRelaySees, "message")
	for _, p := range []*harness.Person{customer, agent, visitor, pane} {
		if v := p.Violations(); len(v) > 0 {
			t.Errorf("%s's page breaks its policy: %q", p.Name, v)
		}
		p.Forgive()
		for what, attack := range map[string]string{
			"a script of another origin": `document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href: "http://127.0.0.1:9/x.js" }))`,
			"code from a string":         `setTimeout("globalThis.pwned = true")`,
			"an inline handler":          `document.body.setAttribute("onclick", "globalThis.pwned = true"); document.body.click()`,
			"HTML from a string":         `document.body.innerHTML = "<b>x</b>"`,
			"a connection elsewhere":     `navigator.sendBeacon("http://127.0.0.1:9/")`,
			"an image from elsewhere":    `new Image().src = "http://127.0.0.1:9/x.png"`,
		} {
			before := len(p.Violations())
			_ = harness.Eval[bool](p, `(() => { try { `+attack+` } catch {} return true })()`)
			harness.Eventually(t, what+" to be blocked on "+p.Name+"'s page", func() (bool, string) {
				return len(p.Violations()) > before, fmt.Sprint(p.Violations())
			})
		}
		if harness.Eval[bool](p, `"pwned" in globalThis`) {
			t.Errorf("%s's page ran what its policy forbids", p.Name)
		}
	}
}
