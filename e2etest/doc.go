// Package e2etest holds the scenarios that run the whole of Sealwire: the real
// program, and people in real browsers. See e2etest/harness for how.
//
// With -short only the thin path runs; make e2e runs everything. Nothing
// imports this package.
package e2etest
