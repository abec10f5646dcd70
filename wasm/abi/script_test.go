package abi

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"os"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// A script is a sequence of calls and writes to the tray, as bytes. Exports are
// named by a hash of their name, so that a corpus keeps its meaning when more
// are added; every export takes part by existing.
//
//	0 n bytes…             write n bytes to the tray, from its front
//	1 at value             change one byte of what the tray holds
//	2 name16 parameters…   call; each parameter is a selector and what it wants:
//	     0 value8          a small number
//	     1 k               the result of an earlier call, counted from the last
//	     2 value32         any number
//	     3                 how many bytes the tray holds
//	3                      keep the tray's content
//	4                      put what was kept behind the tray's content
const (
	opWrite = iota
	opChange
	opCall
	opKeep
	opJoin
)

const (
	argSmall = iota
	argResult
	argAny
	argLength
)

// maxCalls bounds the work of one script.
const maxCalls = 48

func nameHash(name string) uint16 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return uint16(h.Sum32())
}

// runScript runs a script on a fresh instance and checks after each call what
// must hold for every call there is.
func runScript(t *testing.T, script []byte) (calls map[string]int) {
	calls = map[string]int{}
	exports := map[uint16]testingOnlyExport{}
	for _, e := range testingOnlyExports() {
		exports[nameHash(e.Name)] = e
	}
	i := new(Instance)
	results := []int32{0}
	held := 0 // bytes of the tray that the script or a result put there
	var kept []byte
	next := func(n int) []byte {
		b := make([]byte, n)
		script = script[copy(b, script):]
		return b
	}
	for total := 0; len(script) > 0 && total < maxCalls; {
		switch op := next(1)[0]; op {
		case opWrite:
			held = copy(i.tray[:], next(int(next(1)[0])))
		case opChange:
			b := next(2)
			i.tray[b[0]] ^= b[1]
		case opKeep:
			kept = bytes.Clone(i.tray[:held])
		case opJoin:
			held = copy(i.tray[:], append(bytes.Clone(i.tray[:held]), kept...))
		case opCall:
			e, ok := exports[binary.BigEndian.Uint16(next(2))]
			if !ok {
				continue
			}
			var args []int32
			for range e.Parameters {
				switch next(1)[0] {
				case argSmall:
					args = append(args, int32(int8(next(1)[0])))
				case argResult:
					k := int(next(1)[0])
					args = append(args, results[len(results)-1-k%len(results)])
				case argAny:
					args = append(args, int32(binary.BigEndian.Uint32(next(4))))
				default:
					args = append(args, int32(held))
				}
			}
			if e.Name == "bulk_reserve" && args[0] > 1<<20 && args[0] <= MaxBulk {
				args[0] &= 1<<20 - 1 // right, but slow
			}
			total++
			result := e.Call(i, args...)
			results = append(results, result)
			checkResult(t, i, e, args, result)
			if result >= 0 {
				calls[e.Name]++
				held = int(min(result, TraySize))
			} else {
				held = 0
			}
		}
	}
	return calls
}

func checkResult(t *testing.T, i *Instance, e testingOnlyExport, args []int32, result int32) {
	t.Helper()
	if result < 0 {
		c := wire.Code(-result)
		if c == wire.Internal || c.Error() == "internal" {
			t.Fatalf("%s%v = %d: a bug, or no code", e.Name, args, result)
		}
		// Nothing of a refused call stays: neither what was given nor half a result.
		if i.tray != [TraySize]byte{} {
			t.Fatalf("%s%v = %v and left something in the tray", e.Name, args, c)
		}
	}
	if i.poisoned {
		t.Fatalf("%s%v poisoned the instance", e.Name, args)
	}
	if i.args != [TraySize]byte{} {
		t.Fatalf("%s%v left its arguments", e.Name, args)
	}
	if len(i.bulk) > MaxBulk {
		t.Fatalf("%s%v: %d bytes in bulk", e.Name, args, len(i.bulk))
	}
}

// script builds one.
type script struct{ b []byte }

func (s *script) write(parts ...[]byte) *script {
	for p := bytes.Join(parts, nil); ; p = p[255:] {
		if len(p) <= 255 {
			s.b = append(append(s.b, opWrite, byte(len(p))), p...)
			return s
		}
		panic("a script writes at most 255 bytes")
	}
}

func (s *script) op(op byte) *script { s.b = append(s.b, op); return s }

func (s *script) call(name string, args ...[]byte) *script {
	s.b = append(s.b, opCall)
	s.b = binary.BigEndian.AppendUint16(s.b, nameHash(name))
	for _, a := range args {
		s.b = append(s.b, a...)
	}
	return s
}

var length = []byte{argLength}

func small(v int8) []byte    { return []byte{argSmall, byte(v)} }
func earlier(k byte) []byte  { return []byte{argResult, k} }
func number(v uint32) []byte { return binary.BigEndian.AppendUint32([]byte{argAny}, v) }

