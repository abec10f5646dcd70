package explore

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/cryptotest"
)

// known are the worlds of schedules, by the number of agents at genesis; one
// more is to be added. Nothing in a schedule is random but what it draws itself:
// a run that failed fails again.
func known(t *testing.T) map[string]*World {
	cryptotest.SetGlobalRandom(t, 1<<63)
	return map[string]*World{
		"1": NewWorld(Setup{Checked: true, Agents: 1, Newcomers: 1}),
		"2": NewWorld(Setup{Checked: true, Agents: 2, Newcomers: 1}),

		"waiting":  NewWorld(Setup{Checked: true, Inbox: true, Newcomers: 2, Offers: 3}),
		"attended": NewWorld(Setup{Checked: true, Agents: 1, Newcomers: 2, Supervisor: true, Away: true, Offers: 3, Grants: 2}),
	}
}

// What once failed, or shows what matters, is played first.
func TestKnownRuns(t *testing.T) {
	worlds := known(t)
	files, err := filepath.Glob("testdata/runs/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no runs", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var run struct {
				Alarms bool `json:"alarms"` // somebody must notice
				Opened int  `json:"opened"` // at least
				Schedule
			}
			if err := json.Unmarshal(b, &run); err != nil {
				t.Fatal(err)
			}
			var o Outcome
			cryptotest.SetGlobalRandom(t, run.Seed)
			if run.Rules == nil {
				o, err = (&Shuffle{Turns: run.Turns}).Play(worlds[run.In()])
			} else {
				o, err = run.Play(worlds[run.In()])
			}
			if err != nil {
				t.Fatal(err)
			}
			if (o.Alarms > 0) != run.Alarms || o.Opened < run.Opened {
				t.Errorf("came to %v; a lie was told: %v", o, o.Fired)
			}
		})
	}
}
