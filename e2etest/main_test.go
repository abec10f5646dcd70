package e2etest

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

var browser *harness.Browser

func TestMain(m *testing.M) {
	b, err := harness.StartBrowser()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	browser = b
	code := m.Run()
	b.Close()
	harness.RemoveBinary()
	os.Exit(code)
}

// anasDesk is the desk with Ana at it.
const anasDesk = "/desk#Ana"

// take is the button of what waits.
var take = harness.Thing{Role: "button", Name: "Take the new conversation"}

// waits is what a customer reads who is in with the queue's inbox alone.
const waits = "waiting for an agent"

// diligent has the pages of a tab press each button that takes a conversation
// which waits, as an agent does who takes all that comes.
func diligent(p *harness.Person) *harness.Person {
	p.BeforeLoad(`setInterval(() => { for (const take of document.querySelectorAll("button.desk-take:not([aria-disabled])")) take.click() }, 50)`)
	return p
}

// customerAt opens the site with its chat open; agentAt opens the desk. A nil
// wire is a straight line.
func customerAt(t *testing.T, d *harness.Demo, w *harness.Wire) *harness.Person {
	t.Helper()
	p := browser.Person(t, "customer", w)
	p.Open(d.URL + "/site#chat")
	p.Await(harness.Message)
	return p
}

func agentAt(t *testing.T, d *harness.Demo, w *harness.Wire) *harness.Person {
	t.Helper()
	p := diligent(browser.Person(t, "agent", w))
	p.Open(d.URL + anasDesk)
	p.AwaitPage("no conversations yet")
	return p
}

// pair has a customer and an agent who have exchanged one message each way.
func pair(t *testing.T, d *harness.Demo) (customer, agent *harness.Person) {
	t.Helper()
	agent, customer = agentAt(t, d, nil), customerAt(t, d, nil)
	exchange(t, customer, agent, "good morning", "how can I help?")
	return customer, agent
}

// exchange is one message each way, read at the other end.
func exchange(t *testing.T, customer, agent *harness.Person, ask, answer string) {
	t.Helper()
	customer.Say(ask)
	agent.AwaitText(harness.Conversation, ask)
	agent.Say(answer)
	customer.AwaitText(harness.Conversation, answer)
}

// awaitOnce waits until p's conversation shows each text, and wants it there
// exactly once.
func awaitOnce(t *testing.T, p *harness.Person, texts ...string) {
	t.Helper()
	for _, text := range texts {
		p.AwaitText(harness.Conversation, text)
	}
	saw := p.Read(harness.Conversation)
	for _, text := range texts {
		if n := strings.Count(saw, text); n != 1 {
			t.Errorf("%s reads %q %d times", p.Name, text, n)
		}
	}
}

// long keeps a scenario out of the short run.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs with make e2e")
	}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
