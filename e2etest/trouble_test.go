package e2etest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

func TestRelayRestartInMidConversation(t *testing.T) {
	for _, end := range []struct {
		name string
		stop func(*harness.Demo)
	}{{"asked to", (*harness.Demo).Stop}, {"killed", (*harness.Demo).Kill}} {
		t.Run(end.name, func(t *testing.T) {
			if end.name == "killed" {
				long(t)
			}
			d := harness.StartDemo(t)
			customer, agent := pair(t, d)
			end.stop(d)
			customer.AwaitPage("reconnecting", "offline", "no connection")
			customer.Say("written while the relay was away")
			agent.Say("I too wrote meanwhile")
			d.Start()
			for _, p := range []*harness.Person{customer, agent} {
				awaitOnce(t, p, "good morning", "how can I help?", "written while the relay was away", "I too wrote meanwhile")
			}
			exchange(t, customer, agent, "all back", "good")
		})
	}
}

func TestOfflineAndBack(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	wire := harness.NewWire(t)
	agent, customer := agentAt(t, d, nil), customerAt(t, d, wire)
	exchange(t, customer, agent, "hello", "hello yourself")
	wire.Cut()
	customer.Offline(true)
	customer.AwaitPage("reconnecting", "offline", "no connection")
	for i := range 5 {
		customer.Say(fmt.Sprintf("queued number %d.", i))
	}
	agent.Say("said while you were gone")
	if saw := agent.Read(harness.Conversation); strings.Contains(saw, "queued") {
		t.Fatalf("what was queued offline arrived: %s", saw)
	}
	wire.Mend()
	customer.Offline(false)
	var queued []string
	for i := range 5 {
		queued = append(queued, fmt.Sprintf("queued number %d.", i))
	}
	awaitOnce(t, agent, queued...)
	awaitOnce(t, customer, append(queued, "said while you were gone")...)
	saw := agent.Read(harness.Conversation)
	for i := range 4 {
		if strings.Index(saw, queued[i]) > strings.Index(saw, queued[i+1]) {
			t.Errorf("out of order: %s", saw)
		}
	}
}

func TestReloadWhileOfflineKeepsWhatWasQueued(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	d.Stop()
	customer.Say("queued, then the tab was closed")
	customer.AwaitText(harness.Conversation, "queued, then the tab was closed")
	next := customer.Tab("customer, later")
	customer.CloseTab()
	d.Start()
	next.Open(d.URL + "/site#chat")
	awaitOnce(t, next, "good morning", "queued, then the tab was closed")
	awaitOnce(t, agent, "queued, then the tab was closed")
}

func TestAnotherOrgKeyStartsAfreshAndSaysSo(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	d.Stop()
	d.Forget()
	d.Start()
	for _, p := range []*harness.Person{customer, agent} {
		p.Reload()
		p.AwaitPage("new company key")
		if strings.Contains(p.PageText(), "good morning") {
			t.Errorf("%s still sees the conversation of the other key", p.Name)
		}
	}
	exchange(t, customer, agent, "a fresh start", "welcome")
}

func TestPortInUseIsAClearError(t *testing.T) {
	d := harness.StartDemo(t)
	out, err := harness.Command(t, "demo", "-addr", d.Addr(), "-dir", t.TempDir()).CombinedOutput()
	if _, failed := err.(*exec.ExitError); !failed || !strings.Contains(string(out), "ADDR") || !strings.Contains(string(out), d.Addr()) {
		t.Errorf("a second demo at %s: %v: %s", d.Addr(), err, out)
	}
}
