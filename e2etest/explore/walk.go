package explore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Walk is one long order of steps in a world, and the fair schedule from there,
// as data: "send 1", "say 0". What an explorer does not reach by its depth it
// meets by chance.
type Walk struct {
	About string   `json:"about,omitempty"`
	World string   `json:"world"` // by its name in the tests
	Steps []string `json:"steps"`
}

// Walker takes steps and notes them.
type Walker struct {
	World *World
	Walk  Walk
	said  int
}

// NewWalker begins in a world, of which nothing that was tried there counts.
func NewWalker(name string, w *World) *Walker {
	fresh := *w
	fresh.Members = nil
	for _, m := range w.Members {
		fresh.Members = append(fresh.Members, m.changed())
	}
	return &Walker{World: &fresh, Walk: Walk{World: name}}
}

// Say has a member write something new.
func (x *Walker) Say(i int) {
	x.said++
	x.Walk.Steps = append(x.Walk.Steps, fmt.Sprint("say ", i))
	m := x.World.Members[i]
	x.World = x.World.with(i, m.Write(fmt.Sprintf("text %d of %s", x.said, m.Name)))
}

// Go takes a step; false: it is not possible.
func (x *Walker) Go(s Step) (bool, error) {
	w, err := x.World.Do(s)
	if w == nil && err == nil {
		return false, nil
	}
	x.Walk.Steps = append(x.Walk.Steps, s.String())
	if err == nil {
		x.World = w
	}
	return true, err
}

// Pick takes one of the steps of some kinds that are possible, by the dice.
func (x *Walker) Pick(dice *rand.Rand, of func(Kind) bool) error {
	all := x.World.Steps()
	for _, k := range dice.Perm(int(kinds)) {
		if !of(Kind(k)) {
			continue
		}
		steps := slices.DeleteFunc(slices.Clone(all), func(s Step) bool { return s.Kind != Kind(k) })
		for _, i := range dice.Perm(len(steps)) {
			if ok, err := x.Go(steps[i]); ok || err != nil {
				return err
			}
		}
	}
	return nil
}

// Stray takes steps by the dice: mostly what brings things on.
func (x *Walker) Stray(dice *rand.Rand) (err error) {
	for range 60 + dice.IntN(180) {
		switch n := dice.IntN(32); {
		case n < 3:
			if i := dice.IntN(len(x.World.Members)); x.World.speaks(i) && len(x.World.Members[i].Outbox) < 2 {
				x.Say(i)
			}
		case n < 7:
			err = x.Pick(dice, changing)
		case n < 9:
			err = x.Pick(dice, other)
		default:
			err = x.Pick(dice, honest)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// What ends do unasked, what brings others in or sends them away, and the rest.
func honest(k Kind) bool   { return k == Make || k == Send || k == Read || k == Arrive }
func changing(k Kind) bool { return k >= Claim && k < FlipBox || k == Add || k == Leave }
func other(k Kind) bool    { return !honest(k) && !changing(k) }

// Finish follows the fair schedule to its end.
func (x *Walker) Finish() error {
	fair := *x.World
	fair.Budget, fair.offers = Budget{}, nil
	w := &fair
	for range 4 * fairSteps {
		n, err := w.Heal()
		if n == nil || err != nil {
			return err
		}
		w = n
	}
	return fmt.Errorf("no end of it")
}

// Play takes the steps of a walk, as far as they are possible, and finishes.
func (k *Walk) Play(w *World) error {
	x := NewWalker(k.World, w)
	for _, text := range k.Steps {
		s, err := ParseStep(text)
		if err != nil {
			return err
		}
		if s.Kind == kinds {
			x.Say(s.Who)
		} else if _, err := x.Go(s); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return x.Finish()
}

// Shrunk is the walk without what it fails without.
func (k *Walk) Shrunk(w *World) Walk {
	out := *k
	for some := max(1, len(out.Steps)/2); some > 0; some /= 2 {
		for at := 0; at+some <= len(out.Steps); {
			shorter := out
			shorter.Steps = slices.Delete(slices.Clone(out.Steps), at, at+some)
			if shorter.Play(w) != nil {
				out = shorter
			} else {
				at += some
			}
		}
	}
	return out
}

// ParseStep reads a step; to say something is of the kind beyond all.
func ParseStep(text string) (s Step, err error) {
	at := strings.LastIndexByte(text, ' ')
	name := text[:max(at, 0)]
	if _, err = fmt.Sscan(text[at+1:], &s.Who); err != nil {
		return s, err
	}
	for k := range kinds {
		if kindNames[k] == name {
			s.Kind = k
			return s, nil
		}
	}
	if name == "say" {
		s.Kind = kinds
		return s, nil
	}
	return s, fmt.Errorf("nobody knows how to %q", text)
}
