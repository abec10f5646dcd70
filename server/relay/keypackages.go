package relay

import (
	"bytes"
	"context"
	"errors"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// lastResortID names a member's one key package of last resort, so that a new
// one replaces the old. One-time ones are named by their hash.
var lastResortID = []byte("last resort")

// handlePublish stores a key package of this very identity.
func (c *connection) handlePublish(ctx context.Context, _ uint32, body Body) (Body, error) {
	raw := body.(PublishKeyPackage).KeyPackage
	kp, err := wire.DecodeKeyPackage(raw)
	if err != nil {
		return nil, err
	}
	now := c.server.now()
	if kp.Use == wire.UsePlace {
		return nil, wire.BadArgument // no offer; somebody showed what it saw in a log
	}
	switch err := c.tenant.checkKeyPackage(kp, uint64(now.Unix())); {
	case err != nil:
		return nil, err
	case kp.Credential.Role != c.role, !bytes.Equal(kp.Identity, c.identity):
		return nil, wire.BadCredential
	}
	if kp.Expires > uint64(now.Add(c.server.limits.KeyPackageLife).Unix()) {
		return nil, wire.BadArgument
	}
	owner := c.tenant.memberKey(c.member)
	count, err := c.server.log.Count(ctx, spacePackage, owner[:], uint64(now.Unix()))
	if err != nil {
		return nil, err
	}
	// Useless once its credential ends, so it is not handed out after that.
	record := entrylog.Record{Space: spacePackage, Owner: owner[:], ID: lastResortID, Value: bytes.Clone(raw),
		Keep: kp.Use == wire.UseLastResort, Expires: min(kp.Expires, kp.Credential.NotAfter)}
	if !record.Keep {
		if count >= c.server.limits.KeyPackages {
			return nil, wire.RateLimited
		}
		hash := wire.Sum("relay record", raw)
		record.ID = hash[:]
	}
	if record.Keep {
		c.server.lastResorts.Lock()
		err = c.server.log.Put(ctx, record)
		c.server.lastResorts.Unlock()
	} else {
		err = c.server.log.Put(ctx, record)
	}
	if err != nil {
		return nil, err
	}
	if count, err = c.server.log.Count(ctx, spacePackage, owner[:], uint64(now.Unix())); err != nil {
		return nil, err
	}
	if c.role == wire.Inbox && record.Keep {
		if err := c.tenant.inboxes.add(ctx, kp, raw); err != nil {
			return nil, err
		}
		c.server.hub.inbox(c.tenant)
	}
	c.server.hub.ready(c, true)
	return Ack{Sequence: uint64(count)}, nil
}

// checkKeyPackage asks what the end that takes it will ask again: the
// credential in it stands.
func (t *tenant) checkKeyPackage(kp *wire.KeyPackage, now uint64) error {
	manifest := t.manifests.current()
	switch {
	case manifest == nil:
		return wire.Unavailable
	case kp.Credential == nil:
		return wire.BadCredential
	}
	if err := manifest.CheckCredential(kp.Credential); err != nil {
		return err
	}
	return kp.ValidAt(now)
}

// handleTake gives the key package of the queue's inbox, or else, to a customer,
// one of an agent who is there now; to the company's side also one of any member
// that it names. It is given once, whoever asks at the same time, except the one
// of last resort.
func (c *connection) handleTake(ctx context.Context, _ uint32, body Body) (Body, error) {
	f := body.(TakeKeyPackage)
	now := uint64(c.server.now().Unix())
	if len(f.Member) != 0 {
		if c.role == wire.Customer {
			return nil, wire.NotMember
		}
		r, err := c.server.takeGood(ctx, c.tenant, wire.ID(f.Member), now)
		if errors.Is(err, entrylog.ErrNotFound) {
			err = wire.Unavailable
		}
		if err != nil {
			return nil, err
		}
		return Record{Value: r.Value}, nil
	}
	if inbox := c.tenant.inboxes.of(f.Queue); inbox != nil {
		return Record{Value: inbox}, nil
	}
	if c.role != wire.Customer {
		return nil, wire.Unavailable
	}
	for _, agent := range c.server.hub.agents(c.tenant, f.Queue) {
		r, err := c.server.takeGood(ctx, c.tenant, agent.member, now)
		if errors.Is(err, entrylog.ErrNotFound) {
			c.server.hub.ready(agent, false)
			agent.readiness(ctx) // it may have published in this moment
			continue
		}
		if err != nil {
			return nil, err
		}
		c.server.hub.took(agent)
		return Record{Value: r.Value}, nil
	}
	return nil, wire.Unavailable
}

// takeGood takes the member's key package that comes first and that the end will
// accept too; those before it are thrown away.
func (s *Server) takeGood(ctx context.Context, t *tenant, member wire.ID, now uint64) (entrylog.Record, error) {
	owner := t.memberKey(member)
	for {
		r, err := s.log.Take(ctx, spacePackage, owner[:], now)
		if err != nil {
			return r, err
		}
		kp, err := wire.DecodeKeyPackage(r.Value)
		if err == nil {
			err = t.checkKeyPackage(kp, now)
		}
		if err == nil {
			err = kp.Credential.ValidAt(now)
		}
		switch {
		case err == nil:
			return r, nil
		case r.Keep:
			if err := s.dropLastResort(ctx, owner, r.Value); err != nil {
				return r, err
			}
		}
	}
}

// dropLastResort replaces a key package of last resort, which taking leaves, by
// an expired one, which Take passes over and the sweeper removes.
func (s *Server) dropLastResort(ctx context.Context, owner memberKey, value []byte) error {
	s.lastResorts.Lock() // nobody publishes a new one meanwhile
	defer s.lastResorts.Unlock()
	r, err := s.log.Get(ctx, spacePackage, owner[:], lastResortID)
	if errors.Is(err, entrylog.ErrNotFound) || err == nil && !bytes.Equal(r.Value, value) {
		return nil
	}
	if err == nil {
		r.Expires = 1
		err = s.log.Put(ctx, r)
	}
	return err
}

// readiness tells whether an agent that just connected left key packages that
// can still be taken.
func (c *connection) readiness(ctx context.Context) {
	owner := c.tenant.memberKey(c.member)
	now := uint64(c.server.now().Unix())
	count, err := c.server.log.Count(ctx, spacePackage, owner[:], now)
	if err == nil && count == 0 {
		var last entrylog.Record
		if last, err = c.server.log.Get(ctx, spacePackage, owner[:], lastResortID); err == nil && last.Expires > now {
			count = 1
		}
	}
	if err != nil && !errors.Is(err, entrylog.ErrNotFound) {
		c.server.logFailure("count key packages", err)
	}
	if count > 0 {
		c.server.hub.ready(c, true)
	}
}
