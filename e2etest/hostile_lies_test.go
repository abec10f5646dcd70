package e2etest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Each lie of the corpus is told to native members, to clients in Node and to
// browsers, over the real relay, and what must come of it is in its file.
func TestLies(t *testing.T) {
	all, err := lies.All()
	if err != nil {
		t.Fatal(err)
	}
	node := &nodeProgram{}
	t.Cleanup(node.stop)
	for _, lie := range all {
		t.Run(lie.Name, func(t *testing.T) {
			t.Parallel()
			for kind, open := range map[string]opener{lies.Native: openNative, lies.Node: node.open, lies.Chromium: openChromium} {
				if len(lie.Only) > 0 && !slices.Contains(lie.Only, kind) || kind == lies.Chromium && testing.Short() && !lie.Short {
					continue
				}
				t.Run(kind, func(t *testing.T) { newStage(t, lie, kind, open).play() })
			}
		})
	}
}

// end is one end of a stage, of whatever kind.
type end interface {
	// Say keeps a text to be sent, once that is possible. Try tries it now, and
	// may be refused.
	Say(text string)
	Try(text string)
	// Reconnect ends the connection and makes another at once.
	Reconnect()
	Report() report
	// Move begins a move, with or towards somebody of the company, and does not
	// wait for what comes of it.
	Move(move, to string)
}

// report is how an end stands. What a kind of end cannot tell is nil.
type report struct {
	Client  string
	State   string
	Through []string
	Shows   []string // texts of the other
	Sent    []string // own texts that it calls sent
	Codes   []string
	Told    []string
	Members []string
	Gap     bool
	All     string // all that a person, or the page around it, can read
}

type opener func(s *stage, name string) end

// play goes through the steps of the lie and judges.
func (s *stage) play() {
	s.t.Helper()
	for _, step := range s.lie.Steps {
		s.step(step)
	}
	for _, name := range s.cast() {
		out := s.lie.Expect[name]
		var r report
		harness.Eventually(s.t, fmt.Sprintf("%s to be as the lie %s leaves it", name, s.lie.Name), func() (bool, string) {
			r = s.ends[name].Report()
			return s.differs(out, r) == "", fmt.Sprintf("%s; %+v", s.differs(out, r), r)
		})
		if out.Says != "" {
			s.says(name, out.Says)
		}
	}
	for _, name := range s.cast() {
		r := s.ends[name].Report()
		if d := s.differs(s.lie.Expect[name], r); d != "" {
			s.t.Errorf("%s did not stay so: %s", name, d)
		}
		s.holds(name, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if silent := s.liar.Silent(); len(silent) > 0 {
		s.t.Errorf("rules %v never acted: the lie was not told", silent)
	}
}

// step does one step: "customer says c1" waits until it has come as far as the
// lie lets it, "customer tries c1" does not; "agent is forked", "agent shows c1"
// and "agent reconnects", "enter talk", "customer reads refused", "customer hears
// bad credential", "customer has sent nothing", "the lie is told", "another customer talks" (to the same agent).
// Moves are begun and not waited for: "agent claims", "agent hands over to other",
// "agent puts back", "agent brings in supervisor", "agent ends"; "agent gives up"
// what a dialog still asks.
func (s *stage) step(step string) {
	s.t.Helper()
	word := strings.Fields(step)
	if len(word) == 2 && word[0] == "enter" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.route(s.liar.Enter(word[1]), "", nil)
		return
	}
	if step == "another customer talks" {
		other := s.demo.NativeCustomer(s.t)
		other.First = func() ([]byte, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			r, ok := s.given().(relay.Record)
			if !ok {
				return nil, wire.Unavailable
			}
			return r.Value, nil
		}
		other.Say(s.text("x1"))
		s.await(step, lies.Agent, func(r report) bool { return slices.Contains(r.Shows, s.text("x1")) })
		return
	}
	if step == "the lie is told" {
		harness.Eventually(s.t, step, func() (bool, string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.liar.Silent()) == 0, fmt.Sprint(s.liar.Fired())
		})
		return
	}
	if len(word) < 2 || s.ends[word[0]] == nil {
		s.t.Fatalf("no such step: %q", step)
	}
	name, who := word[0], s.ends[word[0]]
	switch {
	case word[1] == "reconnects":
		who.Reconnect()
	case word[1] == "tries" && len(word) == 3:
		who.Try(s.text(word[2]))
	case word[1] == "says" && len(word) == 3:
		who.Say(s.text(word[2]))
		s.come(name, word[2])
	case word[1] == "shows" && len(word) == 3:
		s.await(step, name, func(r report) bool { return slices.Contains(r.Shows, s.text(word[2])) })
	case word[1] == "is" && len(word) == 3:
		s.await(step, name, func(r report) bool { return r.State == word[2] || r.Client == word[2] })
	case slices.Contains(moves, strings.TrimPrefix(step, name+" ")):
		who.Move(word[1], aliases[word[len(word)-1]])
	case word[1] == "hears":
		code := strings.Join(word[2:], " ")
		s.await(step, name, func(r report) bool {
			return r.Codes == nil && r.Told == nil || slices.Contains(append(r.Codes, r.Told...), code)
		})
	case word[1] == "reads" && len(word) == 3:
		s.says(name, word[2])
	case step == name+" has sent nothing":
		s.silent(name)
	case strings.HasPrefix(step, name+" has sent "):
		s.await(step, name, func(r report) bool { return r.Sent == nil || slices.Contains(r.Sent, s.text(word[3])) })
	default:
		s.t.Fatalf("no such step: %q", step)
	}
}

