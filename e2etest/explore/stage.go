package explore

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Stage is members whom a relay shows what it likes, and a record of what each
// made and each was shown, which says what may come of it. Unlike a World it
// changes.
type Stage struct {
	Members []*Member
	Now     uint64

	first    []*Member // as they came
	trails   []*trail
	made     map[wire.ID]*Entry   // entries that members made, by id
	at       map[wire.Hash]reads  // what a log came to at whoever read it
	epochs   map[wire.Hash]string // the secret of each epoch that some end held, by its commit
	accepted map[place3]string    // the text of each message that anybody accepted
	texts    int

	offers [][][]byte // by member: its key packages that lie at the relay

	Outcome
}

// Outcome is what a run came to.
type Outcome struct {
	Fired  bool // a rule acted: the relay lied
	Alarms int  // how often a state became Forked or Doubtful
	Opened int  // messages that were accepted
	Added  int  // commits that were read and let somebody in, or in again
	Again  int  // ends that read the log again
	False  int  // secrets that were granted and are not those of the log that was read
}

func (o Outcome) String() string {
	return fmt.Sprintf("%d messages accepted, %d alarms, %d times let in, %d readings again, %d false secrets", o.Opened, o.Alarms, o.Added, o.Again, o.False)
}

// Count adds another run's.
func (o *Outcome) Count(other Outcome) {
	o.Alarms, o.Opened, o.Added = o.Alarms+other.Alarms, o.Opened+other.Opened, o.Added+other.Added
	o.Again, o.False = o.Again+other.Again, o.False+other.False
}

// trail is the log as one member was shown it.
type trail struct {
	hashes []wire.Hash // log hash by index
	base   uint64      // index of the epoch's commit
	first  []wire.Hash // as it came
	began  uint64      // likewise

	heads map[uint64]wire.Hash // by epoch
	until uint64               // while it is read again: up to there
	hash  wire.Hash            // where it was this

	doubted uint64 // where the first doubt arose that is not settled
}

// place3 names a message whatever form it was given.
type place3 struct {
	by, instance wire.ID
	counter      uint64
}

// reads is what reading one log comes to; the secrets only for who holds any.
type reads struct {
	head    wire.Hash
	epoch   uint64
	members []wire.Member
	secrets string
}

// NewStage puts the members of a world on a stage. They share what they have read.
func NewStage(w *World) *Stage {
	s := &Stage{Now: w.Now, offers: w.offers, made: map[wire.ID]*Entry{}, at: map[wire.Hash]reads{}, epochs: maps.Clone(w.epochs), accepted: map[place3]string{}}
	start := wire.LogHash0(w.Log.Head().Conversation())
	for _, m := range w.Members {
		s.Members = append(s.Members, m.changed())
		s.first = append(s.first, m)
		t := &trail{hashes: []wire.Hash{start}, heads: map[uint64]wire.Hash{}}
		for _, p := range w.Log.Entries[:m.index] {
			t.hashes = append(t.hashes, p.Hash)
			if p.Kind == wire.KindCommit && p.Err == nil {
				t.base = uint64(len(t.hashes)) - 1
				t.heads[p.After.Epoch()] = p.After.Head()
			}
		}
		t.first, t.began = slices.Clip(t.hashes), t.base
		s.trails = append(s.trails, t)
	}
	for _, p := range w.Log.Entries {
		s.made[p.ID] = p.Entry
	}
	return s
}

// made1 takes down what a member made, and gives what it appends next.
func (s *Stage) next(i int) *Entry {
	e := s.Members[i].Next(s.Now)
	if e != nil {
		s.made[e.ID] = e
	}
	return e
}

// Say has a member write something new.
func (s *Stage) Say(i int) {
	m := s.Members[i]
	if m.state == conversation.Empty || m.state == conversation.NotMember || m.state == conversation.Closed || m.role == wire.Inbox || m.role == wire.Supervisor {
		return // nobody would hear it
	}
	s.texts++
	s.Members[i] = s.Members[i].Write(fmt.Sprintf("text %d of %s", s.texts, s.Members[i].Name))
}

// Make has a member make what its client would append next.
func (s *Stage) Make(i int) error { return s.make(i, Make, conversation.Moves{}) }

// Commit has a member commit of its own accord.
func (s *Stage) Commit(i int, moves conversation.Moves) error {
	m := s.Members[i]
	if m.state != conversation.Active && m.state != conversation.Doubtful {
		return nil
	}
	return s.make(i, Refresh, moves)
}

// Add has a member that may do so add who is not in yet.
func (s *Stage) Add(i int) error { return s.Move(Add, i) }

