package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// file is one of the embedded files as it is served.
type file struct {
	data     []byte
	mime     string
	etag     string
	linkable bool // under /js/; pages have their own routes
}

// mimes are all kinds that are served: a browser compiles streamed WebAssembly
// only under its right name, and nosniff makes the others matter too.
var mimes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".wasm": "application/wasm",
}

// loadFiles reads everything once: what is served cannot change meanwhile.
func loadFiles(from fs.FS) (map[string]file, error) {
	files := make(map[string]file)
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		mime := mimes[path.Ext(name)]
		if err != nil || d.IsDir() || mime == "" {
			return err
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		files[name] = file{data, mime, `"` + hex.EncodeToString(sum[:16]) + `"`, path.Ext(name) != ".html"}
		return nil
	})
	if err != nil {
		return nil, err
	}
	module, ok := files["core/sealwire.wasm"]
	loader, too := files["core/module.js"]
	if !ok || !too {
		return nil, fmt.Errorf("%w: core/sealwire.wasm and core/module.js are missing; run make wasm and build again", ErrNotBuilt)
	}
	// A loader of another build would refuse the module, in every browser.
	sum := sha256.Sum256(module.data)
	if !strings.Contains(string(loader.data), hex.EncodeToString(sum[:])) {
		return nil, fmt.Errorf("%w: core/module.js is of another build than core/sealwire.wasm; run make wasm and build again", ErrNotBuilt)
	}
	for page, name := range pages {
		if _, ok := files[name]; !ok {
			return nil, fmt.Errorf("%w: the page %s (%s) is missing", ErrNotBuilt, page, name)
		}
	}
	return files, nil
}

// serve answers with a file. Pages are not kept by browsers; modules are, and
// asked about each time, so that old and new never meet.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.mime)
	if f.linkable {
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", f.etag)
	} else {
		h.Set("Cache-Control", "no-store")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}

// module answers GET /js/….
func (d *Demo) module(w http.ResponseWriter, r *http.Request) {
	f, ok := d.files[r.PathValue("name")]
	if !ok || !f.linkable {
		http.NotFound(w, r)
		return
	}
	f.serve(w, r)
}
