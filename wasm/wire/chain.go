package wire

import "bytes"

// Member is one place in the roster.
type Member struct {
	ID         ID
	Role       Role
	Identity   []byte
	Alias      string
	KeyPackage *KeyPackage // its newest: holds the leaf that commits seal to
	Leaving    bool
	Since      uint64 // the epoch it was added in
}

// Verified tells whether a credential stands behind the identity.
func (m *Member) Verified() bool { return m.KeyPackage.Credential != nil }

// Chain is the public state of one conversation: which commit is the head, who
// is in, what may come next. It needs no secret and keeps no messages.
type Chain struct {
	conversation ID
	manifests    func(Hash) *Manifest

	started, closed bool
	epoch           uint64
	head            Hash
	sequence        uint64 // of the manifest that the head names
	manifest        Hash
	root            Hash // that signed it
	queue           string
	previous        []byte
	members         []Member   // ordered by id
	joins           []Standing // in the log's order
}

// NewChain begins with an empty log. The function finds a manifest that was
// verified under the pinned roots, by its hash, or nil.
func NewChain(conversation ID, manifests func(Hash) *Manifest) *Chain {
	return &Chain{conversation: conversation, manifests: manifests}
}

// Conversation returns the id that every entry must carry.
func (c *Chain) Conversation() ID { return c.conversation }

// Started tells whether the genesis was applied.
func (c *Chain) Started() bool { return c.started }

// Closed tells whether a commit closed the conversation.
func (c *Chain) Closed() bool { return c.closed }

// Head is the transcript hash of the newest valid commit; zero before genesis.
func (c *Chain) Head() Hash { return c.head }

// Epoch is the number of the epoch that the head began.
func (c *Chain) Epoch() uint64 { return c.epoch }

// Queue is the queue that genesis named.
func (c *Chain) Queue() string { return c.queue }

// Previous is empty, or the id of the conversation that genesis continues.
func (c *Chain) Previous() []byte { return c.previous }

// Manifest is the hash of the manifest that the head names, and its sequence.
func (c *Chain) Manifest() (Hash, uint64) { return c.manifest, c.sequence }

// Root is the root key that signed the manifest which the head names; zero
// before genesis.
func (c *Chain) Root() Hash { return c.root }

// Members returns the roster, ordered by id. The caller does not change it.
func (c *Chain) Members() []Member { return c.members }

// Member finds a member by id, or nil.
func (c *Chain) Member(id ID) *Member { return find(c.members, id) }

// Leaving tells whether the roster holds a member that marked itself leaving:
// until it is removed no message is valid.
func (c *Chain) Leaving() bool {
	for i := range c.members {
		if c.members[i].Leaving {
			return true
		}
	}
	return false
}

func find(members []Member, id ID) *Member {
	for i := range members {
		if members[i].ID == id {
			return &members[i]
		}
	}
	return nil
}

// Check tells whether the entry would be valid next, without applying it.
// Unavailable means that the manifest which a commit names is not known.
func (c *Chain) Check(e *Entry) error {
	_, err := c.next(e)
	return err
}

// Apply checks the entry and, when it is a commit, makes it the head; a join
// request is remembered while the leaf it replaces stands.
func (c *Chain) Apply(e *Entry) error {
	next, err := c.next(e)
	if err != nil {
		return err
	}
	switch e.Kind {
	case KindCommit:
		*c = *next
	case KindJoin:
		c.remember(e.Join)
	}
	return nil
}

// CheckPassing tells whether a passing message may be forwarded now.
func (c *Chain) CheckPassing(m *Message) error {
	if m.Retention != Passing {
		return BadArgument
	}
	return c.checkMessage(m)
}

func (c *Chain) next(e *Entry) (*Chain, error) {
	if e.Conversation() != c.conversation {
		return nil, BadArgument
	}
	switch e.Kind {
	case KindMessage:
		if e.Message.Retention != Stored {
			return nil, BadArgument
		}
		return nil, c.checkMessage(e.Message)
	case KindJoin:
		return nil, c.checkJoin(e.Join)
	}
	return c.commit(e.Commit)
}

func (c *Chain) checkMessage(m *Message) error {
	if m.Conversation != c.conversation {
		return BadArgument
	}
	if !c.started || c.closed || m.Epoch != c.epoch || c.Leaving() {
		return StaleEpoch
	}
	if sender := c.Member(m.Sender); sender == nil || !sender.Role.Speaks() {
		return NotMember
	}
	return nil
}

// Marshal encodes the public state for the keystore; LoadChain reads it.
func (c *Chain) Marshal() []byte {
	w := NewWriter(4096)
	w.U8(Version)
	w.Raw(c.conversation[:])
	w.Bool(c.started)
	if !c.started {
		return w.Bytes()
	}
	w.Bool(c.closed)
	w.U64(c.epoch)
	w.Raw(c.head[:])
	w.U64(c.sequence)
	w.Raw(c.manifest[:])
	w.Raw(c.root[:])
	w.Bytes8([]byte(c.queue))
	w.Bytes8(c.previous)
	w.U8(uint8(len(c.members)))
	for _, m := range c.members {
		w.U8(uint8(m.Role))
		w.Bool(m.Leaving)
		w.U64(m.Since)
		w.Bytes16(m.KeyPackage.Bytes())
	}
	w.U8(uint8(len(c.joins)))
	for _, j := range c.joins {
		w.Bytes16(j.raw)
	}
	return w.Bytes()
}

// LoadChain reads what Marshal wrote.
func LoadChain(b []byte, manifests func(Hash) *Manifest) (*Chain, error) {
	r := NewReader(b)
	if v := r.U8(); !r.Failed() && v != Version {
		return nil, UnsupportedVersion
	}
	c := NewChain(r.ID(), manifests)
	if c.started = r.Bool(); !c.started {
		if err := r.Done(); err != nil {
			return nil, err
		}
		return c, nil
	}
	c.closed, c.epoch, c.head = r.Bool(), r.U64(), r.Hash()
	c.sequence, c.manifest, c.root = r.U64(), r.Hash(), r.Hash()
	c.queue, c.previous = r.name(MaxQueue), bytes.Clone(r.Bytes8(16))
	for range r.Count(MaxMembers) {
		m := Member{Role: Role(r.U8()), Leaving: r.Bool(), Since: r.U64()}
		kp, err := parseKeyPackage(r.Bytes16(MaxKeyPackage))
		if err != nil {
			return nil, err
		}
		m.fill(kp)
		c.members = append(c.members, m)
	}
	for range r.Count(2 * MaxMembers) {
		e, err := DecodeEntry(r.Bytes16(MaxJoinEntry))
		if err != nil || e.Kind != KindJoin || c.Owner(e.Join) == nil {
			return nil, BadArgument
		}
		c.remember(e.Join)
	}
	if err := r.Done(); err != nil {
		return nil, err
	}
	if !bytes.Equal(c.Marshal(), b) {
		return nil, BadArgument
	}
	return c, nil
}

func (m *Member) fill(kp *KeyPackage) {
	m.ID, m.Identity, m.Alias, m.KeyPackage = kp.MemberID(), kp.Identity, kp.Alias(), kp
}
