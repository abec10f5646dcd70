package authority

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// everyone holds the roles that an issuer may issue: all but archive, whose
// identity key the manifest names itself.
const everyone = 1<<wire.Customer | 1<<wire.Guest | 1<<wire.Agent | 1<<wire.Supervisor | 1<<wire.Bot | 1<<wire.Inbox

// Renew signs a new manifest with the next sequence and replaces the file. It
// needs the root key. What the options do not say is kept: queues, policy, and
// the issuers with their old time, so that credentials stand.
func (o *Org) Renew(options Options) ([]byte, error) {
	root := o.Root
	if options.NextRoot {
		if root = o.NextRoot; root == nil {
			return nil, fmt.Errorf("%w: %s is not here", ErrBadOrg, filepath.Join(o.dir, NextRootFile))
		}
	}
	if root == nil {
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
	raw, err := o.sign(root, before.Sequence+1, options)
	if err != nil {
		return nil, err
	}
	if err := replace(filepath.Join(o.dir, ManifestFile), raw); err != nil {
		o.Manifest = before
		return nil, err
	}
	if options.NextRoot {
		return raw, o.rollRoot()
	}
	return raw, nil
}

// sign makes the manifest of the sequence and keeps it as the newest.
func (o *Org) sign(root ed25519.PrivateKey, sequence uint64, options Options) ([]byte, error) {
	now := uint64(options.Now.Unix())
	m := &wire.Manifest{
		Sequence: sequence,
		Issued:   now,
		Expires:  now + uint64(options.ManifestLife/time.Second),
		Queues:   options.Queues,
		Policy:   wire.Policy{History: wire.HistoryDevice, Grants: 1, RotateMinutes: wire.RotateMinutes, RotateMessages: wire.RotateMessages},
	}
	if o.Manifest != nil {
		m.Policy, m.TokenIssuers, m.Archive = o.Manifest.Policy, o.Manifest.TokenIssuers, o.Manifest.Archive
	}
	if options.Policy != nil {
		m.Policy = *options.Policy
	}
	m.Issuers = o.issuers(options, now)
	if len(m.Issuers) == 0 {
		return nil, fmt.Errorf("%w: a manifest needs an issuer", ErrOptions)
	}
	raw, err := m.Sign(root)
	if err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrOptions, err)
	}
	o.Manifest = m
	return raw, nil
}

// issuers are those of the manifest before, and the one whose key is here, with
// what the options change. Who stays has its time made longer, never shorter.
func (o *Org) issuers(options Options, now uint64) (out []wire.Issuer) {
	fresh := func(key []byte) wire.Issuer {
		return wire.Issuer{
			Key: slices.Clone(key), Roles: everyone,
			// An hour back, for clocks that are behind when the first credential is made.
			NotBefore: now - uint64(time.Hour/time.Second),
			NotAfter:  now + uint64(options.IssuerLife/time.Second),
		}
	}
	has := func(keys [][]byte, key []byte) bool {
		return slices.ContainsFunc(keys, func(k []byte) bool { return slices.Equal(k, key) })
	}
	var listed [][]byte
	add := func(i wire.Issuer) {
		if !has(options.DropIssuers, i.Key) && !has(listed, i.Key) {
			listed, out = append(listed, i.Key), append(out, i)
		}
	}
	if o.Manifest != nil {
		for _, old := range o.Manifest.Issuers {
			i := fresh(old.Key)
			i.Roles, i.NotBefore, i.NotAfter = old.Roles, min(i.NotBefore, old.NotBefore), max(i.NotAfter, old.NotAfter)
			add(i)
		}
	}
	if o.Issuer != nil {
		add(fresh(o.Issuer.Public().(ed25519.PublicKey)))
	}
	for _, key := range options.AddIssuers {
		add(fresh(key))
	}
	return out
}

func sortedSet(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