// Move has a member make a move, if it can; a claim is of the inbox for it.
func (s *Stage) Move(k Kind, i int) error {
	maker := s.maker(k, i)
	if maker < 0 {
		return nil
	}
	m := s.Members[maker]
	if m.state != conversation.Active && m.state != conversation.Doubtful || m.pending != nil {
		return nil
	}
	moves, taken, ok := plan(k, i, m, m.Look().Members(), s.Members, s.offers)
	if !ok {
		return nil
	}
	s.offers = without(s.offers, taken)
	return s.Commit(maker, moves)
}

// maker makes the commit of a move.
func (s *Stage) maker(k Kind, i int) int {
	if k == Claim {
		return slices.IndexFunc(s.Members, func(m *Member) bool { return m.role == wire.Inbox })
	}
	return i
}

func (s *Stage) make(i int, k Kind, moves conversation.Moves) error {
	m := s.Members[i]
	var n *Member
	var err error
	if k == Make {
		n, err = m.Make(s.Now)
	} else {
		n, err = m.Commit(k, s.Now, moves)
	}
	switch err {
	case nil, wire.RateLimited, wire.NotMember, wire.Unavailable, wire.Expired: // it may not, now
	default:
		return fmt.Errorf("%s in state %d can make nothing: %w", m.Name, m.state, err)
	}
	if n != nil {
		s.Members[i] = n
	}
	return nil
}

// Crash ends a member's page and loads another one.
func (s *Stage) Crash(i int) { s.Members[i] = s.Members[i].Crash() }

// Restore puts a member's disk back to what it was when it came.
func (s *Stage) Restore(i int) {
	t := s.trails[i]
	s.Members[i] = s.Members[i].Restore(s.first[i])
	t.hashes, t.base, t.until = t.first, t.began, 0
}

// Show gives a member bytes as the next entry of its log. False: they are no
// entry, and its client ends the connection.
func (s *Stage) Show(i int, raw []byte) (bool, error) {
	m := s.Members[i]
	n, ev, err := m.ReadRaw(raw, s.Now)
	if err != nil {
		if d, bad := wire.DecodeEntry(raw); bad == nil {
			if err == wire.Unavailable && d.Kind == wire.KindCommit {
				return false, nil // a manifest that nobody knows: the log waits
			}
			return false, fmt.Errorf("%s cannot read an entry: %w", m.Name, err)
		}
		return false, nil
	}
	s.Members[i] = n
	if n.state != m.state && (n.state == conversation.Forked || n.state == conversation.Doubtful) {
		s.Alarms++
	}
	if err := s.judge(i, m, ev, raw); err != nil {
		return true, fmt.Errorf("%s reads entry %d, by %s: %w", m.Name, ev.Index, s.name(ev.Sender), err)
	}
	return true, nil
}

func (s *Stage) name(id wire.ID) string {
	for _, m := range s.Members {
		if m.ID == id {
			return m.Name
		}
	}
	return "a stranger"
}

// judge holds what came of an entry against who made it and what was read before.
func (s *Stage) judge(i int, before *Member, ev *conversation.Event, raw []byte) error {
	m, t := s.Members[i], s.trails[i]
	c := m.Look()
	t.hashes = append(t.hashes, wire.LogHash(t.hashes[len(t.hashes)-1], wire.EntryHash(raw)))
	e, genuine := s.made[ev.ID]
	if ev.Rewound {
		return s.judgeRewound(before, m, t, ev, e)
	}
	if uint64(len(t.hashes)) != m.index+1 || c.LogHash() != t.hashes[m.index] {
		return fmt.Errorf("its log hash is not that of what it was shown")
	}
	stranger := ev.Type == conversation.Joining && !ev.Join.Same // anyone may ask for a customer's place: a person says yes, or nobody
	if ev.Type != conversation.Ignored && !genuine && !stranger {
		return fmt.Errorf("nobody made it, and it counts: type %d, %q", ev.Type, ev.Content)
	}
	if ev.Type != conversation.Opened && ev.Content != nil {
		return fmt.Errorf("it does not count, and its content came out")
	}
	if ev.Type == conversation.Opened {
		if err := s.judgeOpened(before, t, ev, e); err != nil {
			return err
		}
		s.Opened++
	}
	if err := s.judgeFork(before, t, ev, raw, genuine); err != nil {
		return err
	}
	if err := t.judgeDoubt(before, m, ev, e); err != nil {
		return err
	}
	if err := s.judgeAgain(c, before, m, t, ev); err != nil {
		return err
	}
	if ev.Type == conversation.Applied {
		t.base = m.index
		if len(ev.Added) > 0 {
			s.Added++
		}
	}
	return s.judgeAgreement(c, m)
}

