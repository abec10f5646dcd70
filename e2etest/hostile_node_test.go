package e2etest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

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
	p.order(s.t, map[string]any{"do": "open", "name": e.name, "role": name, "alias": aliases[name], "url": s.demo.URL, "proxy": e.wire.Addr()}, nil)
	s.t.Cleanup(func() { p.order(s.t, map[string]any{"do": "close", "name": e.name}, nil) })
	return e
}

func (e nodeEnd) Move(move, to string) {
	e.s.t.Helper()
	if move == "gives" {
		return // nothing asks
	}
	harness.Eventually(e.s.t, e.name+": "+move, func() (bool, string) {
		var r struct{ Begun bool }
		e.program.order(e.s.t, map[string]any{"do": "move", "name": e.name, "move": move, "to": to}, &r)
		return r.Begun, fmt.Sprintf("%+v", e.Report())
	})
}

func (e nodeEnd) Try(text string) { e.Say(text) }
func (e nodeEnd) Say(text string) {
	e.program.order(e.s.t, map[string]any{"do": "say", "name": e.name, "text": text}, nil)
}

func (e nodeEnd) Reconnect() {
	e.wire.Cut() // and until it notices none can be made
	harness.Eventually(e.s.t, e.name+" to notice", func() (bool, string) { r := e.Report(); return r.Client != "online", r.Client })
	e.wire.Mend()
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
