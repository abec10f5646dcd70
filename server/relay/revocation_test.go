package relay_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// withIssuer makes the next manifest, with this issuer in place of the other.
func withIssuer(t *testing.T, r *relaytest.Relay, sequence uint64, key []byte) []byte {
	t.Helper()
	m := *r.Org.Manifest
	m.Sequence = sequence
	old := m.Issuers[0]
	m.Issuers = []wire.Issuer{{Key: key, Roles: old.Roles, NotBefore: old.NotBefore, NotAfter: old.NotAfter}}
	raw, err := m.Sign(r.Org.Root)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// An issuer that a new manifest leaves out is over at once: whom it vouched for
// is sent away, and no customer is given their key packages.
func TestRevokedIssuersAreOverAtOnce(t *testing.T) {
	s := play(t, nil)
	publish(t, s.atAgent, s.agent, true)
	publish(t, s.atAgent, s.agent, false)
	atSupervisor := s.Connect(s.Supervisor("Sue"))
	for !next[relay.Waiting](t, s.atCustomer).Agents {
	}
	manifest := *s.Org.Manifest
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetManifest(s.ctx, s.Tenant(), withIssuer(t, s.Relay, manifest.Sequence+1, other)); err != nil {
		t.Fatal(err)
	}
	closed(t, s.atAgent.Wait(), wire.BadCredential)
	closed(t, atSupervisor.Wait(), wire.BadCredential)
	if next[relay.Waiting](t, s.atCustomer).Agents {
		t.Error("an agent is there")
	}
	refused(t, s.atCustomer, relay.TakeKeyPackage{Queue: "default"}, wire.Unavailable)
	// A manifest that changes nothing for them leaves them there.
	if err := s.SetManifest(s.ctx, s.Tenant(), withIssuer(t, s.Relay, manifest.Sequence+2, manifest.Issuers[0].Key)); err != nil {
		t.Fatal(err)
	}
	again := s.Connect(s.agent)
	if err := s.SetManifest(s.ctx, s.Tenant(), withIssuer(t, s.Relay, manifest.Sequence+3, manifest.Issuers[0].Key)); err != nil {
		t.Fatal(err)
	}
	ask[relay.List](t, again, relay.ListConversations{})
}

// What was published with a credential that has ended since, or under an issuer
// that is not there any more, is not given to customers, though the agent is
// there with another.
func TestTakePassesOverKeyPackagesThatDoNotStand(t *testing.T) {
	s := play(t, nil)
	stale := *s.agent // the same key, by an issuer that is about to go
	publish(t, s.atAgent, &stale, true)
	publish(t, s.atAgent, &stale, false)
	publish(t, s.atAgent, &stale, false)
	_, issuer, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	raw := withIssuer(t, s.Relay, s.Org.Manifest.Sequence+1, issuer.Public().(ed25519.PublicKey))
	if err := s.SetManifest(s.ctx, s.Tenant(), raw); err != nil {
		t.Fatal(err)
	}
	s.Org.Issuer = issuer
	if s.Org.Manifest, err = wire.DecodeManifest(raw, []wire.Hash{wire.Hash(s.Org.RootKey())}); err != nil {
		t.Fatal(err)
	}
	s.agent.Credential = s.Employ(s.agent.Identity())
	at := s.Connect(s.agent)
	ask[relay.List](t, at, relay.ListConversations{}) // the relay has looked at what she left
	refused(t, s.atCustomer, relay.TakeKeyPackage{Queue: "default"}, wire.Unavailable)
	want, stored := publish(t, at, s.agent, false)
	if stored != 1 {
		t.Errorf("%d are stored, want the new one only", stored)
	}
	if got := ask[relay.Record](t, s.atCustomer, relay.TakeKeyPackage{Queue: "default"}); string(got.Value) != string(want) {
		t.Error("another key package than the one that stands")
	}
	refused(t, s.atCustomer, relay.TakeKeyPackage{Queue: "default"}, wire.Unavailable) // not the last resort, either
	// Nor one whose credential is not valid yet.
	raw, err = s.Org.Issue(authority.Request{Identity: s.agent.Identity(), Alias: "Ana", Now: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	early := *s.agent
	if early.Credential, err = wire.DecodeCredential(raw); err != nil {
		t.Fatal(err)
	}
	publish(t, at, &early, false)
	refused(t, s.atCustomer, relay.TakeKeyPackage{Queue: "default"}, wire.Unavailable)
	want, _ = publish(t, at, s.agent, true)
	if got := ask[relay.Record](t, s.atCustomer, relay.TakeKeyPackage{Queue: "default"}); string(got.Value) != string(want) {
		t.Error("another key package of last resort than the one that stands")
	}
}
