package e2etest

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// speaking is a wire over which every page says that it is in that language.
func speaking(t *testing.T, language string) *harness.Wire {
	w := harness.NewWire(t)
	w.Response = func(res *http.Response) error {
		if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			return nil
		}
		return harness.AlterBody(res, func(page []byte) []byte {
			return bytes.Replace(page, []byte(`lang="en"`), []byte(`lang="`+language+`"`), 1)
		})
	}
	return w
}

// On a page in German the widget speaks German, all through a conversation, and
// assistive technology hears that it does; the other side is told in English.
func TestACustomerIsSpokenToInGerman(t *testing.T) {
	d := harness.StartDemo(t)
	customer := browser.Person(t, "customer", speaking(t, "de"))
	armAxe(t, customer)
	customer.Open(d.URL + "/site")
	customer.Click(harness.Thing{Role: "button", Name: "Chat öffnen"})
	customer.AwaitPage("schreiben sie uns vertraulich")
	wantAccessible(t, customer, "German, empty")
	customer.Write(harness.Thing{Role: "textbox", Name: "Nachricht"}, "guten Morgen")
	customer.Click(harness.Thing{Role: "button", Name: "Senden"})
	customer.AwaitPage("warten auf eine antwort")
	ana := deskAt(t, d, "Ana", nil)
	takes(t, ana, "guten Morgen")
	ana.Say("good morning")
	customer.AwaitPage("ende-zu-ende-verschlüsselt mit ana")
	customer.AwaitPage("ana ist jetzt dabei und kann dieses gespräch von anfang an lesen")
	customer.AwaitPage("good morning")
	customer.Click(harness.Thing{Role: "button", Name: "Wer kann lesen"})
	wantAccessible(t, customer, "German, who can read")
	customer.Click(harness.Thing{Role: "button", Name: "Sicherheitsnummer vergleichen mit Ana"})
	customer.AwaitPage("am telefon oder persönlich")
	_ = harness.Eval[bool](customer, openDetails)
	wantAccessible(t, customer, "German, safety number")
	for _, english := range []string{"Safety", "Details", "history"} {
		if saw := customer.PageText(); strings.Contains(saw, english) {
			t.Errorf("some of it is English: %s", saw)
		}
	}
	customer.Click(harness.Thing{Role: "button", Name: "Zurück"})
	if saw := customer.PageText(); strings.Contains(saw, "Who can read") || strings.Contains(saw, "verified by") {
		t.Errorf("some of it is English: %s", saw)
	}
	customer.Click(harness.Thing{Role: "button", Name: "Mehr"})
	customer.Click(harness.Thing{Role: "button", Name: "Dieses Gespräch beenden"})
	customer.AwaitPage("dieses gespräch beenden?")
	wantAccessible(t, customer, "German, ending")
	customer.Click(harness.Thing{Role: "button", Name: "Beenden"})
	customer.AwaitPage("sie haben dieses gespräch beendet")
	wantAccessible(t, customer, "German, ended")
	ana.AwaitText(harness.Conversation, "ended this conversation")
}

// On a page in German the desk speaks German: what waits, the conversation, the
// dialogs and the ledger.
func TestADeskInGerman(t *testing.T) {
	d := harness.StartDemo(t)
	ana := browser.Person(t, "Ana", speaking(t, "de"))
	armAxe(t, ana)
	ana.Open(d.URL + "/desk#Ana")
	ana.AwaitPage("niemand wartet")
	customer := customerAt(t, d, nil)
	customer.Say("guten Morgen")
	ana.AwaitPage("wartet seit")
	wantAccessible(t, ana, "German desk, somebody waits")
	ana.Click(harness.Thing{Role: "button", Name: "Neues Gespräch annehmen"})
	ana.AwaitPage("guten morgen")
	ana.AwaitPage("sie sind dabei und können dieses gespräch von anfang an lesen")
	customer.Say("is that Ana?")
	ana.AwaitPage("is that ana?")
	ana.Write(harness.Thing{Role: "textbox", Name: "Nachricht"}, "ja, Ana")
	ana.Click(harness.Thing{Role: "button", Name: "Senden"})
	customer.AwaitText(harness.Conversation, "ja, Ana")
	ana.Click(harness.Thing{Role: "button", Name: "Wer kann lesen"})
	wantAccessible(t, ana, "German desk, who can read")
	ana.Click(harness.Thing{Role: "button", Name: "Sicherheitsnummer vergleichen mit " + titleOn(ana)})
	ana.AwaitPage("am telefon oder persönlich")
	wantAccessible(t, ana, "German desk, safety number")
	answer(t, ana, "Schließen")
	ana.Click(harness.Thing{Role: "button", Name: "Wer wann lesen konnte"})
	ana.AwaitPage("signierten protokoll")
	wantAccessible(t, ana, "German desk, ledger")
	for _, now := range [][2]string{{"en", "Can read from the beginning"}, {"de", "Kann lesen: von Anfang an"}} {
		_ = harness.Eval[bool](ana, `import("/js/widget/locale.js").then(({ setLocale }) => (setLocale("`+now[0]+`"), true))`)
		harness.Eventually(t, "the open ledger in "+now[0], func() (bool, string) {
			rows := harness.Eval[string](ana, `document.querySelector("dialog tbody").textContent`)
			return strings.Contains(rows, now[1]), rows
		})
	}
	answer(t, ana, "Schließen")
	ana.Click(harness.Thing{Role: "button", Name: "Übergeben"})
	choose(t, ana, "Die Warteschlange „default“")
	wantAccessible(t, ana, "German desk, handing over")
	if saw := ana.PageText(); strings.Contains(saw, "who ") || strings.Contains(saw, "encrypted") || strings.Contains(saw, "verified") {
		t.Errorf("some of it is English: %s", saw)
	}
	answer(t, ana, "Übergeben")
	ana.AwaitPage("sie haben dieses gespräch zurück in die warteschlange gegeben")
	wantAccessible(t, ana, "German desk, handed over")
}

