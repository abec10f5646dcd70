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

// plan gives the moves of a step for who makes the commit, as its client does
// from the roster that it has read, and whose key package is taken for it; or -1.
// False: it cannot make them.
func plan(k Kind, who int, m *Member, in []wire.Member, all []*Member, offers [][][]byte) (moves conversation.Moves, taken int, ok bool) {
	taken = -1
	at := slices.IndexFunc(in, func(p wire.Member) bool { return p.ID == m.ID })
	if at < 0 || in[at].Leaving {
		return moves, taken, false
	}
	role := in[at].Role
	has := func(roles ...wire.Role) (ids []wire.ID) {
		for _, p := range in {
			if p.ID != m.ID && !p.Leaving && slices.Contains(roles, p.Role) {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}
	out := func(i int) bool {
		return !slices.ContainsFunc(in, func(p wire.Member) bool { return p.ID == all[i].ID })
	}
	bring := func(i int) bool {
		if i < 0 || len(offers[i]) == 0 || !out(i) {
			return false
		}
		taken = i
		moves.Adds = []conversation.Newcomer{{Role: all[i].role, KeyPackage: offers[i][0]}}
		return true
	}
	next := func(role wire.Role) int { // of whom the relay has something
		return slices.IndexFunc(all, func(o *Member) bool {
			i := slices.Index(all, o)
			return o.role == role && i < len(offers) && len(offers[i]) > 0 && out(i)
		})
	}
	queue := func() {
		if len(has(wire.Inbox)) == 0 {
			moves.Adds = []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: m.inbox}}
		}
	}
	switch k {
	case Claim: // of who waits: where an agent is in there is nothing to claim
		moves.Marks, moves.History = wire.MarkLeave, forClaim
		ok = role == wire.Inbox && all[who].role == wire.Agent && len(has(wire.Agent, wire.Bot)) == 0 && bring(who)
	case Transfer:
		moves.Marks, moves.History = wire.MarkLeave, forTransfer
		ok = role == wire.Agent && bring(next(wire.Agent))
	case Bare:
		moves.Marks = wire.MarkLeave
		ok = role == wire.Agent && bring(next(wire.Agent))
	case Add:
		ok = role == wire.Agent && bring(next(wire.Agent))
	case Park:
		moves.Marks = wire.MarkLeave
		if ok = role == wire.Agent && m.inbox != nil; ok {
			if queue(); len(moves.Adds) != 0 {
				moves.History = forPark
			}
		}
	case Invite:
		moves.History = forConference
		ok = role == wire.Agent && bring(next(wire.Agent))
	case Supervise:
		moves.History = forSupervision
		ok = role == wire.Agent && bring(next(wire.Supervisor))
	case TakeOver:
		moves.Role = wire.Agent
		ok = role == wire.Supervisor
	case Remove:
		others := has(wire.Agent, wire.Supervisor, wire.Inbox)
		if ok = (role == wire.Agent || role == wire.Customer) && len(others) != 0; ok {
			moves.Removes = others[:1]
		}
	case Another:
		moves.Removes = has(wire.Agent, wire.Supervisor)
		if ok = role == wire.Customer && m.inbox != nil && len(moves.Removes) != 0; ok {
			queue()
		}
	}
	return moves, taken, ok
}

// without is what lies at the relay when one of a member's is gone.
func without(offers [][][]byte, taken int) [][][]byte {
	if taken >= 0 {
		offers = slices.Clone(offers)
		offers[taken] = offers[taken][1:]
	}
	return offers
}
