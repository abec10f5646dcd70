package relay

import "container/list"

// crowd is the holders of one tenant, by how many tickets they have, so that who
// has most is found without looking at all.
type crowd struct {
	tickets int
	sizes   []*list.List // of *holder, at the number of their tickets; 0 is empty
}

// count does what changes a holder's tickets, and moves it to its new place.
func (c *crowd) count(h *holder, change func()) {
	before := len(h.tickets)
	if h.element != nil {
		c.sizes[before].Remove(h.element)
		h.element = nil
	}
	change()
	after := len(h.tickets)
	c.tickets += after - before
	if after == 0 {
		return
	}
	for len(c.sizes) <= after {
		c.sizes = append(c.sizes, list.New())
	}
	h.element = c.sizes[after].PushBack(h)
}

// most gives who has most tickets, of many the one that came there first. There
// must be some.
func (c *crowd) most() *holder {
	for n := len(c.sizes) - 1; ; n-- {
		if first := c.sizes[n].Front(); first != nil {
			return first.Value.(*holder)
		}
	}
}
