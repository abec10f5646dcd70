package conversation

import (
	"bytes"

	"github.com/sealwire/sealwire/wasm/wire"
)

// EventType says what reading an entry came to.
type EventType uint8

// The types of event.
const (
	Opened  EventType = 1 // a message, authenticated, with its content
	Applied EventType = 2 // a commit, now the head
	Ignored EventType = 3 // not valid or not opened: Code says why, nothing is shown
	Joining EventType = 4 // a valid join request
)

// Event is what reading one entry came to.
type Event struct {
	Type   EventType
	Index  uint64 // of the entry in the log, from 1
	ID     wire.ID
	Sender wire.ID // as the entry says; proven for Opened and Applied
	Own    bool    // this end's identity made it
	Epoch  uint64

	Instance wire.ID // messages
	Counter  uint64
	Gap      uint64 // messages of this instance that are missing before it
	Content  []byte

	Time    uint64 // commits; Unix milliseconds, a claim
	Marks   uint8
	Role    wire.Role // the committer's from here on
	Added   []wire.ID
	Removed []wire.ID
	Grants  []wire.Grant
	Rewound bool // it grants this end something: feed the log again, from its first entry

	Join *wire.Standing // join requests

	// Ignored: why. Applied: OpenFailed where the secret that this end was
	// granted for the epoch is not the epoch's, so that nothing of it opens.
	Code wire.Code
}

// Receive reads the next entry of the log. An error changes nothing: the bytes
// are no entry, or Unavailable: it names a manifest that this end lacks. All
// else is an Event and counts in the log hash. Now is in Unix milliseconds.
func (c *Conversation) Receive(entry []byte, now uint64) (*Event, error) {
	e, err := wire.DecodeEntry(entry)
	if err != nil {
		return nil, err
	}
	err = c.chain.Check(e)
	if err == wire.Unavailable {
		return nil, err
	}
	hash := wire.EntryHash(entry)
	ev := &Event{Type: Ignored, Index: c.index + 1, ID: hash.ID(), Sender: e.Sender()}
	ev.Own = ev.Sender == c.end.ID()
	if e.Kind == wire.KindMessage {
		ev.Epoch, ev.Instance, ev.Counter = e.Message.Epoch, e.Message.Instance, e.Message.Counter
	}
	switch {
	case err != nil:
		ev.Code = wire.CodeOf(err)
		if e.Kind == wire.KindCommit && c.crossing(e.Commit, ev.Sender) {
			c.fork(ev)
		}
	case e.Kind == wire.KindMessage:
		c.receiveMessage(e.Message, ev)
	case e.Kind == wire.KindCommit:
		c.receiveCommit(e.Commit, ev, now)
	default:
		c.chain.Apply(e) // as checked
		all := c.chain.Joins()
		ev.Type, ev.Join = Joining, &all[len(all)-1]
		c.keepsAnswer()
	}
	if e.Kind == wire.KindMessage && ev.Type == Ignored {
		c.suspect(e.Message)
	}
	c.count(hash, ev.Type == Applied)
	ev.Rewound = ev.Rewound && !c.forked
	switch {
	case ev.Rewound:
		c.rewind()
	case c.reread != 0 && c.index == c.reread:
		if c.LogHash() != c.until {
			c.fork(ev) // it was shown another log the first time
		}
		c.reread = 0
		c.trim()
	}
	return ev, nil
}

// count moves the log hash on; at a commit the older ones are of no use any
// more, since whoever seals in its epoch has read it.
func (c *Conversation) count(entry wire.Hash, commit bool) {
	next := wire.LogHash(c.LogHash(), entry)
	c.index++
	if commit {
		c.hashes, c.base = c.hashes[:0], c.index
	}
	if len(c.hashes) == seenWindow {
		copy(c.hashes, c.hashes[1:])
		c.hashes = c.hashes[:seenWindow-1]
	}
	c.hashes = append(c.hashes, next)
}

// tooOld tells whether index is in this epoch but so long ago that its log
// hash is not kept any more. The same for all ends.
func (c *Conversation) tooOld(index uint64) bool {
	return index >= c.base && c.index >= seenWindow && index <= c.index-seenWindow
}

