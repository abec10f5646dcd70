package main

import (
	"testing"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// A benchmark that checks every id must see each way in which one can be wrong.
func TestCompareFindsBrokenPromises(t *testing.T) {
	entry := func(sequence uint64, text string) relay.Entry {
		return relay.Entry{Sequence: sequence, Entry: []byte(text)}
	}
	id := func(text string) wire.ID { return wire.EntryID([]byte(text)) }
	sent := map[wire.ID]bool{id("a"): true, id("b"): true, id("c"): true}
	acked := map[wire.ID]uint64{id("a"): 1, id("b"): 2}
	for _, c := range []struct {
		name string
		log  []relay.Entry
		want findings
	}{
		{"all there", []relay.Entry{entry(1, "a"), entry(2, "b")}, findings{}},
		{"one never acknowledged too", []relay.Entry{entry(1, "a"), entry(2, "b"), entry(3, "c")}, findings{}},
		{"nothing there", nil, findings{lost: 2}},
		{"the last one lost", []relay.Entry{entry(1, "a")}, findings{lost: 1}},
		{"changed places", []relay.Entry{entry(1, "b"), entry(2, "a")}, findings{moved: 2}},
		{"stored twice", []relay.Entry{entry(1, "a"), entry(2, "b"), entry(3, "a")}, findings{twice: 1}},
		{"a hole", []relay.Entry{entry(1, "a"), entry(2, "b"), entry(4, "c")}, findings{holes: 1}},
		{"of nobody", []relay.Entry{entry(1, "a"), entry(2, "b"), entry(3, "x")}, findings{strange: 1}},
	} {
		c.want.checked = 2
		if got := compare(c.log, sent, acked); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestQuantileIsTheSmallestThatCovers(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, c := range []struct {
		values []int
		q      float64
		want   int
	}{
		{hundred, 0.5, 50}, {hundred, 0.99, 99}, {hundred, 1, 100}, {hundred, 0, 1},
		{[]int{7}, 0.99, 7}, {[]int{1, 2, 3, 4}, 0.5, 2}, {[]int{1, 2, 3}, 0.5, 2},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile %v of %d values is %d, want %d", c.q, len(c.values), got, c.want)
		}
	}
}
