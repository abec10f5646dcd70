package explore

import (
	"bytes"
	"crypto/rand"
	"io"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Entry is one entry of a log and, of a message, what its maker sealed in it.
type Entry struct {
	Raw  []byte
	ID   wire.ID
	By   wire.ID
	Kind wire.Kind
	Text string // of a message that a member of the world sealed

	Forged bool // nobody made it
	how    Kind // it was, and of what
	of     wire.ID

	decoded *wire.Entry
	print   []token
}

func newEntry(raw []byte, text string) *Entry {
	d, err := wire.DecodeEntry(raw)
	must(err)
	return &Entry{Raw: raw, ID: wire.EntryID(raw), By: d.Sender(), Kind: d.Kind, Text: text, decoded: d}
}

// Message is the entry as one, or nil.
func (e *Entry) Message() *wire.Message { return e.decoded.Message }

// Text is one message that waits in a member's outbox.
type Text struct {
	Text  string
	Entry *Entry    // its newest sealed form, or nil
	Epoch uint64    // which that was sealed in
	IDs   []wire.ID // of all its forms
}

// spoilt is the epoch of a form that must be made anew.
const spoilt = ^uint64(0)

// Shown is a message that a member was shown.
type Shown struct {
	Index    uint64
	Epoch    uint64
	By       wire.ID
	Instance wire.ID
	Counter  uint64
	Gap      uint64
	Text     string
}

// Member is one end and its client at rest between two steps: what is on its
// disk, and what a page holds beside that. It is never changed: a step gives
// another Member, so that worlds share what did not change.
type Member struct {
	Name    string
	ID      wire.ID
	Founder bool // in from the start
	Anew    bool // a customer that has lost everything, its identity too

	company *Company
	role    wire.Role
	end     *conversation.End // this page load's; whoever changes it copies it before
	endRaw  []byte
	raw     []byte // the conversation
	Outbox  []Text
	Shown   []Shown
	read    []Shown  // those of them that it met in this reading of the log
	past    []uint64 // the epochs whose secrets it must keep, and no others
	until   uint64   // while it reads again: up to there
	loot    *loot    // every secret that it ever held
	asked   *Entry   // own join request that is to be appended
	stood   wire.ID  // the own join request that was read back

	defends bool // something came in its name that it did not send

	inbox []byte // the queue's inbox's key package of last resort, as the relay gives it

	waits uint64 // of the page: it appends nothing until it has read so far

	// What the state says, so that it need not be loaded to be asked.
	index, epoch uint64
	state        conversation.State
	pending      *Entry

	print tokens
	count tokens
	seen  *conversation.Conversation // what was loaded, for who only looks
	done  map[deed]*outcome          // what was tried from here: worlds that share a member share it
}

// deed is what a member may do from where it is.
type deed struct {
	kind  Kind
	now   uint64
	entry wire.ID
}

type outcome struct {
	member *Member
	err    error
}

// once does a deed, or gives what came of it the first time.
func (m *Member) once(d deed, do func() (*Member, error)) (*Member, error) {
	o := m.done[d]
	if o == nil {
		o = &outcome{}
		o.member, o.err = do()
		if m.done == nil {
			m.done = map[deed]*outcome{}
		}
		m.done[d] = o
	}
	return o.member, o.err
}

// changed is a copy to change.
func (m *Member) changed() *Member {
	n := *m
	n.print, n.count, n.done = nil, nil, nil
	return &n
}

func newMember(co *Company, name string, e *conversation.End, c *conversation.Conversation) *Member {
	return (&Member{Name: name, ID: e.ID(), company: co, role: e.Role()}).saved(e, c)
}

// saved is the member when both states are on disk.
func (m *Member) saved(e *conversation.End, c *conversation.Conversation) *Member {
	n := m.changed()
	n.end, n.endRaw, n.raw = e, e.Marshal(), c.Marshal()
	n.index, n.epoch, n.state = c.Index(), c.Epoch(), c.State()
	if p := c.Pending(); p == nil {
		n.pending = nil
	} else if n.pending == nil || !bytes.Equal(n.pending.Raw, p) {
		n.pending = newEntry(p, "")
	}
	n.loot = n.loot.with(e, c)
	again, err := e.LoadConversation(n.raw)
	must(err)
	if !bytes.Equal(again.Marshal(), n.raw) || again.State() != n.state {
		panic("explore: what was saved is loaded as something else")
	}
	if field := lost(c, again); field != "" {
		panic("explore: not all of a conversation is saved: " + field)
	}
	n.seen = again
	if e == m.end && m.endRaw != nil && !bytes.Equal(n.endRaw, m.endRaw) {
		panic("explore: a step changed an end that other worlds share")
	}
	return n
}

// open brings up the end and the conversation as they are in this page load.
// An end that may change is a copy.
func (m *Member) open(changes bool) (*conversation.End, *conversation.Conversation) {
	e := m.end
	if changes {
		e = m.loadEnd(e.Instance())
	}
	c, err := e.LoadConversation(m.raw)
	must(err)
	return e, c
}

// Look is the conversation as it is now; the caller only looks.
func (m *Member) Look() *conversation.Conversation {
	if m.seen == nil {
		_, m.seen = m.open(false)
	}
	return m.seen
}

func (m *Member) loadEnd(instance wire.ID) *conversation.End {
	if instance != (wire.ID{}) {
		// The instance is the one thing that loading an end draws.
		real := rand.Reader
		rand.Reader = io.MultiReader(bytes.NewReader(instance[:]), real)
		defer func() { rand.Reader = real }()
	}
	e, err := conversation.LoadEnd(m.endRaw, m.role, m.company.roots())
	must(err)
	if instance != (wire.ID{}) && e.Instance() != instance {
		panic("explore: loading an end draws something else than its instance")
	}
	return e
}

// Crash ends the page and loads another one from the disk.
func (m *Member) Crash() *Member {
	n, _ := m.once(deed{kind: Crash}, func() (*Member, error) {
		return m.loaded(), nil
	})
	return n
}

// loaded is another page of what is on the disk.
func (m *Member) loaded() *Member {
	n := m.changed()
	n.end, n.seen = m.loadEnd(wire.ID{}), nil
	n.waits = 0
	return n
}

// Restore loads a page from an older disk, on which nothing waited to be said.
func (m *Member) Restore(older *Member) *Member {
	n := older.loaded()
	n.Outbox = nil
	return n
}

// sent is the member that has the answer: its entry is at that place.
func (m *Member) sent(at uint64) *Member {
	n, _ := m.once(deed{kind: Send, now: at}, func() (*Member, error) {
		n := m.changed()
		n.waits = at
		return n, nil
	})
	return n
}

// Learn is the member that heard of its company's newest manifest.
func (m *Member) Learn(now uint64) *Member {
	n, _ := m.once(deed{kind: Learn, now: now}, func() (*Member, error) {
		e, c := m.open(true)
		must(e.AddManifest(m.company.Newest().Bytes(), now/1000, true))
		return m.saved(e, c), nil
	})
	return n
}

// Renew is the member under another credential, good for half a day.
func (m *Member) Renew(now uint64) *Member {
	n, _ := m.once(deed{kind: Renew, now: now}, func() (*Member, error) {
		e, c := m.open(true)
		must(e.SetCredential(m.company.credential(e, m.Name, now/1000-30, now/1000+12*3600), now/1000))
		return m.saved(e, c), nil
	})
	return n
}

// Write puts a text into the outbox.
func (m *Member) Write(text string) *Member {
	n := m.changed()
	n.Outbox = append(slices.Clip(n.Outbox), Text{Text: text})
	return n
}

// Next is what this member appends next, as its client decides it: its pending
// commit, its join request, or, while no commit is due, the first of its outbox
// in the form of this epoch. Nil while that is still to be made.
func (m *Member) Next(now uint64) *Entry {
	switch m.state {
	case conversation.Empty, conversation.Active, conversation.Doubtful:
		if m.pending != nil {
			return m.pending
		}
		if len(m.Outbox) != 0 && m.Outbox[0].Epoch == m.epoch && m.state == conversation.Active && m.mayGo(now) {
			return m.Outbox[0].Entry
		}
	case conversation.Lost, conversation.NotMember:
		return m.asked
	}
	return nil
}

// mayGo tells whether no commit is due.
func (m *Member) mayGo(now uint64) bool {
	due, err := m.Look().Due(now)
	return err == nil && due == conversation.DueNothing
}

// Make makes what comes next, and saves it. Nil: there is nothing to make, for
// the reason given, if there is one.
func (m *Member) Make(now uint64) (*Member, error) {
	return m.once(deed{kind: Make, now: now}, func() (*Member, error) { return m.make(now) })
}

func (m *Member) make(now uint64) (*Member, error) {
	c := m.Look()
	switch c.State() {
	case conversation.Lost, conversation.NotMember:
		return m.ask(now)
	case conversation.Active, conversation.Doubtful:
	default:
		return nil, nil
	}
	if c.Pending() != nil {
		return nil, nil
	}
	found := c.State() == conversation.Active && len(m.Outbox) != 0
	if !found && !m.defends && !asks(c, m.ID) && !leaves(c) && !arrived(c, m.ID) {
		return nil, nil
	}
	due, err := c.Due(now)
	switch {
	case err == wire.Unavailable && found && m.role == wire.Customer && m.inbox != nil: // nobody is left who would read it
		return m.Commit(Another, now, conversation.Moves{Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: m.inbox}}})
	case err != nil:
		return nil, err
	case due == conversation.DueCommit:
		return m.Commit(Refresh, now, conversation.Moves{})
	case found:
		return m.seal(now)
	}
	return nil, nil
}

