package harness

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Refused is an answer of the authority that is no success.
type Refused struct {
	Status int
	Code   wire.Code
	By     string // who was first, where that is why
}

func (r *Refused) Error() string { return fmt.Sprintf("%d %v %s", r.Status, r.Code, r.By) }

// Queues is what the authority tells those who work in its queues.
type Queues struct {
	Version uint64
	Waiting []struct {
		Conversation, Queue string
		Since, Entries      uint64
		Parked              bool
	}
	Agents []struct {
		Member, Alias, Role string
		Queues              []string
		Online              bool
	}
}

// login gets a credential of the authority for this end, as the page of a desk does.
func (n *Native) login() []byte {
	n.t.Helper()
	var login struct{ Token string }
	var issued struct{ Credential string }
	n.demo.post(n.t, "/demo/login", map[string]string{"name": n.alias}, &login)
	hello, err := n.introduce(n.ctx, []byte(login.Token))
	if err != nil {
		n.t.Fatal(err)
	}
	n.demo.post(n.t, "/v1/authority/credential", hello, &issued)
	b, err := base64.RawURLEncoding.DecodeString(issued.Credential)
	if err != nil {
		n.t.Fatal(err)
	}
	return b
}

// Renew gets another credential and acts under it from here on; its next commit
// brings it into the roster.
func (n *Native) Renew() {
	n.t.Helper()
	proof := n.login()
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.End.SetCredential(proof, uint64(time.Now().Unix())); err != nil {
		n.t.Fatal(err)
	}
	n.proof, n.ticket = proof, ""
}

// introduce makes what the authority is shown: a hello over a fresh nonce.
func (n *Native) introduce(ctx context.Context, proof []byte) (map[string]string, error) {
	var a struct{ Nonce string }
	if err := n.demo.request(ctx, http.MethodGet, "/v1/authority/nonce", nil, "", &a); err != nil {
		return nil, err
	}
	nonce, err := base64.RawURLEncoding.DecodeString(a.Nonce)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	hello, err := n.End.Hello(nonce, []byte("authority:"+n.demo.Addr()), proof)
	return map[string]string{"nonce": a.Nonce, "hello": base64.RawURLEncoding.EncodeToString(hello)}, err
}

// authority asks the authority something, in a session of this member's.
func (n *Native) authority(ctx context.Context, method, path string, body, answer any) error {
	for again := true; ; again = false {
		n.mu.Lock()
		ticket, proof := n.ticket, n.proof
		n.mu.Unlock()
		if ticket == "" {
			hello, err := n.introduce(ctx, proof)
			if err != nil {
				return err
			}
			var a struct{ Ticket string }
			if err := n.demo.request(ctx, http.MethodPost, "/v1/authority/session", hello, "", &a); err != nil {
				return err
			}
			n.mu.Lock()
			ticket, n.ticket = a.Ticket, a.Ticket
			n.mu.Unlock()
		}
		err := n.demo.request(ctx, method, "/v1/authority/"+path, body, ticket, answer)
		if r, ok := err.(*Refused); ok && r.Status == http.StatusUnauthorized && again { // it was restarted
			n.mu.Lock()
			n.ticket = ""
			n.mu.Unlock()
			continue
		}
		return err
	}
}

// Queues asks what waits, and who works here. It waits for another version than
// the one that is known.
func (n *Native) Queues(known uint64) (Queues, error) { return n.queues(n.ctx, known) }

func (n *Native) queues(ctx context.Context, known uint64) (q Queues, err error) {
	err = n.authority(ctx, http.MethodGet, fmt.Sprintf("queues?after=%d", known), nil, &q)
	return q, err
}

