// Package blobtest is the conformance suite of blob.Store. A driver's test
// calls Run with a Harness, and Main from its TestMain:
//
//	func TestMain(m *testing.M) { blobtest.Main(m, harness) }
//	func TestConformance(t *testing.T) { blobtest.Run(t, harness) }
//
// Run opens, closes and reopens the store, kills processes that upload to it
// (Main is their entry), and searches and damages its files. Every test has a
// place of its own. Main also fails if goroutines are left behind.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/sealwire/sealwire/server/blob"
)

// Harness tells the suite how to reach a driver.
type Harness struct {
	// Open opens the store at a place, making it if there is none. After Close
	// or a crash the same place is opened again.
	Open func(place string, limits blob.Limits) (blob.Store, error)

	// Place names a new, empty place, such as a directory or a bucket.
	Place func(t testing.TB) string

	// Files returns the paths of all files at a place that belong to blobs.
	// They are read, and changed. Nil skips the tests that do so.
	Files func(t testing.TB, place string) []string
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"BytesComeBackInAnyOrderOfParts", bytesComeBack},
		{"CreateRefusesBadRequests", createRefusesBadRequests},
		{"IDsAreUnlike", idsAreUnlike},
		{"PutRefusesWrongPartsAndLengths", putRefusesWrongLengths},
		{"BrokenBodyLeavesNothing", brokenBodyLeavesNothing},
		{"RepeatedPartIsTheSameOrConflict", repeatedPart},
		{"PartsNamesTheMissingAlsoAfterRestart", partsNamesTheMissing},
		{"CompleteNeedsEveryPart", completeNeedsEveryPart},
		{"UnknownIsNotFound", unknownIsNotFound},
		{"FileReadsAndSeeks", fileReadsAndSeeks},
		{"LimitsHold", limitsHold},
		{"UnfinishedReserveLittle", unfinishedReserveLittle},
		{"LimitsHoldAmongManyAtOnce", limitsHoldAtOnce},
		{"LimitsHoldAfterRestart", limitsHoldAfterRestart},
		{"ManyUploadsAtOnce", manyUploads},
		{"ManyOfOnePartHaveOneWinner", oneWinner},
		{"CollectRemovesOldUnfinished", collectRemovesOldUnfinished},
		{"S08_DeletedAndErasedCiphertextIsNowhere", erasedIsNowhere},
		{"S08_EraseUnderUploadsAndReaders", eraseUnderLoad},
		{"CancelledCallChangesNothing", cancelledCallChangesNothing},
		{"CloseUnderLoadKeepsExactlyTheAcked", closeUnderLoad},
		{"S03_DamageIsFoundAndStaysWithItsBlob", damageIsFound},
		{"S01_KillKeepsEveryAckedPart", killKeepsAcked},
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

var ctx = context.Background()

// start opens a new place, and closes it when the test ends.
func start(t testing.TB, h Harness, limits blob.Limits) (blob.Store, string) {
	t.Helper()
	place := h.Place(t)
	return reopen(t, h, place, limits), place
}

func reopen(t testing.TB, h Harness, place string, limits blob.Limits) blob.Store {
	t.Helper()
	s, err := h.Open(place, limits)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func closed(t testing.TB, s blob.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// wantError fails unless err is exactly of the wanted kind (nil included).
func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: got error %v, want %v", what, err, want)
	}
}

// random makes bytes that the seed decides and that no others are like.
func random(seed uint64, size int) []byte {
	b := make([]byte, size)
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	_, _ = rand.NewChaCha8(key).Read(b) // never fails
	return b
}

// part is one part of a content.
func part(content []byte, i int) []byte {
	return content[i*blob.PartSize : min((i+1)*blob.PartSize, len(content))]
}

func parts(content []byte) int { return (len(content) + blob.PartSize - 1) / blob.PartSize }

func create(t testing.TB, s blob.Store, owner, by string, size int) blob.ID {
	t.Helper()
	id, err := s.Create(ctx, blob.CreateRequest{Owner: []byte(owner), By: []byte(by), Size: uint64(size)})
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return id
}

func put(t testing.TB, s blob.Store, id blob.ID, content []byte, i int) {
	t.Helper()
	if err := s.Put(ctx, id, i, bytes.NewReader(part(content, i))); err != nil {
		t.Fatalf("put part %d: %v", i, err)
	}
}

// upload stores a whole blob.
func upload(t testing.TB, s blob.Store, owner string, content []byte) blob.ID {
	t.Helper()
	id := create(t, s, owner, "ana", len(content))
	for i := range parts(content) {
		put(t, s, id, content, i)
	}
	if err := s.Complete(ctx, id); err != nil {
		t.Fatalf("complete: %v", err)
	}
	return id
}

// read reads a whole blob.
func read(s blob.Store, id blob.ID) ([]byte, error) {
	f, _, err := s.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

// errOther is compare's: a store may never make it necessary.
var errOther = errors.New("other bytes are served than were put")

// compare reads a whole blob, without keeping it.
func compare(s blob.Store, id blob.ID, want []byte) error {
	f, _, err := s.Open(ctx, id)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := f.Read(buf)
		if n > len(want) || !bytes.Equal(buf[:n], want[:n]) {
			return errOther
		}
		want = want[n:]
		if err == io.EOF && len(want) > 0 {
			return errOther
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// wantContent fails unless the blob reads as content.
func wantContent(t testing.TB, s blob.Store, id blob.ID, content []byte) {
	t.Helper()
	got, err := read(s, id)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	if !bytes.Equal(got, content) {
		t.Fatalf("got %d bytes that are not the %d that were put", len(got), len(content))
	}
}

// wantMissing fails unless exactly these parts are missing.
func wantMissing(t testing.TB, s blob.Store, id blob.ID, want ...int) {
	t.Helper()
	got, err := s.Parts(ctx, id)
	if err != nil {
		t.Fatalf("parts: %v", err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("missing %v, want %v", got, want)
	}
}
