package wire

import (
	"bytes"
	"crypto/ed25519"
	"slices"
)

// Reasons of a join request.
const (
	ReasonLost     = 1 // its state is gone
	ReasonUnopened = 2 // a commit did not open
)

// JoinRequest asks the others to add its maker again in place of a leaf it can
// no longer use (SPEC section 7).
type JoinRequest struct {
	Conversation ID
	Leaf         Hash // of the roster leaf it replaces
	Reason       uint8
	KeyPackage   *KeyPackage
	Signature    []byte

	raw []byte
}

// Sign signs the request with the identity key of its key package and returns
// the entry.
func (j *JoinRequest) Sign(identity ed25519.PrivateKey) ([]byte, error) {
	w := NewWriter(2048)
	w.U8(Version)
	w.U8(uint8(KindJoin))
	w.Raw(j.Conversation[:])
	w.Raw(j.Leaf[:])
	w.U8(j.Reason)
	w.Bytes16(j.KeyPackage.Bytes())
	j.Signature = Sign(identity, "join request", w.Bytes())
	w.Raw(j.Signature)
	j.raw = w.Bytes()
	if _, err := decodeJoin(j.raw); err != nil {
		return nil, err
	}
	return j.raw, nil
}

func decodeJoin(b []byte) (*JoinRequest, error) {
	if len(b) > MaxJoinEntry {
		return nil, TooLarge
	}
	b = bytes.Clone(b) // a chain keeps it
	r := NewReader(b)
	r.Raw(2)
	j := &JoinRequest{Conversation: r.ID(), Leaf: r.Hash(), Reason: r.U8(), raw: b}
	kp := r.Bytes16(MaxKeyPackage)
	j.Signature = r.Raw(ed25519.SignatureSize)
	if err := r.Done(); err != nil {
		return nil, err
	}
	if j.Reason != ReasonLost && j.Reason != ReasonUnopened {
		return nil, BadArgument
	}
	var err error
	j.KeyPackage, err = parseKeyPackage(kp)
	return j, err
}

func (j *JoinRequest) verify() bool {
	return j.KeyPackage.verify() == nil &&
		Verify(j.KeyPackage.Identity, "join request", j.raw[:len(j.raw)-ed25519.SignatureSize], j.Signature)
}

// Standing is a valid join request whose leaf stands.
type Standing struct {
	ID       ID
	Replaces ID   // the member whose leaf is to be replaced
	By       ID   // who made it
	Same     bool // that member itself
	*JoinRequest
}

// Joins returns the standing join requests in the log's order.
func (c *Chain) Joins() []Standing { return c.joins }

// Owner is the member whose leaf the request replaces, or nil when that does
// not stand.
func (c *Chain) Owner(j *JoinRequest) *Member {
	for i := range c.members {
		if c.members[i].KeyPackage.Leaf.Hash() == j.Leaf {
			return &c.members[i]
		}
	}
	return nil
}

func (c *Chain) checkJoin(j *JoinRequest) error {
	old := c.Owner(j)
	if old == nil || c.closed || old.Leaving {
		return NotMember
	}
	// Another member is no new identity, and a leaf is used once.
	by := c.Member(j.KeyPackage.MemberID())
	if by != old && (old.Role != Customer || by != nil) || c.knowsKey(j.KeyPackage.Leaf) || j.KeyPackage.Use != UsePlace {
		return BadCommit
	}
	if !j.verify() {
		return OpenFailed
	}
	return nil
}

// remember keeps a valid join request. Of two for one leaf the newer stands,
// one by the leaf's owner and one by a new identity, so that neither a flood
// nor a stranger's request displaces the owner's.
func (c *Chain) remember(j *JoinRequest) {
	s := Standing{EntryID(j.raw), c.Owner(j).ID, j.KeyPackage.MemberID(), false, j}
	s.Same = s.By == s.Replaces
	kept := make([]Standing, 0, len(c.joins)+1)
	for _, old := range c.joins {
		if old.Leaf != j.Leaf || old.Same != s.Same {
			kept = append(kept, old)
		}
	}
	c.joins = append(kept, s)
}

// Answerable tells whether a member in role by may answer the request without
// anybody's word: its leaf's owner made it, and nothing that it asks for makes
// the commit invalid, for a request that is made to fail would stop all
// commits. Chains is [Manifest.CheckCredential], or remembers what that said.
func (c *Chain) Answerable(j Standing, by Role, chains func(*Credential) error) bool {
	return by != Archive && j.Same && !c.knowsKey(j.KeyPackage.Leaf) &&
		checkKeyPackage(j.KeyPackage, c.Member(j.Replaces).Role, c.queue, chains) == nil
}

// answered finds the join request that the commit names: it must stand, and
// the commit must remove the old leaf's owner and add what was asked for.
func (c *Chain) answered(m *Commit) (*JoinRequest, error) {
	if len(m.Answers) == 0 {
		return nil, nil
	}
	for _, j := range c.joins {
		if !bytes.Equal(j.ID[:], m.Answers) {
			continue
		}
		old := c.Member(j.Replaces)
		for _, a := range m.Adds {
			if !bytes.Equal(a.KeyPackage.Bytes(), j.KeyPackage.Bytes()) || a.Role != old.Role || !slices.Contains(m.Removes, old.ID) {
				continue
			}
			if !j.Same && (m.Role != Agent || old.Alias != j.KeyPackage.Alias()) {
				return nil, NotMember // a new identity: only an agent, after a person said yes
			}
			return j.JoinRequest, nil
		}
	}
	return nil, BadCommit
}
