package relaytest

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Patience bounds every wait of this package.
const Patience = 20 * time.Second

// DialOptions say how an end connects.
type DialOptions struct {
	URL      string // ws://host:port/v1/connect
	Origin   string // sent where not empty
	Host     string // signed; default: that of URL
	Role     wire.Role
	Tenant   wire.ID
	Identity ed25519.PrivateKey
	Proof    []byte // a customer's token, or a credential

	// Nonce answers another nonce than that of the challenge, where not nil.
	Nonce *[32]byte
	// Change edits the hello after it was signed.
	Change func(*relay.Hello)
	// Paused reads nothing after the welcome until Resume is called.
	Paused bool
	// Header is sent too.
	Header http.Header
	// TLS is for a URL that begins with wss.
	TLS *tls.Config
}

// Client is an end's connection.
type Client struct {
	Nonce    [32]byte // of its challenge
	Manifest []byte   // of its welcome

	socket *websocket.Conn
	cancel context.CancelFunc
	resume chan struct{}
	done   chan struct{}

	mu      sync.Mutex
	changed *sync.Cond
	number  uint32
	answers map[uint32]chan relay.Body
	pushed  []relay.Body
	ended   error // why the reader stopped
}

// Dial connects and says hello. An error of a refusal is a
// websocket.CloseError; see [RefusalOf].
func Dial(ctx context.Context, o DialOptions) (*Client, error) {
	socket, nonce, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	c := &Client{Nonce: nonce, socket: socket, resume: make(chan struct{}), done: make(chan struct{}), answers: make(map[uint32]chan relay.Body)}
	c.changed = sync.NewCond(&c.mu)
	if o.Nonce != nil {
		nonce = *o.Nonce
	}
	hello := relay.Hello{Role: o.Role, Tenant: o.Tenant, Identity: o.Identity.Public().(ed25519.PublicKey), Host: o.Host, Proof: o.Proof}
	if hello.Host == "" {
		hello.Host = strings.TrimSuffix(strings.TrimPrefix(o.URL, "ws://"), "/v1/connect")
	}
	hello.Signature = wire.Sign(o.Identity, "relay hello", relay.HelloInput(nonce, &hello))
	if o.Change != nil {
		o.Change(&hello)
	}
	c.number = 1
	if err := socket.Write(ctx, websocket.MessageBinary, relay.EncodeFrame(1, hello)); err != nil {
		socket.CloseNow()
		return nil, err
	}
	request, body, err := readFrame(ctx, socket)
	if err != nil {
		socket.CloseNow()
		return nil, err
	}
	welcome, ok := body.(relay.Welcome)
	if !ok || request != 1 {
		socket.CloseNow()
		return nil, fmt.Errorf("relaytest: %T instead of a welcome", body)
	}
	c.Manifest = welcome.Manifest
	reading, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	if !o.Paused {
		close(c.resume)
	}
	go c.read(reading)
	return c, nil
}

// Open connects and reads the challenge; what follows is the caller's.
func Open(ctx context.Context, o DialOptions) (*websocket.Conn, [32]byte, error) {
	header := o.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if o.Origin != "" {
		header.Set("Origin", o.Origin)
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: o.TLS}
	socket, answer, err := websocket.Dial(ctx, o.URL, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if answer != nil {
			err = fmt.Errorf("%w: %w", StatusError(answer.StatusCode), err)
		}
		return nil, [32]byte{}, err
	}
	socket.SetReadLimit(wire.MaxFrame)
	_, body, err := readFrame(ctx, socket)
	challenge, ok := body.(relay.Challenge)
	if err == nil && !ok {
		err = fmt.Errorf("relaytest: %T instead of a challenge", body)
	}
	if err != nil {
		socket.CloseNow()
		return nil, [32]byte{}, err
	}
	return socket, challenge.Nonce, nil
}

// StatusError is the HTTP status that answered instead of an upgrade.
type StatusError int

func (e StatusError) Error() string { return http.StatusText(int(e)) }

// RefusalOf gives the code and the reason with which the relay closed.
func RefusalOf(err error) (websocket.StatusCode, string) {
	var closed websocket.CloseError
	if !errors.As(err, &closed) {
		return -1, ""
	}
	return closed.Code, closed.Reason
}

