package proxies_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay/relaytest"
)

// One end writes requests whose end proxy and relay might see in different
// places, with another hidden in each, while others use the relay by the same
// proxy. No hidden one passes by the proxy, each of the others gets its own
// answers, and what they store is theirs. The relay's own form of this is in
// package relay.
func TestA11_SmuggledRequestsMeetNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute: runs with make e2e")
	}
	behind(t, smuggle)
}

// The same behind proxies that are bad at it: the relay lets nothing follow a
// request that could be read in two ways.
func TestA11_SmuggledRequestsMeetNobodyBehindABadProxy(t *testing.T) {
	for name, coded := range map[string]bool{"that goes by the length": false, "that goes by the coding": true} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			startNaive(t, f, coded)
			smuggle(t, f)
		})
	}
}

// attack marks the requests of the one who attacks.
const attack = "X-Attack: 1\r\n"

func smuggle(t *testing.T, f *front) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	attacker := f.begin()
	marked, err := attacker.files.Upload(ctx, []byte("marked content"))
	if err != nil {
		t.Fatal(err)
	}
	made := func(size int) string {
		t.Helper()
		id, err := attacker.files.Create(ctx, size)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	own, trap := made(7), made(100_000)
	fields := " HTTP/1.1\r\nHost: " + f.addr + "\r\nAuthorization: Bearer " + attacker.files.Ticket + "\r\nOrigin: " + relaytest.Origin + "\r\nX-Forwarded-For: 203.0.113.66\r\n" + attack
	hidden := []string{
		"PUT /v1/files/" + own + "/0" + fields + "Content-Length: 7\r\n\r\nmarked!GET /v1/files/" + marked + fields + "\r\n",
		"PUT /v1/files/" + trap + "/0" + fields + "Content-Length: 100000\r\n\r\nwhat follows: ",
	}
	texts := make(chan string)
	var attacking, living sync.WaitGroup
	for range 24 {
		attacking.Go(func() {
			for text := range texts {
				f.raw(ctx, text)
			}
		})
	}
	stop := make(chan struct{})
	for i := range 2 {
		living.Go(func() { f.live(ctx, t, i, stop) })
	}
	for _, h := range hidden {
		heads := []string{"POST /v1/files", "GET /v1/files/" + marked, "GET /v1/connect", "GET /healthz", "OPTIONS /v1/files", "GET http://elsewhere.example/healthz", "PUT /healthz"}
		for _, size := range relaytest.SmuggledLengths(h) { // parts of just the length that is claimed
			heads = append(heads, "PUT /v1/files/"+made(size)+"/0")
		}
		for _, head := range heads {
			for i, s := range relaytest.Smuggles {
				if !testing.Short() || i%4 == len(head)%4 {
					texts <- s.Text(head+fields, h)
				}
			}
		}
		// An upgrade that is refused is no tunnel to the relay.
		for _, upgrade := range []string{"13\r\nSec-WebSocket-Key: bad", "777\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", ""} {
			for _, to := range []string{"websocket", "WebSocket, h2c", "h2c", "tls/1.2"} {
				texts <- "GET /v1/connect" + fields + "Connection: Upgrade\r\nUpgrade: " + to + "\r\nSec-WebSocket-Version: " + upgrade + "\r\n\r\n" + h
			}
		}
	}
	close(texts)
	attacking.Wait()
	close(stop)
	living.Wait()
	if told := f.told(); len(told) != 1 || told[0] != "127.0.0.1" {
		t.Errorf("requests passed by the proxy: the relay was told %q", told)
	}
	if missing, err := attacker.files.Missing(ctx, trap); err != nil || fmt.Sprint(missing) != "[0]" {
		t.Errorf("what others sent was stored as the attacker's: missing %v, %v", missing, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t.Logf("%d requests reached the relay", f.seen["127.0.0.1"])
}

// live is an end that uses the relay, and is told of everything that is not its own.
func (f *front) live(ctx context.Context, t *testing.T, number int, stop <-chan struct{}) {
	v := f.begin()
	content := []byte(strings.Repeat(fmt.Sprintf("the content of %d ", number), 10_000))
	for round := 0; ; round++ {
		select {
		case <-stop:
			if round == 0 {
				t.Errorf("end %d did nothing meanwhile", number)
			}
			return
		default:
		}
		id, err := v.files.Upload(ctx, content)
		if err != nil {
			t.Errorf("end %d: %v", number, err)
			return
		}
		for range 3 {
			a, err := v.files.Do(ctx, "GET", "/v1/files/"+id, nil)
			if err != nil {
				t.Errorf("end %d: %v", number, err)
				return
			}
			if a.Status != 200 || !bytes.Equal(a.Body, content) || a.Header.Get("Etag") != `"`+id+`"` {
				t.Errorf("end %d is answered %d with %d bytes: %.40q", number, a.Status, len(a.Body), a.Body)
				return
			}
		}
		a, err := v.files.Do(ctx, "GET", "/healthz", nil)
		if err != nil || a.Status != 200 || string(a.Body) != "ok\n" {
			t.Errorf("end %d is answered %+v, %v", number, a, err)
			return
		}
	}
}
