package conversation

import (
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Passing messages reach whom the relay and the moment let them reach. What
// comes of a stored one must be the same at all ends, whoever got which of them.
func TestPassingMessagesChangeNothingOfStoredOnes(t *testing.T) {
	p := newPair(t)
	p.settle()
	absent := copyOf(t, p.customer)
	made := func(instance wire.ID, counter uint64, retention uint8) []byte {
		return forged(p.agent, p.agent.end, func(m *wire.Message) { m.Instance, m.Counter, m.Retention = instance, counter, retention }, nil)
	}
	pass := func(name string, entry []byte, code wire.Code) {
		t.Helper()
		_, err := p.customer.Pass(entry)
		want(t, name, err, code)
	}
	pass("a high counter", made(wire.ID{7}, 1000, wire.Passing), 0)
	pass("again", made(wire.ID{7}, 1000, wire.Passing), wire.Replayed)
	pass("a lower one", made(wire.ID{7}, 999, wire.Passing), wire.Replayed)
	for i := range maxInstances + 1 {
		pass("another instance", made(wire.ID{8, byte(i), byte(i >> 8)}, 1, wire.Passing), 0)
	}
	p.log.mustAppend(made(wire.ID{7}, 1, wire.Stored))
	p.log.mustAppend(made(wire.ID{9}, 5, wire.Stored))
	for name, c := range map[string]*Conversation{"who got them": p.customer, "who did not": absent} {
		for _, ev := range p.read(c) {
			if ev.Type != Opened || ev.Gap != ev.Counter-1 {
				t.Errorf("%s: %+v", name, ev)
			}
		}
	}
	pass("a counter that was stored", made(wire.ID{9}, 5, wire.Passing), 0)

	// One counter for each who passes, and only for this epoch.
	if n := len(p.customer.passed); n != 1 {
		t.Errorf("%d counters are kept", n)
	}
	last := made(wire.ID{9}, 6, wire.Passing)
	pass("before the commit", last, 0)
	p.commit(p.customer)
	pass("after it", last, wire.StaleEpoch)
	if n := len(p.customer.passed); n != 0 {
		t.Errorf("%d counters are kept of an epoch that is gone", n)
	}
}
