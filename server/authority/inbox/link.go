package inbox

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// How a connection is kept.
const (
	greeting = 10 * time.Second // from dialling to the welcome
	writing  = 20 * time.Second // of one frame
	pinging  = 30 * time.Second
	waiting  = 4096 // frames that may wait to be written
)

// link is one connection to the relay. Its fields are the inbox's goroutine's,
// but the channel and the context.
type link struct {
	ctx     context.Context
	cut     context.CancelFunc
	out     chan []byte
	number  uint32
	answers map[uint32]func(relay.Body) // nil: the connection ended
	appends *rate.Limiter               // below what the relay allows, so that it refuses none
	asks    *rate.Limiter
}

// ask sends a request; answer is called on the inbox's goroutine, once.
func (l *link) ask(body relay.Body, answer func(relay.Body)) {
	l.number++
	l.answers[l.number] = answer
	select {
	case l.out <- relay.EncodeFrame(l.number, body):
	default:
		l.cut() // the relay takes nothing any more
	}
}

// connections connects, again and again, until the inbox ends.
func (in *inbox) connections() {
	backoff := in.set.o.times.backoff
	for in.ctx.Err() == nil {
		began := time.Now()
		welcomed, err := in.connect()
		if in.ctx.Err() != nil {
			return
		}
		if welcomed && time.Since(began) > in.set.o.times.most {
			backoff = in.set.o.times.backoff
		}
		in.logClosed(err)
		pause := time.NewTimer(backoff/2 + rand.N(backoff/2+1))
		select {
		case <-in.ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
		if welcomed && backoff == in.set.o.times.backoff {
			continue
		}
		backoff = min(2*backoff, in.set.o.times.most)
	}
}

// connect makes one connection and reads it until it ends.
func (in *inbox) connect() (welcomed bool, err error) {
	ctx, cut := context.WithCancel(in.ctx)
	defer cut()
	bounded, cancel := context.WithTimeout(ctx, greeting)
	defer cancel()
	header := http.Header{}
	if in.set.o.Origin != "" {
		header.Set("Origin", in.set.o.Origin)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	ws, answer, err := websocket.Dial(bounded, in.set.o.Relay, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if answer != nil {
			return false, errors.New("the relay answered " + answer.Status)
		}
		return false, err
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(wire.MaxFrame)
	l := &link{ctx: ctx, cut: cut, out: make(chan []byte, waiting), number: 1, answers: make(map[uint32]func(relay.Body)),
		appends: rate.NewLimiter(wire.EntriesPerSecond*3/4, wire.EntriesBurst*3/4), asks: rate.NewLimiter(40, 1000)}
	defer in.post(func() { in.gone(l) }) // also where the greeting failed half-way
	if err := in.greet(bounded, ws, l); err != nil {
		return false, err
	}
	cancel()
	ended := make(chan struct{})
	go func() { defer close(ended); l.write(ws) }()
	defer func() { cut(); _ = ws.CloseNow(); <-ended }()
	for {
		request, body, err := readFrame(ctx, ws)
		if err != nil {
			return true, err
		}
		if !in.post(func() { in.frame(l, request, body) }) {
			return true, ErrClosed
		}
	}
}

// greet answers the challenge and takes the welcome.
func (in *inbox) greet(ctx context.Context, ws *websocket.Conn, l *link) error {
	_, body, err := readFrame(ctx, ws)
	if err != nil {
		return err
	}
	challenge, ok := body.(relay.Challenge)
	if !ok {
		return wire.BadArgument
	}
	var hello []byte
	if undone := in.call(func() { hello, err = in.hello(challenge.Nonce) }); undone != nil {
		return undone
	}
	if err != nil {
		return err
	}
	if err := ws.Write(ctx, websocket.MessageBinary, append([]byte{byte(relay.TypeHello), 0, 0, 0, 1}, hello...)); err != nil {
		return err
	}
	if _, body, err = readFrame(ctx, ws); err != nil {
		return err
	}
	welcome, ok := body.(relay.Welcome)
	if !ok {
		return wire.BadArgument
	}
	if undone := in.call(func() { err = in.welcomed(l, welcome.Manifest) }); undone != nil {
		return undone
	}
	return err
}

func readFrame(ctx context.Context, ws *websocket.Conn) (uint32, relay.Body, error) {
	kind, frame, err := ws.Read(ctx)
	if err != nil {
		return 0, nil, err
	}
	if kind != websocket.MessageBinary {
		return 0, nil, wire.BadArgument
	}
	return relay.DecodeFrame(frame)
}

// write writes what is asked, and asks for signs of life.
func (l *link) write(ws *websocket.Conn) {
	defer l.cut()
	life := time.NewTicker(pinging)
	defer life.Stop()
	bounded := func(do func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(l.ctx, writing)
		defer cancel()
		return do(ctx)
	}
	for {
		var err error
		select {
		case <-l.ctx.Done():
			err = l.ctx.Err()
		case frame := <-l.out:
			err = bounded(func(ctx context.Context) error { return ws.Write(ctx, websocket.MessageBinary, frame) })
		case <-life.C:
			err = bounded(ws.Ping)
		}
		if err != nil {
			return
		}
	}
}

// codeOf is the code with which a relay closed, or 0.
func codeOf(err error) wire.Code {
	if n := int(websocket.CloseStatus(err)) - 4000; n > 0 && n <= int(wire.Internal) {
		return wire.Code(n)
	}
	var code wire.Code
	if errors.As(err, &code) {
		return code
	}
	return 0
}
