package relay_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The root rolls over while the relay runs: first both are pinned, then the next
// one signs, then the old one goes.
func TestRootsAreTakenWithoutARestart(t *testing.T) {
	r := relaytest.Start(t, nil)
	ctx := t.Context()
	id, old := r.Tenant(), r.Org.RootKey()
	oldManifest := r.Org.Manifest.Bytes()
	org := *r.Org
	next, err := org.MakeNextRoot()
	if err != nil {
		t.Fatal(err)
	}
	customer := relaytest.NewPerson(wire.Customer)
	tries := func(root []byte) ([]byte, error) {
		o := r.Options(customer)
		o.Tenant = wire.TenantID(root)
		o.Proof = r.Token(customer, time.Now())
		c, err := relaytest.Dial(relaytest.Context(t), o)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return c.Manifest, nil
	}
	if _, err := tries(next); err == nil {
		t.Error("a root that was not pinned yet is taken")
	}
	if err := r.SetRoots(ctx, id, [][]byte{old, next}, nil); err != nil {
		t.Fatal(err)
	}
	for _, root := range [][]byte{old, next} {
		if got, err := tries(root); err != nil || !bytes.Equal(got, oldManifest) {
			t.Errorf("while both are pinned: %v", err)
		}
	}
	raw, err := org.Renew(authority.Options{NextRoot: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetRoots(ctx, id, [][]byte{old}, raw); err == nil {
		t.Error("a manifest of a root that is not pinned is taken")
	}
	if err := r.SetRoots(ctx, id, [][]byte{old, next}, raw); err != nil {
		t.Fatal(err)
	}
	for _, root := range [][]byte{old, next} {
		if got, err := tries(root); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("under the next root's manifest: %v", err)
		}
	}
	for name, tc := range map[string]struct {
		id       wire.ID
		roots    [][]byte
		manifest []byte
		want     error
	}{
		"an older manifest":         {id, [][]byte{old, next}, oldManifest, relay.ErrRolledBack},
		"the old root alone":        {id, [][]byte{old}, nil, wire.BadCredential},
		"no root":                   {id, nil, raw, relay.ErrConfig},
		"no key":                    {id, [][]byte{make([]byte, 32)}, raw, relay.ErrConfig},
		"no such tenant":            {wire.ID{1}, [][]byte{next}, raw, relay.ErrConfig},
		"an id of the next root's":  {wire.TenantID(next), [][]byte{next}, raw, relay.ErrConfig},
		"a manifest that is broken": {id, [][]byte{next}, raw[1:], nil},
	} {
		if err := r.SetRoots(ctx, tc.id, tc.roots, tc.manifest); err == nil || tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
		if got, err := tries(old); err != nil || !bytes.Equal(got, raw) {
			t.Fatalf("%s changed something: %v", name, err)
		}
	}
	if err := r.SetRoots(ctx, id, [][]byte{next}, nil); err != nil {
		t.Fatal(err)
	}
	stolen := *r.Org.Manifest
	stolen.Sequence = 99
	forged, err := stolen.Sign(r.Org.Root)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetManifest(ctx, id, forged); err == nil {
		t.Error("a manifest of a root that is pinned no more is taken")
	}
	if got, err := tries(next); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("when the old root is gone: %v", err)
	}
}
