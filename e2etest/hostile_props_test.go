package e2etest

import (
	"crypto/ed25519"
	"path/filepath"
	"time"

	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// props makes what a relay may have that lies with it.
func (s *stage) props(names []string) lies.Props {
	s.t.Helper()
	props := lies.Props{}
	if len(names) == 0 {
		return props
	}
	own, err := authority.Load(filepath.Join(s.demo.Dir, "company"))
	if err != nil {
		s.t.Fatal(err)
	}
	now := time.Now()
	later := now.Add(time.Hour)
	signed := func(change func(*wire.Manifest)) []byte {
		m := *own.Manifest
		change(&m)
		b, err := m.Sign(own.Root)
		if err != nil {
			s.t.Fatal(err)
		}
		return b
	}
	for _, name := range names {
		var b []byte
		switch name {
		case "manifest of another company":
			b = s.foreign().Manifest.Bytes()
		case "newer manifest":
			b = signed(func(m *wire.Manifest) { m.Sequence++ })
		case "older manifest":
			b = own.Manifest.Bytes()
		case "ended manifest":
			b = signed(func(m *wire.Manifest) {
				m.Sequence++
				m.Issued, m.Expires = m.Issued-8000, uint64(now.Add(-time.Hour).Unix())
			})
		case "key package of another company":
			b = s.keyPackage(s.foreign(), wire.Agent, later, later)
		case "ended key package":
			b = s.keyPackage(own, wire.Agent, now.Add(-time.Minute), later)
		case "key package under an ended credential":
			b = s.keyPackage(own, wire.Agent, later, now.Add(-time.Minute))
		case "bot's key package":
			b = s.keyPackage(own, wire.Bot, later, later)
		case lies.Stolen:
			b = s.customerCredential(own)
		default:
			s.t.Fatalf("no prop %q", name)
		}
		props[name] = b
	}
	return props
}

// customerCredential is one of a customer whom the company vouches for.
func (s *stage) customerCredential(org *authority.Org) []byte {
	s.t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &wire.Credential{Role: wire.Customer, Identity: public, Alias: "Mia", Issuer: wire.KeyHash(org.Issuer.Public().(ed25519.PublicKey)),
		NotBefore: uint64(time.Now().Add(-30 * time.Minute).Unix()), NotAfter: uint64(time.Now().Add(time.Hour).Unix())}
	b, err := c.Issue(org.Issuer)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := org.Manifest.CheckCredential(c); err != nil {
		s.t.Fatalf("it is no good with its own key either: %v", err)
	}
	return b
}

func (s *stage) foreign() *authority.Org {
	s.t.Helper()
	org, err := authority.Init(filepath.Join(s.t.TempDir(), "org"), authority.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return org
}

// keyPackage is one of somebody whom a company vouches for, in a role, for a
// time; it ends itself then too, if not before.
func (s *stage) keyPackage(org *authority.Org, role wire.Role, ends, credentialEnds time.Time) []byte {
	s.t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &wire.Credential{Role: role, Identity: public, Alias: "Ana", Queues: org.Manifest.Queues, Issuer: wire.KeyHash(org.Issuer.Public().(ed25519.PublicKey)),
		NotBefore: uint64(time.Now().Add(-30 * time.Minute).Unix()), NotAfter: uint64(credentialEnds.Unix())}
	raw, err := c.Issue(org.Issuer)
	if err != nil {
		s.t.Fatal(err)
	}
	if c, err = wire.DecodeCredential(raw); err != nil {
		s.t.Fatal(err)
	}
	end, err := conversation.NewEnd(wire.Agent, []wire.Hash{wire.Hash(org.RootKey())})
	if err != nil {
		s.t.Fatal(err)
	}
	bare, err := end.KeyPackage(uint64(ends.Unix()), false)
	if err != nil {
		s.t.Fatal(err)
	}
	kp, err := wire.DecodeKeyPackage(bare) // for its leaf
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := (&wire.KeyPackage{Credential: c, Leaf: kp.Leaf, Expires: uint64(ends.Unix())}).Sign(key)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}
