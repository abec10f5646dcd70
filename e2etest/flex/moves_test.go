package flex

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

func button(name string) harness.Thing { return harness.Thing{Role: "button", Name: name} }

// desk opens the agent's whole desktop in the real Flex UI, at the task of the
// sealed conversation.
func (s *stage) desk(identity, name, query string) *harness.Person {
	s.t.Helper()
	return s.agent(fmt.Sprintf("view=desk&sids=%s,CHplain&identity=%s&name=%s&%s", sid, identity, name, query))
}

// talking is a customer and Ana at her desktop, who have exchanged one message
// each way.
func (s *stage) talking() (customer, ana *harness.Person) {
	s.t.Helper()
	return s.pair("view=desk")
}

// sees waits until all of texts are on the page.
func sees(p *harness.Person, texts ...string) {
	for _, text := range texts {
		p.AwaitPage(text)
	}
}

// knows waits until one end could bring another in.
func knows(p *harness.Person, name string) {
	p.Await(harness.Thing{Role: "radio", Name: name})
}

// keys opens the tab "Encryption" of the task on the screen, chats the one
// beside it. Flex fades one into the other.
func keys(p *harness.Person)  { p.Click(button("Encryption")); p.AwaitGone(box) }
func chats(p *harness.Person) { p.Click(button("Chat")); p.Await(box) }

// focused is what would be pressed by the keyboard.
func focused(p *harness.Person) string {
	return harness.Eval[string](p, `document.activeElement.innerText || document.activeElement.outerHTML.slice(0, 200)`)
}

func TestHandingOverIsPressedInFlex(t *testing.T) {
	s := newStage(t)
	customer, ana := s.talking()
	ben := s.desk("ben", "Ben", "")
	ben.AwaitPage("You are not in this conversation")

	keys(ana)
	ana.Click(button("Hand over…"))
	knows(ana, "Ben")
	if text := ana.PageText(); !strings.Contains(text, "Encrypted message") || strings.Contains(text, "4711") || strings.Contains(text, "sealwire:1:") {
		t.Errorf("the task list, beside the tab, shows %s", text)
	}
	ana.AwaitPage("They can read what you can read here. You leave")
	if got := focused(ana); got != "Hand over" {
		t.Errorf("the question has not the focus, but %s", got)
	}
	ana.Press("\x1b")
	harness.Eventually(t, "the focus back on the button", func() (bool, string) { return focused(ana) == "Hand over…", focused(ana) })
	ana.Click(button("Hand over…"))
	ana.Click(button("Hand over"))
	ana.AwaitPage("Choose who it goes to.")
	if text := ben.PageText(); !strings.Contains(text, "You are not in this conversation") {
		t.Errorf("Ben is in before anything was confirmed: %s", text)
	}

	ana.Click(harness.Thing{Role: "radio", Name: "Ben"})
	harness.Eventually(t, "what was missing told no more", func() (bool, string) {
		return !strings.Contains(ana.PageText(), "Choose who it goes to."), ana.PageText()
	})
	ana.Write(harness.Thing{Role: "textbox", Name: "Note for whoever comes next (optional)"}, "please look after her")
	ana.Click(button("Hand over"))
	ana.AwaitPage("No longer in this conversation")
	sees(ben, "my account number is 4711 0815", "please look after her", "End-to-end encrypted with Customer")
	customer.AwaitPage("End-to-end encrypted with Ben")
	answer(ben, "Ben here, I have read everything")
	customer.AwaitText(chat, "Ben here, I have read everything")

	chats(ana)
	ana.Forgive()
	answer(ana, secret)
	harness.Eventually(t, "the text back in the box", func() (bool, string) { return ana.Value(box) == secret, ana.Value(box) })
	if text := ana.PageText(); strings.Contains(text, "Ben here, I have read everything") {
		t.Error("Ana reads what was written after she left")
	}
	s.clean(secret, "my account number is 4711 0815", "please look after her", "Ben here, I have read everything")

	// What is not made is told of in its place.
	keys(ben)
	ben.Click(button("End the conversation…"))
	harness.Eval[bool](customer, `customer.client.conversations[0].close().then(() => true)`)
	ben.AwaitPage("Ended")
	ben.Click(button("End it"))
	ben.AwaitPage("You are not in this conversation any more, so nothing was changed.")
}

