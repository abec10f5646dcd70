package relay_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// local is the proxy in front, where there is one.
var local = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

func TestA10_AddressOfARequest(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24"), netip.MustParsePrefix("fd00::/64"), netip.MustParsePrefix("::ffff:192.0.2.1/128")}
	for _, tc := range []struct {
		name, socket string
		said         []string
		want         string
	}{
		{"of nobody known", "203.0.113.5:99", nil, "203.0.113.5"},
		{"of nobody known who says something", "203.0.113.5:99", []string{"198.51.100.7"}, "203.0.113.5"},
		{"of who says that a proxy said it", "203.0.113.5:99", []string{"198.51.100.7, 10.0.0.1"}, "203.0.113.5"},
		{"of a proxy", "10.0.0.1:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"of a proxy, to which the peer said something", "10.0.0.1:99", []string{"1.1.1.1, 2.2.2.2, 198.51.100.7"}, "198.51.100.7"},
		{"in two lines", "10.0.0.1:99", []string{"1.1.1.1", "198.51.100.7"}, "198.51.100.7"},
		{"of two proxies", "10.0.0.1:99", []string{"1.1.1.1, 198.51.100.7,10.0.0.2"}, "198.51.100.7"},
		{"of a proxy that says nothing", "10.0.0.1:99", nil, "10.0.0.1"},
		{"of a proxy that says nonsense", "10.0.0.1:99", []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		{"of proxies alone", "10.0.0.1:99", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.1"},
		{"with a port", "10.0.0.1:99", []string{"198.51.100.7:5000"}, "198.51.100.7"},
		{"IPv6", "[fd00::1]:99", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 with a port", "[fd00::1]:99", []string{"[2001:db8::7]:5000"}, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:99", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv4 as IPv6", "[::ffff:10.0.0.1]:99", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"a proxy given as IPv6", "192.0.2.1:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"with a zone", "[fe80::1%eth0]:99", nil, "fe80::1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tc.socket, Header: http.Header{"X-Forwarded-For": tc.said}}
			if got := relay.AddressOf(proxies, r); got != tc.want {
				t.Errorf("counts as %s, want %s", got, tc.want)
			}
		})
	}
}

// from says who connects, as the proxy in front would, or who pretends to.
func from(r *relaytest.Relay, p *relaytest.Person, address string) relaytest.DialOptions {
	o := r.Options(p)
	o.Header = http.Header{"X-Forwarded-For": {address}}
	return o
}

// tooMany wants the refusal before the upgrade.
func tooMany(t *testing.T, o relaytest.DialOptions) {
	t.Helper()
	c, err := relaytest.Dial(relaytest.Context(t), o)
	var status relaytest.StatusError
	if err == nil || !errors.As(err, &status) || status != http.StatusTooManyRequests {
		if err == nil {
			c.CloseNow()
		}
		t.Errorf("from %q: %v, want 429", o.Header, err)
	}
}

func TestA10_ConnectionsOfAnAddressAreBounded(t *testing.T) {
	limits := func(c *relay.Config) { c.Limits.AddressConnections = 2 }
	customer := func() *relaytest.Person { return relaytest.NewPerson(wire.Customer) }
	t.Run("of the socket, whatever is said", func(t *testing.T) {
		s := play(t, func(c *relay.Config) { limits(c); c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")} })
		// The customer of play has one; the agent shows a credential and has none.
		second := s.ConnectWith(from(s.Relay, customer(), "198.51.100.1"))
		tooMany(t, from(s.Relay, customer(), "198.51.100.2"))
		tooMany(t, from(s.Relay, s.Agent("Bea"), "198.51.100.3"))
		// Nothing is lost by it: who waits comes in, and sends what it has.
		message := s.customer.Message(s.talk, 10)
		s.atCustomer.Close()
		back := wait(t, func() (*relaytest.Client, error) {
			return relaytest.Dial(s.ctx, from(s.Relay, s.customer, "198.51.100.4"))
		})
		t.Cleanup(back.CloseNow)
		s.append(back, message)
		ask[relay.List](t, second, relay.ListConversations{})
	})
	t.Run("of whom the proxy names", func(t *testing.T) {
		r := relaytest.Start(t, func(c *relay.Config) { limits(c); c.Proxies = local })
		for _, at := range []string{"198.51.100.1", "1.1.1.1, 198.51.100.1", "198.51.100.2", "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"} {
			r.ConnectWith(from(r, customer(), at))
		}
		tooMany(t, from(r, customer(), "198.51.100.1"))
		tooMany(t, from(r, customer(), "1.1.1.2, 198.51.100.1"))
		tooMany(t, from(r, customer(), "::ffff:198.51.100.1"))
		tooMany(t, from(r, customer(), "2001:db8:0:1:1234::"))
		r.ConnectWith(from(r, customer(), "198.51.100.2"))
		r.ConnectWith(from(r, customer(), "2001:db8:0:2::3"))
	})
}

// wait tries until it is let in.
func wait(t *testing.T, dial func() (*relaytest.Client, error)) *relaytest.Client {
	t.Helper()
	for ctx := relaytest.Context(t); ; {
		c, err := dial()
		if err == nil {
			return c
		}
		var status relaytest.StatusError
		if !errors.As(err, &status) || ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// Who says no hello takes the places of its own address only.
func TestA10_UnprovedConnectionsOfAnAddressAreBounded(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Limits.AddressUnproved, c.Proxies = 3, local })
	silent := relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin, Header: http.Header{"X-Forwarded-For": {"198.51.100.1"}}}
	for i := range 3 {
		socket, _, err := relaytest.Open(relaytest.Context(t), silent)
		if err != nil {
			t.Fatal(i, err)
		}
		defer socket.CloseNow()
	}
	tooMany(t, from(r, relaytest.NewPerson(wire.Customer), "198.51.100.1"))
	// As many as come, where each says hello.
	for range 5 {
		r.ConnectWith(from(r, relaytest.NewPerson(wire.Customer), "198.51.100.2"))
	}
}

func TestA10_RequestsOfAnAddressAreBounded(t *testing.T) {
	for name, request := range map[string]struct {
		method, path string
		good         int
	}{
		"no ticket":  {"GET", "/v1/files/AAAAAAAAAAAAAAAAAAAAAA", http.StatusUnauthorized},
		"an upload":  {"POST", "/v1/files", http.StatusUnauthorized},
		"healthz":    {"GET", "/healthz", http.StatusOK},
		"no upgrade": {"GET", "/v1/connect", http.StatusUpgradeRequired},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, func(c *relay.Config) { c.Proxies, c.Limits.AddressPerSecond, c.Limits.AddressBurst = local, 0.001, 3 })
			send := func(address string) *http.Response {
				t.Helper()
				q, err := http.NewRequestWithContext(s.ctx, request.method, "http://"+s.Addr+request.path, nil)
				if err != nil {
					t.Fatal(err)
				}
				q.Header.Set("Origin", relaytest.Origin)
				q.Header.Set("X-Forwarded-For", address)
				a, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(q)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = a.Body.Close() })
				return a
			}
			for i := range 3 {
				if a := send("198.51.100.1"); a.StatusCode != request.good {
					t.Errorf("request %d: %d, want %d", i, a.StatusCode, request.good)
				}
			}
			a := send("198.51.100.1")
			var refused struct {
				Code  wire.Code
				Error string
			}
			if text, err := io.ReadAll(a.Body); err != nil || json.Unmarshal(text, &refused) != nil || a.StatusCode != http.StatusTooManyRequests ||
				refused.Code != wire.RateLimited || refused.Error != "rate limited" || a.Header.Get("Retry-After") == "" {
				t.Errorf("too many: %d %q %q", a.StatusCode, text, a.Header)
			}
			if a := send("198.51.100.2"); a.StatusCode != request.good {
				t.Errorf("another address: %d", a.StatusCode)
			}
			// Who shows a good ticket goes by its own limits.
			f := s.FilesOf(s.atCustomer, s.talk.ID)
			for range 5 {
				if _, err := f.Create(s.ctx, 10); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Addresses that came once are not kept.
func TestA10_AddressesAreForgotten(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.Proxies, c.Limits.AddressPerSecond, c.Limits.AddressBurst = local, 1e6, 10 })
	var clients []*relaytest.Client
	for _, at := range []string{"198.51.100.1", "198.51.100.2", "2001:db8::1"} {
		clients = append(clients, r.ConnectWith(from(r, relaytest.NewPerson(wire.Customer), at)))
	}
	if n := relay.AddressesOf(r.Server); n != 3 {
		t.Errorf("%d addresses are known, want 3", n)
	}
	for _, c := range clients {
		c.Close()
	}
	for begin := time.Now(); relay.AddressesOf(r.Server) > 0; {
		if time.Since(begin) > relaytest.Patience {
			t.Fatal("they are kept")
		}
	}
}
