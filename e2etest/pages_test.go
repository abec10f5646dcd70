package e2etest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// file is one that somebody attaches; holds is an expression of the page.
type file struct{ name, media, holds string }

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// attach chooses files as the file chooser of the "Attach file" button would.
func attach(p *harness.Person, files ...file) {
	for _, f := range files {
		_ = harness.Eval[bool](p, fmt.Sprintf(`(async () => {
			const root = document.querySelector("sealwire-chat")?.shadowRoot ?? document;
			const input = root.querySelector("input[type=file]");
			const data = new DataTransfer();
			data.items.add(new File([%s], %s, { type: %s }));
			input.files = data.files;
			input.dispatchEvent(new Event("change"));
			return true;
		})()`, f.holds, quoted(f.name), quoted(f.media)))
	}
}

// wantAccessible wants that axe-core finds nothing on p's page as it is now,
// in light and in dark. SEALWIRE_PICTURES names a directory for pictures of both.
func wantAccessible(t *testing.T, p *harness.Person, state string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		found := harness.Eval[[]string](p, fmt.Sprintf(`(async () => {
			document.documentElement.style.colorScheme = %[1]q;
			document.querySelector("sealwire-chat")?.setAttribute("color-scheme", %[1]q);
			// What still fades in has no contrast yet.
			const roots = [document, ...[...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean)];
			for (const a of roots.flatMap((r) => r.getAnimations())) a.finish();
			const { violations, passes } = await axe.run(document, { iframes: false, resultTypes: ["violations"] });
			const told = violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary));
			return passes.length > 5 ? told : ["axe checked only " + passes.length + " rules"];
		})()`, scheme))
		if dir := os.Getenv("SEALWIRE_PICTURES"); dir != "" {
			p.Photograph(dir, state+", "+scheme)
		}
		for _, f := range found {
			t.Errorf("%s, %s: %s", state, scheme, strings.Join(strings.Fields(f), " "))
		}
	}
	_ = harness.Eval[bool](p, `(() => {
		document.documentElement.style.colorScheme = "";
		document.querySelector("sealwire-chat")?.removeAttribute("color-scheme");
		return true;
	})()`)
}

// B16: axe-core has nothing to say about any state of any page.
func TestB16_EveryStateIsAccessible(t *testing.T) {
	long(t)
	source, err := os.ReadFile(filepath.Join(harness.Root(), "js", "node_modules", "axe-core", "axe.js"))
	if err != nil {
		t.Fatalf("%v (run npm ci in js)", err)
	}
	d := harness.StartDemo(t)
	open := func(name, path string) *harness.Person {
		p := browser.Person(t, name, nil)
		p.BeforeLoad(string(source))
		p.Open(d.URL + path)
		return p
	}
	button := func(name string) harness.Thing { return harness.Thing{Role: "button", Name: name} }

	front := open("visitor", "/")
	front.AwaitPage("linden house")
	wantAccessible(t, front, "front page")
	front.CloseTab() // it holds a desk, and nobody is to be there yet

	customer := open("customer", "/site")
	customer.Await(button("Open chat"))
	wantAccessible(t, customer, "launcher")
	customer.Click(button("Open chat"))
	customer.AwaitPage("connected")
	wantAccessible(t, customer, "empty chat")
	attach(customer, file{"first.txt", "text/plain", `"1"`}, file{"a <b>\u202etxt.exe", "", `"2"`})
	customer.Await(button("Remove first.txt"))
	wantAccessible(t, customer, "files attached")
	customer.Click(button("Remove first.txt"))
	customer.Click(button("Remove a <b>txt.exe"))
	customer.AwaitGone(button("Remove a <b>txt.exe"))
	customer.Say("good morning")
	customer.AwaitPage(waits)
	wantAccessible(t, customer, "waiting")

	agent := open("agent", anasDesk)
	agent.Await(take)
	wantAccessible(t, agent, "desk with somebody waiting")
	agent.Click(take)
	agent.AwaitText(harness.Conversation, "good morning")
	customer.AwaitPage("end-to-end encrypted with")
	wantAccessible(t, customer, "secured")
	wantAccessible(t, agent, "desk with a conversation")
	agent.Say("how can I help?")
	customer.AwaitText(harness.Conversation, "how can I help?")
	customer.Click(button("Who can read"))
	agent.Click(button("Who can read"))
	wantAccessible(t, customer, "who can read")
	wantAccessible(t, agent, "who can read, on the desk")

	attach(customer, file{"letter.txt", "text/plain", `"a letter"`})
	customer.Click(harness.Send)
	agent.AwaitText(harness.Conversation, "letter.txt")
	customer.AwaitText(harness.Conversation, "Sent")
	wantAccessible(t, customer, "file sent")
	wantAccessible(t, agent, "file there to save")
	agent.Click(button("Save"))
	agent.AwaitText(harness.Conversation, "Saved to your downloads")
	wantAccessible(t, agent, "file saved")

	second := customer.Tab("customer's second tab")
	second.BeforeLoad(string(source))
	second.Open(d.URL + "/site#chat")
	second.AwaitPage("open in another tab")
	wantAccessible(t, second, "open in another tab")

	pane := open("onlooker", "/relay")
	pane.AwaitText(harness.WhatRelaySees, "message")
	wantAccessible(t, pane, "what the relay sees")

	_ = harness.Eval[bool](agent, `(() => { document.body.style.width = "390px"; return true })()`)
	wantAccessible(t, agent, "desk on a phone")
	d.Kill()
	customer.AwaitPage("reconnecting")
	wantAccessible(t, customer, "reconnecting")
	wantAccessible(t, agent, "desk, reconnecting")
}

