package wire

import (
	"bytes"
	"slices"
)

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

// checkRoster holds the rules on the result: its size, somebody who stays, no
// key twice, the archive in it, and one seal of the right length for each other
// member.
func (c *Chain) checkRoster(m *Commit, manifest *Manifest) error {
	if len(c.members) > MaxMembers {
		return TooLarge
	}
	stays := false
	for i := range c.members {
		a := &c.members[i]
		stays = stays || !a.Leaving && a.Role != Archive
		for k := range c.members[:i] {
			b := &c.members[k]
			if a.ID == b.ID || sharesKey(a.KeyPackage.Leaf, b.KeyPackage.Leaf) {
				return BadCommit
			}
		}
	}
	if !stays { // nobody could remove who leaves
		return BadCommit
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

// Preview returns the roster that a commit under construction leads to, so
// that its maker knows whom to seal to. It checks nothing: Check does.
func (c *Chain) Preview(m *Commit) *Chain {
	return &Chain{conversation: c.conversation, members: c.roster(m)}
}
