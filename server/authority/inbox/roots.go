package inbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

// SetManifest takes a newer manifest: new queues get an inbox, and credentials
// that do not stand under it are renewed. An older one is wire.RolledBack.
func (s *Set) SetManifest(ctx context.Context, raw []byte) error {
	s.manifests.Lock()
	defer s.manifests.Unlock()
	return s.setManifest(ctx, raw, false)
}

// SetRoots trusts these root keys from now on and no others, and takes a manifest
// under one of them. The inboxes begin anew, as after a restart: claims that wait
// are ErrClosed, and asking again tells.
func (s *Set) SetRoots(ctx context.Context, roots []wire.Hash, raw []byte) error {
	s.manifests.Lock()
	defer s.manifests.Unlock()
	if _, err := s.newer(raw, roots); err != nil {
		return err
	}
	// What is on disk may be under a root that goes: first the manifest, then the roots.
	dropped := slices.DeleteFunc(slices.Clone(s.o.Roots), func(r wire.Hash) bool { return slices.Contains(roots, r) })
	both := append(dropped, roots...)
	if err := s.restart(ctx, both, raw); err != nil || len(dropped) == 0 {
		return err
	}
	if err := s.restart(ctx, roots, raw); err != nil {
		return errors.Join(err, s.restart(ctx, both, raw))
	}
	return nil
}

// restart ends all inboxes and begins them anew under these roots. The lock of
// the manifests is held.
func (s *Set) restart(ctx context.Context, roots []wire.Hash, raw []byte) error {
	s.mu.Lock()
	there := s.inboxes
	s.inboxes, s.restarting = make(map[string]*inbox), true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.restarting = false
		s.mu.Unlock()
	}()
	for _, in := range there {
		in.end()
	}
	var queues []string
	for queue, in := range there {
		in.done.Wait()
		queues = append(queues, queue)
	}
	s.mu.Lock()
	clear(s.board)
	s.mu.Unlock()
	s.o.Changed(queues...)
	s.o.Roots = roots
	return s.setManifest(ctx, raw, true)
}

// newer reads a manifest under these roots, unless an older one than the newest.
func (s *Set) newer(raw []byte, roots []wire.Hash) (*wire.Manifest, error) {
	manifest, err := wire.DecodeManifest(slices.Clone(raw), roots)
	if err != nil {
		return nil, fmt.Errorf("inbox: manifest: %w", err)
	}
	s.mu.Lock()
	newest, closed := s.manifest, s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return nil, ErrClosed
	case newest != nil && (manifest.Sequence < newest.Sequence || manifest.Sequence == newest.Sequence && manifest.Hash() != newest.Hash()):
		return nil, fmt.Errorf("inbox: manifest %d: %w", manifest.Sequence, wire.RolledBack)
	}
	return manifest, nil
}

// setManifest takes a manifest; all: and opens those inboxes too whose queue it
// does not name.
func (s *Set) setManifest(ctx context.Context, raw []byte, all bool) error {
	manifest, err := s.newer(raw, s.o.Roots)
	if err != nil {
		return err
	}
	var also []string
	if all {
		if also, err = s.o.Store.Queues(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.manifest = manifest
	there := maps.Clone(s.inboxes)
	s.mu.Unlock()
	for _, in := range there {
		in.post(func() { in.newManifest(raw) })
	}
	for _, queue := range slices.Concat(manifest.Queues, also) {
		if there[queue] != nil {
			continue
		}
		in, err := s.open(ctx, queue, raw)
		if err != nil {
			return fmt.Errorf("inbox of %q: %w", queue, err)
		}
		there[queue] = in
		s.mu.Lock()
		s.inboxes[queue] = in
		s.mu.Unlock()
		in.done.Go(in.run)
		in.done.Go(in.connections)
	}
	return nil
}
