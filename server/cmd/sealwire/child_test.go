package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// childArgs holds, in the process that is to be killed, its command line as JSON.
const childArgs = "SEALWIRE_TEST_CHILD"

// The step of an inbox at which that process is killed, once there is a file.
const (
	killAt   = "SEALWIRE_TEST_KILL_AT"
	killWhen = "SEALWIRE_TEST_KILL_WHEN"
)

// beChild is main in a process of the test's.
func beChild(text string) {
	var args []string
	if err := json.Unmarshal([]byte(text), &args); err != nil {
		panic(err)
	}
	p := &Program{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Files: built}
	if step := os.Getenv(killAt); step != "" {
		p.testingOnlyStep = func(_, s string) bool {
			if _, err := os.Stat(os.Getenv(killWhen)); s == step && err == nil {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // it does not come to anything more
			}
			return false
		}
	}
	os.Exit(execute(p, args))
}

// child is the command in a process of its own.
type child struct {
	Addr string
	cmd  *exec.Cmd
	log  *output
	read sync.WaitGroup

	listening chan string
}

// spawn starts the command and waits until it listens.
func spawn(t *testing.T, env []string, args ...string) *child {
	t.Helper()
	c, err := trySpawn(t, nil, env, args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trySpawn is spawn with what may not be had everywhere.
func trySpawn(t *testing.T, prepare func(*exec.Cmd), env []string, args ...string) (*child, error) {
	t.Helper()
	c, err := beginChild(t, prepare, env, args...)
	if err != nil {
		return nil, err
	}
	return c, c.listens(t)
}

// beginChild starts the command and waits for nothing.
func beginChild(t *testing.T, prepare func(*exec.Cmd), env []string, args ...string) (*child, error) {
	t.Helper()
	text, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(os.Args[0]), log: &output{}, listening: make(chan string, 1)}
	if prepare != nil {
		prepare(c.cmd)
	}
	c.cmd.Env = append(append(os.Environ(), env...), childArgs+"="+string(text))
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(c.kill)
	c.read.Go(func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			_, _ = c.log.Write(append(lines.Bytes(), '\n'))
			var line struct {
				Listen string `json:"listen"`
			}
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Listen != "" {
				c.listening <- line.Listen
			}
		}
		close(c.listening)
	})
	return c, nil
}

// listens waits until it listens.
func (c *child) listens(t *testing.T) error {
	t.Helper()
	select {
	case addr, ok := <-c.listening:
		if !ok {
			return fmt.Errorf("it ended: %s", c.log)
		}
		c.Addr = addr
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not listen: %s", c.log)
	}
	return nil
}

// kill is kill -9. It may be called again.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	c.read.Wait()
	_ = c.cmd.Wait()
}

// end is SIGTERM; it demands that the process ends well, and in time.
func (c *child) end(t *testing.T, within time.Duration) {
	t.Helper()
	begin := time.Now()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.read.Wait()
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, c.log)
	}
	if d := time.Since(begin); d > within {
		t.Errorf("ending took %v, want at most %v", d, within)
	}
	if strings.Contains(c.log.String(), "DATA RACE") {
		t.Error(c.log.String())
	}
}
