package relay

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Config is what a relay is made of.
type Config struct {
	// Log is the durable store. Required; the caller closes it after Drain.
	Log entrylog.Log
	// Files is where the ciphertext of files is kept; the caller closes it
	// after Drain. Nil: no tickets are given, so no file is stored.
	Files blob.Store
	// Tenants are the companies served, at least one.
	Tenants []Tenant
	// Hosts are the names with port under which ends dial this relay, as they
	// write them: "relay.example.com", "127.0.0.1:8787". Required: a hello is
	// signed for one host, so that another server cannot use it here.
	Hosts []string
	// AllowMissingOrigin lets programs connect that are no browsers and send
	// no Origin header. Nothing rests on it, as there are no cookies; default
	// false, since the fewer doors the better.
	AllowMissingOrigin bool
	// Proxies are the addresses of the proxies in front of this relay, and only
	// of those: from them X-Forwarded-For is believed. Default none, so that the
	// limits by address go by the socket's.
	Proxies []netip.Prefix
	// Limits; zero fields take their defaults.
	Limits Limits
	// Logger gets the log, through AllowListed. Default: no log.
	Logger *slog.Logger
	// LogAddresses adds the peer's IP address to the log. Default false.
	LogAddresses bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Tenant is one company.
type Tenant struct {
	// Roots are its root public keys, 32 bytes each: the current and perhaps
	// the next. At least one.
	Roots [][]byte
	// ID names the tenant in the log, for ever. Default: the tenant id of
	// Roots[0]; set it to the old one when that root goes.
	ID wire.ID
	// Tokens verifies the identity tokens of its customers, and whether they
	// must be bound to the identity key. Required.
	Tokens *token.Verifier
	// Origins are the web origins of its pages, exactly as browsers send them.
	Origins []string
	// Manifest is the newest signed manifest; nil serves the stored one. Its
	// sequence never falls.
	Manifest []byte
	// EntriesPerSecond and EntryBurst replace those of Limits where not zero.
	EntriesPerSecond float64
	EntryBurst       int
	// Connections of this tenant at most; 0 is as many as there may be in all.
	Connections int
}

// tenant is a Tenant in use.
type tenant struct {
	Tenant
	name      string // for the log
	origins   origins
	manifests *manifests
	inboxes   *inboxes
	open      int // connections, under the server's lock
}

func (t *tenant) key(conversation wire.ID) (key conversationKey) {
	copy(key[:16], t.ID[:])
	copy(key[16:], conversation[:])
	return key
}

func (t *tenant) memberKey(member wire.ID) (key memberKey) {
	copy(key[:16], t.ID[:])
	copy(key[16:], member[:])
	return key
}

func newTenant(c Tenant, log entrylog.Log, limits Limits) (*tenant, error) {
	t := &tenant{Tenant: c, origins: make(origins)}
	roots, err := checkRoots(c.Roots)
	if err != nil {
		return nil, err
	}
	if t.ID == (wire.ID{}) {
		t.ID = wire.TenantID(c.Roots[0])
	}
	t.name = hex.EncodeToString(t.ID[:])
	if c.Tokens == nil {
		return nil, fmt.Errorf("%w: tenant %s: no way to verify identity tokens", ErrConfig, t.name)
	}
	for _, o := range c.Origins {
		if err := t.origins.add(o); err != nil {
			return nil, err
		}
	}
	if c.EntriesPerSecond < 0 || c.EntryBurst < 0 || c.Connections < 0 {
		return nil, fmt.Errorf("%w: tenant %s: a limit is negative", ErrConfig, t.name)
	}
	if t.EntriesPerSecond == 0 {
		t.EntriesPerSecond = limits.EntriesPerSecond
	}
	if t.EntryBurst == 0 {
		t.EntryBurst = limits.EntryBurst
	}
	if t.Connections == 0 {
		t.Connections = limits.Connections
	}
	t.manifests = &manifests{tenant: t.ID, roots: roots, log: log}
	return t, nil
}