// On a page from right to left all stands mirrored, and a language that is not
// spoken is English.
func TestFromRightToLeft(t *testing.T) {
	d := harness.StartDemo(t)
	customer := browser.Person(t, "customer", speaking(t, `ar" dir="rtl`))
	armAxe(t, customer)
	customer.Open(d.URL + "/site")
	open := harness.Thing{Role: "button", Name: "Open chat"}
	customer.Await(open)
	onTheLeft := func(of string) bool {
		return harness.Eval[bool](customer, `(() => {
			const box = document.querySelector("sealwire-chat").shadowRoot.querySelector("`+of+`").getBoundingClientRect();
			return box.width > 0 && box.right < innerWidth / 2;
		})()`)
	}
	if !onTheLeft(".sw-launcher") {
		t.Error("the launcher is not at the end of the line")
	}
	wantAccessible(t, customer, "right to left, launcher")
	customer.Click(open)
	customer.Say("مرحبا")
	ana := deskAt(t, d, "Ana", nil)
	takes(t, ana, "مرحبا")
	ana.Say("hello")
	customer.AwaitText(harness.Conversation, "hello")
	if !onTheLeft(".sw-panel") {
		t.Error("the chat is not at the end of the line")
	}
	wantAccessible(t, customer, "right to left")
	compares(t, customer, "Ana")
	wantAccessible(t, customer, "right to left, safety number")
	if !harness.Eval[bool](customer, `(() => {
		const [first, second] = document.querySelector("sealwire-chat").shadowRoot.querySelectorAll(".sw-digits > li");
		return first.getBoundingClientRect().right <= second.getBoundingClientRect().left;
	})()`) {
		t.Error("the digits run from right to left")
	}

	ben := browser.Person(t, "Ben", speaking(t, `ar" dir="rtl`))
	armAxe(t, ben)
	ben.Open(d.URL + "/desk#Ben")
	ben.AwaitPage("nobody is waiting")
	handsOver(t, ana, "Ben", "")
	ben.AwaitText(harness.Conversation, "مرحبا")
	wantAccessible(t, ben, "right to left, desk")
}