func readFrame(ctx context.Context, socket *websocket.Conn) (uint32, relay.Body, error) {
	kind, frame, err := socket.Read(ctx)
	if err != nil {
		return 0, nil, err
	}
	if kind != websocket.MessageBinary {
		return 0, nil, errors.New("relaytest: the relay sent text")
	}
	return relay.DecodeFrame(frame)
}

// read hands out frames until the connection ends.
func (c *Client) read(ctx context.Context) {
	defer close(c.done)
	var err error
	select {
	case <-c.resume:
	case <-ctx.Done():
	}
	for {
		var request uint32
		var body relay.Body
		if request, body, err = readFrame(ctx, c.socket); err != nil {
			break
		}
		c.mu.Lock()
		if answer := c.answers[request]; request != 0 && answer != nil {
			delete(c.answers, request)
			answer <- body
		} else {
			c.pushed = append(c.pushed, body)
			c.changed.Broadcast()
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	c.ended = err
	for _, answer := range c.answers {
		close(answer)
	}
	clear(c.answers)
	c.changed.Broadcast()
	c.mu.Unlock()
	c.socket.CloseNow()
}

// Resume begins to read where DialOptions.Paused.
func (c *Client) Resume() { close(c.resume) }

// Send writes a request and does not wait. It returns the request's number.
func (c *Client) Send(ctx context.Context, body relay.Body) (uint32, error) {
	c.mu.Lock()
	c.number++
	number := c.number
	c.mu.Unlock()
	return number, c.SendRaw(ctx, relay.EncodeFrame(number, body))
}

// SendRaw writes any bytes as a frame.
func (c *Client) SendRaw(ctx context.Context, frame []byte) error {
	return c.socket.Write(ctx, websocket.MessageBinary, frame)
}

// SendText writes a text message, which is no frame.
func (c *Client) SendText(ctx context.Context, text string) error {
	return c.socket.Write(ctx, websocket.MessageText, []byte(text))
}

// Ask sends a request and waits for its answer. A refusal is a wire.Code.
func (c *Client) Ask(ctx context.Context, body relay.Body) (relay.Body, error) {
	answer := make(chan relay.Body, 1)
	c.mu.Lock()
	c.number++
	number := c.number
	if c.ended == nil {
		c.answers[number] = answer
	} else {
		close(answer)
	}
	c.mu.Unlock()
	if err := c.SendRaw(ctx, relay.EncodeFrame(number, body)); err != nil {
		return nil, err
	}
	select {
	case got, ok := <-answer:
		if !ok {
			return nil, fmt.Errorf("relaytest: the connection ended: %w", c.Wait())
		}
		if refused, ok := got.(relay.Error); ok {
			return nil, refused.Code
		}
		return got, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("relaytest: no answer to %T: %w", body, ctx.Err())
	}
}

// Next takes the oldest pushed frame of type T, waiting for one.
func Next[T relay.Body](ctx context.Context, c *Client) (T, error) {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock() // so that it cannot fall between the check and the wait
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for i, body := range c.pushed {
			if found, ok := body.(T); ok {
				c.pushed = append(c.pushed[:i:i], c.pushed[i+1:]...)
				return found, nil
			}
		}
		var none T
		switch {
		case c.ended != nil:
			return none, fmt.Errorf("relaytest: the connection ended before a %T: %w", none, c.ended)
		case ctx.Err() != nil:
			return none, fmt.Errorf("relaytest: no %T came: %w", none, ctx.Err())
		}
		c.changed.Wait()
	}
}

// Pushed gives the pushed frames that nobody took yet.
func (c *Client) Pushed() []relay.Body {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]relay.Body(nil), c.pushed...)
}

// Wait waits until the relay has ended the connection and says how.
func (c *Client) Wait() error {
	select {
	case <-c.done:
		return c.ended
	case <-time.After(Patience):
		return errors.New("relaytest: the connection is still open")
	}
}

// Close ends the connection, as a browser does that leaves.
func (c *Client) Close() {
	_ = c.socket.Close(websocket.StatusNormalClosure, "")
	c.cancel()
	<-c.done
}

// CloseNow breaks it, as a cable that is pulled.
func (c *Client) CloseNow() {
	c.cancel()
	c.socket.CloseNow()
	<-c.done
}
