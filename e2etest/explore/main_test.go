package explore

import (
	"flag"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// deep adds to the depths of the explorer, and schedules is how many the
// property tests run: both from the environment, for the long target.
var (
	deep      = number("SEALWIRE_DEPTH", 0)
	schedules = number("SEALWIRE_SCHEDULES", 1_000)
	slow      = 0 // steps that an instrumented build does without
)

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func TestMain(m *testing.M) {
	flag.Parse()
	if slow > 0 && schedules == 1_000 {
		schedules = 100
	}
	debug.SetGCPercent(400) // worlds live for a layer or two, and there are many
	os.Exit(m.Run())
}

// check sets how many schedules the next property test draws, unless the command
// line said so.
func check(times int) {
	if given := flag.Lookup("rapid.checks"); given.Value.String() == given.DefValue || checks == given.Value.String() {
		checks = strconv.Itoa(times)
		flag.Set("rapid.checks", checks)
	}
}

var checks string
