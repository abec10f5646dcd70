package relay

import (
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// joins bounds the join requests of one conversation: whoever lost a leaf has
// nothing else to say there, but the log keeps each for good, and anybody whom
// the company vouches for as a customer may ask in place of one. A request by the
// leaf's owner and one by a new identity do not count against each other.
type joins map[joinKey]asked

type joinKey struct {
	member wire.ID // whose place is asked for: its leaf is another with each commit that refuses
	owner  bool
}

// asked is how often since the last commit, and when for the last time.
type asked struct {
	times int
	last  time.Time
}

// maxJoins is how many requests for one place are taken between two commits.
const maxJoins = 16

func (j joins) key(chain *wire.Chain, e *wire.Entry) joinKey {
	owner := chain.Owner(e.Join).ID
	return joinKey{owner, e.Sender() == owner}
}

// allows judges a valid request.
func (j joins) allows(chain *wire.Chain, e *wire.Entry, now time.Time, every time.Duration) bool {
	a := j[j.key(chain, e)]
	return a.times < maxJoins && now.Sub(a.last).Abs() >= every
}

// follow notes a stored entry that was applied to the chain.
func (j joins) follow(chain *wire.Chain, e *wire.Entry, at time.Time) {
	switch e.Kind {
	case wire.KindJoin:
		key := j.key(chain, e)
		j[key] = asked{j[key].times + 1, at}
	case wire.KindCommit:
		for key, a := range j {
			if chain.Member(key.member) != nil {
				j[key] = asked{0, a.last}
			} else {
				delete(j, key)
			}
		}
	}
}
