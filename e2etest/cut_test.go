package e2etest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// P13: an agent who is out keeps the socket open, and asks to follow again: from a
// second after on it is sent nothing more of that conversation, and all else goes on.
func TestP13_WhoIsOutIsCutOffWithinASecond(t *testing.T) {
	for name, out := range map[string]func(customer, ana, ben *harness.Native, id wire.ID){
		"it left": func(_, ana, ben *harness.Native, id wire.ID) {
			ana.Transfer(id, ben.End.ID())
			ben.AwaitActive(id)
			ben.Move(id, conversation.Moves{}) // which takes out who is leaving
		},
		"the customer took it out": func(customer, ana, ben *harness.Native, id wire.ID) {
			customer.Move(id, conversation.Moves{Removes: []wire.ID{ana.End.ID()}, Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: customer.TakeInbox()}}})
			ben.AwaitWaiting(id, uint64(len(customer.Log(id))))
			ben.Claim(id)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := harness.StartDemo(t)
			customer, id := begun(t, d, "hello?")
			other, elsewhere := begun(t, d, "another customer")
			ana, ben := d.Worker(t, "Ana"), d.Worker(t, "Ben")
			ana.Claim(id)
			ana.Claim(elsewhere)
			talks(t, customer, ana.In(id), "one")

			var mu sync.Mutex
			var last time.Time
			ana.On(func(b relay.Body) {
				if e, ok := b.(relay.Entry); ok && e.Conversation == id {
					mu.Lock()
					last = time.Now()
					mu.Unlock()
				}
			})
			out(customer, ana, ben, id)
			removed := time.Now()
			for i := 0; time.Since(removed) < 1500*time.Millisecond; i++ {
				talks(t, customer, ben, fmt.Sprint("after it ", i))
			}
			gone := uint64(removedAt(t, customer, ana, id))
			if head := harness.Must[relay.Ack](ana, relay.Subscribe{Conversation: id, After: gone}).Sequence; head != gone {
				t.Errorf("who is out may follow again up to %d, and was removed by %d", head, gone)
			}
			talks(t, customer, ben, "and again")
			talks(t, other, ana.In(elsewhere), "in the other one")
			mu.Lock()
			defer mu.Unlock()
			if late := last.Sub(removed); late > time.Second {
				t.Errorf("who is out was sent an entry %v later", late)
			}
			wantHeard(t, ana.In(id), "hello?", "one?")
		})
	}
}
