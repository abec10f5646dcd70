package entrylog_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
)

// BenchmarkAppend is durable appends by 64 ends at once, each to its own
// conversation, of entries of the usual size of a short message.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{640, 8192} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			l := open(b, b.TempDir())
			body := make([]byte, size)
			_, _ = rand.Read(body)
			var ends, entries atomic.Uint64
			b.SetParallelism(max(1, 64/runtime.GOMAXPROCS(0)))
			b.SetBytes(int64(size))
			b.ResetTimer()
			b.RunParallel(func(p *testing.PB) {
				name := fmt.Sprintf("conversation %d", ends.Add(1))
				if _, _, err := l.Append(context.Background(), request(name, "genesis", 0, 1)); err != nil {
					b.Error(err)
				}
				r := request(name, string(body), 1, 1)
				for p.Next() {
					n := entries.Add(1)
					for i := range 8 {
						r.ID[i] = byte(n >> (8 * i))
					}
					if _, _, err := l.Append(context.Background(), r); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// BenchmarkRead is 100 messages from the middle of a conversation of 10,000.
func BenchmarkRead(b *testing.B) {
	l := open(b, b.TempDir())
	appended(b, l, request("a", "genesis", 0, 1))
	release := l.TestingOnlyHold()
	done := make(chan error, 10_000)
	gate := make(chan struct{}, 200)
	for i := range 10_000 {
		gate <- struct{}{}
		if i == 100 {
			release()
		}
		go func() {
			_, _, err := l.Append(context.Background(), request("a", fmt.Sprintf("%0640d", i), 1, 1))
			<-gate
			done <- err
		}()
	}
	for range 10_000 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if e, err := l.Read(context.Background(), []byte("a"), 5000, 100, 1<<20); err != nil || len(e) != 100 {
			b.Fatal(len(e), err)
		}
	}
}
