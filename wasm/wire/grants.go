package wire

import (
	"bytes"
	"slices"
)

// checkGrants: who may grant what to whom (SPEC section 5.4).
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
