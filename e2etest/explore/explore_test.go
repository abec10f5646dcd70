package explore

import (
	"slices"
	"testing"
)

// small are the worlds that are gone through whole, each to a depth of its own.
var small = []struct {
	name  string
	depth int
	setup Setup
}{
	{"two, a relay", 6, Setup{Checked: true, Agents: 1, Texts: 1, Budget: Budget{Refresh: 2, Crash: 1, Drop: 1, Delay: 1}}},
	{"three, a relay", 5, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Refresh: 2, Crash: 1}}},
	{"a supervisor", 7, Setup{Checked: true, Agents: 2, Supervisor: true, Texts: 1, Budget: Budget{Refresh: 3}}},
	{"a newcomer and a leaver", 6, Setup{Checked: true, Agents: 1, Newcomers: 1, Texts: 1, Budget: Budget{Refresh: 1, Add: 1, Leave: 1, Crash: 1}}},
	{"a credential ends", 5, Setup{Checked: true, Agents: 2, Short: true, Texts: 1, Budget: Budget{Refresh: 1, Lapse: 1, Restore: 1}}},
	{"closing", 7, Setup{Checked: true, Agents: 1, Texts: 1, Budget: Budget{Refresh: 1, Close: 2, Crash: 1}}},
	{"commits with each message", 6, Setup{Checked: true, Agents: 1, Texts: 2, Rotate: 1, Budget: Budget{Refresh: 1, Crash: 1}}},
	{"a newer manifest, another credential", 6, Setup{Checked: true, Agents: 1, Texts: 1, Manifests: 2, Budget: Budget{Refresh: 1, Learn: 1, Renew: 1, Restore: 1}}},
	{"two, any transport", 5, Setup{Agents: 1, Texts: 1, Budget: Budget{Refresh: 2, Crash: 1, Twice: 1, Delay: 1}}},
	{"three, any transport", 4, Setup{Agents: 2, Texts: 1, Budget: Budget{Refresh: 2, Delay: 1}}},
	{"two, an old disk", 7, Setup{Checked: true, Agents: 1, Texts: 1, Budget: Budget{Refresh: 2, Restore: 1, Crash: 1}}},
	{"three, old disks", 5, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Refresh: 2, Restore: 2}}},
	{"a customer anew", 6, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Wipe: 1, Refresh: 1, Restore: 1}}},
	{"two, forged entries", 4, Setup{Checked: true, Agents: 1, Texts: 2, Budget: Budget{Flip: 2, Refresh: 1, Crash: 1}}},
	{"three, forged entries", 4, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Flip: 1, Refresh: 1, Restore: 1}}},
	{"two, one asks", 5, Setup{Checked: true, Agents: 1, Texts: 1, Budget: Budget{Refresh: 1, Crash: 1, Restore: 1, Delay: 1}, Before: asking}},
	{"two, a request on any transport", 5, Setup{Agents: 1, Texts: 1, Budget: Budget{Refresh: 1, Twice: 1, Restore: 1, Delay: 1}, Before: asking}},
	{"two, an answer is made", 5, Setup{Checked: true, Agents: 1, Texts: 1, Budget: Budget{Refresh: 1, Restore: 1, Delay: 1, Flip: 1}, Before: answering}},
	{"three, one asks", 4, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Refresh: 1, Restore: 1, Leave: 1}, Before: asking}},
	{"three, two ask", 4, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Refresh: 1, Restore: 1}, Before: bothAsking}},
	{"three, one leaves", 5, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Refresh: 1, Restore: 1, Leave: 1, Crash: 1}, Before: []Step{{Make, 0}, {Make, 1}, {Leave, 2}, {Send, 2}}}},
	{"three, two are doubted", 4, Setup{Checked: true, Agents: 2, Texts: 2, Budget: Budget{Refresh: 1, Crash: 1, Flip: 1, Leave: 1},
		Before: []Step{{Make, 0}, {FlipSeen, 0}, {Make, 1}, {FlipAhead, 1}}}},
	{"a customer anew asks", 5, Setup{Checked: true, Agents: 2, Texts: 1, Budget: Budget{Refresh: 1, Restore: 1, Leave: 1}, Before: anew}},
	{"all at once", 2, Setup{Agents: 2, Newcomers: 1, Short: true, Texts: 1, Budget: Budget{Refresh: 1, Add: 1, Leave: 1, Close: 1, Crash: 1,
		Restore: 1, Drop: 1, Delay: 1, Twice: 1, Wipe: 1, Lapse: 1, Flip: 1}}},
}

// Ways into places that are too deep to find from the start.
var (
	asking    = []Step{{Refresh, 0}, {Send, 0}, {Read, 0}, {Restore, 0}, {Read, 0}, {Make, 0}, {Send, 0}}
	answering = append(slices.Clip(asking), []Step{{Read, 1}, {Read, 1}, {Make, 1}}...)
	anew      = []Step{{Wipe, 0}, {Read, 0}, {Read, 0}, {Read, 0}, {Read, 0}, {Make, 0}, {Send, 0}}

	bothAsking = []Step{{Refresh, 0}, {Send, 0}, {Read, 0}, {Read, 1}, {Read, 2}, {Refresh, 1}, {Send, 1}, {Read, 0}, {Read, 1}, {Read, 2},
		{Restore, 0}, {Restore, 1}, {Read, 0}, {Read, 0}, {Read, 1}, {Read, 1}, {Make, 0}, {Send, 0}, {Make, 1}, {Send, 1}}
)

// Every order of steps in small worlds: members never disagree, nothing is shown
// that was not sealed, nor twice, nothing raises an alarm without cause, what is
// lost keeps no secret, and from everywhere an honest relay brings all back.
func TestEveryOrderInSmallWorlds(t *testing.T) {
	var worlds, steps, healing int
	for _, s := range append(small, moved...) {
		t.Run(s.name, func(t *testing.T) {
			more := deep
			if s.setup.Budget.Add > 0 && s.setup.Budget.Flip > 0 { // the widest: a step costs tens of thousands of worlds
				more = deep / 2
			}
			x := &Explorer{Depth: max(2, s.depth+more-slow)}
			err := x.Run(NewWorld(s.setup))
			t.Log(x)
			if err != nil {
				t.Error(err)
			}
			worlds, steps, healing = worlds+x.Worlds, steps+x.Transitions, healing+x.Healing
		})
	}
	t.Logf("%d worlds by %d steps, and %d towards healing", worlds, steps, healing)
}
