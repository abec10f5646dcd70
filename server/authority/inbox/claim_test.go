package inbox

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
)

func TestCustomerWritesBeforeAnAgentIsThereAndTheClaimantIsIn(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Say(k, "is anybody there?")
	h.eventually("the entries are counted", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
	if w := h.waiting(k.ID()); w.Queue != "default" || w.Parked || w.Since == 0 {
		t.Errorf("waits as %+v", w)
	}
	ana := h.agent("Ana")
	if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
		t.Fatal(err)
	}
	h.eventually("the conversation waits no more", func() bool { return h.waiting(k.ID()) == nil })
	at := ana.Open(k.ID())
	if !slices.Contains(at.Heard, "is anybody there?") {
		t.Errorf("Ana heard %q, and was granted what was said before", at.Heard)
	}
	ana.Say(at, "here I am")
	c.Until(k, "the agent's word comes", func() bool { return slices.Contains(k.Heard, "here I am") })
	if len(k.Members()) != 2 {
		t.Errorf("members %q, want the customer and Ana", ids(k))
	}
	h.eventually("the inbox forgets it", func() bool {
		rows, err := h.store.Rows(t.Context(), "default")
		return err == nil && len(rows) == 0
	})
}

func TestManyClaimsAtOneMomentHaveOneWinner(t *testing.T) {
	for _, n := range []int{5, 50} {
		h := newHouse(t)
		c := h.customer()
		k := h.begin(c)
		agents := make([]*authoritytest.Person, n)
		offers := make([][]byte, n)
		for i := range agents {
			agents[i] = authoritytest.Agent(t, h.Relay, string(rune('A'+i)))
			if i == 0 {
				agents[i].Connect()
			} else if err := errors.Join(agents[i].AddManifest(h.Org.Manifest.Bytes(), 0, false), agents[i].SetCredential(agents[i].Proof, uint64(1))); err != nil {
				t.Fatal(err)
			}
			offers[i] = agents[i].Offer()
		}
		answers := make([]error, n)
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range agents {
			all.Go(func() { <-start; answers[i] = h.claim(agents[i], k.ID(), offers[i]) })
		}
		close(start)
		all.Wait()
		winner := slices.Index(answers, nil)
		if winner < 0 {
			t.Fatalf("nobody won: %v", answers)
		}
		alias := string(rune('A' + winner))
		for i, err := range answers {
			var lost Lost
			if i != winner && (!errors.As(err, &lost) || lost.By != alias) {
				t.Errorf("claim %d of %d: %v, want lost to %s", i, n, err, alias)
			}
			if again := h.claim(agents[i], k.ID(), offers[i]); (again == nil) != (i == winner) {
				t.Errorf("claim %d of %d, asked again: %v", i, n, again)
			}
		}
		c.Read(k)
		in := 0
		for _, m := range k.Members() {
			if m.Role == 3 {
				in++
				if m.Alias != alias {
					t.Errorf("%s is in, and %s was told so", m.Alias, alias)
				}
			}
		}
		if in != 1 {
			t.Errorf("%d agents are in: %q", in, ids(k))
		}
		h.close()
	}
}
