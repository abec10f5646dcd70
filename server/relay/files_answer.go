package relay

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// refusal is an answer that is no success: a status, and the code that says why.
type refusal struct {
	status int
	code   wire.Code
}

func (r refusal) Error() string { return r.code.Error() }

// refusals are those of what the store and the rules say.
var refusals = []struct {
	err error
	refusal
}{
	{wire.NotMember, refusal{http.StatusForbidden, wire.NotMember}},
	{wire.BadArgument, refusal{http.StatusBadRequest, wire.BadArgument}},
	{wire.RateLimited, refusal{http.StatusTooManyRequests, wire.RateLimited}},
	{wire.TooLarge, refusal{http.StatusRequestEntityTooLarge, wire.TooLarge}},
	{blob.ErrNotFound, refusal{http.StatusNotFound, wire.Unavailable}},
	{blob.ErrBadRequest, refusal{http.StatusBadRequest, wire.BadArgument}},
	{blob.ErrTooLarge, refusal{http.StatusRequestEntityTooLarge, wire.TooLarge}},
	{blob.ErrConflict, refusal{http.StatusConflict, wire.BadArgument}},
	{blob.ErrIncomplete, refusal{http.StatusConflict, wire.TruncatedFile}},
	{blob.ErrQuota, refusal{http.StatusInsufficientStorage, wire.TooLarge}},
	{blob.ErrNoSpace, refusal{http.StatusInsufficientStorage, wire.Unavailable}},
	{blob.ErrDisk, refusal{http.StatusInsufficientStorage, wire.Unavailable}},
	{os.ErrDeadlineExceeded, refusal{http.StatusRequestTimeout, wire.Unavailable}},
	{context.Canceled, refusal{http.StatusServiceUnavailable, wire.Unavailable}},
	{errPeer, refusal{http.StatusBadRequest, wire.BadArgument}},
	{io.ErrUnexpectedEOF, refusal{http.StatusBadRequest, wire.BadArgument}},
}

// errPeer is what became of a body that its sender broke off. The words of the
// network are left out, as they name addresses; it is nothing for the operator.
var errPeer = errors.New("relay: the body broke off")

// peerBody is a request's body whose failures are its sender's.
type peerBody struct{ io.Reader }

func (b peerBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = errPeer
	}
	return n, err
}

// refusalOf turns an error into what the peer may know; what is the operator's
// to mend goes to the log.
func (s *Server) refusalOf(err error) refusal {
	var out refusal
	if errors.As(err, &out) {
		return out
	}
	for _, operators := range []error{blob.ErrNoSpace, blob.ErrDisk, blob.ErrDamaged} {
		if errors.Is(err, operators) {
			s.logFailure("file", err)
		}
	}
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return known.refusal
		}
	}
	if !errors.Is(err, blob.ErrDamaged) {
		s.logFailure("file", err)
	}
	return refusal{http.StatusServiceUnavailable, wire.Unavailable}
}

// answerRefusal answers. Of a body that was not read one part's length is
// taken and thrown away, so that a peer that is still sending hears why; but
// not of who may not send it at all, or has no place among the transfers.
func (s *Server) answerRefusal(f *fileRequest, r refusal) {
	h := f.w.Header()
	denied := r.status == http.StatusUnauthorized || r.status == http.StatusForbidden || r.status == http.StatusNotFound
	if f.counted && !denied && f.r.ContentLength > 0 && f.r.ContentLength <= wire.UploadPart && f.r.Header.Get("Expect") == "" {
		_, _ = io.Copy(io.Discard, f.r.Body)
	}
	if f.r.ContentLength != 0 || f.r.Method == http.MethodPut { // what follows may be more of a body than the length said
		h.Set("Connection", "close")
	}
	for _, name := range []string{"Accept-Ranges", "Content-Disposition", "Content-Length", "Content-Range", "Etag"} {
		h.Del(name)
	}
	web.Refuse(f.w, r.status, r.code, nil)
}

// answer writes a small JSON object.
func (f *fileRequest) answer(status int, v any) { web.Answer(f.w, status, v) }
