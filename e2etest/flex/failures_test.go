package flex

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

const secret = "the pin is 9876 5432 1098"

// refused types a secret into Flex's box, presses Send, and wants it back in
// the box, told of, and in nothing that any browser sent.
func (s *stage) refused(p *harness.Person, why string) {
	s.t.Helper()
	before := len(s.Bodies(sid))
	answer(p, secret)
	p.AwaitPage(why)
	harness.Eventually(s.t, "the text back in the box", func() (bool, string) {
		value := p.Value(box)
		return value == secret, value
	})
	s.clean(secret)
	if after := len(s.Bodies(sid)); after != before {
		s.t.Errorf("%d messages came, none should have", after-before)
	}
}

// otherWays are how a plugin goes round Flex's actions. CONVERSATION is the
// Conversation of the SDK that the agent has.
var otherWays = []string{
	`CONVERSATION.sendMessage(SECRET)`,
	`CONVERSATION.prepareMessage().setBody(SECRET).build().send()`,
	`CONVERSATION.prepareMessage().setBody(SECRET).buildAndSend()`,
	`desk.line.conversation(SID).then((another) => another.sendMessage(SECRET))`,
	`desk.line.conversation(SID).then((another) => another._messagesEntity.send(SECRET))`,
	`CONVERSATION.updateAttributes({ summary: SECRET })`,
	`CONVERSATION.sendMessage((() => { const form = new FormData(); form.append("f", new File([SECRET], SECRET + ".txt")); return form; })())`,
	`CONVERSATION._messages[0].updateBody(SECRET)`,
}

// goAround tries one way and says how it ended: "sent", or the refusal's code.
func goAround(p *harness.Person, way, sid string) string {
	way = strings.NewReplacer("CONVERSATION", "desk.conversations."+sid, "SID", fmt.Sprintf("%q", sid), "SECRET", fmt.Sprintf("%q", secret)).Replace(way)
	return harness.Eval[string](p, fmt.Sprintf(`(async () => { try { await %s; return "sent" } catch (e) { return e.code ?? String(e) } })()`, way))
}

// Each way is refused in a sealed conversation; that it is one is seen where
// nothing is sealed, in the same page: there each sends.
func TestLaterPluginThatSendsByItselfIsHeldBack(t *testing.T) {
	s := newStage(t)
	s.Post("CHplain", "whatsapp:+15550100", "Hi from a phone")
	_, agent := s.pair("")
	agent.Forgive()
	for _, way := range otherWays {
		if said := goAround(agent, way, sid); said != "bad argument" {
			t.Errorf("%s ended as %s", way, said)
		}
		s.clean(secret)
	}
	for _, way := range otherWays {
		before := len(s.Record("agent"))
		said := goAround(agent, way, "CHplain")
		if got := strings.Join(s.Record("agent")[before:], "\n"); said != "sent" || len(harness.Hits([]byte(got), secret)) == 0 {
			t.Errorf("where nothing is sealed, %s ended as %s and sent %.300s", way, said, got)
		}
	}
}

// What the platform puts into a sealed conversation in the clear is nobody's
// words, whoever it says has written it.
func TestPlaintextFromThePlatformIsNotShown(t *testing.T) {
	s := newStage(t)
	_, agent := s.pair("")
	for _, author := range []string{"customer", "agent", "system"} {
		s.Post(sid, author, "please pay to DE00 1234 instead")
		harness.Eventually(t, "told of", func() (bool, string) {
			text := agent.PageText()
			return strings.Contains(text, "was not encrypted, so it is not shown"), text
		})
	}
	harness.Eventually(t, "each told of", func() (bool, string) {
		text := agent.PageText()
		return strings.Count(text, "was not encrypted, so it is not shown") == 3, text
	})
	unseen := func() {
		t.Helper()
		if text := agent.PageText(); strings.Contains(text, "DE00 1234") {
			t.Errorf("the agent sees %s", text)
		}
	}
	unseen()
	agent.Reload()
	agent.AwaitPage("your balance is 1234 euros")
	unseen()
}

func TestEarlierListenerThatThrowsDoesNotOpenAWay(t *testing.T) {
	s := newStage(t)
	agent := browser.Person(t, "agent", nil)
	agent.Forgive()
	agent.BeforeLoad(`globalThis.pluginsBefore = () => {
		for (const name of ["beforeSendMessage", "afterSendMessage"]) Flex.Actions.addListener(name, () => { throw new Error("a bug of another plugin") });
	}`)
	agent.Open(s.url + "/?sids=" + sid)
	harness.Eventually(t, "Flex", func() (bool, string) { return harness.Eval[bool](agent, "globalThis.ready === true"), agent.Console() })
	customer := s.customer("")
	say(customer, "hello there, customer speaking")
	agent.AwaitPage("hello there, customer speaking")
	answer(agent, secret)
	customer.AwaitText(chat, secret)
	s.clean(secret, "hello there, customer speaking")
}

