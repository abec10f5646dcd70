package walls

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
)

const module = "github.com/sealwire/sealwire"

// reaches is who may reach what: the whole of a row's room, tests aside.
var reaches = []Reach{
	{Room: "wasm", Never: []string{"net", "os/exec", "database/sql", "modernc.org", "github.com/coder", "github.com/golang-jwt"}},
	{Room: "wasm/wire"},
	{Room: "wasm/nacl", May: []string{"wasm/wire"}},
	{Room: "wasm/conversation", May: []string{"wasm/wire", "wasm/nacl"}},
	{Room: "wasm/keystore", May: []string{"wasm/wire", "wasm/nacl"}},
	{Room: "server/entrylog", Never: []string{"github.com/coder/websocket", "net/http"}},
	{Room: "server/token", May: []string{"wasm/wire"}, Never: []string{"github.com/coder/websocket"}},
	{Room: "server/web", May: []string{"wasm/wire"}},
	// The relay carries what it cannot open: of the core it has the public half only.
	{Room: "server/relay", May: []string{"wasm/wire", "server/blob", "server/entrylog", "server/token", "server/web"}},
	// The authority is an end, and talks to the relay as one: over its frames.
	{Room: "server/authority", May: []string{"wasm", "server/blob", "server/entrylog", "server/relay", "server/token", "server/web"}},
	{Room: "js"},
}

// reserved is who alone may reach a room.
var reserved = []Reserved{
	{Room: "wasm/conversation", For: []string{"wasm", "server/authority", "server/demo", "server/cmd/sealwire", "e2etest"}},
	{Room: "wasm/keystore", For: []string{"wasm", "server/authority", "server/demo", "server/cmd/sealwire", "e2etest"}},
	{Room: "server/demo", For: []string{"server/cmd/sealwire", "e2etest"}},
	{Room: "server/cmd"},
	{Room: "e2etest"},
}

// wrapped is which library has one wrapper.
var wrapped = []Wrapped{
	{Library: "golang.org/x/crypto/nacl/box", By: []string{"wasm/nacl"}},              // it takes low-order keys
	{Library: "github.com/golang-jwt/jwt", By: []string{"server/token"}, Tests: true}, // exp is optional there
}

// words is which script may say what.
var words = []Word{
	{Rule: "only core touches the instance", Word: regexp.MustCompile(`\bWebAssembly\.(?:Instance|instantiate\w*|compile\w*|Memory|Table|Global)\b|\bexports\.\w+`), In: []string{"js/core"}},
	{Rule: "one file touches memory", Word: regexp.MustCompile(`\b(?:memory|linear)\.buffer\b|\bexports\.memory\b|\bnew WebAssembly\.Memory\b`), In: []string{"js/core"}, Single: true},
	{Rule: "no default exports", Word: regexp.MustCompile(`\bexport\s+default\b`)},
	{Rule: "no HTML from strings", Word: regexp.MustCompile(`\b(innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe|createContextualFragment|DOMParser|srcdoc)\b|\bdocument\.write`)},
	{Rule: "no code from strings", Word: regexp.MustCompile(`\beval\s*\(|\bnew\s+Function\b|\bset(Timeout|Interval)\(""`)},
}

// knows is which script may import what. The pages (widget, agent) see the
// client through the facade.
var knows = []Knows{
	{Room: "js/client/relay.js", Never: []string{"js/core"}, Reach: true},
	{Room: "js/client/frames.js", Never: []string{"js/core"}, Reach: true},
	{Room: "js/client/transports", Never: []string{"js/core"}, Reach: true, Absent: true}, // they carry what they cannot open
	{Room: "js/core", May: []string{"js/errors.js"}},
	{Room: "js/errors.js", May: []string{}},
	{Room: "js/client", Never: []string{"js/widget", "js/agent", "js/demo", "js/index.js"}},
	{Room: "js/widget", May: facade},
	{Room: "js/agent", May: append([]string{"js/widget"}, facade...)},
	{Room: "js/agent/kit.js", Never: []string{"js/widget/dom.js"}, Reach: true}, // it draws nothing: a host has its own
	{Room: "js/migration", May: []string{}, Absent: true},                       // it is given the boxes that it opens
	{Room: "js/index.js", May: []string{"js/core", "js/client", "js/errors.js"}},
}

var facade = []string{"js/index.js", "js/client/index.js"}

func TestHouseGo(t *testing.T) {
	for _, on := range Platforms {
		t.Run(on.Name, func(t *testing.T) {
			patterns := []string{"./..."}
			if on.Name == "wasip1" {
				patterns = []string{"./wasm/..."}
			}
			pkgs, err := List(root(t), on, patterns...)
			if err != nil {
				t.Fatal(err)
			}
			if len(pkgs) < 4 {
				t.Fatalf("go list finds %d packages", len(pkgs))
			}
			for _, p := range pkgs {
				if p.Error != nil {
					t.Errorf("%s: %s", p.ImportPath, p.Error.Err)
				}
			}
			report(t, CheckPurity(pkgs, module+"/wasm"))
			still, err := CheckStill(pkgs, module+"/wasm")
			if err != nil {
				t.Fatal(err)
			}
			report(t, still)
			if on.Name == "native" {
				report(t, CheckReach(pkgs, module, reaches))
				report(t, CheckReserved(pkgs, module, reserved))
				report(t, CheckWrapped(pkgs, module, wrapped))
			}
		})
	}
}

func TestHouseJS(t *testing.T) {
	files := tree(t)
	report(t, CheckWords(files, words))
	report(t, CheckKnows(files, knows, []string{"js/core"}))
	found, err := CheckPackage(files["js/package.json"], files["js/package-lock.json"])
	if err != nil {
		t.Fatal(err)
	}
	report(t, found)
}

func TestHouseFiles(t *testing.T) {
	files := tree(t)
	report(t, CheckNames(files))
	report(t, CheckIgnored(root(t), built))
	home, _ := os.UserHomeDir()
	host, _ := os.Hostname()
	if files["README.md"] == "" {
		t.Error("there is no README.md")
	}
	report(t, CheckNoMachine(files, []string{root(t), home, host}))
	seeds, err := CheckFuzzSeeds(files, func(dir string) int {
		list, _ := os.ReadDir(filepath.Join(root(t), dir))
		return len(list)
	})
	if err != nil {
		t.Fatal(err)
	}
	report(t, seeds)
}

func report(t *testing.T, found []Breach) {
	t.Helper()
	for _, b := range found {
		t.Error(b)
	}
}

func root(t *testing.T) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("no caller")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}

func tree(t *testing.T) map[string]string {
	t.Helper()
	files, err := Files(root(t))
	if err != nil {
		t.Skipf("no git work tree here: %v", err)
	}
	return files
}
