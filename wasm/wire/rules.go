package wire

import (
	"bytes"
	"slices"
)

// commit is the rule of commits (SPEC section 5.4): it returns the state after
// c, or why it is not valid on this head.
func (c *Chain) commit(m *Commit) (*Chain, error) {
	if err := c.checkParent(m); err != nil {
		return nil, err
	}
	manifest := c.manifests(m.ManifestHash)
	if manifest == nil {
		// Not for a stranger's sake: the log waits until the manifest is there.
		if own := c.Member(m.KeyPackage.MemberID()); c.started && own == nil {
			return nil, NotMember
		} else if c.started && own.Leaving {
			return nil, BadCommit
		}
		if !m.Signed() {
			return nil, OpenFailed
		}
		return nil, Unavailable
	}
	if manifest.Sequence < c.sequence {
		return nil, RolledBack
	}
	if err := c.checkKeyPackages(m, manifest); err != nil {
		return nil, err
	}
	if err := c.checkMoves(m, manifest); err != nil {
		return nil, err
	}
	if !m.Signed() {
		return nil, OpenFailed
	}
	next := &Chain{conversation: c.conversation, manifests: c.manifests, started: true, closed: m.Marks&MarkClose != 0,
		epoch: m.Epoch, head: m.TranscriptHash(), sequence: manifest.Sequence, manifest: m.ManifestHash, root: Hash(manifest.Root),
		queue: c.queue, previous: c.previous, members: c.roster(m)}
	if !c.started {
		next.queue, next.previous = m.Queue, m.Previous
	}
	if err := next.checkRoster(m, manifest); err != nil {
		return nil, err
	}
	for _, j := range c.joins {
		if next.Owner(j.JoinRequest) != nil {
			next.joins = append(next.joins, j)
		}
	}
	return next, nil
}

func (c *Chain) checkParent(m *Commit) error {
	switch {
	case c.closed, m.Parent != c.head:
		return StaleHead
	case !c.started && (m.Epoch != 0 || m.SeenIndex != 0 || m.SeenHash != LogHash0(c.conversation)):
		return BadCommit
	case c.started && m.Epoch != c.epoch+1:
		return BadCommit
	case c.started && (m.Queue != "" || len(m.Previous) != 0), m.KeyPackage.Use != UsePlace:
		return BadCommit
	}
	return nil
}

// checkKeyPackages: self-signed, chained to the manifest, no bare identity but
// a customer's.
func (c *Chain) checkKeyPackages(m *Commit, manifest *Manifest) error {
	queue := c.queue
	if !c.started {
		queue = m.Queue
	}
	all := append([]Add{{m.Role, m.KeyPackage}}, m.Adds...)
	for _, a := range all {
		if err := checkKeyPackage(a.KeyPackage, a.Role, queue, manifest.CheckCredential); err != nil {
			return err
		}
		if err := a.KeyPackage.verify(); err != nil {
			return err
		}
	}
	return nil
}

// checkKeyPackage: all of it but its own signature.
func checkKeyPackage(kp *KeyPackage, role Role, queue string, chains func(*Credential) error) error {
	switch {
	case kp.Credential == nil:
		if role != Customer {
			return BadCredential
		}
		return nil
	case !kp.Credential.Role.covers(role), role.company() && !kp.Credential.Holds(queue):
		return BadCredential
	}
	return chains(kp.Credential)
}

// checkMoves: who may add, remove, grant, leave and close.
func (c *Chain) checkMoves(m *Commit, manifest *Manifest) error {
	by := m.KeyPackage.MemberID()
	if m.Marks&MarkClose != 0 && (len(m.Adds) != 0 || len(m.Removes) != 0 || len(m.Grants) != 0 || m.Marks&MarkLeave != 0 || len(m.Answers) != 0) {
		return BadCommit
	}
	if !c.started {
		if m.Role != Customer || !manifest.HasQueue(m.Queue) || len(m.Adds) == 0 || len(m.Removes) != 0 || len(m.Grants) != 0 || m.Marks != 0 || len(m.Answers) != 0 {
			return BadCommit
		}
	} else {
		own := c.Member(by)
		switch {
		case own == nil:
			return NotMember
		case own.Leaving:
			return BadCommit
		case own.Role != m.Role && !(own.Role == Supervisor && m.Role == Agent):
			return BadCommit
		case m.Marks&MarkClose != 0 && m.Role != Customer && m.Role != Agent && m.Role != Inbox:
			return NotMember
		case m.Role == Archive && (m.Marks != 0 || len(m.Adds) != 0 || len(m.Removes) != 0 || len(m.Answers) != 0):
			return BadCommit // it only refreshes
		case c.knowsKey(m.KeyPackage.Leaf):
			return BadCommit // a commit always brings a fresh leaf: that is what heals
		}
	}
	answered, err := c.answered(m)
	if err != nil {
		return err
	}
	for i, a := range m.Adds {
		id := a.KeyPackage.MemberID()
		if id == by || c.knowsKey(a.KeyPackage.Leaf) || slices.ContainsFunc(m.Adds[:i], func(b Add) bool { return b.KeyPackage.MemberID() == id }) {
			return BadCommit
		}
		if answered != nil && bytes.Equal(answered.KeyPackage.Bytes(), a.KeyPackage.Bytes()) {
			continue
		}
		if a.KeyPackage.Use == UsePlace {
			return BadCommit
		}
		if !c.mayAdd(m, a) {
			return NotMember
		}
	}
	for i, id := range m.Removes {
		old := c.Member(id)
		if id == by || old == nil || i > 0 && bytes.Compare(m.Removes[i-1][:], id[:]) >= 0 {
			return BadCommit
		}
		if !MayRemove(m.Role, old, manifest) && !(answered != nil && old.KeyPackage.Leaf.Hash() == answered.Leaf) {
			return NotMember
		}
	}
	for i := range c.members {
		if c.members[i].Leaving && !slices.Contains(m.Removes, c.members[i].ID) {
			return BadCommit
		}
	}
	return c.checkGrants(m, manifest)
}

// knowsKey tells whether half of the leaf stands in the roster before the
// commit. A leaf moves to nobody else and is not used on: who adds a copy has
// not shown that its owner holds it, and join requests name members by leaf.
func (c *Chain) knowsKey(leaf Leaf) bool {
	return slices.ContainsFunc(c.members, func(m Member) bool { return sharesKey(m.KeyPackage.Leaf, leaf) })
}

func (c *Chain) mayAdd(m *Commit, a Add) bool {
	if !c.started {
		return a.Role.company() || a.Role == Archive
	}
	if a.Role == Archive { // its credential was checked to be the manifest's
		return m.Role == Customer || m.Role == Agent || m.Role == Inbox
	}
	switch m.Role {
	case Agent, Inbox:
		return a.Role.company()
	case Customer:
		if a.Role == Customer { // another device of the same person: the same pseudonym, vouched for
			own, other := m.KeyPackage.Credential, a.KeyPackage.Credential
			return own != nil && other != nil && own.Alias != "" && own.Alias == other.Alias
		}
		return a.Role == Guest || a.Role == Inbox
	}
	return false
}

// MayRemove tells whether a member in role by may remove the other under the
// manifest, beyond answering a join request.
func MayRemove(by Role, old *Member, manifest *Manifest) bool {
	if old.Leaving {
		return true
	}
	if old.Role == Archive { // only one that the company no longer names
		return !bytes.Equal(old.Identity, manifest.Archive) && (by == Customer || by == Agent || by == Inbox)
	}
	switch by {
	case Agent:
		return old.Role != Customer
	case Customer:
		return true
	}
	return false
}