// B16: nor to any state of the moves, at the desk, at the supervisor's and in the
// widget.
func TestB16_EveryStateOfTheMovesIsAccessible(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	desk := func(name string) *harness.Person {
		p := browser.Person(t, name, nil)
		armAxe(t, p)
		p.Open(d.URL + "/desk#" + name)
		p.AwaitPage("nobody is waiting", "waits since")
		return p
	}
	button := func(name string) harness.Thing { return harness.Thing{Role: "button", Name: name} }
	nobody := browser.Person(t, "somebody", nil)
	armAxe(t, nobody)
	nobody.Open(d.URL + "/desk")
	nobody.AwaitPage("who are you?")
	wantAccessible(t, nobody, "who sits down")

	ana, ben, sam := desk("Ana"), desk("Ben"), desk("Sam")
	customer := browser.Person(t, "customer", nil)
	armAxe(t, customer)
	customer.Open(d.URL + "/site#chat")
	customer.Say("good morning")
	customer.AwaitPage(waits)
	sam.AwaitPage("waits since")
	wantAccessible(t, sam, "supervisor, somebody waits")
	takes(t, ana, "good morning")
	ana.Click(moreMoves)
	ana.Await(button("Bring somebody in…"))
	wantAccessible(t, ana, "more moves")
	ana.Click(button("Bring somebody in…"))
	choose(t, ana, "Sam")
	wantAccessible(t, ana, "bringing somebody in")
	answer(t, ana, "Bring in")
	exchange(t, customer, ana, "who is that?", "Sam reads along")
	sam.AwaitText(harness.Conversation, "Sam reads along")
	wantAccessible(t, sam, "reads along")
	sam.Click(takeOver)
	customer.AwaitText(harness.Conversation, "took over")
	ana.Click(handOver)
	choose(t, ana, "Ben")
	ana.Write(note, "they asked who reads along")
	wantAccessible(t, ana, "handing over")
	answer(t, ana, "Hand over")
	ben.AwaitText(harness.Conversation, "they asked who reads along")
	wantAccessible(t, ben, "handed over")
	wantAccessible(t, ana, "handed over by this one")
	ben.Click(button("Who can read"))
	ben.Click(button("Take out Sam"))
	ben.Await(button("Take out"))
	wantAccessible(t, ben, "taking somebody out")
	answer(t, ben, "Take out")
	sam.AwaitText(harness.Conversation, "took you out")
	wantAccessible(t, sam, "taken out")
	customer.AwaitText(harness.Conversation, "Ben took Sam out of this conversation")
	wantAccessible(t, customer, "customer, after moves")
	customer.Click(button("Who can read"))
	wantAccessible(t, customer, "who can read, after moves")
	ben.Click(button("Who could read, and when"))
	ben.AwaitPage("from the beginning")
	wantAccessible(t, ben, "who could read, and when")
	answer(t, ben, "Close")

	customer.Click(button("More"))
	wantAccessible(t, customer, "customer's moves")
	customer.Click(button("Ask for someone else"))
	customer.AwaitPage("ask for someone else?")
	wantAccessible(t, customer, "asking for someone else")
	customer.Click(button("Cancel"))
	move(ben, "Put back in the queue…")
	wantAccessible(t, ben, "putting back")
	answer(t, ben, "Put back")
	customer.AwaitPage(waits)
	wantAccessible(t, customer, "waiting again")
	ana.Await(takeParked)
	wantAccessible(t, ana, "desk, one is parked")
	ana.Click(takeParked)
	move(ana, "End the conversation…")
	wantAccessible(t, ana, "ending")
	answer(t, ana, "End it")
	customer.AwaitPage("this conversation has ended")
	wantAccessible(t, customer, "ended")
	customer.Click(button("Start a new conversation"))
	customer.Say("me again")
	customer.AwaitText(harness.Conversation, "It continues the one above")
	wantAccessible(t, customer, "begun anew")
	takes(t, ana, "me again")
	wantAccessible(t, ana, "begun anew, on the desk")
	d.Kill()
	ana.AwaitPage("may be old")
	wantAccessible(t, ana, "desk without the authority")
}

