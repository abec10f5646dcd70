//go:build !race

package token_test

// raceEnabled loosens bounds on time, which the race detector stretches.
const raceEnabled = false
