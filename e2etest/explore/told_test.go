package explore

import (
	"slices"
	"testing"
	"testing/cryptotest"

	"github.com/sealwire/sealwire/e2etest/lies"
	"pgregory.net/rapid"
)

// drawnRule is any lie that a relay can tell about entries, in both directions.
func drawnRule(t *rapid.T) lies.Rule {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	number := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
	r := lies.Rule{When: lies.Match{
		Frame:   pick("frame", "entry", "entry", "entry", "append", "subscribe", "ack"),
		End:     pick("end", "", lies.Customer, lies.Agent),
		Carries: pick("carries", "", "message", "commit", "join"),
		From:    pick("from", "", "self", "other"),
		During:  pick("during", lies.Telling, lies.Telling, ""),
		Nth:     number("nth", 0, 3),
		Times:   number("times", -1, 2),
	}}
	if r.When.During == "" { // not what came before
		r.When.Sequence = uint64(number("sequence", 4, 8))
	}
	at := func() string {
		return pick("at", "any", "any", "walk", "sealed", "signature", "tag", "body", "seals", "epoch", "sender", "instance", "counter", "seen", "seen hash", "nonce")
	}
	fleeting := rapid.Bool().Draw(t, "fleeting")
	var a lies.Act
	switch r.When.Frame {
	case "ack":
		r.When.Carries, r.When.From, r.When.Sequence, r.When.During = "", "", 0, lies.Telling
		a = lies.Act{Do: "set", Field: pick("field", "sequence", "duplicate"), To: uint64(number("to", 0, 20))}
	case "subscribe":
		r.When.Carries, r.When.From, r.When.Sequence, r.When.During = "", "", 0, lies.Telling
		a = lies.Act{Do: "rollback", Count: number("count", 1, 5)}
	case "append":
		r.When.Sequence, r.When.During = 0, lies.Telling
		switch do := pick("do", "flip", "refuse", "forge", "drop", "double", "delay", "replay", "split", "cross"); do {
		case "flip":
			a = lies.Act{Do: do, At: at(), Bit: number("bit", 0, 7)}
		case "refuse":
			a = lies.Act{Do: do, Code: pick("code", "stale epoch", "stale head", "not a member", "rate limited", "unavailable"), Stored: rapid.Bool().Draw(t, "stored")}
		case "delay":
			a = lies.Act{Do: do, Count: number("count", 1, 6)}
		case "replay":
			a = lies.Act{Do: do, Nth: number("which", -3, 5), Count: number("count", 0, 3)}
		default:
			a = lies.Act{Do: do}
		}
	default:
		switch do := pick("do", "flip", "truncate", "extend", "drop", "double", "delay", "reorder", "inject", "replay", "set", "split", "cross", "overlay", "raw"); do {
		case "flip":
			a = lies.Act{Do: do, At: at(), Bit: number("bit", 0, 7), Fleeting: fleeting}
		case "truncate", "extend":
			a = lies.Act{Do: do, Bytes: number("bytes", 1, 300), Fleeting: fleeting}
		case "delay":
			a = lies.Act{Do: do, Count: number("count", 1, 6), Fleeting: fleeting}
		case "reorder":
			a = lies.Act{Do: do, Count: number("count", 2, 5), Fleeting: fleeting}
		case "inject":
			a = lies.Act{Do: do, With: pick("with", "plaintext", "markup", "unknown kind", "plaintext message", "ghost message", "forged message", "ghost commit", "ghost added", "ghost join"),
				Before: rapid.Bool().Draw(t, "before"), Fleeting: fleeting}
		case "overlay":
			a = lies.Act{Do: do, At: at(), With: "plaintext", Fleeting: fleeting}
		case "replay":
			a = lies.Act{Do: do, Nth: number("which", -3, 5), Count: number("count", -1, 3), Before: rapid.Bool().Draw(t, "before"), Fleeting: fleeting}
		case "set":
			a = lies.Act{Do: do, Field: "sequence", To: uint64(number("to", 0, 20))}
		case "raw":
			a = lies.Act{Do: do, With: pick("with", "unknown frame", "end's frame", "short frame")}
		case "drop", "double":
			a = lies.Act{Do: do, Fleeting: fleeting}
		default:
			a = lies.Act{Do: do}
		}
	}
	r.Do = []lies.Act{a}
	return r
}