// asks tells whether somebody asks for his own place again, or for this one.
func asks(c *conversation.Conversation, own wire.ID) bool {
	return slices.ContainsFunc(c.Joins(), func(j wire.Standing) bool { return j.Same && j.By != own || j.Replaces == own })
}

// arrived tells whether this is an inbox that stands on the leaf that lay at the
// relay for all to use.
func arrived(c *conversation.Conversation, own wire.ID) bool {
	return slices.ContainsFunc(c.Members(), func(m wire.Member) bool {
		return m.ID == own && m.Role == wire.Inbox && m.KeyPackage.Use == wire.UseLastResort
	})
}

// lastToStay tells whether all others leave.
func lastToStay(c *conversation.Conversation, own wire.ID) bool {
	return !slices.ContainsFunc(c.Members(), func(m wire.Member) bool { return m.ID != own && !m.Leaving })
}

func leaves(c *conversation.Conversation) bool {
	return slices.ContainsFunc(c.Members(), func(m wire.Member) bool { return m.Leaving })
}

// seal gives the first of the outbox the form of this epoch, unless it has it.
func (m *Member) seal(now uint64) (*Member, error) {
	_, c := m.open(false)
	first := m.Outbox[0]
	var raw []byte
	var err error
	switch {
	case first.Entry == nil:
		raw, err = c.Seal(now, wire.Stored, []byte(first.Text))
	case first.Epoch != c.Epoch():
		raw, err = c.Reseal(now, first.Entry.Raw, []byte(first.Text))
	default:
		return nil, nil
	}
	n := m.saved(m.end, c)
	if err == wire.Replayed {
		n.Outbox = n.Outbox[1:] // it was read, in a form that was forgotten
		return n, nil
	}
	if err != nil {
		return nil, err
	}
	first.Entry, first.Epoch = newEntry(raw, first.Text), c.Epoch()
	first.IDs = append(slices.Clip(first.IDs), first.Entry.ID)
	n.Outbox = append([]Text{first}, m.Outbox[1:]...)
	return n, nil
}

