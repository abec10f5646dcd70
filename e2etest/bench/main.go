package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// parts are what can be measured, in the order of their running.
var parts = []struct {
	name string
	run  func(*stage) error
}{
	{"node", benchNode},
	{"chromium", benchChromium},
	{"moves", benchMoves},
	{"file", benchFile},
	{"relay", benchRelay},
	{"idle", benchIdle},
}

// patience bounds each part; none should come near it.
const patience = 5 * time.Minute

func main() {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	for _, arg := range os.Args[1:] {
		if !slices.Contains(names, arg) {
			fmt.Fprintf(os.Stderr, "usage: bench [%s]\n", strings.Join(names, "] ["))
			os.Exit(2)
		}
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the parts asked for, all where none is. What cannot run here is
// said and left out; only what is wrong is an error.
func run(asked []string) error {
	s, err := newStage()
	if err != nil {
		return err
	}
	defer s.close()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		s.close()
		os.Exit(130)
	}()
	var all []error
	for _, p := range parts {
		if len(asked) > 0 && !slices.Contains(asked, p.name) {
			continue
		}
		if err := p.run(s); errors.Is(err, errWrong) {
			all = append(all, err)
		} else if err != nil {
			fmt.Printf("%s: not measured: %v\n", p.name, err)
		}
		fmt.Println()
	}
	return errors.Join(all...)
}

// errWrong is what no benchmark may see: an acknowledged entry that is not there.
var errWrong = errors.New("the relay broke a promise")

// floor prints a figure beside what it must hold.
func floor(what, figure string, held bool, wanted string) {
	mark := "✓"
	if !held {
		mark = "✗"
	}
	fmt.Printf("%s %-28s %-14s floor %s\n", mark, what, figure, wanted)
}

// root finds the repository from the directory in which go run was called.
func root() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "js", "core", "sealwire.wasm")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run make wasm, and this inside of the repository")
		}
	}
	return "", err
}
