package entrylogtest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
)

const (
	crashPlace   = "SEALWIRE_ENTRYLOG_CRASH" // the place; set only in the process to be killed
	crashNext    = "SEALWIRE_ENTRYLOG_NEXT"  // the first number of each appender
	crashRounds  = 5
	crashWriters = 8
)

// crashHead is the head of the shared conversation, which never moves again.
var crashHead = (&writer{key: key(1, 0)}).request([]byte("genesis"), true).Next

func crashBody(appender, number int) []byte { return fmt.Appendf(nil, "%d/%d", appender, number) }

// crashLoad appends until it is killed, to one conversation shared by all
// appenders and to one of each, and writes a line for each ack.
func crashLoad(h Harness, place string) error {
	l, err := h.Open(place)
	if err != nil {
		return err
	}
	shared := &writer{l: l, key: key(1, 0)}
	if _, _, err := l.Append(context.Background(), shared.request([]byte("genesis"), true)); err != nil {
		return err
	}
	shared.head = crashHead
	failed := make(chan error)
	for i, next := range strings.Fields(os.Getenv(crashNext)) {
		go func() { failed <- crashAppend(shared, i, next) }()
	}
	return <-failed
}

func crashAppend(shared *writer, appender int, next string) error {
	var number int
	if _, err := fmt.Sscan(next, &number); err != nil {
		return err
	}
	own := &writer{l: shared.l, key: key(1, appender+1)}
	if number > 0 {
		own.head = own.request(crashBody(appender, number-1), true).Next
	}
	for ; ; number++ {
		// The own conversation moves its head each time, so it also shows that
		// head and entry are one step.
		r := own.request(crashBody(appender, number), true)
		a, dupA, err := own.l.Append(context.Background(), r)
		if err != nil {
			return fmt.Errorf("own %d/%d: %w", appender, number, err)
		}
		own.head = r.Next
		b, dupB, err := shared.l.Append(context.Background(), shared.request(crashBody(appender, number), false))
		if err != nil {
			return fmt.Errorf("shared %d/%d: %w", appender, number, err)
		}
		// One write, shorter than a pipe's atomic size.
		if _, err := fmt.Printf("%d %d %d %d %t %t\n", appender, number, a, b, dupA, dupB); err != nil {
			return err
		}
	}
}

// killKeepsAcked kills a writing process a few times. Each life starts with
// what the one before had not seen acked, as a client's outbox does.
func killKeepsAcked(t *testing.T, h Harness) {
	place := h.Place(t)
	own := make([][]uint64, crashWriters) // acked sequences by number
	inShared := make([][]uint64, crashWriters)
	repeats := 0
	for round := range crashRounds {
		var next []string
		for _, acked := range own {
			next = append(next, fmt.Sprint(len(acked)))
		}
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), crashPlace+"="+place, crashNext+"="+strings.Join(next, " "))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var kill sync.Once
		at, lines := 20+rand.IntN(600), 0
		for scan := bufio.NewScanner(out); scan.Scan(); lines++ {
			var appender, number int
			var a, b uint64
			var dupA, dupB bool
			if _, err := fmt.Sscan(scan.Text(), &appender, &number, &a, &b, &dupA, &dupB); err != nil {
				t.Errorf("line %q: %v", scan.Text(), err)
			} else if number != len(own[appender]) {
				t.Errorf("ack of %d/%d, want number %d", appender, number, len(own[appender]))
			} else {
				own[appender] = append(own[appender], a)
				inShared[appender] = append(inShared[appender], b)
			}
			if dupA {
				repeats++
			}
			if lines >= at {
				kill.Do(func() { _ = child.Process.Kill() })
			}
		}
		if err := child.Wait(); err == nil || lines < at || child.ProcessState.ExitCode() != -1 {
			t.Fatalf("round %d: the process ended by itself after %d acks: %v", round, lines, err)
		}
		checkAcked(t, h, place, own, inShared)
	}
	t.Logf("%d of the first entries after a kill had been stored without an ack", repeats)
}

// checkAcked opens the place as a restarted server does.
func checkAcked(t *testing.T, h Harness, place string, own, inShared [][]uint64) {
	t.Helper()
	l, err := h.Open(place)
	if err != nil {
		t.Fatalf("open after a kill: %v", err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	shared := all(t, l, key(1, 0))
	seen := map[string]bool{}
	count := make([]int, len(own))
	for _, e := range shared[1:] {
		var appender, number int
		if _, err := fmt.Sscanf(string(e.Bytes), "%d/%d", &appender, &number); err != nil {
			t.Fatalf("sequence %d holds %q", e.Sequence, e.Bytes)
		}
		if seen[string(e.Bytes)] {
			t.Fatalf("%s is stored twice", e.Bytes)
		}
		seen[string(e.Bytes)] = true
		if number != count[appender] {
			t.Fatalf("sequence %d: %s after %d of its appender", e.Sequence, e.Bytes, count[appender])
		}
		count[appender]++
	}
	for i := range own {
		mine := all(t, l, key(1, i+1))
		if len(mine) < len(own[i]) || len(mine) > len(own[i])+1 || count[i] < len(own[i]) || count[i] > len(own[i])+1 {
			t.Fatalf("appender %d: %d acked, %d and %d stored", i, len(own[i]), len(mine), count[i])
		}
		for n, e := range mine {
			if string(e.Bytes) != string(crashBody(i, n)) {
				t.Fatalf("appender %d: sequence %d holds %q", i, e.Sequence, e.Bytes)
			}
		}
		for n := range own[i] {
			if own[i][n] != uint64(n)+1 {
				t.Fatalf("appender %d: number %d was acked at %d", i, n, own[i][n])
			}
			if e := shared[inShared[i][n]-1]; string(e.Bytes) != string(crashBody(i, n)) {
				t.Fatalf("sequence %d was acked for %d/%d and holds %q", e.Sequence, i, n, e.Bytes)
			}
		}
		if len(mine) == 0 {
			continue
		}
		heads, err := l.Heads(context.Background(), [][]byte{key(1, i+1)})
		last := (&writer{}).request(mine[len(mine)-1].Bytes, true).Next
		if err != nil || heads[string(key(1, i+1))] != (entrylog.Head{Sequence: uint64(len(mine)), Hash: last}) {
			t.Fatalf("appender %d: the head is not that of its last commit: %v, %v", i, heads, err)
		}
	}
}
