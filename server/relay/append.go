package relay

import (
	"context"
	"errors"
	"slices"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// handleAppend stores an entry and only then acknowledges it.
func (c *connection) handleAppend(ctx context.Context, _ uint32, body Body) (Body, error) {
	f := body.(Append)
	entry, err := c.decode(f.Conversation, f.Entry)
	if err != nil {
		return nil, err
	}
	// Once begun it is carried through, whoever hangs up meanwhile: what is on
	// disk must also be announced.
	ctx = context.WithoutCancel(ctx)
	v := c.server.chains.acquire(c.tenant, f.Conversation)
	defer c.server.chains.release(v)
	var begun bool // its genesis is counted, once
	ack, err := c.store(ctx, v, entry, f.Entry, &begun)
	if errors.Is(err, entrylog.ErrStaleHead) {
		// Somebody else writes to this log: read what they wrote and judge again.
		v.Lock()
		v.chain = nil
		v.Unlock()
		ack, err = c.store(ctx, v, entry, f.Entry, &begun)
	}
	if err != nil {
		return nil, err
	}
	return ack, nil
}

// decode takes an entry apart and refuses one that this connection may not
// send: routing follows the proven identity, never what was written.
func (c *connection) decode(conversation wire.ID, raw []byte) (*wire.Entry, error) {
	entry, err := wire.DecodeEntry(raw)
	switch {
	case err != nil:
		return nil, err
	case entry.Conversation() != conversation:
		return nil, wire.BadArgument
	case entry.Sender() != c.member:
		return nil, wire.NotMember
	case entry.Kind == wire.KindCommit && entry.Commit.Parent.Zero() && c.role != wire.Customer:
		return nil, wire.NotMember // only customers begin a conversation
	}
	return entry, nil
}

// neverHead is no conversation's head: an append that expects it can only be a
// repeat.
var neverHead = [32]byte{0: 0xff, 31: 0xff}

// mayBegin tells whether the customer may begin one more conversation now. What is
// tried once more is not counted again.
func (c *connection) mayBegin(m *wire.Commit, begun *bool) bool {
	if m.Parent.Zero() && !*begun {
		*begun = c.geneses.Allow()
		return *begun
	}
	return true
}

// store judges the entry on the head, appends it there, and announces it.
func (c *connection) store(ctx context.Context, v *conversation, entry *wire.Entry, raw []byte, begun *bool) (Ack, error) {
	unlock, err := v.lock(ctx, c.server.log, entry.Kind != wire.KindMessage)
	if err != nil {
		return Ack{}, err
	}
	defer unlock()

	stored := false
	var members []wire.Member // after a commit
	request := entrylog.AppendRequest{Conversation: v.key[:], ID: wire.EntryID(raw), Entry: raw}
	judged := v.chain.Check(entry)
	if judged == nil && entry.Kind == wire.KindJoin && !v.joins.allows(v.chain, entry, c.server.now(), c.server.limits.JoinInterval) {
		judged = wire.RateLimited
	}
	if judged == nil && entry.Kind == wire.KindCommit {
		members = v.chain.Preview(entry.Commit).Members()
		if !c.mayBegin(entry.Commit, begun) {
			judged = wire.RateLimited
		} else if release, ok := c.server.hub.mayWait(c, v.key, entry.Commit, members); !ok {
			judged = wire.RateLimited
		} else {
			defer func() {
				if !stored {
					release()
				}
			}()
		}
	}
	if judged == nil && entry.Kind == wire.KindCommit {
		if done, err := c.server.used.use(ctx, c.tenant, entry.Commit, request.ID, c.server.now()); err == nil {
			defer done()
		} else if judged = err; !errors.Is(err, wire.Replayed) {
			return Ack{}, err
		}
	}
	var before, after []wire.ID
	switch {
	case judged != nil:
		request.Expect, request.Next = neverHead, neverHead
	case entry.Kind == wire.KindCommit:
		before = memberIDs(v.chain.Members())
		after = memberIDs(members)
		request.Commit, request.Expect, request.Next = true, v.chain.Head(), entry.Commit.TranscriptHash()
		for i := range after {
			request.Members = append(request.Members, after[i][:])
		}
	default:
		// A join request is kept as commits are: one of them may answer it.
		request.Commit, request.Expect, request.Next = entry.Kind == wire.KindJoin, v.chain.Head(), v.chain.Head()
	}

	sequence, repeated, err := c.server.log.Append(ctx, request)
	switch {
	case err == nil && repeated:
		return Ack{Sequence: sequence, Duplicate: true}, nil
	case judged != nil && errors.Is(err, entrylog.ErrStaleHead):
		// Not a repeat, so the judgement stands, if it was made on the head.
		heads, err := c.server.log.Heads(ctx, [][]byte{v.key[:]})
		if err != nil {
			return Ack{}, err
		}
		if heads[string(v.key[:])].Hash != v.chain.Head() {
			return Ack{}, entrylog.ErrStaleHead
		}
		return Ack{}, judged
	case err != nil:
		return Ack{}, err
	}
	stored = true
	if entry.Kind != wire.KindMessage {
		if err := v.chain.Apply(entry); err != nil {
			v.chain = nil // stored but not applied: the log is right, read it again
		} else {
			v.joins.follow(v.chain, entry, c.server.now())
			v.removals.follow(entry, sequence)
		}
	}
	if entry.Kind == wire.KindCommit {
		c.server.hub.counts(v.key, entry.Commit, members)
	}
	c.server.hub.publish(v.key, sequence, raw, after)
	c.announce(v, sequence, before, after)
	return Ack{Sequence: sequence}, nil
}

// announce tells those whom a commit added of the conversation.
func (c *connection) announce(v *conversation, sequence uint64, before, after []wire.ID) {
	added := slices.DeleteFunc(after, func(id wire.ID) bool { return id == c.member || slices.Contains(before, id) })
	if len(added) > 0 {
		c.server.hub.added(c.tenant, wire.ID(v.key[16:]), sequence, added)
	}
}

// handlePassing hands on a message that is not stored; nothing acknowledges it.
func (c *connection) handlePassing(ctx context.Context, _ uint32, body Body) (Body, error) {
	f := body.(SendPassing)
	entry, err := c.decode(f.Conversation, f.Entry)
	if err != nil {
		return nil, err
	}
	if entry.Kind != wire.KindMessage {
		return nil, wire.BadArgument
	}
	v := c.server.chains.acquire(c.tenant, f.Conversation)
	defer c.server.chains.release(v)
	unlock, err := v.lock(ctx, c.server.log, false)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := v.chain.CheckPassing(entry.Message); err != nil {
		return nil, err
	}
	c.server.hub.pass(c, v.key, f.Entry)
	return nil, nil
}

// handleSubscribe follows a conversation that this identity is a member of now.
// Who was removed gets the log up to the commit that did it, and hears of nothing after.
func (c *connection) handleSubscribe(ctx context.Context, request uint32, body Body) (Body, error) {
	f := body.(Subscribe)
	v := c.server.chains.acquire(c.tenant, f.Conversation)
	defer c.server.chains.release(v)
	unlock, err := v.lock(ctx, c.server.log, false)
	if err != nil {
		return nil, err
	}
	defer unlock()  // no commit can remove this member before it follows
	var last uint64 // 0: it is in
	if v.chain.Member(c.member) == nil {
		if last = v.removals[c.member]; last == 0 {
			return nil, wire.NotMember
		}
	}
	s, err := c.open(f.Conversation, f.After, last)
	if err != nil {
		return nil, err
	}
	if last == 0 { // first, and ask for the head then: an entry between the two is heard of
		c.server.hub.follow(c, v.key)
	}
	heads, err := c.server.log.Heads(ctx, [][]byte{v.key[:]})
	head, there := heads[string(v.key[:])]
	if last != 0 {
		head.Sequence = last
	}
	if err == nil && (!there || f.After > head.Sequence) {
		err = wire.RolledBack // the end has seen more than this log holds for it
	}
	if err != nil {
		c.drop(f.Conversation)
		c.server.hub.forget(c, v.key)
		return nil, err
	}
	c.opened(s, request, head.Sequence)
	return nil, nil
}

func (c *connection) handleUnsubscribe(_ context.Context, _ uint32, body Body) (Body, error) {
	f := body.(Unsubscribe)
	c.drop(f.Conversation)
	c.server.hub.forget(c, c.tenant.key(f.Conversation))
	return Ack{}, nil
}
