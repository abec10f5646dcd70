package service

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// helloFrame is what stands before a hello where it is a frame.
var helloFrame = []byte{byte(relay.TypeHello), 0, 0, 0, 1}

// proven takes a hello apart and checks all of it but the proof: that who made
// it holds the identity key, and made it now and for this service. The nonce is
// used up by whoever judged the proof good, and not before: else who learned
// another's nonce could use it up with any key.
func (s *Service) proven(nonce [32]byte, raw []byte) (*relay.Hello, error) {
	_, body, err := relay.DecodeFrame(append(slices.Clone(helloFrame), raw...))
	if err != nil {
		return nil, err
	}
	h, ok := body.(relay.Hello)
	if !ok {
		return nil, wire.BadArgument
	}
	now := s.now()
	ours := slices.ContainsFunc(s.organisation().Roots(), func(root []byte) bool { return wire.TenantID(root) == h.Tenant })
	switch {
	case !ours, !s.ours(h.Host), !s.nonces.good(nonce, now):
		return nil, wire.BadCredential
	case wire.CheckIdentityKey(h.Identity) != nil:
		return nil, wire.BadKey
	case !wire.Verify(h.Identity, "relay hello", relay.HelloInput(nonce, &h), h.Signature):
		return nil, wire.OpenFailed
	}
	return &h, nil
}

// ours tells whether a hello is for this service. Its hosts are marked, or a
// relay at the same address could pass on what was meant for it.
func (s *Service) ours(host string) bool {
	name, ok := strings.CutPrefix(host, "authority:")
	return ok && s.hosts[name]
}

// issue gives a credential to whom the login names.
func (s *Service) issue(ctx context.Context, nonce [32]byte, h *relay.Hello) ([]byte, error) {
	now := s.now()
	person, err := s.config.Login.Login(ctx, h.Proof, h.Identity, now)
	if err != nil {
		var code wire.Code
		if !errors.As(err, &code) {
			s.failed("login", err)
			code = wire.Unavailable
		}
		return nil, code
	}
	if person.Account == "" { // whose it is could not be told
		s.failed("login", errNobody)
		return nil, wire.Unavailable
	}
	if person.Role != h.Role || person.Role != wire.Agent && person.Role != wire.Supervisor && person.Role != wire.Bot {
		return nil, wire.BadCredential
	}
	org := s.organisation()
	queues := slices.Clone(org.Manifest.Queues)
	if person.Queues != nil { // a login may name queues that are not there yet
		queues = slices.DeleteFunc(queues, func(q string) bool { return !slices.Contains(person.Queues, q) })
	}
	if len(queues) == 0 {
		return nil, wire.BadCredential
	}
	queues = queues[:min(len(queues), wire.MaxQueues)]
	if err := s.nonces.use(nonce, now); err != nil {
		return nil, err
	}
	account := s.config.Store.Account(person.Account)
	c := s.people.standing(wire.MemberID(h.Identity), account)
	if !s.again(c, person, queues, now) {
		if c, err = s.sign(org, h.Identity, person, queues, now); err != nil {
			return nil, err
		}
	}
	displaced, err := s.people.admit(ctx, c, account)
	switch {
	case errors.Is(err, wire.RateLimited):
		return nil, err
	case err != nil:
		s.failed("remembering an agent", err)
		return nil, wire.Unavailable
	}
	for _, member := range displaced {
		s.sessions.forget(member)
	}
	return c.Bytes(), nil
}

// sign makes a credential for whom the login names.
func (s *Service) sign(org *authority.Org, identity []byte, person Person, queues []string, now time.Time) (*wire.Credential, error) {
	raw, err := org.Issue(authority.Request{Identity: identity, Alias: person.Alias, Role: person.Role, Queues: queues, Life: s.config.Life, Until: person.Until, Now: now})
	switch {
	case errors.Is(err, authority.ErrOptions): // an alias that cannot be one
		return nil, wire.BadCredential
	case err != nil:
		s.failed("issuing a credential", err)
		return nil, wire.Unavailable
	}
	c, err := wire.DecodeCredential(raw)
	if err != nil {
		s.failed("issuing a credential", err)
		return nil, wire.Unavailable
	}
	return c, nil
}

var errNobody = errors.New("it names no account")

// begin begins a session with who shows a credential that stands.
func (s *Service) begin(ctx context.Context, nonce [32]byte, h *relay.Hello) (ticket []byte, expires time.Duration, err error) {
	now := s.now()
	c, err := wire.DecodeCredential(bytes.Clone(h.Proof))
	if err != nil {
		return nil, 0, wire.BadCredential
	}
	switch {
	case c.Role != h.Role, !bytes.Equal(c.Identity, h.Identity), c.Role != wire.Agent && c.Role != wire.Supervisor && c.Role != wire.Bot:
		return nil, 0, wire.BadCredential
	}
	if err := s.stands(c, now); err != nil {
		return nil, 0, err
	}
	if err := s.nonces.use(nonce, now); err != nil {
		return nil, 0, err
	}
	switch err := s.people.greet(ctx, c); {
	case err == wire.BadCredential: // displaced
		return nil, 0, err
	case err != nil:
		s.failed("remembering an agent", err)
		return nil, 0, wire.Unavailable
	}
	return s.ticket(c, now)
}

// ticket makes a ticket for one who was greeted, unless it was displaced since:
// whoever displaces first notes it and then ends the tickets that there are.
func (s *Service) ticket(c *wire.Credential, now time.Time) (ticket []byte, expires time.Duration, err error) {
	ticket, expires, err = s.sessions.begin(c, now)
	if member := wire.MemberID(c.Identity); err == nil && s.people.displaced(member) {
		s.sessions.forget(member)
		return nil, 0, wire.BadCredential
	}
	return ticket, expires, err
}

// stands tells whether a credential does, under the newest manifest and now.
func (s *Service) stands(c *wire.Credential, now time.Time) error {
	if err := s.organisation().Manifest.CheckCredential(c); err != nil {
		return err
	}
	return c.ValidAt(uint64(now.Unix()))
}

func (s *Service) failed(what string, err error) { s.logger.Error(what+" failed", "cause", err) }
