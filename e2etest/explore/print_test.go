package explore

import (
	"maps"
	"testing"
)

// onward is where each step leads, and each fair one.
func onward(t *testing.T, w *World) map[Step]Print {
	out := map[Step]Print{}
	for _, s := range w.Steps() {
		n, err := w.Do(s)
		if err != nil {
			t.Fatal(err)
		}
		if n != nil {
			out[s] = n.Print()
		}
	}
	return out
}

// Worlds that the explorer takes for one, because all that is random in them
// stands in the same places, do the same by every step.
func TestWorldsOfOnePrintGoOnAlike(t *testing.T) {
	enough := 25 + 500*deep
	for _, s := range append(small, moved...) {
		seen := map[Print]*World{}
		start := NewWorld(s.setup)
		layer, compared := []*World{start}, 0
		seen[start.Print()] = start
		for len(layer) > 0 && compared < enough {
			var next []*World
			for _, w := range layer {
				for _, step := range w.Steps() {
					n, err := w.Do(step)
					if err != nil {
						t.Fatal(err)
					}
					if n == nil || compared >= enough {
						continue
					}
					p := n.Print()
					same, ok := seen[p]
					if !ok {
						seen[p] = n
						if len(seen) < 3*enough {
							next = append(next, n)
						}
						continue
					}
					compared++
					if a, b := onward(t, same), onward(t, n); !maps.Equal(a, b) {
						t.Fatalf("%s: two worlds of one print part: %d and %d ways on", s.name, len(a), len(b))
					}
				}
			}
			layer = next
		}
		t.Logf("%s: %d pairs", s.name, compared)
	}
}
