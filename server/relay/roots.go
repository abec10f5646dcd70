package relay

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/sealwire/sealwire/wasm/wire"
)

// SetRoots trusts these root keys of a tenant from now on and no others, and
// serves a manifest under one of them; nil: the one that is served is under one
// of them. The tenant keeps its id. An error changes nothing: ErrRolledBack where
// the manifest is older than the one served.
func (s *Server) SetRoots(ctx context.Context, tenant wire.ID, roots [][]byte, manifest []byte) error {
	hashes, err := checkRoots(roots)
	if err != nil {
		return err
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	t := s.tenant(tenant)
	if t == nil || t.ID != tenant { // else its log would not be found after a restart
		return fmt.Errorf("%w: no tenant has the id %s; one whose first root goes keeps its id by saying it", ErrConfig, hex.EncodeToString(tenant[:]))
	}
	ids := namesOf(t.ID, roots)
	for id := range ids {
		if other := s.tenant(id); other != nil && other != t {
			return fmt.Errorf("%w: a root key is another tenant's", ErrConfig)
		}
	}
	if err := t.manifests.trust(ctx, hashes, manifest); err != nil {
		return err
	}
	s.mu.Lock()
	for id, other := range s.tenants {
		if other == t && !ids[id] {
			delete(s.tenants, id)
		}
	}
	for id := range ids {
		s.tenants[id] = t
	}
	s.mu.Unlock()
	return s.renewed(ctx, t)
}

// tenant is the one that a hello names, by its id or by any of its roots.
func (s *Server) tenant(id wire.ID) *tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tenants[id]
}

func namesOf(id wire.ID, roots [][]byte) map[wire.ID]bool {
	ids := map[wire.ID]bool{id: true}
	for _, root := range roots {
		ids[wire.TenantID(root)] = true
	}
	return ids
}

func checkRoots(roots [][]byte) (hashes []wire.Hash, err error) {
	if len(roots) == 0 {
		return nil, fmt.Errorf("%w: a tenant needs a root key", ErrConfig)
	}
	for _, root := range roots {
		if err := wire.CheckIdentityKey(root); err != nil {
			return nil, fmt.Errorf("%w: root key: %w", ErrConfig, err)
		}
		hashes = append(hashes, wire.Hash(root))
	}
	return hashes, nil
}
