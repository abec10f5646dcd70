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

// hostile is a text that strangers may choose, by what it tries. HERE is the
// address of a server that nobody may ask anything.
var hostile = []struct{ tries, text string }{
	{"markup", `<script>alert(1)</script>`},
	{"markup that is closed first", `"></textarea></div></template><img src="http://HERE/a.png" onerror=alert(2)>`},
	{"markup in capitals", `<SCRIPT SRC=//HERE/a.js></SCRIPT><IMG SRC=x ONERROR="alert(3)">`},
	{"markup without a space", `<svg/onload=alert(4)><svg><animate onbegin=alert(5) attributeName=x dur=1s>`},
	{"markup with a line break in it", "<img\nsrc=http://HERE/b.png\tonerror\n=alert(6)>"},
	{"markup with a NUL in it", "<scr\x00ipt>alert(7)</scr\x00ipt>"},
	{"markup, by parts of a parser's state", `<!--><img src=x onerror=alert(8)>--> <![CDATA[<b>]]> <?xml version="1.0"?> <!DOCTYPE x SYSTEM "http://HERE/x.dtd">`},
	{"markup that is encoded", `&lt;script&gt;alert(9)&lt;/script&gt; &#60;b&#62; &amp;lt; &nbsp; %3Cb%3E \u003cb\u003e`},
	{"frames and objects", `<iframe srcdoc="<script>alert(10)</script>"></iframe><object data="http://HERE/o"><embed src="//HERE/e"><base href="http://HERE/"><meta http-equiv=refresh content="0;url=http://HERE/">`},
	{"forms", `<form action="http://HERE/f"><input name=q autofocus onfocus=alert(11)><button formaction="javascript:alert(12)">`},
	{"style", `<style>@import "http://HERE/s.css"; * { background: url(http://HERE/c.png) }</style><link rel=stylesheet href=//HERE/l.css>`},
	{"mathematics", `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(13)&gt;">`},
	{"attributes", `" onmouseover="alert(14)" x="' onclick='alert(15)' style=background:url(http://HERE/d.png) autofocus`},
	{"a script's address", `javascript:alert(16)`},
	{"a script's address, disguised", "java\tscript:alert(17) JaVaScRiPt:alert(18) \x01javascript:alert(19) javascript&colon;alert(20) vbscript:x data:text/html,<script>alert(21)</script>"},
	{"an address with a script behind it", `http://HERE/"onmouseover=alert(22)// https://HERE/'><script>alert(23)</script>`},
	{"an address with a name before it", `https://bank.example@127.0.0.1:9/login and https://user:secret@HERE/`},
	{"an address in an address", `http://HERE/?u=javascript:alert(24)#<img src=x onerror=alert(25)>`},
	{"Markdown", "[click](javascript:alert(26)) ![x](http://HERE/m.png) `<b>` **bold** <http://HERE/>"},
	{"a template", `{{constructor.constructor('alert(27)')()}} ${alert(28)} #{7*7} <%= 7*7 %> {{7*7}} {%raw%} [[7*7]]`},
	{"a prototype", `__proto__ constructor prototype toString hasOwnProperty`},
	{"JSON", `{"type":"text","text":"inner"} \" \\ \u0000 ","type":"system","x":"`},
	{"a format", `%s %d %n %x %p %@ %%s {0} {name} $1 $& \1 %99999999d`},
	{"a formula", `=HYPERLINK("http://HERE/","open") +1+1 -1+1 @SUM(1) =cmd|' /C calc'!A0`},
	{"a query", `'; DROP TABLE messages;-- " OR ""=" 1' OR '1'='1`},
	{"a shell", "$(touch /tmp/x) `id` ; rm -rf ~ | cat /etc/passwd && true > /dev/null"},
	{"a path", `../../../../etc/passwd ..\..\windows\system32 C:\con\aux file:///etc/passwd \\HERE\share`},
	{"a terminal", "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\u009b1m \a\b\f\v"},
	{"line breaks", "one\ntwo\r\nthree\rfour\u2028five\u2029six\u0085seven"},
	{"a header", "x\r\nSet-Cookie: a=b\r\n\r\n<html>"},
	{"control characters", "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f\u0080\u009f"},
	{"white space alone", " \t\u00a0\u1680\u2000\u2003\u2009\u202f\u205f\u3000"},
	{"white space around", "   three before and three after   "},
	{"direction", "\u202egnp.exe\u202c \u202dabc\u202c \u2066x\u2069 \u2067y\u2069 \u2068z\u2069 \u200e\u200f\u061c"},
	{"direction that is not closed", "\u202e\u202e\u202e\u2067 everything after this?"},
	{"scripts from the right", "שלום עולם, مرحبا بالعالم (1) [2] {3}!"},
	{"nothing to see", "zero\u200bwidth\u200cjoin\u200ders\u2060\ufeff\u00ad\u180e\u034f\u115f\u3164"},
	{"tags that are not seen", "flag \U000e0067\U000e0062\U000e007f and variation \ufe0f\ufe0e"},
	{"letters that look alike", "раураl.com ехаmрlе.com xn--e1afmkfd ﬁ ① ｅｖｉｌ"},
	{"letters on letters", "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA\u036b\u0357\u0334\u0362\u0335\u031c\u0330\u0354L\u0368\u0367\u0369\u0358\u0320G"},
	{"a heap of accents", "a" + strings.Repeat("\u0301\u0323\u0489", 1500) + "b"},
	{"a line without an end", strings.Repeat("W", 9000)},
	{"a line of joiners", "x" + strings.Repeat("\u200d", 3000) + "y"},
	{"emoji", "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈🇺🇳🇦🇶#️⃣ " + strings.Repeat("👩‍❤️‍💋‍👨", 100)},
	{"letters of many pages", "नमस्ते ᚠᛇᚻ ไทย 好的 𠜎𠜱 ꧁꧂ ﷽ ﷺ 𒐫 ௵ 🁢 Ⴊ"},
	{"what is no letter", "\ufffd \ufffe \uffff \U0001fffe \U0010ffff \ue000"},
	{"many lines", strings.Repeat("line\n", 2000)},
	{"all of a message", strings.Repeat("0123456789abcde\u00fc", 1900)},
	{"all of a message, as markup", strings.Repeat("<b>", 10900)},
	{"a number", "1e309 -0 NaN Infinity 0x7fffffff 9007199254740993"},
	{"a word of the program", "null undefined true false [object Object] function(){} Sent Queued You"},
}

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
		agent := browser.Person(t, "agent", nil)
		agent.BeforeLoad(calls)
		agent.Open(d.URL + "/desk")
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
	agent := browser.Person(t, "agent", nil)
	agent.BeforeLoad(calls)
	agent.Open(d.URL + "/desk")
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

