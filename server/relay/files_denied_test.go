package relay_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// begin sends the head of a request and one byte of a body of 1 MiB.
func begin(t *testing.T, addr, path, ticket string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(relaytest.Patience))
	fmt.Fprintf(c, "PUT %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 1048576\r\n\r\nx", path, addr, ticket)
	return c
}

// Who may not send a body is told so at once, and the connection ends: nothing
// of the body is waited for.
func TestA08_DeniedBodiesAreNotRead(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	theirs, err := s.FilesOf(s.atAgent, s.talk.ID).Create(s.ctx, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	none := strings.Repeat("A", 22)
	for name, c := range map[string]struct {
		path, ticket string
		want         int
	}{
		"no ticket":          {"/v1/files/" + none + "/0", "", 401},
		"a ticket of nobody": {"/v1/files/" + none + "/0", strings.Repeat("A", 43), 401},
		"no such file":       {"/v1/files/" + none + "/0", f.Ticket, 404},
		"another's file":     {"/v1/files/" + theirs + "/0", f.Ticket, 403},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			conn := begin(t, s.Addr, c.path, c.ticket)
			a, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			if a.StatusCode != c.want || !a.Close {
				t.Errorf("status %d, close %v, want %d and the end", a.StatusCode, a.Close, c.want)
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("it took %v: the body was waited for", took)
			}
		})
	}
}

// Without a ticket nobody takes a place among the transfers.
func TestA08_PlacesAreForThoseWithATicket(t *testing.T) {
	const places = 4
	s := play(t, func(c *relay.Config) { c.Limits.Transfers = places })
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	for range 4 * places {
		begin(t, s.Addr, "/v1/files/"+strings.Repeat("A", 22)+"/0", "")
		if n := relay.TransfersOf(s.Server); n != 0 {
			t.Errorf("%d places are taken", n)
		}
	}
	answered(t, f, http.StatusCreated, 0, "POST", "/v1/files", nil, "Upload-Length", "10")
	// With one they do, and who has none of them is told to come back.
	id, err := f.Create(s.ctx, places<<20)
	if err != nil {
		t.Fatal(err)
	}
	transfers(t, s, 0)
	var taken []net.Conn
	for i := range places {
		taken = append(taken, begin(t, s.Addr, fmt.Sprintf("/v1/files/%s/%d", id, i), f.Ticket))
	}
	transfers(t, s, places)
	agents := s.FilesOf(s.atAgent, s.talk.ID)
	for range 20 { // more than one may have under way
		answered(t, agents, http.StatusServiceUnavailable, wire.Unavailable, "GET", "/v1/files/"+id, nil)
	}
	begun := time.Now()
	if a, err := http.ReadResponse(bufio.NewReader(begin(t, s.Addr, "/v1/files/"+id+"/0", agents.Ticket)), nil); err != nil || a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%+v, %v", a, err)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("it took %v: the body was waited for", took)
	}
	// To be sent away is to have nothing under way.
	for _, c := range taken {
		_ = c.Close()
	}
	transfers(t, s, 0)
	answered(t, agents, http.StatusNotFound, wire.Unavailable, "GET", "/v1/files/"+id, nil)
}

// A peer that breaks off is nothing for the operator, and its address nothing
// for the log.
func TestA19_BrokenBodiesLeaveNothingInTheLog(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id, err := f.Create(s.ctx, blob.PartSize)
	if err != nil {
		t.Fatal(err)
	}
	transfers(t, s, 0)
	for range 2 {
		c := begin(t, s.Addr, "/v1/files/"+id+"/0", f.Ticket)
		transfers(t, s, 1)
		if err := c.(*net.TCPConn).SetLinger(0); err != nil { // a reset
			t.Fatal(err)
		}
		_ = c.Close()
		transfers(t, s, 0)
	}
	s.Stop()
	if log := s.Output.String(); strings.Contains(log, "127.0.0.1") || strings.Contains(log, "ERROR") {
		t.Errorf("in the log:\n%s", log)
	}
}

func TestA19_NetworkErrorsAreLoggedWithoutAddresses(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(relay.AllowListed(slog.NewTextHandler(&out, nil)))
	address := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 4711} }
	err := &net.OpError{Op: "read", Net: "tcp", Source: address("192.0.2.1"), Addr: address("2001:db8::7"), Err: errors.New("connection reset")}
	other := &net.OpError{Op: "write", Net: "tcp", Addr: address("198.51.100.9"), Err: io.ErrClosedPipe}
	log.Error("failed", "cause", fmt.Errorf("part: %w", errors.Join(err, fmt.Errorf("and: %w", other))))
	got := out.String()
	for _, text := range []string{"192.0.2", "2001:db8", "198.51", "4711"} {
		if strings.Contains(got, text) {
			t.Errorf("%q is in the log: %s", text, got)
		}
	}
	if !strings.Contains(got, "read: connection reset") || !strings.Contains(got, "write: io: read/write on closed pipe") {
		t.Errorf("it does not say what happened: %s", got)
	}
}
