package blobtest

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/server/blob"
)

const (
	crashPlace   = "SEALWIRE_BLOB_CRASH" // the place; set only in the process to be killed
	crashRounds  = 4
	crashWriters = 6
	crashSize    = 3*blob.PartSize + 5000
)

var crashLimits = blob.Limits{MaxUnfinished: 1000}

// crashContent is what a blob holds, by its id, so that two processes agree.
func crashContent(id blob.ID) []byte {
	var seed uint64
	for i := range 8 {
		seed |= uint64(id[i]) << (8 * i)
	}
	return random(seed, crashSize)
}

// crashLoad uploads until it is killed, and writes a line for each ack. Every
// third blob it deletes again.
func crashLoad(h Harness, place string) error {
	s, err := h.Open(place, crashLimits)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for i := range crashWriters {
		go func() {
			for n := 0; ; n++ {
				if err := crashUpload(s, fmt.Sprint("owner ", i), n%3 == 2); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

func crashUpload(s blob.Store, owner string, remove bool) error {
	id, err := s.Create(ctx, blob.CreateRequest{Owner: []byte(owner), By: []byte(owner), Size: crashSize})
	if err != nil {
		return err
	}
	// One write for each line, shorter than a pipe's atomic size.
	fmt.Printf("create %x %d\n", id, 0)
	content := crashContent(id)
	for i := range parts(content) {
		if err := s.Put(ctx, id, i, bytes.NewReader(part(content, i))); err != nil {
			return err
		}
		fmt.Printf("put %x %d\n", id, i)
	}
	if err := s.Complete(ctx, id); err != nil {
		return err
	}
	fmt.Printf("complete %x %d\n", id, 0)
	if remove {
		fmt.Printf("deleting %x %d\n", id, 0)
		if err := s.Delete(ctx, id); err != nil {
			return err
		}
		fmt.Printf("deleted %x %d\n", id, 0)
	}
	return nil
}

// seen is what was acked of a blob.
type seen struct {
	parts                       map[int]bool
	complete, deleting, deleted bool
}

// killKeepsAcked kills an uploading process a few times, and finishes what it
// left as a client does that resumes.
func killKeepsAcked(t *testing.T, h Harness) {
	place := h.Place(t)
	resumed := 0
	for round := range crashRounds {
		acked := crashRound(t, place, round)
		s, err := h.Open(place, crashLimits)
		if err != nil {
			t.Fatalf("open after a kill: %v", err)
		}
		for id, a := range acked {
			resumed += checkAcked(t, s, id, a)
		}
		for i := range crashWriters {
			wantError(t, "erase", s.EraseOwner(ctx, fmt.Append(nil, "owner ", i)), nil)
		}
		closed(t, s)
		if h.Files != nil && len(h.Files(t, place)) != 0 {
			t.Fatalf("files remain: %v", h.Files(t, place))
		}
	}
	t.Logf("%d uploads were resumed after a kill", resumed)
}

func crashRound(t *testing.T, place string, round int) map[blob.ID]*seen {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), crashPlace+"="+place)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var kill sync.Once
	acked := map[blob.ID]*seen{}
	at, lines := 10+rand.IntN(50), 0
	for scan := bufio.NewScanner(out); scan.Scan(); lines++ {
		var what, name string
		var p int
		if _, err := fmt.Sscan(scan.Text(), &what, &name, &p); err != nil {
			t.Errorf("line %q: %v", scan.Text(), err)
		}
		raw, err := hex.DecodeString(name)
		if err != nil || len(raw) != 16 {
			t.Fatalf("line %q: %v", scan.Text(), err)
		}
		id := blob.ID(raw)
		if what == "create" {
			acked[id] = &seen{parts: map[int]bool{}}
		}
		switch a := acked[id]; what {
		case "put":
			a.parts[p] = true
		case "complete":
			a.complete = true
		case "deleting":
			a.deleting = true
		case "deleted":
			a.deleted = true
		}
		if lines >= at {
			kill.Do(func() { _ = child.Process.Kill() })
		}
	}
	if err := child.Wait(); err == nil || lines < at || child.ProcessState.ExitCode() != -1 {
		t.Fatalf("round %d: the process ended by itself after %d acks: %v", round, lines, err)
	}
	return acked
}

// checkAcked returns 1 if the upload had to be resumed.
func checkAcked(t *testing.T, s blob.Store, id blob.ID, a *seen) int {
	t.Helper()
	if a.deleted {
		wantNotFound(t, s, id)
		return 0
	}
	content := crashContent(id)
	info, err := s.Info(ctx, id)
	if a.deleting && err != nil {
		wantNotFound(t, s, id)
		return 0
	}
	if err != nil || a.complete && !info.Complete {
		t.Fatalf("after a kill: %+v, %v; acked %+v", info, err, a)
	}
	if info.Complete {
		wantContent(t, s, id, content)
		return 0
	}
	missing, err := s.Parts(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range missing {
		if a.parts[p] {
			t.Fatalf("acked part %d is missing", p)
		}
		put(t, s, id, content, p)
	}
	wantError(t, "complete", s.Complete(ctx, id), nil)
	wantContent(t, s, id, content)
	return 1
}
