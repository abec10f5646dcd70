package abi

import (
	"reflect"
	"strings"
	"unicode"
)

// testingOnlyExport is one export of the module, found by the shape of its
// method, so that a new export joins every table-driven test by existing.
type testingOnlyExport struct {
	Method, Name string
	Parameters   int
	Call         func(i *Instance, args ...int32) int32
}

// testingOnlyExports lists every export that the native build has.
func testingOnlyExports() []testingOnlyExport {
	var all []testingOnlyExport
	int32Type := reflect.TypeFor[int32]()
	for m := range reflect.TypeFor[*Instance]().Methods() {
		fits := m.Type.NumOut() == 1 && m.Type.Out(0) == int32Type && !m.Type.IsVariadic()
		for p := 1; p < m.Type.NumIn(); p++ {
			fits = fits && m.Type.In(p) == int32Type
		}
		if !fits {
			continue
		}
		all = append(all, testingOnlyExport{
			Method:     m.Name,
			Name:       snakeCase(m.Name),
			Parameters: m.Type.NumIn() - 1,
			Call: func(i *Instance, args ...int32) int32 {
				in := []reflect.Value{reflect.ValueOf(i)}
				for _, a := range args {
					in = append(in, reflect.ValueOf(a))
				}
				return int32(m.Func.Call(in)[0].Int())
			},
		})
	}
	return all
}

// snakeCase turns EndNew into end_new and EntryID into entry_id.
func snakeCase(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for k, r := range runes {
		if unicode.IsUpper(r) && k > 0 && (!unicode.IsUpper(runes[k-1]) || k+1 < len(runes) && unicode.IsLower(runes[k+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
