package walls

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// breaks wants that a checker run over a house that breaks its rule finds
// exactly the breaches of want ("where what" each), in any order.
func breaks(t *testing.T, found []Breach, want ...string) {
	t.Helper()
	left := map[string]bool{}
	for _, w := range want {
		left[w] = true
	}
	for _, b := range found {
		if key := b.Where + " " + b.What; !left[key] {
			t.Errorf("unwanted: %s", b)
		} else {
			delete(left, key)
		}
	}
	for w := range left {
		t.Errorf("not found: %s", w)
	}
}

// house writes a module of these files and lists its packages.
func house(t *testing.T, files map[string]string) []Package {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\n\ngo 1.26\n"
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pkgs, err := List(dir, Platforms[0], "./...")
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

func TestPurityRefusesImpureImports(t *testing.T) {
	pkgs := house(t, map[string]string{
		"wasm/good/a.go":      "package good\nimport (_ \"errors\"; _ \"crypto/sha512\"; _ \"m/wasm/bad\")",
		"wasm/good/a_test.go": "package good\nimport _ \"fmt\"",
		"wasm/bad/a.go":       "package bad\nimport (_ \"fmt\"; _ \"encoding/hex\"; _ \"math/big\"; _ \"time\"; _ \"crypto/x509\"; _ \"m/server\")",
		"server/a.go":         "package server\nimport _ \"net/http\"",
	})
	breaks(t, CheckPurity(pkgs, "m/wasm"),
		"m/wasm/bad imports fmt", "m/wasm/bad imports encoding/hex", "m/wasm/bad imports math/big", "m/wasm/bad imports time",
		"m/wasm/bad imports crypto/x509", "m/wasm/bad imports m/server")
}

func TestStillRefusesConcurrency(t *testing.T) {
	pkgs := house(t, map[string]string{
		"wasm/a.go":   "package wasm\n\nfunc f() {\n\tgo f()\n}\n\nvar c chan int\n\nfunc g() {\n\tselect {}\n}\n",
		"server/a.go": "package server\n\nvar C chan int\n",
	})
	found, err := CheckStill(pkgs, "m/wasm")
	if err != nil {
		t.Fatal(err)
	}
	breaks(t, found, "m/wasm starts a goroutine at a.go:4", "m/wasm has a channel at a.go:7", "m/wasm selects at a.go:10")
}

func TestReachFollowsImports(t *testing.T) {
	pkgs := house(t, map[string]string{
		"wasm/wire/a.go":   "package wire",
		"wasm/secret/a.go": "package secret\nimport _ \"m/wasm/wire\"",
		"server/log/a.go":  "package log\nimport _ \"embed\"",
		"server/mid/a.go":  "package mid\nimport _ \"m/wasm/secret\"",
		"relay/a.go":       "package relay\nimport (_ \"m/server/mid\"; _ \"m/wasm/wire\"; _ \"m/relay/part\")",
		"relay/part/a.go":  "package part",
		"relay/tools/a.go": "package tools\nimport (_ \"testing\"; _ \"m/wasm/secret\")",
		"relay/user/a.go":  "package user\nimport _ \"m/relay/tools\"",
	})
	breaks(t, CheckReach(pkgs, "m", []Reach{
		{Room: "relay", May: []string{"wasm/wire", "server/mid"}},
		{Room: "server/log", Never: []string{"embed"}},
		{Room: "wasm/secret", May: []string{"wasm/wire"}},
		{Room: "gone"},
	}), "m/relay reaches m/wasm/secret", "m/relay/user reaches m/wasm/secret", "m/server/log reaches embed", "m/gone is named by a rule and is not there")
	breaks(t, CheckReserved(pkgs, "m", []Reserved{{Room: "wasm/secret", For: []string{"server/mid"}}}), "m/relay reaches m/wasm/secret", "m/relay/user reaches m/wasm/secret")
}

func TestWrappedRefusesDirectUse(t *testing.T) {
	pkgs := house(t, map[string]string{
		"wrapper/a.go":    "package wrapper\nimport _ \"encoding/json\"",
		"other/a.go":      "package other\nimport _ \"encoding/json\"",
		"test/a.go":       "package test",
		"test/in_test.go": "package test\nimport _ \"encoding/json\"",
		"test/ex_test.go": "package test_test\nimport _ \"encoding/json\"",
	})
	rows := []Wrapped{{Library: "encoding/json", By: []string{"wrapper"}}}
	breaks(t, CheckWrapped(pkgs, "m", rows), "m/other imports encoding/json itself")
	rows[0].Tests = true
	found := CheckWrapped(pkgs, "m", rows)
	if len(found) != 3 {
		t.Errorf("with tests %v, want three", found)
	}
}

func TestFuzzSeedsRefusesEmptyCorpus(t *testing.T) {
	files := map[string]string{
		"a/x_test.go": "package a\nfunc FuzzAdds(f *testing.F) { f.Add(1) }\nfunc FuzzHelped(f *testing.F) { seed(f) }\n" +
			"func FuzzStored(f *testing.F) { f.Fuzz(g) }\nfunc FuzzEmpty(f *testing.F) { f.Fuzz(g) }",
		"a/not.go": "package a\nfunc FuzzNot() {}",
	}
	found, err := CheckFuzzSeeds(files, func(dir string) int { return strings.Count(dir, "FuzzStored") })
	if err != nil {
		t.Fatal(err)
	}
	breaks(t, found, "a/x_test.go FuzzEmpty has no seed")
}

func TestNamesRefusesPlatformSuffix(t *testing.T) {
	breaks(t, CheckNames(map[string]string{"a_js.go": "", "b/a_wasm.go": "", "c_wasm_test.go": "", "main_wasip1.go": "", "js.go": "", "a_js.txt": ""}),
		"a_js.go is built for one platform only because of its name", "b/a_wasm.go is built for one platform only because of its name",
		"c_wasm_test.go is built for one platform only because of its name")
}

func TestIgnoredFindsWhatGitWouldTake(t *testing.T) {
	if _, err := Files(root(t)); err != nil {
		t.Skipf("no git work tree here: %v", err)
	}
	breaks(t, CheckIgnored(root(t), []string{"js/core/other.wasm", "js/core/sealwire.wasm"}), "js/core/other.wasm is built, and git does not ignore it")
}

func TestNoMachineFindsPlaces(t *testing.T) {
	breaks(t, CheckNoMachine(map[string]string{
		"README.md": "see /home/ana/x", "a/B.md": "C:\\x", "C.md": "run /srv/here/y", "D.md": "the relay and its home", "e.go": "/home/ana",
	}, []string{"/srv/here", "ana"}),
		"README.md says /home/a", "a/B.md says C:\\", "C.md says /srv/here")
}

func TestScanSkipsCommentsAndStrings(t *testing.T) {
	s := scan("js/x/a.js", strings.Join([]string{
		`import { a } from "./b.js"; // from "./not.js"`,
		`import "../c.js"; /* import "./not.js" */ export * from './d.js'`,
		"const e = await import(`./e.js`); const s = \"memory\" + 'it\\'s memory' + `memory ${ f({ a: \"memory\" }) } memory`;",
		`const r = x / memory1 / y, q = /[/"]memory/.test(s), z = "from './not.js'";`,
	}, "\n"))
	if got := strings.Join(s.imports, " "); got != "./b.js ../c.js ./d.js ./e.js" {
		t.Errorf("imports = %s", got)
	}
	if regexp.MustCompile(`\bmemory\b`).MatchString(s.code) {
		t.Errorf("a word of a comment or string is left in %s", s.code)
	}
	for _, want := range []string{"memory1", "f({ a: ", ".test(s), z ="} {
		if !strings.Contains(s.code, want) {
			t.Errorf("code lost %q: %s", want, s.code)
		}
	}
}

func TestWordsRefuseTheWrongFile(t *testing.T) {
	files := map[string]string{
		"js/core/memory.js": "new Uint8Array(instance.exports.memory.buffer)",
		"js/core/second.js": "x.#memory.buffer",
		"js/client/a.js":    "new WebAssembly.Instance(m); /* innerHTML */",
		"js/widget/b.js":    "e.innerHTML = text; export default e; setTimeout('x()')",
		"js/test/c.js":      "WebAssembly.Memory",
	}
	breaks(t, CheckWords(files, words),
		"js/client/a.js has WebAssembly.Instance", "js/core 2 files do, want exactly one: [js/core/memory.js js/core/second.js]",
		"js/widget/b.js has innerHTML", "js/widget/b.js has export default", `js/widget/b.js has setTimeout(""`)
	delete(files, "js/core/second.js")
	delete(files, "js/core/memory.js")
	breaks(t, CheckWords(files, words[1:2]), "js/core 0 files do, want exactly one: []")
}

func TestKnowsRefusesTheWrongImport(t *testing.T) {
	files := map[string]string{
		"js/index.js":         `export * from "./client/index.js"; import x from "left-pad";`,
		"js/core/load.js":     `import "node:fs"; import { up } from "../client/index.js";`,
		"js/client/index.js":  `import "../core/load.js"; import "node:fs"; import "../test/x.js"`,
		"js/client/relay.js":  `import "./frames.js"`,
		"js/client/frames.js": `import "./bytes.js"`,
		"js/client/bytes.js":  `import "../core/load.js"`,
		"js/widget/w.js":      `import "../index.js"; import "../core/load.js"; import "./own.js"; import "../client/relay.js"`,
		"js/widget/own.js":    "",
		"js/agent/a.js":       `import "../widget/own.js"; import "../client/relay.js"`,
		"js/agent/kit.js":     `import "./list.js"`,
		"js/agent/list.js":    `import "../widget/dom.js"`,
		"js/widget/dom.js":    "",
	}
	files["js/errors.js"] = ""
	rows := append([]Knows{{Room: "js/gone"}}, knows...)
	breaks(t, CheckKnows(files, rows, []string{"js/core"}),
		"js/index.js imports left-pad", "js/client/index.js imports node:fs", "js/client/index.js imports js/test/x.js",
		"js/gone is named by a rule and is not there",
		"js/client/relay.js knows js/core/load.js", "js/client/frames.js knows js/core/load.js", "js/core/load.js knows js/client/index.js",
		"js/widget/w.js knows js/core/load.js", "js/widget/w.js knows js/client/relay.js", "js/agent/a.js knows js/client/relay.js", "js/agent/kit.js knows js/widget/dom.js")
}

func TestPackageRefusesDependencies(t *testing.T) {
	found, err := CheckPackage(`{"type":"module","devDependencies":{"x":"1"}}`, `{"packages":{"":{},"node_modules/x":{"integrity":"sha512-…"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	breaks(t, found)
	found, err = CheckPackage(`{"dependencies":{"x":"1"},"peerDependencies":{}}`, `{"packages":{"node_modules/x":{"resolved":"https://r/x.tgz"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	breaks(t, found, "js/package.json has dependencies", "js/package.json has peerDependencies", "js/package.json is not of type module",
		"js/package-lock.json names a host for node_modules/x", "js/package-lock.json has no hash for node_modules/x")
	if found, _ = CheckPackage(`{"type":"module"}`, `{}`); len(found) != 1 {
		t.Errorf("an empty lockfile: %v", found)
	}
}
