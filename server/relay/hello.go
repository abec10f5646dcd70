package relay

import (
	"bytes"
	"crypto/rand"
	"errors"
	"time"

	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// standing is what a good hello proves.
type standing struct {
	tenant   *tenant
	role     wire.Role
	identity []byte
	customer customerKey
	queues   []string
	until    uint64
	shown    *wire.Credential // of the company side
	request  uint32           // of the hello
}

// newNonce makes the challenge of one connection. It lives in that
// connection's goroutine only, so no other hello can ever meet it again.
func newNonce() (nonce [32]byte) {
	rand.Read(nonce[:]) // never fails: it ends the process instead
	return nonce
}

// verify judges a hello. The host must be one of ours, the signature must
// cover this connection's nonce, and the proof must be the tenant's word on
// this identity key. The error is a wire.Code.
func (s *Server) verify(nonce [32]byte, h Hello, origin string, now time.Time) (*standing, error) {
	t := s.tenant(h.Tenant)
	switch {
	case t == nil, !s.hosts[h.Host], !s.allowsOrigin(t, origin):
		return nil, wire.BadCredential
	case !wire.Verify(h.Identity, "relay hello", HelloInput(nonce, &h), h.Signature):
		return nil, wire.OpenFailed
	case t.manifests.current() == nil:
		return nil, wire.Unavailable // without one nobody can trust anybody
	}
	out := &standing{tenant: t, role: h.Role, identity: bytes.Clone(h.Identity)}
	switch h.Role {
	case wire.Customer:
		return out, verifyCustomer(out, h, now)
	case wire.Agent, wire.Supervisor, wire.Bot, wire.Inbox, wire.Archive:
		return out, verifyCompany(out, h, now)
	}
	// A guest has no proof of its own yet: a customer's commit speaks for it.
	return nil, wire.BadCredential
}

// verifyCustomer checks the identity token. What it says of the person goes
// nowhere, but a hash of the subject, by which limits go: the relay only needs to
// know that the company vouches.
func verifyCustomer(out *standing, h Hello, now time.Time) error {
	claims, err := out.tenant.Tokens.Verify(string(h.Proof), now)
	switch {
	case errors.Is(err, token.ErrExpired):
		return wire.Expired
	case err != nil:
		return wire.BadCredential
	case claims.Thumbprint != "" && claims.Thumbprint != token.Thumbprint(h.Identity):
		return wire.BadCredential
	}
	out.customer = out.tenant.customerKey(claims.Subject)
	return nil
}

// verifyCompany checks a credential against the newest manifest and the clock.
func verifyCompany(out *standing, h Hello, now time.Time) error {
	manifest := out.tenant.manifests.current()
	unix := uint64(now.Unix())
	if err := manifest.ValidAt(unix); err != nil {
		return err
	}
	credential, err := wire.DecodeCredential(h.Proof)
	if err != nil {
		return wire.BadCredential
	}
	if credential.Role != h.Role || !bytes.Equal(credential.Identity, h.Identity) {
		return wire.BadCredential
	}
	if err := manifest.CheckCredential(credential); err != nil {
		return err
	}
	if err := credential.ValidAt(unix); err != nil {
		return err
	}
	out.queues, out.until, out.shown = credential.Queues, credential.NotAfter, credential
	return nil
}
