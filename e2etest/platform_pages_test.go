package e2etest

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// The element runs over another chat platform, here one in the page's memory: it
// waits for its transport, holds a conversation, a file and a safety number with an
// agent, goes on after it was taken out of the page and put back, and nothing of it
// leaves in the open.
func TestTheWidgetOverAnotherPlatform(t *testing.T) {
	d := harness.StartDemo(t)
	customer := browser.Person(t, "customer", nil)
	armAxe(t, customer)
	customer.Open(d.URL + "/site")
	customer.Await(harness.Thing{Role: "button", Name: "Open chat"})
	_ = harness.Eval[bool](customer, platform)
	customer.AwaitPage("connecting")
	customer.Say("over what you have")
	_ = harness.Eval[bool](customer, `(chat.transport = over(room.join("customer")), true)`)
	said := func(text string) {
		t.Helper()
		harness.Eventually(t, "the agent to read "+text, func() (bool, string) {
			read := harness.Eval[string](customer, `ana.conversations.flatMap((c) => c.messages.map((m) => m.file?.name ?? m.text)).join("\n")`)
			return strings.Contains(read, text), read + customer.PageText()
		})
	}
	said("over what you have")
	_ = harness.Eval[bool](customer, `ana.conversations[0].send("whatever that is").then(() => true)`)
	customer.AwaitText(harness.Conversation, "whatever that is")
	customer.AwaitPage("end-to-end encrypted with ana")
	attach(customer, file{"passport.txt", "text/plain", `"the number of it"`})
	customer.Click(harness.Send)
	said("passport.txt")
	got := compares(t, customer, "Ana")
	wantAccessible(t, customer, "over another platform, safety number")
	if want := harness.Eval[string](customer, `(([c]) => c.safetyNumber(c.members.find((m) => !m.self).id).then(({ number }) => number))(ana.conversations)`); got.number != want {
		t.Errorf("the customer sees %s, the agent is told %s", got.number, want)
	}

	_ = harness.Eval[bool](customer, `new Promise((done) => { chat.remove(); setTimeout(() => { document.body.append(chat); done(true); }); })`)
	customer.AwaitText(harness.Conversation, "whatever that is")
	customer.Say("and back again")
	said("and back again")
	_ = harness.Eval[bool](customer, slowToClose)
	_ = harness.Eval[bool](customer, `(chat.transport = over(room.join("customer")), true)`)
	customer.AwaitText(harness.Conversation, "and back again")
	customer.Say("and by another way")
	said("and by another way")
	customer.Click(harness.Thing{Role: "button", Name: "More"})
	customer.Click(harness.Thing{Role: "button", Name: "End this conversation"})
	customer.Click(harness.Thing{Role: "button", Name: "End it"})
	customer.Click(harness.Thing{Role: "button", Name: "Start a new conversation"})
	customer.Say("and begun anew")
	said("and begun anew")
	customer.AwaitText(harness.Conversation, "It continues the one above")
	for _, open := range []string{"over what", "whatever", "and back", "begun anew", "passport", "the number of it"} {
		if harness.Eval[bool](customer, `carried.some((text) => text.includes(`+quoted(open)+`))`) {
			t.Errorf("%q left in the open", open)
		}
	}
	if n := harness.Eval[int](customer, `carried.length`); n < 6 {
		t.Errorf("only %d things were carried", n)
	}
}

