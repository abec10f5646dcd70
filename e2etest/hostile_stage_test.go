package e2etest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// stage is a world with a customer, an agent and a relay that lies to them.
type stage struct {
	t     *testing.T
	lie   *lies.Lie
	kind  string
	demo  *harness.Demo
	ends  map[string]end
	wires map[string]*harness.Wire
	said  map[string]string // what each label stands for

	mu   sync.Mutex // the liar, and the order of what it sends
	liar *lies.Liar
	on   map[string]*harness.Socket // the newest connection of each end
	up   map[string][]relay.Body    // what each end sent
	ids  map[string]wire.ID
	used [][]byte // key packages that were given once
}

func newStage(t *testing.T, lie *lies.Lie, kind string, open opener) *stage {
	t.Helper()
	s := &stage{t: t, lie: lie, kind: kind, demo: harness.StartDemo(t), ends: map[string]end{}, wires: map[string]*harness.Wire{}, said: map[string]string{},
		on: map[string]*harness.Socket{}, up: map[string][]relay.Body{}, ids: map[string]wire.ID{}}
	var err error
	if s.liar, err = lies.New(lie.Rules, lie.Seed, s.props(lie.Needs())); err != nil {
		t.Fatal(err)
	}
	if lie.Waits {
		s.demo.NativeCustomer(t).AwaitSomebody()
	}
	for _, name := range s.cast() {
		w := harness.NewWire(t)
		w.Through = func(f harness.Frame, on *harness.Socket) { s.pass(name, f, on) }
		s.wires[name] = w
		s.ends[name] = open(s, name)
	}
	return s
}

// cast is who is there, in the order in which they come: the customer last.
func (s *stage) cast() (names []string) {
	for _, name := range []string{lies.Agent, lies.Other, lies.Supervisor, lies.Customer} {
		if _, ok := s.lie.Expect[name]; ok {
			names = append(names, name)
		}
	}
	return names
}

// customer is the id of the customer, once that has been said.
func (s *stage) customer() wire.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[lies.Customer]
}

// aliases are whom the company's people are logged in as.
var aliases = map[string]string{lies.Agent: "Ana", lies.Other: "Ben", lies.Supervisor: "Sam"}

// pass hands one frame to the liar.
func (s *stage) pass(name string, f harness.Frame, on *harness.Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	request, body, err := relay.DecodeFrame(f.Data)
	if err != nil {
		on.Send(f)
		return
	}
	if _, ok := body.(relay.Challenge); !ok && s.on[name] != on {
		return // of a connection that the end has given up
	}
	switch b := body.(type) {
	case relay.Challenge:
		s.on[name] = on
	case relay.Hello:
		s.ids[name] = wire.MemberID(b.Identity)
	case relay.Record: // the honest relay's
		if kp, err := wire.DecodeKeyPackage(b.Value); err == nil && kp.Credential != nil && kp.Credential.Role == wire.Inbox {
			s.ids["inbox"] = kp.MemberID()
		}
	}
	if f.Up {
		s.up[name] = append(s.up[name], body)
	}
	s.route(s.liar.Pass(lies.Frame{End: name, Request: request, Body: body}), name, on)
}

// route sends what the liar gives. s.mu is held.
func (s *stage) route(frames []lies.Frame, name string, on *harness.Socket) {
	for _, f := range frames {
		to := s.on[f.End]
		if f.End == name {
			to = on
		}
		if take, ok := f.Body.(relay.TakeKeyPackage); ok && f.Up() && len(take.Member) == 0 && !s.lie.Waits {
			s.route(s.liar.Pass(lies.Frame{End: f.End, Request: f.Request, Body: s.given()}), name, on)
			continue
		}
		switch {
		case to == nil:
		case f.Close != 0:
			go to.Close(4000+int(f.Close), f.Close.Error())
		case f.Body == nil:
			to.Send(harness.Frame{Data: f.Raw})
		default:
			to.Send(harness.Frame{Up: f.Up(), Data: relay.EncodeFrame(f.Request, f.Body)})
		}
	}
}

// given is the agent's key package, as a relay gives it to a customer where the
// company has no inbox: the lies are about two who talk. s.mu is held.
func (s *stage) given() relay.Body {
	var last relay.Body = relay.Error{Code: wire.Unavailable}
	for _, b := range s.up[lies.Agent] {
		p, ok := b.(relay.PublishKeyPackage)
		if !ok || slices.ContainsFunc(s.used, func(u []byte) bool { return bytes.Equal(u, p.KeyPackage) }) {
			continue
		}
		last = relay.Record{Value: p.KeyPackage}
		if kp, err := wire.DecodeKeyPackage(p.KeyPackage); err == nil && kp.Use == wire.UseOffer {
			s.used = append(s.used, p.KeyPackage)
			break
		}
	}
	return last
}

// text is what a label stands for: found nowhere by chance.
func (s *stage) text(label string) string {
	if s.said[label] == "" {
		var b [8]byte
		rand.Read(b[:])
		s.said[label] = fmt.Sprintf("%s is said here: %s", label, hex.EncodeToString(b[:]))
	}
	return s.said[label]
}

func (s *stage) labels(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = "?" + text
		for label, said := range s.said {
			if said == text {
				out[i] = label
			}
		}
	}
	return out
}

// holds is what must hold of an end whatever the relay says.
func (s *stage) holds(name string, r report) {
	s.t.Helper()
	if strings.Contains(r.All, lies.Canary) {
		s.t.Errorf("%s shows what the relay said: %s", name, r.All)
	}
	out := s.lie.Expect[name]
	for label, text := range s.said {
		if strings.HasPrefix(label, name[:1]) || name == lies.Agent && label == "x1" { // its own, or to it
			continue
		}
		if !slices.Contains(out.Shows, label) && strings.Contains(r.All, text) {
			s.t.Errorf("%s shows %s, which it cannot know to be true: %s", name, label, r.All)
		}
	}
	for _, f := range s.wires[name].Passed() {
		for _, text := range s.said {
			if hits := harness.Hits(f.Data, text); len(hits) > 0 {
				s.t.Errorf("%s: a frame holds %v", name, hits)
			}
		}
	}
	if out.Silent {
		s.silent(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := []string{}
	for _, id := range s.ids {
		known = append(known, hex.EncodeToString(id[:]))
	}
	for _, id := range r.Members {
		if !slices.Contains(known, id) {
			s.t.Errorf("%s counts a stranger among the members: %s", name, id)
		}
	}
	for _, b := range s.up[name] {
		if a, ok := b.(relay.Append); ok && !out.Joins {
			if e, err := wire.DecodeEntry(a.Entry); err == nil && e.Kind == wire.KindJoin {
				s.t.Errorf("%s was made to ask to be let in again", name)
			}
		}
	}
}

// silent wants that an end has appended nothing and passed nothing on so far.
func (s *stage) silent(name string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.up[name] {
		if k := b.Type(); k == relay.TypeAppend || k == relay.TypeSendPassing {
			s.t.Errorf("%s sent a frame of type %d", name, k)
		}
	}
}
