package explore

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/cryptotest"

	"pgregory.net/rapid"
)

var shuffled = []string{"say", "say", "send", "send", "send", "show", "show", "catch up", "catch up", "catch up", "round", "round", "round", "crash", "restore", "commit", "add", "leave", "wait"}

func drawnShuffle(t *rapid.T, does []string) Turn {
	turn := Turn{Do: rapid.SampledFrom(does).Draw(t, "do"), Who: rapid.IntRange(0, 4).Draw(t, "who")}
	switch turn.Do {
	case "show":
		turn.N = rapid.IntRange(0, 6).Draw(t, "n")
	case "catch up":
		turn.N = rapid.IntRange(1, 4).Draw(t, "n")
	case "wait":
		turn.N = rapid.IntRange(1, 20).Draw(t, "n")
	}
	return turn
}

func TestNoOrderIsBelieved(t *testing.T) { shuffle(t, schedules, shuffled, "1", "2") }

// The same where who is in changes hands.
func TestNoOrderOfMovesIsBelieved(t *testing.T) {
	shuffle(t, schedules/2, slices.Concat(shuffled, []string{"round", "round", "round"}, moves), "waiting", "attended")
}

func shuffle(t *testing.T, times int, does []string, in ...string) {
	check(times)
	worlds := known(t)
	var sum Outcome
	all := 0
	turn := rapid.Custom(func(t *rapid.T) Turn { return drawnShuffle(t, does) })
	rapid.Check(t, func(rt *rapid.T) {
		s := &Shuffle{World: rapid.SampledFrom(in).Draw(rt, "world"), Turns: rapid.SliceOfN(turn, 10, 80).Draw(rt, "turns")}
		cryptotest.SetGlobalRandom(t, 0)
		o, err := s.Play(worlds[s.World])
		if err != nil {
			b, _ := json.Marshal(s)
			rt.Fatalf("%v\n%s", err, b)
		}
		all++
		sum.Count(o)
	})
	t.Logf("%d shuffles; %v", all, sum)
}