// Commit makes a commit with the moves of that kind of step, and saves it.
func (m *Member) Commit(kind Kind, now uint64, moves conversation.Moves) (*Member, error) {
	deed := deed{kind, now, moves.Answers}
	for _, a := range moves.Adds {
		deed.entry = wire.EntryID(a.KeyPackage)
	}
	return m.once(deed, func() (*Member, error) {
		if m.pending != nil {
			return nil, nil
		}
		if moves.Marks&wire.MarkLeave != 0 && len(moves.Adds) == 0 && lastToStay(m.Look(), m.ID) {
			return nil, nil // nobody could remove it
		}
		_, c := m.open(false)
		if _, err := c.Commit(now, moves); err != nil {
			return nil, err
		}
		return m.saved(m.end, c), nil
	})
}

// ask makes a join request and saves it.
func (m *Member) ask(now uint64) (*Member, error) {
	e, c := m.open(true)
	raw, err := c.JoinRequest(now)
	if err != nil {
		return nil, err
	}
	if id := wire.EntryID(raw); id == m.stood || m.asked != nil && id == m.asked.ID {
		return nil, nil
	}
	n := m.saved(e, c)
	n.asked = newEntry(raw, "")
	return n, nil
}

// Read reads the next entry of the log, has what came of it judged, and saves.
func (m *Member) Read(e *Entry, now uint64, judge func(*Member, *conversation.Event) error) (*Member, error) {
	n, err := m.once(deed{Read, now, e.ID}, func() (*Member, error) {
		n, ev, err := m.ReadRaw(e.Raw, now)
		if err != nil {
			return nil, err
		}
		return n, judge(n, ev)
	})
	return n, err
}

