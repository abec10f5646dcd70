package relay_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
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

func TestA13_DownloadHeaders(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	// What a browser would take for a page, were it asked to guess.
	id := upload(t, f, []byte("<!doctype html><script>alert(1)</script>%PDF-1.7 GIF89a"))
	for _, header := range [][]string{nil, {"Range", "bytes=5-9"}, {"Range", "bytes=0-0,3-5"}, {"Accept", "text/html"}} {
		a, err := f.Do(s.ctx, "GET", "/v1/files/"+id, nil, header...)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; sandbox",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Access-Control-Allow-Origin": relaytest.Origin, "Access-Control-Allow-Credentials": "", "Vary": "Origin",
			"Content-Encoding": "", "Refresh": "", "Link": "", "Set-Cookie": "",
		} {
			if got := strings.Join(a.Header.Values(name), ", "); got != want {
				t.Errorf("%q: %s is %q, want %q", header, name, got, want)
			}
		}
	}
}

func TestA13_RangeEdges(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	file := ciphertext(blob.PartSize + 100)
	n := len(file)
	id := upload(t, f, file)
	for _, tc := range []struct {
		header      string
		status      int
		from, until int
	}{
		{"bytes=0-0", 206, 0, 1}, {"bytes=0-", 206, 0, n}, {"bytes=-1", 206, n - 1, n}, {fmt.Sprintf("bytes=%d-", n-1), 206, n - 1, n},
		{fmt.Sprintf("bytes=%d-%d", blob.PartSize-5, blob.PartSize+4), 206, blob.PartSize - 5, blob.PartSize + 5},
		{"bytes=10-99999999999", 206, 10, n}, {"bytes=-0", 206, n, n}, {"bytes=-99999999999", 206, 0, n},
		{fmt.Sprintf("bytes=%d-", n), 416, 0, 0}, {"bytes=5-4", 416, 0, 0}, {"bytes=a-b", 416, 0, 0}, {"bytes=--5", 416, 0, 0}, {"bytes=99999999999999999999-", 416, 0, 0},
		{"bytes=0-1,3-4", 200, 0, n}, {"bytes=" + strings.Repeat("0-,", 500) + "0-", 200, 0, n},
	} {
		a, err := f.Do(s.ctx, "GET", "/v1/files/"+id, nil, "Range", tc.header)
		if err != nil {
			t.Fatal(err)
		}
		if a.Status != tc.status || tc.status < 400 && !bytes.Equal(a.Body, file[tc.from:tc.until]) {
			t.Errorf("%.40s: %d with %d bytes, want %d with %d to %d", tc.header, a.Status, len(a.Body), tc.status, tc.from, tc.until)
		}
		if tc.status == 206 && a.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", tc.from, tc.until-1, n) {
			t.Errorf("%s: Content-Range %q", tc.header, a.Header.Get("Content-Range"))
		}
	}
	etag := answered(t, f, 200, 0, "HEAD", "/v1/files/"+id, nil).Header.Get("Etag")
	answered(t, f, http.StatusPartialContent, 0, "GET", "/v1/files/"+id, nil, "Range", "bytes=5-", "If-Range", etag)
	answered(t, f, http.StatusOK, 0, "GET", "/v1/files/"+id, nil, "Range", "bytes=5-", "If-Range", `"another"`)
}

func TestA04_CORSNamesListedOriginsOnly(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id := upload(t, f, ciphertext(10))
	pre := []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "authorization"}
	for _, path := range []string{"/v1/files", "/v1/files/" + id, "/v1/files/" + id + "/0", "/v1/files/" + id + "/parts", "/v1/files/" + id + "/complete"} {
		a := answered(t, f, http.StatusNoContent, 0, "OPTIONS", path, nil, pre...)
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": relaytest.Origin, "Access-Control-Max-Age": "600", "Access-Control-Allow-Credentials": "", "Vary": "Origin",
			"Access-Control-Allow-Methods": "GET, POST, PUT, DELETE", "Access-Control-Allow-Headers": "Authorization, Upload-Length, Range, If-Range, Content-Type",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	for _, origin := range []string{"null", "https://evil.example", "https://shop.example.evil.example", "https://a.shop.example", "http://shop.example", "https://shop.example:8443", "*", f.Base} {
		other := *f
		other.Origin = origin
		for method, path := range map[string]string{"OPTIONS": "/v1/files", "GET": "/v1/files/" + id, "POST": "/v1/files"} {
			a, err := other.Do(s.ctx, method, path, nil, append(pre, "Upload-Length", "5")...)
			if err != nil {
				t.Fatal(err)
			}
			if a.Status != http.StatusForbidden {
				t.Errorf("%s from %s: %d", method, origin, a.Status)
			}
			for name := range a.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s from %s: %s is %q", method, origin, name, a.Header.Get(name))
				}
			}
		}
	}
	none := *f
	none.Origin = "" // as browsers ask for what is of the page's own origin
	if a := answered(t, &none, 200, 0, "GET", "/v1/files/"+id, nil); a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("an origin was made up")
	}
}

// raw sends bytes as they are and gives all that comes back.
func raw(t *testing.T, addr, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(relaytest.Patience))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	got, _ := io.ReadAll(c)
	return string(got)
}

