package flex

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// boxes are the two that Flex 2.17.1 has to write in: what it has by default,
// which sends a text and its files by one action, and the one before, by two,
// which a company can still have.
var boxes = map[string]string{"default": "", "before": "input=1"}

var attach = button("Attach file or image")

// written is a file of this machine's.
func written(t *testing.T, name, content string) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

// lies waits until files lie at the box.
func lies(p *harness.Person, t *testing.T, files string) {
	t.Helper()
	harness.Eventually(t, files+" at the box", func() (bool, string) { return attached(p) == files, attached(p) })
}

// attached are the names of the files that lie at the box.
func attached(p *harness.Person) string {
	return harness.Eval[string](p, fmt.Sprintf(`desk.store.getState().flex.chat.conversationInput[%q]?.attachedFiles.map(({ name }) => name).join() ?? ""`, sid))
}

// back waits until a text stands in the box, with the files that were sent with it.
func back(p *harness.Person, t *testing.T, text, files string) {
	t.Helper()
	harness.Eventually(t, "what was written back in the box", func() (bool, string) {
		value, names := p.Value(box), attached(p)
		return value == text && names == files, value + "\n" + names
	})
}

// One browser's page for each box: what Flex takes to start is most of a test's time.
func TestBothBoxes(t *testing.T) {
	for name, query := range boxes {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			customer, agent := s.pair(query)
			s.saysWhichBox(agent, name)
			s.filesGoSealed(customer, agent)
			s.textsUpToTheLimit(customer, agent)
			s.aLaterPluginIsHeldBack(agent)
		})
	}
}

// Without the module nothing is read or sent; it comes back, files too.
func TestBothBoxesWithoutTheModule(t *testing.T) {
	for name, query := range boxes {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.Post(sid, "customer", "sealwire:1:AQIDBAUG")
			agent := s.agent("sids=" + sid + "&module=/nothing.wasm&" + query)
			agent.Forgive()
			agent.AwaitPage("Encryption could not be started")
			agent.ChooseBy(attach, written(t, "salary of Ana.txt", secret))
			lies(agent, t, "salary of Ana.txt")
			s.refused(agent, "Encryption could not be started")
			back(agent, t, secret, "salary of Ana.txt")
			s.clean(secret, "salary of Ana")
			if len(s.Bodies(sid)) != 1 || len(s.Files()) != 0 {
				t.Errorf("it sent %q", s.Bodies(sid))
			}
		})
	}
}

// saysWhichBox wants what a box is by Flex's own switch.
func (s *stage) saysWhichBox(agent *harness.Person, name string) {
	s.t.Helper()
	// Only the default's button is a word.
	if word := harness.Eval[bool](agent, `[...document.querySelectorAll(".Twilio-MessageInput-SendButton")].some(({ innerText }) => innerText.trim() === "Send")`); word != (name == "default") {
		s.t.Errorf("another box than %s is on the screen", name)
	}
}

func (s *stage) filesGoSealed(customer, agent *harness.Person) {
	s.t.Helper()
	t := s.t
	harness.Eval[bool](agent, `(globalThis.kept = [], URL.createObjectURL = ((make) => (blob) => { kept.push(blob); return make(blob) })(URL.createObjectURL.bind(URL)), true)`)
	// As the browser tells of what is dragged in and dropped.
	harness.Eval[bool](agent, `(async () => {
		const dataTransfer = new DataTransfer();
		dataTransfer.items.add(new File(["the contract says 99 euros"], "contract.txt", { type: "text/plain" }));
		for (const type of ["dragover", "drop"]) {
			document.querySelector(".Twilio-MessagingCanvas textarea").dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
			await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
		}
		return true;
	})()`)
	lies(agent, t, "contract.txt")
	agent.Click(send)
	customer.AwaitText(chat, "contract.txt")
	back(agent, t, "", "")
	agent.ChooseBy(attach, written(t, "salary of Ana.txt", secret))
	lies(agent, t, "salary of Ana.txt")
	answer(agent, "here is the letter, as promised")
	customer.AwaitText(chat, "salary of Ana.txt")
	customer.AwaitText(chat, "here is the letter, as promised")
	back(agent, t, "", "")
	customer.Click(button("Save salary of Ana.txt"))
	customer.AwaitText(chat, secret)
	customer.Click(button("Save contract.txt"))
	customer.AwaitText(chat, "the contract says 99 euros")

	harness.Eval[bool](customer, `customer.conversation.sendFile(new File(["my scanned passport, number C01X00T47"], "passport.txt"), { name: "passport.txt" }).then(() => true)`)
	agent.AwaitPage("passport.txt")
	agent.Click(button("Save passport.txt"))
	harness.Eventually(t, "the file", func() (bool, string) {
		got := harness.Eval[string](agent, `kept.length ? kept.at(-1).text() : ""`)
		return got == "my scanned passport, number C01X00T47", got
	})
	s.clean(secret, "salary of Ana", "text/plain", "my scanned passport, number C01X00T47", "passport.txt", "contract", "99 euros")
}

func (s *stage) textsUpToTheLimit(customer, agent *harness.Person) {
	s.t.Helper()
	t := s.t
	agent.Forgive()
	// {"type":"text","text":""} takes 25 bytes of 32,768.
	const most = 32_768 - 25
	put := func(text string) {
		harness.Eval[bool](agent, fmt.Sprintf(`Flex.Actions.invokeAction("SetInputText", { conversationSid: %q, body: %q }).then(() => true)`, sid, text))
	}
	// Flex's own limit is checked by its box; this is the one of a sealed message.
	long := secret + strings.Repeat("x", most-len(secret))
	put(long + "y")
	invoke := fmt.Sprintf(`Flex.Actions.invokeAction("SendMessage", { conversationSid: %q, conversation: desk.store.getState().flex.chat.conversations[%q], body: BODY }).then(() => "sent", (e) => String(e))`, sid, sid)
	if said := harness.Eval[string](agent, strings.Replace(invoke, "BODY", fmt.Sprintf("%q", long+"y"), 1)); !strings.Contains(said, "too long") {
		t.Errorf("one byte too long: %s", said)
	}
	back(agent, t, long+"y", "")
	if said := harness.Eval[string](agent, strings.Replace(invoke, "BODY", fmt.Sprintf("%q", long), 1)); said != "sent" {
		t.Errorf("at the limit: %s", said)
	}
	customer.AwaitText(chat, long)
	put("")
	s.clean(secret)
}

func (s *stage) aLaterPluginIsHeldBack(agent *harness.Person) {
	s.t.Helper()
	agent.Forgive()
	harness.Eval[bool](agent, `Flex.Actions.replaceAction("SendMessage", (payload, original) => original({ ...payload, body: payload.body + " [a copy]" })), true`)
	s.refused(agent, "held back")
}