var moves = []string{"claims", "hands over to other", "puts back", "brings in supervisor", "ends", "gives up"}

// come waits until a text that is said is where the lie lets it come.
func (s *stage) come(name, label string) {
	s.t.Helper()
	text := s.text(label)
	if slices.Contains(s.lie.Expect[name].Sent, label) {
		s.await(label+" to be sent", name, func(r report) bool { return slices.Contains(r.Sent, text) })
	}
	for other, out := range s.lie.Expect {
		if slices.Contains(out.Shows, label) && s.ends[other].Report().State != "none" { // else it is granted it later
			s.await(label+" to be shown", other, func(r report) bool { return slices.Contains(r.Shows, text) })
		}
	}
}

func (s *stage) await(what, name string, ok func(report) bool) {
	s.t.Helper()
	harness.Eventually(s.t, what+" ("+s.lie.Name+")", func() (bool, string) {
		r := s.ends[name].Report()
		saw := fmt.Sprintf("%+v", r)
		for _, other := range s.cast() {
			if other != name {
				saw += fmt.Sprintf("; %s: %+v", other, s.ends[other].Report())
			}
		}
		return ok(r), saw
	})
}

// differs says in what an end is not as it should be, or nothing.
func (s *stage) differs(out lies.Outcome, r report) string {
	var d []string
	for what, pair := range map[string][2]string{
		"state": {r.State, out.State}, "client": {r.Client, out.Client},
		"shows": {fmt.Sprint(s.labels(r.Shows)), fmt.Sprint(out.Shows)}, "sent": {fmt.Sprint(s.labels(r.Sent)), fmt.Sprint(out.Sent)},
	} {
		told := pair[0] != "" && (what != "sent" || r.Sent != nil)
		if what == "client" && pair[1] == "" {
			pair[1] = "online"
		}
		if told && pair[0] != pair[1] {
			d = append(d, fmt.Sprintf("%s %s, want %s", what, pair[0], pair[1]))
		}
	}
	for what, pair := range map[string][2][]string{"through": {r.Through, out.Through}, "codes": {r.Codes, out.Codes}, "told": {r.Told, out.Told}} {
		for _, one := range pair[1] {
			if pair[0] != nil && !slices.Contains(pair[0], one) {
				d = append(d, fmt.Sprintf("%s %v, without %q", what, pair[0], one))
			}
		}
	}
	if r.Gap != out.Gaps {
		d = append(d, fmt.Sprintf("gap %v, want %v", r.Gap, out.Gaps))
	}
	slices.Sort(d)
	return strings.Join(d, "; ")
}