// ReadRaw reads bytes as the next entry.
func (m *Member) ReadRaw(raw []byte, now uint64) (*Member, *conversation.Event, error) {
	decoded, err := wire.DecodeEntry(raw)
	end, c := m.open(err == nil && decoded.Kind == wire.KindCommit)
	ev, err := c.Receive(raw, now)
	if err == wire.Unavailable && decoded.Kind == wire.KindCommit {
		if wanted := m.company.manifest(decoded.Commit.ManifestHash); wanted != nil {
			must(end.AddManifest(wanted.Bytes(), now/1000, false))
			ev, err = c.Receive(raw, now)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	n := m.saved(end, c)
	n.took(m, ev)
	return n, ev, nil
}

// took is what a client does about an event, in the transaction that saves it.
func (n *Member) took(before *Member, ev *conversation.Event) {
	if ev.Rewound { // it asks for the log from its beginning
		n.read, n.until, n.waits, n.stood, n.Founder = nil, before.index+1, 0, wire.ID{}, false
	} else if n.index >= n.until {
		n.until = 0
	}
	if n.state == conversation.NotMember {
		n.Founder = false
	}
	holding := slices.IndexFunc(n.Outbox, func(t Text) bool { return slices.Contains(t.IDs, ev.ID) })
	if n.state == conversation.Lost {
		n.defends = false
	}
	switch {
	case ev.Type == conversation.Opened:
		s := Shown{ev.Index, ev.Epoch, ev.Sender, ev.Instance, ev.Counter, ev.Gap, string(ev.Content)}
		n.read = append(slices.Clip(n.read), s)
		if !slices.ContainsFunc(n.Shown, func(k Shown) bool { return k.Index == s.Index }) { // it is kept by its place
			n.Shown = append(slices.Clip(n.Shown), s)
		}
		if ev.Own && holding >= 0 {
			n.Outbox = slices.Delete(slices.Clone(n.Outbox), holding, holding+1)
		}
	case ev.Type == conversation.Applied:
		n.asked = nil // if it still stands, the core gives the same bytes again
		if ev.Own {
			n.defends = false
		}
	case ev.Type == conversation.Joining:
		if ev.Own {
			n.asked, n.stood = nil, ev.ID // what is left is that somebody answers
		}
	case ev.Own && holding < 0:
		n.defends = n.state != conversation.Lost
	case ev.Own:
		if ids := n.Outbox[holding].IDs; ids[len(ids)-1] == ev.ID {
			n.Outbox = slices.Clone(n.Outbox)
			n.Outbox[holding].Epoch = spoilt
		}
	}
}
