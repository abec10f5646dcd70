package relay

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/wasm/wire"
)

// uploadLength is the header that says how long the whole ciphertext will be.
const uploadLength = "Upload-Length"

// createFile is POST /v1/files.
func (s *Server) createFile(f *fileRequest) error {
	if !f.mayAdd {
		return wire.NotMember
	}
	text := f.r.Header.Get(uploadLength)
	if text == "" {
		return refusal{http.StatusLengthRequired, wire.BadArgument}
	}
	size, err := number(text)
	if err != nil {
		return err
	}
	if !f.holder.creations.Allow() {
		return wire.RateLimited
	}
	id, err := s.files.Create(f.r.Context(), blob.CreateRequest{Owner: f.owner(), By: f.by(), Group: f.tenant.ID[:], Size: size})
	if err != nil {
		return err
	}
	f.answer(http.StatusCreated, map[string]string{"id": base64.RawURLEncoding.EncodeToString(id[:])})
	return nil
}

// number reads a number as it is written shortest.
func number(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0, wire.BadArgument
	}
	return n, nil
}

// putPart is PUT /v1/files/{id}/{part}. Its length is known before a byte of
// it is read, and it has to come in time.
func (s *Server) putPart(f *fileRequest) error {
	part, err := number(f.r.PathValue("part"))
	if err != nil {
		return err
	}
	info, err := s.upload(f)
	if err != nil {
		return err
	}
	if part > (info.Size-1)/blob.PartSize {
		return wire.BadArgument
	}
	want := int64(min(blob.PartSize, info.Size-part*blob.PartSize))
	switch {
	case !f.mayAdd:
		return wire.NotMember
	case f.r.ContentLength < 0:
		return refusal{http.StatusLengthRequired, wire.BadArgument}
	case f.r.ContentLength > want:
		return wire.TooLarge
	case f.r.ContentLength < want:
		return wire.BadArgument
	}
	_ = f.control.SetReadDeadline(time.Now().Add(s.limits.Part))
	_ = f.control.SetWriteDeadline(time.Now().Add(s.limits.Part + s.limits.Write))
	if s.closing.Err() != nil {
		_ = f.control.SetReadDeadline(past) // cutAtEnd was before us
	}
	if err := s.files.Put(f.r.Context(), info.ID, int(part), peerBody{f.r.Body}); err != nil {
		return err
	}
	f.w.WriteHeader(http.StatusNoContent)
	return nil
}

// missingParts is GET /v1/files/{id}/parts.
func (s *Server) missingParts(f *fileRequest) error {
	info, err := s.upload(f)
	if err != nil {
		return err
	}
	missing, err := s.files.Parts(f.r.Context(), info.ID)
	if err != nil {
		return err
	}
	if missing == nil {
		missing = []int{}
	}
	f.answer(http.StatusOK, map[string][]int{"missing": missing})
	return nil
}

// completeFile is POST /v1/files/{id}/complete.
func (s *Server) completeFile(f *fileRequest) error {
	info, err := s.upload(f)
	switch {
	case err != nil:
		return err
	case !f.mayAdd:
		return wire.NotMember
	}
	if err := s.files.Complete(f.r.Context(), info.ID); err != nil {
		return err
	}
	f.w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteFile is DELETE /v1/files/{id}: an upload is given up. What is complete
// others may have been told of, so it stays.
func (s *Server) deleteFile(f *fileRequest) error {
	info, err := s.upload(f)
	if err != nil {
		return err
	}
	if info.Complete {
		return refusal{http.StatusConflict, wire.BadArgument}
	}
	if err := s.files.Delete(f.r.Context(), info.ID); err != nil {
		return err
	}
	f.w.WriteHeader(http.StatusNoContent)
	return nil
}

// cutAtEnd ends a transfer's reading and writing when the relay has waited for
// it as long as it waits.
func (s *Server) cutAtEnd(f *fileRequest) (stop func() bool) {
	return context.AfterFunc(s.closing, func() {
		_ = f.control.SetReadDeadline(past)
		_ = f.control.SetWriteDeadline(past)
	})
}
