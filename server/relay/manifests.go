package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Spaces of the small records that the relay keeps.
const (
	spaceManifest = "manifest"         // owner: tenant id, id: the manifest's hash
	spaceNewest   = "newest manifest"  // owner: tenant id, id: "newest"
	spaceUsed     = "used key package" // owner: tenant id, id: hash of a one-time key package, value: id of the commit that added it
	spacePackage  = "key package"      // owner: tenant id ‖ member id, id: see keypackages.go
	spaceInbox    = "inbox"            // owner: tenant id, id: see inboxes.go
)

// ErrRolledBack is a manifest that is older than, or contradicts, one that
// this relay has served.
var ErrRolledBack = errors.New("relay: manifest is older than the one served")

// manifests are those of one tenant: the newest, which is served to whoever
// comes, and all before it, as commits of old conversations name them.
type manifests struct {
	tenant wire.ID
	roots  []wire.Hash
	log    entrylog.Log

	mu     sync.RWMutex
	newest *wire.Manifest
	known  map[wire.Hash]*wire.Manifest
}

// recover loads what an earlier run stored.
func (m *manifests) recover(ctx context.Context) error {
	m.known = make(map[wire.Hash]*wire.Manifest)
	r, err := m.log.Get(ctx, spaceNewest, m.tenant[:], []byte("newest"))
	if errors.Is(err, entrylog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	newest, err := wire.DecodeManifest(r.Value, m.roots)
	if err != nil {
		return fmt.Errorf("relay: stored manifest of tenant %x is not under its roots: %w", m.tenant, err)
	}
	m.newest, m.known[newest.Hash()] = newest, newest
	return nil
}

// add verifies, stores and from then on serves a manifest. The sequence never
// falls, and two manifests never share one: ErrRolledBack. Adding the newest
// again changes nothing.
func (m *manifests) add(ctx context.Context, raw []byte) (*wire.Manifest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addUnder(ctx, m.roots, raw)
}

// trust is add under other roots, which are those from then on.
func (m *manifests) trust(ctx context.Context, roots []wire.Hash, raw []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if raw == nil && m.newest != nil {
		raw = m.newest.Bytes()
	}
	if raw != nil {
		newest, err := m.addUnder(ctx, roots, raw)
		if err != nil {
			return err
		}
		clear(m.known) // what else is asked for is verified anew
		m.known[newest.Hash()] = newest
	}
	m.roots = roots
	return nil
}

// addUnder is add under these roots. The lock is held.
func (m *manifests) addUnder(ctx context.Context, roots []wire.Hash, raw []byte) (*wire.Manifest, error) {
	manifest, err := wire.DecodeManifest(raw, roots)
	if err != nil {
		return nil, fmt.Errorf("relay: manifest of tenant %x: %w", m.tenant, err)
	}
	hash := manifest.Hash()
	if m.newest != nil {
		if m.newest.Hash() == hash {
			return m.newest, nil
		}
		if manifest.Sequence <= m.newest.Sequence {
			return nil, fmt.Errorf("%w: sequence %d, served %d", ErrRolledBack, manifest.Sequence, m.newest.Sequence)
		}
	}
	// By hash first: whatever is served as the newest can be asked for.
	for _, r := range []entrylog.Record{
		{Space: spaceManifest, Owner: m.tenant[:], ID: hash[:], Value: raw, Keep: true},
		{Space: spaceNewest, Owner: m.tenant[:], ID: []byte("newest"), Value: raw, Keep: true},
	} {
		if err := m.log.Put(ctx, r); err != nil {
			return nil, err
		}
	}
	m.newest, m.known[hash] = manifest, manifest
	return manifest, nil
}

// current is the newest manifest, or nil before the first was loaded.
func (m *manifests) current() *wire.Manifest {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.newest
}

// byHash finds a manifest, or nil. It is the function that chains ask.
func (m *manifests) byHash(hash wire.Hash) *wire.Manifest {
	m.mu.RLock()
	found, roots := m.known[hash], m.roots
	m.mu.RUnlock()
	if found != nil {
		return found
	}
	// Without the caller's context: a chain must not judge a commit by whether
	// somebody hung up.
	r, err := m.log.Get(context.Background(), spaceManifest, m.tenant[:], hash[:])
	if err != nil {
		return nil
	}
	manifest, err := wire.DecodeManifest(r.Value, roots)
	if err != nil || manifest.Hash() != hash {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Equal(m.roots, roots) { // else it is verified anew the next time
		m.known[hash] = manifest
	}
	return manifest
}
