package flex

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

const sid = "CHsealed"

// customer opens the customer's page on a conversation.
func (s *stage) customer(query string) *harness.Person {
	s.t.Helper()
	p := s.person("customer")
	p.Open(s.url + "/customer.html?sid=" + sid + "&" + query)
	harness.Eventually(s.t, "the chat", func() (bool, string) { return harness.Eval[bool](p, "globalThis.ready === true"), p.Console() })
	return p
}

var (
	yours = harness.Thing{Role: "textbox", Name: "Your message"}
	chat  = harness.Thing{Role: "log", Name: "Conversation"}
)

func say(p *harness.Person, text string) {
	p.Write(yours, text)
	p.Click(harness.Thing{Role: "button", Name: "Send"})
}

func answer(p *harness.Person, text string) {
	p.Write(box, text)
	p.Click(send)
}

// pair is a customer and an agent who have exchanged one message each way.
func (s *stage) pair(query string) (customer, agent *harness.Person) {
	s.t.Helper()
	agent = s.agent("sids=" + sid + ",CHplain&" + query)
	customer = s.customer("")
	say(customer, "my account number is 4711 0815")
	agent.AwaitPage("my account number is 4711 0815")
	answer(agent, "your balance is 1234 euros")
	customer.AwaitText(chat, "your balance is 1234 euros")
	return customer, agent
}

// clean wants none of texts in anything that any browser sent.
func (s *stage) clean(texts ...string) {
	s.t.Helper()
	var sent [][]byte
	for _, who := range []string{"agent", "customer", "ben", "sue", ""} {
		for _, frame := range s.Record(who) {
			sent = append(sent, []byte(frame))
		}
	}
	sent = append(sent, s.Files()...)
	for _, b := range sent {
		if hits := harness.Hits(b, texts...); len(hits) > 0 {
			s.t.Errorf("the cloud was sent %v in %.200s", hits, b)
		}
	}
	if len(sent) == 0 {
		s.t.Error("nothing was recorded")
	}
}

func TestCustomerAndAgentTalkSealed(t *testing.T) {
	s := newStage(t)
	_, agent := s.pair("")
	s.clean("my account number is 4711 0815", "your balance is 1234 euros")
	agent.AwaitPage("End-to-end encrypted with Customer")
	if text := agent.PageText(); strings.Contains(text, "sealwire:1:") {
		t.Errorf("the agent sees ciphertext: %s", text)
	}
	// The banner: how far it is proved, and who could read. Of what only sets up the encryption there is no bubble.
	sees(agent, "Nobody has vouched for who this customer is", "can read from the beginning")
	harness.Eventually(t, "two bubbles, both opened", func() (bool, string) {
		got := harness.Eval[[]int](agent, `[".Twilio-MessageBubble", ".sealwire-bubble", ".sealwire-carriage"].map((of) => document.querySelectorAll(of).length)`)
		return got[0] == 2 && got[1] == 2 && got[2] > 0, fmt.Sprint(got)
	})
	if value := agent.Value(box); value != "" {
		t.Errorf("the box still holds %q", value)
	}
}
