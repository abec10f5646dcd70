// Command build makes the core for the browser: js/core/sealwire.wasm, and
// js/core/module.js with its hash and size. For one version of Go the result
// is byte-identical, wherever and however often it is built.
//
//	go run ./js/core/build [-o directory]
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// flags are those of the shipped module. Nothing is inlined but where it makes
// messages and keys faster: field arithmetic, and the ciphers. That is some 60 KB
// less (brotli) than everywhere, and no slower.
var flags = []string{
	"build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
	"-gcflags=all=-l", "-gcflags=math/bits=", "-gcflags=crypto/internal/fips140/edwards25519/field=", "-gcflags=golang.org/x/crypto/...=",
}

const moduleJS = `// Written by js/core/build: what the loader expects of sealwire.wasm.

/** SHA-256 of the module, in hex. */
export const sha256 = "%x";

/** Size of the module in bytes. */
export const size = %d;
`

func main() {
	out := flag.String("o", "js/core", "directory for sealwire.wasm and module.js")
	tags := flag.String("tags", "", "build tags; none in the shipped module")
	flag.Parse()
	if err := build(*out, *tags); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func build(out, tags string) error {
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	// Built aside, so that who reads meanwhile never sees half a module.
	half, err := os.CreateTemp(out, ".sealwire-*.wasm")
	if err != nil {
		return err
	}
	half.Close()
	defer os.Remove(half.Name())
	cmd := exec.Command("go", append(flags, "-tags="+tags, "-o", half.Name(), "./wasm")...)
	experiment, err := collector()
	if err != nil {
		return err
	}
	cmd.Env = append(environment(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOEXPERIMENT="+experiment)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	module, err := os.ReadFile(half.Name())
	if err != nil {
		return err
	}
	if module, err = pack(module); err != nil {
		return err
	}
	if err := os.WriteFile(half.Name(), module, 0o644); err != nil {
		return err
	}
	if err := os.Chmod(half.Name(), 0o644); err != nil {
		return err
	}
	if err := os.Rename(half.Name(), filepath.Join(out, "sealwire.wasm")); err != nil {
		return err
	}
	text := fmt.Sprintf(moduleJS, sha256.Sum256(module), len(module))
	return os.WriteFile(filepath.Join(out, "module.js"), []byte(text), 0o644)
}

// collector chooses the garbage collector: Go 1.26 still has the former one,
// which is 10 KB smaller (brotli). Later versions may not know the setting.
func collector() (string, error) {
	version, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		return "", err
	}
	if v := strings.TrimSpace(string(version)); v == "go1.26" || strings.HasPrefix(v, "go1.26.") {
		return "nogreenteagc", nil
	}
	return "", nil
}

// environment is ours without what would change the module's bytes.
func environment() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		switch name {
		case "GOWASM", "GOEXPERIMENT", "GOFIPS140", "GODEBUG", "GOAMD64":
		case "GOFLAGS":
			// Of these only how modules are found may come along.
			if strings.HasPrefix(pair, "GOFLAGS=-mod=") && !strings.Contains(pair, " ") {
				env = append(env, pair)
			}
		default:
			env = append(env, pair)
		}
	}
	return env
}
