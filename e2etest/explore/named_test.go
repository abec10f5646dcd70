package explore

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// do takes steps, each of which must be possible.
func do(t testing.TB, w *World, steps ...Step) *World {
	t.Helper()
	for _, s := range steps {
		w.Budget = unlimited
		n, err := w.Do(s)
		if err != nil {
			t.Fatalf("%v: %v", s, err)
		}
		if n == nil {
			t.Fatalf("%v is not possible", s)
		}
		w = n
	}
	return w
}

// fair follows the fair schedule to its end.
func fair(t testing.TB, w *World) *World {
	t.Helper()
	for range fairSteps {
		n, err := w.Heal()
		if err != nil {
			t.Fatal(err)
		}
		if n == nil {
			return w
		}
		w = n
	}
	t.Fatal("no end of it")
	return nil
}

func readAll(t testing.TB, w *World) *World {
	t.Helper()
	for i := range w.Members {
		for w.reads(i) {
			w = do(t, w, Step{Read, i})
		}
	}
	return w
}

// say has a member say something and all read it.
func say(t testing.TB, w *World, i int, text string) *World {
	t.Helper()
	w = readAll(t, w).with(i, w.Members[i])
	w = w.with(i, w.Members[i].Write(text))
	for len(w.Members[i].Outbox) > 0 {
		if w.Members[i].Next(w.Now) == nil {
			w = do(t, w, Step{Make, i})
		}
		w = readAll(t, do(t, w, Step{Send, i}))
	}
	return w
}

// opens is how many messages of the log from there on a thief opens, and all.
func opens(thief *Thief, l *Log, from uint64) (opened, all int) {
	for n := from; n < l.Len(); n++ {
		if l.Entries[n].Kind == wire.KindMessage && l.Entries[n].Err == nil {
			all++
		}
	}
	for _, at := range thief.Opens(l) {
		if at > from {
			opened++
		}
	}
	return opened, all
}

// Whoever leaves, however it comes to that, keeps states of every moment; they
// open all that was said while it was in, and nothing after the commit that
// removed it, though it reads the log on.
func TestLeaverWithItsFullStateOpensNothingLater(t *testing.T) {
	for _, how := range []string{"leaves", "ends"} {
		t.Run(how, func(t *testing.T) {
			w := NewWorld(Setup{Checked: true, Agents: 2, Short: true})
			var thief Thief
			all := func(w *World) *World {
				thief.Steal(w.Members[2])
				return w
			}
			for n := range 3 {
				w = all(say(t, all(w), n, fmt.Sprint("while it is in ", n)))
			}
			w = all(say(t, all(do(t, w, Step{Crash, 2})), 2, "after its page ended"))
			before := w.Log.Len()
			if how == "leaves" {
				w = all(do(t, all(w), Step{Leave, 2}))
				w = all(readAll(t, do(t, w, Step{Send, 2})))
			} else {
				w = do(t, w, Step{Lapse, 0})
			}
			w = say(t, w, 0, "the first after")
			removed := slices.IndexFunc(w.Log.Entries, func(p Placed) bool {
				return p.Kind == wire.KindCommit && slices.Contains(p.decoded.Commit.Removes, w.Members[2].ID)
			})
			if removed < 0 || w.Members[2].state != conversation.NotMember {
				t.Fatalf("removed at %d, state %d", removed, w.Members[2].state)
			}
			for n := range 4 {
				w = all(say(t, all(w), n%2, fmt.Sprint("later ", n)))
				w = all(readAll(t, do(t, w, Step{Refresh, n % 2}, Step{Send, n % 2})))
			}
			if opened, of := opens(&thief, w.Log, uint64(removed)); opened != 0 || of != 5 {
				t.Errorf("opens %d of %d later messages", opened, of)
			}
			if opened, of := opens(&thief, w.Log, 0); opened != 4 || of != 9 || before == 0 {
				t.Errorf("opens %d of %d messages in all", opened, of)
			}
		})
	}
}

// Who is added later, with all that it will ever hold, opens nothing earlier.
func TestNewcomerOpensNothingEarlier(t *testing.T) {
	w := NewWorld(Setup{Checked: true, Agents: 1, Newcomers: 1})
	var thief Thief
	thief.Steal(w.Members[2])
	w = say(t, say(t, w, 0, "early"), 1, "early too")
	w = readAll(t, do(t, w, Step{Add, 1}, Step{Send, 1}))
	added := w.Log.Len()
	for n := range 3 {
		thief.Steal(w.Members[2])
		w = say(t, w, n, fmt.Sprint("later ", n))
	}
	thief.Steal(w.Members[2])
	if opened, of := opens(&thief, w.Log, added); opened != 3 || of != 3 {
		t.Errorf("opens %d of %d later messages", opened, of)
	}
	if opened, of := opens(&thief, w.Log, 0); opened != 3 || of != 5 {
		t.Errorf("opens %d of %d messages in all", opened, of)
	}
}

