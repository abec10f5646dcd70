package explore

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What once failed, or shows what matters, is played first.
func TestKnownRuns(t *testing.T) {
	worlds := map[int]*World{1: NewWorld(Setup{Checked: true, Agents: 1}), 2: NewWorld(Setup{Checked: true, Agents: 2})}
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
			if run.Rules == nil {
				o, err = (&Shuffle{Agents: run.Agents, Turns: run.Turns}).Play(worlds[run.Agents])
			} else {
				o, err = run.Play(worlds[run.Agents])
			}
			if err != nil {
				t.Fatal(err)
			}
			if (o.Alarms > 0) != run.Alarms || o.Opened < run.Opened {
				t.Errorf("came to %+v", o)
			}
		})
	}
}
