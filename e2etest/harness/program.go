package harness

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// root is the root of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Root is the root of the repository, for scenarios that read its files.
func Root() string { return root() }

var binary = sync.OnceValues(func() (string, error) {
	if _, err := os.Stat(filepath.Join(root(), "js", "core", "sealwire.wasm")); err != nil {
		return "", fmt.Errorf("%w (run make wasm)", err)
	}
	dir, err := os.MkdirTemp("", "sealwire-e2e-bin-")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "sealwire")
	cmd := exec.Command("go", "build", "-o", name, "./server/cmd/sealwire")
	cmd.Dir = root()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return name, nil
})

// RemoveBinary removes what the tests of this process built.
func RemoveBinary() {
	if name, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
}

// Run runs a subcommand of the program to its end.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	out, err := Command(t, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("sealwire %s: %v: %s", strings.Join(args, " "), err, exit.Stderr)
		}
		t.Fatalf("sealwire %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// Command is a subcommand of the program, not yet started.
func Command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	name, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(name, args...)
}

// Demo is a running `sealwire demo`: site, authority and relay.
type Demo struct {
	URL string // http://127.0.0.1:port
	Dir string // its state

	t    testing.TB
	cmd  *exec.Cmd
	done chan error

	mu  sync.Mutex
	log bytes.Buffer
}

// StartDemo starts the demo with fresh state on a free port, for the length of
// the test. Its company has the queues that are named, or the demo's one.
func StartDemo(t testing.TB, queues ...string) *Demo {
	t.Helper()
	d := &Demo{t: t, Dir: filepath.Join(t.TempDir(), "demo")}
	if len(queues) > 0 {
		if err := os.Mkdir(d.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		Run(t, "org", "init", "-queues", strings.Join(queues, ","), filepath.Join(d.Dir, "company"))
	}
	d.start("127.0.0.1:0")
	t.Cleanup(func() {
		d.Kill()
		if t.Failed() {
			t.Logf("the demo's log:\n%s", clip(d.Log(), 20000))
		}
	})
	return d
}

var printed = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

func (d *Demo) start(addr string) {
	d.t.Helper()
	d.cmd = Command(d.t, "demo", "-addr", addr, "-dir", d.Dir)
	// It must find nothing of the tree: what it serves is inside it.
	d.cmd.Dir = d.t.TempDir()
	r, w := io.Pipe()
	d.cmd.Stdout, d.cmd.Stderr = w, w
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.done = make(chan error, 1)
	go func() { d.done <- d.cmd.Wait(); w.Close() }()
	address := make(chan string, 1)
	go func() {
		defer close(address)
		found := false
		for s := bufio.NewScanner(r); s.Scan(); {
			d.mu.Lock()
			fmt.Fprintln(&d.log, s.Text())
			d.mu.Unlock()
			if u := printed.FindString(s.Text()); u != "" && !found {
				found = true
				address <- u
			}
		}
	}()
	select {
	case u, ok := <-address:
		if !ok {
			d.t.Fatalf("the demo ended before it printed an address:\n%s", d.Log())
		}
		if d.URL != "" && u != d.URL {
			d.t.Fatalf("the demo came back at %s, was at %s", u, d.URL)
		}
		d.URL = u
	case <-time.After(Patience):
		d.t.Fatalf("the demo prints no address:\n%s", d.Log())
	}
}

// Addr is the demo's host and port.
func (d *Demo) Addr() string { return strings.TrimPrefix(d.URL, "http://") }

// Log is all that the demo wrote so far, to either stream.
func (d *Demo) Log() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// PID is the process id of the demo.
func (d *Demo) PID() int { return d.cmd.Process.Pid }

// Stop asks the demo to end, and waits until it has.
func (d *Demo) Stop() {
	d.t.Helper()
	d.signal(syscall.SIGTERM)
}

// Kill ends the demo at once, as a power cut would.
func (d *Demo) Kill() {
	d.t.Helper()
	d.signal(syscall.SIGKILL)
}

func (d *Demo) signal(s syscall.Signal) {
	if d.done == nil {
		return
	}
	_ = d.cmd.Process.Signal(s)
	select {
	case <-d.done:
		d.done = nil
	case <-time.After(Patience):
		_ = d.cmd.Process.Kill()
		<-d.done
		d.done = nil
		d.t.Errorf("the demo did not end %v after %v", Patience, s)
	}
}

// Forget removes the state of a stopped demo.
func (d *Demo) Forget() {
	d.t.Helper()
	if err := os.RemoveAll(d.Dir); err != nil {
		d.t.Fatal(err)
	}
}

// Start starts a stopped demo again, with the same state and address.
func (d *Demo) Start() { d.t.Helper(); d.start(d.Addr()) }
