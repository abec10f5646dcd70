package e2etest

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// A newcomer has a checkout, Go, make and git, and no Node. What git ignores
// is not in their checkout; what Go has downloaded once is not asked for again.
func TestNewcomerRunsTheDemo(t *testing.T) {
	long(t)
	tree := checkout(t)
	tools := t.TempDir()
	for _, name := range []string{"go", "git", "make", "rm"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(tools, name), args...)
		cmd.Dir = tree
		cmd.Env = append(os.Environ(), "PATH="+tools, "GOPROXY=off")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return cmd
	}

	out, err := command("go", "run", "./server/cmd/sealwire", "demo", "-addr", "127.0.0.1:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "make wasm") {
		t.Errorf("without the module the program should refuse and say make wasm: %v: %s", err, out)
	}

	demo := command("make", "demo", "ADDR=127.0.0.1:0")
	var said bytes.Buffer
	r, w := io.Pipe()
	demo.Stdout, demo.Stderr = w, w
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- demo.Wait(); w.Close() }()
	stop := func() {
		_ = syscall.Kill(-demo.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(harness.Patience):
			_ = syscall.Kill(-demo.Process.Pid, syscall.SIGKILL)
			t.Error("make demo does not end when asked to")
		}
	}
	var url string
	for s := bufio.NewScanner(io.TeeReader(r, &said)); url == "" && s.Scan(); {
		url = regexp.MustCompile(`http://127\.0\.0\.1:[1-9]\d*`).FindString(s.Text())
	}
	if url == "" {
		t.Fatalf("make demo prints no address: %s", &said)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	for _, path := range []string{"/", "/site", "/desk", "/relay", "/js/core/sealwire.wasm"} {
		res, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	stop()
	if _, err := os.Stat(filepath.Join(tree, ".demo")); err != nil {
		t.Errorf("the demo keeps its state elsewhere: %v", err)
	}
	if out, err := command("make", "clean").CombinedOutput(); err != nil {
		t.Errorf("make clean: %v: %s", err, out)
	}
	for _, gone := range []string{".demo", ".build", "js/core/sealwire.wasm", "js/core/module.js"} {
		if _, err := os.Stat(filepath.Join(tree, gone)); !os.IsNotExist(err) {
			t.Errorf("make clean leaves %s", gone)
		}
	}
}

// checkout copies what git would give somebody else, as it is in the work tree.
func checkout(t *testing.T) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = harness.Root()
	names, err := list.Output()
	if err != nil {
		t.Skipf("no git work tree here: %v", err)
	}
	tree := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		from, to := filepath.Join(harness.Root(), name), filepath.Join(tree, name)
		info, err := os.Stat(from)
		if os.IsNotExist(err) {
			continue // deleted, not yet committed
		} else if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}
