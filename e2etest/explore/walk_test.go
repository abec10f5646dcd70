package explore

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
)

// far are the worlds of walks: every move may be made, often.
func far(t *testing.T) map[string]*World {
	cryptotest.SetGlobalRandom(t, 1<<62)
	all := []Kind{Claim, Transfer, Bare, Park, Invite, Supervise, TakeOver, Remove, Another}
	usual := Budget{Move: 99, Refresh: 9, Add: 3, Leave: 2, Crash: 9, Drop: 9, Delay: 9}
	faulty := usual
	faulty.Restore, faulty.Learn, faulty.Renew, faulty.Flip, faulty.Close = 2, 2, 2, 2, 1
	lawless := faulty
	lawless.Twice, lawless.Wipe = 9, 1
	most := Setup{Checked: true, Inbox: true, Newcomers: 3, Supervisor: true, Offers: 4, Moves: all, Budget: usual}
	with := func(change func(*Setup)) *World { s := most; change(&s); return NewWorld(s) }
	return map[string]*World{
		"waiting":                with(func(*Setup) {}),
		"attended":               with(func(s *Setup) { s.Inbox, s.Away, s.Agents, s.Newcomers = false, true, 1, 2 }),
		"all may be granted":     with(func(s *Setup) { s.Grants = 2 }),
		"faulty":                 with(func(s *Setup) { s.Budget, s.Manifests = faulty, 2 }),
		"faulty, all is granted": with(func(s *Setup) { s.Budget, s.Grants = faulty, 2 }),
		"lawless":                with(func(s *Setup) { s.Checked, s.Budget = false, lawless }),
	}
}

// What once failed, or shows what matters.
func TestKnownWalks(t *testing.T) {
	worlds := far(t)
	files, err := filepath.Glob("testdata/walks/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no walks", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var walk Walk
			if err := json.Unmarshal(b, &walk); err != nil {
				t.Fatal(err)
			}
			if err := walk.Play(worlds[walk.World]); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Long orders of all moves, drawn: what holds in every small world holds on, at
// each step, and from where they end all come back.
func TestLongOrdersOfMoves(t *testing.T) {
	worlds := far(t)
	names := slices.Sorted(maps.Keys(worlds))
	steps, entries, done := 0, uint64(0), map[string]int{}
	for n := range max(1, schedules/10) {
		name := names[n%len(names)]
		cryptotest.SetGlobalRandom(t, 1+uint64(n))
		x := NewWalker(name, worlds[name])
		err := x.Stray(rand.New(rand.NewPCG(1, uint64(n))))
		if err == nil {
			err = x.Finish()
		}
		if err != nil {
			b, _ := json.Marshal(x.Walk.Shrunk(worlds[name]))
			t.Fatalf("walk %d: %v\n%s", n, err, b)
		}
		steps, entries = steps+len(x.Walk.Steps), entries+x.World.Log.Len()
		for _, text := range x.Walk.Steps {
			done[text[:strings.LastIndexByte(text, ' ')]]++
		}
	}
	t.Logf("%d walks of %d steps, which left %d entries; %v", max(1, schedules/10), steps, entries, done)
}
