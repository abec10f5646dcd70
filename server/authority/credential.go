package authority

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Request is what a credential shall say.
type Request struct {
	// Identity is the Ed25519 public key of the device, 32 bytes.
	Identity []byte
	// Alias is the name that customers see, 1 to 64 bytes; never an internal id.
	Alias string
	// Role defaults to wire.Agent.
	Role wire.Role
	// Queues that it may hold; each must be in the manifest. Default: all of them.
	Queues []string
	// Life is 1 to 24 hours. Default 12 hours.
	Life time.Duration
	// Until is when it ends at the latest, where that is sooner. Default: no matter.
	Until time.Time
	// Now is the time of issue. Default time.Now().
	Now time.Time
}

// Issue signs a credential with the issuer key. It begins five minutes ago,
// for clocks that are behind. ErrOptions names what was wrong.
func (o *Org) Issue(r Request) ([]byte, error) {
	if r.Now.IsZero() {
		r.Now = time.Now()
	}
	if r.Role == 0 {
		r.Role = wire.Agent
	}
	if len(r.Queues) == 0 {
		r.Queues = o.Manifest.Queues
	}
	if r.Life == 0 {
		r.Life = 12 * time.Hour
	}
	switch {
	case r.Role != wire.Agent && r.Role != wire.Supervisor && r.Role != wire.Bot:
		return nil, fmt.Errorf("%w: credentials are for agents, supervisors and bots", ErrOptions)
	case r.Alias == "":
		return nil, fmt.Errorf("%w: an alias is needed: the name that customers see", ErrOptions)
	case r.Life < time.Hour || r.Life > 24*time.Hour:
		return nil, fmt.Errorf("%w: a credential lives 1 to 24 hours, not %v", ErrOptions, r.Life)
	}
	if err := wire.CheckIdentityKey(r.Identity); err != nil {
		return nil, fmt.Errorf("%w: identity key: %w", ErrOptions, err)
	}
	queues := sortedSet(r.Queues)
	// A whole day is the most there is, the early beginning included.
	const day = 24 * 3600
	begin := uint64(r.Now.Unix()) - early
	end := min(uint64(r.Now.Add(r.Life).Unix()), begin+day)
	if !r.Until.IsZero() {
		end = min(end, uint64(max(r.Until.Unix(), 0)))
	}
	if end <= uint64(r.Now.Unix()) {
		return nil, fmt.Errorf("%w: the credential would have ended", ErrOptions)
	}
	return o.credential(&wire.Credential{
		Role: r.Role, Identity: slices.Clone(r.Identity), Alias: r.Alias, Queues: queues,
		NotBefore: begin, NotAfter: end,
	})
}

// early is how many seconds ago a credential begins.
const early = 5 * 60

// InboxLife is how long an inbox's credential is valid: longer than its key
// packages, which are worth nothing without it.
const InboxLife = 10 * 24 * time.Hour

// IssueInbox signs the credential of a queue's inbox. Its alias is the queue's
// name; it holds the others too, as many as there is room for, so that their
// conversations can be brought there. It ends with the issuer's time at the latest.
func (o *Org) IssueInbox(identity []byte, queue string, now time.Time) ([]byte, error) {
	if err := wire.CheckIdentityKey(identity); err != nil {
		return nil, fmt.Errorf("%w: identity key: %w", ErrOptions, err)
	}
	queues := []string{queue}
	for _, other := range o.Manifest.Queues {
		if other != queue && len(queues) < wire.MaxQueues {
			queues = append(queues, other)
		}
	}
	return o.credential(&wire.Credential{
		Role: wire.Inbox, Identity: slices.Clone(identity), Alias: queue, Queues: sortedSet(queues),
		NotBefore: uint64(now.Unix()) - early, NotAfter: uint64(now.Add(InboxLife).Unix()),
	})
}

// credential signs with the issuer key that the manifest names for the role and the
// time: the current one, else the next.
func (o *Org) credential(c *wire.Credential) ([]byte, error) {
	for _, q := range c.Queues {
		if !o.Manifest.HasQueue(q) {
			return nil, fmt.Errorf("%w: the manifest has no queue %q", ErrOptions, q)
		}
	}
	if o.Issuer == nil && o.NextIssuer == nil {
		return nil, fmt.Errorf("%w: %s is not here, and a credential needs it", ErrBadOrg, IssuerFile)
	}
	end := c.NotAfter
	var refused error
	for _, key := range []ed25519.PrivateKey{o.Issuer, o.NextIssuer} {
		if key == nil {
			continue
		}
		c.NotAfter = end
		for _, issuer := range o.Manifest.Issuers {
			if c.Role == wire.Inbox && slices.Equal(issuer.Key, key.Public().(ed25519.PublicKey)) {
				c.NotAfter = min(end, issuer.NotAfter)
			}
		}
		raw, err := c.Issue(key)
		if err != nil {
			return nil, fmt.Errorf("%w: credential: %w", ErrOptions, err)
		}
		if refused = o.Manifest.CheckCredential(c); refused == nil {
			return raw, nil
		}
	}
	return nil, fmt.Errorf("%w: the issuer key's time does not hold this credential; renew the manifest: %w", ErrBadOrg, refused)
}
