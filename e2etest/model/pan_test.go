package model

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// world is what the model is given: see the head of commit.pml. What is not
// named is 0, but N 2, CAS 1, K 8 and MAXLOG 14.
type world map[string]int

func (w world) flags() []string {
	all := world{"N": 2, "CAS": 1, "K": 8, "MAXLOG": 14}
	for _, name := range []string{"REFRESHES", "SAYS", "LEAVES", "BADS", "CRASHES", "WIPES", "DUPS", "LIES"} {
		all[name] = 0
	}
	var flags []string
	for name, n := range w {
		all[name] = n
	}
	for name, n := range all {
		flags = append(flags, fmt.Sprintf("-D%s=%d", name, n))
	}
	return flags
}

// sources reads the model.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{"chain.pml", "commit.pml"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(b)
	}
	return files
}

// result is what the search came to.
type result struct {
	errors  int
	states  string
	depth   string
	violate string // the first assertion or cycle that it found
	out     string
}

var (
	errorsRE  = regexp.MustCompile(`depth reached (\d+), errors: (\d+)`)
	statesRE  = regexp.MustCompile(`(\S+) states, stored`)
	violateRE = regexp.MustCompile(`pan:\d+: (.*) \(at depth`)
)

// search makes the verifier of the model in this world and runs it. Live checks
// the formula recovers, under weak fairness, in the place of the rest state.
func search(t *testing.T, files map[string]string, w world, live bool) result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	flags, cflags, args := w.flags(), []string{"-O1", "-w", "-DCOLLAPSE", "-DMEMLIM=6000"}, []string{"-m1000000", "-w22", "-n"}
	if !deep() {
		cflags[0] = "-O0" // the compiler takes longer than the search
	}
	if live {
		flags = append(flags, "-DLIVE")
		cflags = append(cflags, "-DNFAIR=3")
		args = append(args, "-a", "-f")
	} else {
		cflags = append(cflags, "-DSAFETY")
	}
	command(t, dir, "spin", append(append([]string{}, flags...), "-a", "commit.pml")...)
	command(t, dir, "cc", append(cflags, "-o", "pan", "pan.c")...)
	out := command(t, dir, "./pan", args...)
	r := result{out: out}
	m, s := errorsRE.FindStringSubmatch(out), statesRE.FindStringSubmatch(out)
	if m == nil || s == nil {
		t.Fatalf("no result:\n%s", out)
	}
	r.depth, r.states = m[1], s[1]
	r.errors, _ = strconv.Atoi(m[2])
	if v := violateRE.FindStringSubmatch(out); v != nil {
		r.violate = v[1]
	}
	for _, cut := range []string{"max search depth too small", "out of memory"} {
		if strings.Contains(out, cut) {
			t.Fatalf("the search was cut: %s\n%s", cut, out)
		}
	}
	if r.errors == 0 && strings.Contains(out, "Search not completed") {
		t.Fatalf("the search was not completed:\n%s", out)
	}
	if r.errors != 0 { // the way there, for whoever reads the failure
		cmd := exec.Command("spin", append(append([]string{}, flags...), "-t", "commit.pml")...)
		cmd.Dir = dir
		trail, _ := cmd.CombinedOutput() // it may stumble where the model did
		r.out = story(string(trail)) + "\n" + out
	}
	return r
}

// story is what happened on the way, without the variables at its end.
func story(trail string) string {
	var lines []string
	for line := range strings.Lines(trail) {
		if !strings.Contains(line, " = ") && !strings.Contains(line, "proc ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	limit := 10 * time.Minute
	if deep() {
		limit = time.Hour
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if strings.HasPrefix(name, "./") {
		name = filepath.Join(dir, name)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v (scripts/need spin cc finds or installs what is missing)\n%s", filepath.Base(name), err, out)
	}
	return string(out)
}

// deep tells whether the large worlds are asked for.
func deep() bool { return os.Getenv("SEALWIRE_MODEL") == "deep" }
