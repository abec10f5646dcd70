package e2etest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// bound is what a file may cost in memory, beyond what was there before it: at
// each end in the processes that run its page, there in the browser's own, and
// at the relay.
const bound = 64_000_000

// tries is how often a file is carried, each time between new ends and over a new
// relay, until each process was seen to keep to the bound. One that is left no time
// to tidy up holds more than it needs; what a file does need it needs each time.
const tries = 3

// A file of any size goes through memory that is there already, at both ends
// and between them.
func TestAFileOfAnySizeCostsLittleMemory(t *testing.T) {
	for _, row := range []struct {
		name     string
		size     int64
		back     bool // also from the agent
		patience time.Duration
		short    bool
	}{{"100 MB", 100_000_000, true, 2 * time.Minute, true}, {"1 GiB", 1 << 30, false, 5 * time.Minute, false}} {
		t.Run(row.name, func(t *testing.T) {
			if !row.short {
				long(t)
			}
			least := map[string]int64{}
			for n := 1; n == 1 || n <= tries && slices.Max(slices.Collect(maps.Values(least))) > bound; n++ {
				d := harness.StartDemo(t)
				agent, customer := alone(t, "agent"), alone(t, "customer")
				diligent(agent.Person).Open(d.URL + anasDesk)
				agent.AwaitPage("no conversations yet")
				customer.Open(d.URL + "/site#chat")
				customer.Await(harness.Message)
				exchange(t, customer.Person, agent.Person, "good morning", "how can I help?")
				carry(t, d, customer, agent, row.size, row.patience, least)
				if row.back {
					carry(t, d, agent, customer, row.size, row.patience, least)
				}
			}
			for of, beyond := range least {
				if beyond > bound {
					t.Errorf("%s needs %.1f MB for a file of %d bytes, may need %d", of, float64(beyond)/1e6, row.size, bound/1_000_000)
				}
			}
		})
	}
}

// resident is someone whose browser nobody else uses, so that its processes are
// those of one page, with a profile on disk, as people have.
type resident struct {
	*harness.Person
	browser *harness.Browser
}

func alone(t *testing.T, name string) resident {
	t.Helper()
	b, err := harness.StartBrowser()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	p := b.Resident(t, name)
	// What the page does after a minute, it does after two seconds.
	p.BeforeLoad(`{ const real = setTimeout; globalThis.setTimeout = (act, ms, ...more) => real(act, ms >= 60_000 ? 2_000 : ms, ...more) }`)
	return resident{p, b}
}

// carry brings a file from one end to the other, and takes down what it cost each
// process where that is less than before.
func carry(t *testing.T, d *harness.Demo, from, to resident, size int64, patience time.Duration, least map[string]int64) {
	t.Helper()
	name := from.Name + "'s.bin"
	path, sum := randomFile(t, t.TempDir(), name, size)
	downloads := to.Downloads()
	peaks := map[string]*harness.Peak{"the relay": harness.WatchPeak(t, d.PID())}
	for _, end := range []resident{from, to} {
		peaks[end.Name] = harness.WatchPeak(t, end.browser.Renderers(t)...)
		peaks[end.Name+"'s browser itself"] = harness.WatchPeak(t, end.browser.Process(t))
	}

	start := time.Now()
	give(from.Person, path)
	// By its text: looking for a button so often would itself cost the page memory, for its accessibility tree.
	harness.EventuallyWithin(t, patience, to.Name+" to see the file", func() (bool, string) {
		saw := to.PageText()
		return strings.Contains(saw, name), saw
	})
	sent := time.Since(start)
	start = time.Now()
	to.ClickOf(harness.Save, name)
	saved := downloads.Await(patience, name)
	got := time.Since(start)

	said := fmt.Sprintf("%s: up %.1f MB/s, down %.1f MB/s; MB beyond the value before:", name, float64(size)/1e6/sent.Seconds(), float64(size)/1e6/got.Seconds())
	for of, peak := range peaks {
		beyond := peak.Beyond()
		said += fmt.Sprintf(" %s %.1f,", of, float64(beyond)/1e6)
		key := name + ": " + of
		if before, ok := least[key]; !ok || beyond < before {
			least[key] = beyond
		}
	}
	t.Log(said)
	wantSame(t, saved, sum)
	from.AwaitNoPrivateFiles()
	to.AwaitNoPrivateFiles() // after a while, without anyone's doing
}
