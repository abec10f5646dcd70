package wire

import (
	"bytes"
	"crypto/ed25519"
)

// Marks of a commit.
const (
	MarkLeave = 1 // the committer leaves; another member removes it next
	MarkClose = 2 // nothing is valid after this
)

// Add is a newcomer.
type Add struct {
	Role       Role
	KeyPackage *KeyPackage
}

// Grant gives a newcomer the epoch secrets From to To, both included.
type Grant struct {
	Grantee  ID
	From, To uint64
	Reason   uint8
}

// Seal carries one member's share of a commit: an ML-KEM ciphertext and a
// secretbox under the key of both problems (SPEC section 5.2).
type Seal struct {
	Ciphertext []byte // ML-KEM-768
	Box        []byte
}

// Commit says who is in from here on and carries the fresh secret (SPEC
// section 5).
type Commit struct {
	Conversation ID
	Epoch        uint64 // the epoch it begins; genesis begins 0
	Parent       Hash   // transcript hash of the commit before; zero at genesis
	ManifestHash Hash
	SeenIndex    uint64 // the last entry its maker had read
	SeenHash     Hash   // and the log hash there
	Time         uint64 // Unix milliseconds; a claim, never decisive
	KeyPackage   *KeyPackage
	Marks        uint8
	Role         Role   // the committer's own
	Queue        string // genesis only
	Previous     []byte // empty, or the conversation id that this genesis continues
	Adds         []Add
	Removes      []ID
	Grants       []Grant
	Answers      []byte // empty, or the id of the join request it answers
	Ephemeral    []byte // X25519 public key
	Seals        []Seal // one per other member of the new roster, ordered by member id
	Tag          []byte // HMAC under the confirmation key; empty on close
	Signature    []byte // by the identity key over c ‖ tag

	body, seals []byte
}

// Body returns the encoding of all but seals, tag and signature.
func (c *Commit) Body() []byte {
	if c.body != nil {
		return c.body
	}
	w := NewWriter(4096)
	w.U16(Suite)
	w.Raw(c.Conversation[:])
	w.U64(c.Epoch)
	w.Raw(c.Parent[:])
	w.Raw(c.ManifestHash[:])
	w.U64(c.SeenIndex)
	w.Raw(c.SeenHash[:])
	w.U64(c.Time)
	w.Bytes16(c.KeyPackage.Bytes())
	w.U8(c.Marks)
	w.U8(uint8(c.Role))
	w.Bytes8([]byte(c.Queue))
	w.Bytes8(c.Previous)
	w.U8(uint8(len(c.Adds)))
	for _, a := range c.Adds {
		w.U8(uint8(a.Role))
		w.Bytes16(a.KeyPackage.Bytes())
	}
	w.U8(uint8(len(c.Removes)))
	for _, id := range c.Removes {
		w.Raw(id[:])
	}
	w.U8(uint8(len(c.Grants)))
	for _, g := range c.Grants {
		w.Raw(g.Grantee[:])
		w.U64(g.From)
		w.U64(g.To)
		w.U8(g.Reason)
	}
	w.Bytes8(c.Answers)
	w.Raw(c.Ephemeral)
	c.body = w.Bytes()
	return c.body
}

func (c *Commit) sealBytes() []byte {
	if c.seals == nil {
		w := NewWriter(len(c.Seals) * 1200)
		w.U8(uint8(len(c.Seals)))
		for _, s := range c.Seals {
			w.Raw(s.Ciphertext)
			w.Bytes16(s.Box)
		}
		c.seals = w.Bytes()
	}
	return c.seals
}

// Confirmed is c of SPEC section 5.3: the hash of body and seals, which key
// schedule, tag and signature all stand on. Set Seals before the first call.
func (c *Commit) Confirmed() Hash {
	w := NewWriter(4)
	w.U32(uint32(len(c.Body())))
	return Sum("commit", w.Bytes(), c.Body(), c.sealBytes())
}

// TranscriptHash names the commit; it is the next commit's parent.
func (c *Commit) TranscriptHash() Hash {
	confirmed := c.Confirmed()
	return Sum("transcript", confirmed[:], c.Tag, c.Signature)
}

