package e2etest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// Five desks press the same button at one moment; in the short run two.
func TestDesksThatTakeAtOneMomentHaveOneWinner(t *testing.T) {
	d := harness.StartDemo(t)
	names := deskNames
	if testing.Short() {
		names = names[:2]
	}
	var all []*harness.Person
	for i, name := range names {
		p := browser.Person(t, fmt.Sprintf("%s, desk %d", name, i), nil)
		p.Open(d.URL + "/desk#" + name)
		all = append(all, p)
	}
	customer := customerAt(t, d, nil)
	customer.Say("is anybody there?")
	customer.AwaitPage(waits)
	for _, p := range all {
		p.Await(take)
	}
	var ready, done sync.WaitGroup
	ready.Add(1)
	for _, p := range all {
		done.Go(func() {
			ready.Wait()
			_ = harness.Eval[bool](p, `(document.querySelector("button.desk-take")?.click(), true)`)
		})
	}
	ready.Done()
	done.Wait()

	winner := -1
	harness.Eventually(t, "each desk to be answered", func() (bool, string) {
		winner = -1
		var saw []string
		answered := 0
		for i, p := range all {
			text := p.PageText()
			saw = append(saw, text)
			switch {
			case strings.Contains(p.Read(harness.Conversation), "is anybody there?"):
				winner, answered = i, answered+1
			case strings.Contains(text, "faster and has it now"), strings.Contains(text, "Nobody is waiting"):
				answered++
			}
		}
		return winner >= 0 && answered == len(all), strings.Join(saw, "\n")
	})
	for i, p := range all {
		if i == winner {
			continue
		}
		wantUnread(t, p, "is anybody there?")
		p.AwaitGone(take)
		if saw := p.PageText(); strings.Contains(saw, "faster") && !strings.Contains(saw, names[winner]+" was faster") {
			t.Errorf("%s is told of another winner than %s: %s", p.Name, names[winner], saw)
		}
	}
	exchange(t, customer, all[winner], "there you are", "yes, what is it?")
	customer.AwaitText(harness.Conversation, names[winner]+" joined and can read this conversation from the beginning")
}