// sameLog tells whether a sender that had read up to index had the log hash
// that this end had there.
func (c *Conversation) sameLog(index uint64, hash wire.Hash) bool {
	return index >= c.base && index <= c.index && !c.tooOld(index) && c.hashes[uint64(len(c.hashes))-1-(c.index-index)] == hash
}

// crossing tells whether a commit that does not count proves another log: a
// member signed that it read what this end did not at that index. One that merely
// lost a race stands on another head and read less than the commit that won.
func (c *Conversation) crossing(m *wire.Commit, by wire.ID) bool {
	return (m.SeenIndex >= c.base || m.Parent == c.chain.Head()) && !c.tooOld(m.SeenIndex) && !c.sameLog(m.SeenIndex, m.SeenHash) &&
		m.Conversation == c.chain.Conversation() && c.chain.Member(by) != nil && m.Signed()
}

func (c *Conversation) fork(ev *Event) {
	if !c.forked {
		c.forked, c.forkedBy = true, ev.Sender
	}
	ev.Code = wire.ForkedLog
}

func (c *Conversation) receiveMessage(m *wire.Message, ev *Event) {
	c.epochMessages++
	if ev.Code = c.openMessage(m, ev); ev.Code != 0 {
		return
	}
	if c.tooOld(m.SeenIndex) {
		ev.hide()
		ev.Code = wire.StaleEpoch // its sender seals it again
		return
	}
	if !c.sameLog(m.SeenIndex, m.SeenHash) {
		ev.hide()
		c.fork(ev)
		return
	}
	gap, known, code := c.counters.accept(m)
	if ev.Code = code; code != 0 {
		ev.hide()
		return
	}
	if known || c.whole {
		ev.Gap = gap
	}
	if ev.Own && m.Instance != c.end.instance {
		c.ownMessages++ // sealed in another load of this end
	}
	ev.Type = Opened
	c.settle(ev.Sender, m.SeenIndex)
}

func (ev *Event) hide() {
	clear(ev.Content)
	ev.Content = nil
}

// openMessage authenticates a message under the epoch of now and leaves its
// content in the event.
func (c *Conversation) openMessage(m *wire.Message, ev *Event) wire.Code {
	switch {
	case c.member:
	case c.chain.Member(c.end.ID()) != nil:
		return wire.EpochGone
	case !c.was:
		return wire.BeforeJoin
	default:
		return wire.NotMember
	}
	sender := c.chain.Member(m.Sender)
	content, err := open(m, &c.secrets, c.chain.Head(), sender.Identity)
	if err != nil {
		return wire.CodeOf(err)
	}
	ev.Content = content
	return 0
}

func (c *Conversation) receiveCommit(m *wire.Commit, ev *Event, now uint64) {
	// Without the log hash the commit is still valid, for the relay checks none
	// and all ends must agree on the head; but its maker read another log.
	same := c.tooOld(m.SeenIndex) || c.sameLog(m.SeenIndex, m.SeenHash)
	before, asked, stood := c.chain.Head(), c.asked(), false
	if asked != nil {
		stood, _ = c.stands(asked)
	}
	since := c.since
	if by := c.chain.Member(ev.Sender); by != nil && by.Role == wire.Inbox {
		for _, a := range m.Adds {
			if a.Role == wire.Agent || a.Role == wire.Bot {
				since = by.Since // a claim
			}
		}
	}
	if err := c.chain.Apply(&wire.Entry{Kind: wire.KindCommit, Commit: m}); err != nil {
		ev.Code = wire.CodeOf(err)
		return
	}
	c.since = since
	ev.Type, ev.Epoch, ev.Time, ev.Marks, ev.Role, ev.Grants = Applied, m.Epoch, m.Time, m.Marks, m.Role, m.Grants
	for _, a := range m.Adds {
		ev.Added = append(ev.Added, a.KeyPackage.MemberID())
	}
	ev.Removed = m.Removes
	c.epochTime, c.epochMessages, c.passed = min(m.Time, now), 0, nil
	if asked != nil {
		c.asksNoMore(asked, stood, now)
	}
	c.enter(m, ev, now)
	c.recall(m, ev)
	c.whole = c.whole || m.Epoch == 0 && c.member
	if !ev.Rewound {
		c.trim()
	}
	// Whoever is added again begins with this log, whatever it read before.
	c.settle(ev.Sender, c.index)
	for _, id := range m.Removes {
		c.settle(id, c.index)
	}
	if c.pending != nil && c.pending.parent == before {
		c.pending.wipe()
		c.pending = nil
	}
	if !same {
		c.fork(ev)
	}
}

