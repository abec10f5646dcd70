package abi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestModuleExportsEveryMethod compares main_wasip1.go with the methods of
// Instance: the same names, each a single line that calls its method.
func TestModuleExportsEveryMethod(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "main_wasip1.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]string{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Doc == nil {
			continue
		}
		for _, c := range f.Doc.List {
			if name, ok := strings.CutPrefix(c.Text, "//go:wasmexport "); ok {
				exported[name] = methodCalled(t, f)
			}
		}
	}
	want := map[string]string{"tray_address": "TrayAddress"} // which the native build lacks
	for _, e := range testingOnlyExports() {
		want[e.Name] = e.Method
	}
	if len(want) < 10 {
		t.Fatalf("only %d exports found", len(want))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if exported[name] != want[name] {
			t.Errorf("main_wasip1.go exports %s as a call of %q, want %q", name, exported[name], want[name])
		}
		delete(exported, name)
	}
	for name := range exported {
		t.Errorf("main_wasip1.go exports %s, which is no method of Instance", name)
	}
}

// methodCalled returns M where the function's whole body is return core.M(its own parameters).
func methodCalled(t *testing.T, f *ast.FuncDecl) string {
	t.Helper()
	var parameters []string
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			parameters = append(parameters, name.Name)
		}
	}
	if len(f.Body.List) != 1 {
		return ""
	}
	ret, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return ""
	}
	call, ok := ret.Results[0].(*ast.CallExpr)
	if !ok {
		return ""
	}
	var args []string
	for _, a := range call.Args {
		if id, ok := a.(*ast.Ident); ok {
			args = append(args, id.Name)
		}
	}
	if !slices.Equal(args, parameters) {
		t.Errorf("%s passes %v, want %v", f.Name.Name, args, parameters)
	}
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok && x.Name == "core" {
			return s.Sel.Name
		}
	}
	return ""
}
