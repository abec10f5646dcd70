package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// Wire is what lies between a person's browser and the world: a forward proxy
// that sees everything, and may do anything, so that addresses, origins and
// hosts stay what they are without it.
//
// Set the hooks before the first request. They run on the connections'
// goroutines.
type Wire struct {
	// Response may alter what a page or script is answered.
	Response func(*http.Response) error

	// Frame may alter a frame of a WebSocket: it returns the frames to pass
	// on instead (none: it is lost). Nil passes all.
	Frame func(f Frame) [][]byte

	// Opened is told of each WebSocket; inject sends a frame to the browser
	// as if the relay had.
	Opened func(inject func(frame []byte) error)

	// Through, if set, stands in for Frame and decides all: what goes on, in
	// either direction, it gives to Socket itself, before it returns or later.
	Through func(f Frame, on *Socket)

	listener net.Listener

	mu     sync.Mutex
	cut    bool
	conns  map[net.Conn]bool
	passed []Frame
}

// Socket is one WebSocket through a wire, both halves.
type Socket struct {
	ctx       context.Context
	near, far *websocket.Conn
	writing   sync.Mutex // of near
}

// Send passes a frame on, up to the relay or down to the end. What comes too
// late for its connection is lost, as on any wire.
func (s *Socket) Send(f Frame) {
	if f.Up {
		_ = s.far.Write(s.ctx, websocket.MessageBinary, f.Data)
		return
	}
	_ = s.down(f.Data)
}

// Close ends the connection towards the end, as the relay would.
func (s *Socket) Close(code int, reason string) {
	_ = s.near.Close(websocket.StatusCode(code), reason)
}

func (s *Socket) down(frame []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.near.Write(s.ctx, websocket.MessageBinary, frame)
}

// Frame is one binary message of a WebSocket.
type Frame struct {
	Up   bool // from the browser to the relay
	Data []byte
}

// NewWire starts a proxy for the length of the test.
func NewWire(t testing.TB) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{listener: l, conns: map[net.Conn]bool{}}
	srv := &http.Server{Handler: w, ConnState: w.follow}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { w.Cut(); _ = srv.Close(); <-done })
	return w
}

// Addr is the proxy's address.
func (w *Wire) Addr() string { return w.listener.Addr().String() }

// Cut breaks every connection and refuses new ones, until Mend.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for c := range w.conns {
		_ = c.Close()
	}
}

// Mend lets connections through again.
func (w *Wire) Mend() { w.mu.Lock(); w.cut = false; w.mu.Unlock() }

// Passed are the WebSocket frames of both directions so far, as they arrived
// at the wire.
func (w *Wire) Passed() []Frame {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Frame(nil), w.passed...)
}

// follow keeps the connections that Cut breaks.
func (w *Wire) follow(c net.Conn, state http.ConnState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch state {
	case http.StateNew:
		if w.cut {
			_ = c.Close()
			return
		}
		w.conns[c] = true
	case http.StateClosed:
		delete(w.conns, c)
	}
}

// ServeHTTP answers the browser: a request with a full address is passed on; a
// tunnel is opened up, and what is inside treated the same.
func (w *Wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		w.tunnel(rw, r)
		return
	}
	w.forward(r.Host).ServeHTTP(rw, r)
}

// forward passes requests on to host.
func (w *Wire) forward(host string) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			pr.Out.URL.Scheme, pr.Out.URL.Host, pr.Out.Host = "http", host, host
			pr.Out.Header.Del("Accept-Encoding") // what hooks see is plain
		},
		FlushInterval:  -1,
		ModifyResponse: func(res *http.Response) error { res.Header.Del("Alt-Svc"); return w.alter(res) },
		ErrorHandler:   func(rw http.ResponseWriter, r *http.Request, err error) { rw.WriteHeader(http.StatusBadGateway) },
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			w.socket(rw, r, host)
			return
		}
		proxy.ServeHTTP(rw, r)
	})
}

