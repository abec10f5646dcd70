package conversation

import (
	"strings"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

func TestTwoMembersTalkBothWays(t *testing.T) {
	p := newPair(t)
	for i, text := range []string{"Hello, my card is blocked.", "Grüße 👋 \x00 مرحبا", "", strings.Repeat("x", wire.MaxContent)} {
		from, to := p.customer, p.agent
		if i%2 == 1 {
			from, to = to, from
		}
		p.send(from, text)
		ev := p.last(to)
		if ev.Type != Opened || string(ev.Content) != text || ev.Own || ev.Gap != 0 || ev.Sender != from.end.ID() {
			t.Fatalf("message %d: %+v", i, ev)
		}
		own := p.last(from)
		if own.Type != Opened || !own.Own || string(own.Content) != text {
			t.Fatalf("own message %d: %+v", i, own)
		}
	}
	if p.customer.TranscriptHash() != p.agent.TranscriptHash() || p.customer.LogHash() != p.agent.LogHash() {
		t.Fatal("the ends differ")
	}
}
