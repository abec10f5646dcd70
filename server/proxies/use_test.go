package proxies_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// talk is a conversation that began through the proxy.
type talk struct {
	*relaytest.Talk
	customer, agent     *relaytest.Person
	atCustomer, atAgent *relaytest.Client
	files               *relaytest.Files // the customer's, by the proxy
}

func (f *front) begin() *talk {
	f.t.Helper()
	v := &talk{Talk: relaytest.NewTalk(f.Org.Manifest), customer: relaytest.NewPerson(wire.Customer), agent: f.Agent("Ana")}
	v.atCustomer, v.atAgent = f.ConnectWith(f.through(v.customer)), f.ConnectWith(f.through(v.agent))
	genesis := v.customer.Genesis(v.Talk, f.Org.Manifest, "default", v.agent.KeyPackage(time.Now().Add(time.Hour), false))
	v.append(f.t, v.atCustomer, genesis)
	v.Apply(genesis)
	v.files = f.files(f.FilesOf(v.atCustomer, v.ID))
	return v
}

func (v *talk) append(t *testing.T, at *relaytest.Client, entry []byte) {
	t.Helper()
	if _, err := at.Ask(relaytest.Context(t), relay.Append{Conversation: v.ID, Entry: entry}); err != nil {
		t.Fatal(err)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func TestWebSocketsPass(t *testing.T) {
	behind(t, func(t *testing.T, f *front) {
		v := f.begin()
		ctx := relaytest.Context(t)
		const count = 40 // more than the buffers of a proxy
		for range count {
			v.append(t, v.atCustomer, v.customer.Message(v.Talk, 30_000))
		}
		if _, err := v.atAgent.Ask(ctx, relay.Subscribe{Conversation: v.ID}); err != nil {
			t.Fatal(err)
		}
		live := v.customer.Message(v.Talk, 10)
		v.append(t, v.atCustomer, live)
		for n := uint64(1); n <= count+2; n++ {
			e, err := relaytest.Next[relay.Entry](ctx, v.atAgent)
			if err != nil || e.Sequence != n || n == count+2 && !bytes.Equal(e.Entry, live) {
				t.Fatalf("entry %d at %d, %v", e.Sequence, n, err)
			}
		}
		o := f.through(v.customer)
		o.Origin = "https://elsewhere.example"
		var status relaytest.StatusError
		if _, err := relaytest.Dial(ctx, o); !errors.As(err, &status) || status != http.StatusForbidden {
			t.Errorf("a page of another origin: %v", err)
		}
		f.Stop()
		for _, at := range []*relaytest.Client{v.atCustomer, v.atAgent} {
			if code, _ := relaytest.RefusalOf(at.Wait()); code != 1012 {
				t.Errorf("the relay's end comes as %d", code)
			}
		}
	})
}

func TestFilesPass(t *testing.T) {
	behind(t, func(t *testing.T, f *front) {
		v := f.begin()
		ctx := relaytest.Context(t)
		file := random(5<<20 + 17)
		id, err := v.files.Upload(ctx, file)
		if err != nil {
			t.Fatal(err)
		}
		for header, want := range map[string][]byte{"": file, "bytes=1048570-1048600": file[1048570:1048601], "bytes=-17": file[len(file)-17:]} {
			a, err := v.files.Do(ctx, "GET", "/v1/files/"+id, nil, "Range", header)
			if err != nil || !bytes.Equal(a.Body, want) || a.Header.Get("Content-Security-Policy") == "" || a.Header.Get("Content-Encoding") != "" {
				t.Errorf("%q: %d with %d bytes, %v", header, a.Status, len(a.Body), err)
			}
		}
		// Of a part that is not read to its end, the refusal still arrives.
		half, err := v.files.Create(ctx, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		none := *v.files
		none.Ticket = strings.Repeat("A", 43)
		for name, c := range map[string]struct {
			files  *relaytest.Files
			path   string
			status int
			code   wire.Code
		}{
			"no ticket": {&none, half + "/0", http.StatusUnauthorized, wire.BadCredential}, "no file": {v.files, strings.Repeat("A", 22) + "/0", http.StatusNotFound, wire.Unavailable},
			"no part": {v.files, half + "/1", http.StatusBadRequest, wire.BadArgument},
		} {
			a, err := c.files.Do(ctx, "PUT", "/v1/files/"+c.path, file[:1<<20])
			if err != nil || a.Status != c.status || a.Code != c.code {
				t.Errorf("%s: %d %v, %v; want %d %v", name, a.Status, a.Code, err, c.status, c.code)
			}
		}
		// Proxy and relay may both refuse this one, and break it off.
		if a, err := v.files.Do(ctx, "PUT", "/v1/files/"+half+"/0", file[:1<<20+1]); err == nil && a.Status < 400 {
			t.Errorf("a byte too many: %d", a.Status)
		}
		if missing, err := v.files.Missing(ctx, half); err != nil || len(missing) != 1 {
			t.Errorf("missing %v, %v", missing, err)
		}
		if err := v.files.Put(ctx, half, 0, file[:1<<20]); err != nil {
			t.Error(err)
		}
	})
}

func TestHeadersPassUpToTheRelaysLimit(t *testing.T) {
	behind(t, func(t *testing.T, f *front) {
		v := f.begin()
		ctx := relaytest.Context(t)
		id, err := v.files.Upload(ctx, []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		for length, good := range map[int]bool{15_000: true, 40_000: false} {
			a, err := v.files.Do(ctx, "GET", "/v1/files/"+id, nil, "Cookie", "c="+strings.Repeat("x", length))
			if err != nil || good && a.Status != http.StatusOK || !good && (a.Status < 400 || a.Status >= 500) {
				t.Errorf("a cookie of %d bytes: %d, %v", length, a.Status, err)
			}
		}
	})
}

// The relay knows who connects, whatever that says of itself, and however it
// asks the proxy to keep silent of it.
func TestA10_AddressesPass(t *testing.T) {
	behind(t, func(t *testing.T, f *front) {
		for _, from := range []string{"127.0.0.1", "127.0.0.2"} {
			for _, header := range []string{"X-Forwarded-For: 203.0.113.66", "Connection: close, X-Forwarded-For", "X_Forwarded_For: 203.0.113.66", "Forwarded: for=203.0.113.66", "X-Forwarded-For: 203.0.113.66\r\nX-Forwarded-For: 203.0.113.67"} {
				for _, path := range []string{"/healthz", "/v1/connect"} {
					client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: f.tls(), DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).DialContext}}
					q, err := http.NewRequestWithContext(relaytest.Context(t), "GET", "https://"+f.addr+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					for line := range strings.SplitSeq(header, "\r\n") {
						name, value, _ := strings.Cut(line, ": ")
						q.Header.Add(name, value)
					}
					a, err := client.Do(q)
					if err != nil {
						t.Skipf("%s cannot connect here: %v", from, err)
					}
					a.Body.Close()
				}
			}
		}
		if got, want := f.told(), []string{"127.0.0.1", "127.0.0.2"}; !slices.Equal(got, want) {
			t.Errorf("the relay was told %q, want %q", got, want)
		}
	})
}