func (s *Stage) judgeOpened(before *Member, t *trail, ev *conversation.Event, e *Entry) error {
	d := e.Message()
	if string(ev.Content) != e.Text || ev.Sender != e.By {
		return fmt.Errorf("%q is shown; %q was sealed", ev.Content, e.Text)
	}
	if d.SeenIndex < t.base || d.SeenIndex > before.index || t.hashes[d.SeenIndex] != d.SeenHash {
		return fmt.Errorf("it is shown, and its maker had read another log")
	}
	for _, b := range before.Shown {
		if b.Text == e.Text && b.Index != ev.Index {
			return fmt.Errorf("it is shown twice")
		}
	}
	for _, b := range before.read {
		if b.By == ev.Sender && b.Instance == ev.Instance && b.Counter >= ev.Counter {
			return fmt.Errorf("counter %d is shown after %d", ev.Counter, b.Counter)
		}
	}
	at := place3{ev.Sender, ev.Instance, ev.Counter}
	if text, ok := s.accepted[at]; ok && text != e.Text {
		return fmt.Errorf("%q is shown here, and elsewhere %q in its place", e.Text, text)
	}
	s.accepted[at] = e.Text
	return nil
}

// judgeFork wants an alarm where an entry that a member made says that its
// maker had read, within this epoch or beyond it, what this member did not, or
// that it stands in this epoch and had not read its beginning; and none where it
// had read the same.
func (s *Stage) judgeFork(before *Member, t *trail, ev *conversation.Event, raw []byte, genuine bool) error {
	now := s.Members[s.indexOf(before.ID)]
	if before.state != conversation.Active || !genuine || ev.Sender == before.ID {
		return nil
	}
	roster := before.Look().Members()
	at := slices.IndexFunc(roster, func(m wire.Member) bool { return m.ID == ev.Sender })
	raised := now.state == conversation.Forked || now.state == conversation.Doubtful
	must, may := false, false
	if d, err := wire.DecodeEntry(raw); err == nil && at >= 0 {
		other := func(seen uint64, hash wire.Hash) bool { return seen > before.index || t.hashes[seen] != hash }
		switch d.Kind {
		case wire.KindMessage:
			must = roster[at].Role.Speaks() && (d.Message.Epoch > before.epoch || d.Message.SeenIndex >= t.base && other(d.Message.SeenIndex, d.Message.SeenHash))
			may = must || d.Message.Epoch == before.epoch && (d.Message.SeenIndex < t.base || other(d.Message.SeenIndex, d.Message.SeenHash))
		case wire.KindCommit:
			within := d.Commit.SeenIndex >= t.base || d.Commit.Parent == before.Look().TranscriptHash()
			may = d.Commit.Conversation == before.Look().ID() && within && other(d.Commit.SeenIndex, d.Commit.SeenHash)
			must = may // whether it counts here or not
		}
	}
	switch {
	case raised && !may:
		return fmt.Errorf("an alarm without cause: state %d, code %v", now.state, ev.Code)
	case raised && now.Look().ForkedBy() != ev.Sender:
		return fmt.Errorf("the alarm names %s", s.name(now.Look().ForkedBy()))
	case must && !raised && now.state == conversation.Active:
		return fmt.Errorf("its maker had read another log, and nothing is said: type %d, code %v", ev.Type, ev.Code)
	}
	return nil
}

// judgeDoubt wants doubt about a member to end only by what proves that it read
// this log as far as where the doubt arose: a commit that counts, a message that
// says so, or that it is out, or in again.
func (t *trail) judgeDoubt(before, m *Member, ev *conversation.Event, e *Entry) error {
	switch {
	case before.state == conversation.Active && m.state == conversation.Doubtful:
		t.doubted = m.index
	case before.state == conversation.Doubtful && m.state == conversation.Active && ev.Type == conversation.Opened && e.Message().SeenIndex < t.doubted:
		return fmt.Errorf("a doubt that arose at %d ends by one who had read up to %d", t.doubted, e.Message().SeenIndex)
	case before.state == conversation.Doubtful && m.state == conversation.Active && ev.Type != conversation.Opened && ev.Type != conversation.Applied:
		return fmt.Errorf("a doubt ends by nothing")
	}
	return nil
}

func (s *Stage) indexOf(id wire.ID) int {
	return slices.IndexFunc(s.Members, func(m *Member) bool { return m.ID == id })
}

