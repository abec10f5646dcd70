package authority

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// everyone holds the roles that the one issuer may issue: all but archive,
// whose identity key the manifest names itself.
const everyone = 1<<wire.Customer | 1<<wire.Guest | 1<<wire.Agent | 1<<wire.Supervisor | 1<<wire.Bot | 1<<wire.Inbox

// Renew signs a new manifest with the next sequence and replaces the file. It
// needs the root key. An empty Options.Queues keeps the queues there are. The
// issuer's old time is kept in it too, so that credentials stand.
func (o *Org) Renew(options Options) ([]byte, error) {
	if o.Root == nil {
		return nil, fmt.Errorf("%w: %s is not here, and a manifest needs it", ErrBadOrg, filepath.Join(o.dir, RootFile))
	}
	if len(options.Queues) == 0 {
		options.Queues = o.Manifest.Queues
	}
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	before := o.Manifest
	raw, err := o.sign(before.Sequence+1, options)
	if err != nil {
		return nil, err
	}
	if err := replace(filepath.Join(o.dir, ManifestFile), raw); err != nil {
		o.Manifest = before
		return nil, err
	}
	return raw, nil
}

// sign makes the manifest of the sequence and keeps it as the newest.
func (o *Org) sign(sequence uint64, options Options) ([]byte, error) {
	now := uint64(options.Now.Unix())
	issuer := wire.Issuer{
		Key:   o.Issuer.Public().(ed25519.PublicKey),
		Roles: everyone,
		// An hour back, for clocks that are behind when the first credential is made.
		NotBefore: now - uint64(time.Hour/time.Second),
		NotAfter:  now + uint64(options.IssuerLife/time.Second),
	}
	if o.Manifest != nil {
		for _, old := range o.Manifest.Issuers {
			if slices.Equal(old.Key, issuer.Key) {
				issuer.NotBefore = min(issuer.NotBefore, old.NotBefore)
				issuer.NotAfter = max(issuer.NotAfter, old.NotAfter)
			}
		}
	}
	m := &wire.Manifest{
		Sequence: sequence,
		Issued:   now,
		Expires:  now + uint64(options.ManifestLife/time.Second),
		Issuers:  []wire.Issuer{issuer},
		Queues:   options.Queues,
		Policy: wire.Policy{
			History:        wire.HistoryDevice,
			Grants:         1,
			RotateMinutes:  wire.RotateMinutes,
			RotateMessages: wire.RotateMessages,
		},
	}
	raw, err := m.Sign(o.Root)
	if err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrOptions, err)
	}
	o.Manifest = m
	return raw, nil
}

func sortedSet(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
