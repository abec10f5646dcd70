package conversation

import "github.com/sealwire/sealwire/wasm/wire"

// State is where an end stands in a conversation.
type State uint8

// The states.
const (
	Empty     State = 0 // no genesis read yet
	Active    State = 1 // reads and, if its role speaks, seals
	Lost      State = 2 // a commit did not open: nothing is sent until it is added again
	Forked    State = 3 // a member read another log: nothing is sent any more
	Closed    State = 4 // ended by a commit
	NotMember State = 5 // not in the roster, leaving it, or no longer in it
	Doubtful  State = 6 // somebody may have read another log: nothing is sealed until that is settled
	Rereading State = 7 // reads the log again from its beginning, with what it was granted
)

// seenWindow is how many log hashes are kept: how far back a message may say
// its sender had read. Honest senders commit every 50 messages.
const seenWindow = 1_024

// counterOf is the newest counter seen of one instance of one sender.
type counterOf struct {
	instance, sender wire.ID
	last             uint64
}

// counters has one for each instance, in the order they were first seen.
type counters []counterOf

// of finds the counter of a sender's instance, or nil, and how many of the
// sender there are. An instance belongs to its sender: another who names it too
// has his own.
func (c counters) of(instance, sender wire.ID) (found *counterOf, n int) {
	for i := range c {
		if c[i].sender == sender {
			n++
			if c[i].instance == instance {
				found = &c[i]
			}
		}
	}
	return found, n
}

// accept takes a counter that must rise; what it skipped comes back.
func (c *counters) accept(m *wire.Message) (gap uint64, known bool, code wire.Code) {
	p, n := c.of(m.Instance, m.Sender)
	known = p != nil
	switch {
	case known && m.Counter <= p.last:
		return 0, known, wire.Replayed
	case !known && n >= maxInstances:
		return 0, known, wire.TooLarge // else a member could make the state grow without end
	case !known:
		*c = append(*c, counterOf{instance: m.Instance, sender: m.Sender})
		p = &(*c)[len(*c)-1]
	}
	gap, p.last = m.Counter-p.last-1, m.Counter
	return gap, known, 0
}

// pendingCommit is an own commit that was made but not read back yet.
type pendingCommit struct {
	entry  []byte
	id     wire.ID
	parent wire.Hash
	secret [wire.CommitSecret]byte
	leaf   *leafSecret
	madeIn wire.ID // the instance that made it
}

func (p *pendingCommit) wipe() {
	if p != nil {
		clear(p.secret[:])
		p.leaf.wipe()
	}
}

// Conversation is one end's state of one log. Printing one shows no secret.
type Conversation struct {
	end   *End
	chain *wire.Chain

	index  uint64      // entries read
	hashes []wire.Hash // log hashes, the last one at index: from base on, the newest seenWindow
	base   uint64      // index of the epoch's commit

	lost      uint8 // the reason of a join request, or 0
	forked    bool
	forkedBy  wire.ID
	doubted   []doubt // others in whose names came what tells of another log
	defend    uint64  // index of the last that came in the own name, or 0: the others doubt this end
	member    bool    // holds the epoch's secrets
	was       bool    // was in a roster before
	whole     bool    // held epoch 0, and was not added anew since: of each instance it knows the beginning
	rejoined  uint64  // Unix milliseconds: when it was last added again, or its request refused or displaced
	request   []byte  // the own join request that may be out, or nil
	secrets   secrets
	leaf      *leafSecret
	published wire.Hash // of the key package's leaf that it was added by, until its own first commit
	counters  counters
	passed    counters // of passing messages, one a sender: who commits first after a load has one instance in an epoch
	counter   uint64   // the last one this instance used
	passing   uint64   // and the last for passing messages
	pending   *pendingCommit
	digits    transcriptDigits

	past   []pastEpoch // that may be granted, or were granted to this end, ascending
	since  uint64      // the epoch in which the inbox that made the newest claim was added
	reread uint64      // index of the commit that granted something, while the log is read again up to there; or 0
	until  wire.Hash   // and the log hash after it

	epochTime     uint64  // Unix milliseconds: when the epoch began, at the earliest claim
	epochMessages uint64  // stored messages that it has carried
	ownMessages   uint64  // own ones sealed since the own last commit
	committedIn   wire.ID // the instance that made the own last commit
}

// String and GoString keep the secrets out of logs and messages.
func (Conversation) String() string   { return "sealwire conversation" }
func (Conversation) GoString() string { return "sealwire conversation" }

func newConversation(end *End, id wire.ID) *Conversation {
	return &Conversation{end: end, chain: wire.NewChain(id, end.manifest), hashes: []wire.Hash{wire.LogHash0(id)}}
}

// Join follows a conversation from its first entry; whether this end is in it
// shows as entries are read. An end that has spoken in it is loaded anew before:
// its instance's counters begin again.
func (e *End) Join(id wire.ID) *Conversation { return newConversation(e, id) }

// Self is the member id of this end.
func (c *Conversation) Self() wire.ID { return c.end.ID() }

// ID is the conversation's id.
func (c *Conversation) ID() wire.ID { return c.chain.Conversation() }

// Epoch is the number of the epoch of now.
func (c *Conversation) Epoch() uint64 { return c.chain.Epoch() }

// Index is the number of entries read.
func (c *Conversation) Index() uint64 { return c.index }

// LogHash is the log hash after the last entry read.
func (c *Conversation) LogHash() wire.Hash { return c.hashes[len(c.hashes)-1] }

// TranscriptHash is the head.
func (c *Conversation) TranscriptHash() wire.Hash { return c.chain.Head() }

// Members is the roster that a valid commit made, never a list from elsewhere.
func (c *Conversation) Members() []wire.Member { return c.chain.Members() }

// Queue is the queue that the genesis named.
func (c *Conversation) Queue() string { return c.chain.Queue() }

// Previous is empty, or the id of the conversation that this one continues.
func (c *Conversation) Previous() []byte { return c.chain.Previous() }

// ForkedBy is the member whose log differs, when the state is Forked, or may
// differ, when it is Doubtful.
func (c *Conversation) ForkedBy() wire.ID {
	if c.State() == Doubtful {
		return c.doubted[0].id
	}
	return c.forkedBy
}

// State tells where this end stands.
func (c *Conversation) State() State {
	switch {
	case c.forked:
		return Forked
	case c.reread != 0:
		return Rereading
	case !c.chain.Started():
		return Empty
	case c.chain.Closed():
		return Closed
	case c.gone():
		return NotMember
	case !c.member:
		return Lost
	case len(c.doubted) != 0:
		return Doubtful
	}
	return Active
}

// gone tells whether nothing of this end's is valid any more.
func (c *Conversation) gone() bool {
	own := c.chain.Member(c.end.ID())
	return own == nil || own.Leaving
}

// ready returns why nothing can be sealed in this state, or nil.
func (c *Conversation) ready() error {
	switch c.State() {
	case Active, Doubtful:
		return nil
	case Empty, Rereading:
		return wire.Unavailable
	case Forked:
		return wire.ForkedLog
	case Lost:
		return wire.EpochGone
	}
	return wire.NotMember
}

// forget drops the secrets of the epoch; used when they end or never opened.
func (c *Conversation) forget() {
	c.secrets.wipe()
	c.member = false
}

// Wipe erases all secrets; the conversation is of no use afterwards.
func (c *Conversation) Wipe() {
	c.forget()
	c.forgetPast(len(c.past))
	c.leaf.wipe()
	c.pending.wipe()
	c.pending = nil
}