// A body that trickles is cut, with a word, and leaves nothing.
func TestA08_SlowBodyIsCut(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.Part = 150 * time.Millisecond })
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id, err := f.Create(s.ctx, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	c := halfAPart(t, s, f, id, 100_000)
	begin := time.Now()
	got, _ := io.ReadAll(c)
	if d := time.Since(begin); d > 5*time.Second || !strings.HasPrefix(string(got), "HTTP/1.1 408 ") || !strings.Contains(string(got), `"code":22`) {
		t.Errorf("after %v: %q", d, got)
	}
	if missing, err := f.Missing(s.ctx, id); err != nil || len(missing) != 1 {
		t.Errorf("missing %v, %v", missing, err)
	}
}

// halfAPart sends the beginning of a part and stays.
func halfAPart(t *testing.T, s *scene, f *relaytest.Files, id string, length int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(relaytest.Patience))
	fmt.Fprintf(c, "PUT /v1/files/%s/0 HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\nhalf", id, s.Addr, f.Ticket, length)
	return c
}

// transfers waits until so many requests for files are under way.
func transfers(t *testing.T, s *scene, want int) {
	t.Helper()
	for ctx := relaytest.Context(t); relay.TransfersOf(s.Server) != want; {
		if ctx.Err() != nil {
			t.Fatalf("%d transfers, want %d", relay.TransfersOf(s.Server), want)
		}
		<-time.After(time.Millisecond)
	}
}

// Who asks for much and reads nothing is cut too.
func TestA08_SlowDownloadIsCut(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.Write = 150 * time.Millisecond })
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id := upload(t, f, ciphertext(12*blob.PartSize)) // more than all buffers between
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprintf(c, "GET /v1/files/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", id, s.Addr, f.Ticket)
	if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	transfers(t, s, 0)
}

// Draining waits for a part that is being sent, takes no other, and cuts
// downloads, which go on as a range.
func TestDrainFinishesPartsAndCutsDownloads(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	big := upload(t, f, ciphertext(12*blob.PartSize))
	part := ciphertext(100)
	id, err := f.Create(s.ctx, len(part))
	if err != nil {
		t.Fatal(err)
	}
	transfers(t, s, 0)
	c := halfAPart(t, s, f, id, len(part))
	q, err := http.NewRequestWithContext(s.ctx, "GET", f.Base+"/v1/files/"+big, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+f.Ticket)
	download, err := f.Client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer download.Body.Close()
	transfers(t, s, 2)
	drained := make(chan struct{})
	begin := time.Now()
	go func() { defer close(drained); s.Drain(context.Background()) }()
	if n, err := io.Copy(io.Discard, download.Body); err == nil {
		t.Errorf("the download ended well, with %d bytes", n)
	}
	// Another request of the same time is sent away.
	answered(t, f, http.StatusServiceUnavailable, wire.Unavailable, "GET", "/v1/files/"+big, nil)
	select {
	case <-drained:
		t.Error("the part was not waited for")
	default:
	}
	if _, err := c.Write(part[4:]); err != nil {
		t.Fatal(err)
	}
	got, _ := bufio.NewReader(c).ReadString('\n')
	if !strings.HasPrefix(got, "HTTP/1.1 204 ") {
		t.Errorf("the part was answered by %q", got)
	}
	<-drained
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("draining took %v", d)
	}
	s.Restart()
	f = s.FilesOf(s.Connect(s.customer), s.talk.ID)
	if missing, err := f.Missing(s.ctx, id); err != nil || len(missing) != 0 {
		t.Errorf("missing %v, %v: what was acknowledged is gone", missing, err)
	}
}

// Draining does not wait for ever for a part either.
func TestDrainCutsAPartThatNeverEnds(t *testing.T) {
	s := play(t, func(c *relay.Config) { c.Limits.Drain = 200 * time.Millisecond })
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id, err := f.Create(s.ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	transfers(t, s, 0) // that which made it is counted a little longer than it takes
	c := halfAPart(t, s, f, id, 100)
	transfers(t, s, 1)
	begin := time.Now()
	s.Drain(context.Background())
	if d := time.Since(begin); d > 4*time.Second {
		t.Errorf("draining took %v", d)
	}
	_, _ = io.ReadAll(c)
}

// Nothing of tickets, ids, bodies or headers is logged, however it is written.
func TestA19_FileRequestsLeaveNothingInTheLog(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	canary := "canary-91c2"
	id := upload(t, f, []byte(canary+" content"))
	answered(t, f, http.StatusBadRequest, wire.BadArgument, "POST", "/v1/files", nil, "Upload-Length", canary, "User-Agent", canary)
	answered(t, f, http.StatusNotFound, wire.Unavailable, "GET", "/v1/files/"+canary+"%0d%0alevel=ERROR%1b%5b31m", nil)
	bad := *f
	bad.Ticket = canary
	answered(t, &bad, http.StatusUnauthorized, wire.BadCredential, "GET", "/v1/files/"+id, nil)
	raw(t, s.Addr, "GET /v1/files/"+id+" HTTP/1.1\r\nHost: x\r\nUser-Agent: "+canary+"\x1b[31m\r\nAuthorization: "+canary+"\r\n\r\n")
	s.Stop()
	log := s.Output.String()
	secret, _ := base64.RawURLEncoding.DecodeString(f.Ticket)
	for _, text := range []string{canary, f.Ticket, string(secret), id, "\x1b", "127.0.0.1"} {
		if strings.Contains(log, text) {
			t.Errorf("the log holds %q:\n%s", text, log)
		}
	}
}
