package e2etest

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/wasm/wire"
)

// shortlived is a wire to the authority on which the first so many credentials end
// after life; ends is when the newest of them does.
func shortlived(t *testing.T, d *harness.Demo, first int64, life time.Duration) (w *harness.Wire, ends *atomic.Int64) {
	t.Helper()
	w, ends = harness.NewWire(t), new(atomic.Int64)
	issue := vouched(t, d, wire.Agent, "Ana", life)
	var given atomic.Int64
	w.Response = func(res *http.Response) error {
		if res.Request.URL.Path != "/v1/authority/credential" || given.Add(1) > first {
			return nil
		}
		ends.Store(time.Now().Add(life).Unix() + 1)
		return harness.AlterBody(res, func(b []byte) []byte { return withCredential(t, b, issue) })
	}
	return w, ends
}

func awaitEnd(t *testing.T, ends *atomic.Int64) {
	t.Helper()
	harness.Eventually(t, "the credential to end", func() (bool, string) { return time.Now().Unix() > ends.Load(), "" })
}

// The credential of an agent's page ends in mid-conversation: the page has got
// another by then, and nobody is taken out.
func TestAPageRenewsItsCredentialInMidConversation(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	w, ends := shortlived(t, d, 1, 10*time.Second)
	customer, ana := customerAt(t, d, nil), deskAt(t, d, "Ana", w)
	customer.Say("hello")
	takes(t, ana, "hello")
	exchange(t, customer, ana, "under the first", "it ends soon")
	awaitEnd(t, ends)
	exchange(t, customer, ana, "still there?", "under another")
	ana.Say("and I began it")
	customer.AwaitText(harness.Conversation, "and I began it")
	wantUnread(t, customer, "taken out", "let in again", "waits for another")
}

// The agent's page is gone when its credential ends: the customer's page takes the
// agent out and says so, the queue's inbox comes in, what was written waits there,
// and whoever takes it goes on.
func TestWhenTheAgentIsGoneTheCustomersPageGoesOn(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	w, ends := shortlived(t, d, 1000, 10*time.Second)
	customer, ana := customerAt(t, d, nil), deskAt(t, d, "Ana", w)
	customer.Say("hello")
	takes(t, ana, "hello")
	exchange(t, customer, ana, "one moment", "take your time")
	ana.CloseTab()
	awaitEnd(t, ends)
	customer.Say("are you still there?")
	customer.AwaitPage(waits)
	ben := deskAt(t, d, "Ben", nil)
	takes(t, ben, "are you still there?")
	exchange(t, customer, ben, "who are you?", "Ben")
	wantUnread(t, ben, "take your time")
	awaitOnce(t, customer, "are you still there?", "take your time", "Ben joined")
}
