package harness

import (
	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Falsify has the member hold another secret than the true one of each epoch
// whose messages come first in the log, up to and without the message of that
// number, as one that lies about the past does: what it grants from here on is
// false for these epochs. It gives how many epochs that are.
func (n *Native) Falsify(id wire.ID, before int) int {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	k := n.talks[id]
	state := k.Marshal()
	epochs := map[uint64]bool{}
	for i, raw := range k.log {
		e, err := wire.DecodeEntry(raw)
		if err != nil || e.Kind != wire.KindMessage || i+1 >= before || epochs[e.Message.Epoch] {
			continue
		}
		for at := 0; at+wire.EpochSecret <= len(state); at++ {
			key := [32]byte(wire.Expand(state[at:at+wire.EpochSecret], 32, "message key", e.Message.Header()))
			if _, err := nacl.Open(nil, e.Message.Sealed, &e.Message.Nonce, &key); err == nil {
				state[at] ^= 1
				epochs[e.Message.Epoch] = true
				break
			}
		}
	}
	c, err := n.End.LoadConversation(state)
	if err != nil {
		n.t.Fatal(err)
	}
	k.Conversation = c
	return len(epochs)
}
