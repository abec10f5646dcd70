package relay_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay/relaytest"
)

// Whatever request a second one is hidden in, and however: the second is never
// served, and what it would store is not stored. The proxies' form of this is
// in package proxies.
func TestA11_SmuggledRequestsAreNotServed(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	marked := upload(t, f, []byte("marked content"))
	made := func(size int) string {
		t.Helper()
		id, err := f.Create(s.ctx, size)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	half, trap := made(100), made(7)
	fields := " HTTP/1.1\r\nHost: " + s.Addr + "\r\nAuthorization: Bearer " + f.Ticket + "\r\nOrigin: " + relaytest.Origin + "\r\n"
	hidden := "PUT /v1/files/" + trap + "/0" + fields + "Content-Length: 7\r\n\r\ntrapped" + "GET /v1/files/" + marked + fields + "\r\n"
	names := []string{half, "half", marked, "marked"}
	var fit []string
	for i, size := range relaytest.SmuggledLengths(hidden) { // parts of just the length that is claimed
		id := made(size)
		names, fit = append(names, id, fmt.Sprint("fit", i)), append(fit, "PUT /v1/files/"+id+"/0")
	}
	for _, request := range append(fit,
		"PUT /v1/files/"+half+"/0", "POST /v1/files", "POST /v1/files/"+half+"/complete", "GET /v1/files/"+marked, "GET /v1/files/"+half+"/parts",
		"DELETE /v1/files/"+marked, "OPTIONS /v1/files", "GET /v1/connect", "GET /healthz", "GET /nowhere", "HEAD /v1/files/"+marked, "TRACE /healthz", "PUT /healthz",
	) {
		t.Run(strings.NewReplacer(names...).Replace(request), func(t *testing.T) {
			for _, smuggle := range relaytest.Smuggles {
				if smuggle.Own {
					continue
				}
				got := raw(t, s.Addr, smuggle.Text(request+fields, hidden))
				if n := served(got); n > 1 {
					t.Errorf("%s: answered %d times: %q", smuggle.Name, n, got)
				}
			}
		})
	}
	for id, what := range map[string]string{trap: "the hidden part", half: "a part of another length"} {
		if missing, err := f.Missing(s.ctx, id); err != nil || fmt.Sprint(missing) != "[0]" {
			t.Errorf("%s was stored: missing %v, %v", what, missing, err)
		}
	}
	answered(t, f, http.StatusOK, 0, "GET", "/v1/files/"+marked, nil)
}

// A part that fits its length is a whole request by the book, and its connection
// goes on. What is left of a text that meant more is no request: it is told so,
// and not served. (To who hangs up at once both happen or neither does.)
func TestA11_WhatFollowsAPartIsNotServed(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id, err := f.Create(s.ctx, 4)
	if err != nil {
		t.Fatal(err)
	}
	trap, err := f.Create(s.ctx, 7)
	if err != nil {
		t.Fatal(err)
	}
	fields := " HTTP/1.1\r\nHost: " + s.Addr + "\r\nAuthorization: Bearer " + f.Ticket + "\r\nOrigin: " + relaytest.Origin + "\r\n"
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(relaytest.Patience))
	if _, err := io.WriteString(c, "PUT /v1/files/"+id+"/0"+fields+"Content-Length: 4\r\n\r\n27d\r\nPUT /v1/files/"+trap+"/0"+fields+"Content-Length: 7\r\n\r\ntrapped"); err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(c)
	if !strings.HasPrefix(string(got), "HTTP/1.1 204 ") || !strings.HasSuffix(string(got), noRequest) || served(string(got)) != 1 {
		t.Errorf("answered %q", got)
	}
	if missing, err := f.Missing(s.ctx, trap); err != nil || fmt.Sprint(missing) != "[0]" {
		t.Errorf("what followed was stored: missing %v, %v", missing, err)
	}
}

// noRequest is what the HTTP server says to bytes that are none, and closes. No
// answer of the relay's own looks so.
const noRequest = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"

// served counts the answers on one connection: all but the word to go on, and,
// after a part that was stored, the last word on what is no request.
func served(got string) int {
	if strings.HasPrefix(strings.TrimPrefix(got, "HTTP/1.1 100 Continue\r\n\r\n"), "HTTP/1.1 204 ") {
		got = strings.TrimSuffix(got, noRequest)
	}
	return strings.Count(got, "HTTP/1.1 ") - strings.Count(got, "HTTP/1.1 100 ")
}

// The address that a request line names in full, and its Host, choose nothing.
func TestA11_AbsoluteFormChangesNothing(t *testing.T) {
	s := play(t, nil)
	f := s.FilesOf(s.atCustomer, s.talk.ID)
	id := upload(t, f, []byte("content"))
	rest := " HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\nAuthorization: Bearer "
	for target, want := range map[string]string{
		"http://elsewhere.example/v1/files/" + id: "HTTP/1.1 200 ", "http://" + s.Addr + "/v1/files/" + id: "HTTP/1.1 200 ",
		"http://elsewhere.example/nowhere": "HTTP/1.1 404 ", "//v1/files/" + id: "HTTP/1.1 ", "*": "HTTP/1.1 4", "/v1/files/..%2f..%2fhealthz": "HTTP/1.1 404 ",
	} {
		if got := raw(t, s.Addr, "GET "+target+rest+f.Ticket+"\r\n\r\n"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %.60q, want %q", target, got, want)
		}
		if got := raw(t, s.Addr, "GET "+target+rest+strings.Repeat("A", 43)+"\r\n\r\n"); strings.Contains(got, "content") && strings.Contains(got, " 200 ") {
			t.Errorf("%s without a ticket: %.60q", target, got)
		}
	}
}
