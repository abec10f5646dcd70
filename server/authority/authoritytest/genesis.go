package authoritytest

import (
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
	"testing"
)

func (p *Person) genesis(queue string, adds ...conversation.Newcomer) (*conversation.Conversation, error) {
	return p.Genesis(uint64(time.Now().UnixMilli()), queue, adds, nil)
}

// Agent is one of the relay's company, with a credential from its issuer key.
func Agent(t testing.TB, r *relaytest.Relay, alias string, queues ...string) *Person {
	t.Helper()
	return Staff(t, r, authority.Request{Role: wire.Agent, Alias: alias, Queues: queues})
}

// Staff is Agent of any role.
func Staff(t testing.TB, r *relaytest.Relay, q authority.Request) *Person {
	t.Helper()
	p := New(t, q.Role, r.URL, relaytest.Origin, wire.Hash(r.Org.RootKey()))
	q.Identity = p.Identity()
	raw, err := r.Org.Issue(q)
	if err != nil {
		t.Fatal(err)
	}
	p.Proof = raw
	return p
}
