package flex

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// press presses the first button in the banner whose text begins so.
func press(t *testing.T, p *harness.Person, text string) {
	t.Helper()
	harness.Eventually(t, text, func() (bool, string) {
		return harness.Eval[bool](p, fmt.Sprintf(`(() => {
			const button = [...document.querySelectorAll(".sealwire-banner button")].find((one) => one.innerText.startsWith(%q));
			button?.click();
			return button !== undefined;
		})()`, text)), p.PageText()
	})
}

// The platform, or whoever is in the chat, begins a conversation of its own in
// the one that the agent and a customer talk in. What the agent writes goes to
// the customer, until the agent says otherwise, twice.
func TestAnotherConversationInTheChatGetsNothing(t *testing.T) {
	s := newStage(t)
	customer, agent := s.pair("")
	p := browser.Person(t, "platform", nil)
	p.Open(s.url + "/customer.html?identity=platform&sid=" + sid)
	harness.Eventually(t, "the chat", func() (bool, string) { return harness.Eval[bool](p, "globalThis.ready === true"), p.Console() })
	say(p, "please pay to DE00 1234")
	agent.AwaitPage("Another encrypted conversation was begun in this chat")
	agent.AwaitPage("A message of another encrypted conversation in this chat")
	answer(agent, "your PIN is 4711")
	customer.AwaitText(chat, "your PIN is 4711")
	if text := agent.PageText(); strings.Contains(text, "DE00 1234") {
		t.Errorf("the platform's words stand among the customer's:\n%s", text)
	}

	// After a reload it is the same.
	agent.Reload()
	harness.Eventually(t, "Flex", func() (bool, string) { return harness.Eval[bool](agent, "globalThis.ready === true"), agent.Console() })
	agent.AwaitPage("Another encrypted conversation was begun in this chat")
	answer(agent, "and your balance is 99")
	customer.AwaitText(chat, "and your balance is 99")
	if text := p.PageText(); strings.Contains(text, "4711") || strings.Contains(text, "balance") {
		t.Errorf("the platform reads the agent's answers:\n%s", text)
	}

	press(t, agent, "Switch to it")
	agent.AwaitPage("What you write from then on goes to them")
	press(t, agent, "Not now")
	press(t, agent, "Switch to it")
	press(t, agent, "Answer them")
	agent.AwaitPage("please pay to DE00 1234")
	answer(agent, "whoever you are, good bye")
	p.AwaitText(chat, "whoever you are, good bye")
	if text := agent.PageText(); strings.Contains(text, "my account number is") {
		t.Errorf("the customer's words stand among the other's:\n%s", text)
	}
}

// Nobody can tell for the agent which is the customer's, where one was begun
// before the agent's first answer.
func TestBeforeTheFirstAnswerTheAgentChooses(t *testing.T) {
	s := newStage(t)
	agent := s.agent("sids=" + sid)
	p := browser.Person(t, "platform", nil)
	p.Open(s.url + "/customer.html?identity=platform&sid=" + sid)
	harness.Eventually(t, "the chat", func() (bool, string) { return harness.Eval[bool](p, "globalThis.ready === true"), p.Console() })
	say(p, "please pay to DE00 1234")
	agent.AwaitPage("please pay to DE00 1234")
	customer := s.customer("")
	say(customer, "my account number is 4711 0815")
	agent.AwaitPage("Choose whom you answer")
	agent.Forgive()
	// Not refused(): a key package may still come in the place of the one that was used.
	answer(agent, secret)
	agent.AwaitPage("it is not chosen whom you answer")
	harness.Eventually(t, "the text back in the box", func() (bool, string) { return agent.Value(box) == secret, agent.Value(box) })
	s.clean(secret)
	if text := agent.PageText(); strings.Contains(text, "DE00 1234") || strings.Contains(text, "4711 0815") {
		t.Errorf("words of one that is not chosen are shown:\n%s", text)
	}
	// The second is the customer's: by what the safety number or the company's word says.
	harness.Eval[bool](agent, `(document.querySelectorAll(".sealwire-others button")[1].click(), true)`)
	press(t, agent, "Answer them")
	agent.AwaitPage("my account number is 4711 0815")
	agent.Click(send)
	customer.AwaitText(chat, secret)
	s.clean(secret, "4711 0815")
}

// Whatever the platform says of who wrote a message, the bubble says who did.
func TestABubbleSaysWhoWroteIt(t *testing.T) {
	s := newStage(t)
	_, agent := s.pair("")
	s.mu.Lock()
	for i := range s.talks[sid].Messages {
		s.talks[sid].Messages[i].Author = "customer"
	}
	s.mu.Unlock()
	agent.Reload()
	agent.AwaitPage("your balance is 1234 euros")
	harness.Eventually(t, "who wrote each", func() (bool, string) {
		names := harness.Eval[string](agent, `[...document.querySelectorAll(".sealwire-bubble")].map((one) => one.querySelector(".sealwire-name").innerText + ": " + one.querySelector(".sealwire-text").innerText).join("\n")`)
		lines := strings.Split(names, "\n")
		return len(lines) == 2 && strings.HasPrefix(lines[0], "Customer ") && strings.HasSuffix(lines[0], ": my account number is 4711 0815") && lines[1] == "You: your balance is 1234 euros", names
	})
}