func TestWithoutAKeyNothingIsReadOrSent(t *testing.T) {
	s := newStage(t)
	s.pair("")
	ben := s.agent("sids=" + sid + "&identity=ben&name=Ben")
	ben.Forgive()
	ben.AwaitPage("has no key to this conversation")
	if text := ben.PageText(); strings.Contains(text, "4711") || strings.Contains(text, "sealwire:1:") {
		t.Errorf("Ben sees %s", text)
	}
	// Ben's key package may come any time, as it does in every conversation that a desk shows.
	answer(ben, secret)
	harness.Eventually(t, "the text back in the box", func() (bool, string) { return ben.Value(box) == secret, ben.Value(box) })
	s.clean(secret)
}

func TestAReloadKeepsWhatWasSaid(t *testing.T) {
	s := newStage(t)
	customer, agent := s.pair("")
	agent.Reload()
	harness.Eventually(t, "Flex", func() (bool, string) { return harness.Eval[bool](agent, "globalThis.ready === true"), agent.Console() })
	agent.AwaitPage("my account number is 4711 0815")
	agent.AwaitPage("your balance is 1234 euros")
	answer(agent, secret)
	customer.AwaitText(chat, secret)
	s.clean(secret)
}

// plainly is what an agent does in a conversation that is not sealed.
func plainly(t *testing.T, query string) []string {
	t.Helper()
	s := newStage(t)
	s.Post("CHplain", "whatsapp:+15550100", "Hi from a phone")
	p := s.agent("view=desk&sids=CHplain" + query)
	p.AwaitPage("Hi from a phone")
	answer(p, "in the clear, as ever")
	p.AwaitPage("in the clear, as ever")
	harness.Eval[bool](p, `(async () => {
		const { CHplain } = desk.conversations;
		await Flex.Actions.invokeAction("SendMessage", { conversationSid: "CHplain", conversation: desk.store.getState().flex.chat.conversations.CHplain, body: "with attributes", messageAttributes: { a: 1 } });
		await Flex.Actions.invokeAction("SendMediaMessage", { conversationSid: "CHplain", conversation: desk.store.getState().flex.chat.conversations.CHplain, file: new File(["a photograph"], "photo.png", { type: "image/png" }) }).catch(() => {});
		await CHplain.typing();
		await CHplain.sendMessage("by another plugin", { b: 2 });
		await CHplain.prepareMessage().setBody("built").setSubject("s").setAttributes({ c: 3 }).buildAndSend();
		return true;
	})()`)
	p.AwaitPage("by another plugin")
	if text := p.PageText(); strings.Contains(text, "ncrypt") {
		t.Errorf("it speaks of encryption: %s", text)
	}
	// Flex ends the conversation with its task.
	p.Click(button("End"))
	last := func() string { record := s.Record("agent"); return record[len(record)-1] }
	harness.Eventually(t, "Flex's own word for the end", func() (bool, string) { return strings.Contains(last(), `"status":"INACTIVE"`), last() })
	harness.Eval[bool](p, `desk.conversations.CHplain.updateAttributes({ note: "written by a plugin" }).then(() => true)`)
	// Whether Flex tells that somebody types before Send is pressed hangs on how fast that is; the rest hangs on nothing.
	var sent []string
	for _, frame := range s.Record("agent") {
		if strings.Contains(frame, `"op":"typing"`) && len(sent) < 4 {
			continue
		}
		sent = append(sent, frame[:strings.LastIndex(frame, `"id":`)])
	}
	return sent
}

func TestAConversationThatIsNotSealedIsUntouched(t *testing.T) {
	without, with := plainly(t, "&plugin=none"), plainly(t, "")
	if !slices.Equal(without, with) {
		t.Errorf("the browser sent\n%s\nand without the plugin\n%s", strings.Join(with, "\n"), strings.Join(without, "\n"))
	}
	if len(with) < 8 {
		t.Errorf("it sent only %d frames", len(with))
	}
}

func TestPreviewsAndNotificationsShowNothingThatWasWritten(t *testing.T) {
	s := newStage(t)
	_, agent := s.pair("")
	render := func(name, body, of string) string {
		return harness.Eval[string](agent, fmt.Sprintf(`(() => {
			const lastMessage = { authorName: "Customer", source: { body: %q, conversation: { sid: %q } } };
			return Flex.templates[%q]({ lastMessage, helper: { chat: { lastMessage, typers: [] }, durationSinceUpdate: "1:00" }, task: { attributes: {} } });
		})()`, body, of, name))
	}
	for _, name := range []string{"NewChatMessageNotificationBody", "TaskLineChatAssigned", "TaskLineWebChatAssigned"} {
		for body, of := range map[string]string{"sealwire:1:AAAA": "CHother", secret: sid} {
			if shown := render(name, body, of); strings.Contains(shown, body) || !strings.Contains(shown, "ncrypted message") {
				t.Errorf("%s shows %q", name, shown)
			}
		}
		if shown := render(name, "in the clear", "CHplain"); !strings.Contains(shown, "in the clear") {
			t.Errorf("%s of a conversation that is not sealed shows %q", name, shown)
		}
	}
}
