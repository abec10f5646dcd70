package e2etest

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// nativeEnd is a member in Go.
type nativeEnd struct{ *harness.Native }

func openNative(s *stage, name string) end {
	role := wire.Customer
	if name == lies.Agent {
		role = wire.Agent
	}
	return nativeEnd{s.demo.Native(s.t, role, s.wires[name])}
}

var nativeStates = map[conversation.State]string{
	conversation.Empty: "waiting", conversation.Active: "secured", conversation.Lost: "rejoining", conversation.Forked: "forked",
	conversation.Closed: "closed", conversation.NotMember: "lost", conversation.Doubtful: "doubtful",
}

func (n nativeEnd) Say(text string) { n.Try(text) }
func (n nativeEnd) Report() report {
	r := n.Native.Report()
	out := report{State: "none", Client: "online", Shows: r.Heard, Sent: r.Said, Gap: r.Gap > 0, Codes: []string{}, All: fmt.Sprintf("%q", r.Heard)}
	if r.Refused {
		out.Client = "refused"
	}
	if r.Began {
		out.State = nativeStates[r.State]
	}
	if out.Sent == nil {
		out.Sent = []string{}
	}
	for _, st := range r.Through {
		out.Through = append(out.Through, nativeStates[st])
	}
	for _, code := range r.Codes {
		out.Codes = append(out.Codes, code.Error())
	}
	for _, id := range r.Members {
		out.Members = append(out.Members, hex.EncodeToString(id[:]))
	}
	return out
}

// nodeProgram is one process of Node for all the clients in it.
type nodeProgram struct {
	once sync.Once
	cmd  *exec.Cmd
	in   io.WriteCloser
	err  error

	mu      sync.Mutex
	n       int
	waiting map[int]chan json.RawMessage
}

func (p *nodeProgram) start() {
	p.waiting = map[int]chan json.RawMessage{}
	p.cmd = exec.Command("node", "test/hostile-end.js", "serve")
	p.cmd.Dir = filepath.Join(harness.Root(), "js")
	p.cmd.Stderr = os.Stderr
	var out io.ReadCloser
	if p.in, p.err = p.cmd.StdinPipe(); p.err != nil {
		return
	}
	if out, p.err = p.cmd.StdoutPipe(); p.err != nil {
		return
	}
	if p.err = p.cmd.Start(); p.err != nil {
		return
	}
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var answer struct{ ID int }
			if json.Unmarshal(lines.Bytes(), &answer) != nil {
				continue
			}
			p.mu.Lock()
			to := p.waiting[answer.ID]
			delete(p.waiting, answer.ID)
			p.mu.Unlock()
			if to != nil {
				to <- append(json.RawMessage(nil), lines.Bytes()...)
			}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for id, to := range p.waiting {
			delete(p.waiting, id)
			close(to)
		}
	}()
}

func (p *nodeProgram) stop() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// order has the program do something and decodes what came of it.
func (p *nodeProgram) order(t testing.TB, what map[string]any, into any) {
	t.Helper()
	p.once.Do(p.start)
	if p.err != nil {
		t.Fatal(p.err)
	}
	answer := make(chan json.RawMessage, 1)
	p.mu.Lock()
	p.n++
	what["id"] = p.n
	p.waiting[p.n] = answer
	b, err := json.Marshal(what)
	if err == nil {
		_, err = p.in.Write(append(b, '\n'))
	}
	p.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	got, ok := <-answer
	if !ok {
		t.Fatalf("Node ended before it answered %v", what["do"])
	}
	var failed struct{ Failed string }
	if err := json.Unmarshal(got, &failed); err != nil || failed.Failed != "" {
		t.Fatalf("Node, %v: %v %s", what["do"], err, failed.Failed)
	}
	if into != nil {
		if err := json.Unmarshal(got, into); err != nil {
			t.Fatal(err)
		}
	}
}

// nodeEnd is a client in Node.
type nodeEnd struct {
	s       *stage
	program *nodeProgram
	wire    *harness.Wire
	name    string
}

func (p *nodeProgram) open(s *stage, name string) end {
	e := nodeEnd{s: s, program: p, wire: s.wires[name], name: s.t.Name() + "/" + name}
	p.order(s.t, map[string]any{"do": "open", "name": e.name, "role": name, "url": s.demo.URL, "proxy": e.wire.Addr()}, nil)
	s.t.Cleanup(func() { p.order(s.t, map[string]any{"do": "close", "name": e.name}, nil) })
	return e
}

func (e nodeEnd) Try(text string) { e.Say(text) }
func (e nodeEnd) Say(text string) {
	e.program.order(e.s.t, map[string]any{"do": "say", "name": e.name, "text": text}, nil)
}

func (e nodeEnd) Reconnect() {
	e.wire.Cut()
	e.wire.Mend()
	harness.Eventually(e.s.t, e.name+" to notice", func() (bool, string) { r := e.Report(); return r.Client != "online", r.Client })
	e.program.order(e.s.t, map[string]any{"do": "wake"}, nil)
}

func (e nodeEnd) Report() report {
	var r struct {
		Client, State, All     string
		Members, Told, Through []string
		Messages               []struct {
			Text, Status string
			Self         bool
			Gap          int
		}
	}
	e.program.order(e.s.t, map[string]any{"do": "report", "name": e.name}, &r)
	out := report{Client: r.Client, State: r.State, Through: r.Through, Told: r.Told, Members: r.Members, All: r.All, Sent: []string{}}
	for _, m := range r.Messages {
		switch {
		case !m.Self:
			out.Shows = append(out.Shows, m.Text)
		case m.Status == "sent":
			out.Sent = append(out.Sent, m.Text)
		}
		out.Gap = out.Gap || m.Gap > 0
	}
	return out
}

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
	p.Open(s.demo.URL + "/desk")
	p.AwaitPage("no conversations yet")
	return e
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
	for key, state := range map[string]string{"forked": "forked", "split": "forked", "lost": "lost", "rejoining": "rejoining", "doubtful": "doubtful", "closed": "closed"} {
		if strings.Contains(all, sentenceOf(e.s.t, key)) {
			out.State = state
		}
	}
	if strings.Contains(all, "No conversations yet") {
		out.State = "none"
	}
	if strings.Contains(all, "End-to-end encrypted with") {
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

// sentenceOf is what the widget's words say under a name: all of it, or the
// longest piece that holds no person's name.
func sentenceOf(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(harness.Root(), "js", "widget", "words.js"))
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`(?m)^  ` + name + `: "(.*)",$`).FindSubmatch(b); m != nil {
		return string(m[1])
	}
	pattern := `(?s)export function ` + name + "Text\\(name\\) \\{.*?return `(.*?)`;\n\\}"
	if name == "split" { // what the relay alone contradicts
		pattern = `(?s)export function forkedText\(name\) \{.*?return "(.*?)";`
	}
	m := regexp.MustCompile(pattern).FindSubmatch(b)
	if m == nil {
		t.Fatalf("the widget has no words %q", name)
	}
	pieces := strings.Split(string(m[1]), "${name}")
	return slices.MaxFunc(pieces, func(a, b string) int { return len(a) - len(b) })
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
