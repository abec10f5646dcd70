package blob_test

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"github.com/sealwire/sealwire/server/blob"
)

// BenchmarkPut is durable parts of 1 MiB, by one end or by several at once,
// each to a blob of its own.
func BenchmarkPut(b *testing.B) {
	for _, ends := range []int{1, 8} {
		b.Run(fmt.Sprintf("%dends", ends), func(b *testing.B) {
			d := open(b, b.TempDir(), blob.Limits{MaxFile: 1 << 40, MaxOwner: 1 << 50, MaxTotal: 1 << 50})
			body := content(1, blob.PartSize)
			var next atomic.Int64
			b.SetBytes(blob.PartSize)
			b.ReportAllocs()
			b.ResetTimer()
			done := make(chan error)
			for i := range ends {
				id := create(b, d, fmt.Sprint(i), 1<<40)
				go func() {
					part := 0
					for next.Add(1) <= int64(b.N) {
						if err := d.Put(ctx, id, part, bytes.NewReader(body)); err != nil {
							done <- err
							return
						}
						part++
					}
					done <- nil
				}()
			}
			for range ends {
				if err := <-done; err != nil {
					b.Error(err)
				}
			}
		})
	}
}

// BenchmarkRead is checked reading from the page cache: a whole blob, and
// ranges of 1 KiB, each of which costs its block and its part's checksums.
func BenchmarkRead(b *testing.B) {
	const size = 16 * blob.PartSize
	d := open(b, b.TempDir(), blob.Limits{})
	id := upload(b, d, "a", content(1, size))
	f, _, err := d.Open(ctx, id)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.Run("whole", func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		buf := make([]byte, 32<<10)
		for b.Loop() {
			_, _ = f.Seek(0, io.SeekStart)
			if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, f, buf); n != size || err != nil {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("range", func(b *testing.B) {
		buf := make([]byte, 1<<10)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_, _ = f.Seek(int64(i)*7_654_321%(size-int64(len(buf))), io.SeekStart)
			if _, err := io.ReadFull(f, buf); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpen is opening a store of 1,000 blobs.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	d := open(b, dir, blob.Limits{MaxUnfinished: 1000})
	for i := range 1000 {
		create(b, d, fmt.Sprint(i%100), 1)
	}
	for b.Loop() {
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
		var err error
		if d, err = blob.OpenDirectory(blob.DirectoryOptions{Path: dir}); err != nil {
			b.Fatal(err)
		}
	}
	_ = d.Close()
}