func (c *Commit) signed() []byte {
	confirmed := c.Confirmed()
	return append(confirmed[:], c.Tag...)
}

// Sign signs c ‖ tag with the identity key of its key package.
func (c *Commit) Sign(identity ed25519.PrivateKey) {
	c.Signature = Sign(identity, "commit signature", c.signed())
}

// Signed tells whether the identity of its key package signed the commit.
func (c *Commit) Signed() bool {
	return Verify(c.KeyPackage.Identity, "commit signature", c.signed(), c.Signature)
}

// Encode returns the entry.
func (c *Commit) Encode() []byte {
	body, seals := c.Body(), c.sealBytes()
	w := NewWriter(2 + 8 + len(body) + len(seals) + 1 + len(c.Tag) + len(c.Signature))
	w.U8(Version)
	w.U8(uint8(KindCommit))
	w.Bytes32(body)
	w.Bytes32(seals)
	w.Bytes8(c.Tag)
	w.Raw(c.Signature)
	return w.Bytes()
}

func decodeCommit(b []byte) (*Commit, error) {
	if len(b) > MaxCommitEntry {
		return nil, TooLarge
	}
	r := NewReader(b)
	r.Raw(2)
	c := &Commit{body: r.Bytes32(MaxCommitEntry)}
	if len(c.body) >= 2 && (c.body[0] != 0 || c.body[1] != Suite) {
		return nil, UnsupportedVersion
	}
	c.seals = r.Bytes32(MaxCommitEntry)
	c.Tag = r.Bytes8(TagSize)
	c.Signature = r.Raw(ed25519.SignatureSize)
	if err := r.Done(); err != nil {
		return nil, err
	}
	if n := len(c.Tag); n != 0 && n != TagSize {
		return nil, BadArgument
	}
	if err := c.decodeBody(); err != nil {
		return nil, err
	}
	return c, c.decodeSeals()
}

func (c *Commit) decodeSeals() error {
	r := NewReader(c.seals)
	for range r.Count(MaxMembers) {
		c.Seals = append(c.Seals, Seal{Ciphertext: r.Raw(MLKEMCTSize), Box: r.Bytes16(boxOverhead + JoinerSecret + MaxGranted*EpochSecret)})
	}
	return r.Done()
}

func (c *Commit) decodeBody() error {
	r := NewReader(c.body)
	r.U16()
	c.Conversation, c.Epoch, c.Parent, c.ManifestHash = r.ID(), r.U64(), r.Hash(), r.Hash()
	c.SeenIndex, c.SeenHash, c.Time = r.U64(), r.Hash(), r.U64()
	own := r.Bytes16(MaxKeyPackage)
	c.Marks, c.Role = r.U8(), Role(r.U8())
	c.Queue, c.Previous = r.name(MaxQueue), bytes.Clone(r.Bytes8(16))
	type add struct {
		role Role
		raw  []byte
	}
	var adds []add
	for range r.Count(MaxMembers) {
		adds = append(adds, add{Role(r.U8()), r.Bytes16(MaxKeyPackage)})
	}
	for range r.Count(MaxMembers) {
		c.Removes = append(c.Removes, r.ID())
	}
	for range r.Count(MaxMembers) {
		c.Grants = append(c.Grants, Grant{Grantee: r.ID(), From: r.U64(), To: r.U64(), Reason: r.U8()})
	}
	c.Answers = r.Bytes8(16)
	c.Ephemeral = r.Raw(X25519Size)
	if err := r.Done(); err != nil {
		return err
	}
	if c.Marks&^(MarkLeave|MarkClose) != 0 || !c.Role.Known() || len(c.Previous)%16 != 0 || len(c.Answers)%16 != 0 {
		return BadArgument
	}
	if err := CheckX25519(c.Ephemeral); err != nil {
		return err
	}
	var err error
	if c.KeyPackage, err = parseKeyPackage(own); err != nil {
		return err
	}
	for _, a := range adds {
		kp, err := parseKeyPackage(a.raw)
		if err != nil {
			return err
		}
		if !a.role.Known() {
			return BadArgument
		}
		c.Adds = append(c.Adds, Add{Role: a.role, KeyPackage: kp})
	}
	return nil
}
