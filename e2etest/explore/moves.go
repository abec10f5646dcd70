package explore

import (
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The reasons of grants (SPEC section 5.7).
const (
	forClaim       = 1
	forTransfer    = 2
	forPark        = 3
	forConference  = 4
	forSupervision = 5
)

// next is the first in that role who is not in, as far as a member has read, and
// of whom the relay has a key package; or -1.
func (w *World) next(m *Member, role wire.Role) int {
	for i, offers := range w.offers {
		if len(offers) > 0 && w.Members[i].role == role && w.Log.Chain(m.index).Member(w.Members[i].ID) == nil {
			return i
		}
	}
	return -1
}

// bring adds the i-th to the moves, by a key package that is gone then. It
// changes the world, which is to be a new one.
func (w *World) bring(moves *conversation.Moves, i int) bool {
	if i < 0 || len(w.offers[i]) == 0 {
		return false
	}
	moves.Adds = append(moves.Adds, conversation.Newcomer{Role: w.Members[i].role, KeyPackage: w.offers[i][0]})
	w.offers = slices.Clone(w.offers)
	w.offers[i] = w.offers[i][1:]
	return true
}

// move fills in the moves of a step for who makes the commit, as its client
// does; false: it cannot make them.
func (w *World) move(s Step, m *Member, role wire.Role, moves *conversation.Moves) bool {
	in := w.Log.Chain(m.index).Members()
	has := func(roles ...wire.Role) (ids []wire.ID) {
		for _, p := range in {
			if p.ID != m.ID && !p.Leaving && slices.Contains(roles, p.Role) {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}
	queue := func() {
		if len(has(wire.Inbox)) == 0 {
			moves.Adds = []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: m.inbox}}
		}
	}
	switch s.Kind {
	case Claim: // of who waits: an agent that is in needs none
		if role != wire.Inbox || w.Members[s.Who].role != wire.Agent || w.Log.Chain(m.index).Member(w.Members[s.Who].ID) != nil || len(has(wire.Agent, wire.Bot)) != 0 {
			return false
		}
		moves.Marks, moves.History = wire.MarkLeave, forClaim
		return w.bring(moves, s.Who)
	case Transfer, Bare:
		moves.Marks = wire.MarkLeave
		if s.Kind == Transfer {
			moves.History = forTransfer
		}
		return role == wire.Agent && w.bring(moves, w.next(m, wire.Agent))
	case Park:
		if role != wire.Agent || m.inbox == nil {
			return false
		}
		moves.Marks = wire.MarkLeave
		if queue(); len(moves.Adds) != 0 {
			moves.History = forPark
		}
	case Invite:
		moves.History = forConference
		return role == wire.Agent && w.bring(moves, w.next(m, wire.Agent))
	case Supervise:
		moves.History = forSupervision
		return role == wire.Agent && w.bring(moves, w.next(m, wire.Supervisor))
	case TakeOver:
		moves.Role = wire.Agent
		return role == wire.Supervisor
	case Remove:
		others := has(wire.Agent, wire.Supervisor, wire.Inbox)
		if role != wire.Agent && role != wire.Customer || len(others) == 0 {
			return false
		}
		moves.Removes = others[:1]
	case Another:
		moves.Removes = has(wire.Agent, wire.Supervisor)
		if role != wire.Customer || m.inbox == nil || len(moves.Removes) == 0 {
			return false
		}
		queue()
	}
	return true
}
