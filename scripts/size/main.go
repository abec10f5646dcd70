// Command size says how large the core is when a browser downloads it, and
// fails when that is more than the budget.
//
// It compresses js/core/sealwire.wasm with brotli at level 11, in process, so
// that no command has to be installed. KB is 1,000 bytes.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/andybalholm/brotli"
)

const (
	module = "js/core/sealwire.wasm"
	budget = 760_000
)

// counter counts what is written to it and keeps nothing.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func main() {
	if err := report(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func report(out io.Writer) error {
	raw, err := os.ReadFile(module)
	if err != nil {
		return fmt.Errorf("%w (run make wasm)", err)
	}
	size, err := compressed(raw)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %.1f KB, %.1f KB compressed, budget %.0f KB\n",
		module, float64(len(raw))/1000, float64(size)/1000, budget/1000.)
	return within(size)
}

func compressed(raw []byte) (int, error) {
	var n counter
	w := brotli.NewWriterLevel(&n, brotli.BestCompression)
	if _, err := w.Write(raw); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return int(n), nil
}

func within(size int) error {
	if size > budget {
		return fmt.Errorf("%d bytes compressed are %d over the budget", size, size-budget)
	}
	return nil
}
