package lies

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ErrMalformed says that a lie is not written as it must be.
var ErrMalformed = errors.New("lies: malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

// Lie is one file: what the relay does, and what must come of it at each end.
type Lie struct {
	Name    string             `json:"-"`       // the file's
	About   string             `json:"about"`   // one sentence
	Threats []string           `json:"threats"` // the ids of the threat model that it belongs to
	Seed    uint64             `json:"seed,omitempty"`
	Waits   bool               `json:"waits,omitempty"` // the customer waits in the queue, and people of the company take it from there
	Steps   []string           `json:"steps,omitempty"` // default: Talk
	Rules   []Rule             `json:"rules"`
	Expect  map[string]Outcome `json:"expect"`          // by end
	Short   bool               `json:"short,omitempty"` // told to browsers too in the short run
	Only    []string           `json:"only,omitempty"`  // kinds of end; default all
}

// Outcome is what must hold of one end when the lie is over. Texts are named by
// the labels that the steps gave them.
type Outcome struct {
	State   string   `json:"state"`             // of its conversation
	Through []string `json:"through,omitempty"` // states that it was in on the way
	Client  string   `json:"client,omitempty"`  // of the client; default online
	Shows   []string `json:"shows"`             // the other's texts that it shows: these, in this order, once each
	Sent    []string `json:"sent"`              // its own that it calls sent
	Codes   []string `json:"codes,omitempty"`   // what the core answered to entries or requests: among others, these
	Told    []string `json:"told,omitempty"`    // what the client told its page of: among others, these
	Says    string   `json:"says,omitempty"`    // the sentence a person reads, by its name in the widget's words
	Gaps    bool     `json:"gaps,omitempty"`    // it says that messages are missing
	Joins   bool     `json:"joins,omitempty"`   // it asks to be let in again
	Silent  bool     `json:"silent,omitempty"`  // it appends nothing, and passes nothing on
}

// The ends, the phases and the kinds of end that lies are about.
const (
	Customer   = "customer"
	Agent      = "agent"
	Other      = "other"      // another agent
	Supervisor = "supervisor" // both only where the customer waits in the queue

	Begin   = "begin" // until both have read a word of the other
	Telling = "talk"
	After   = "after" // the relay is honest again, as far as the rules say so

	Native   = "native"
	Node     = "node"
	Chromium = "chromium"
)

// Talk is what is said when a lie does not say it itself.
var Talk = []string{
	"customer says c1", "agent says a1", "enter talk", "agent says a2", "customer says c2", "agent says a3",
	"customer says c3", "enter after", "customer says c4", "agent says a4",
}

var states = []string{"waiting", "secured", "lost", "left", "rejoining", "doubtful", "unreadable", "forked", "closed", "none"}

//go:embed corpus/*.json
var corpus embed.FS

// All reads the corpus, in the order of the names. None is an error.
func All() ([]*Lie, error) { return ReadAll(corpus) }

// ReadAll reads the lies of a file system, from its directory corpus.
func ReadAll(from fs.FS) ([]*Lie, error) {
	names, err := fs.Glob(from, "corpus/*.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, malformed("the corpus is empty")
	}
	var all []*Lie
	for _, name := range names {
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		lie, err := Parse(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		lie.Name = strings.TrimSuffix(path.Base(name), ".json")
		all = append(all, lie)
	}
	return all, nil
}

// Parse reads one lie. What it does not know it refuses.
func Parse(b []byte) (*Lie, error) {
	lie := &Lie{}
	if err := strict(b, lie); err != nil {
		return nil, err
	}
	if len(lie.Steps) == 0 {
		lie.Steps = Talk
	}
	return lie, lie.check()
}

func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return malformed("%v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return malformed("something follows")
	}
	return nil
}

func (l *Lie) check() error {
	switch {
	case l.About == "", len(l.Threats) == 0, len(l.Rules) == 0:
		return malformed("about, threats and rules are all needed")
	case !has(l.Expect, Customer), !has(l.Expect, Agent):
		return malformed("what is expected of customer and of agent is needed")
	}
	for end, out := range l.Expect {
		if end != Customer && end != Agent && (!l.Waits || end != Other && end != Supervisor) {
			return malformed("no such end: %q", end)
		}
		for _, s := range append([]string{out.State}, out.Through...) {
			if !slices.Contains(states, s) {
				return malformed("%s: no such state: %q", end, s)
			}
		}
		for _, code := range out.Codes {
			if codeNamed(code) == 0 {
				return malformed("%s: no such code: %q", end, code)
			}
		}
		if out.Shows == nil || out.Sent == nil {
			return malformed("%s: say what it shows and what it has sent, be it nothing", end)
		}
	}
	for _, kind := range l.Only {
		if kind != Native && kind != Node && kind != Chromium {
			return malformed("no such kind of end: %q", kind)
		}
	}
	for i := range l.Rules {
		if err := l.Rules[i].check(); err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
	}
	return nil
}

func has(all map[string]Outcome, end string) bool { _, ok := all[end]; return ok }

// Needs lists the props that the rules put in.
func (l *Lie) Needs() []string {
	var names []string
	for _, r := range l.Rules {
		for _, a := range r.Do {
			if a.With == "stolen genesis" {
				names = append(names, Stolen)
			} else if a.With != "" && a.Do != "raw" && !slices.Contains(templates, a.With) && !slices.Contains(names, a.With) {
				names = append(names, a.With)
			}
		}
	}
	return names
}