// taken keeps what a page hands to the browser's downloads, and which of the
// addresses that it made for files still stand.
const taken = `globalThis.taken = []; globalThis.standing = new Map();
	const make = URL.createObjectURL, end = URL.revokeObjectURL;
	URL.createObjectURL = (blob) => { const a = make.call(URL, blob); standing.set(a, blob); return a; };
	URL.revokeObjectURL = (a) => { standing.delete(a); end.call(URL, a); };
	HTMLAnchorElement.prototype.click = function () { taken.push({ name: this.download, blob: standing.get(this.href) }); };`

const saveButtons = `[...document.querySelectorAll("button")].filter((b) => b.textContent === "Save")`

// B01, B15: whatever a file is named and holds, it is shown as words, saved as
// bytes of no type under a plain name, and nothing of it runs.
func TestB01B15_FilesAreShownAsWordsAndSavedAsBytes(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	agent := diligent(browser.Person(t, "agent", nil))
	agent.BeforeLoad(taken)
	agent.Open(d.URL + anasDesk)
	agent.AwaitPage("no conversations yet")
	customer := customerAt(t, d, nil)
	exchange(t, customer, agent, "good morning", "how can I help?")

	const script = `<script>globalThis.pwned = 1</script>`
	const drawing = `<svg xmlns='http://www.w3.org/2000/svg' onload='globalThis.pwned = 1'><image href='http://127.0.0.1:9/x.png'/></svg>`
	for _, c := range []struct {
		file
		shown, kind string
		picture     bool
	}{
		{file{"../../<img src=x onerror=pwned=1>.html", "text/html", quoted(script)}, "../../<img src=x onerror=pwned=1>.html", "Web page", false},
		{file{"photo\u202egpj.exe", "image/jpeg", quoted(script)}, "photogpj.exe", "Program", false},
		{file{"a.svg", "image/svg+xml", quoted(drawing)}, "a.svg", "Drawing with code", false},
		{file{"x.pdf", "application/pdf", quoted("%PDF-1.7 " + script)}, "x.pdf", "PDF document", false},
		{file{"called.png", "image/png", quoted(drawing)}, "called.png", "Picture", false},
		{file{"true.png", "image/png", `await (async () => { const c = new OffscreenCanvas(400, 300); c.getContext("2d").fillRect(9, 9, 99, 99); return c.convertToBlob({ type: "image/png" }) })()`}, "true.png", "Picture", true},
	} {
		pictures := harness.Eval[int](agent, `document.querySelectorAll(".sw-file img").length`)
		saves := harness.Eval[int](agent, saveButtons+`.length`)
		attach(customer, c.file)
		customer.Click(harness.Send)
		agent.AwaitText(harness.Conversation, c.shown)
		agent.AwaitText(harness.Conversation, c.kind)
		if c.picture {
			harness.Eventually(t, "the picture to be drawn", func() (bool, string) {
				return harness.Eval[bool](agent, fmt.Sprintf(`document.querySelectorAll(".sw-file img").length === %d && [...document.querySelectorAll(".sw-file img")].every((i) => i.naturalWidth > 0)`, pictures+1)), ""
			})
		}
		before := harness.Eval[int](agent, `taken.length`)
		harness.Eventually(t, "this file's button to save it", func() (bool, string) {
			return harness.Eval[int](agent, saveButtons+`.length`) == saves+1, agent.PageText()
		})
		_ = harness.Eval[bool](agent, `(`+saveButtons+`.at(-1).click(), true)`)
		harness.Eventually(t, c.name+" to be saved", func() (bool, string) {
			return harness.Eval[int](agent, `taken.length`) == before+1, agent.PageText()
		})
		got := harness.Eval[struct{ Name, Type, Text string }](agent, `(async () => { const { name, blob } = taken.at(-1); return { name, type: blob.type, text: await blob.text() } })()`)
		if got.Type != "application/octet-stream" {
			t.Errorf("%q is saved as %q", c.name, got.Type)
		}
		if strings.ContainsAny(got.Name, "/\\\u202e<>:") {
			t.Errorf("%q is saved under %q", c.name, got.Name)
		}
		if text, ok := strings.CutPrefix(c.holds, `"`); ok && quoted(got.Text) != `"`+text {
			t.Errorf("%q arrives as %q", c.name, got.Text)
		}
		if now := harness.Eval[int](agent, `document.querySelectorAll(".sw-file img").length`); !c.picture && now != pictures {
			t.Errorf("%q is shown as a picture", c.name)
		}
	}
	if n := harness.Eval[int](agent, `[...standing.values()].filter((b) => b.type !== "application/octet-stream").length`); n != 0 {
		t.Errorf("the addresses of %d pictures still stand", n)
	}
	for _, p := range []*harness.Person{customer, agent} {
		if harness.Eval[bool](p, `"pwned" in globalThis || document.querySelector("iframe, object, embed, video, audio") !== null`) {
			t.Errorf("something of a file runs or is rendered on %s's page", p.Name)
		}
	}
}