// seeds are scripts that get far; each names the exports that must succeed in it.
func seeds() map[string]struct {
	script  *script
	succeed []string
} {
	type seed = struct {
		script  *script
		succeed []string
	}
	zero := make([]byte, 32)
	now := make([]byte, 8)
	root := append([]byte{1, 1}, bytes.Repeat([]byte{7}, 32)...) // customer, one root
	return map[string]seed{
		"nacl": {
			new(script).call("nacl_key_pair").call("nacl_box_before", length).op(opKeep).
				write(zero, zero[:24], []byte("message")).call("nacl_secretbox", length).op(opKeep).
				write(zero, zero[:24]).op(opJoin).call("nacl_secretbox_open", length),
			[]string{"nacl_key_pair", "nacl_box_before", "nacl_secretbox", "nacl_secretbox_open"},
		},
		"bulk": {
			new(script).call("bulk_reserve", number(1000)).write([]byte("in bulk")).call("bulk_put", small(7), length).
				write(zero, zero[:24]).call("nacl_secretbox_bulk", length).
				write(zero, zero[:24]).call("nacl_secretbox_open_bulk", length).
				call("bulk_get", small(7), small(7)).call("bulk_clear"),
			[]string{"bulk_reserve", "bulk_put", "nacl_secretbox_bulk", "nacl_secretbox_open_bulk", "bulk_get", "bulk_clear"},
		},
		"keystore": {
			new(script).write(zero).call("keystore_open", length).
				write([]byte{0, 1, 'x'}, []byte("value")).call("keystore_seal", earlier(0), length).op(opKeep).
				write([]byte{0, 1, 'x'}).op(opJoin).call("keystore_unseal", earlier(1), length).
				call("close", earlier(2)),
			[]string{"keystore_open", "keystore_seal", "keystore_unseal", "close"},
		},
		"end": {
			new(script).write(zero).call("keystore_open", length).write(root).call("end_new", length).
				call("end_identity", earlier(0)).
				write(zero, []byte{0, 1, 'h', 0, 1, 'p'}).call("end_hello", earlier(1), length).
				write(now, now[:7], []byte{9, 0}).call("end_key_package", earlier(2), length).
				write(now).call("end_expire", earlier(3), length).
				call("end_save", earlier(4), earlier(5)).write(root).call("end_load", earlier(6), length),
			[]string{"end_new", "end_identity", "end_hello", "end_key_package", "end_expire", "end_save", "end_load"},
		},
		"conversation": {
			new(script).write(zero).call("keystore_open", length).write(root).call("end_new", length).
				write(zero[:16]).call("conversation_join", earlier(0), length).
				call("conversation_status", earlier(0)).call("conversation_pending", earlier(1)).
				write(now).call("conversation_due", earlier(2), length).
				call("conversation_save", earlier(3), small(1)).
				write(zero[:16]).call("conversation_load", small(2), small(1), length).
				write(now, []byte{1, 2, 3}).call("conversation_receive", earlier(5), length).
				write([]byte{1, 2, 3}).call("entry_id", length).call("close", small(2)),
			[]string{"conversation_join", "conversation_status", "conversation_pending", "conversation_save", "conversation_load", "entry_id", "close"},
		},
		"moves": {
			new(script).write(root).call("end_new", length).
				write(now, []byte{1, 'q', 16}, zero[:16], []byte{1, 6, 0, 1, 'x'}).call("conversation_genesis", earlier(0), length).
				write(zero[:16]).call("conversation_join", earlier(1), length).
				write(now, []byte{0, 1, 0, 2, 1}, zero[:16], []byte{1, 3, 0, 1, 'x'}).call("conversation_commit", earlier(0), length).
				write(now, []byte{16}, zero[:16], []byte{2, 4, 255, 0, 0}).call("conversation_commit", earlier(1), length).
				call("conversation_status", earlier(2)),
			[]string{"end_new", "conversation_join", "conversation_status"},
		},
	}
}

func TestSeedScriptsGetFar(t *testing.T) {
	for name, s := range seeds() {
		calls := runScript(t, s.script.b)
		for _, export := range s.succeed {
			if calls[export] == 0 {
				t.Errorf("%s: %s did not succeed", name, export)
			}
		}
	}
}

func TestExportNamesHashApart(t *testing.T) {
	seen := map[uint16]string{}
	for _, e := range testingOnlyExports() {
		if other, ok := seen[nameHash(e.Name)]; ok {
			t.Errorf("%s and %s have one hash: scripts reach only one", e.Name, other)
		}
		seen[nameHash(e.Name)] = e.Name
	}
}

// TestC15_EveryExportRefusesForgedHandles calls each export with handles that
// are not open or stand for something else, and lengths that cannot be.
func TestC15_EveryExportRefusesForgedHandles(t *testing.T) {
	values := []int32{0, 1, 2, -1, 1 << 20, TraySize, TraySize + 1, -1 << 31, 1<<31 - 1}
	for _, e := range testingOnlyExports() {
		var try func(args []int32)
		try = func(args []int32) {
			if len(args) < e.Parameters {
				for _, v := range values {
					try(append(args[:len(args):len(args)], v))
				}
				return
			}
			i := new(Instance)
			if _, err := i.keep(&secret{}, 0); err != nil { // handle 1, of a type that no export takes
				t.Fatal(err)
			}
			checkResult(t, i, e, args, e.Call(i, args...))
		}
		try(nil)
	}
}

func TestFuzzCorpusIsNotEmpty(t *testing.T) {
	files, err := os.ReadDir("testdata/fuzz/FuzzScripts")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
}

func FuzzScripts(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s.script.b)
	}
	f.Fuzz(func(t *testing.T, script []byte) { runScript(t, script) })
}
