package relay_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// herd is how many sockets live at once here, and comers how many come and go:
// enough to meet every limit, few enough for a test. `make soak` asks for more.
var herd, comers = many("SEALWIRE_SOCKETS", 300), many("SEALWIRE_COMERS", 600)

// many is the number in the environment, or the usual one.
func many(name string, usual int) int {
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(name + " is no number")
	}
	return n
}

// Many ends are there when the relay drains. Each is told to come back, all of
// them come at once, those who are too many are sent away for a while, and in
// the end all are in.
func TestA15_A20_DrainAndTheHerdThatComesBack(t *testing.T) {
	perSecond, atOnce := float64(herd)*2/3, herd/3
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.AcceptsPerSecond, c.Limits.AcceptBurst = perSecond, atOnce })
	var shed atomic.Int64
	arrive := func(p *relaytest.Person) (*relaytest.Client, error) {
		for ctx := relaytest.Context(t); ; {
			c, err := relaytest.Dial(ctx, r.Options(p))
			var status relaytest.StatusError
			switch {
			case err == nil:
				return c, nil
			case !errors.As(err, &status) || status != http.StatusServiceUnavailable:
				return nil, err
			}
			shed.Add(1)
			<-time.After(time.Duration(50+rand.IntN(300)) * time.Millisecond) // sooner than it is told, to be quick
		}
	}
	persons := make([]*relaytest.Person, herd)
	clients := make([]*relaytest.Client, herd)
	all := func(do func(i int)) time.Duration {
		begin := time.Now()
		var wg sync.WaitGroup
		for i := range herd {
			wg.Go(func() { do(i) })
		}
		wg.Wait()
		return time.Since(begin)
	}
	come := func(i int) {
		var err error
		if clients[i], err = arrive(persons[i]); err != nil {
			t.Error(err)
		}
	}
	for i := range persons {
		persons[i] = relaytest.NewPerson(wire.Customer)
	}
	all(come)
	if t.Failed() {
		t.FailNow()
	}
	begin := time.Now()
	r.Restart()
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("draining %d sockets took %v", herd, d)
	}
	all(func(i int) { closedWith(t, clients[i].Wait(), websocket.StatusServiceRestart) })
	shed.Store(0)
	took := all(come)
	if t.Failed() {
		t.FailNow()
	}
	tooMany := float64(herd) > float64(atOnce)+perSecond*took.Seconds() // a slow machine brings no crowd
	if tooMany && shed.Load() == 0 || took > 30*time.Second {
		t.Errorf("%d were sent away, all were in after %v", shed.Load(), took)
	}
	t.Logf("%d ends came back in %v; %d times one was sent away", herd, took, shed.Load())
	all(func(i int) { clients[i].CloseNow() })
}

// Who is sent away is told when to come again, not all at the same time.
func TestA20_ShedAnswersSayWhen(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.AcceptsPerSecond, c.Limits.AcceptBurst = 0.001, 1 })
	r.Connect(relaytest.NewPerson(wire.Customer))
	after := make(map[int]bool)
	for range 60 {
		q, err := http.NewRequest("GET", "http://"+r.Addr+"/v1/connect", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Origin", relaytest.Origin)
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		if answer.StatusCode != http.StatusServiceUnavailable || err != nil || seconds < 1 || seconds > 5 {
			t.Fatalf("%d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
		}
		after[seconds] = true
	}
	if len(after) < 3 {
		t.Errorf("all are told the same: %v", after)
	}
}

// However connections end, nothing of them stays.
func TestA16_ConnectionsLeaveNothingBehind(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) {
		c.Limits.PreAuth, c.Limits.AcceptsPerSecond, c.Limits.AcceptBurst = time.Second, 1e6, 1e6
	})
	person := relaytest.NewPerson(wire.Customer)
	files := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc here")
		}
		return len(names)
	}
	once := func(i int) {
		switch i % 6 {
		case 0: // as a page that is left
			c, err := relaytest.Dial(relaytest.Context(t), r.Options(person))
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		case 1: // as a cable that is pulled
			c, err := relaytest.Dial(relaytest.Context(t), r.Options(person))
			if err != nil {
				t.Fatal(err)
			}
			c.CloseNow()
		case 2: // before a hello
			socket, _, err := relaytest.Open(relaytest.Context(t), relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin})
			if err != nil {
				t.Fatal(err)
			}
			socket.CloseNow()
		case 3, 4, 5: // a reset: at once, in the header, after the upgrade
			c, err := net.Dial("tcp", r.Addr)
			if err != nil {
				t.Fatal(err)
			}
			request := "GET /v1/connect HTTP/1.1\r\nHost: x\r\nOrigin: " + relaytest.Origin + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
			fmt.Fprint(c, request[:[]int{0, 40, len(request)}[i%3]])
			if i%6 == 5 {
				_, _ = c.Read(make([]byte, 200))
			}
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	}
	for i := range 12 { // what is made once, such as the resolver's, is there
		once(i)
	}
	settled := func(goroutines, descriptors int) bool {
		for deadline := time.Now().Add(relaytest.Patience / 2); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) {
			if runtime.NumGoroutine() <= goroutines && files() <= descriptors && relay.OpenOf(r.Server) == 0 {
				return true
			}
		}
		return false
	}
	<-time.After(200 * time.Millisecond)
	goroutines, descriptors := runtime.NumGoroutine(), files()
	for i := range comers {
		once(i)
	}
	if !settled(goroutines, descriptors) {
		t.Errorf("%d goroutines and %d files, before %d and %d; %d connections", runtime.NumGoroutine(), files(), goroutines, descriptors, relay.OpenOf(r.Server))
	}
	r.Connect(person)
}

// An entry whose bytes changed on disk is served to nobody: who follows the
// conversation gets what is before it and is told that there is a fault.
func TestS03_DamagedEntryIsNotServed(t *testing.T) {
	s := play(t, nil)
	for range 3 {
		s.append(s.atCustomer, s.customer.Message(s.talk, 100))
	}
	s.Stop()
	db, err := sql.Open("sqlite", s.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(context.Background(), "UPDATE entries SET bytes = zeroblob(length(bytes)) WHERE sequence = 3"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	at := s.Connect(s.customer)
	s.subscribe(at, 0)
	s.entries(at, 0, 2)
	closed(t, at.Wait(), wire.Unavailable)
	if !strings.Contains(s.Output.String(), "entry is damaged") {
		t.Error("the operator is not told")
	}
	// Who is past it is not held up, and neither is what comes.
	at = s.Connect(s.customer)
	s.subscribe(at, 3)
	s.append(at, s.customer.Message(s.talk, 100))
	s.entries(at, 3, 2)
}