// A flipped tag is a bad signature to everybody, and not a commit that does not
// open: nobody is lost, nobody asks to be added again, and the true one counts.
func TestFlippedTagIsABadSignatureAndProvokesNoJoinRequest(t *testing.T) {
	w := NewWorld(Setup{Checked: true, Agents: 2})
	w = do(t, w, Step{Refresh, 1}, Step{FlipTag, 1})
	if err := w.Log.Entries[w.Log.Len()-1].Err; err != wire.OpenFailed {
		t.Fatalf("to anyone it is: %v", err)
	}
	w = readAll(t, w)
	for i, m := range w.Members {
		if m.state != conversation.Active || m.asked != nil {
			t.Errorf("%s: state %d", m.Name, m.state)
		}
		_, c := m.open(true)
		if _, err := c.JoinRequest(w.Now); err == nil {
			t.Errorf("%s asks to be added again", m.Name)
		}
		if next, _ := m.Make(w.Now); next != nil && i != 1 {
			t.Errorf("%s has something to send", m.Name)
		}
	}
	head := w.Log.Head().Head()
	if w = readAll(t, do(t, w, Step{Send, 1})); w.Log.Head().Head() == head {
		t.Error("the true commit did not count")
	}
	fair(t, w)
}

// Who sleeps for a month and reads the log then, by its clock of then and with
// the manifest of then, comes to the head that those came to who read in time,
// and is shown what they were shown: nothing that ended meanwhile decides.
func TestLogReplayedAMonthLaterGivesTheSameHead(t *testing.T) {
	w := NewWorld(Setup{Checked: true, Agents: 3, Newcomers: 1, Short: true})
	const sleeper = 2
	asleep := w.Members[sleeper]
	w = say(t, w, 0, "one")
	w = readAll(t, do(t, w, Step{Add, 1}, Step{Send, 1}))
	w = say(t, w, 4, "from the newcomer, whose credential ends within the hour")
	w = readAll(t, do(t, w, Step{Lapse, 0}))
	w = say(t, w, 1, "after it ended")
	w = readAll(t, do(t, w, Step{Leave, 3}, Step{Send, 3}))
	w = say(t, w, 0, "last")

	for _, renewed := range []bool{false, true} {
		now := w.Now + 30*24*Hour
		if renewed {
			w.Company.Publish(now/1000 + 365*24*3600)
		}
		m := asleep.Crash()
		if renewed {
			e, c := m.open(true)
			must(e.AddManifest(w.Company.Newest().Bytes(), now/1000, true))
			m = m.saved(e, c)
		}
		for _, p := range w.Log.Entries[m.index:] {
			var err error
			if m, _, err = m.ReadRaw(p.Raw, now); err != nil {
				t.Fatalf("renewed %v, entry: %v", renewed, err)
			}
		}
		c, in := m.Look(), w.Members[sleeper].Look()
		if c.TranscriptHash() != in.TranscriptHash() || c.LogHash() != in.LogHash() || c.Epoch() != in.Epoch() || !sameRoster(c.Members(), in.Members()) {
			t.Errorf("renewed %v: another head", renewed)
		}
		if !slices.Equal(m.Shown, w.Members[sleeper].Shown) || len(m.Shown) != 4 {
			t.Errorf("renewed %v: was shown %v", renewed, m.Shown)
		}
		if _, err := c.Due(now); err != wire.Expired {
			t.Errorf("renewed %v: it may send, with a credential that ended: %v", renewed, err)
		}
	}
}

