package e2etest

import (
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/wasm/wire"
)

// An agent's credential ends in mid-conversation, with the agent gone: the
// customer's end takes the agent out, brings in the queue's inbox and sends; what
// it sends opens to whoever claims it, and not to the agent.
func TestWhenTheAgentsTimeHasRunOutTheInboxIsBroughtIn(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	const life = 4 * time.Second
	ana, ben := d.Hired(t, wire.Agent, "Ana", vouched(t, d, wire.Agent, "Ana", life)), d.Worker(t, "Ben")
	ends := time.Now().Add(life)
	ana.Claim(id)
	talks(t, customer, ana, "with Ana")
	kept := ana.Loot(id)
	ana.Cut()
	harness.Eventually(t, "the credential to end", func() (bool, string) { return time.Now().After(ends.Add(time.Second)), "" })

	customer.Say("are you still there?")
	ben.AwaitWaiting(id, uint64(len(customer.Log(id))))
	ben.Claim(id)
	talks(t, customer, ben, "with Ben")
	wantHeard(t, ben, "are you still there?", "with Ben?")
	wantMembers(t, customer, customer, ben)
	wantNothingLater(t, "Ana", kept, customer.Log(id))
}

// Renewed in mid-conversation, an agent goes on: its commit shows the new
// credential, and nobody takes it out when the old one ends.
func TestARenewedCredentialGoesOn(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "hello?")
	const life = 4 * time.Second
	ana := d.Hired(t, wire.Agent, "Ana", vouched(t, d, wire.Agent, "Ana", life))
	ends := time.Now().Add(life)
	ana.Claim(id)
	talks(t, customer, ana, "under the first")
	ana.Renew()
	ana.Say("under the second")
	customer.AwaitText("under the second")
	harness.Eventually(t, "the first credential to end", func() (bool, string) { return time.Now().After(ends.Add(time.Second)), "" })
	ana.Reconnect() // the relay let the connection go that the first one had opened
	talks(t, customer, ana, "and on")
	wantMembers(t, customer, customer, ana)
}
