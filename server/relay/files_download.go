package relay

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/sealwire/sealwire/server/blob"
)

// readFile is GET /v1/files/{id}, whole or one range. The headers keep it from
// ever being anything but bytes in a browser, were it ciphertext or not.
func (s *Server) readFile(f *fileRequest) (err error) {
	info, err := s.info(f)
	if err != nil {
		return err
	}
	if !info.Complete {
		return blob.ErrNotFound // it is the uploader's alone until then
	}
	file, _, err := s.files.Open(f.r.Context(), info.ID)
	if err != nil {
		return err
	}
	defer file.Close()
	h := f.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	// It never changes, so a download that broke off can go on (If-Range).
	h.Set("Etag", `"`+base64.RawURLEncoding.EncodeToString(info.ID[:])+`"`)
	if strings.Contains(f.r.Header.Get("Range"), ",") {
		f.r.Header.Del("Range") // several ranges are of another type, and for nobody here
	}
	_ = f.control.SetReadDeadline(time.Time{}) // the request is read; its time limit would end the answer
	out := &paced{s, f.w, f.control}
	source := &watched{File: file}
	http.ServeContent(out, f.r, "", time.Time{}, source)
	if source.failed != nil {
		s.logFailure("file", source.failed)
		panic(http.ErrAbortHandler) // nothing may look as if it had ended well
	}
	return nil
}

// paced writes as long as each piece of 32 KiB leaves in time, and stops when
// the relay drains: the rest is asked for as a range, of whoever serves next.
type paced struct {
	server *Server
	http.ResponseWriter
	control *http.ResponseController
}

var errDraining = errors.New("relay: draining")

func (p *paced) Write(b []byte) (int, error) {
	p.server.mu.Lock()
	draining := p.server.draining
	p.server.mu.Unlock()
	if draining {
		return 0, errDraining
	}
	_ = p.control.SetWriteDeadline(time.Now().Add(p.server.limits.Write))
	return p.ResponseWriter.Write(b)
}

// watched notes what reading the file said, as ServeContent keeps it to itself.
type watched struct {
	blob.File
	failed error
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.File.Read(b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, blob.ErrNotFound) {
		w.failed = err
	}
	return n, err
}
