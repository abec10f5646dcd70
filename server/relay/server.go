package relay

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Server is a relay. Mount [Server.Handler], and call [Server.Drain] before
// the log is closed.
type Server struct {
	log          entrylog.Log
	files        blob.Store          // nil: none
	tenants      map[wire.ID]*tenant // by the id of each of its roots
	all          []*tenant
	origins      origins // of all tenants, for the upgrade, when none is known yet
	anyOrigin    bool    // a missing one is allowed
	hosts        map[string]bool
	limits       Limits
	logger       *slog.Logger
	logAddresses bool
	now          func() time.Time

	hub     *hub
	chains  *chains
	tickets *tickets
	used    *usedPackages
	accepts *rate.Limiter

	addresses *addresses

	closing context.Context // ends when draining is over: nothing may wait longer
	kill    context.CancelFunc
	sweeper chan struct{} // closed when the sweeper has ended

	lastResorts sync.Mutex // while one is replaced

	changing  sync.Mutex // the roots of one tenant are changed after those of another
	mu        sync.Mutex
	draining  bool
	idle      sync.Cond // of mu: open and transfers fell to 0
	open      int       // connections, from upgrade to end
	transfers int       // requests for files
	preAuth   int       // those of them without a good hello
	numbers   uint64
}

// New checks the configuration, stores the manifests it names, and starts the
// relay. The context bounds the start only.
func New(ctx context.Context, c Config) (*Server, error) {
	limits, err := c.Limits.withDefaults()
	if err != nil {
		return nil, err
	}
	switch {
	case c.Log == nil:
		return nil, fmt.Errorf("%w: no log", ErrConfig)
	case len(c.Tenants) == 0:
		return nil, fmt.Errorf("%w: no tenant", ErrConfig)
	case len(c.Hosts) == 0:
		return nil, fmt.Errorf("%w: no host: name those under which ends dial this relay", ErrConfig)
	}
	s := &Server{
		log: c.Log, files: c.Files, tenants: make(map[wire.ID]*tenant), origins: make(origins), anyOrigin: c.AllowMissingOrigin,
		hosts: make(map[string]bool), limits: limits, logger: slog.New(slog.DiscardHandler), logAddresses: c.LogAddresses,
		now: c.Now, hub: newHub(), chains: newChains(c.Log, limits.Cached), sweeper: make(chan struct{}),
		tickets: newTickets(limits, len(c.Tenants)), used: newUsedPackages(c.Log, limits.KeyPackageLife), accepts: rate.NewLimiter(rate.Limit(limits.AcceptsPerSecond), limits.AcceptBurst),
		addresses: newAddresses(limits, c.Proxies),
	}
	s.idle.L = &s.mu
	if s.now == nil {
		s.now = time.Now
	}
	if c.Logger != nil {
		s.logger = slog.New(AllowListed(c.Logger.Handler()))
	}
	for _, h := range c.Hosts {
		if h == "" || len(h) > maxHost || !plainHost(h) {
			return nil, fmt.Errorf("%w: host %q: want a name or an address in lower case, with the port where it is not the default", ErrConfig, h)
		}
		s.hosts[h] = true
	}
	for _, ct := range c.Tenants {
		if err := s.addTenant(ctx, ct); err != nil {
			return nil, err
		}
	}
	s.closing, s.kill = context.WithCancel(context.Background())
	go s.sweep()
	return s, nil
}

func (s *Server) addTenant(ctx context.Context, c Tenant) error {
	t, err := newTenant(c, s.log, s.limits)
	if err != nil {
		return err
	}
	for id := range namesOf(t.ID, c.Roots) {
		if s.tenants[id] != nil {
			return fmt.Errorf("%w: tenant %x is there twice", ErrConfig, id)
		}
		s.tenants[id] = t
	}
	s.all = append(s.all, t)
	for o := range t.origins {
		s.origins[o] = struct{}{}
	}
	if err := t.manifests.recover(ctx); err != nil {
		return err
	}
	t.inboxes = &inboxes{tenant: t.ID, manifests: t.manifests, log: s.log, now: s.now, known: make(map[inboxKey]*inbox)}
	if c.Manifest != nil {
		if _, err := t.manifests.add(ctx, c.Manifest); err != nil {
			return err
		}
	}
	s.logManifest(t)
	return t.inboxes.recover(ctx)
}

