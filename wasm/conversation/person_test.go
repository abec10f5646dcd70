package conversation

import (
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Helpers on top of pair: more members, copies, reloads, forgeries.

func want(t testing.TB, name string, err error, code wire.Code) {
	t.Helper()
	if code == 0 && err != nil || code != 0 && err != code {
		t.Errorf("%s: %v, want %v", name, err, code)
	}
}

// ignored wants that an entry came to nothing, for this reason.
func ignored(t testing.TB, name string, ev *Event, code wire.Code) {
	t.Helper()
	if ev.Type != Ignored || ev.Code != code || ev.Content != nil {
		t.Errorf("%s: type %d, code %v, content %q; want ignored, %v", name, ev.Type, ev.Code, ev.Content, code)
	}
}

// copyOf is the same end's conversation in another variable.
func copyOf(t testing.TB, c *Conversation) *Conversation {
	t.Helper()
	got, err := c.end.LoadConversation(c.Marshal())
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return got
}

// reloaded is what a page load makes of what is on disk.
func reloaded(t testing.TB, end, conv []byte, role wire.Role, roots []wire.Hash) *Conversation {
	t.Helper()
	e, err := LoadEnd(end, role, roots)
	if err != nil {
		t.Fatalf("load end: %v", err)
	}
	c, err := e.LoadConversation(conv)
	if err != nil {
		t.Fatalf("load conversation: %v", err)
	}
	return c
}

func reload(t testing.TB, c *Conversation) *Conversation {
	t.Helper()
	return reloaded(t, c.end.Marshal(), c.Marshal(), c.end.role, c.end.roots)
}

// settle makes both ends commit in this load, so that nothing is due.
func (p *pair) settle() {
	p.t.Helper()
	for _, c := range []*Conversation{p.customer, p.agent} {
		p.read(c)
		p.commit(c)
	}
	p.read(p.customer)
	p.read(p.agent)
}

func (p *pair) due(name string, c *Conversation, want Due) {
	p.t.Helper()
	if got, err := c.Due(p.now); err != nil || got != want {
		p.t.Errorf("%s: due %d, %v; want %d", name, got, err, want)
	}
}

// dueFails wants that nothing can be sent and nothing mends it.
func (p *pair) dueFails(name string, c *Conversation, code wire.Code) {
	p.t.Helper()
	_, err := c.Due(p.now)
	want(p.t, name, err, code)
	if _, err := c.Seal(p.now, wire.Stored, []byte("x")); err != code {
		p.t.Errorf("%s: seal: %v, want %v", name, err, code)
	}
}

// add has by add a new member, who reads the log from its start.
func (p *pair) add(by *Conversation, e *End, role wire.Role) *Conversation {
	p.t.Helper()
	kp, err := e.KeyPackage(p.now/1000+3600, false)
	if err != nil {
		p.t.Fatal(err)
	}
	p.read(by)
	entry, err := by.Commit(p.now, Moves{Adds: []Newcomer{{role, kp}}})
	if err != nil {
		p.t.Fatalf("add: %v", err)
	}
	p.log.mustAppend(entry)
	p.read(by)
	c := e.Join(p.customer.ID())
	p.read(c)
	return c
}

// remove has by remove a member; the moves of this package only remove who must go.
func (p *pair) remove(by *Conversation, id wire.ID) {
	p.t.Helper()
	p.read(by)
	own := by.chain.Member(by.end.ID())
	m := &wire.Commit{Epoch: by.chain.Epoch() + 1, Parent: by.chain.Head(), SeenIndex: by.index, SeenHash: by.LogHash(), Role: own.Role, Removes: []wire.ID{id}}
	if err := by.make(p.now, m, Moves{}); err != nil {
		p.t.Fatalf("remove: %v", err)
	}
	p.log.mustAppend(by.Pending())
	p.read(by)
}

// catchUp has c read the log.
func (p *pair) catchUp(c *Conversation) *Conversation { p.t.Helper(); p.read(c); return c }

// next is what c makes of an entry as the log's next one, without reading it.
func next(t testing.TB, c *Conversation, entry []byte) *Event {
	t.Helper()
	ev, err := copyOf(t, c).Receive(entry, day0)
	if err != nil {
		t.Fatalf("receive: %v", err)
	}
	return ev
}

func (p *pair) must(entry []byte, err error) []byte {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	return entry
}

func message(t testing.TB, entry []byte) *wire.Message {
	t.Helper()
	e, err := wire.DecodeEntry(entry)
	if err != nil || e.Kind != wire.KindMessage {
		t.Fatalf("no message: %v", err)
	}
	return e.Message
}

func commit(t testing.TB, entry []byte) *wire.Commit {
	t.Helper()
	e, err := wire.DecodeEntry(entry)
	if err != nil || e.Kind != wire.KindCommit {
		t.Fatalf("no commit: %v", err)
	}
	return e.Commit
}

func joinOf(t testing.TB, entry []byte) *wire.JoinRequest {
	t.Helper()
	e, err := wire.DecodeEntry(entry)
	if err != nil || e.Kind != wire.KindJoin {
		t.Fatalf("no join request: %v", err)
	}
	return e.Join
}
