// Package js holds the door for browsers: the ES modules that the sealwire
// binary serves, embedded as they stand in the tree.
//
// Directories are embedded, never the built module by name, so that a tree in
// which it was not built yet still compiles. Built tells whether it was; who
// serves the files asks it first and refuses to start without.
package js

import (
	"embed"
	"io/fs"
)

//go:embed index.js errors.js core client widget agent demo
var files embed.FS

// Files returns the tree as a browser is to see it: index.js at its top.
func Files() fs.FS { return files }

// Built reports whether the core's module and its hash are among the files.
// Without them nothing works: `make wasm` builds them.
func Built() bool {
	for _, name := range []string{"core/sealwire.wasm", "core/module.js"} {
		if _, err := fs.Stat(files, name); err != nil {
			return false
		}
	}
	return true
}
