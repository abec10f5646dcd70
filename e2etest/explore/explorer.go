package explore

import (
	"fmt"
	"strings"
)

// Explorer goes through every order of steps from a world, breadth first, each
// world once by its print.
type Explorer struct {
	Depth int // steps
	Most  int // worlds to go on from; 0: all

	Worlds, Transitions int // seen; steps taken, those towards healing apart
	Healing             int // steps towards healing
	Deepest             int
	Excused             int // worlds that heal as nobody is left to hold the epoch, or by an end

	seen   map[Print]struct{}
	healed map[Print]struct{}
}

// Failure is a property that does not hold, and the shortest way to where.
type Failure struct {
	Steps []Step
	Fair  int // fair steps after them, when it is the healing that fails
	Err   error
}

func (f *Failure) Error() string {
	var b strings.Builder
	for _, s := range f.Steps {
		fmt.Fprintf(&b, "%v\n", s)
	}
	if f.Fair > 0 {
		fmt.Fprintf(&b, "and %d fair steps\n", f.Fair)
	}
	return fmt.Sprintf("%v; after\n%s", f.Err, b.String())
}

type node struct {
	world *World
	from  *node
	step  Step
}

func (n *node) steps() []Step {
	if n.from == nil {
		return nil
	}
	return append(n.from.steps(), n.step)
}

// fairSteps bounds a healing: no honest schedule needs so many.
const fairSteps = 400

// Run explores. Nil: all that it promises holds in every world.
func (x *Explorer) Run(start *World) error {
	x.seen, x.healed = map[Print]struct{}{start.Print(): {}}, map[Print]struct{}{}
	x.Worlds = 1
	clear(leafKeys)
	layer := []*node{{world: start}}
	for depth := 0; len(layer) > 0; depth++ {
		x.Deepest = depth
		var next []*node
		for _, n := range layer {
			if err := x.heal(n); err != nil {
				return err
			}
			if depth == x.Depth || x.Most > 0 && x.Worlds >= x.Most {
				continue
			}
			for _, s := range n.world.Steps() {
				w, err := n.world.Do(s)
				if err != nil {
					return &Failure{Steps: append(n.steps(), s), Err: err}
				}
				if w == nil {
					continue
				}
				x.Transitions++
				p := w.Print()
				if _, ok := x.seen[p]; ok {
					continue
				}
				x.seen[p] = struct{}{}
				x.Worlds++
				next = append(next, &node{world: w, from: n, step: s})
			}
			n.world = nil
		}
		layer = next
	}
	return nil
}

// heal follows the fair schedule from a world until it ends, or meets a world
// that is known to heal.
func (x *Explorer) heal(n *node) error {
	var path []Print
	fair := *n.world
	fair.Budget, fair.offers = Budget{}, nil // nothing more goes wrong
	w := &fair
	for steps := 0; ; steps++ {
		p := w.Print()
		if _, ok := x.healed[p]; ok {
			break
		}
		if steps > fairSteps {
			return &Failure{Steps: n.steps(), Fair: steps, Err: fmt.Errorf("no end of it")}
		}
		path = append(path, p)
		next, err := w.Heal()
		if err != nil {
			return &Failure{Steps: n.steps(), Fair: steps, Err: err}
		}
		if next == nil {
			break
		}
		x.Healing++
		w = next
	}
	for _, p := range path {
		x.healed[p] = struct{}{}
	}
	return nil
}

func (x *Explorer) String() string {
	return fmt.Sprintf("%d worlds to depth %d by %d steps, and %d towards healing", x.Worlds, x.Deepest, x.Transitions, x.Healing)
}
