package service

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sealwire/sealwire/server/authority/inbox"
	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// How long an answer may take.
const (
	pollTime  = 25 * time.Second
	claimTime = 12 * time.Second
	settle    = 50 * time.Millisecond // after a change, for others that come with it
)

func (s *Service) nonce(w http.ResponseWriter, _ *http.Request) error {
	nonce := s.nonces.issue(s.now())
	web.Answer(w, http.StatusOK, map[string]string{"nonce": encode64(nonce[:])})
	return nil
}

func (s *Service) manifest(w http.ResponseWriter, _ *http.Request) error {
	raw := s.organisation().Manifest.Bytes()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	_, _ = w.Write(raw)
	return nil
}

// introduction is what a hello comes in.
type introduction struct {
	Nonce string `json:"nonce"`
	Hello string `json:"hello"`
}

func (q introduction) parts() (nonce [32]byte, hello []byte, err error) {
	raw, err := decode64(q.Nonce)
	if err == nil {
		hello, err = decode64(q.Hello)
	}
	if err != nil || len(raw) != len(nonce) {
		return nonce, nil, wire.BadArgument
	}
	return [32]byte(raw), hello, nil
}

func (s *Service) credential(w http.ResponseWriter, r *http.Request) error {
	var q introduction
	if err := question(w, r, &q); err != nil {
		return err
	}
	nonce, hello, err := q.parts()
	if err != nil {
		return err
	}
	h, err := s.proven(nonce, hello)
	if err != nil {
		return err
	}
	raw, err := s.issue(r.Context(), nonce, h)
	if err != nil {
		return err
	}
	web.Answer(w, http.StatusOK, map[string]string{"credential": encode64(raw)})
	return nil
}

func (s *Service) session(w http.ResponseWriter, r *http.Request) error {
	var q introduction
	if err := question(w, r, &q); err != nil {
		return err
	}
	nonce, hello, err := q.parts()
	if err != nil {
		return err
	}
	h, err := s.proven(nonce, hello)
	if err != nil {
		return err
	}
	ticket, life, err := s.begin(r.Context(), nonce, h)
	if err != nil {
		return err
	}
	web.Answer(w, http.StatusOK, map[string]any{"ticket": encode64(ticket), "expires": int(life / time.Second)})
	return nil
}

// waiting is a conversation as the desk sees it. Nothing in it is readable.
type waiting struct {
	Conversation string `json:"conversation"`
	Queue        string `json:"queue"`
	Since        uint64 `json:"since"` // Unix milliseconds
	Entries      uint64 `json:"entries"`
	Parked       bool   `json:"parked"`
}

func (s *Service) queues(w http.ResponseWriter, r *http.Request, k *session) error {
	var after uint64
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseUint(text, 10, 53); err != nil {
			return wire.BadArgument
		}
	}
	if !s.sessions.poll(k.holder) {
		return wire.RateLimited
	}
	defer s.sessions.polled(k.holder)
	s.people.enter(k.member)
	defer s.people.leave(k.member)
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the server's is for requests, and would end the poll
	version := s.await(r.Context(), after, k.credential.Queues)
	if r.Context().Err() != nil {
		return nil // nobody reads it
	}
	queues := k.credential.Queues
	counts := make(map[string]*count, len(queues))
	for _, q := range queues {
		counts[q] = &count{most: s.rows}
	}
	list := []waiting{}
	for _, c := range s.inboxes.Waiting(queues) { // the longest first
		if n := counts[c.Queue]; n.waits() {
			list = append(list, waiting{hexOf(c.Conversation), c.Queue, c.Since, c.Entries, c.Parked})
		}
	}
	agents := slices.DeleteFunc(s.people.of(queues), func(c colleague) bool { // who is there first
		shown := false
		for _, q := range c.Queues {
			shown = counts[q].works() || shown
		}
		return !shown
	})
	slices.SortFunc(agents, byAlias)
	web.Answer(w, http.StatusOK, map[string]any{"version": version, "waiting": list, "agents": agents, "counts": counts})
	return nil
}

// maxRows is how many of a queue's conversations and agents an answer names.
const maxRows = 200

// count is how many there are of a queue, named or not.
type count struct {
	Waiting int `json:"waiting"`
	Agents  int `json:"agents"`
	most    int
}

func (c *count) waits() bool { c.Waiting++; return c.Waiting <= c.most }
func (c *count) works() bool { c.Agents++; return c.Agents <= c.most }

// await waits until there is another version of what the queues hold, for as long
// as a poll may take.
func (s *Service) await(ctx context.Context, after uint64, queues []string) uint64 {
	version, changed, stop := s.pulse.watch(queues)
	defer stop()
	if version != after {
		return version
	}
	bound := time.NewTimer(pollTime)
	defer bound.Stop()
	select {
	case <-changed:
		bound.Reset(settle)
		select {
		case <-bound.C:
		case <-ctx.Done():
		}
	case <-bound.C:
	case <-ctx.Done():
	case <-s.closing.Done():
	}
	return s.pulse.version(queues)
}

func (s *Service) claim(w http.ResponseWriter, r *http.Request, k *session) error {
	var q struct {
		Conversation string `json:"conversation"`
		KeyPackage   string `json:"keyPackage"`
	}
	if err := question(w, r, &q); err != nil {
		return err
	}
	id, err := idOf(q.Conversation)
	if err != nil {
		return err
	}
	kp, err := decode64(q.KeyPackage)
	if err != nil {
		return err
	}
	if k.credential.Role != wire.Agent && k.credential.Role != wire.Bot {
		return wire.NotMember
	}
	ctx, cancel := context.WithTimeout(r.Context(), claimTime)
	defer cancel()
	err = s.inboxes.Claim(ctx, inbox.Claim{Conversation: id, Member: k.member, Queues: slices.Clone(k.credential.Queues), KeyPackage: kp})
	var lost inbox.Lost
	var code wire.Code
	switch {
	case err == nil:
		web.Answer(w, http.StatusOK, struct{}{})
	case errors.As(err, &lost):
		refuse(w, wire.BadCommit, lost.By)
	case errors.Is(err, inbox.ErrNothing):
		return refusal{http.StatusNotFound, wire.Unavailable}
	case errors.As(err, &code) && code != wire.Unavailable: // the key package's fault
		return refusal{http.StatusBadRequest, code}
	default: // not decided: asking again tells
		return wire.Unavailable
	}
	return nil
}