// The relay stores a message and says that it is stale; the client seals it
// again, or sees that it need not. Everybody is shown one copy.
func TestFalselyStaleMessageIsShownOnce(t *testing.T) {
	for _, code := range []string{"stale epoch", "stale head", "not a member", "unavailable"} {
		for _, meanwhile := range []bool{false, true} {
			s := &Schedule{Agents: 2, Rules: []lies.Rule{{When: lies.Match{Frame: "append", Carries: "message", During: lies.Telling},
				Do: []lies.Act{{Do: "refuse", Code: code, Stored: true}}}}}
			s.Turns = []Turn{{Do: "say"}, {Do: "act"}}
			if meanwhile { // and the epoch does change before it looks again
				s.Turns = append(s.Turns, Turn{Do: "commit", Who: 1}, Turn{Do: "act", Who: 1}, Turn{Do: "crash"})
			}
			liar, err := lies.New(s.Rules, 1, nil)
			must(err)
			told, err := NewTold(NewWorld(Setup{Checked: true, Agents: 2}), liar)
			must(err)
			for _, turn := range s.Turns {
				if err := told.turn(turn); err != nil {
					t.Fatal(err)
				}
			}
			if err := told.finish(); err != nil {
				t.Fatal(err)
			}
			if !told.lied() {
				t.Fatal("nobody lied")
			}
			for _, m := range told.Members {
				if len(m.Shown) != 1 || m.state != conversation.Active || len(m.Outbox) != 0 {
					t.Errorf("%s, meanwhile %v: %s was shown %d, state %d, %d left", code, meanwhile, m.Name, len(m.Shown), m.state, len(m.Outbox))
				}
			}
		}
	}
}

// A page that ends between an append and its echo, with a commit or a message
// under way, whether the append came through or not: the next page goes on, and
// all is said once.
func TestCrashBetweenAppendAndEchoRecovers(t *testing.T) {
	for _, kind := range []string{"commit", "message", "join request"} {
		for _, how := range []Kind{Send, Drop, Delay, Make} {
			t.Run(fmt.Sprint(kind, ", ", how), func(t *testing.T) {
				w := NewWorld(Setup{Checked: true, Agents: 2, Texts: 1})
				w.Whole = false
				switch kind {
				case "commit":
					w = do(t, w, Step{Refresh, 0})
				case "message":
					w = do(t, w, Step{Make, 0})
				default:
					w = readAll(t, do(t, w, Step{Refresh, 0}, Step{Send, 0}))
					w = readAll(t, do(t, w, Step{Restore, 0}))
					if w.Members[0].state != conversation.Lost {
						t.Fatalf("state %d", w.Members[0].state)
					}
					w = do(t, w, Step{Make, 0})
				}
				if how != Make { // made and never sent
					w = do(t, w, Step{how, 0})
				}
				w = do(t, w, Step{Crash, 0})
				fair(t, do(t, w, Step{Crash, 0}))
				fair(t, readAll(t, w))
			})
		}
	}
}

// Three who append at once, in every order, make no alarm; the same messages,
// shown in different orders, are a fork, and the next that crosses tells it.
func TestConcurrentAppendsRaiseNoAlarmAndAForkDoes(t *testing.T) {
	for _, order := range permutations(3) {
		w := NewWorld(Setup{Checked: true, Agents: 2, Texts: 1})
		for i := range 3 {
			w = do(t, w, Step{Make, i})
		}
		for _, i := range order {
			w = do(t, w, Step{Send, i})
		}
		w = readAll(t, w) // each reading is judged
		if n := len(w.Members[0].Shown); n != 3 {
			t.Fatalf("%d messages shown", n)
		}
		fair(t, w)

		for at := range 3 { // one is shown two of them the other way round
			p := NewPool(NewWorld(Setup{Checked: true, Agents: 2}))
			from := len(p.sent)
			for i := range 3 {
				p.Say(i)
				must(p.Send(i))
			}
			for i := range p.Members {
				orders := []int{from + order[0], from + order[1], from + order[2]}
				if i == at {
					slices.Reverse(orders)
				}
				for _, n := range orders {
					if err := p.Deliver(i, n); err != nil {
						t.Fatal(err)
					}
				}
			}
			if p.Alarms != 0 {
				t.Fatalf("%d alarms before anything crossed", p.Alarms)
			}
			other := (at + 1) % 3
			for _, by := range []int{at, other} { // before either hears of it
				p.Say(by)
				must(p.Send(by))
			}
			for i, m := range p.Members {
				crossing := len(p.sent) - 1 // the other's
				if i != at {
					crossing--
				}
				if err := p.Deliver(i, crossing); err != nil {
					t.Fatal(err)
				}
				if m = p.Members[i]; m.state != conversation.Forked || m.Look().ForkedBy() != p.sent[crossing].By {
					t.Errorf("%s is in state %d", m.Name, m.state)
				}
			}
		}
	}
}

func permutations(n int) (out [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for at := range n {
			out = append(out, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return out
}