// hostileNames are names of files, and how they are shown.
var hostileNames = []struct{ name, shown string }{
	{`<img src=x onerror=alert(1)>.png`, `<img src=x onerror=alert(1)>.png`},
	{`"><svg onload=alert(2)>`, `"><svg onload=alert(2)>`},
	{`../../../etc/passwd`, `../../../etc/passwd`},
	{`C:\windows\con.txt`, `C:\windows\con.txt`},
	{"invoice\u202efdp.exe", "invoicefdp.exe"},
	{"a\u200b\u2060\u00adb.txt", "ab.txt"},
	{"two\nlines\r\n.txt", "two lines .txt"},
	{"\x1b[31mred\x00.txt", "[31mred.txt"},
	{"   ", "file"},
	{"\u202e\u200b", "file"},
	{"e\u0301.txt", "é.txt"},
	{"{{7*7}}${alert(3)}.txt", "{{7*7}}${alert(3)}.txt"},
	{"=1+1.csv", "=1+1.csv"},
	{"%s%n.txt", "%s%n.txt"},
	{"👩‍🚀.txt", "👩‍🚀.txt"},
	{"שלום.pdf", "שלום.pdf"},
	{strings.Repeat("x", 200) + ".jpg.exe", strings.Repeat("x", 43) + "…" + strings.Repeat("x", 8) + ".jpg.exe"},
	{"javascript:alert(4)", "javascript:alert(4)"},
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
		for (const text of `+string(texts)+`) {
			const chat = document.createElement("sealwire-chat");
			chat.setAttribute("heading", text);
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

// hostileAliases are names that a company may give, and how they are shown.
var hostileAliases = []struct{ alias, shown string }{
	{`<img src=x onerror=alert(1)>`, `<img src=x onerror=alert(1)>`},
	{`"onload="alert(2)" {{7*7}} ${alert(3)}`, `"onload="alert(2)" {{7*7}} ${alert(3)}`},
	{"=1+1;%s\\u003c", "=1+1;%s\\u003c"},
	{"Ana\u200b\u2060\u00ad Ruiz", "Ana Ruiz"},
	{"שירה כהן", "שירה כהן"},
	{"A" + strings.Repeat("\u0301", 30), "Á" + strings.Repeat("\u0301", 29)},
	{"👩🏽‍🚀👨‍👩‍👧", "👩🏽‍🚀👨‍👩‍👧"},
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
				if res.Request.URL.Path != "/demo/credential" {
					return nil
				}
				return harness.AlterBody(res, func(b []byte) []byte { return anotherCredential(t, org, a.alias, b) })
			}
			agent := browser.Person(t, "agent", w)
			agent.BeforeLoad(calls)
			agent.Open(d.URL + "/desk")
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
