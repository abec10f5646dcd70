package harness

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// connect dials, and reads frames until that connection ends.
func (n *Native) connect() {
	n.t.Helper()
	o := &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {n.demo.URL}}, CompressionMode: websocket.CompressionDisabled}
	if n.through != nil {
		proxy := &url.URL{Scheme: "http", Host: n.through.Addr()}
		o.HTTPClient = &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), DisableKeepAlives: true}}
	}
	ws, _, err := websocket.Dial(n.ctx, n.at, o)
	if err != nil {
		n.t.Fatal(err)
	}
	ws.SetReadLimit(wire.MaxFrame)
	n.mu.Lock()
	n.unanswered()
	n.ws, n.answers, n.agents = ws, map[uint32]func(relay.Body){}, false
	n.acked = nil
	for _, k := range n.talks {
		k.following = false
	}
	n.mu.Unlock()
	go n.listen(ws)
}

// On has do told of each frame that the relay sends, before anything is made of it.
func (n *Native) On(do func(relay.Body)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = do
}

// Cut ends the connection, until Reconnect.
func (n *Native) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ws.CloseNow()
}

// Reconnect ends the connection and makes another, as a page does when the
// network is back. What was refused is tried again.
func (n *Native) Reconnect() {
	n.t.Helper()
	n.mu.Lock()
	ws := n.ws
	n.mu.Unlock()
	ws.CloseNow()
	n.connect()
}

// listen reads frames until the connection ends.
func (n *Native) listen(ws *websocket.Conn) {
	for {
		_, b, err := ws.Read(n.ctx)
		if err != nil {
			n.gone(ws, err)
			return
		}
		request, body, err := relay.DecodeFrame(b)
		if err != nil {
			n.note(err)
			ws.CloseNow()
			continue
		}
		n.take(ws, request, body)
	}
}

// gone lets everybody know who waits for an answer.
func (n *Native) gone(ws *websocket.Conn, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var closed websocket.CloseError
	if errors.As(err, &closed) && closed.Code > 4000 && closed.Code <= 4000+websocket.StatusCode(wire.Internal) {
		n.codes = append(n.codes, wire.Code(closed.Code-4000))
	}
	if ws != n.ws {
		return
	}
	if n.ctx.Err() == nil && n.broken == nil {
		n.broken = err
	}
	n.unanswered()
}

// unanswered tells all who wait that the connection has ended; n.mu is held.
func (n *Native) unanswered() {
	for request, answer := range n.answers {
		delete(n.answers, request)
		answer(nil)
	}
}

func (n *Native) note(err error) {
	if err != nil {
		n.mu.Lock()
		n.codes = append(n.codes, wire.CodeOf(err))
		n.mu.Unlock()
	}
}

func (n *Native) take(ws *websocket.Conn, request uint32, body relay.Body) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ws != n.ws {
		return
	}
	if n.heard != nil {
		n.heard(body)
	}
	if answer := n.answers[request]; request != 0 && answer != nil {
		delete(n.answers, request)
		answer(body)
		return
	}
	switch body := body.(type) {
	case relay.Challenge:
		n.greet(body)
	case relay.Welcome:
		n.welcomed(body)
	case relay.Waiting:
		n.agents = body.Agents
		n.wake()
	case relay.List:
		n.listed(body)
	case relay.Entry:
		n.read(body)
	case relay.Error:
		n.codes = append(n.codes, body.Code)
	}
}

func (n *Native) greet(c relay.Challenge) {
	hello, err := n.End.Hello(c.Nonce[:], []byte(n.demo.Addr()), n.proof)
	if err != nil {
		n.codes = append(n.codes, wire.CodeOf(err))
		return
	}
	n.request++
	frame := append([]byte{byte(relay.TypeHello), 0, 0, 0, byte(n.request)}, hello...)
	if err := n.ws.Write(n.ctx, websocket.MessageBinary, frame); err != nil {
		n.broken = err
	}
}

// welcomed judges what the relay shows, and does what comes first: a key
// package for those who look for somebody, and the conversations there are.
func (n *Native) welcomed(w relay.Welcome) {
	now := uint64(time.Now().Unix())
	err := n.End.AddManifest(w.Manifest, now, true)
	if err == nil && n.role != wire.Customer {
		err = n.End.SetCredential(n.proof, now)
	}
	if n.refused = err != nil; n.refused {
		n.codes = append(n.codes, wire.CodeOf(err))
		n.ws.CloseNow()
		return
	}
	n.broken = nil
	if n.role != wire.Customer {
		kp, err := n.End.KeyPackage(now+3600, true)
		if err != nil {
			n.codes = append(n.codes, wire.CodeOf(err))
			return
		}
		n.answers[n.send(relay.PublishKeyPackage{KeyPackage: kp})] = func(b relay.Body) { _, n.offered = b.(relay.Ack) }
		n.kept = kp
		n.send(relay.ListConversations{})
	}
	for _, k := range n.talks {
		n.follow(k)
	}
	n.wake()
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
	n.answers[n.send(body)] = func(b relay.Body) { answer <- b }
	n.mu.Unlock()
	select {
	case got := <-answer:
		if got == nil {
			return nil, errors.New("the connection ended")
		}
		if e, ok := got.(relay.Error); ok {
			return nil, e.Code
		}
		return got, nil
	case <-n.ctx.Done():
		return nil, n.ctx.Err()
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
