package inbox

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Claim is an agent's wish to have a conversation.
type Claim struct {
	Conversation wire.ID
	// Member is who claims, proven to the caller.
	Member wire.ID
	// Queues are those that the claimant holds.
	Queues []string
	// KeyPackage is a fresh one of the claimant, offered once.
	KeyPackage []byte
}

// claim is one that was not answered, or was.
type claim struct {
	store.Claim
	role    wire.Role
	made    bool // a commit on disk holds it
	waiters []chan error
}

// reasonClaim is the grant's (SPEC section 5.1).
const reasonClaim = 1

func (c *claim) answer(err error) {
	for _, w := range c.waiters {
		w <- err
	}
	c.waiters = nil
}

// Claim lets an agent in, with what this end holds of the conversation, and
// goes. It returns when the commit is in the log. [Lost] where another was
// first, ErrNothing where nothing waits in those queues, a wire.Code where the
// key package does not do. The same claim again has the same answer, until some
// minutes after the agent is in. When ctx ends first nothing is decided: the
// claim stands if its commit is made, and asking again tells.
func (s *Set) Claim(ctx context.Context, q Claim) error {
	kp, err := s.checkPackage(q)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.restarting {
		s.mu.Unlock()
		return ErrClosed
	}
	var all []*inbox
	if w, there := s.board[q.Conversation]; there { // others may remember a claim of before it was brought here
		all = append(all, s.inboxes[w.inbox])
	} else {
		all = slices.Collect(maps.Values(s.inboxes))
	}
	s.mu.Unlock()
	lost := error(ErrNothing)
	for _, in := range all {
		answer := make(chan error, 1)
		if err := in.call(func() { in.claim(q, kp, answer) }); err == errPanicked {
			return wire.Unavailable // asking again tells
		} else if err != nil {
			return err
		}
		select {
		case err = <-answer:
		case <-ctx.Done():
			in.post(func() { in.unwait(q.Conversation, answer) })
			return ctx.Err()
		case <-in.ctx.Done():
			return ErrClosed
		}
		if !errors.As(err, new(Lost)) && err != ErrNothing {
			return err
		}
		if err != ErrNothing { // of a time before it was brought to another queue, perhaps
			lost = err
		}
	}
	return lost
}

func (s *Set) checkPackage(q Claim) (*wire.KeyPackage, error) {
	kp, err := wire.DecodeKeyPackage(bytes.Clone(q.KeyPackage))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	manifest := s.manifest
	s.mu.Unlock()
	switch {
	case kp.Credential == nil, kp.MemberID() != q.Member, kp.Credential.Role != wire.Agent && kp.Credential.Role != wire.Bot:
		return nil, wire.BadCredential
	case kp.Use != wire.UseOffer:
		return nil, wire.BadArgument
	}
	if err := manifest.CheckCredential(kp.Credential); err != nil {
		return nil, err
	}
	return kp, kp.ValidAt(uint64(s.o.Now().Unix()))
}

// claim takes a claim up, or answers it.
func (in *inbox) claim(q Claim, kp *wire.KeyPackage, answer chan error) {
	t, before := in.talks[q.Conversation], in.claims[q.Conversation]
	holds := func(queue string) bool { return slices.Contains(q.Queues, queue) && kp.Credential.Holds(queue) }
	switch {
	case before != nil && before.Member == q.Member && bytes.Equal(before.Package, q.KeyPackage):
		if before.Stored {
			answer <- nil
			return
		}
		before.waiters = append(before.waiters, answer)
		if t != nil {
			in.step(t)
		}
		return
	case before != nil && (t == nil || holds(t.row.Home)):
		answer <- Lost{By: before.Alias}
		return
	case before != nil || t == nil || !t.row.Waiting || t.stopped() || t.leaves || !holds(t.row.Home) || !holds(in.queueOf(t)):
		answer <- ErrNothing
		return
	}
	c := &claim{role: kp.Credential.Role, waiters: []chan error{answer}, Claim: store.Claim{
		Conversation: t.id, Queue: in.queue, Member: q.Member, Alias: kp.Alias(), Package: slices.Clone(q.KeyPackage), At: in.unix(),
	}}
	in.claims[t.id] = c
	in.step(t)
}

// unwait drops a waiter who left; a claim that nobody waits for and no commit
// holds is over.
func (in *inbox) unwait(id wire.ID, answer chan error) {
	c := in.claims[id]
	if c == nil {
		return
	}
	c.waiters = slices.DeleteFunc(c.waiters, func(w chan error) bool { return w == answer })
	if len(c.waiters) == 0 && !c.made {
		delete(in.claims, id)
	}
}

// unclaimed forgets the claim of a time before this end was added again.
func (in *inbox) unclaimed(t *talk) {
	if c := in.claims[t.id]; c != nil && c.Stored {
		delete(in.claims, t.id)
		if err := in.save(store.Write{Unclaim: []wire.ID{t.id}}); err != nil {
			in.fail("saving", err)
		}
	}
}

// commitClaim makes the commit of a claim: the agent comes in, is granted what
// this end holds, and this end goes. State and claim are on disk before it is
// sent, so that whatever happens then happens to this claim.
func (in *inbox) commitClaim(t *talk, c *claim, now uint64) ([]byte, *claim, error) {
	role := c.role
	if role == 0 { // loaded
		role = wire.Agent
		if kp, err := wire.DecodeKeyPackage(c.Package); err == nil {
			role = kp.Credential.Role
		}
	}
	entry, err := t.core.Commit(now, conversation.Moves{
		Marks: wire.MarkLeave, Adds: []conversation.Newcomer{{Role: role, KeyPackage: c.Package}}, History: reasonClaim, Quiet: true,
	})
	if err != nil {
		c.made = false // if it once was made, it cannot be made any more
		return nil, c, err
	}
	in.at("claim made")
	c.made, t.row.Quiet = true, false
	if err := in.keep([]*talk{t}, c); err != nil {
		c.made = false
		return nil, c, err
	}
	in.at("claim saved")
	return entry, c, nil
}
