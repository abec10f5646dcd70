package inbox

import (
	"testing"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The root rolls over while a conversation waits: both are pinned, then the next
// one signs, then the old one goes.
func TestRootsAreTakenWithoutARestart(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Say(k, "is anybody there?")
	ctx, id, old := t.Context(), h.Tenant(), h.Org.RootKey()
	oldManifest := h.Org.Manifest.Bytes()
	rolled := *h.Org
	next, err := rolled.MakeNextRoot()
	if err != nil {
		t.Fatal(err)
	}
	h.Relay.Org = &rolled
	roots := func(keys ...[]byte) (out []wire.Hash) {
		for _, key := range keys {
			out = append(out, wire.Hash(key))
		}
		return out
	}
	both := [][]byte{old, next}
	if err := h.SetRoots(ctx, id, both, nil); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetRoots(ctx, roots(both...), oldManifest); err != nil {
		t.Fatal(err)
	}
	h.eventually("it waits when both are pinned", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
	other := h.begin(h.customer())
	ana := h.agent("Ana")
	if err := h.asks(ana, other, ana.Offer()); err != nil {
		t.Errorf("a claim when both are pinned: %v", err)
	}
	raw := h.renew(authority.Options{NextRoot: true})
	if err := h.set.SetRoots(ctx, roots(old), raw); err == nil {
		t.Error("a manifest of a root that is not pinned is taken")
	}
	if err := h.SetRoots(ctx, id, both, raw); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetManifest(ctx, raw); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetRoots(ctx, roots(both...), oldManifest); err == nil {
		t.Error("an older manifest is taken")
	}
	h.eventually("it waits under the next root's manifest", func() bool { return h.waiting(k.ID()) != nil })
	if err := h.SetRoots(ctx, id, [][]byte{next}, raw); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetRoots(ctx, roots(next), raw); err != nil {
		t.Fatal(err)
	}
	h.eventually("it waits when the old root is gone", func() bool { return h.waiting(k.ID()) != nil })
	in := h.set.inboxes["default"]
	in.call(func() {
		if err := in.member.AddManifest(oldManifest, 0, false); err == nil {
			t.Error("an end trusts a root that is pinned no more")
		}
	})
	h.eventually("it is connected", func() (there bool) { in.call(func() { there = in.link != nil }); return there })
}

// The old root goes in one step with the first manifest of the next one.
func TestRootsAreReplacedInOneStep(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Say(k, "is anybody there?")
	old := h.Org.RootKey()
	rolled := *h.Org
	next, err := rolled.MakeNextRoot()
	if err != nil {
		t.Fatal(err)
	}
	h.Relay.Org = &rolled
	raw := h.renew(authority.Options{NextRoot: true})
	if err := h.SetRoots(t.Context(), wire.TenantID(old), [][]byte{old, next}, raw); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetRoots(t.Context(), []wire.Hash{wire.Hash(next)}, raw); err != nil {
		t.Fatal(err)
	}
	h.eventually("it waits", func() bool { return h.waiting(k.ID()) != nil })
	if len(h.set.inboxes) != 1 {
		t.Errorf("%d inboxes", len(h.set.inboxes))
	}
}
