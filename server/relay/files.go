package relay

import (
	"encoding/base64"
	"net/http"
	"time"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Files go over HTTP, since they may be long: SPEC section 10.3. Whoever shows
// a ticket of a conversation may read its files; who uploads one may put its
// parts. Nothing rests on the origin, but only pages of the tenant's origins
// are answered so that they can read it.

// fileRequest is one request that a good ticket came with.
type fileRequest struct {
	*ticket // nil until it is found
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	counted bool // as a transfer, of its holder's and of all
	mayAdd  bool // a member who speaks, in a conversation that goes on
}

// fileRoutes are those of the files, and what browsers ask before they use them.
func (s *Server) fileRoutes() []Route {
	const all, one, part = "/v1/files", "/v1/files/{id}", "/v1/files/{id}/{part}"
	return []Route{
		{http.MethodPost, all, s.file(s.createFile)},
		{http.MethodPut, part, s.file(s.putPart)},
		{http.MethodGet, one + "/parts", s.file(s.missingParts)},
		{http.MethodPost, one + "/complete", s.file(s.completeFile)},
		{http.MethodGet, one, s.file(s.readFile)},
		{http.MethodDelete, one, s.file(s.deleteFile)},
		{http.MethodOptions, all, s.cors().Preflight},
		{http.MethodOptions, one, s.cors().Preflight},
		{http.MethodOptions, part, s.cors().Preflight},
	}
}

// file wraps what one route does: once its ticket is known it is counted, so
// that draining waits for it, and what it returns is answered. Who shows no good
// ticket takes no one's place and has nothing read of what it sends.
func (s *Server) file(do func(*fileRequest) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := &fileRequest{w: w, r: r, control: http.NewResponseController(w)}
		err := s.admitFile(f)
		if err == nil {
			defer s.endTransfer(f)
			// When draining has taken too long, whatever it waits for ends.
			stop := s.cutAtEnd(f)
			defer stop()
			if f.mayAdd, err = s.mayUse(r.Context(), f.tenant, f.member, f.conversation); err == nil {
				err = do(f)
			}
		}
		if err != nil {
			s.answerRefusal(f, s.refusalOf(err))
		}
		// Before the request counts as done: the process may end right after.
		_ = f.control.Flush()
	}
}

// admitFile asks for the ticket and its holder's limits, and counts the request in.
func (s *Server) admitFile(f *fileRequest) error {
	origin, allowed := s.cors().Allow(f.w, f.r)
	if !allowed {
		return refusal{http.StatusForbidden, wire.BadCredential}
	}
	k := s.tickets.find(web.Ticket(f.r), s.now())
	if k == nil {
		if !s.addresses.allow(f.r) {
			return wire.RateLimited
		}
		f.w.Header().Set("WWW-Authenticate", "Bearer")
		return refusal{http.StatusUnauthorized, wire.BadCredential}
	}
	if origin != "" && !k.tenant.origins.has(origin) {
		return refusal{http.StatusForbidden, wire.BadCredential}
	}
	if f.r.Method != http.MethodPut && f.r.ContentLength != 0 {
		return wire.BadArgument
	}
	if !k.holder.requests.Allow() {
		return wire.RateLimited
	}
	f.ticket = k
	return s.beginTransfer(f)
}

// owner is whose files those of the ticket's conversation are.
func (k *ticket) owner() []byte {
	key := k.tenant.key(k.conversation)
	return key[:]
}

// by is who uploads with the ticket.
func (k *ticket) by() []byte {
	key := k.tenant.memberKey(k.member)
	return key[:]
}

// id gives the file that the path names, in the one form in which ids are written.
func (f *fileRequest) id() (blob.ID, error) {
	text := f.r.PathValue("id")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != len(blob.ID{}) || len(text) != base64.RawURLEncoding.EncodedLen(len(raw)) { // it skips line breaks
		return blob.ID{}, blob.ErrNotFound
	}
	return blob.ID(raw), nil
}

// info gives a file of the ticket's conversation; one of another does not exist.
func (s *Server) info(f *fileRequest) (blob.Info, error) {
	id, err := f.id()
	if err != nil {
		return blob.Info{}, err
	}
	info, err := s.files.Info(f.r.Context(), id)
	if err != nil {
		return blob.Info{}, err
	}
	if string(info.Owner) != string(f.owner()) {
		return blob.Info{}, blob.ErrNotFound
	}
	return info, nil
}

// upload is info for those who change a file: it must be the asker's own.
func (s *Server) upload(f *fileRequest) (blob.Info, error) {
	info, err := s.info(f)
	if err == nil && string(info.By) != string(f.by()) {
		err = wire.NotMember
	}
	return info, err
}

// beginTransfer counts a request in that draining waits for.
func (s *Server) beginTransfer(f *fileRequest) error {
	if !s.tickets.begin(f.ticket) {
		return wire.RateLimited
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || s.transfers >= s.limits.Transfers {
		s.tickets.end(f.ticket)
		return refusal{http.StatusServiceUnavailable, wire.Unavailable}
	}
	s.transfers++
	f.counted = true
	return nil
}

func (s *Server) endTransfer(f *fileRequest) {
	s.tickets.end(f.ticket)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.transfers--
	s.tellIfIdle()
}

// past is a deadline that is over.
var past = time.Unix(1, 0)