func TestBringingInTakingOutAndLeavingArePressedInFlex(t *testing.T) {
	s := newStage(t)
	customer, ana := s.talking()
	ben := s.desk("ben", "Ben", "")
	refused, passed := transfers(ana)
	refused(t)
	number, history := compared(t, customer, ana)
	bringIn(ana, "Ben", false)
	ben.AwaitPage("End-to-end encrypted with")
	say(customer, "now there are two of you")
	ben.AwaitPage("now there are two of you")
	if text := ben.PageText(); strings.Contains(text, "4711") {
		t.Errorf("Ben reads what was not granted: %s", text)
	}
	// The history goes on, the number of these two stays.
	harness.Eventually(t, "the history's new digits", func() (bool, string) {
		now := digits(ana)
		return len(now) == 4 && now[0] == number && now[1] != history, fmt.Sprint(now)
	})
	passed(t)

	ana.Click(button("Take out: Ben"))
	sees(ana, "Take Ben out?", "What they could read until now cannot be taken back.")
	ana.Click(button("Cancel"))
	harness.Eventually(t, "the focus back on the button", func() (bool, string) { return focused(ana) == "Take out…", focused(ana) })
	ana.Click(button("Leave…"))
	ana.AwaitPage("Leave this conversation?")
	ana.Click(button("Leave"))
	ana.AwaitPage("No longer in this conversation")
	customer.AwaitPage("End-to-end encrypted with Ben")
	keys(ben)
	ben.Click(button("End the conversation…"))
	ben.AwaitPage("End this conversation?")
	ben.Click(button("End it"))
	customer.AwaitPage("Ended")
	s.clean("now there are two of you")
}

// compared wants the same digits in the agent's open tab as the customer's page
// works out, the history's behind "Details", and gives both.
func compared(t *testing.T, customer, agent *harness.Person) (number, history string) {
	t.Helper()
	keys(agent)
	sees(agent, "Safety number with Customer", "not in this chat")
	theirs := harness.Eval[[]string](customer, `(async () => {
		const [conversation] = customer.client.conversations;
		const { number, transcript, epoch } = await conversation.safetyNumber(conversation.members.find((m) => m.role === "agent").id);
		return [number, transcript, String(epoch)];
	})()`)
	number, history = grouped(theirs[0]), grouped(theirs[1])
	if got := digits(agent); len(theirs[0]) != 60 || len(theirs[1]) != 30 || !slices.Equal(got, []string{number, history}) {
		t.Errorf("the agent sees %q, the customer's page has %q", got, theirs)
	}
	if text := agent.PageText(); strings.Contains(text, "step "+theirs[2]) || !strings.Contains(text, theirs[0][:5]) {
		t.Errorf("the details are open, or the number is not shown: %s", text)
	}
	harness.Eval[bool](agent, `document.querySelector(".sealwire-tab details summary").click(), true`)
	agent.AwaitPage("step " + theirs[2])
	return number, history
}

// digits are all that are shown in the tab, as they are grouped.
func digits(p *harness.Person) []string {
	return harness.Eval[[]string](p, `[...document.querySelectorAll(".sealwire-digits")].map((digits) => [...digits.children].map((group) => group.textContent).join(" "))`)
}

func grouped(digits string) string {
	var groups []string
	for group := range slices.Chunk([]byte(digits), 5) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// bringIn presses it all in the tab, which is open afterwards.
func bringIn(p *harness.Person, name string, history bool) {
	keys(p)
	p.Click(button("Bring somebody in…"))
	p.Click(harness.Thing{Role: "radio", Name: name})
	p.AwaitPage("They can read what is written from now on, and nothing from before.")
	if history {
		p.Click(harness.Thing{Role: "checkbox", Name: "Let them read what was written before, too"})
		p.AwaitPage("They will be able to read what was written before")
	}
	p.Click(button("Bring in"))
	p.Await(button("Bring somebody in…"))
}
