// Package walls keeps the rooms of the house apart.
//
// Every rule about who may know whom is a row of a table here, and a test runs
// the table over the whole repository: what packages of the core import, what
// each room reaches, which JavaScript file touches the wasm instance, which
// wrapper alone may use a library that is easily used wrongly. A broken rule
// is a [Breach], which names the file or package and what it did.
//
// Each checker also runs over a small house that breaks its rule, so that a
// checker that has gone blind fails too.
//
// The rules read source: `go list` for Go, a small scanner that skips comments
// and strings for JavaScript. They cannot see what a program does by
// reflection or by building a name at run time, and need no build tags beyond
// native and wasip1. They are about direct dependencies unless a rule says
// "reaches".
//
// Test files may import more than the code they test, as oracles; a rule that
// binds tests too says so.
package walls

import "fmt"

// Breach is one broken rule.
type Breach struct {
	Rule  string // the name of the rule
	Where string // package path, or file relative to the root
	What  string // what it did
}

func (b Breach) String() string { return fmt.Sprintf("%s: %s: %s", b.Rule, b.Where, b.What) }
