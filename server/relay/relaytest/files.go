package relaytest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Files is an end's half of the routes for files, with one ticket.
type Files struct {
	Base   string // http://host:port
	Ticket string // as it is shown; empty: none
	Origin string // sent where not empty
	Client *http.Client
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Code   wire.Code // of a refusal; 0 otherwise
}

// Err is nil for a success, else a wire.Code or the status.
func (a *Answer) Err() error {
	switch {
	case a.Status < 300:
		return nil
	case a.Code != 0:
		return fmt.Errorf("relaytest: status %d: %w", a.Status, a.Code)
	}
	return StatusError(a.Status)
}

// Ticket asks for one over the connection.
func (c *Client) Ticket(ctx context.Context, conversation wire.ID) (string, error) {
	got, err := c.Ask(ctx, relay.Ticket{Conversation: conversation})
	if err != nil {
		return "", err
	}
	record, ok := got.(relay.Record)
	if !ok || len(record.Value) != 32 {
		return "", fmt.Errorf("relaytest: %T is no ticket", got)
	}
	return base64.RawURLEncoding.EncodeToString(record.Value), nil
}

// Do sends one request. Header pairs follow the body.
func (f *Files) Do(ctx context.Context, method, path string, body []byte, header ...string) (*Answer, error) {
	q, err := http.NewRequestWithContext(ctx, method, f.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if f.Ticket != "" {
		q.Header.Set("Authorization", "Bearer "+f.Ticket)
	}
	if f.Origin != "" {
		q.Header.Set("Origin", f.Origin)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	return f.Send(q)
}

// Send sends a request as it is.
func (f *Files) Send(q *http.Request) (*Answer, error) {
	got, err := f.Client.Do(q)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	a := &Answer{Status: got.StatusCode, Header: got.Header}
	if a.Body, err = io.ReadAll(got.Body); err != nil {
		return a, err
	}
	if a.Status >= 400 && q.Method != http.MethodHead && strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		var refused struct {
			Code  wire.Code `json:"code"`
			Error string    `json:"error"`
		}
		if err := json.Unmarshal(a.Body, &refused); err != nil || refused.Code.Error() != refused.Error {
			return a, fmt.Errorf("relaytest: %q is no refusal: %w", a.Body, err)
		}
		a.Code = refused.Code
	}
	return a, nil
}

// Create begins a file.
func (f *Files) Create(ctx context.Context, size int) (id string, err error) {
	a, err := f.Do(ctx, "POST", "/v1/files", nil, "Upload-Length", strconv.Itoa(size))
	if err == nil {
		err = a.Err()
	}
	if err != nil {
		return "", err
	}
	var made struct {
		ID string `json:"id"`
	}
	err = json.Unmarshal(a.Body, &made)
	return made.ID, err
}

// Missing asks which parts the relay has not stored.
func (f *Files) Missing(ctx context.Context, id string) ([]int, error) {
	a, err := f.Do(ctx, "GET", "/v1/files/"+id+"/parts", nil)
	if err == nil {
		err = a.Err()
	}
	if err != nil {
		return nil, err
	}
	var got struct {
		Missing []int `json:"missing"`
	}
	err = json.Unmarshal(a.Body, &got)
	return got.Missing, err
}

// Part is the bytes of one part of a ciphertext.
func Part(ciphertext []byte, part int) []byte {
	from := part * blob.PartSize
	return ciphertext[from:min(from+blob.PartSize, len(ciphertext))]
}

// Put stores one part.
func (f *Files) Put(ctx context.Context, id string, part int, ciphertext []byte) error {
	a, err := f.Do(ctx, "PUT", fmt.Sprintf("/v1/files/%s/%d", id, part), Part(ciphertext, part))
	if err == nil {
		err = a.Err()
	}
	return err
}

// Complete ends an upload.
func (f *Files) Complete(ctx context.Context, id string) error {
	a, err := f.Do(ctx, "POST", "/v1/files/"+id+"/complete", nil)
	if err == nil {
		err = a.Err()
	}
	return err
}

// Upload does all of it.
func (f *Files) Upload(ctx context.Context, ciphertext []byte) (id string, err error) {
	if id, err = f.Create(ctx, len(ciphertext)); err != nil {
		return "", err
	}
	for part := 0; part*blob.PartSize < len(ciphertext); part++ {
		if err := f.Put(ctx, id, part, ciphertext); err != nil {
			return id, err
		}
	}
	return id, f.Complete(ctx, id)
}

// FilesOf gives the files of a conversation to who is connected.
func (r *Relay) FilesOf(at *Client, conversation wire.ID) *Files {
	r.t.Helper()
	ticket, err := at.Ticket(Context(r.t), conversation)
	if err != nil {
		r.t.Fatalf("ticket: %v", err)
	}
	transport := &http.Transport{}
	r.t.Cleanup(transport.CloseIdleConnections)
	return &Files{Base: "http://" + r.Addr, Ticket: ticket, Origin: Origin, Client: &http.Client{Transport: transport}}
}
