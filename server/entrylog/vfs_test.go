package entrylog_test

import (
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// badDisk stands between SQLite and the disk: it is SQLite's default file
// system, with calls that fail while a test says so. A call that fails does
// nothing, except that a write may write half.
type badDisk struct {
	mu         sync.Mutex
	how        breakage
	met, calls int
}

// breakage is which calls fail.
type breakage struct {
	kinds string // which count: any of w(rite), s(ync), t(runcate)
	nth   int    // the first that fails, from 0
	stays bool   // all after it fail too
	code  int32  // with which of SQLite's codes; 0: none fails
	half  bool   // of writes
}

// breaks lets calls fail from now on.
func (d *badDisk) breaks(how breakage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.how, d.met, d.calls = how, 0, 0
}

// mends says how many calls have failed.
func (d *badDisk) mends() (met int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.how = breakage{}
	return d.met
}

// fails counts a call, and gives the code it fails with, or 0.
func (d *badDisk) fails(kind string) (code int32, half bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.how.code == 0 || !strings.Contains(d.how.kinds, kind) {
		return 0, false
	}
	d.calls++
	if nth := d.calls - 1; nth == d.how.nth || nth > d.how.nth && d.how.stays {
		d.met++
		return d.how.code, d.how.half
	}
	return 0, false
}

var disk badDisk

// The C structures are outside of Go's heap: at is a pointer to one.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// pointer is the address under which SQLite calls a function of Go's, which
// stays for good: an address keeps nothing alive.
func pointer(f any) uintptr {
	pointed = append(pointed, f)
	return (*[2]uintptr)(unsafe.Pointer(&f))[1]
}

var pointed []any

// called is the reverse.
func called[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ uintptr }{address}))
}

type (
	openFunc  = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	writeFunc = func(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32
	syncFunc  = func(tls *libc.TLS, file uintptr, flags int32) int32
	cutFunc   = func(tls *libc.TLS, file uintptr, size int64) int32
)

// install makes it the file system of every database that is opened from now on.
var install = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	real := at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
	address := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(*real)))
	ours := at[sqlite3.Tsqlite3_vfs](address)
	*ours = *real
	name, err := libc.CString("bad disk")
	if err != nil {
		panic(err)
	}
	ours.FzName, ours.FpNext = name, 0
	open := called[openFunc](real.FxOpen)
	wrapped := make(map[uintptr]uintptr)
	var mu sync.Mutex
	ours.FxOpen = pointer(func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32 {
		code := open(tls, vfs, name, file, flags, out)
		f := at[sqlite3.Tsqlite3_file](file)
		if code != sqlite3.SQLITE_OK || f.FpMethods == 0 || flags&(sqlite3.SQLITE_OPEN_MAIN_DB|sqlite3.SQLITE_OPEN_WAL) == 0 {
			return code
		}
		mu.Lock()
		defer mu.Unlock()
		methods := wrapped[f.FpMethods] // database and log have different ones
		if methods == 0 {
			methods = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
			wrap(at[sqlite3.Tsqlite3_io_methods](methods), at[sqlite3.Tsqlite3_io_methods](f.FpMethods))
			wrapped[f.FpMethods] = methods
		}
		f.FpMethods = methods
		return code
	})
	if sqlite3.Xsqlite3_vfs_register(tls, address, 1) != sqlite3.SQLITE_OK {
		panic("not registered")
	}
})

func wrap(ours, real *sqlite3.Tsqlite3_io_methods) {
	*ours = *real
	write, sync, cut := called[writeFunc](real.FxWrite), called[syncFunc](real.FxSync), called[cutFunc](real.FxTruncate)
	ours.FxWrite = pointer(func(tls *libc.TLS, file, buf uintptr, n int32, offset int64) int32 {
		code, half := disk.fails("w")
		if half {
			_ = write(tls, file, buf, n/2, offset)
		}
		if code != 0 {
			return code
		}
		return write(tls, file, buf, n, offset)
	})
	ours.FxSync = pointer(func(tls *libc.TLS, file uintptr, flags int32) int32 {
		if code, _ := disk.fails("s"); code != 0 {
			return code
		}
		return sync(tls, file, flags)
	})
	ours.FxTruncate = pointer(func(tls *libc.TLS, file uintptr, size int64) int32 {
		if code, _ := disk.fails("t"); code != 0 {
			return code
		}
		return cut(tls, file, size)
	})
}
