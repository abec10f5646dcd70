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

// beChild is main in a process of the test's.
func beChild(text string) {
	var args []string
	if err := json.Unmarshal([]byte(text), &args); err != nil {
		panic(err)
	}
	os.Exit(execute(&Program{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Files: built}, args))
}

// child is the command in a process of its own.
type child struct {
	Addr string
	cmd  *exec.Cmd
	log  *output
	read sync.WaitGroup
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
	text, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(os.Args[0]), log: &output{}}
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
	listening := make(chan string, 1)
	c.read.Go(func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			_, _ = c.log.Write(append(lines.Bytes(), '\n'))
			var line struct {
				Listen string `json:"listen"`
			}
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Listen != "" {
				listening <- line.Listen
			}
		}
		close(listening)
	})
	select {
	case addr, ok := <-listening:
		if !ok {
			return nil, fmt.Errorf("it ended: %s", c.log)
		}
		c.Addr = addr
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not listen: %s", c.log)
	}
	return c, nil
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
