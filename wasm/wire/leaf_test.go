package wire

import "testing"

// A leaf moves to nobody else: a copy in another's key package would outlive
// its owner, and with it the join requests that name the leaf.
func TestCopiedLeafIsRefused(t *testing.T) {
	w := newWorld(t)
	customer, agent := w.bare(10), w.actor(11, Agent, nil)
	c := w.begun(customer, agent)
	leaf := c.Member(customer.id()).KeyPackage.Leaf
	w.apply(c, w.join(customer, leaf.Hash()))
	stranger := w.bare(12)
	j := w.join(stranger, leaf.Hash())
	w.apply(c, j)
	bot := w.actor(13, Bot, nil)
	e, _ := DecodeEntry(j)
	id := EntryID(j)
	copied, err := DecodeEntry(w.commit(c, agent, func(d *draft) {
		d.commit.Removes = []ID{customer.id()}
		d.commit.Answers = id[:]
		d.commit.Adds = []Add{{Customer, e.Join.KeyPackage}, {Bot, w.keyPackageWith(bot, leaf)}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	code(t, "a bot with the customer's leaf", c.Check(copied), BadCommit)
	w.apply(c, w.commit(c, agent, func(d *draft) {
		d.commit.Removes = []ID{customer.id()}
		d.commit.Answers = id[:]
		d.commit.Adds = []Add{{Customer, e.Join.KeyPackage}}
	}))
	if n := len(c.joins); n != 0 {
		t.Errorf("%d requests stand after one was answered", n)
	}
	if _, err := LoadChain(c.Marshal(), c.manifests); err != nil {
		t.Errorf("load: %v", err)
	}
}
