package e2etest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/authority"
)

// onlooker is a server that counts who asks it anything.
func onlooker(t *testing.T) (host string, asked *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int64)
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		t.Errorf("a page asked for %s", r.URL)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	return l.Addr().String(), asked
}

// calls takes down what a script that ran would call.
const calls = `globalThis.called = []; for (const name of ["alert", "confirm", "prompt", "print", "open"]) globalThis[name] = (...x) => { called.push(name + " " + x) };`

// inTree is a function that gives the textContent of all that match a selector,
// in shadow trees too.
const inTree = `(selector) => { const walk = (root) => [...root.querySelectorAll("*")].flatMap((e) => [...(e.matches(selector) ? [e.textContent] : []), ...(e.shadowRoot ? walk(e.shadowRoot) : [])]); return walk(document); }`

// wantQuiet wants that a page ran nothing, asked nobody and complained of nothing.
func wantQuiet(t *testing.T, p *harness.Person) {
	t.Helper()
	if called := harness.Eval[[]string](p, `called`); len(called) > 0 {
		t.Errorf("%s's page ran what was written: %q", p.Name, called)
	}
	if made := harness.Eval[[]string](p, `(`+strings.Replace(inTree, "e.textContent", "e.outerHTML", 1)+`)("script:not([src]), iframe, object, embed, base, math, .sw-heading b, .sw-name :not(bdi), .sw-file-name *, .sw-text:not(.sw-file) :not(a), .sw-text:not(.sw-file) a:not([href^='http'])")`); len(made) != 0 {
		t.Errorf("%s's page has made elements of what was written: %.300q", p.Name, made)
	}
	for line := range strings.Lines(p.Console()) {
		if strings.HasPrefix(line, "error") || strings.HasPrefix(line, "warning") {
			t.Errorf("%s's page complains: %.300s", p.Name, line)
		}
	}
}

