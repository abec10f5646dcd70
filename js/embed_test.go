package js

import (
	"io/fs"
	"strings"
	"testing"
)

func TestFilesAreWhatABrowserLoads(t *testing.T) {
	for _, name := range []string{"index.js", "errors.js", "core/loader.js", "client/worker.js", "widget/element.js", "demo/site.html"} {
		if _, err := fs.Stat(Files(), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := fs.WalkDir(Files(), ".", func(name string, d fs.DirEntry, err error) error {
		for _, part := range []string{"node_modules", "test/", "package.json", "package-lock"} {
			if strings.Contains(name, part) {
				t.Errorf("%s is embedded", name)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBuiltTellsOfModuleAndHash(t *testing.T) {
	_, wasm := fs.Stat(Files(), "core/sealwire.wasm")
	_, hash := fs.Stat(Files(), "core/module.js")
	if want := wasm == nil && hash == nil; Built() != want {
		t.Errorf("Built() = %v, want %v (module: %v, hash: %v)", !want, want, wasm, hash)
	}
}
