package walls

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Package is what `go list -json` says of a package, as far as the rules ask.
type Package struct {
	ImportPath   string
	Dir          string
	Name         string
	GoFiles      []string
	Imports      []string // direct, without tests
	TestImports  []string
	XTestImports []string
	Deps         []string // all that it reaches
	Error        *struct{ Err string }
}

// Platforms are the two that the core is built for: native, and wasip1.
var Platforms = []Platform{{Name: "native"}, {Name: "wasip1", Env: []string{"GOOS=wasip1", "GOARCH=wasm"}}}

// Platform is one set of build constraints.
type Platform struct {
	Name string
	Env  []string
}

// List lists the packages that match patterns, in the module at dir.
func List(dir string, on Platform, patterns ...string) ([]Package, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Dir,Name,GoFiles,Imports,TestImports,XTestImports,Deps,Error"}, patterns...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), on.Env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, &stderr)
	}
	var list []Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		// A package for another platform has no files here, and breaks no rule here.
		if len(p.GoFiles)+len(p.TestImports)+len(p.XTestImports) > 0 {
			list = append(list, p)
		}
	}
}

// under says whether path is room or a package below it.
func under(path, room string) bool {
	return path == room || strings.HasPrefix(path, room+"/")
}

// underAny says whether path is one of rooms or below one.
func underAny(path string, rooms []string) bool {
	for _, room := range rooms {
		if under(path, room) {
			return true
		}
	}
	return false
}
