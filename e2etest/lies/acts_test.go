package lies

import (
	"slices"
	"testing"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// What is held comes when its phase begins, and a window that was not filled
// when any does.
func TestWhatIsHeldComesWithItsPhase(t *testing.T) {
	x := newLine(t,
		Rule{Match{Frame: "entry", During: Begin}, []Act{{Do: "delay", Until: After}}},
		Rule{Match{Frame: "entry", During: Telling, Times: -1}, []Act{{Do: "reorder", Count: 3}}})
	x.others("one")
	x.take(x.liar.Enter(Telling))
	x.others("two", "three")
	x.want("")
	x.take(x.liar.Enter(After))
	x.want("1 three, 2 two, 3 one")
	if fired := x.liar.Fired(); !slices.Equal(fired, []int{1, 2}) {
		t.Errorf("the rules acted %v times", fired)
	}
}

func TestRulesMatchWhatTheySay(t *testing.T) {
	other := entry("theirs")
	for name, row := range map[string]struct {
		match Match
		body  relay.Body
		acts  bool
	}{
		"another end":             {Match{Frame: "entry", End: Agent}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, false},
		"another frame":           {Match{Frame: "ack"}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, false},
		"another phase":           {Match{Frame: "entry", During: After}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, false},
		"from itself":             {Match{Frame: "entry", From: "self"}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, false},
		"from the other":          {Match{Frame: "entry", From: "other"}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, true},
		"from the agent":          {Match{Frame: "entry", From: Agent}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, true},
		"a message":               {Match{Frame: "entry", Carries: "message"}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, true},
		"a commit":                {Match{Frame: "entry", Carries: "commit"}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, false},
		"a join request":          {Match{Frame: "entry", Carries: "join"}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: other}, false},
		"what is no entry":        {Match{Frame: "entry", Carries: "message"}, relay.Entry{Conversation: conversation, Sequence: 1, Entry: []byte("?")}, false},
		"an answer to an append":  {Match{Frame: "ack", Answers: "append"}, relay.Ack{}, false},
		"an answer to subscribe":  {Match{Frame: "ack", Answers: "subscribe"}, relay.Ack{}, true},
		"from the third place on": {Match{Frame: "entry", Sequence: 3}, relay.Entry{Conversation: conversation, Sequence: 2, Entry: other}, false},
	} {
		l, err := New([]Rule{{row.match, []Act{{Do: "drop"}}}}, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		l.Know(Customer, wire.ID{9})
		l.Know(Agent, wire.ID{1})
		l.Pass(Frame{End: Customer, Request: 5, Body: relay.Subscribe{Conversation: conversation}})
		l.Pass(Frame{End: Customer, Request: 5, Body: row.body})
		if acted := len(l.Silent()) == 0; acted != row.acts {
			t.Errorf("%s: acted %v", name, acted)
		}
	}
}

func TestFramesThatARelayDoesNotSend(t *testing.T) {
	for _, with := range []string{"unknown frame", "end's frame", "short frame", "old challenge", "oversize"} {
		x := newLine(t, on("entry", Act{Do: "raw", With: with}))
		var got []Frame
		got = append(got, x.liar.Pass(Frame{End: Customer, Body: relay.Entry{Conversation: conversation, Sequence: 1, Entry: entry("one")}})...)
		if len(got) != 1 || got[0].Body != nil {
			t.Fatalf("%s: %v", with, got)
		}
		if _, body, err := relay.DecodeFrame(got[0].Raw); err == nil && body.Type() >= relay.TypeChallenge {
			t.Errorf("%s: it is a frame of a relay: %T", with, body)
		}
		// What stood there is shown to who asks again.
		x.ask(relay.Subscribe{Conversation: conversation})
		x.want("1 one")
	}
	x := newLine(t, on("entry", Act{Do: "close", Code: "expired"}))
	got := x.liar.Pass(Frame{End: Customer, Body: relay.Entry{Conversation: conversation, Sequence: 1, Entry: entry("one")}})
	if len(got) != 1 || got[0].Close != wire.Expired {
		t.Errorf("close: %v", got)
	}
}

func TestNumbersOfFramesAreSet(t *testing.T) {
	for field, row := range map[string]struct{ was, is relay.Body }{
		"sequence":  {relay.Ack{Sequence: 1}, relay.Ack{Sequence: 7}},
		"duplicate": {relay.Ack{Sequence: 1}, relay.Ack{Sequence: 1, Duplicate: true}},
		"agents":    {relay.Waiting{}, relay.Waiting{Agents: true}},
	} {
		for name, kind := range frames {
			if kind != row.was.Type() {
				continue
			}
			l, err := New([]Rule{on(name, Act{Do: "set", Field: field, To: 7})}, 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := l.Pass(Frame{End: Customer, Body: row.was}); len(got) != 1 || got[0].Body != row.is {
				t.Errorf("%s: %v", field, got)
			}
		}
	}
	l, err := New([]Rule{on("list", Act{Do: "set", Field: "sequence", To: 7}, Act{Do: "crowd", Count: 3})}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := l.Pass(Frame{End: Agent, Body: relay.List{Conversations: []relay.ListItem{{Conversation: conversation, Sequence: 1}}}})
	if len(got) != 2 || got[0].Body.(relay.List).Conversations[0].Sequence != 7 || len(got[1].Body.(relay.List).Conversations) != 3 {
		t.Errorf("a list: %v", got)
	}
}

// An entry of another conversation is put in as it is, or under this one's name.
func TestReplayOfAnotherConversation(t *testing.T) {
	another := wire.ID{8}
	for _, renamed := range []bool{false, true} {
		acts := []Act{{Do: "replay", Of: "another", Count: -1}}
		if renamed {
			acts = append(acts, Act{Do: "rename"})
		}
		x := newLine(t, on("entry", acts...))
		x.liar.rules[0].When.Sequence = 2
		m := wire.Message{Conversation: another, Sender: wire.ID{1}, Counter: 1, Retention: wire.Stored, Sealed: make([]byte, 16+wire.PadFloor)}
		x.liar.Pass(Frame{End: Agent, Body: relay.Entry{Conversation: another, Sequence: 1, Entry: m.Encode()}})
		x.others("one", "two")
		if len(x.seen) != 3 {
			t.Fatalf("shown: %s", x.read())
		}
		e, err := wire.DecodeEntry(x.seen[2].Entry)
		if err != nil || (e.Conversation() == conversation) != renamed {
			t.Errorf("renamed %v: %x, %v", renamed, e.Conversation(), err)
		}
	}
}

// What a stranger forges of commits is signed by it and decodes.
func TestStrangersCommits(t *testing.T) {
	l, err := New(nil, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := l.ghost()
	own := l.make("ghost commit", conversation, nil)
	added, err := wire.DecodeEntry(l.make("ghost added", conversation, own))
	if err != nil || len(added.Commit.Adds) != 1 || added.Commit.Signed() {
		t.Errorf("ghost added: %v", err)
	}
	credential := &wire.Credential{Role: wire.Customer, Identity: g.kp.Identity, Alias: "Mia", NotBefore: 1, NotAfter: 2}
	raw, err := credential.Issue(g.key)
	if err != nil {
		t.Fatal(err)
	}
	l.props = Props{Stolen: raw}
	stolen, err := wire.DecodeEntry(l.make("stolen genesis", conversation, own))
	if err != nil || !stolen.Commit.Signed() || stolen.Sender() != g.kp.MemberID() || stolen.Commit.KeyPackage.Alias() != "Mia" {
		t.Errorf("stolen genesis: %v", err)
	}
	l.logs[conversation] = &log{customer: wire.Hash{1}}
	join, err := wire.DecodeEntry(l.make("ghost join", conversation, nil))
	if err != nil || join.Join.Leaf != (wire.Hash{1}) {
		t.Errorf("ghost join: %v", err)
	}
	if _, err := wire.DecodeKeyPackage(l.make("ghost key package", conversation, nil)); err != nil {
		t.Errorf("ghost key package: %v", err)
	}
	if b := l.make("key package of one half", conversation, nil); len(b) != len(g.kp.Bytes())-wire.MLKEMKeySize {
		t.Errorf("half a key package has %d bytes", len(b))
	}
}
