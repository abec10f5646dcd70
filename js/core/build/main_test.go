package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestModuleInTheTreeIsThatOfTheSource builds again, elsewhere and under other
// settings, and compares: the module that the tests ran is not an old one, and
// nothing of where it was built is in it.
func TestModuleInTheTreeIsThatOfTheSource(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.ReadFile(filepath.Join(root, "js/core/sealwire.wasm"))
	if err != nil {
		t.Skip("not built yet: make wasm")
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOWASM", "signext")
	t.Setenv("GODEBUG", "madvdontneed=1")
	t.Chdir(root)
	out := t.TempDir()
	if err := build(out, ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sealwire.wasm", "module.js"} {
		old, err := os.ReadFile(filepath.Join(root, "js/core", name))
		if err != nil {
			t.Fatal(err)
		}
		again, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(old, again) {
			t.Errorf("%s is not what the source gives now: make wasm", name)
		}
	}
	for _, trace := range []string{root, strings.TrimSpace(string(goroot)), os.Getenv("HOME") + "/"} {
		if trace != "/" && bytes.Contains(in, []byte(trace)) {
			t.Errorf("the module holds %q", trace)
		}
	}
	left, err := filepath.Glob(filepath.Join(out, ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %s, %v", strings.Join(left, " "), err)
	}
}
