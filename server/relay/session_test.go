package relay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// A customer shows a token again after a fixed time; an agent's connection goes
// by its credential.
func TestCustomersSessionsEnd(t *testing.T) {
	now := &clock{now: time.Now()}
	s := play(t, func(c *relay.Config) { c.Now = now.Now; c.Limits.Session = time.Hour })
	now.Set(now.Now().Add(time.Hour - time.Minute))
	late := s.Options(relaytest.NewPerson(wire.Customer))
	late.Proof = s.Token(&relaytest.Person{Key: late.Identity}, now.Now())
	atLate := s.ConnectWith(late)
	now.Set(now.Now().Add(time.Minute))
	closedWith(t, s.atCustomer.Wait(), 1012)
	for _, at := range []*relaytest.Client{atLate, s.atAgent} {
		ask[relay.List](t, at, relay.ListConversations{})
	}
	old := s.Options(s.customer)
	old.Proof = s.Token(s.customer, now.Now().Add(-time.Hour))
	if _, err := relaytest.Dial(s.ctx, old); err == nil {
		t.Error("an expired token let it in again")
	} else {
		closed(t, err, wire.Expired)
	}
}

// A hello names at most 255 bytes of host.
func TestHostsAreBounded(t *testing.T) {
	hello := func(length int) []byte {
		return relay.EncodeFrame(1, relay.Hello{Role: wire.Customer, Host: strings.Repeat("a", length), Identity: make([]byte, 32), Proof: []byte("p"), Signature: make([]byte, 64)})
	}
	if _, _, err := relay.DecodeFrame(hello(255)); err != nil {
		t.Errorf("255 bytes: %v", err)
	}
	if _, _, err := relay.DecodeFrame(hello(256)); err == nil {
		t.Error("256 bytes were taken")
	}
}
