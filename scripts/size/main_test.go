package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestOverBudgetFails(t *testing.T) {
	if err := within(budget); err != nil {
		t.Errorf("exactly the budget: %v", err)
	}
	if within(budget+1) == nil {
		t.Error("one byte over the budget passes")
	}
}

func TestCompressedCountsWhatBrotliWrites(t *testing.T) {
	raw := bytes.Repeat([]byte("a sealed conversation, "), 1000)
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotli.BestCompression)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if back, err := io.ReadAll(brotli.NewReader(&b)); err != nil || !bytes.Equal(back, raw) {
		t.Fatal("brotli does not round-trip")
	}
	b.Reset()
	w = brotli.NewWriterLevel(&b, brotli.BestCompression)
	w.Write(raw)
	w.Close()
	got, err := compressed(raw)
	if err != nil || got != b.Len() || got == 0 {
		t.Errorf("compressed = %d, %v; brotli wrote %d", got, err, b.Len())
	}
}
