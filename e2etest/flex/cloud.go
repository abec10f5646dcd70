package flex

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Cloud stands in for Twilio's servers: conversations as ordered lists of
// messages, participants, media, and a record of every frame that came. It
// believes whatever it is told.
type Cloud struct {
	mu     sync.Mutex
	talks  map[string]*talk
	media  map[string]medium
	ends   map[*end]bool
	record map[string][]string
}

type talk struct {
	Attributes json.RawMessage `json:"attributes"`
	Messages   []message       `json:"messages"`
	Members    []string        `json:"participants"`
}

type message struct {
	SID        string          `json:"sid"`
	Index      int             `json:"index"`
	Author     string          `json:"author"`
	Body       string          `json:"body"`
	Subject    string          `json:"subject,omitempty"`
	Attributes json.RawMessage `json:"attributes"`
	Media      []medium        `json:"media"`
	At         int64           `json:"at"` // milliseconds since 1970
}

// medium is an uploaded file; the content goes as base64.
type medium struct {
	SID         string `json:"sid"`
	Filename    string `json:"filename"`
	ContentType string `json:"contentType"`
	Category    string `json:"category"`
	Size        int    `json:"size"`
	Content     []byte `json:"content,omitempty"`
}

// ask is a frame from a browser.
type ask struct {
	ID         int             `json:"id"`
	Op         string          `json:"op"`
	SID        string          `json:"sid"`
	Identity   string          `json:"identity"`
	Body       string          `json:"body"`
	Subject    string          `json:"subject"`
	Attributes json.RawMessage `json:"attributes"`
	Media      []string        `json:"media"`
	File       medium          `json:"file"`
}

// tell is a frame to a browser: an answer (ID), or an event.
type tell struct {
	ID      int      `json:"id,omitempty"`
	Event   string   `json:"event,omitempty"`
	SID     string   `json:"sid,omitempty"`
	Index   int      `json:"index"`
	Author  string   `json:"author,omitempty"`
	Talk    *talk    `json:"talk,omitempty"`
	Message *message `json:"message,omitempty"`
	File    *medium  `json:"file,omitempty"`
	Error   string   `json:"error,omitempty"`
}

type end struct {
	identity string
	out      chan tell
}

// NewCloud returns an empty cloud.
func NewCloud() *Cloud {
	return &Cloud{talks: map[string]*talk{}, media: map[string]medium{}, ends: map[*end]bool{}, record: map[string][]string{}}
}

// Record returns every frame that one identity's browsers sent, oldest first.
func (c *Cloud) Record(identity string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.record[identity])
}

// Files returns the content of everything that was uploaded.
func (c *Cloud) Files() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	var files [][]byte
	for _, m := range c.media {
		files = append(files, m.Content)
	}
	return files
}

// Bodies returns the bodies of a conversation's messages in order.
func (c *Cloud) Bodies(sid string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var bodies []string
	for _, m := range c.talk(sid).Messages {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

// Post adds a message as if somebody without a browser had sent it.
func (c *Cloud) Post(sid, author, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.post(sid, message{Author: author, Body: body, Attributes: json.RawMessage("{}")})
}

// talk is called with the lock held.
func (c *Cloud) talk(sid string) *talk {
	t := c.talks[sid]
	if t == nil {
		t = &talk{Attributes: json.RawMessage(`{"channel_type":"web"}`)}
		c.talks[sid] = t
	}
	return t
}

func (c *Cloud) post(sid string, m message) int {
	t := c.talk(sid)
	m.Index, m.At = len(t.Messages), time.Now().UnixMilli()
	m.SID = fmt.Sprintf("IM%032x", len(sid)*100_000+m.Index)
	t.Messages = append(t.Messages, m)
	for e := range c.ends {
		e.tell(tell{Event: "messageAdded", SID: sid, Message: &m})
	}
	return m.Index
}

// tell gives up an end that does not read.
func (e *end) tell(t tell) {
	select {
	case e.out <- t:
	default:
	}
}

// ServeHTTP is one browser's connection.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	socket, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	socket.SetReadLimit(1 << 26)
	e := &end{out: make(chan tell, 4096)}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		defer socket.CloseNow()
		for {
			select {
			case <-ctx.Done():
				return
			case t := <-e.out:
				b, err := json.Marshal(t)
				if err != nil || socket.Write(ctx, websocket.MessageText, b) != nil {
					return
				}
			}
		}
	}()
	for {
		_, b, err := socket.Read(ctx)
		if err != nil {
			break
		}
		c.hear(e, b)
	}
	c.mu.Lock()
	delete(c.ends, e)
	c.mu.Unlock()
}

func (c *Cloud) hear(e *end, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var a ask
	if err := json.Unmarshal(b, &a); err != nil {
		c.record[e.identity] = append(c.record[e.identity], string(b))
		return
	}
	if a.Op == "hello" {
		e.identity = a.Identity
		c.ends[e] = true
	}
	c.record[e.identity] = append(c.record[e.identity], string(b))
	answer := tell{ID: a.ID, SID: a.SID}
	switch a.Op {
	case "hello":
	case "get":
		t := c.talk(a.SID)
		if !slices.Contains(t.Members, e.identity) {
			t.Members = append(t.Members, e.identity)
		}
		copied := talk{Attributes: t.Attributes, Messages: slices.Clone(t.Messages), Members: slices.Clone(t.Members)}
		answer.Talk = &copied
	case "send":
		m := message{Author: e.identity, Body: a.Body, Subject: a.Subject, Attributes: a.Attributes}
		for _, sid := range a.Media {
			file := c.media[sid]
			file.Content = nil
			m.Media = append(m.Media, file)
		}
		answer.Index = c.post(a.SID, m)
	case "typing":
		for other := range c.ends {
			if other != e {
				other.tell(tell{Event: "typing", SID: a.SID, Author: e.identity})
			}
		}
	case "attributes":
		c.talk(a.SID).Attributes = a.Attributes
	case "upload":
		a.File.SID = fmt.Sprintf("ME%032x", len(c.media)+1)
		a.File.Size = len(a.File.Content)
		c.media[a.File.SID] = a.File
		answer.SID = a.File.SID
	case "file":
		file, ok := c.media[a.SID]
		if !ok {
			answer.Error = "no such file"
		}
		answer.File = &file
	default:
		answer.Error = "unknown " + a.Op
	}
	e.tell(answer)
}
