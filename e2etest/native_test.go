package e2etest

import (
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

func TestBrowserCustomerAndNativeAgent(t *testing.T) {
	d := harness.StartDemo(t)
	agent := d.NativeAgent(t)
	customer := customerAt(t, d, nil)
	text := "größe, 好的, 🦊 " + strings.Repeat("and so on ", 500)
	customer.Say(text)
	agent.AwaitText(strings.TrimSpace(text))
	agent.Say("the native agent answers: " + text)
	customer.AwaitText(harness.Conversation, "the native agent answers: "+strings.TrimSpace(text))
	customer.Reload()
	customer.AwaitText(harness.Conversation, "the native agent answers: ")
	customer.Say("after a reload")
	agent.AwaitText("after a reload")
	if got := agent.Heard(); len(got) != 2 {
		t.Errorf("the native agent opened %d texts, want 2: %q", len(got), got)
	}
}

func TestNativeCustomerAndBrowserAgent(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	agent := agentAt(t, d, nil)
	customer := d.NativeCustomer(t)
	customer.Begin()
	customer.Say("hello from a Go program")
	awaitOnce(t, agent, "hello from a Go program")
	agent.Say("hello, Go program")
	customer.AwaitText("hello, Go program")
	agent.Reload()
	awaitOnce(t, agent, "hello from a Go program", "hello, Go program")
	customer.Say("still there?")
	awaitOnce(t, agent, "still there?")
}
