package harness

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Native is a member without a browser: the core as native Go, over the
// relay's own frames. It holds everything in memory and one conversation.
type Native struct {
	End *conversation.End

	t     testing.TB
	ws    *websocket.Conn
	ctx   context.Context
	queue string

	mu      sync.Mutex // what follows, and the end
	request uint32
	answers map[uint32]chan relay.Body
	talk    *conversation.Conversation
	agents  bool
	heard   []string // texts of others, in the order of the log
	said    []string // own texts, read back from the log
	broken  error
}

// NativeAgent is an agent with a credential of the demo's authority, and one
// key package at the relay.
func (d *Demo) NativeAgent(t testing.TB) *Native {
	t.Helper()
	n := d.native(t, wire.Agent, func(end *conversation.End) []byte {
		var answer struct{ Credential string }
		d.post(t, "/demo/credential", map[string]string{"identity": base64.RawURLEncoding.EncodeToString(end.Identity())}, &answer)
		b, err := base64.RawURLEncoding.DecodeString(answer.Credential)
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
	kp, err := n.End.KeyPackage(uint64(time.Now().Add(time.Hour).Unix()), true)
	if err != nil {
		t.Fatal(err)
	}
	Must[relay.Ack](n, relay.PublishKeyPackage{KeyPackage: kp})
	return n
}

// NativeCustomer is a customer with a token of the demo's site.
func (d *Demo) NativeCustomer(t testing.TB) *Native {
	t.Helper()
	return d.native(t, wire.Customer, func(end *conversation.End) []byte {
		var answer struct{ Token string }
		d.post(t, "/demo/token", map[string]string{"thumbprint": token.Thumbprint(end.Identity())}, &answer)
		return []byte(answer.Token)
	})
}

// Config is what the demo tells its pages.
func (d *Demo) Config(t testing.TB) (root wire.Hash, relayURL, queue string) {
	t.Helper()
	var c struct{ OrgKey, Relay, Queue string }
	res, err := http.Get(d.URL + "/demo/config.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	key, err := base64.RawURLEncoding.DecodeString(c.OrgKey)
	if err != nil || len(key) != len(root) {
		t.Fatalf("orgKey %q: %v", c.OrgKey, err)
	}
	return wire.Hash(key), c.Relay, c.Queue
}

func (d *Demo) post(t testing.TB, path string, body, answer any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, d.URL+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", d.URL)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s: %s", path, res.Status, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		t.Fatalf("POST %s: %v: %s", path, err, text)
	}
}

func (d *Demo) native(t testing.TB, role wire.Role, proof func(*conversation.End) []byte) *Native {
	t.Helper()
	root, at, queue := d.Config(t)
	end, err := conversation.NewEnd(role, []wire.Hash{root})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ws, _, err := websocket.Dial(ctx, at, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {d.URL}}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(wire.MaxFrame)
	n := &Native{End: end, t: t, ws: ws, ctx: ctx, queue: queue, answers: map[uint32]chan relay.Body{}}
	challenge, ok := n.readFrame().(relay.Challenge)
	if !ok {
		t.Fatal("the relay did not begin with a challenge")
	}
	shown := proof(end)
	hello, err := end.Hello(challenge.Nonce[:], []byte(d.Addr()), shown)
	if err != nil {
		t.Fatal(err)
	}
	n.request++
	frame := append([]byte{byte(relay.TypeHello), 0, 0, 0, byte(n.request)}, hello...)
	if err := ws.Write(ctx, websocket.MessageBinary, frame); err != nil {
		t.Fatal(err)
	}
	welcome, ok := n.readFrame().(relay.Welcome)
	if !ok {
		t.Fatal("the relay does not welcome the native end")
	}
	now := uint64(time.Now().Unix())
	if err := end.AddManifest(welcome.Manifest, now, true); err != nil {
		t.Fatal(err)
	}
	if role != wire.Customer {
		if err := end.SetCredential(shown, now); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() { defer close(done); n.listen() }()
	t.Cleanup(func() { cancel(); ws.CloseNow(); <-done })
	return n
}

func (n *Native) readFrame() relay.Body {
	n.t.Helper()
	_, b, err := n.ws.Read(n.ctx)
	if err != nil {
		n.t.Fatal(err)
	}
	_, body, err := relay.DecodeFrame(b)
	if err != nil {
		n.t.Fatal(err)
	}
	return body
}

// listen reads frames until the connection ends.
func (n *Native) listen() {
	for {
		_, b, err := n.ws.Read(n.ctx)
		if err != nil {
			n.fail(err)
			return
		}
		request, body, err := relay.DecodeFrame(b)
		if err != nil {
			n.fail(fmt.Errorf("a frame of the relay: %w", err))
			return
		}
		n.take(request, body)
	}
}

func (n *Native) fail(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() == nil && n.broken == nil {
		n.broken = err
	}
	for request, answer := range n.answers {
		delete(n.answers, request)
		close(answer)
	}
}

func (n *Native) take(request uint32, body relay.Body) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if answer := n.answers[request]; request != 0 && answer != nil {
		delete(n.answers, request)
		answer <- body
		return
	}
	switch body := body.(type) {
	case relay.Waiting:
		n.agents = body.Agents
	case relay.List:
		if n.talk == nil && len(body.Conversations) > 0 {
			n.talk = n.End.Join(body.Conversations[0].Conversation)
			n.send(relay.Subscribe{Conversation: n.talk.ID()})
		}
	case relay.Entry:
		if n.talk == nil || body.Conversation != n.talk.ID() {
			return
		}
		ev, err := n.talk.Receive(body.Entry, uint64(time.Now().UnixMilli()))
		if err != nil {
			n.broken = fmt.Errorf("entry %d: %w", body.Sequence, err)
			return
		}
		if ev.Type != conversation.Opened {
			return
		}
		var c struct{ Type, Text string }
		if err := json.Unmarshal(ev.Content, &c); err != nil || c.Type != "text" {
			return
		}
		if ev.Own {
			n.said = append(n.said, c.Text)
		} else {
			n.heard = append(n.heard, c.Text)
		}
	}
}

// send writes a request and says which number it has; n.mu is held.
func (n *Native) send(body relay.Body) uint32 {
	n.request++
	if err := n.ws.Write(n.ctx, websocket.MessageBinary, relay.EncodeFrame(n.request, body)); err != nil && n.broken == nil {
		n.broken = err
	}
	return n.request
}

// Ask sends a request and waits for its answer.
func (n *Native) Ask(body relay.Body) (relay.Body, error) {
	answer := make(chan relay.Body, 1)
	n.mu.Lock()
	n.answers[n.send(body)] = answer
	n.mu.Unlock()
	select {
	case got, ok := <-answer:
		if !ok {
			return nil, errors.New("the connection ended")
		}
		if e, ok := got.(relay.Error); ok {
			return nil, e.Code
		}
		return got, nil
	case <-time.After(Patience):
		return nil, fmt.Errorf("no answer to %T", body)
	}
}

// Must is Ask for an answer of type T.
func Must[T relay.Body](n *Native, body relay.Body) T {
	n.t.Helper()
	got, err := n.Ask(body)
	if err != nil {
		n.t.Fatalf("native: %T: %v", body, err)
	}
	answer, ok := got.(T)
	if !ok {
		n.t.Fatalf("native: %T was answered by %T", body, got)
	}
	return answer
}

// Begin makes the genesis with an agent who is there, as a customer's first
// message does.
func (n *Native) Begin() {
	n.t.Helper()
	Eventually(n.t, "an agent to be there", func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.agents, fmt.Sprint(n.broken)
	})
	kp := Must[relay.Record](n, relay.TakeKeyPackage{Queue: n.queue})
	n.mu.Lock()
	talk, err := n.End.Genesis(uint64(time.Now().UnixMilli()), n.queue, []conversation.Newcomer{{Role: wire.Agent, KeyPackage: kp.Value}})
	n.talk = talk
	n.mu.Unlock()
	if err != nil {
		n.t.Fatal(err)
	}
	Must[relay.Ack](n, relay.Append{Conversation: talk.ID(), Entry: talk.Pending()})
	Must[relay.Ack](n, relay.Subscribe{Conversation: talk.ID()})
}

// Say commits if that is due, seals, appends, and waits until the text is read
// back from the log.
func (n *Native) Say(text string) {
	n.t.Helper()
	content, err := json.Marshal(map[string]string{"type": "text", "text": text})
	if err != nil {
		n.t.Fatal(err)
	}
	Eventually(n.t, "the native member's text in the log: "+clip(text, 200), func() (bool, string) {
		n.mu.Lock()
		if n.talk == nil {
			n.mu.Unlock()
			return false, "no conversation"
		}
		now := uint64(time.Now().UnixMilli())
		var entry []byte
		sealed := false
		due, err := n.talk.Due(now)
		switch {
		case err == nil && due == conversation.DueNothing:
			entry, err = n.talk.Seal(now, wire.Stored, content)
			sealed = true
		case err == nil:
			entry, err = n.talk.Commit(now, conversation.Moves{})
		}
		id := n.talk.ID()
		n.mu.Unlock()
		if err != nil {
			return false, err.Error()
		}
		if _, err = n.Ask(relay.Append{Conversation: id, Entry: entry}); err != nil {
			return false, "append: " + err.Error()
		}
		if !sealed {
			return false, "committed first"
		}
		return true, ""
	})
	Eventually(n.t, "the native member to read back "+clip(text, 200), func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return strings.Contains(strings.Join(n.said, "\n"), text), fmt.Sprint(n.said, n.broken)
	})
}

// AwaitText waits until the native member has opened text from another.
func (n *Native) AwaitText(text string) {
	n.t.Helper()
	Eventually(n.t, "the native member to open "+clip(text, 200), func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return strings.Contains(strings.Join(n.heard, "\n"), text), fmt.Sprint(n.heard, n.broken)
	})
}

// Heard are the texts of others so far.
func (n *Native) Heard() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.heard...)
}

// Conversation is the id of the native member's conversation.
func (n *Native) Conversation() wire.ID {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.talk.ID()
}