// AwaitWaiting waits until a conversation waits in the queue, with that many
// entries or more.
func (n *Native) AwaitWaiting(id wire.ID, entries uint64) {
	n.t.Helper()
	Eventually(n.t, fmt.Sprintf("%x to wait in the queue with %d entries", id, entries), func() (bool, string) {
		q, err := n.Queues(0)
		for _, w := range q.Waiting {
			if w.Conversation == hex.EncodeToString(id[:]) && w.Entries >= entries {
				return true, ""
			}
		}
		return false, fmt.Sprintf("%+v %v", q, err)
	})
}

// Offer makes a fresh key package that is to be used once.
func (n *Native) Offer() []byte {
	n.t.Helper()
	kp, err := n.offer()
	if err != nil {
		n.t.Fatal(err)
	}
	return kp
}

// OfferOnce puts one at the relay, which gives it before the one of last resort
// that lies there. Of a leaf of last resort the secret lives on, and with it what
// was sealed to it before the first own commit (SPEC section 14.2).
func (n *Native) OfferOnce() {
	n.t.Helper()
	Must[relay.Ack](n, relay.PublishKeyPackage{KeyPackage: n.Offer()})
}

func (n *Native) offer() ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.End.KeyPackage(uint64(time.Now().Unix())+3600, false)
}

// ClaimWaiting claims what waits longest, as soon as anything does, and does not
// wait to read it.
func (n *Native) ClaimWaiting() {
	n.t.Helper()
	var refused error
	Eventually(n.t, n.alias+" to claim what waits", func() (bool, string) {
		q, err := n.Queues(0)
		if err != nil || len(q.Waiting) == 0 {
			return false, fmt.Sprint(q, err, refused)
		}
		id, err := hex.DecodeString(q.Waiting[0].Conversation)
		if err == nil {
			err = n.TryClaim(wire.ID(id), n.Offer())
		}
		refused = err
		return err == nil, fmt.Sprint(err)
	})
}

// TryClaim claims a conversation with this key package; a *Refused where another
// was first.
func (n *Native) TryClaim(id wire.ID, offer []byte) error { return n.claim(n.ctx, id, offer) }

func (n *Native) claim(ctx context.Context, id wire.ID, offer []byte) error {
	return n.authority(ctx, http.MethodPost, "claim", map[string]string{"conversation": hex.EncodeToString(id[:]), "keyPackage": base64.RawURLEncoding.EncodeToString(offer)}, &struct{}{})
}

// Claim claims a conversation and waits until it is this member's and read.
func (n *Native) Claim(id wire.ID) {
	n.t.Helper()
	if err := n.TryClaim(id, n.Offer()); err != nil {
		n.t.Fatalf("%s claims: %v", n.alias, err)
	}
	n.AwaitActive(id)
}

// Attend claims whatever waits from here on, until the test ends.
func (n *Native) Attend() {
	n.t.Helper()
	if _, err := n.Queues(0); err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(n.ctx)
	done := make(chan struct{})
	go func() { defer close(done); n.attend(ctx) }()
	n.t.Cleanup(func() { cancel(); <-done })
}

func (n *Native) attend(ctx context.Context) {
	var known uint64
	for ctx.Err() == nil {
		q, err := n.queues(ctx, known)
		known = q.Version
		for _, w := range q.Waiting {
			id, bad := hex.DecodeString(w.Conversation)
			offer, worse := n.offer()
			if bad == nil && worse == nil && len(id) == len(wire.ID{}) {
				_ = n.claim(ctx, wire.ID(id), offer) // another may be first
			}
		}
		if err != nil {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// request asks the demo something over HTTP, as its own pages do.
func (d *Demo) request(ctx context.Context, method, path string, body any, ticket string, answer any) error {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, d.URL+path, text)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if ticket != "" {
		req.Header.Set("Authorization", "Bearer "+ticket)
	}
	req.Header.Set("Origin", d.URL)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		r := &Refused{Status: res.StatusCode}
		var said struct {
			Code uint16
			By   string
		}
		if json.Unmarshal(got, &said) == nil {
			r.Code, r.By = wire.Code(said.Code), said.By
		}
		return r
	}
	return json.Unmarshal(got, answer)
}
