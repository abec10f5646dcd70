package model

import "testing"

type row struct {
	name string
	w    world
	live bool
}

// Whatever goes wrong within these budgets, nobody disagrees, and once it stops
// all is well again. The large worlds are searched with SEALWIRE_MODEL=deep only.
func TestCommitRuleHolds(t *testing.T) {
	rows := []row{
		{name: "two, crashes and repeats", w: world{"REFRESHES": 3, "CRASHES": 2, "DUPS": 1}},
		{name: "three race", w: world{"N": 3, "REFRESHES": 3, "CRASHES": 1}},
		{name: "three, one is wiped", w: world{"N": 3, "REFRESHES": 1, "WIPES": 1}},
		{name: "three, one leaves, one is wiped", w: world{"N": 3, "LEAVES": 1, "WIPES": 1}},
		{name: "two, a seal does not open, one leaves", w: world{"REFRESHES": 1, "LEAVES": 1, "BADS": 1, "CRASHES": 1, "DUPS": 1}},
		{name: "two, a seal does not open, one is wiped", w: world{"REFRESHES": 1, "BADS": 1, "WIPES": 1, "CRASHES": 1}},
		{name: "two write, a crash", w: world{"REFRESHES": 1, "SAYS": 2, "CRASHES": 1}},
		{name: "one writes, a false stale", w: world{"REFRESHES": 2, "SAYS": 1, "LIES": 1}},
		{name: "one writes, a seal does not open", w: world{"REFRESHES": 1, "SAYS": 1, "BADS": 1}},
		{name: "order only, three race", w: world{"CAS": 0, "N": 3, "REFRESHES": 2, "DUPS": 1}},
		{name: "order only, a seal does not open, one leaves", w: world{"CAS": 0, "REFRESHES": 1, "BADS": 1, "LEAVES": 1, "DUPS": 1}},
		{name: "order only, one is wiped", w: world{"CAS": 0, "REFRESHES": 1, "WIPES": 1, "CRASHES": 1}},
		{name: "order only, one writes, a false stale", w: world{"CAS": 0, "REFRESHES": 1, "SAYS": 1, "LIES": 1, "DUPS": 1}},
		{name: "for ever: a seal does not open", w: world{"REFRESHES": 1, "BADS": 1}, live: true},
		{name: "for ever: one is wiped", w: world{"REFRESHES": 1, "WIPES": 1}, live: true},
	}
	large := []row{
		{name: "two, all that can lose an epoch", w: world{"REFRESHES": 2, "BADS": 1, "WIPES": 1, "CRASHES": 1}},
		{name: "two, two seals do not open, one leaves", w: world{"REFRESHES": 2, "LEAVES": 1, "BADS": 2, "CRASHES": 1}},
		{name: "two, one writes, one is wiped", w: world{"REFRESHES": 1, "SAYS": 1, "BADS": 1, "WIPES": 1, "CRASHES": 1, "K": 10}},
		{name: "two write, one leaves, a false stale", w: world{"REFRESHES": 1, "SAYS": 2, "LEAVES": 1, "LIES": 1, "K": 10}},
		{name: "three, a seal does not open, one is wiped", w: world{"N": 3, "REFRESHES": 1, "BADS": 1, "WIPES": 1}},
		{name: "three, a seal does not open, one leaves", w: world{"N": 3, "REFRESHES": 1, "BADS": 1, "LEAVES": 1, "CRASHES": 1}},
		{name: "three, one leaves, one writes", w: world{"N": 3, "REFRESHES": 1, "SAYS": 1, "LEAVES": 1}},
		{name: "order only, all that can lose an epoch", w: world{"CAS": 0, "REFRESHES": 1, "BADS": 1, "WIPES": 1, "CRASHES": 1, "DUPS": 1}},
		{name: "order only, one writes, a crash", w: world{"CAS": 0, "REFRESHES": 1, "SAYS": 1, "CRASHES": 1, "LIES": 1, "DUPS": 1}},
		{name: "for ever: one leaves", w: world{"REFRESHES": 1, "LEAVES": 1, "BADS": 1}, live: true},
		{name: "for ever: a seal does not open, one is wiped", w: world{"REFRESHES": 1, "BADS": 1, "WIPES": 1}, live: true},
	}
	if deep() {
		rows = append(rows, large...)
	}
	for i, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if len(rows)-i > len(large) || !deep() { // the small ones run beside each other
				t.Parallel()
			}
			r := search(t, sources(t), row.w, row.live)
			t.Logf("%s states, depth %s", r.states, r.depth)
			if r.errors != 0 {
				t.Errorf("%d errors: %s\n%s", r.errors, r.violate, r.out)
			}
		})
	}
}
