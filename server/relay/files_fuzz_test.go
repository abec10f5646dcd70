package relay_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// FuzzFileRequests: whatever a request for files looks like, it is answered in
// the table's statuses, does nothing without a ticket, and changes no file that
// is complete.
func FuzzFileRequests(f *testing.F) {
	r := relaytest.Start(f, func(c *relay.Config) {
		c.Limits.TicketLife = 24 * time.Hour
		c.Limits.FileRequestsPerSecond, c.Limits.FileRequestBurst = 1e6, 1e6
		c.Limits.FileInterval = time.Millisecond
	})
	customer, agent := relaytest.NewPerson(wire.Customer), r.Agent("Ana")
	at := r.Connect(customer)
	talk := relaytest.NewTalk(r.Org.Manifest)
	genesis := customer.Genesis(talk, r.Org.Manifest, "default", agent.KeyPackage(time.Now().Add(time.Hour), false))
	if _, err := at.Ask(relaytest.Context(f), relay.Append{Conversation: talk.ID, Entry: genesis}); err != nil {
		f.Fatal(err)
	}
	good := r.FilesOf(at, talk.ID)
	whole := ciphertext(300)
	ctx := relaytest.Context(f)
	complete, err := good.Upload(ctx, whole)
	if err != nil {
		f.Fatal(err)
	}
	begun, err := good.Create(ctx, 300)
	if err != nil {
		f.Fatal(err)
	}
	handler := r.Handler()
	methods := []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"}
	tickets := []string{"Bearer " + good.Ticket, "", "Bearer " + good.Ticket + "=", "bearer " + good.Ticket, "Bearer AAAA"}
	statuses := []int{200, 201, 204, 206, 301, 307, 308, 400, 401, 403, 404, 405, 408, 409, 411, 413, 416, 429, 507}
	ask := func(method, path, ticket, length, ranges, origin string, body []byte, claimed int64) *http.Response {
		q := &http.Request{Method: method, URL: &url.URL{Path: path}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: claimed, Host: r.Addr, RemoteAddr: "127.0.0.1:1"}
		for name, value := range map[string]string{"Authorization": ticket, "Upload-Length": length, "Range": ranges, "Origin": origin} {
			if value != "" {
				q.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, q)
		return w.Result()
	}
	for m := range methods {
		for _, path := range []string{"", "/" + complete, "/" + begun, "/" + begun + "/0", "/" + begun + "/parts", "/" + begun + "/complete", "/../x", "/" + complete + "/0"} {
			f.Add(uint8(m), path, uint8(0), "300", "bytes=1-5", relaytest.Origin, make([]byte, 300), int64(300))
		}
	}
	f.Add(uint8(0), "/"+complete, uint8(1), "-1", "bytes=0-0,2-3", "null", []byte{}, int64(-1))
	f.Add(uint8(2), "", uint8(0), "18446744073709551616", "bytes=9-1", "", []byte("x"), int64(0))
	f.Fuzz(func(t *testing.T, method uint8, path string, ticket uint8, length, ranges, origin string, body []byte, claimed int64) {
		m, bearer := methods[int(method)%len(methods)], tickets[int(ticket)%len(tickets)]
		got := ask(m, "/v1/files"+path, bearer, length, ranges, origin, body, claimed)
		if !slices.Contains(statuses, got.StatusCode) {
			t.Fatalf("%s %q answers %d", m, path, got.StatusCode)
		}
		if bearer != tickets[0] && got.StatusCode < 300 && m != "OPTIONS" {
			t.Fatalf("%s %q answers %d to %q", m, path, got.StatusCode, bearer)
		}
		if read, _ := io.ReadAll(got.Body); m == "GET" && path == "/"+complete && (got.StatusCode == 200 && !bytes.Equal(read, whole) || got.StatusCode == 206 && !bytes.Contains(whole, read)) {
			t.Fatalf("%d with %d other bytes", got.StatusCode, len(read))
		}
		again := ask("GET", "/v1/files/"+complete, tickets[0], "", "", "", nil, 0)
		if read, err := io.ReadAll(again.Body); again.StatusCode != 200 || err != nil || !bytes.Equal(read, whole) {
			t.Fatalf("after %s %q the complete file answers %d with %d bytes", m, path, again.StatusCode, len(read))
		}
	})
}

// FuzzAddressOf: whoever is no proxy counts as itself, whatever it says; of a
// proxy's word only an address counts, and never a proxy's own.
func FuzzAddressOf(f *testing.F) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::/64")}
	for _, said := range []string{"", "198.51.100.7", "1.1.1.1, 198.51.100.7:5000", "[2001:db8::7]:1", "unknown", "10.0.0.3", "::ffff:10.0.0.1", "fe80::1%eth0, ,"} {
		f.Add(true, said)
		f.Add(false, said)
	}
	f.Fuzz(func(t *testing.T, proxied bool, said string) {
		socket := "203.0.113.5"
		if proxied {
			socket = "10.0.0.1"
		}
		got := relay.AddressOf(proxies, &http.Request{RemoteAddr: socket + ":99", Header: http.Header{"X-Forwarded-For": {said}}})
		at, err := netip.ParseAddr(got)
		if err != nil || !proxied && got != socket || got != socket && (proxies[0].Contains(at) || proxies[1].Contains(at)) {
			t.Fatalf("%s, which says %q, counts as %s", socket, said, got)
		}
	})
}
