package relay

import (
	"context"

	"github.com/sealwire/sealwire/wasm/wire"
)

// subscription follows one conversation for one connection. All fields are
// under the connection's lock.
//
// It is live while everything up to its cursor was queued and nothing is
// missing: then an entry that comes next goes straight to the queue. Anything
// else only raises head, and the writer reads the log up to there. Both ways
// move the same cursor by one, so there is no gap and no repeat between them.
type subscription struct {
	conversation wire.ID
	cursor       uint64 // the last sequence queued or written
	head         uint64 // the highest sequence known of
	last         uint64 // the commit that removed the member; 0 while it is in
	opening      bool   // not acknowledged yet: nothing may go out before that
	live         bool
	queued       bool // waits in the connection's backlog
}

// Backlog is read in pieces of this size, so that one long history neither
// fills memory nor holds up the other conversations of the connection.
const (
	backlogEntries = 128
	backlogBytes   = 128 << 10
)

// open begins a subscription, replacing one of the same conversation; it ends
// with the entry last, if that is not 0.
// NotMember and the like were asked before; RateLimited past the limit.
func (c *connection) open(conversation wire.ID, after, last uint64) (*subscription, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.subscriptions == nil {
		c.subscriptions = make(map[wire.ID]*subscription)
	}
	if c.subscriptions[conversation] == nil && len(c.subscriptions) >= c.server.limits.Subscriptions {
		return nil, wire.RateLimited
	}
	s := &subscription{conversation: conversation, cursor: after, last: last, opening: true}
	c.subscriptions[conversation] = s
	return s, nil
}

// opened acknowledges the subscription and lets it run.
func (c *connection) opened(s *subscription, request uint32, head uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.head = max(s.head, head)
	s.opening = false
	c.sendLocked(EncodeFrame(request, Ack{Sequence: s.head}))
	if s.cursor < s.head {
		c.readLater(s)
	} else {
		s.live = true
	}
	c.dropIfDone(s)
}

// drop ends a subscription; what the writer reads for it is thrown away.
func (c *connection) drop(conversation wire.ID) {
	c.mu.Lock()
	delete(c.subscriptions, conversation)
	c.mu.Unlock()
}

// endAt lets the subscription run up to the commit that removes its member.
func (c *connection) endAt(conversation wire.ID, sequence uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.subscriptions[conversation]; s != nil && s.last == 0 {
		s.last = sequence
		c.dropIfDone(s)
	}
}

// deliver hears of a new entry; frame is the same for all subscribers.
func (c *connection) deliver(conversation wire.ID, sequence uint64, frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.subscriptions[conversation]
	if s == nil || sequence <= s.cursor || s.last != 0 && sequence > s.last {
		return
	}
	s.head = max(s.head, sequence)
	switch {
	case s.opening:
	case s.live && sequence == s.cursor+1:
		s.cursor = sequence
		c.sendLocked(frame)
		c.dropIfDone(s)
	default:
		s.live = false
		c.readLater(s)
	}
}

func (c *connection) readLater(s *subscription) {
	if !s.queued && c.ending == nil {
		s.queued = true
		c.backlog = append(c.backlog, s)
		c.wakeUp()
	}
}

func (c *connection) dropIfDone(s *subscription) {
	if s.last != 0 && s.cursor >= s.last && c.subscriptions[s.conversation] == s {
		delete(c.subscriptions, s.conversation)
	}
}

// writeBacklog writes one piece of the log; false ends the writer.
func (c *connection) writeBacklog(ctx context.Context, s *subscription) bool {
	c.mu.Lock()
	cursor, live := s.cursor, s.live
	c.mu.Unlock()
	if live {
		return true // caught up by the piece before; from here on the queue moves the cursor
	}
	key := c.tenant.key(s.conversation)
	entries, err := c.server.log.Read(ctx, key[:], cursor, backlogEntries, backlogBytes)
	if err != nil {
		if ctx.Err() == nil {
			c.server.logFailure("read", err)
			c.end(endWith(wire.Unavailable))
		}
		return ctx.Err() == nil
	}
	for _, e := range entries {
		if e.Sequence != cursor+1 || !c.mayWrite(s, e.Sequence) {
			break
		}
		if !c.writeFrame(ctx, EncodeFrame(0, Entry{Conversation: s.conversation, Sequence: e.Sequence, Entry: e.Bytes})) {
			return false
		}
		cursor = e.Sequence
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	moved := cursor > s.cursor
	s.cursor = cursor
	c.dropIfDone(s)
	switch {
	case c.ending != nil, c.subscriptions[s.conversation] != s:
	case s.cursor >= s.head:
		s.live = true
	case moved:
		c.readLater(s)
	default:
		// The log does not give what its head promises: say so, do not spin.
		c.endLocked(endWith(wire.Unavailable))
	}
	return true
}

// mayWrite tells whether the subscription still wants the entry: it may have
// been replaced, or have ended at an earlier one, since the log was read.
func (c *connection) mayWrite(s *subscription, sequence uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending == nil && c.subscriptions[s.conversation] == s && (s.last == 0 || sequence <= s.last)
}
