package e2etest

import (
	"crypto/ed25519"
	"encoding/hex"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// vouched makes credentials as the demo's company does, for anybody and any time.
func vouched(t *testing.T, d *harness.Demo, role wire.Role, alias string, life time.Duration) func(identity []byte) []byte {
	t.Helper()
	org, err := authority.Load(filepath.Join(d.Dir, "company"))
	if err != nil {
		t.Fatal(err)
	}
	return func(identity []byte) []byte {
		now := time.Now()
		c := &wire.Credential{Role: role, Identity: identity, Alias: alias, Queues: org.Manifest.Queues, Issuer: wire.KeyHash(org.Issuer.Public().(ed25519.PublicKey)),
			NotBefore: uint64(now.Add(-time.Minute).Unix()), NotAfter: uint64(now.Add(life).Unix())}
		b, err := c.Issue(org.Issuer)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// An agent hands over and grants another secret than the true one of an epoch:
// nothing of that epoch opens to the newcomer, who is told, opens all else, and
// does not pass the false secret on.
func TestAFalseGrantOfAnAgentIsRefusedAndTold(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "of the first epoch")
	ana, ben, cleo := d.Worker(t, "Ana"), d.Worker(t, "Ben"), d.Worker(t, "Cleo")
	ana.Claim(id)
	talks(t, customer, ana, "of another epoch")
	if n := ana.Falsify(id, messages(t, customer.Log(id), 1)[1]); n != 1 {
		t.Fatalf("%d secrets are false, want one", n)
	}
	ana.Transfer(id, ben.End.ID())
	ben.AwaitActive(id)
	talks(t, customer, ben, "with Ben")
	wantHeard(t, ben, "of another epoch?", "of another epoch!", "with Ben?")
	if r := ben.Report(); !slices.Contains(r.Codes, wire.OpenFailed) || r.State != conversation.Active {
		t.Errorf("Ben was told %v, and is %v", r.Codes, r.State)
	}
	ben.Transfer(id, cleo.End.ID())
	cleo.AwaitActive(id)
	talks(t, customer, cleo, "with Cleo")
	wantHeard(t, cleo, "of another epoch?", "of another epoch!", "with Ben?", "with Ben!", "with Cleo?")
	if r := cleo.Report(); slices.Contains(r.Codes, wire.OpenFailed) {
		t.Errorf("Ben passed on what is false: Cleo was told %v", r.Codes)
	}
}

// The same by an inbox that the company vouches for, and that has gone bad.
func TestAFalseGrantOfAnInboxIsRefusedAndTold(t *testing.T) {
	d := harness.StartDemo(t)
	bad := d.Hired(t, wire.Inbox, "default", vouched(t, d, wire.Inbox, "default", time.Hour))
	customer := d.NativeCustomer(t)
	customer.First = func() ([]byte, error) { return bad.Kept(), nil }
	customer.Say("of the first epoch")
	id := customer.Conversation()
	bad.AwaitActive(id)
	bad.Move(id, conversation.Moves{})
	customer.Say("of the next one")
	bad.AwaitText("of the next one")
	if n := bad.Falsify(id, messages(t, customer.Log(id), 1)[1]); n != 1 {
		t.Fatalf("%d secrets are false, want one", n)
	}
	ana := d.Worker(t, "Ana")
	bad.Move(id, conversation.Moves{Marks: wire.MarkLeave, Adds: []conversation.Newcomer{{Role: wire.Agent, KeyPackage: bad.Take(ana.End.ID())}}, History: harness.ForClaim})
	ana.AwaitActive(id)
	talks(t, customer, ana, "with Ana")
	wantHeard(t, ana, "of the next one", "with Ana?")
	if r := ana.Report(); !slices.Contains(r.Codes, wire.OpenFailed) {
		t.Errorf("Ana was told %v", r.Codes)
	}
}

// At a desk it is a sentence: whose gift did not prove genuine, and nothing of that
// epoch in words.
func TestAFalseGrantIsToldAtTheDesk(t *testing.T) {
	d := harness.StartDemo(t)
	customer, id := begun(t, d, "of the first epoch")
	ana := d.Worker(t, "Ana")
	ana.Claim(id)
	talks(t, customer, ana, "of another epoch")
	if n := ana.Falsify(id, messages(t, customer.Log(id), 1)[1]); n != 1 {
		t.Fatalf("%d secrets are false, want one", n)
	}
	ben := deskAt(t, d, "Ben", nil)
	q, err := ana.Queues(0)
	if err != nil {
		t.Fatal(err)
	}
	var to wire.ID
	for _, a := range q.Agents {
		if a.Alias == "Ben" {
			b, err := hex.DecodeString(a.Member)
			if err != nil {
				t.Fatal(err)
			}
			to = wire.ID(b)
		}
	}
	ana.Transfer(id, to)
	ben.AwaitText(harness.Conversation, "What Ana gave you to read did not prove genuine")
	awaitOnce(t, ben, "of another epoch?", "of another epoch!")
	wantUnread(t, ben, "of the first epoch")
	ben.Say("I read the rest")
	customer.AwaitText("I read the rest")
}
