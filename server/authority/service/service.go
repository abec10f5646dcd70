package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/inbox"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Config is what a service is made of.
type Config struct {
	// Org has the issuer key and the newest manifest. Required; it is not changed
	// while the service runs, but replaced by SetOrg.
	Org *authority.Org
	// Store keeps the inboxes. Required; the caller closes it after Close.
	Store *store.Store
	// Login says who works here. Required.
	Login Login
	// Relay is the address of the relay's connection, ws:// or wss://. Required.
	Relay string
	// RelayOrigin is the web origin that the inboxes send to the relay. Default:
	// the first of Origins.
	RelayOrigin string
	// Hosts are the names with port under which pages dial this service. Required.
	Hosts []string
	// Origins are the web origins of the desk, exactly as browsers send them.
	Origins []string
	// Proxies are those in front whose X-Forwarded-For is right.
	Proxies []netip.Prefix
	// Life of a credential, 8 to 24 hours. Default 12 hours.
	Life time.Duration
	// Limits by address and by member; zero fields take their defaults.
	Limits Limits
	// Logger gets the log, through relay.AllowListed. Default: no log.
	Logger *slog.Logger
	// Now is the clock. Default time.Now.
	Now func() time.Time

	// TestingOnlyStep is the inboxes'.
	TestingOnlyStep func(queue, step string) (die bool)
}

// Sentinels of this package.
var (
	ErrConfig     = errors.New("authority: bad configuration")
	ErrRolledBack = errors.New("authority: manifest is older than the one used")
	ErrPartly     = errors.New("authority: the company is taken, but not by all inboxes; try again")
)

// Service is a running authority.
type Service struct {
	config  Config
	hosts   map[string]bool
	origins map[string]bool
	limits  Limits
	logger  *slog.Logger
	now     func() time.Time

	nonces   *nonces
	sessions *sessions
	callers  *callers
	people   *people
	pulse    *pulse
	inboxes  *inbox.Set
	rows     int // of a queue in an answer

	closing context.Context
	end     context.CancelFunc

	changing sync.Mutex  // one organisation is taken after the other
	trusted  []wire.Hash // the roots of the inboxes, under it
	mu       sync.Mutex
	org      *authority.Org
}