// A page chooses another language while the chat is open: everything is said in
// it, hidden or not; what is written, attached, open and focused stays; and nothing
// of it is told as news.
func TestTheLanguageIsChosenWhileTheChatIsOpen(t *testing.T) {
	d := harness.StartDemo(t)
	customer := browser.Person(t, "customer", nil)
	armAxe(t, customer)
	customer.Open(d.URL + "/site#chat")
	customer.Say("mein Paket")
	ana := deskAt(t, d, "Ana", nil)
	takes(t, ana, "mein Paket")
	ana.Say("welches denn")
	customer.AwaitText(harness.Conversation, "welches denn")
	customer.Click(harness.Thing{Role: "button", Name: "Who can read"})
	attach(customer, file{"x.bin", "", `"x"`})
	customer.Await(harness.Thing{Role: "button", Name: "Remove x.bin"})
	customer.Write(harness.Message, "das von")
	_ = harness.Eval[bool](customer, told)

	says := func(how, text string) (unchanged []string) {
		t.Helper()
		before := harness.Eval[[]string](customer, everything)
		_ = harness.Eval[bool](customer, `(chat => { `+how+`; return true })(document.querySelector("sealwire-chat"))`)
		customer.AwaitPage(text)
		after := harness.Eval[map[string]bool](customer, `Object.fromEntries(`+everything+`.map((s) => [s, true]))`)
		for _, s := range before {
			if after[s] {
				unchanged = append(unchanged, s)
			}
		}
		return unchanged
	}
	same := map[string]bool{"Linden House reception": true, "mein Paket": true, "welches denn": true, "das von": true, "Ana": true, "A": true, "x.bin": true}
	for _, s := range says(`chat.setLocale("de")`, "ende-zu-ende-verschlüsselt mit ana") {
		if !same[s] {
			t.Errorf("still said: %q", s)
		}
	}
	if on := harness.Eval[string](customer, focused); on != "Nachricht" {
		t.Errorf("the focus is on %q", on)
	}
	box := harness.Thing{Role: "textbox", Name: "Nachricht"}
	if got := customer.Value(box); got != "das von" {
		t.Errorf("what was begun is now %q", got)
	}
	customer.Await(harness.Thing{Role: "button", Name: "x.bin entfernen"})
	wantAccessible(t, customer, "German, chosen while open")
	if news := harness.Eval[[]string](customer, `news`); len(news) > 0 {
		t.Errorf("told as news: %q", news)
	}

	customer.Click(harness.Thing{Role: "button", Name: "Sicherheitsnummer vergleichen mit Ana"})
	customer.AwaitPage("am telefon oder persönlich")
	says(`chat.lang = "en-US"`, "over the phone or face to face")
	customer.Click(harness.Thing{Role: "button", Name: "More"})
	customer.Click(harness.Thing{Role: "button", Name: "End this conversation"})
	customer.AwaitPage("end this conversation?")
	says(`chat.lang = "de"`, "dieses gespräch beenden?")
	says(`chat.setLocale("fr")`, "end this conversation?")
	customer.Click(harness.Thing{Role: "button", Name: "Cancel"})
	customer.Click(harness.Send)
	ana.AwaitText(harness.Conversation, "das von")
	ana.AwaitText(harness.Conversation, "x.bin")
}

// The desk too, with a dialog open in which somebody is chosen and a note begun.
func TestTheLanguageIsChosenAtTheDesk(t *testing.T) {
	d := harness.StartDemo(t)
	ana := browser.Person(t, "Ana", nil)
	armAxe(t, ana)
	ana.Open(d.URL + "/desk#Ana")
	ana.AwaitPage("nobody is waiting")
	ben, customer := deskAt(t, d, "Ben", nil), customerAt(t, d, nil)
	customer.Say("mein Paket")
	takes(t, ana, "mein Paket")
	another := customerAt(t, d, nil)
	another.Say("meins auch")
	ana.AwaitPage("1 conversation waits")
	ana.Write(harness.Message, "welches denn")
	ana.Click(harness.Thing{Role: "button", Name: "Who can read"})
	ana.Click(handOver)
	ana.Write(note, "bitte suchen")
	choose(t, ana, "Ben")
	before := harness.Eval[[]string](ana, everything)
	_ = harness.Eval[bool](ana, `import("/js/widget/locale.js").then(({ setLocale }) => (setLocale("de"), true))`)
	ana.AwaitPage("wer übernimmt, kann lesen")
	after := harness.Eval[map[string]bool](ana, `Object.fromEntries(`+everything+`.map((s) => [s, true]))`)
	same := map[string]bool{"mein Paket": true, "welches denn": true, "bitte suchen": true, "Ana": true, "A": true, "Ben": true, "online": true}
	for _, s := range before {
		if after[s] && !same[s] {
			t.Errorf("still said: %q", s)
		}
	}
	if got := harness.Eval[[]string](ana, `[...document.querySelectorAll("textarea")].map((box) => box.value)`); !slices.Equal(got, []string{"welches denn", "bitte suchen"}) {
		t.Errorf("what was begun is now %q", got)
	}
	wantAccessible(t, ana, "German, chosen at the desk")
	answer(t, ana, "Übergeben")
	ben.AwaitText(harness.Conversation, "bitte suchen")
}

// everything is all that the chat says, hidden parts too, that has a letter in it.
const everything = `(() => {
	const root = document.querySelector("sealwire-chat")?.shadowRoot ?? document.querySelector(".desk");
	const names = ["aria-label", "title", "placeholder"];
	const said = [];
	const walk = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		if (n.nodeType === Node.TEXT_NODE) said.push(n.data);
		else if (n.nodeType === Node.ELEMENT_NODE) said.push(...names.map((name) => n.getAttribute(name) ?? ""));
	}
	return [...new Set(said.map((s) => s.trim()).filter((s) => /\p{L}/u.test(s)))];
})()`

// told keeps in news what a reader of the log is told of it from here on, but for
// what comes while it is busy.
const told = `(() => {
	globalThis.news = [];
	const log = document.querySelector("sealwire-chat").shadowRoot.querySelector("[role=log]");
	new MutationObserver((records) => {
		if (log.getAttribute("aria-busy") !== "true") news.push(...records.filter((r) => r.type !== "attributes").map((r) => r.target.textContent));
	}).observe(log, { subtree: true, childList: true, characterData: true });
	return true;
})()`
