// Package harness runs the real program and real browsers for the scenarios
// beside it: a child process of `sealwire demo`, one headless Chromium, and a
// browser context of its own (cookies, storage, keys) for each [Person].
//
// It promises that nothing is faked between a click and the relay's disk: the
// program is the one that users get, a button is found by the role and name
// that assistive technology sees, and a test that cannot find Chromium fails
// instead of skipping.
//
// A scenario never sleeps. It asks for what must become true, and [Eventually]
// polls until it is or [Patience] is over. What pages write to the console goes
// to the test's log; an uncaught exception or a broken Content Security Policy
// fails the test, unless the scenario says that it expects one. A failed test
// leaves a screenshot of each person's page and says where.
//
// A [Native] member does without a browser: customers, and the people of the
// demo's company, who log in, claim and make every move; a [Loot] is all that one
// of them held at a moment, to be tried on what came later. An [Installation] is
// relay and authority as processes of their own, as a company runs them.
//
// The network between a person and the relay is a [Wire], a proxy that cuts,
// alters, drops and invents: the attacker that the relay, too, is taken for.
package harness

import (
	"testing"
	"time"
)

// Patience is how long a condition may take to come true. It is long because
// machines that run tests are slow, not because anything here should be.
const Patience = 30 * time.Second

// every is how often a condition is asked for.
const every = 25 * time.Millisecond

// Eventually asks ok until it says yes, and fails the test when Patience is
// over. what completes "waited in vain for"; ok may say what it saw instead.
func Eventually(t testing.TB, what string, ok func() (bool, string)) {
	t.Helper()
	EventuallyWithin(t, Patience, what, ok)
}

// EventuallyWithin is Eventually with another patience, for what takes its time.
func EventuallyWithin(t testing.TB, patience time.Duration, what string, ok func() (bool, string)) {
	t.Helper()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var saw string
	for deadline := time.Now().Add(patience); ; <-tick.C {
		var yes bool
		if yes, saw = ok(); yes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s; last saw: %s", what, clip(saw, 2000))
		}
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