var (
	turns = []string{"talk", "talk", "talk", "talk", "act", "act", "act", "say", "read", "crash", "restore", "hang up", "commit", "commit", "add", "leave", "wait", "after"}
	moves = []string{"claim", "claim", "claim", "transfer", "transfer bare", "park", "invite", "supervise", "take over", "remove", "ask another"}
)

func drawnTurn(t *rapid.T, does []string) Turn {
	turn := Turn{Do: rapid.SampledFrom(does).Draw(t, "do"), Who: rapid.IntRange(0, 4).Draw(t, "who")}
	switch turn.Do {
	case "read":
		turn.N = rapid.IntRange(1, 3).Draw(t, "n")
	case "wait":
		turn.N = rapid.IntRange(1, 20).Draw(t, "n")
	}
	return turn
}

// corpus are the rules of all known lies that are about what passes here.
func corpus(t *testing.T) (rules []lies.Rule) {
	all, err := lies.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, lie := range all {
		for _, r := range lie.Rules {
			if slices.Contains([]string{"entry", "append", "subscribe", "ack", "error"}, r.When.Frame) && len((&lies.Lie{Rules: []lies.Rule{r}}).Needs()) == 0 {
				rules = append(rules, r)
			}
		}
	}
	if len(rules) < 50 {
		t.Fatalf("%d known rules", len(rules))
	}
	return rules
}

func anyRule(t *testing.T) *rapid.Generator[lies.Rule] {
	return rapid.OneOf(rapid.Custom(drawnRule), rapid.SampledFrom(corpus(t)))
}

func TestNoLieIsBelieved(t *testing.T) { play(t, schedules, anyRule(t), turns, "1", "2") }

// Lies about what is sent, and what is shown once in the place of the truth,
// hold nobody up for good.
func TestLiesThatPassHoldNobodyUp(t *testing.T) {
	play(t, schedules/4, anyRule(t).Filter(passing), turns, "1", "2")
}

// The same where who is in changes hands.
func TestNoLieAboutMovesIsBelieved(t *testing.T) {
	play(t, schedules, anyRule(t), moving(), "waiting", "attended")
}

func TestLiesThatPassHoldNoMoveUp(t *testing.T) {
	play(t, schedules/4, anyRule(t).Filter(passing), slices.DeleteFunc(moving(), func(do string) bool { return do == "restore" }), "waiting", "attended")
}

func moving() []string { return slices.Concat(turns, []string{"talk", "talk", "talk", "talk"}, moves) }

func play(t *testing.T, times int, rule *rapid.Generator[lies.Rule], does []string, in ...string) {
	check(times)
	worlds := known(t)
	var sum Outcome
	lied, all := 0, 0
	turn := rapid.Custom(func(t *rapid.T) Turn { return drawnTurn(t, does) })
	rapid.Check(t, func(rt *rapid.T) {
		s := &Schedule{
			World: rapid.SampledFrom(in).Draw(rt, "world"),
			Seed:  rapid.Uint64Range(0, 99).Draw(rt, "seed"),
			Rules: rapid.SliceOfN(rule, 0, 4).Draw(rt, "rules"),
			Turns: rapid.SliceOfN(turn, 8, 40).Draw(rt, "turns"),
		}
		cryptotest.SetGlobalRandom(t, s.Seed)
		o, err := s.Play(worlds[s.World])
		if err != nil {
			rt.Fatalf("%v\n%v", err, s)
		}
		all++
		sum.Count(o)
		if o.Fired {
			lied++
		}
	})
	t.Logf("%d schedules, %d with a lie; %v", all, lied, sum)
}
