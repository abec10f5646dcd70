package flex

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

func TestASupervisorReadsAlongOnlyWhenBroughtInAndWritesOnlyAfterTakingOver(t *testing.T) {
	s := newStage(t)
	customer, ana := s.talking()
	sue := s.agent("view=supervisor&sids=" + sid + "&identity=sue&name=Sue&role=supervisor")
	sees(sue, "Monitor Task", "You are not in this conversation", "Ask an agent who is in it to bring you in")
	unread := func(where string) {
		t.Helper()
		if text := sue.PageText(); strings.Contains(text, "4711") || strings.Contains(text, "sealwire:1:") {
			t.Errorf("%s, Sue sees %s", where, text)
		}
	}
	unread("in the chat")
	keys(sue)
	sees(sue, "You are not in this conversation", "Ask an agent who is in it to bring you in")
	unread("in the tab")
	chats(sue)
	sue.Forgive()
	answer(sue, secret)
	harness.Eventually(t, "the text back in the box", func() (bool, string) { return sue.Value(box) == secret, sue.Value(box) })

	bringIn(ana, "Sue supervisor", true)
	sees(sue, "my account number is 4711 0815", "You read along and do not write.")
	customer.AwaitPage("Sue")
	sue.Click(send)
	sue.AwaitPage("Take over to answer.")
	harness.Eventually(t, "the text back in the box", func() (bool, string) { return sue.Value(box) == secret, sue.Value(box) })
	s.clean(secret)

	keys(sue)
	sue.Click(button("Take over"))
	sue.AwaitGone(button("Take over"))
	chats(sue)
	harness.Eval[bool](sue, fmt.Sprintf(`Flex.Actions.invokeAction("SetInputText", { conversationSid: %q, body: "" }).then(() => true)`, sid))
	answer(sue, "Sue here, I take it from here")
	customer.AwaitText(chat, "Sue here, I take it from here")
	s.clean(secret, "Sue here, I take it from here", "my account number is 4711 0815")
}
