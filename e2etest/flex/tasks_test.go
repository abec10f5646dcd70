package flex

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// invoke calls one of Flex's actions as its own views do, and says how it ended.
func invoke(p *harness.Person, action, payload string) string {
	return harness.Eval[string](p, fmt.Sprintf(`Flex.Actions.invokeAction(%q, %s).then(() => "done", (e) => String(e))`, action, payload))
}

// transfers hands over the task of the sealed conversation by Flex's actions:
// refused wants that held back, passed wants it to go through to whoever does it.
func transfers(p *harness.Person) (refused, passed func(t *testing.T)) {
	p.Forgive()
	// Flex itself hands over chats by StartChannelTransfer, for which there is no server here; plugins that take
	// TransferTask for it are loaded any time, and call nobody.
	harness.Eval[bool](p, `globalThis.went = [], Flex.Actions.replaceAction("TransferTask", async ({ options }) => void went.push(options.mode)), true`)
	task := func(mode string) string {
		return invoke(p, "TransferTask", fmt.Sprintf(`{ task: desk.taskOf(%q), targetSid: "WK1", options: { mode: %q } }`, sid, mode))
	}
	channel := func() string {
		return invoke(p, "StartChannelTransfer", fmt.Sprintf(`{ instanceSid: "GO1", interactionSid: "KD1", channelSid: "UO1", fromSid: "UT1", toSid: "WK1", conversationSid: %q }`, sid))
	}
	went := func(t *testing.T, want ...string) {
		t.Helper()
		if got := harness.Eval[[]string](p, `went`); !slices.Equal(got, want) {
			t.Errorf("handed over were %v, want %v", got, want)
		}
	}
	refused = func(t *testing.T) {
		t.Helper()
		for _, said := range []string{task("COLD"), channel()} {
			if !strings.Contains(said, "cancelled") {
				t.Errorf("handing over was %s", said)
			}
		}
		p.AwaitPage("Nobody but you can read this conversation")
		if said := task("WARM"); said != "done" {
			t.Errorf("a warm one was %s", said)
		}
		went(t, "WARM")
	}
	passed = func(t *testing.T) {
		t.Helper()
		if said := task("COLD"); said != "done" {
			t.Errorf("handing over was %s", said)
		}
		if said := channel(); !strings.Contains(said, "Not able to transfer the Task") {
			t.Errorf("handing over was not Flex's own to refuse, but %s", said)
		}
		went(t, "WARM", "COLD")
	}
	return refused, passed
}

func TestEndingATaskSaysGoodbyeBeforeFlexEndsTheConversation(t *testing.T) {
	s := newStage(t)
	customer, ana := s.talking()
	open := func() bool {
		return harness.Eval[bool](ana, fmt.Sprintf(`desk.sealed.sessions.opened.includes(%q)`, sid))
	}
	before := len(s.Bodies(sid))
	ana.Click(button("End"))
	customer.AwaitPage("Ended")
	harness.Eventually(t, "Flex's own word for the end", func() (bool, string) {
		record := s.Record("agent")
		return strings.Contains(record[len(record)-1], `"status":"INACTIVE"`), record[len(record)-1]
	})
	record := s.Record("agent")
	if last := record[len(record)-2]; len(s.Bodies(sid)) <= before || !strings.Contains(last, `"op":"send"`) || !strings.Contains(last, "sealwire:1:") {
		t.Errorf("before that it sent %.200s", last)
	}

	// What TaskRouter would say then: the agent can still read, until the task is gone.
	harness.Eval[bool](ana, fmt.Sprintf(`desk.says(%q, "wrapping"), true`, sid))
	sees(ana, "Wrap up", "my account number is 4711 0815")
	sent := len(s.Bodies(sid))
	ana.Click(button("Complete"))
	if !open() {
		t.Error("it is closed before the task is gone")
	}
	harness.Eval[bool](ana, fmt.Sprintf(`desk.says(%q, "completed"), true`, sid))
	harness.Eventually(t, "the transport let go of", func() (bool, string) { return !open(), "still open" })
	if now := len(s.Bodies(sid)); now != sent {
		t.Errorf("completing said %d more", now-sent)
	}
	s.clean("my account number is 4711 0815", "your balance is 1234 euros")
}
