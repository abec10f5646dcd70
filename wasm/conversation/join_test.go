package conversation

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// lose is what a device comes to that has its identity, but nothing of the
// conversation: loaded again it reads the whole log.
func (p *pair) lose(c *Conversation) *Conversation {
	p.t.Helper()
	end, err := LoadEnd(c.end.Marshal(), c.end.role, c.end.roots)
	if err != nil {
		p.t.Fatal(err)
	}
	again := end.Join(c.ID())
	p.read(again)
	if again.State() != Lost {
		p.t.Fatalf("state %d after reading the log anew", again.State())
	}
	return again
}

// ask makes c's join request and appends it.
func (p *pair) ask(c *Conversation) wire.ID {
	p.t.Helper()
	entry := p.must(c.JoinRequest(p.now))
	p.log.mustAppend(entry)
	return wire.EntryID(entry)
}

func TestLostMemberComesBack(t *testing.T) {
	for _, name := range []string{"customer", "agent"} {
		p := newPair(t)
		p.settle()
		p.send(p.agent, "before")
		p.read(p.customer)
		lost, other := &p.agent, p.customer
		if name == "customer" {
			lost, other = &p.customer, p.agent
		}
		p.read(other)
		*lost = p.lose(*lost)
		id := p.ask(*lost)
		if ev := p.last(other); ev.Type != Joining || ev.Own || !ev.Join.Same || ev.Join.Replaces != (*lost).end.ID() || ev.Join.Reason != wire.ReasonLost {
			t.Errorf("%s: %+v", name, ev)
		}
		if all := other.Joins(); len(all) != 1 || all[0].ID != id || !all[0].Same {
			t.Errorf("%s: %+v", name, all)
		}
		p.due("who reads it", other, DueCommit)
		p.commit(other)
		p.due("who answered", other, DueNothing)
		evs := p.read(*lost)
		if ev := evs[len(evs)-1]; ev.Type != Applied || !slices.Contains(ev.Added, (*lost).end.ID()) || !slices.Contains(ev.Removed, (*lost).end.ID()) || (*lost).State() != Active {
			t.Errorf("%s: %+v, state %d", name, ev, (*lost).State())
		}
		for _, from := range []*Conversation{*lost, other} {
			p.send(from, "after")
			for _, to := range []*Conversation{*lost, other} {
				if ev := p.last(to); ev.Type != Opened || !bytes.Equal(ev.Content, []byte("after")) {
					t.Errorf("%s: %+v", name, ev)
				}
			}
		}
	}
}