// Open checks the configuration, opens the inboxes and connects them. It does
// not wait for the relay. The context bounds the start only.
func Open(ctx context.Context, c Config) (*Service, error) {
	switch {
	case c.Org == nil || c.Store == nil || c.Login == nil:
		return nil, fmt.Errorf("%w: an organisation, a store and a login are needed", ErrConfig)
	case c.Org.Issuer == nil && c.Org.NextIssuer == nil:
		return nil, fmt.Errorf("%w: the organisation has no issuer key", ErrConfig)
	case len(c.Hosts) == 0:
		return nil, fmt.Errorf("%w: no host: name those under which pages dial this service", ErrConfig)
	}
	if c.Life == 0 {
		c.Life = 12 * time.Hour
	}
	if c.Life < 8*time.Hour || c.Life > 24*time.Hour {
		return nil, fmt.Errorf("%w: a credential lives 8 to 24 hours, not %v", ErrConfig, c.Life)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.RelayOrigin == "" && len(c.Origins) > 0 {
		c.RelayOrigin = c.Origins[0]
	}
	s := &Service{config: c, hosts: make(map[string]bool), origins: make(map[string]bool), now: c.Now, org: c.Org, pulse: newPulse(), rows: maxRows, logger: slog.New(slog.DiscardHandler)}
	if c.Logger != nil {
		s.logger = slog.New(relay.AllowListed(c.Logger.Handler()))
	}
	for _, h := range c.Hosts {
		s.hosts[h] = true
	}
	for _, o := range c.Origins {
		if err := relay.CheckOrigin(o); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		s.origins[o] = true
	}
	var err error
	if s.limits, err = c.Limits.withDefaults(); err != nil {
		return nil, err
	}
	s.closing, s.end = context.WithCancel(context.Background())
	s.nonces, s.sessions, s.callers = newNonces(), newSessions(s.limits), newCallers(s.limits, c.Proxies)
	if s.people, err = newPeople(ctx, c.Store, s.pulse, s.limits.Identities, s.now); err != nil {
		return nil, err
	}
	if err := s.use(ctx, c.Org.Manifest, nil); err != nil {
		return nil, err
	}
	s.trusted = hashes(c.Org.Roots())
	s.inboxes, err = inbox.Open(ctx, inbox.Options{
		Relay: c.Relay, Origin: c.RelayOrigin, Roots: s.trusted, Store: c.Store, Logger: s.logger, Now: c.Now,
		Issue: func(identity []byte, queue string) ([]byte, error) {
			return s.organisation().IssueInbox(identity, queue, s.now())
		},
		Changed: s.pulse.beat, TestingOnlyStep: c.TestingOnlyStep,
	}, c.Org.Manifest.Bytes())
	if err != nil {
		return nil, err
	}
	return s, nil
}

// use remembers the newest manifest, so that an older one is refused for ever.
func (s *Service) use(ctx context.Context, m *wire.Manifest, roots []wire.Hash) error {
	raw, err := s.config.Store.Manifest(ctx)
	if err != nil {
		return err
	}
	if raw != nil {
		before, err := wire.DecodeManifest(raw, append(hashes(s.organisation().Roots()), roots...))
		if err != nil {
			return fmt.Errorf("authority: the manifest in the store is not under these roots: %w", err)
		}
		if m.Sequence < before.Sequence || m.Sequence == before.Sequence && m.Hash() != before.Hash() {
			return fmt.Errorf("%w: sequence %d, used %d", ErrRolledBack, m.Sequence, before.Sequence)
		}
		if m.Hash() == before.Hash() {
			return nil
		}
	}
	return s.config.Store.PutManifest(ctx, m.Bytes())
}

// SetOrg goes on with an organisation that was loaded anew: a newer manifest,
// another issuer key, other roots. ErrPartly says that it is taken, and stays so,
// whom it revokes being out, but that some inboxes are not there until SetOrg is
// called with it again. After any other error, such as ErrRolledBack where it is
// older, nothing has changed.
func (s *Service) SetOrg(ctx context.Context, org *authority.Org) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	roots := hashes(org.Roots())
	if err := s.use(ctx, org.Manifest, roots); err != nil {
		return err
	}
	s.mu.Lock()
	s.org = org // first: the inboxes take their credentials from it
	s.mu.Unlock()
	s.logger.Info("manifest", "sequence", org.Manifest.Sequence, "expires", time.Unix(int64(org.Manifest.Expires), 0).UTC())
	defer s.pulse.beat(org.Manifest.Queues...)
	var err error
	if slices.Equal(roots, s.trusted) {
		err = s.inboxes.SetManifest(ctx, org.Manifest.Bytes())
	} else {
		err = s.inboxes.SetRoots(ctx, roots, org.Manifest.Bytes())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPartly, err)
	}
	s.trusted = roots
	return nil
}

func (s *Service) organisation() *authority.Org {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.org
}

// Close ends the polls and the inboxes.
func (s *Service) Close() {
	s.end()
	s.people.close()
	s.inboxes.Close()
}

// Inboxes are the inboxes of the company.
func (s *Service) Inboxes() *inbox.Set { return s.inboxes }

// Route is one thing that the service answers.
type Route struct {
	Method, Path string
	handler      http.HandlerFunc
}

// Routes lists all there is; Handler serves these and nothing else.
func (s *Service) Routes() []Route {
	routes := []Route{
		{http.MethodGet, "/v1/authority/nonce", s.open(s.nonce)},
		{http.MethodPost, "/v1/authority/credential", s.open(s.credential)},
		{http.MethodPost, "/v1/authority/session", s.open(s.session)},
		{http.MethodGet, "/v1/authority/manifest", s.open(s.manifest)},
		{http.MethodGet, "/v1/authority/queues", s.held(s.queues)},
		{http.MethodPost, "/v1/authority/claim", s.held(s.claim)},
	}
	for _, r := range slices.Clone(routes) {
		routes = append(routes, Route{http.MethodOptions, r.Path, s.cors().Preflight})
	}
	return routes
}

// Handler serves the routes.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		mux.HandleFunc(r.Method+" "+r.Path, r.handler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.Harden(w, r)
		mux.ServeHTTP(w, r)
	})
}

func hashes(keys [][]byte) (out []wire.Hash) {
	for _, k := range keys {
		out = append(out, wire.Hash(k))
	}
	return out
}
