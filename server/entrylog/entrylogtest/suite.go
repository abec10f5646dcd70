// Package entrylogtest is the conformance suite of entrylog.Log. A driver's
// test calls Run with a Harness, and Main from its TestMain:
//
//	func TestMain(m *testing.M) { entrylogtest.Main(m, harness) }
//	func TestConformance(t *testing.T) { entrylogtest.Run(t, harness) }
//
// Run opens, closes and reopens the store, kills processes that write to it
// (Main is their entry), and searches its files. Every test has a place of its
// own. Main also fails if goroutines are left behind.
package entrylogtest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/sealwire/sealwire/server/entrylog"
	"go.uber.org/goleak"
)

// Harness tells the suite how to reach a driver.
type Harness struct {
	// Open opens the store at a place, making it if there is none. After Close
	// or a crash the same place is opened again.
	Open func(place string) (entrylog.Log, error)

	// Place names a new, empty place, such as a directory or a schema.
	Place func(t testing.TB) string

	// Raw returns all bytes at rest at a place whose store may be open. Nil
	// skips the tests that search them.
	Raw func(t testing.TB, place string) []byte
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"AppendNumbersDensely", appendNumbersDensely},
		{"AppendRefusesStaleHead", appendRefusesStaleHead},
		{"AppendRefusesBadRequests", appendRefusesBadRequests},
		{"RepeatGivesFirstSequenceAlsoOnAMovedHead", repeatGivesFirstSequence},
		{"RepeatIsKnownAfterRestartAndTrim", repeatIsKnownAfterRestartAndTrim},
		{"ManyAppendersLoseAndDoubleNothing", manyAppenders},
		{"ManyRepeatsAppendOnce", manyRepeats},
		{"ManyCommitsOnOneHeadHaveOneWinner", manyCommits},
		{"NoMessageOfAnOldHeadFollowsItsCommit", noMessageFollowsCommit},
		{"ReadHoldsItsLimits", readHoldsItsLimits},
		{"CommitsAndHeads", commitsAndHeads},
		{"ConversationsFollowsMembership", conversationsFollowsMembership},
		{"TrimLeavesHashAndCommits", trimLeavesHashAndCommits},
		{"EraseRemovesAndStaysErased", eraseRemovesAndStaysErased},
		{"S08_ErasedAndTrimmedCiphertextIsNowhere", erasedIsNowhere},
		{"RecordsPutGetReplace", recordsPutGetReplace},
		{"TakeOrder", takeOrder},
		{"TakenOnceForManyTakers", takenOnce},
		{"TakenIsNotPutAgain", takenIsNotPutAgain},
		{"ExpireRemovesExpired", expireRemovesExpired},
		{"CancelledCallChangesNothing", cancelledCallChangesNothing},
		{"CloseUnderLoadKeepsExactlyTheAcked", closeUnderLoad},
		{"S01_KillKeepsEveryAckedEntry", killKeepsAcked},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

// Main runs the tests of a driver's package, or, in a process started by the
// kill test, the load that is to be killed.
func Main(m *testing.M, h Harness) {
	if place := os.Getenv(crashPlace); place != "" {
		if err := crashLoad(h, place); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// start opens a new place, and closes it when the test ends.
func start(t testing.TB, h Harness) (entrylog.Log, string) {
	t.Helper()
	place := h.Place(t)
	return reopen(t, h, place), place
}

func reopen(t testing.TB, h Harness, place string) entrylog.Log {
	t.Helper()
	l, err := h.Open(place)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

// wantError fails unless err is exactly of the wanted kind (nil included).
func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: got error %v, want %v", what, err, want)
	}
}

// key makes a 32-byte conversation key: 16 bytes of tenant, 16 of conversation.
func key(tenant, conversation int) []byte {
	k := make([]byte, 32)
	binary.BigEndian.PutUint64(k, uint64(tenant))
	binary.BigEndian.PutUint64(k[16:], uint64(conversation))
	return k
}

// writer appends to one conversation and follows its head.
type writer struct {
	l    entrylog.Log
	key  []byte
	head [32]byte
}

func (w *writer) request(body []byte, commit bool) entrylog.AppendRequest {
	r := entrylog.AppendRequest{Conversation: w.key, Entry: body, Commit: commit, Expect: w.head, Next: w.head}
	sum := sha256.Sum256(body)
	copy(r.ID[:], sum[:])
	if commit {
		r.Next = sum
	}
	return r
}

// append appends, and fails the test on an error or a repeat.
func (w *writer) append(t testing.TB, r entrylog.AppendRequest) uint64 {
	t.Helper()
	sequence, dup, err := w.l.Append(context.Background(), r)
	if err != nil || dup {
		t.Fatalf("append: dup %v, error %v", dup, err)
	}
	w.head = r.Next
	return sequence
}

func (w *writer) commit(t testing.TB, body string, members ...string) uint64 {
	t.Helper()
	r := w.request([]byte(body), true)
	for _, m := range members {
		r.Members = append(r.Members, []byte(m))
	}
	return w.append(t, r)
}

func (w *writer) message(t testing.TB, body string) uint64 {
	t.Helper()
	return w.append(t, w.request([]byte(body), false))
}

// all reads a whole conversation and checks that it is dense.
func all(t testing.TB, l entrylog.Log, key []byte) []entrylog.Entry {
	t.Helper()
	var entries []entrylog.Entry
	for {
		page, err := l.Read(context.Background(), key, uint64(len(entries)), entrylog.MaxRead, 1<<20)
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if len(page) == 0 {
			return entries
		}
		for _, e := range page {
			if e.Sequence != uint64(len(entries))+1 {
				t.Fatalf("got sequence %d after %d entries", e.Sequence, len(entries))
			}
			entries = append(entries, e)
		}
	}
}
