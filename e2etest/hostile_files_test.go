package e2etest

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// endless is a body that does not end; taken is how much of it was read.
type endless struct{ taken atomic.Int64 }

func (e *endless) Read(b []byte) (int, error) {
	clear(b)
	e.taken.Add(int64(len(b)))
	return len(b), nil
}
func (e *endless) Close() error { return nil }

// P19, P20: whatever the relay sends in a file's place, another file, more, less
// or without an end, is refused in words, and not a byte of it is saved.
func TestP19P20_WhatComesInAFilesPlaceIsRefused(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	var mu sync.Mutex
	var lie func(res *http.Response, body []byte) io.ReadCloser
	told := 0
	bodies := map[string][]byte{} // what the relay has, by path
	w.Response = func(res *http.Response) error {
		if res.Request.Method != http.MethodGet || !filePath.MatchString(res.Request.URL.Path) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		bodies[res.Request.URL.Path] = body
		res.Body = io.NopCloser(bytes.NewReader(body))
		if lie != nil {
			told++
			res.Header.Del("Content-Length")
			res.ContentLength = -1
			res.Body = lie(res, body)
		}
		return nil
	}
	agent := agentAt(t, d, w)
	customer := customerAt(t, d, nil)
	exchange(t, customer, agent, "good morning", "how can I help?")
	dir := t.TempDir()
	a, sum := randomFile(t, dir, "a.bin", 200_000)
	b, other := randomFile(t, dir, "b.bin", 200_000)
	give(customer, a, b)
	saved := agent.Downloads()
	agent.Await(harness.Thing{Role: "button", Name: "Save", Of: "a.bin"})
	agent.Await(harness.Thing{Role: "button", Name: "Save", Of: "b.bin"})
	agent.ClickOf(harness.Save, "b.bin")
	wantSame(t, saved.Await(harness.Patience, "b.bin"), other)
	var another []byte
	for _, body := range bodies {
		another = body
	}

	const damaged, incomplete, larger = "The file is damaged or was changed", "The file is incomplete", "larger than it was said to be"
	without := &endless{}
	for _, row := range []struct {
		name, says string
		lie        func(res *http.Response, body []byte) io.ReadCloser
	}{
		{"P19 another file of the conversation", damaged, func(_ *http.Response, body []byte) io.ReadCloser { return reader(another) }},
		{"one bit", damaged, func(_ *http.Response, body []byte) io.ReadCloser { body[len(body)/2] ^= 8; return reader(body) }},
		{"the last byte is missing", incomplete, func(_ *http.Response, body []byte) io.ReadCloser { return reader(body[:len(body)-1]) }},
		{"nothing", incomplete, func(*http.Response, []byte) io.ReadCloser { return reader(nil) }},
		{"a byte more", larger, func(_ *http.Response, body []byte) io.ReadCloser { return reader(append(body, 0)) }},
		{"P20 without an end", larger, func(_ *http.Response, body []byte) io.ReadCloser {
			return struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(body), without), without}
		}},
		{"P20 a GiB, as it says", larger, func(res *http.Response, _ []byte) io.ReadCloser {
			res.ContentLength = 1 << 30
			res.Header.Set("Content-Length", "1073741824")
			return without
		}},
		{"P20 200 MB, packed", larger, func(res *http.Response, _ []byte) io.ReadCloser {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, _ = io.CopyN(z, &endless{}, 200<<20)
			_ = z.Close()
			res.Header.Set("Content-Encoding", "gzip")
			return reader(packed.Bytes())
		}},
	} {
		mu.Lock()
		lie = row.lie
		before := told
		mu.Unlock()
		agent.ClickOf(harness.Save, "a.bin")
		harness.Eventually(t, row.name+" to be refused", func() (bool, string) {
			mu.Lock()
			now := told
			mu.Unlock()
			saw := agent.Read(harness.Conversation)
			return now > before && strings.Contains(saw, row.says), saw
		})
		agent.Await(harness.Thing{Role: "button", Name: "Save", Of: "a.bin"})
		if found, err := os.ReadDir(saved.Dir); err != nil || len(found) != 1 {
			t.Fatalf("%s: something was saved: %v %v", row.name, found, err)
		}
	}
	if n := without.taken.Load(); n > 64<<20 {
		t.Errorf("%d bytes were taken of a body without an end", n)
	}
	mu.Lock()
	lie = nil
	mu.Unlock()
	agent.ClickOf(harness.Save, "a.bin")
	wantSame(t, saved.Await(harness.Patience, "a.bin"), sum)
}

func reader(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }
