package relay

import "github.com/sealwire/sealwire/wasm/wire"

// removals are the sequences of the commits that removed those who are members
// no more: up to there each may still read, for it was shown that as a member,
// and so learns that it is out even if it was away then.
type removals map[wire.ID]uint64

// follow notes a stored entry that was applied to the chain.
func (r removals) follow(e *wire.Entry, sequence uint64) {
	if e.Kind != wire.KindCommit {
		return
	}
	for _, id := range e.Commit.Removes {
		r[id] = sequence
	}
	for _, a := range e.Commit.Adds {
		delete(r, a.KeyPackage.MemberID())
	}
}
