package blobtest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"testing/iotest"

	"github.com/sealwire/sealwire/server/blob"
)

func fileReadsAndSeeks(t *testing.T, h Harness) {
	s, _ := start(t, h, blob.Limits{})
	small := random(1, 70_000)
	f, _, err := s.Open(ctx, upload(t, s, "conversation", small))
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(f, small); err != nil {
		t.Error(err)
	}
	wantError(t, "close", f.Close(), nil)

	content := random(2, 2*blob.PartSize+12_345)
	f, info, err := s.Open(ctx, upload(t, s, "conversation", content))
	if err != nil {
		t.Fatal(err)
	}
	if f.Size() != uint64(len(content)) || info.Size != f.Size() {
		t.Errorf("size %d, %d; want %d", f.Size(), info.Size, len(content))
	}
	for n := range 200 {
		at := rand.IntN(len(content) + 1)
		if n%4 == 0 { // about the edges of parts
			at = min(len(content), max(0, blob.PartSize*rand.IntN(4)+rand.IntN(3)-1))
		}
		length := rand.IntN(100_000)
		whence := rand.IntN(3)
		here, _ := f.Seek(0, io.SeekCurrent)
		offset := int64(at) - []int64{0, here, int64(len(content))}[whence]
		if got, err := f.Seek(offset, whence); err != nil || got != int64(at) {
			t.Fatalf("seek %d from %d: %d, %v; want %d", offset, whence, got, err, at)
		}
		got, err := io.ReadAll(io.LimitReader(f, int64(length)))
		if want := content[at:min(len(content), at+length)]; err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes at %d: got %d, %v", len(want), at, len(got), err)
		}
	}
	for _, bad := range []struct {
		offset int64
		whence int
	}{{-1, io.SeekStart}, {-int64(len(content)) - 1, io.SeekEnd}, {0, 3}} {
		if _, err := f.Seek(bad.offset, bad.whence); err == nil {
			t.Errorf("seek %+v was taken", bad)
		}
	}
	if _, err := f.Seek(1<<60, io.SeekStart); err != nil {
		t.Errorf("seek behind the end: %v", err)
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read behind the end: %d, %v", n, err)
	}
	wantError(t, "close", f.Close(), nil)
	if _, err := f.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
}