// A relay and a transport at once is refused, and nothing is sent by either. Of this
// and of other things that a page says wrongly its developer hears what was expected,
// in the console and by an event; a visitor reads one sentence.
func TestTheWidgetTakesNoTwoCarriers(t *testing.T) {
	d := harness.StartDemo(t)
	customer := browser.Person(t, "customer", nil)
	customer.Open(d.URL + "/site")
	customer.Await(harness.Thing{Role: "button", Name: "Open chat"})
	_ = harness.Eval[bool](customer, platform)
	_ = harness.Eval[bool](customer, `(chat.setAttribute("relay", config.relay), chat.transport = over(room.join("customer")), true)`)
	customer.AwaitPage("sets the chat up wrongly")
	if n := harness.Eval[int](customer, `carried.filter((text) => text.startsWith("customer")).length`); n > 0 {
		t.Errorf("%d things were carried", n)
	}
	if !harness.Eval[bool](customer, `[1, "x", null, {}].every((wrong) => { try { chat.transport = wrong; return false; } catch (error) { return error instanceof TypeError; } })`) {
		t.Error("something that is no transport was taken")
	}
	hears := func(what, line string) {
		t.Helper()
		harness.Eventually(t, "the developer to hear of "+what, func() (bool, string) {
			return strings.Contains(customer.Console(), "error: <sealwire-chat> "+line), customer.Console()
		})
	}
	hears("two carriers", "bad argument: transport: it is instead of a relay")
	_ = harness.Eval[bool](customer, `(globalThis.codes = [], chat.addEventListener("error", ({ detail }) => codes.push(detail.code)), chat.transport = undefined, true)`)
	_ = harness.Eval[bool](customer, `(chat.setAttribute("org-key", "not-a-key"), true)`)
	hears("a key that is none", "bad argument: orgKey: expected 43 characters, got 9")
	_ = harness.Eval[bool](customer, `(chat.removeAttribute("org-key"), true)`)
	hears("no key", "bad argument: org-key: expected the company's key, got nothing")
	customer.AwaitPage("does not say which relay and which company key")
	another, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = harness.Eval[bool](customer, `(chat.setAttribute("org-key", "`+base64.RawURLEncoding.EncodeToString(another)+`"), chat.identityToken = async ({ thumbprint }) => (await (await fetch("/demo/token", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ thumbprint }) })).json()).token, true)`)
	hears("another company's key", "bad credential: the relay ended the connection; look at org-key")
	customer.AwaitPage("sign-in was not accepted")
	if got := harness.Eval[string](customer, `codes.join(", ")`); got != "bad argument, bad argument, bad credential" {
		t.Errorf("the events told %q", got)
	}
	_ = harness.Eval[bool](customer, `(() => {
		const wrong = document.createElement("sealwire-chat");
		Object.defineProperty(wrong, "identityToken", { value: 7, writable: true, enumerable: true, configurable: true });
		wrong.setAttribute("org-key", [config.orgKey].flat().join(" "));
		document.body.append(wrong);
		wrong.setAttribute("relay", config.relay);
		return true;
	})()`)
	hears("a token that is none", "bad argument: identityToken expected a string or a function")
	if strings.Contains(customer.Console(), "relay: expected an address") {
		t.Errorf("what was said a moment later is missed: %s", customer.Console())
	}
}

// slowToClose has whatever closes take its time, as on a busy machine: the next
// client is not to take it for another tab.
const slowToClose = `(() => {
	const post = Worker.prototype.postMessage;
	Worker.prototype.postMessage = function (message, ...rest) {
		if (message?.method === "close") setTimeout(() => post.call(this, message, ...rest), 3000);
		else post.call(this, message, ...rest);
	};
	return true;
})()`

// platform takes the page's own chat away, and puts one there that is to run over a
// conversation in memory, with Ana at its other end; carried is all that left an end.
const platform = `(async () => {
	const [{ init }, { over }, { Room }] = await Promise.all(["index.js", "client/transports/index.js", "client/transports/pair.js"].map((name) => import("/js/" + name)));
	const config = await (await fetch("/demo/config.json")).json();
	document.querySelector("sealwire-chat").remove();
	const room = new Room(), carried = [];
	const text = async (bytes) => new TextDecoder("latin1").decode(bytes instanceof Blob ? await bytes.arrayBuffer() : bytes);
	const join = (name) => {
		const end = room.join(name), { append, upload, records } = end;
		const note = async (bytes) => carried.push(name + ": " + await text(bytes));
		end.append = async (bytes, how) => (await note(bytes), append(bytes, how));
		end.upload = async (id, file, how) => (await note(file), upload(id, file, how));
		end.records = { ...records, put: async (label, value) => (await note(value), records.put(label, value)) };
		return end;
	};
	const login = async () => (await (await fetch("/demo/login", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "Ana" }) })).json()).token;
	const ana = await (await init()).connect({ transport: over(join("ana")), orgKey: config.orgKey, role: "agent", authority: { url: config.authority, login }, history: "none" });
	const chat = document.createElement("sealwire-chat");
	chat.setAttribute("org-key", [config.orgKey].flat().join(" "));
	chat.setAttribute("manifest", config.authority + "/v1/authority/manifest");
	document.body.append(chat);
	chat.open();
	Object.assign(globalThis, { ana, chat, over, config, carried, room: { join } });
	return true;
})()`
