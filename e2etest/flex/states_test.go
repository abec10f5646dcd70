package flex

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// Flex tells of a message right after the SDK does, long before it can be
// opened: an encrypted one is announced all the same, by nothing of its content,
// and what only sets up the encryption is not.
func TestEncryptedMessagesAreAnnounced(t *testing.T) {
	s := newStage(t)
	customer, agent := s.pair("view=desk")
	// Flex announces nothing of the task that the agent looks at.
	harness.Eval[bool](agent, `(desk.show("CHplain"), true)`)
	harness.Eval[bool](agent, fmt.Sprintf(`(() => {
		globalThis.announced = [];
		globalThis.seen = [];
		Flex.Notifications.addListener("notificationAdded", (n) => { if (n.id === "NewChatMessage") announced.push(n.context.lastMessage.source.index); });
		desk.conversations[%q].on("messageAdded", async (source) => {
			seen.push(source.index);
			await Promise.resolve();
			Flex.Notifications.showNotification("NewChatMessage", { lastMessage: { source, authorName: "Customer" }, conversationSid: %q });
		});
		return true;
	})()`, sid, sid))
	say(customer, "are you still there")
	harness.Eventually(t, "the announcement", func() (bool, string) {
		got := harness.Eval[string](agent, `announced.join()`)
		return got != "", harness.Eval[string](agent, `seen.join()`)
	})
	before := harness.Eval[string](agent, `announced.join()`)
	// A commit by its form, and a record: neither holds words.
	s.Post(sid, "customer", "sealwire:1:AQEBCQ")
	s.Post(sid, "customer", "sealwire:1:AwFBQQ")
	harness.Eventually(t, "both to come", func() (bool, string) {
		return harness.Eval[bool](agent, fmt.Sprintf(`seen.length >= %d + 2`, 1+strings.Count(before, ","))), ""
	})
	if got := harness.Eval[string](agent, `announced.join()`); got != before {
		t.Errorf("announced are %s, and before %s", got, before)
	}
}

// One identity is open in one tab. The other says so, and takes it over.
func TestASecondTabSaysSoAndGoesOnThere(t *testing.T) {
	s := newStage(t)
	_, agent := s.pair("")
	second := agent.Tab("agent's second tab")
	second.Open(s.url + "/?sids=" + sid)
	harness.Eventually(t, "Flex", func() (bool, string) {
		return harness.Eval[bool](second, "globalThis.ready === true"), second.Console()
	})
	second.AwaitPage("Open in another tab")
	if text := second.PageText(); strings.Contains(text, "has no key") {
		t.Errorf("the second tab says %s", text)
	}
	second.Click(button("Use here"))
	second.AwaitPage("my account number is 4711 0815", "End-to-end encrypted")
	agent.AwaitPage("Open in another tab")
}

// Who came stands between the bubbles and in none of them.
func TestWhoCameStandsBesideTheMessages(t *testing.T) {
	s := newStage(t)
	_, ana := s.talking()
	ben := s.desk("ben", "Ben", "")
	ben.AwaitPage("You are not in this conversation")
	keys(ana)
	ana.Click(button("Bring somebody in…"))
	knows(ana, "Ben")
	ana.Click(harness.Thing{Role: "radio", Name: "Ben"})
	ana.Click(button("Bring in"))
	chats(ana)
	beside := func() string {
		return harness.Eval[string](ana, `[...document.querySelectorAll(".sealwire-beside")].map(({ innerText }) => innerText).join(" | ")`)
	}
	harness.Eventually(t, "that Ben came", func() (bool, string) { return strings.Contains(beside(), "Ben"), beside() + "\n" + ana.PageText() })
	if harness.Eval[bool](ana, `document.querySelector(".Twilio-MessageBubble .sealwire-beside, .sealwire-bubble .sealwire-beside") !== null`) {
		t.Error("it stands in a bubble")
	}
}
