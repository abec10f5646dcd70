package relay

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/wasm/wire"
)

// connection is one end that proved who it is. Its reader is the goroutine of
// the HTTP request; its writer is the only one that writes to the socket, so
// what it takes from the queue and what it reads from the log come out in one
// order.
type connection struct {
	server *Server
	socket *websocket.Conn
	number uint64
	visit  *visit // in the count of its address
	tenant *tenant

	role     wire.Role
	identity []byte
	member   wire.ID
	customer customerKey      // by its token; zero on the company's side
	queues   []string         // of an agent's credential
	shown    *wire.Credential // of the company side
	since    time.Time        // of the hello
	until    uint64           // Unix seconds when the credential ends; 0 never
	welcomed *wire.Manifest   // with this one

	allowances // with others of its connections
	requests   *rate.Limiter
	refusals   int // in a row; the reader's alone

	// Of the hub, under its lock.
	ready bool   // an agent with a key package to take
	taken uint64 // when one was last taken of it, in takes of this hub

	wake chan struct{} // one token: there is something to write

	mu            sync.Mutex
	queue         [][]byte
	queued        int // bytes queued or being written
	subscriptions map[wire.ID]*subscription
	backlog       []*subscription // those to be read from the log, first come first served
	ending        *ending
	pinged        time.Time
	renew         time.Time // when it is closed to be welcomed with a newer manifest; zero: there is none
}

// ending is why a connection is being closed.
type ending struct {
	code   websocket.StatusCode
	reason string
}

// closeCode is 4000 and the number of the code.
func closeCode(code wire.Code) websocket.StatusCode { return websocket.StatusCode(4000 + int(code)) }

// endWith is the ending that says the code in its own words.
func endWith(code wire.Code) ending { return ending{closeCode(code), code.Error()} }

var (
	endSlow    = ending{closeCode(wire.Unavailable), "slow reader"}
	endFull    = ending{websocket.StatusTryAgainLater, "busy"}
	endSession = ending{websocket.StatusServiceRestart, "say hello again"}
	endDrain   = ending{websocket.StatusServiceRestart, "restarting"}
	endCrowded = ending{closeCode(wire.RateLimited), "too many connections"}
)

// send queues a frame. It never waits: a connection whose queue is full is cut.
func (c *connection) send(frame []byte) {
	c.mu.Lock()
	c.sendLocked(frame)
	c.mu.Unlock()
}

func (c *connection) sendLocked(frame []byte) {
	if c.ending != nil {
		return
	}
	if c.queued+len(frame) > c.server.limits.Queue {
		c.endLocked(endSlow)
		return
	}
	c.queue = append(c.queue, frame)
	c.queued += len(frame)
	c.wakeUp()
}

// room tells whether a frame that may be lost still fits well.
func (c *connection) room(size int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending == nil && c.queued+size <= c.server.limits.Queue/2
}

// end closes the connection after the frame that is being written. What is
// queued is let go at once: the log has it.
func (c *connection) end(e ending) {
	c.mu.Lock()
	c.endLocked(e)
	c.mu.Unlock()
}

func (c *connection) endLocked(e ending) {
	if c.ending != nil {
		return
	}
	c.ending = &e
	c.queue, c.backlog = nil, nil
	c.wakeUp()
}

func (c *connection) isEnding() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending != nil
}

func (c *connection) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// work is what the writer does next: exactly one of the fields is set, or none.
type work struct {
	frames  [][]byte
	backlog *subscription
	ending  *ending
}

func (c *connection) nextWork() work {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ending != nil:
		return work{ending: c.ending}
	case len(c.queue) > 0:
		frames := c.queue
		c.queue = nil
		return work{frames: frames}
	case len(c.backlog) > 0:
		s := c.backlog[0]
		c.backlog = c.backlog[1:]
		s.queued = false
		return work{backlog: s}
	}
	return work{}
}

// write is the writer. It returns when the connection is closed or broken.
func (c *connection) write(ctx context.Context) {
	for {
		w := c.nextWork()
		switch {
		case w.ending != nil:
			c.server.logEnding(c, *w.ending)
			_ = c.socket.Close(w.ending.code, w.ending.reason)
			return
		case w.frames != nil:
			for _, frame := range w.frames {
				if c.isEnding() {
					break // cut while writing: the rest was let go
				}
				if !c.writeFrame(ctx, frame) {
					return
				}
				c.mu.Lock()
				c.queued -= len(frame)
				c.mu.Unlock()
			}
		case w.backlog != nil:
			if !c.writeBacklog(ctx, w.backlog) {
				return
			}
		default:
			select {
			case <-c.wake:
			case <-ctx.Done():
				return
			}
		}
	}
}

// writeFrame writes one frame within the limit of time; past it the peer does
// not read at all, and not even a close code would reach it.
func (c *connection) writeFrame(ctx context.Context, frame []byte) bool {
	bounded, cancel := context.WithTimeout(ctx, c.server.limits.Write)
	defer cancel()
	if err := c.socket.Write(bounded, websocket.MessageBinary, frame); err != nil {
		if bounded.Err() == context.DeadlineExceeded && ctx.Err() == nil {
			c.server.logEnding(c, endSlow)
		}
		_ = c.socket.CloseNow()
		return false
	}
	return true
}
