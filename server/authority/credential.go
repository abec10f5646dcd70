package authority

import (
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
	for _, q := range queues {
		if !o.Manifest.HasQueue(q) {
			return nil, fmt.Errorf("%w: the manifest has no queue %q", ErrOptions, q)
		}
	}
	// A whole day is the most there is, the early beginning included.
	const early, day = 5 * 60, 24 * 3600
	begin := uint64(r.Now.Unix()) - early
	c := &wire.Credential{
		Role: r.Role, Identity: slices.Clone(r.Identity), Alias: r.Alias, Queues: queues,
		NotBefore: begin, NotAfter: min(uint64(r.Now.Add(r.Life).Unix()), begin+day),
	}
	raw, err := c.Issue(o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: credential: %w", ErrOptions, err)
	}
	if err := o.Manifest.CheckCredential(c); err != nil {
		return nil, fmt.Errorf("%w: the issuer key's time does not hold this credential; renew the manifest: %w", ErrBadOrg, err)
	}
	return raw, nil
}
