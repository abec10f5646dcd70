package demo

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// config tells the pages what a company writes into its own.
func (d *Demo) config(w http.ResponseWriter, r *http.Request) {
	answer(w, map[string]any{
		"orgKey":    d.org.OrgKey(),
		"relay":     "ws://" + r.Host + "/v1/connect",
		"queue":     Queue,
		"agent":     Agent,
		"authority": "http://" + r.Host,
		"login":     "/demo/login",
		"people":    workers,
	})
}

// token is the company's site: its backend knows the visitor (here, anybody)
// and says so, for the key that the widget holds.
func (d *Demo) token(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Thumbprint string `json:"thumbprint"`
	}
	if !question(w, r, &q) {
		return
	}
	if sum, err := base64.RawURLEncoding.Strict().DecodeString(q.Thumbprint); err != nil || len(sum) != 32 {
		http.Error(w, "thumbprint: want 43 characters of base64url", http.StatusBadRequest)
		return
	}
	minted, err := token.MintHS256(d.secret, token.Minting{Subject: "demo visitor " + q.Thumbprint, Thumbprint: q.Thumbprint, Lifetime: 5 * time.Minute})
	if err != nil {
		http.Error(w, "no token", http.StatusInternalServerError)
		return
	}
	answer(w, map[string]string{"token": minted})
}

// question reads a small JSON object; a form, which any page can send without
// asking, is no JSON.
func question(w http.ResponseWriter, r *http.Request, into any) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(w, "want application/json", http.StatusUnsupportedMediaType)
		return false
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(w, "not the JSON that is wanted here", http.StatusBadRequest)
		return false
	}
	if _, err := decoder.Token(); err != io.EOF {
		http.Error(w, "more than one JSON value", http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// seen is what the pane shows of one entry: all that the relay has of it.
type seen struct {
	Conversation string `json:"conversation"` // hex
	Sequence     uint64 `json:"sequence"`
	Kind         uint8  `json:"kind"`
	Size         int    `json:"size"`
	At           int64  `json:"at"`     // ms
	Hex          string `json:"hex"`    // its first bytes
	Base64       string `json:"base64"` // all of it
}

const firstBytes = 64

// entries streams what is stored, from the beginning, then live.
func (d *Demo) entries(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	_ = control.SetReadDeadline(time.Time{}) // the server's is for requests, and would end the stream
	changed, stop := d.log.watch()
	defer stop()
	alive := time.NewTicker(15 * time.Second)
	defer alive.Stop()
	cursors := make(map[string]uint64)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(20 * time.Second))
		_, err := io.WriteString(w, text)
		return err == nil
	}
	if !send(": what the relay sees\n\n") {
		return
	}
	for {
		found, err := d.log.since(r.Context(), cursors)
		if err != nil {
			return
		}
		for _, e := range found {
			data, err := json.Marshal(see(e))
			if err != nil || !send("data: "+string(data)+"\n\n") {
				return
			}
		}
		if control.Flush() != nil {
			return
		}
		if len(found) > 0 {
			continue // there may be more than one piece
		}
		select {
		case <-changed:
		case <-alive.C:
			if !send(": still here\n\n") {
				return
			}
		case <-r.Context().Done():
			return
		case <-d.closing.Done():
			return
		}
	}
}

func see(e stored) seen {
	out := seen{
		Conversation: hex.EncodeToString(e.key[len(wire.ID{}):]), // without the tenant before it
		Sequence:     e.Sequence,
		Size:         len(e.Bytes),
		At:           e.At,
		Hex:          hex.EncodeToString(e.Bytes[:min(len(e.Bytes), firstBytes)]),
		Base64:       base64.StdEncoding.EncodeToString(e.Bytes),
	}
	if len(e.Bytes) > 1 {
		out.Kind = e.Bytes[1]
	}
	return out
}
