package proxies_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay/relaytest"
)

// naive is a proxy as there should be none: it finds the end of a request by a
// rule of its own, sends on what it was sent, and gives a connection to the relay
// that was not closed to whoever comes next. It needs no installing, and shows
// that the relay does its part, as well as that these tests would see it if it
// did not.
type naive struct {
	f        *front
	coded    bool // goes by whatever looks like a coding, else by the first length
	wait     sync.WaitGroup
	listener net.Listener

	mu    sync.Mutex
	spare []*link
	all   map[net.Conn]bool
}

// link is a connection to the relay.
type link struct {
	net.Conn
	*bufio.Reader
}

var (
	lengthLine    = regexp.MustCompile(`(?im)^content-length[ \t]*:[ \t]*\+?(\d+)`)
	codingLine    = regexp.MustCompile(`(?im)^transfer-encoding[ \t]*:.*chunked`)
	forwardedLine = regexp.MustCompile(`(?im)^x-forwarded-for[ \t]*:.*\r?\n`)
)

func startNaive(t *testing.T, f *front, coded bool) {
	l, err := tls.Listen("tcp", f.addr, &tls.Config{Certificates: []tls.Certificate{f.cert}})
	if err != nil {
		t.Fatal(err)
	}
	p := &naive{f: f, coded: coded, listener: l, all: make(map[net.Conn]bool)}
	p.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.own(c)
			p.wait.Go(func() { defer p.end(c); p.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for c := range p.all {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wait.Wait()
	})
}

func (p *naive) own(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[c] = true
}

func (p *naive) end(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, c)
}

// serve sends one request after the other on.
func (p *naive) serve(c net.Conn) {
	for in := bufio.NewReader(c); ; {
		request, err := p.request(in)
		if err != nil {
			return
		}
		up := p.link()
		if up == nil {
			return
		}
		if _, err := up.Write(request); err != nil {
			p.end(up.Conn)
			return
		}
		method, _, _ := strings.Cut(string(request), " ")
		patience := relaytest.Patience
		if bytes.Contains(request, []byte(attack)) {
			patience = 100 * time.Millisecond // the relay may wait for more of a body
		}
		answer, err := p.answer(up, method, patience)
		if err != nil {
			p.end(up.Conn)
			return
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			_ = answer.Write(c)
			p.wait.Go(func() { defer p.end(up.Conn); _, _ = io.Copy(up.Conn, in) })
			_, _ = io.Copy(c, up.Reader)
			p.end(up.Conn)
			return
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.Close {
			p.end(up.Conn)
		} else {
			p.mu.Lock()
			p.spare = append(p.spare, up)
			p.mu.Unlock()
		}
		answer.Body = io.NopCloser(bytes.NewReader(body))
		if answer.Write(c) != nil || err != nil || answer.Close {
			return
		}
	}
}

// answer reads one.
func (p *naive) answer(up *link, method string, patience time.Duration) (*http.Response, error) {
	_ = up.SetReadDeadline(time.Now().Add(patience))
	defer up.SetReadDeadline(time.Time{})
	for {
		answer, err := http.ReadResponse(up.Reader, &http.Request{Method: method})
		if err != nil || answer.StatusCode != http.StatusContinue {
			return answer, err
		}
	}
}

func (p *naive) link() *link {
	p.mu.Lock()
	if n := len(p.spare); n > 0 {
		up := p.spare[n-1]
		p.spare = p.spare[:n-1]
		p.mu.Unlock()
		return up
	}
	p.mu.Unlock()
	c, err := net.Dial("tcp", p.f.inner)
	if err != nil {
		return nil
	}
	p.own(c)
	return &link{c, bufio.NewReader(c)}
}

// request takes what it thinks is one.
func (p *naive) request(in *bufio.Reader) ([]byte, error) {
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		b, err := in.ReadByte()
		if err != nil || len(head) > 1<<20 {
			return nil, fmt.Errorf("no request: %w", err)
		}
		head = append(head, b)
	}
	head = forwardedLine.ReplaceAll(head, nil)
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	request := append([]byte(nil), line...)
	request = append(request, "\r\nX-Forwarded-For: 127.0.0.1\r\n"...)
	request = append(request, rest...)
	length := 0
	switch found := lengthLine.FindSubmatch(head); {
	case p.coded && codingLine.Match(head):
		body, err := chunks(in)
		return append(request, body...), err
	case found != nil:
		length, _ = strconv.Atoi(string(found[1]))
	}
	body := make([]byte, min(length, 2<<20))
	_, err := io.ReadFull(in, body)
	return append(request, body...), err
}

// chunks are passed on as they are.
func chunks(in *bufio.Reader) (body []byte, err error) {
	for {
		line, err := in.ReadString('\n')
		body = append(body, line...)
		size, bad := strconv.ParseUint(strings.TrimSpace(line), 16, 20)
		if err != nil || bad != nil {
			return body, fmt.Errorf("no chunk: %w %w", err, bad)
		}
		data := make([]byte, size+2)
		n, err := io.ReadFull(in, data)
		if body = append(body, data[:n]...); err != nil || size == 0 {
			return body, err
		}
	}
}