// enter takes up the secrets of the epoch that a commit begins, or forgets
// those it had.
func (c *Conversation) enter(m *wire.Commit, ev *Event, now uint64) {
	own := c.chain.Member(c.end.ID())
	c.keepPast(m.Epoch)
	if c.gone() || c.chain.Closed() {
		c.forget()
		c.lost = 0
		c.leaf.wipe()
		c.leaf = nil
		c.end.spend(c.published)
		return
	}
	newcomer := m.Newcomer(own.ID)
	if newcomer && c.was {
		c.rejoined = now
	}
	c.was = true
	if newcomer && c.reread == 0 {
		c.whole = false
	}
	next, leaf, reason := c.secretsOf(m, own, ev, newcomer)
	c.forget()
	if newcomer || ev.Own { // the own leaf is another from here on
		c.end.spend(c.published)
		c.published = wire.Hash{}
	}
	if newcomer {
		c.published = own.KeyPackage.Leaf.Hash()
		c.committedIn, c.ownMessages = wire.ID{}, 0 // the leaf is a published one: an own commit is due
		c.doubted, c.defend = nil, 0
	}
	if reason != 0 {
		if c.lost == 0 || newcomer {
			c.lost = reason
		}
		leaf.wipe()
		c.leaf.wipe()
		c.leaf = nil
		return
	}
	if leaf != nil {
		c.leaf.wipe()
		c.leaf = leaf
	}
	c.secrets, c.member, c.lost = next, true, 0
	if ev.Own {
		c.committedIn, c.ownMessages = c.pending.madeIn, 0
	}
}

// secretsOf opens what the commit holds for this end and confirms it by the
// tag; a reason to ask to be added again is why it could not. A new leaf comes
// back with it when the end's leaf changed.
func (c *Conversation) secretsOf(m *wire.Commit, own *wire.Member, ev *Event, newcomer bool) (next secrets, leaf *leafSecret, reason uint8) {
	var join, granted []byte
	confirmed := m.Confirmed()
	switch {
	case ev.Own:
		if c.pending == nil || c.pending.id != ev.ID || m.Epoch != 0 && !c.member {
			return next, nil, wire.ReasonLost // another copy of this identity made it
		}
		join = joiner(&c.secrets.init, c.pending.secret[:])
		copied := *c.pending.leaf
		leaf = &copied
	case newcomer:
		if leaf = c.end.packageFor(own.KeyPackage.Leaf); leaf == nil {
			return next, nil, wire.ReasonLost
		}
		plain, err := c.openOwnSeal(m, own, leaf, toNewcomer)
		if err != nil {
			return next, leaf, wire.ReasonUnopened
		}
		join = plain[:wire.JoinerSecret]
		granted = plain[wire.JoinerSecret:]
	default:
		if !c.member || c.leaf == nil {
			return next, nil, wire.ReasonLost
		}
		plain, err := c.openOwnSeal(m, own, c.leaf, toContinuing)
		if err != nil {
			return next, nil, wire.ReasonUnopened
		}
		join = joiner(&c.secrets.init, plain)
		clear(plain)
	}
	next = schedule(join, confirmed)
	good := wire.Equal(tag(next.epoch[:], confirmed), m.Tag)
	if good && len(granted) != 0 && c.reread == 0 {
		c.takeGranted(m, granted)
		ev.Rewound = true
	}
	clear(join)
	clear(granted)
	if !good {
		next.wipe()
		return next, leaf, wire.ReasonUnopened
	}
	return next, leaf, 0
}

func (c *Conversation) openOwnSeal(m *wire.Commit, own *wire.Member, leaf *leafSecret, kind byte) ([]byte, error) {
	for i, to := range c.chain.Others(m) {
		if to.ID == own.ID {
			if !bytes.Equal(own.KeyPackage.Leaf, leaf.public()) {
				return nil, wire.OpenFailed
			}
			return openSeal(m.Seals[i], leaf, own.KeyPackage.Leaf, own.ID, kind, wire.Sum("commit body", m.Body()), m.Ephemeral)
		}
	}
	return nil, wire.NotMember
}
