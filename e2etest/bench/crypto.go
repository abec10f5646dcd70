package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/chromedp"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// benchNode compares the operations in Node.
func benchNode(s *stage) error {
	return s.node(`const { bench } = await import("./test/bench/crypto.js"); console.log(await bench("Node " + process.version));`)
}

// benchFile sends a file from end to end, both in Node.
func benchFile(s *stage) error {
	if err := s.build(); err != nil {
		return err
	}
	return s.node(`const { benchFile } = await import("./test/bench/file.js"); console.log(await benchFile());`)
}

// node runs a line of script in js/ and prints what it says.
func (s *stage) node(script string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--input-type=module", "-e", script)
	cmd.Dir = filepath.Join(s.root, "js")
	cmd.Env = append(os.Environ(), "SEALWIRE_BINARY="+s.binary)
	var said bytes.Buffer
	cmd.Stderr = &said
	table, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %.300s", err, thrown.Find(said.Bytes()))
	}
	fmt.Printf("%s", table)
	return nil
}

// thrown is the line with which Node says why it ended.
var thrown = regexp.MustCompile(`(?m)^\w*Error.*$`)

// page is where the script runs in a browser: its packages by an import map,
// tweetnacl as the plain script that it is, and as much of Node's Buffer as the
// tests' encodings use.
const page = `<!doctype html><meta charset="utf-8"><title>bench</title>
<script type="importmap">{"imports":{
	"@noble/ciphers/": "/js/node_modules/@noble/ciphers/", "@noble/curves/": "/js/node_modules/@noble/curves/",
	"@noble/hashes/": "/js/node_modules/@noble/hashes/", "@noble/post-quantum/": "/js/node_modules/@noble/post-quantum/",
	"libsodium": "/js/node_modules/libsodium/dist/modules-esm/libsodium.mjs",
	"libsodium-wrappers": "/js/node_modules/libsodium-wrappers/dist/modules-esm/libsodium-wrappers.mjs",
	"tweetnacl": "data:text/javascript,export default globalThis.nacl"}}</script>
<script src="/js/node_modules/tweetnacl/nacl-fast.min.js"></script>
<script>
const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const toHex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
globalThis.Buffer = {
	from: (what, at, length) => typeof what === "string" ? hex(what) : { toString: () => toHex(new Uint8Array(what, at, length)) },
	compare: (a, b) => (toHex(a) < toHex(b) ? -1 : Number(toHex(a) > toHex(b))),
};
</script>`

const inPage = `import("/js/test/bench/%s")
	.then((module) => module.%s("Chromium " + navigator.userAgent.match(/Chrome\/(\d+)/)[1]))
	.catch((error) => "failed: " + error.stack)`

// benchChromium compares the operations in a page.
func benchChromium(s *stage) error { return s.inPage("crypto.js", "bench") }

// inPage runs a script's function in a page of a headless Chromium and prints what
// it gives.
func (s *stage) inPage(script, function string) error {
	path, err := harness.FindChromium()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	files := http.StripPrefix("/js/", http.FileServer(http.Dir(filepath.Join(s.root, "js"))))
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Isolated, a page is given a clock of 5 µs instead of 100.
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
		switch {
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, page)
			return
		case strings.HasSuffix(r.URL.Path, ".mjs"):
			w.Header().Set("Content-Type", "text/javascript")
		}
		files.ServeHTTP(w, r)
	})}
	defer web.Close()
	go func() { _ = web.Serve(listener) }()

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.Flag("disable-gpu", true))
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	tab, leave := chromedp.NewContext(allocator)
	defer leave()
	if err := chromedp.Do(tab, chromedp.Navigate("http://"+listener.Addr().String()+"/")); err != nil {
		return err
	}
	table, err := chromedp.Run(tab, chromedp.Evaluate[string](fmt.Sprintf(inPage, script, function), chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	if reason, failed := strings.CutPrefix(table, "failed: "); failed {
		return errors.New(reason)
	}
	fmt.Println(table)
	return nil
}
