package harness

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

// The harness is tried on a small page of the same shape as the real ones: an
// open shadow root, a box, a button, a log, a socket.
const tinyPage = `<!doctype html><title>tiny</title><x-chat></x-chat><script src="/tiny.js"></script>`
const tinyScript = `
const root = document.querySelector("x-chat").attachShadow({ mode: "open" });
const make = (tag, set) => root.appendChild(Object.assign(document.createElement(tag), set));
const log = make("div", { role: "log", ariaLabel: "Conversation" });
const box = make("textarea", { ariaLabel: "Message" });
const send = make("button", { textContent: "Send" });
const later = make("button", { textContent: "Later", disabled: true });
later.onclick = () => log.append("later;");
box.oninput = () => { later.disabled = false };
send.onclick = () => { log.append(box.value + ";"); ws.send(new TextEncoder().encode(box.value)) };
const ws = new WebSocket("ws://" + location.host + "/socket");
ws.binaryType = "arraybuffer";
ws.onmessage = (e) => log.append("got " + new TextDecoder().decode(e.data) + ";");
ws.onclose = (e) => log.append("closed " + e.code + " " + e.reason + ";");
console.log("hello", "console");
`

// tiny serves the page; its socket echoes, and closes with 4003 at "bye".
func tiny(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		fmt.Fprint(w, tinyPage)
	})
	mux.HandleFunc("/tiny.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, tinyScript)
	})
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		for {
			_, b, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if string(b) == "bye" {
				c.Close(4003, "too long")
				return
			}
			if c.Write(r.Context(), websocket.MessageBinary, b) != nil {
				return
			}
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

var browser *Browser

func TestMain(m *testing.M) {
	b, err := StartBrowser()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	browser = b
	code := m.Run()
	b.Close()
	os.Exit(code)
}

func TestPersonWorksInShadowRoots(t *testing.T) {
	p := browser.Person(t, "ana", nil)
	p.Open(tiny(t))
	p.Await(Conversation)
	if p.Sees(Thing{Role: "button", Name: "Message"}) || p.Sees(Thing{Role: "textbox", Name: "Massage"}) {
		t.Error("a thing of another role or name is found")
	}
	text := "größe 好 🦊 \u202edcba"
	p.Say(text)
	p.AwaitText(Conversation, text+";got "+text+";")
	p.Click(Thing{Role: "button", Name: "Later"})
	p.AwaitText(Conversation, "later;")
	p.AwaitPage("LATER;")
	if got := p.Value(Message); got != text {
		t.Errorf("Value = %q", got)
	}
	if !strings.Contains(p.Console(), "hello console") {
		t.Errorf("console = %q", p.Console())
	}
	p.Reload()
	p.Await(Send)
	if strings.Contains(p.PageText(), text) {
		t.Error("the page kept its text over a reload")
	}
}

func TestPersonsShareNothingAndTabsDo(t *testing.T) {
	url := tiny(t)
	ana, ben := browser.Person(t, "ana", nil), browser.Person(t, "ben", nil)
	ana.Open(url)
	ben.Open(url)
	Eval[*string](ana, `localStorage.setItem("k", "v"), null`)
	if got := Eval[*string](ben, `localStorage.getItem("k")`); got != nil {
		t.Errorf("ben has what ana stored: %q", *got)
	}
	second := ana.Tab("ana's second tab")
	second.Open(url)
	if got := Eval[*string](second, `localStorage.getItem("k")`); got == nil {
		t.Error("ana's second tab has not what she stored")
	}
	second.CloseTab()
	ana.Await(Send)
}

func TestPersonNoticesExceptionsAndViolations(t *testing.T) {
	p := browser.Person(t, "ana", nil)
	p.Forgive()
	p.Open(tiny(t))
	Eval[*string](p, `setTimeout(() => { throw new Error("uncaught " + 42) }), null`)
	Eval[*string](p, `document.body.appendChild(Object.assign(document.createElement("img"), { src: "http://127.0.0.1:9/x.png" })), null`)
	Eventually(t, "both to be heard", func() (bool, string) {
		return strings.Contains(p.Console(), "uncaught 42") && len(p.Violations()) > 0, p.Console()
	})
}

func TestWireAltersDropsInventsAndCuts(t *testing.T) {
	url := tiny(t)
	w := NewWire(t)
	var inject atomic.Value
	w.Response = func(res *http.Response) error {
		if res.Request.URL.Path != "/tiny.js" {
			return nil
		}
		return AlterBody(res, func(b []byte) []byte { return append(b, `log.append("altered;")`...) })
	}
	w.Frame = func(f Frame) [][]byte {
		switch string(f.Data) {
		case "lost":
			return nil
		case "twice":
			if f.Up {
				return [][]byte{f.Data, f.Data}
			}
		}
		return [][]byte{f.Data}
	}
	w.Opened = func(send func([]byte) error) { inject.Store(send) }
	p := browser.Person(t, "ana", w)
	p.Open(url)
	p.AwaitText(Conversation, "altered;")
	p.Write(Message, "lost")
	p.Click(Send)
	Eval[*string](p, `box.value = "", null`)
	p.Say("twice")
	p.AwaitText(Conversation, "got twice;got twice;")
	if err := inject.Load().(func([]byte) error)([]byte("invented")); err != nil {
		t.Fatal(err)
	}
	p.AwaitText(Conversation, "got invented;")
	if saw := p.Read(Conversation); strings.Contains(saw, "got lost") {
		t.Errorf("a lost frame arrived: %s", saw)
	}
	if n := len(w.Passed()); n != 4 { // lost up, twice up, twice down twice; the invented one did not come by
		t.Errorf("%d frames came by the wire: %v", n, w.Passed())
	}
	Eval[*string](p, `box.value = "", null`)
	p.Say("bye")
	p.AwaitText(Conversation, "closed 4003 too long;")
	p.Reload()
	p.Await(Send)
	w.Cut()
	p.AwaitText(Conversation, "closed 1006")
	if got := Eval[string](p, `fetch("/tiny.js").then(() => "reached", () => "refused")`); got != "refused" {
		t.Errorf("a cut wire: %s", got)
	}
	w.Mend()
	if got := Eval[string](p, `fetch("/tiny.js").then(() => "reached", () => "refused")`); got != "reached" {
		t.Errorf("a mended wire: %s", got)
	}
}

func TestNoChromiumIsAnError(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("CHROME", "")
	if _, err := StartBrowser(); err != ErrNoChromium {
		t.Errorf("StartBrowser without a browser = %v", err)
	}
}
