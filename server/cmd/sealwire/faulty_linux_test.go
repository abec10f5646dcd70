//go:build amd64 || arm64

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// faultyDisk stands between a child and the kernel: what the child would change
// below a directory is asked of the test first, which answers with an error or
// lets it go on. It needs no privilege, but a kernel with seccomp's user
// notifications (Linux 5.7).
type faultyDisk struct {
	dir  string
	wait sync.WaitGroup

	mu    sync.Mutex
	calls []string // those that fail
	errno syscall.Errno
	met   int
}

// faultySocket is the file descriptor of a child over which it hands its
// listener to the test.
const faultySocket = "SEALWIRE_TEST_FAULTY_DISK"

// changing are the system calls by which a relay changes a disk.
var changing = map[string]uintptr{
	"write": syscall.SYS_WRITE, "pwrite": syscall.SYS_PWRITE64, "fsync": syscall.SYS_FSYNC, "fdatasync": syscall.SYS_FDATASYNC,
	"ftruncate": syscall.SYS_FTRUNCATE, "open": syscall.SYS_OPENAT, "mkdir": syscall.SYS_MKDIRAT, "rename": syscall.SYS_RENAMEAT, "unlink": syscall.SYS_UNLINKAT,
}

// seccompCall is the number of seccomp(2), which package syscall does not have.
var seccompCall = map[string]uintptr{"amd64": 317, "arm64": 277}[runtime.GOARCH]

// Of linux/seccomp.h and linux/prctl.h.
const (
	noNewPrivileges = 38
	setModeFilter   = 1
	filterFlags     = 1 | 8 | 16 // all threads; a listener; errors as ESRCH
	returnNotify    = 0x7fc00000
	returnAllow     = 0x7fff0000
	receiveNotice   = 0xc0502100
	sendAnswer      = 0xc0182101
	goOn            = 1
)

func init() {
	if fd := os.Getenv(faultySocket); fd != "" && os.Getenv(childArgs) != "" {
		if err := askFirst(3); err != nil {
			fmt.Fprintln(os.Stderr, `{"msg":"no faulty disk"}`, err)
			os.Exit(3)
		}
	}
}

// askFirst lets the whole process ask before it changes anything.
func askFirst(socket int) error {
	const load, equal, ret = 0x20, 0x15, 0x06 // of BPF
	program := []syscall.SockFilter{{Code: load, K: 0}}
	for _, name := range names(changing) {
		left := uint8(len(changing) - len(program))
		program = append(program, syscall.SockFilter{Code: equal, K: uint32(changing[name]), Jt: left + 1})
	}
	program = append(program, syscall.SockFilter{Code: ret, K: returnAllow}, syscall.SockFilter{Code: ret, K: returnNotify})
	of := syscall.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, noNewPrivileges, 1, 0, 0, 0, 0); e != 0 {
		return e
	}
	listener, _, e := syscall.RawSyscall(seccompCall, setModeFilter, filterFlags, uintptr(unsafe.Pointer(&of)))
	if e != 0 {
		return e
	}
	err := syscall.Sendmsg(socket, []byte{1}, syscall.UnixRights(int(listener)), nil, 0)
	return errors.Join(err, syscall.Close(int(listener)), syscall.Close(socket))
}

func names(of map[string]uintptr) []string {
	var all []string
	for name := range of {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// withFaultyDisk spawns a child whose changes below dir the disk may refuse.
func withFaultyDisk(t *testing.T, dir string, args ...string) (*child, *faultyDisk) {
	t.Helper()
	if seccompCall == 0 {
		t.Skip("the number of seccomp(2) here is not known")
	}
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "socket")
	d := &faultyDisk{dir: dir}
	ready := make(chan error, 1)
	go func() {
		listener, err := received(pair[0])
		ready <- err
		if err == nil {
			d.wait.Go(func() { d.serve(listener) })
		}
	}()
	c, err := trySpawn(t, func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{theirs} }, []string{faultySocket + "=3"}, args...)
	_ = theirs.Close()
	if err != nil {
		t.Skipf("no faulty disk to be had here: %v", err)
	}
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.kill(); d.wait.Wait() })
	return c, d
}

// received takes the listener from the socket.
func received(socket int) (int, error) {
	defer syscall.Close(socket)
	rights := make([]byte, 64)
	_, n, _, _, err := syscall.Recvmsg(socket, make([]byte, 1), rights, 0)
	if err != nil {
		return 0, err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return 0, fmt.Errorf("no listener came: %w", err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return 0, fmt.Errorf("no listener came: %w", err)
	}
	return fds[0], nil
}

// fails lets these calls fail; none: all is well. It gives how many have.
func (d *faultyDisk) fails(errno syscall.Errno, calls ...string) (met int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	met, d.met = d.met, 0
	d.errno, d.calls = errno, calls
	return met
}

// serve answers until the child is gone.
func (d *faultyDisk) serve(listener int) {
	defer syscall.Close(listener)
	queue, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		panic(err)
	}
	defer syscall.Close(queue)
	if err := syscall.EpollCtl(queue, syscall.EPOLL_CTL_ADD, listener, &syscall.EpollEvent{Events: syscall.EPOLLIN}); err != nil {
		panic(err)
	}
	for {
		var events [1]syscall.EpollEvent
		if n, err := syscall.EpollWait(queue, events[:], -1); err != nil || n == 0 {
			continue // interrupted
		}
		if events[0].Events&syscall.EPOLLIN == 0 {
			return // hung up
		}
		var notice [80]byte // id, pid, flags, number, architecture, address, six arguments
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), receiveNotice, uintptr(unsafe.Pointer(&notice))); e != 0 {
			continue // whoever asked is gone
		}
		var answer [24]byte // id, value, error, flags
		copy(answer[:8], notice[:8])
		if errno := d.judge(&notice); errno != 0 {
			binary.NativeEndian.PutUint32(answer[16:], uint32(-int32(errno)))
		} else {
			binary.NativeEndian.PutUint32(answer[20:], goOn)
		}
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), sendAnswer, uintptr(unsafe.Pointer(&answer)))
	}
}

func (d *faultyDisk) judge(notice *[80]byte) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.calls) == 0 {
		return 0
	}
	thread := binary.NativeEndian.Uint32(notice[8:])
	argument := func(i int) uint64 { return binary.NativeEndian.Uint64(notice[32+8*i:]) }
	for _, name := range d.calls {
		if changing[name] != uintptr(binary.NativeEndian.Uint32(notice[16:])) {
			continue
		}
		path := ""
		switch name {
		case "open", "mkdir", "rename", "unlink":
			if name == "open" && argument(2)&uint64(syscall.O_WRONLY|syscall.O_RDWR|syscall.O_CREAT) == 0 {
				return 0
			}
			path = text(thread, argument(1))
		default:
			path, _ = os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", thread, argument(0)))
		}
		if strings.HasPrefix(path, d.dir+string(filepath.Separator)) {
			d.met++
			return d.errno
		}
	}
	return 0
}

// text reads a path from the memory of a thread.
func text(thread uint32, at uint64) string {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", thread))
	if err != nil {
		return ""
	}
	defer memory.Close()
	b := make([]byte, 512)
	n, _ := memory.ReadAt(b, int64(at))
	path, _, _ := bytes.Cut(b[:n], []byte{0})
	return string(path)
}
