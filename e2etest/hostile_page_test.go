package e2etest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/e2etest/lies"
)

// pageEnd is a page in Chromium: the site or the desk.
type pageEnd struct {
	*harness.Person
	s    *stage
	name string
	wire *harness.Wire
}

func openChromium(s *stage, name string) end {
	p := browser.Person(s.t, name, s.wires[name])
	e := pageEnd{p, s, name, s.wires[name]}
	if name == lies.Customer {
		p.Open(s.demo.URL + "/site#chat")
		p.Await(harness.Message)
		return e
	}
	p.Open(s.demo.URL + "/desk#" + aliases[name])
	p.AwaitPage("no conversations yet")
	return e
}

func (e pageEnd) Move(what, to string) {
	e.s.t.Helper()
	press := func(yes string) { // the answer to the open dialog
		harness.Eventually(e.s.t, e.name+" to answer "+yes, func() (bool, string) {
			return harness.Eval[bool](e.Person, fmt.Sprintf(`(() => {
				const button = [...document.querySelectorAll("dialog button")].find((b) => b.textContent === %q);
				button?.click();
				return button !== undefined;
			})()`, yes)), e.PageText()
		})
	}
	switch what {
	case "claims":
		harness.Eventually(e.s.t, e.name+" to take what waits", func() (bool, string) {
			return harness.Eval[bool](e.Person, `(() => {
				const button = document.querySelector("button.desk-take:not([aria-disabled])");
				button?.click();
				return button !== null;
			})()`), e.PageText()
		})
	case "hands":
		e.Click(handOver)
		choose(e.s.t, e.Person, to)
		press("Hand over")
	case "puts":
		move(e.Person, "Put back in the queue…")
		press("Put back")
	case "brings":
		move(e.Person, "Bring somebody in…")
		choose(e.s.t, e.Person, to)
		press("Bring in")
	case "gives":
		answer(e.s.t, e.Person, "Cancel")
	case "ends":
		move(e.Person, "End the conversation…")
		press("End it")
	}
}

func (e pageEnd) Try(text string) { sayIfPossible(e.Person, text) }
func (e pageEnd) Say(text string) { e.Person.Say(text) }

func (e pageEnd) Reconnect() {
	e.wire.Cut()
	e.wire.Mend()
	harness.Eval[bool](e.Person, `dispatchEvent(new Event("offline")), dispatchEvent(new Event("online")), true`)
}

func (e pageEnd) Report() report {
	e.s.t.Helper()
	all := e.PageText()
	out := report{All: all, State: "waiting"}
	for key, state := range map[string]string{"forked": "forked", "split": "forked", "lost": "lost", "left": "left", "rejoining": "rejoining", "doubtful": "doubtful", "unreadable": "unreadable", "closed": "closed"} {
		if strings.Contains(all, sentenceOf(e.s.t, key)) {
			out.State = state
		}
	}
	if strings.Contains(all, "No conversations yet") {
		out.State = "none"
	}
	if strings.Contains(all, "End-to-end encrypted with") || e.s.lie.Waits && strings.Contains(all, sentenceOf(e.s.t, "waits")) {
		out.State = "secured"
	}
	if strings.Contains(all, sentenceOf(e.s.t, "refused")) {
		out.Client = "refused"
	}
	if out.Client == "refused" {
		out.State = "" // that stands over how the conversation is
	}
	if out.Client == "" && strings.Contains(all, "Connected") {
		out.Client = "online"
	}
	out.Shows, out.Sent = e.read(e.Read(harness.Conversation))
	out.Gap = strings.Contains(all, "missing")
	return out
}

// read finds the texts in a log as it is shown: the other's, and those of its
// own that are not said to be on their way, in order.
func (e pageEnd) read(log string) (shows, sent []string) {
	type found struct {
		at  int
		own bool
		is  string
	}
	var all []found
	for label, text := range e.s.said {
		for from := 0; ; {
			at := strings.Index(log[from:], text)
			if at < 0 {
				break
			}
			all = append(all, found{from + at, strings.HasPrefix(label, e.name[:1]), text})
			from += at + len(text)
		}
	}
	slices.SortFunc(all, func(a, b found) int { return a.at - b.at })
	sent = []string{}
	for i, f := range all {
		end := len(log)
		if i+1 < len(all) {
			end = all[i+1].at
		}
		switch after := log[f.at:end]; {
		case !f.own:
			shows = append(shows, f.is)
		case !strings.Contains(after, "Queued") && !strings.Contains(after, "Sending") && !strings.Contains(after, "Not sent"):
			sent = append(sent, f.is)
		}
	}
	return shows, sent
}

// sentenceOf is what the widget says in English under a name: all of it, or the
// longest piece that holds no person's name.
func sentenceOf(t testing.TB, name string) string {
	t.Helper()
	in := func(file, pattern string) string {
		b, err := os.ReadFile(filepath.Join(harness.Root(), "js", "widget", "locales", file))
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(pattern).FindSubmatch(b); m != nil {
			return string(m[1])
		}
		return ""
	}
	said, err := strconv.Unquote(`"` + in("en.js", `(?m)^    `+name+`: "(.*)",$`) + `"`)
	if err != nil {
		t.Fatal(err)
	}
	switch name {
	case "doubtful":
		said = in("en-say.js", "export const doubtful = \\(name\\) => `(.*)`;")
	case "forked":
		said = in("en-say.js", "export const forked = [^`]*`(.*)`\\);")
	case "split": // what the relay alone contradicts
		said = in("en-say.js", `export const forked = [^"]*"(.*)"`)
	}
	if said == "" {
		t.Fatalf("the widget has no words %q", name)
	}
	return slices.MaxFunc(strings.Split(said, "${name}"), func(a, b string) int { return len(a) - len(b) })
}

// says wants that a person reads the sentence of that name; only pages have any.
func (s *stage) says(name, key string) {
	s.t.Helper()
	p, ok := s.ends[name].(pageEnd)
	if !ok {
		return
	}
	p.AwaitPage(sentenceOf(s.t, key))
}
