package explore

import (
	"encoding/json"
	"testing"
	"testing/cryptotest"

	"pgregory.net/rapid"
)

func drawnShuffle(t *rapid.T) Turn {
	turn := Turn{Do: rapid.SampledFrom([]string{"say", "say", "send", "send", "send", "show", "show", "catch up", "catch up", "catch up", "round", "round", "round", "crash", "restore", "commit", "add", "leave", "wait"}).Draw(t, "do"),
		Who: rapid.IntRange(0, 3).Draw(t, "who")}
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

func TestNoOrderIsBelieved(t *testing.T) {
	check(schedules)
	worlds := known(t)
	var sum Outcome
	all := 0
	rapid.Check(t, func(rt *rapid.T) {
		s := &Shuffle{Agents: rapid.IntRange(1, 2).Draw(rt, "agents"), Turns: rapid.SliceOfN(rapid.Custom(drawnShuffle), 10, 80).Draw(rt, "turns")}
		cryptotest.SetGlobalRandom(t, 0)
		o, err := s.Play(worlds[s.Agents])
		if err != nil {
			b, _ := json.Marshal(s)
			rt.Fatalf("%v\n%s", err, b)
		}
		all++
		sum.Count(o)
	})
	t.Logf("%d shuffles; %d messages accepted, %d alarms, %d times let in", all, sum.Opened, sum.Alarms, sum.Added)
}