// judgeAgreement wants who read one log to have come to the same, and no
// stranger in any roster.
func (s *Stage) judgeAgreement(c *conversation.Conversation, m *Member) error {
	for _, p := range c.Members() {
		if s.indexOf(p.ID) < 0 {
			return fmt.Errorf("a stranger is in the roster")
		}
	}
	now := reads{head: c.TranscriptHash(), epoch: c.Epoch(), members: c.Members(), secrets: epochOf(c)}
	known, ok := s.at[c.LogHash()]
	switch {
	case !ok:
	case known.head != now.head || known.epoch != now.epoch || !sameRoster(known.members, now.members):
		return fmt.Errorf("another member that read the same log has another head, epoch or roster")
	case known.secrets != "" && now.secrets != "" && known.secrets != now.secrets:
		return fmt.Errorf("another member that read the same log has other secrets")
	case now.secrets == "":
		return nil
	}
	s.at[c.LogHash()] = now
	if m.state != conversation.Active && m.state != conversation.Doubtful && m.state != conversation.Forked && m.state != conversation.Rereading && now.secrets != "" {
		return fmt.Errorf("state %d, and secrets are kept", m.state)
	}
	return nil
}

// epochOf is the secret of the epoch that an end is in, or "".
func epochOf(c *conversation.Conversation) string {
	epoch := field(c, "secrets").FieldByName("epoch")
	if epoch.IsZero() {
		return ""
	}
	return string(epoch.Bytes())
}

// judgeRewound wants an end to go back to the beginning only by a commit that
// was made to grant it something.
func (s *Stage) judgeRewound(before, m *Member, t *trail, ev *conversation.Event, e *Entry) error {
	if e == nil || len(granted(e.decoded.Commit, m.ID)) == 0 || before.state == conversation.Rereading {
		return fmt.Errorf("it goes back, and was granted nothing")
	}
	c := m.Look()
	t.until, t.hash = uint64(len(t.hashes))-1, t.hashes[len(t.hashes)-1]
	t.hashes, t.base, t.doubted = t.hashes[:1:1], 0, 0
	if m.state != conversation.Rereading || m.index != 0 || c.LogHash() != t.hashes[0] || len(c.Members()) != 0 || epochOf(c) != "" || secret(c, "leaf") != "" || m.pending != nil {
		return fmt.Errorf("it goes back, and not to the beginning: state %d, index %d", m.state, m.index)
	}
	s.Again++
	return nil
}

// judgeAgain wants who reads again to take a secret for an epoch's only if it is
// that, to end where it was to, and to tell whether it was shown another log
// there. Nobody keeps a secret that is no epoch's of the log that it read.
func (s *Stage) judgeAgain(c *conversation.Conversation, before, m *Member, t *trail, ev *conversation.Event) error {
	again := before.state == conversation.Rereading
	if epoch := epochOf(c); epoch != "" && !again {
		s.epochs[c.TranscriptHash()] = epoch
	} else if known, ok := s.epochs[c.TranscriptHash()]; epoch != "" && ok && known != epoch {
		return fmt.Errorf("it reads again by another secret than was the epoch's")
	}
	if ev.Type == conversation.Applied && ev.Code != 0 {
		if ev.Code != wire.ForkedLog && (!again || ev.Code != wire.OpenFailed) {
			return fmt.Errorf("a commit is told with code %v", ev.Code)
		}
		if ev.Code == wire.OpenFailed {
			s.False++
		}
	}
	switch {
	case !again:
	case m.index < t.until:
		if m.state != conversation.Rereading && m.state != conversation.Forked {
			return fmt.Errorf("it is to read again up to %d, and is in state %d at %d", t.until, m.state, m.index)
		}
	case m.state == conversation.Rereading:
		return fmt.Errorf("it reads on and on, beyond %d", t.until)
	case t.hashes[m.index] != t.hash && m.state != conversation.Forked:
		return fmt.Errorf("it was shown another log, and nothing is said: state %d", m.state)
	}
	if again && m.index == t.until {
		t.until = 0
	}
	if ev.Type == conversation.Applied {
		t.heads[c.Epoch()] = c.TranscriptHash()
	}
	for past, i := field(c, "past"), 0; i < past.Len() && m.state != conversation.Rereading; i++ {
		n := past.Index(i).FieldByName("number").Uint()
		if known, ok := s.epochs[t.heads[n]]; ok && known != string(past.Index(i).FieldByName("secret").Bytes()) && m.state != conversation.Forked {
			return fmt.Errorf("it keeps another secret of epoch %d than was that epoch's", n)
		}
	}
	return nil
}
