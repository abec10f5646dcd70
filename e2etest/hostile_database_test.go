package e2etest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// restoring runs later with the demo's relay as it is now, and then has the
// relay forget all of that: its database is that of now again.
func restoring(t *testing.T, d *harness.Demo, later func()) {
	t.Helper()
	d.Stop()
	from, kept := filepath.Join(d.Dir, "relay"), filepath.Join(t.TempDir(), "relay")
	if err := os.CopyFS(kept, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	d.Start()
	later()
	d.Stop()
	if err := os.RemoveAll(from); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(from, os.DirFS(kept)); err != nil {
		t.Fatal(err)
	}
	d.Start()
}

// An operator restores yesterday's backup: both ends see that the log is shorter
// than what they read, send nothing more into it, and a new conversation works.
func TestARestoredDatabaseIsNoticedByBothEnds(t *testing.T) {
	d := harness.StartDemo(t)
	agent, customer := d.NativeAgent(t), d.NativeCustomer(t)
	customer.Say("before the backup")
	agent.AwaitText("before the backup")
	agent.Say("me too")
	restoring(t, d, func() {
		agent.Reconnect()
		customer.Reconnect()
		customer.Say("after the backup")
		agent.AwaitText("after the backup")
		agent.Say("and me")
		customer.AwaitText("and me")
	})
	for name, n := range map[string]*harness.Native{"customer": customer, "agent": agent} {
		n.Reconnect()
		n.Try("not into this log")
		harness.Eventually(t, name+" to notice", func() (bool, string) {
			r := n.Report()
			return r.State == conversation.Forked && slices.Contains(r.Codes, wire.RolledBack), fmt.Sprintf("%+v", r)
		})
	}
	newcomer := d.NativeCustomer(t)
	newcomer.Say("I am new here")
	agent.AwaitText("I am new here")
	for _, n := range []*harness.Native{customer, agent, newcomer} {
		if r := n.Report(); slices.Contains(r.Heard, "not into this log") || slices.Contains(r.Said, "not into this log") {
			t.Errorf("it was sent: %+v", r)
		}
	}
}

func TestARestoredDatabaseIsNoticedByPages(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	restoring(t, d, func() { exchange(t, customer, agent, "after the backup", "and me") })
	for _, p := range []*harness.Person{customer, agent} {
		p.AwaitPage(sentenceOf(t, "split"))
		sayIfPossible(p, "not into this log")
		awaitOnce(t, p, "good morning", "how can I help?", "after the backup", "and me")
	}
	for _, p := range []*harness.Person{customer, agent} {
		if strings.Contains(p.Read(harness.Conversation), "not into this log") {
			t.Errorf("%s could write into a log that is another one", p.Name)
		}
	}
}

// P10: a relay that keeps a customer's genesis and begins a conversation of its
// own in their place is another customer to the agent: of another name, not
// verified, and nothing of the true one's words comes into it.
func TestP10_ARelayInTheCustomersPlaceIsAnotherCustomer(t *testing.T) {
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	kept := make(chan []byte, 1)
	w.Frame = func(f harness.Frame) [][]byte {
		if f.Up && f.Data[0] == byte(relay.TypeAppend) {
			select {
			case kept <- f.Data:
			default:
			}
			return nil
		}
		return [][]byte{f.Data}
	}
	agent := d.NativeAgent(t)
	customer := d.Native(t, wire.Customer, w)
	customer.Try("this is for the agent alone")
	genesis := <-kept // it never reaches the agent
	if hits := harness.Hits(genesis, "this is for the agent alone"); len(hits) > 0 {
		t.Errorf("the genesis holds the text: %v", hits)
	}
	liar := d.NativeCustomer(t)
	liar.Say("I am the customer, believe me")
	agent.AwaitText("I am the customer, believe me")
	for _, m := range agent.Report().Members {
		if m == customer.End.ID() {
			t.Error("the agent counts the true customer among the members")
		}
	}
	for _, m := range agent.Members() {
		if m.Role == wire.Customer && m.Verified() {
			t.Errorf("the agent takes %x for verified", m.ID)
		}
	}
	agent.Say("hello, whoever you are")
	liar.AwaitText("hello, whoever you are")
	if r := customer.Report(); len(r.Heard) > 0 || len(r.Said) > 0 || r.State != conversation.Empty {
		t.Errorf("the true customer: %+v", r)
	}
	if heard := agent.Heard(); slices.Contains(heard, "this is for the agent alone") {
		t.Errorf("the agent heard %q", heard)
	}
}
