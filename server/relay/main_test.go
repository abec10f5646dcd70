package relay_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a customer and an agent in one conversation.
type scene struct {
	*relaytest.Relay
	t               *testing.T
	ctx             context.Context
	customer, agent *relaytest.Person
	atCustomer      *relaytest.Client
	atAgent         *relaytest.Client
	talk            *relaytest.Talk
	genesis         []byte
}

func play(t *testing.T, change func(*relay.Config)) *scene {
	t.Helper()
	s := &scene{Relay: relaytest.Start(t, change), t: t, ctx: relaytest.Context(t)}
	s.begin()
	return s
}

// begin lets them meet.
func (s *scene) begin() {
	s.t.Helper()
	s.customer, s.agent = relaytest.NewPerson(wire.Customer), s.Agent("Ana")
	s.atCustomer, s.atAgent = s.Connect(s.customer), s.Connect(s.agent)
	s.talk = relaytest.NewTalk(s.Org.Manifest)
	s.genesis = s.customer.Genesis(s.talk, s.Org.Manifest, "default", s.agent.KeyPackage(time.Now().Add(time.Hour), false))
	s.append(s.atCustomer, s.genesis)
	s.talk.Apply(s.genesis)
}

// append must be stored for the first time.
func (s *scene) append(at *relaytest.Client, entry []byte) uint64 {
	s.t.Helper()
	ack := ask[relay.Ack](s.t, at, relay.Append{Conversation: s.talk.ID, Entry: entry})
	if ack.Duplicate {
		s.t.Fatal("a new entry was taken for a repeat")
	}
	return ack.Sequence
}

// commit makes, appends and applies a commit.
func (s *scene) commit(by *relaytest.Person, at *relaytest.Client, c relaytest.Change) uint64 {
	s.t.Helper()
	raw := by.Commit(s.talk, s.Org.Manifest, c)
	sequence := s.append(at, raw)
	s.talk.Apply(raw)
	return sequence
}

func (s *scene) subscribe(at *relaytest.Client, after uint64) uint64 {
	s.t.Helper()
	return ask[relay.Ack](s.t, at, relay.Subscribe{Conversation: s.talk.ID, After: after}).Sequence
}

// entries takes the next n pushed entries and demands that they are in order
// after the sequence.
func (s *scene) entries(at *relaytest.Client, after uint64, n int) []relay.Entry {
	s.t.Helper()
	var out []relay.Entry
	for i := range n {
		e := next[relay.Entry](s.t, at)
		if want := after + uint64(i) + 1; e.Sequence != want {
			s.t.Fatalf("entry %d after %d, want %d", e.Sequence, want-1, want)
		}
		out = append(out, e)
	}
	return out
}

// ask wants an answer of one kind.
func ask[T relay.Body](t *testing.T, at *relaytest.Client, body relay.Body) T {
	t.Helper()
	got, err := at.Ask(relaytest.Context(t), body)
	if err != nil {
		t.Fatalf("%T: %v", body, err)
	}
	answer, ok := got.(T)
	if !ok {
		t.Fatalf("%T was answered by %T", body, got)
	}
	return answer
}

// refused wants a code as the answer, and the connection to go on.
func refused(t *testing.T, at *relaytest.Client, body relay.Body, want wire.Code) {
	t.Helper()
	got, err := at.Ask(relaytest.Context(t), body)
	var code wire.Code
	if !errors.As(err, &code) || code != want {
		t.Fatalf("%T: %v, %v, want %v", body, got, err, want)
	}
	ask[relay.List](t, at, relay.ListConversations{})
}

func next[T relay.Body](t *testing.T, at *relaytest.Client) T {
	t.Helper()
	body, err := relaytest.Next[T](relaytest.Context(t), at)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// closed wants the relay to have closed the connection with a code.
func closed(t *testing.T, err error, want wire.Code) {
	t.Helper()
	code, reason := relaytest.RefusalOf(err)
	if int(code) != 4000+int(want) || reason != want.Error() {
		t.Fatalf("closed with %d %q (%v), want %d %q", code, reason, err, 4000+int(want), want.Error())
	}
}
