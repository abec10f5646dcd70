package explore

import (
	"flag"
	"os"
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
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		flag.Set("rapid.checks", strconv.Itoa(schedules))
	}
	os.Exit(m.Run())
}