func wantTexts(t *testing.T, p *harness.Person, selector string, want []string) {
	t.Helper()
	var got []string
	harness.Eventually(t, p.Name+" to be shown all of it", func() (bool, string) {
		got = harness.Eval[[]string](p, `(`+inTree+`)(`+strconv.Quote(selector)+`)`)
		return len(got) >= len(want), fmt.Sprint(len(got))
	})
	for i, text := range want {
		if got[i] != text {
			t.Errorf("%s: %.200q is shown as %.200q", p.Name, text, got[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s is shown %d texts, want %d", p.Name, len(got), len(want))
	}
}

func hostileTexts(host string) (texts []string) {
	for _, h := range hostile {
		texts = append(texts, strings.ReplaceAll(h.text, "HERE", host))
	}
	return texts
}

// B01: whatever a message says, widget and desk show exactly that, as text.
func TestB01_WhateverIsWrittenIsShownAsText(t *testing.T) {
	host, _ := onlooker(t)
	texts := hostileTexts(host)
	t.Run("widget", func(t *testing.T) {
		d := harness.StartDemo(t)
		agent := d.NativeAgent(t)
		customer := browser.Person(t, "customer", nil)
		customer.BeforeLoad(calls)
		customer.Open(d.URL + "/site#chat")
		customer.Say("what have you got?")
		agent.AwaitText("what have you got?")
		for _, text := range texts {
			agent.Say(text)
		}
		wantTexts(t, customer, ".sw-other .sw-text", texts)
		wantQuiet(t, customer)
	})
	t.Run("desk", func(t *testing.T) {
		d := harness.StartDemo(t)
		agent := diligent(browser.Person(t, "agent", nil))
		agent.BeforeLoad(calls)
		agent.Open(d.URL + anasDesk)
		agent.AwaitPage("no conversations yet")
		customer := d.NativeCustomer(t)
		for _, text := range texts {
			customer.Say(text)
		}
		wantTexts(t, agent, ".sw-other .sw-text", texts)
		wantQuiet(t, agent)
		for _, m := range agent.Violations() {
			t.Error(m)
		}
	})
}

// typed is what of a text a text box takes: it has line feeds only.
func typed(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// The same, typed into the page: shown to who typed it and to the other side.
func TestB01_WhateverIsTypedArrives(t *testing.T) {
	long(t)
	host, _ := onlooker(t)
	d := harness.StartDemo(t)
	agent := diligent(browser.Person(t, "agent", nil))
	agent.BeforeLoad(calls)
	agent.Open(d.URL + anasDesk)
	agent.AwaitPage("no conversations yet")
	customer := browser.Person(t, "customer", nil)
	customer.BeforeLoad(calls)
	customer.Open(d.URL + "/site#chat")
	var want []string
	for _, text := range hostileTexts(host) {
		// What is white space alone is not sent, and a keyboard has no control characters.
		if strings.TrimSpace(text) == "" || strings.ContainsFunc(typed(text), func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }) {
			continue
		}
		customer.Say(text)
		want = append(want, typed(text))
	}
	wantTexts(t, customer, ".sw-self .sw-text", want)
	wantTexts(t, agent, ".sw-other .sw-text", want)
	wantQuiet(t, customer)
	wantQuiet(t, agent)
}

func TestB01_WhateverAFileIsCalled(t *testing.T) {
	d := harness.StartDemo(t)
	agent := d.NativeAgent(t)
	customer := browser.Person(t, "customer", nil)
	customer.BeforeLoad(calls)
	customer.Open(d.URL + "/site#chat")
	customer.Say("send me files")
	agent.AwaitText("send me files")
	var want []string
	for _, n := range hostileNames {
		content, err := json.Marshal(map[string]any{"type": "file", "name": n.name, "media": "text/plain", "size": 1,
			"file": base64url(make([]byte, 16)), "secret": base64url(make([]byte, 48)), "hash": base64url(make([]byte, 32))})
		if err != nil {
			t.Fatal(err)
		}
		agent.Send(content)
		want = append(want, n.shown)
	}
	wantTexts(t, customer, ".sw-file-name", want)
	wantQuiet(t, customer)
}

// The widget's title is the page's, which may take it from anywhere.
func TestB01_WhateverTheTitleIs(t *testing.T) {
	host, _ := onlooker(t)
	d := harness.StartDemo(t)
	p := browser.Person(t, "customer", nil)
	p.BeforeLoad(calls)
	p.Open(d.URL + "/site#chat")
	p.Await(harness.Message)
	texts, err := json.Marshal(hostileTexts(host))
	if err != nil {
		t.Fatal(err)
	}
	got := harness.Eval[[]string](p, `(async () => {
		const shown = [];
		const key = document.querySelector("sealwire-chat").getAttribute("org-key");
		for (const text of `+string(texts)+`) {
			const chat = document.createElement("sealwire-chat");
			chat.setAttribute("heading", text);
			chat.setAttribute("org-key", key);
			chat.setAttribute("manifest", "/manifest"); // it waits for a transport, and asks for nothing
			document.body.append(chat);
			chat.open({ focus: false });
			await new Promise((done) => setTimeout(done));
			shown.push(chat.shadowRoot.querySelector(".sw-heading").firstChild.textContent);
			chat.remove();
		}
		return shown;
	})()`)
	for i, text := range hostileTexts(host) {
		if got[i] != text {
			t.Errorf("the title %.200q is shown as %.200q", text, got[i])
		}
	}
	wantQuiet(t, p)
}

// B01: an agent's name, wherever it stands: over the conversation, over its
// messages, among those who can read it, and on the desk.
func TestB01_WhateverAnAgentIsCalled(t *testing.T) {
	for i, a := range hostileAliases {
		t.Run(fmt.Sprintf("name %d", i), func(t *testing.T) {
			if i > 0 {
				long(t)
			}
			d := harness.StartDemo(t)
			org, err := authority.Load(filepath.Join(d.Dir, "company"))
			if err != nil {
				t.Fatal(err)
			}
			w := harness.NewWire(t)
			w.Response = func(res *http.Response) error {
				if res.Request.URL.Path != "/v1/authority/credential" {
					return nil
				}
				return harness.AlterBody(res, func(b []byte) []byte { return anotherCredential(t, org, a.alias, b) })
			}
			agent := diligent(browser.Person(t, "agent", w))
			agent.BeforeLoad(calls)
			agent.Open(d.URL + anasDesk)
			agent.AwaitPage("no conversations yet")
			customer := browser.Person(t, "customer", nil)
			customer.BeforeLoad(calls)
			customer.Open(d.URL + "/site#chat")
			exchange(t, customer, agent, "who are you?", "read it above")
			for _, p := range []*harness.Person{customer, agent} {
				p.Click(harness.Thing{Role: "button", Name: "Who can read"})
				harness.Eventually(t, p.Name+" to read "+strconv.QuoteToASCII(a.shown), func() (bool, string) {
					return strings.Contains(p.PageText(), a.shown), p.PageText()
				})
				wantQuiet(t, p)
			}
			if names := harness.Eval[[]string](customer, `(`+inTree+`)(".sw-name")`); !slices.Contains(names, a.shown) {
				t.Errorf("%q stands over its message as %q", a.alias, names)
			}
		})
	}
}
