package walls

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// pure is what a package of the core may import directly: nothing that does
// I/O, tells the time, formats by reflection, or weighs more than it gives.
var pure = []string{
	"bytes", "cmp", "encoding/base64", "encoding/binary", "errors", "hash", "io", "iter", "maps", "math", "math/bits",
	"slices", "sort", "strconv", "strings", "sync", "unicode/utf8", "unsafe",
}

// cryptographic are rooms of which the core may import everything but impure.
var cryptographic = []string{"crypto", "golang.org/x/crypto"}

// impure are those of cryptographic that drag in what pure leaves out.
var impure = []string{
	"crypto/tls", "crypto/x509", "crypto/ecdsa", "crypto/elliptic", "crypto/rsa", "crypto/dsa",
	"golang.org/x/crypto/cryptobyte", "golang.org/x/crypto/ssh", "golang.org/x/crypto/acme", "golang.org/x/crypto/openpgp",
	"golang.org/x/crypto/otr", "golang.org/x/crypto/ocsp", "golang.org/x/crypto/pkcs12", "golang.org/x/crypto/x509roots",
}

// CheckPurity checks the direct imports of the packages under core.
func CheckPurity(pkgs []Package, core string) []Breach {
	var found []Breach
	for _, p := range pkgs {
		if !under(p.ImportPath, core) {
			continue
		}
		for _, i := range p.Imports {
			if !under(i, core) && !slices.Contains(pure, i) && (!underAny(i, cryptographic) || underAny(i, impure)) {
				found = append(found, Breach{"purity", p.ImportPath, "imports " + i})
			}
		}
	}
	return found
}

// CheckStill finds goroutines, channels and selects in the packages under
// core: time passes there only when the caller says so.
func CheckStill(pkgs []Package, core string) ([]Breach, error) {
	var found []Breach
	for _, p := range pkgs {
		if !under(p.ImportPath, core) {
			continue
		}
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				return nil, err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				what := ""
				switch n.(type) {
				case *ast.GoStmt:
					what = "starts a goroutine"
				case *ast.ChanType:
					what = "has a channel"
				case *ast.SelectStmt:
					what = "selects"
				}
				if what != "" {
					found = append(found, Breach{"still", p.ImportPath, fmt.Sprintf("%s at %s:%d", what, name, set.Position(n.Pos()).Line)})
				}
				return true
			})
		}
	}
	return found, nil
}

// Reach says which packages of the module a room may reach, itself and what
// is below it included in any case.
type Reach struct {
	Room  string   // relative to the module
	May   []string // rooms, relative to the module
	Never []string // packages of other modules that it may not reach
}

// CheckReach checks the rows over everything that `go list` says is reached.
// A room that a row names and that holds no package is a breach: a rule about
// nothing keeps nothing.
func CheckReach(pkgs []Package, module string, rows []Reach) []Breach {
	var found []Breach
	for _, row := range rows {
		room, seen := module+"/"+row.Room, false
		var may []string
		for _, m := range append(row.May, row.Room) {
			may = append(may, module+"/"+m)
		}
		for _, p := range pkgs {
			if !under(p.ImportPath, room) {
				continue
			}
			seen = true
			if forTests(p) {
				continue
			}
			for _, d := range p.Deps {
				if under(d, module) && !underAny(d, may) || underAny(d, row.Never) {
					found = append(found, Breach{"reach", p.ImportPath, "reaches " + d})
				}
			}
		}
		if !seen {
			found = append(found, Breach{"reach", room, "is named by a rule and is not there"})
		}
	}
	return found
}

// forTests says whether p only serves tests: it hands out *testing.T, so no
// program can have use for it. What imports it is still checked.
func forTests(p Package) bool { return slices.Contains(p.Imports, "testing") }

// Reserved says who alone may reach a room of the module.
type Reserved struct {
	Room string
	For  []string // rooms; Room itself may in any case
}

// CheckReserved checks that nobody else reaches the rooms of the rows.
func CheckReserved(pkgs []Package, module string, rows []Reserved) []Breach {
	var found []Breach
	for _, row := range rows {
		var may []string
		for _, m := range append(row.For, row.Room) {
			may = append(may, module+"/"+m)
		}
		for _, p := range pkgs {
			if under(p.ImportPath, module) && !underAny(p.ImportPath, may) && !forTests(p) {
				for _, d := range p.Deps {
					if under(d, module+"/"+row.Room) {
						found = append(found, Breach{"reserved", p.ImportPath, "reaches " + d})
					}
				}
			}
		}
	}
	return found
}

// Wrapped is a library that only its wrapper may import directly.
type Wrapped struct {
	Library string
	By      []string // rooms, relative to the module
	Tests   bool     // the rule binds tests too
}

// CheckWrapped checks direct imports against the rows.
func CheckWrapped(pkgs []Package, module string, rows []Wrapped) []Breach {
	var found []Breach
	for _, row := range rows {
		var by []string
		for _, b := range row.By {
			by = append(by, module+"/"+b)
		}
		for _, p := range pkgs {
			if underAny(p.ImportPath, by) {
				continue
			}
			imports := p.Imports
			if row.Tests {
				imports = slices.Concat(imports, p.TestImports, p.XTestImports)
			}
			for _, i := range imports {
				if under(i, row.Library) {
					found = append(found, Breach{"wrapped", p.ImportPath, "imports " + i + " itself"})
				}
			}
		}
	}
	return found
}

// CheckFuzzSeeds finds fuzz targets that start from nothing: neither does the
// target add a seed, nor does testdata/fuzz hold one for it. files are test
// files; has says how many entries a directory holds.
func CheckFuzzSeeds(files map[string]string, has func(dir string) int) ([]Breach, error) {
	var found []Breach
	for name, text := range files {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Fuzz") {
				continue
			}
			if !seeded(f) && has(filepath.Join(filepath.Dir(name), "testdata", "fuzz", f.Name.Name)) == 0 {
				found = append(found, Breach{"fuzz seeds", name, f.Name.Name + " has no seed"})
			}
		}
	}
	return found, nil
}

// seeded says whether f calls Add on its *testing.F, or hands that to a helper.
func seeded(f *ast.FuncDecl) (yes bool) {
	if len(f.Type.Params.List) != 1 || len(f.Type.Params.List[0].Names) != 1 {
		return false
	}
	name := f.Type.Params.List[0].Names[0].Name
	isF := func(e ast.Expr) bool { id, ok := e.(*ast.Ident); return ok && id.Name == name }
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && isF(s.X) && s.Sel.Name == "Add" {
				yes = true
			}
			yes = yes || slices.ContainsFunc(call.Args, isF)
		}
		return true
	})
	return yes
}
