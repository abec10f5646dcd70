package relay

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/web"
	"github.com/sealwire/sealwire/wasm/wire"
)

// connect is GET /v1/connect: the WebSocket.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	origin, has := requestOrigin(r)
	if has && origin == "" || !has && len(r.Header.Values("Origin")) > 0 || !s.allowsOrigin(nil, origin) {
		http.Error(w, "origin not allowed", http.StatusForbidden)
		return
	}
	if r.ContentLength != 0 {
		http.Error(w, "no body belongs here", http.StatusBadRequest)
		return
	}
	visit := s.addresses.enter(r)
	if visit == nil {
		web.Refuse(w, http.StatusTooManyRequests, wire.RateLimited, nil)
		return
	}
	number, ok := s.enter()
	if !ok {
		visit.end()
		w.Header().Set("Retry-After", web.RetryAfter())
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	c := &connection{server: s, number: number, visit: visit, wake: make(chan struct{}, 1)}
	// Not the request's context: it is of no use after the upgrade.
	ctx, cancel := context.WithCancel(s.closing)
	stand, asked, leave := s.upgrade(ctx, w, r, c, origin)
	if stand == nil {
		leave()
		cancel()
		visit.end()
		s.exit(asked, nil)
		return
	}
	// The rest of its life is another goroutine's: the stack of this one has
	// grown with the handshake, and while it lives, the request is kept too.
	go func() {
		defer s.exit(true, stand.tenant)
		defer visit.end()
		defer leave()
		defer s.recovered(c)
		defer cancel()
		s.serve(ctx, cancel, c, stand)
	}()
}

// upgrade takes a connection up to its good hello, and counts it in. A nil
// standing means that it was refused; asked tells whether admit was. Leave
// closes what is open; it is never nil.
func (s *Server) upgrade(ctx context.Context, w http.ResponseWriter, r *http.Request, c *connection, origin string) (stand *standing, asked bool, leave func()) {
	leave = func() {}
	defer s.recovered(c)
	under := &hijacked{ResponseWriter: w}
	socket, err := websocket.Accept(under, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the exact check is ours, above: Accept would let the request's own host pass
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, false, leave // answered by Accept
	}
	// The library waits for a peer's answer to a close, whatever we do to it.
	conn := under.conn
	stop := context.AfterFunc(s.closing, func() { _ = conn.Close() })
	leave = func() { _ = socket.CloseNow(); stop() }
	c.socket = socket
	if s.logAddresses {
		s.logger.Info("connection", "connection", c.number, "address", s.addresses.of(r).String())
	}
	good, refusal := s.greet(ctx, c, origin)
	if good == nil {
		if refusal != nil {
			s.logEnding(c, *refusal)
			_ = socket.Close(refusal.code, refusal.reason)
		}
		return nil, false, leave
	}
	c.visit.proved(good.role != wire.Customer)
	if !s.admit(good.tenant) {
		_ = socket.Close(endFull.code, endFull.reason)
		return nil, true, leave
	}
	return good, true, leave
}

// hijacked keeps hold of the connection that the library takes, and gives it
// small buffers: thousands idle, and what is longer than a buffer passes by it.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

// smallBuffer still lets an ack or a short message leave in one write.
const smallBuffer = 1024

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = conn
	early, _ := buffered.Peek(buffered.Reader.Buffered())
	reader := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), conn), max(smallBuffer, len(early)))
	_, err = reader.Peek(len(early)) // Accept takes over what is buffered, and no more
	return conn, bufio.NewReadWriter(reader, bufio.NewWriterSize(conn, smallBuffer)), err
}

// maxHello bounds the first frame, before anyone has proved anything.
const maxHello = frameHeader + 1 + 1 + 16 + 32 + 2 + maxHost + 2 + wire.MaxToken + 64

// greet challenges the end and judges its hello, all within the deadline. Past
// it the socket is just cut: whoever is silent is not worth a handshake.
func (s *Server) greet(ctx context.Context, c *connection, origin string) (*standing, *ending) {
	bounded, cancel := context.WithTimeout(ctx, s.limits.PreAuth)
	defer cancel()
	nonce := newNonce()
	if c.socket.Write(bounded, websocket.MessageBinary, EncodeFrame(0, Challenge{Nonce: nonce})) != nil {
		return nil, nil
	}
	c.socket.SetReadLimit(maxHello)
	kind, frame, err := c.socket.Read(bounded)
	if err != nil {
		if bounded.Err() != nil && ctx.Err() == nil {
			s.logger.Info("no hello in time", "connection", c.number)
		}
		return nil, nil
	}
	refuse := func(code wire.Code) (*standing, *ending) {
		e := endWith(code)
		return nil, &e
	}
	if kind != websocket.MessageBinary {
		return refuse(wire.BadArgument)
	}
	request, body, err := DecodeFrame(frame)
	if err != nil {
		return refuse(wire.CodeOf(err))
	}
	hello, ok := body.(Hello)
	if !ok {
		return refuse(wire.BadArgument)
	}
	stand, err := s.verify(nonce, hello, origin, s.now())
	if err != nil {
		return refuse(wire.CodeOf(err))
	}
	stand.request = request
	return stand, nil
}

// serve is a connection's life after its hello. The caller's goroutine reads.
func (s *Server) serve(ctx context.Context, cancel context.CancelFunc, c *connection, stand *standing) {
	t := stand.tenant
	c.tenant, c.role, c.identity, c.queues, c.until = t, stand.role, stand.identity, stand.queues, stand.until
	c.shown, c.customer, c.welcomed = stand.shown, stand.customer, t.manifests.current()
	c.member = wire.MemberID(stand.identity)
	c.requests = rate.NewLimiter(rate.Limit(s.limits.RequestsPerSecond), s.limits.RequestBurst)
	c.since = s.now()
	c.pinged = c.since
	c.socket.SetReadLimit(wire.MaxFrame)

	// Nobody hears the welcome before the hub knows the connection.
	c.send(EncodeFrame(stand.request, Welcome{Manifest: c.welcomed.Bytes()}))
	s.hub.join(c, s.limits.PerIdentity)
	written := make(chan struct{})
	defer func() {
		s.hub.leave(c)
		if !c.isEnding() {
			cancel() // the peer is gone: nobody is left to write to
		}
		<-written
	}()
	go func() {
		defer close(written)
		defer s.recovered(c)
		c.write(ctx)
	}()
	if c.role == wire.Agent {
		c.readiness(ctx)
	}
	s.recheck(c) // a manifest may have come since its hello
	s.mu.Lock()
	if s.draining { // Drain may have looked before this one joined
		c.end(endDrain)
	}
	s.mu.Unlock()
	c.read(ctx)
}

// read is the reader: one frame after the other.
func (c *connection) read(ctx context.Context) {
	for {
		kind, frame, err := c.socket.Read(ctx)
		if err != nil || c.isEnding() {
			return
		}
		if kind != websocket.MessageBinary {
			c.end(endWith(wire.BadArgument))
			return
		}
		if e := c.dispatch(ctx, frame); e != nil {
			c.end(*e)
			return
		}
	}
}