func (w *Wire) alter(res *http.Response) error {
	if w.Response == nil {
		return nil
	}
	return w.Response(res)
}

// AlterBody is for Response hooks: it replaces the body by what change makes
// of it.
func AlterBody(res *http.Response, change func([]byte) []byte) error {
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	b = change(b)
	res.Body = io.NopCloser(bytes.NewReader(b))
	res.ContentLength = int64(len(b))
	res.Header.Del("Content-Length")
	return nil
}

// tunnel serves one hijacked connection as if it had come to the host itself.
func (w *Wire) tunnel(rw http.ResponseWriter, r *http.Request) {
	conn, rest, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	w.mu.Lock()
	w.conns[conn] = true
	w.mu.Unlock()
	if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	once := &single{conn: &peeked{conn, rest.Reader}, closed: make(chan struct{})}
	srv := &http.Server{Handler: w.forward(r.Host), ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed || s == http.StateHijacked {
			once.Close()
		}
	}}
	_ = srv.Serve(once)
}

// socket takes the browser's WebSocket, opens one to the host, and pumps.
func (w *Wire) socket(rw http.ResponseWriter, r *http.Request, host string) {
	// The request's context ends with the handler's server, which serves
	// this one connection only; a hijacked connection outlives that.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	header := http.Header{}
	for _, name := range []string{"Origin", "User-Agent"} {
		header[name] = r.Header.Values(name)
	}
	far, res, err := websocket.Dial(ctx, "ws://"+host+r.URL.RequestURI(), &websocket.DialOptions{HTTPHeader: header, CompressionMode: websocket.CompressionDisabled, Subprotocols: subprotocols(r)})
	if err != nil {
		status := http.StatusBadGateway
		if res != nil {
			status = res.StatusCode
		}
		rw.WriteHeader(status)
		return
	}
	defer far.CloseNow()
	near, err := websocket.Accept(rw, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled, Subprotocols: []string{far.Subprotocol()}})
	if err != nil {
		return
	}
	defer near.CloseNow()
	near.SetReadLimit(1 << 20)
	far.SetReadLimit(1 << 20)
	on := &Socket{ctx: ctx, near: near, far: far}
	if w.Opened != nil {
		w.Opened(on.down)
	}
	up := make(chan struct{})
	go func() {
		defer close(up)
		w.pump(on, near, true, far)
		cancel()
	}()
	w.pump(on, far, false, near)
	cancel()
	<-up
}

// pump passes frames from one half to the other until either ends, and closes
// the other with the same code.
func (w *Wire) pump(on *Socket, from *websocket.Conn, up bool, other *websocket.Conn) {
	for {
		kind, data, err := from.Read(on.ctx)
		if err != nil {
			var closed websocket.CloseError
			if errors.As(err, &closed) {
				_ = other.Close(closed.Code, closed.Reason)
			}
			return
		}
		if kind != websocket.MessageBinary {
			return
		}
		f := Frame{up, data}
		w.mu.Lock()
		w.passed = append(w.passed, f)
		w.mu.Unlock()
		if w.Through != nil {
			w.Through(f, on)
			continue
		}
		out := [][]byte{data}
		if w.Frame != nil {
			out = w.Frame(f)
		}
		for _, b := range out {
			on.Send(Frame{up, b})
		}
	}
}

func subprotocols(r *http.Request) []string {
	var list []string
	for v := range strings.SplitSeq(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// peeked is a connection whose first bytes a reader already holds.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// single is a listener for one connection that is already there.
type single struct {
	conn   net.Conn
	once   sync.Once
	shut   sync.Once
	closed chan struct{}
}

func (s *single) Accept() (c net.Conn, err error) {
	s.once.Do(func() { c = s.conn })
	if c != nil {
		return c, nil
	}
	<-s.closed
	return nil, net.ErrClosed
}

func (s *single) Close() error   { s.shut.Do(func() { close(s.closed) }); return nil }
func (s *single) Addr() net.Addr { return s.conn.LocalAddr() }
