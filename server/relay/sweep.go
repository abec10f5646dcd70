package relay

import (
	"context"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Every so often the sweeper looks at all connections, and forgets what expired.
const (
	sweepEvery   = time.Second
	expireEvery  = time.Hour
	collectEvery = 5 * time.Minute
)

func (s *Server) sweep() {
	defer close(s.sweeper)
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var expired, collected time.Time
	for {
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
		now := s.now()
		s.sweepConnections(now)
		s.sweepTickets(now)
		s.hub.sweepAllowances()
		s.hub.sweepWaiting()
		s.hub.sweepUnattended(now)
		s.addresses.sweep()
		if now.Sub(expired) >= expireEvery {
			expired = now
			if n, err := s.log.Expire(s.closing, uint64(now.Unix())); err != nil {
				s.logFailure("expire", err)
			} else if n > 0 {
				s.logger.Info("expired records", "count", n)
			}
		}
		if now.Sub(collected) >= collectEvery {
			collected = now
			s.collectFiles(now)
		}
	}
}

// collectFiles removes uploads that nobody will finish.
func (s *Server) collectFiles(now time.Time) {
	if s.files == nil {
		return
	}
	if n, err := s.files.Collect(s.closing, uint64(now.Unix())); err != nil {
		s.logFailure("collect files", err)
	} else if n > 0 {
		s.logger.Info("unfinished files removed", "count", n)
	}
}

// sweepConnections closes those whose credential or session ended, or that are to
// hear of a newer manifest, and asks those that
// were not asked for a while whether they are still there: "an agent is here"
// must not rest on a cable that was pulled.
func (s *Server) sweepConnections(now time.Time) {
	for _, c := range s.hub.all() {
		if c.until != 0 && uint64(now.Unix()) >= c.until {
			c.end(endWith(wire.Expired))
			continue
		}
		if c.role == wire.Customer && now.Sub(c.since) >= s.limits.Session {
			c.end(endSession)
			continue
		}
		c.mu.Lock()
		if !c.renew.IsZero() && !now.Before(c.renew) {
			c.endLocked(endSession)
		}
		due := c.ending == nil && now.Sub(c.pinged) >= s.limits.Ping
		if due {
			c.pinged = now
		}
		c.mu.Unlock()
		if due {
			go c.ping()
		}
	}
}

// ping closes the connection if no sign of life comes back in time.
func (c *connection) ping() {
	ctx, cancel := context.WithTimeout(c.server.closing, c.server.limits.Ping)
	defer cancel()
	if c.socket.Ping(ctx) != nil {
		_ = c.socket.CloseNow()
	}
}
