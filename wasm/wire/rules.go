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
		epoch: m.Epoch, head: m.TranscriptHash(), confirmed: m.Confirmed(), tag: m.Tag,
		sequence: manifest.Sequence, manifest: m.ManifestHash, queue: c.queue, previous: c.previous, members: c.roster(m)}
	if !c.started {
		next.queue, next.previous = m.Queue, m.Previous
	}
	if err := next.checkRoster(m, manifest); err != nil {
		return nil, err
	}
	next.joins = c.standingJoins(next.members)
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
	case c.started && (m.Queue != "" || len(m.Previous) != 0):
		return BadCommit
	}
	return nil
}

// checkKeyPackages: self-signed, chained to the manifest, no bare identity but
// a customer's.
func (c *Chain) checkKeyPackages(m *Commit, manifest *Manifest) error {
	check := func(kp *KeyPackage, role Role) error {
		if kp.Credential == nil {
			if role != Customer {
				return BadCredential
			}
		} else {
			if !kp.Credential.Role.covers(role) {
				return BadCredential
			}
			if err := manifest.CheckCredential(kp.Credential); err != nil {
				return err
			}
			queue := c.queue
			if !c.started {
				queue = m.Queue
			}
			if role.company() && !kp.Credential.Holds(queue) {
				return BadCredential
			}
		}
		return kp.verify()
	}
	if err := check(m.KeyPackage, m.Role); err != nil {
		return err
	}
	for _, a := range m.Adds {
		if err := check(a.KeyPackage, a.Role); err != nil {
			return err
		}
	}
	return nil
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
		if !c.mayAdd(m, a) && !(answered != nil && bytes.Equal(answered.KeyPackage.Bytes(), a.KeyPackage.Bytes())) {
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
			return own != nil && other != nil && own.Alias == other.Alias
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

// answered finds the join request that the commit names: it must stand, and
// the commit must remove the old leaf's owner and add what was asked for.
func (c *Chain) answered(m *Commit) (*JoinRequest, error) {
	if len(m.Answers) == 0 {
		return nil, nil
	}
	var id ID
	copy(id[:], m.Answers)
	var j *JoinRequest
	for _, standing := range c.joins {
		if standing.id == id {
			j = standing.JoinRequest
		}
	}
	if j == nil {
		return nil, BadCommit
	}
	i := slices.IndexFunc(c.members, func(old Member) bool { return old.KeyPackage.Leaf.Hash() == j.Leaf })
	if i < 0 {
		return nil, BadCommit
	}
	old := &c.members[i]
	if !bytes.Equal(old.Identity, j.KeyPackage.Identity) && (m.Role != Agent || old.Alias != j.KeyPackage.Alias()) {
		return nil, NotMember // a new identity: only an agent, after a person said yes
	}
	for _, a := range m.Adds {
		if bytes.Equal(a.KeyPackage.Bytes(), j.KeyPackage.Bytes()) && a.Role == old.Role && slices.Contains(m.Removes, old.ID) {
			return j, nil
		}
	}
	return nil, BadCommit
}

func (c *Chain) checkGrants(m *Commit, manifest *Manifest) error {
	if len(m.Grants) == 0 {
		return nil
	}
	if manifest.Policy.Grants == 0 || m.Role != Agent && m.Role != Inbox && m.Role != Customer {
		return NotMember
	}
	for i, g := range m.Grants {
		if g.From > g.To || g.To > c.epoch {
			return BadCommit
		}
		if !slices.ContainsFunc(m.Adds, func(a Add) bool { return a.KeyPackage.MemberID() == g.Grantee }) {
			return BadCommit
		}
		// Ordered and apart, so that one set has one form and no secret goes twice.
		if i > 0 {
			switch bytes.Compare(m.Grants[i-1].Grantee[:], g.Grantee[:]) {
			case 1:
				return BadCommit
			case 0:
				if m.Grants[i-1].To >= g.From {
					return BadCommit
				}
			}
		}
	}
	for _, a := range m.Adds {
		if m.granted(a.KeyPackage.MemberID()) > MaxGranted {
			return TooLarge
		}
	}
	return nil
}

// granted counts the epoch secrets that the commit grants to a member.
func (c *Commit) granted(id ID) uint64 {
	var n uint64
	for _, g := range c.Grants {
		if g.Grantee == id {
			if d := g.To - g.From; d >= MaxGranted {
				return MaxGranted + 1
			} else {
				n += d + 1
			}
		}
	}
	return n
}

// roster is who is in after the commit: removes apply before adds.
func (c *Chain) roster(m *Commit) []Member {
	by := m.KeyPackage.MemberID()
	var out []Member
	for _, old := range c.members {
		if slices.Contains(m.Removes, old.ID) || old.ID == by {
			continue
		}
		out = append(out, old)
	}
	own := Member{Role: m.Role, Leaving: m.Marks&MarkLeave != 0, Since: m.Epoch}
	if old := c.Member(by); old != nil {
		own.Since = old.Since
	}
	own.fill(m.KeyPackage)
	out = append(out, own)
	for _, a := range m.Adds {
		added := Member{Role: a.Role, Since: m.Epoch}
		added.fill(a.KeyPackage)
		out = append(out, added)
	}
	// At most 33, so a simple sort; the library's is 20 KB more of module.
	for i := range out {
		for k := i; k > 0 && bytes.Compare(out[k-1].ID[:], out[k].ID[:]) > 0; k-- {
			out[k-1], out[k] = out[k], out[k-1]
		}
	}
	return out
}

// checkRoster holds the rules on the result: its size, no key twice, the
// archive in it, and one seal of the right length for each other member.
func (c *Chain) checkRoster(m *Commit, manifest *Manifest) error {
	if len(c.members) > MaxMembers {
		return TooLarge
	}
	for i := range c.members {
		a := &c.members[i]
		for k := range c.members[:i] {
			b := &c.members[k]
			if a.ID == b.ID || sharesKey(a.KeyPackage.Leaf, b.KeyPackage.Leaf) {
				return BadCommit
			}
		}
	}
	if c.closed {
		if len(m.Seals) != 0 || len(m.Tag) != 0 {
			return BadCommit
		}
		return nil
	}
	if len(manifest.Archive) != 0 {
		if a := c.Member(MemberID(manifest.Archive)); a == nil || a.Role != Archive {
			return BadCommit
		}
	}
	others := c.Others(m)
	if len(m.Seals) != len(others) || len(m.Tag) != TagSize {
		return BadCommit
	}
	for i, to := range others {
		if len(m.Seals[i].Box) != boxOverhead+m.SealSize(to) {
			return BadCommit
		}
	}
	return nil
}

func sharesKey(a, b Leaf) bool {
	return bytes.Equal(a.X25519(), b.X25519()) || bytes.Equal(a.MLKEM(), b.MLKEM())
}

// Others are the members of this roster that a commit made by m's committer
// seals to, in the order of its seals.
func (c *Chain) Others(m *Commit) []Member {
	by := m.KeyPackage.MemberID()
	out := make([]Member, 0, len(c.members))
	for _, o := range c.members {
		if o.ID != by {
			out = append(out, o)
		}
	}
	return out
}

// Newcomer tells whether the member is added by this commit.
func (c *Commit) Newcomer(id ID) bool {
	return slices.ContainsFunc(c.Adds, func(a Add) bool { return a.KeyPackage.MemberID() == id })
}

// SealSize is the length of the plaintext of the member's seal.
func (c *Commit) SealSize(to Member) int {
	if !c.Newcomer(to.ID) {
		return CommitSecret
	}
	return JoinerSecret + int(c.granted(to.ID))*EpochSecret
}

// standingJoins keeps the join requests whose leaf still stands.
func (c *Chain) standingJoins(members []Member) []standingJoin {
	var out []standingJoin
	for _, j := range c.joins {
		for i := range members {
			if members[i].KeyPackage.Leaf.Hash() == j.Leaf {
				out = append(out, j)
				break
			}
		}
	}
	return out
}

// Preview returns the roster that a commit under construction leads to, so
// that its maker knows whom to seal to. It checks nothing: Check does.
func (c *Chain) Preview(m *Commit) *Chain {
	return &Chain{conversation: c.conversation, members: c.roster(m)}
}