// SetManifest serves a newer manifest of a tenant from now on: ErrRolledBack where
// it is not newer. It closes the connections whose credentials do not stand under
// it, and within Limits.Renewal all others, to be welcomed with it.
func (s *Server) SetManifest(ctx context.Context, tenant wire.ID, manifest []byte) error {
	t := s.tenant(tenant)
	if t == nil {
		return fmt.Errorf("%w: no tenant %s", ErrConfig, hex.EncodeToString(tenant[:]))
	}
	if _, err := t.manifests.add(ctx, manifest); err != nil {
		return err
	}
	return s.renewed(ctx, t)
}

// renewed looks at all connections of a tenant under its newest manifest.
func (s *Server) renewed(ctx context.Context, t *tenant) error {
	s.logManifest(t)
	for _, c := range s.hub.all() {
		if c.tenant == t {
			s.recheck(c)
		}
	}
	return t.inboxes.recover(ctx)
}

// recheck closes a connection whose credential the newest manifest does not
// bear out any more. It can't be taken from that moment. Any other that was
// welcomed with an older one is closed after a while, as it is told of a newer
// one in no other way; not all in one moment, for they all come back.
func (s *Server) recheck(c *connection) {
	newest := c.tenant.manifests.current()
	switch {
	case c.shown != nil && newest.CheckCredential(c.shown) != nil:
		s.hub.ready(c, false)
		c.end(endWith(wire.BadCredential))
	case c.welcomed != newest:
		c.mu.Lock()
		if c.renew.IsZero() {
			c.renew = s.now().Add(rand.N(s.limits.Renewal))
		}
		c.mu.Unlock()
	}
}

func (s *Server) logManifest(t *tenant) {
	m := t.manifests.current()
	switch {
	case m == nil:
		s.logger.Warn("no manifest: agents are refused", "tenant", t.name)
	case m.ValidAt(uint64(s.now().Unix())) != nil:
		s.logger.Warn("manifest has expired: agents are refused", "tenant", t.name, "sequence", m.Sequence)
	default:
		s.logger.Info("manifest", "tenant", t.name, "sequence", m.Sequence, "expires", time.Unix(int64(m.Expires), 0).UTC())
	}
}

// allowsOrigin judges a request's origin; empty is none. Without a tenant it
// asks for any of them.
func (s *Server) allowsOrigin(t *tenant, origin string) bool {
	switch {
	case origin == "":
		return s.anyOrigin
	case t == nil:
		return s.origins.has(origin)
	}
	return t.origins.has(origin)
}

// Drain stops the relay: no new connection, those there are closed with 1012
// so that they come back to whoever serves next, and what was begun is
// finished: an append, a part of a file. A download is cut, and goes on as a
// range. After Limits.Drain, or when ctx ends, whatever is left is cut. It
// returns when nothing is left; the log and the files may be closed then.
func (s *Server) Drain(ctx context.Context) {
	s.mu.Lock()
	first := !s.draining
	s.draining = true
	s.mu.Unlock()
	if first {
		for _, c := range s.hub.all() {
			c.end(endDrain)
		}
	}
	bounded, cancel := context.WithTimeout(ctx, s.limits.Drain)
	defer cancel()
	stop := context.AfterFunc(bounded, s.kill)
	defer stop()
	s.mu.Lock()
	for s.open > 0 || s.transfers > 0 {
		s.idle.Wait()
	}
	s.mu.Unlock()
	s.kill()
	<-s.sweeper
}
