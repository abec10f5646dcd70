package e2etest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// down changes frames of one type on their way to the browser.
func down[T relay.Body](change func(T) []relay.Body) func(harness.Frame) [][]byte {
	return func(f harness.Frame) [][]byte {
		if f.Up {
			return [][]byte{f.Data}
		}
		request, body, err := relay.DecodeFrame(f.Data)
		b, ok := body.(T)
		if err != nil || !ok {
			return [][]byte{f.Data}
		}
		var out [][]byte
		for _, c := range change(b) {
			out = append(out, relay.EncodeFrame(request, c))
		}
		return out
	}
}

// wantNothingSent wants that no content left the browser: nothing was asked to
// be stored or handed on, and the text is in no frame.
func wantNothingSent(t *testing.T, w *harness.Wire, text string) {
	t.Helper()
	for _, f := range w.Passed() {
		if !f.Up {
			continue
		}
		if k := relay.FrameType(f.Data[0]); k == relay.TypeAppend || k == relay.TypeSendPassing {
			t.Errorf("a frame of type %d left the browser", k)
		}
		if hits := harness.Hits(f.Data, text); len(hits) > 0 {
			t.Errorf("the text left the browser: %v", hits)
		}
	}
}

// sayIfPossible tries what a stubborn customer tries: the box may be blocked.
func sayIfPossible(p *harness.Person, text string) {
	if p.Writable(harness.Message) {
		p.Write(harness.Message, text)
		if p.Enabled(harness.Send) {
			p.Click(harness.Send)
		}
	}
}

const refused = "cannot verify who it would talk to"

func TestDeskWithAForeignCredentialIsRefused(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	foreign, err := authority.Init(t.TempDir()+"/org", authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.Response = func(res *http.Response) error {
		if res.Request.URL.Path != "/v1/authority/credential" {
			return nil
		}
		return harness.AlterBody(res, func(b []byte) []byte { return anotherCredential(t, foreign, "Ana", b) })
	}
	p := browser.Person(t, "agent", w)
	p.Open(d.URL + anasDesk)
	p.AwaitPage(refused, "not accepted")
	customer := customerAt(t, d, nil)
	customer.Say("is anybody real there?")
	customer.AwaitPage(waits)
}

// P11: frames that nobody asked for and entries of logs that nobody follows, as
// lies of the corpus cannot say them: what was not opened by the core is never
// shown.
func TestP11_PlaintextInjectionIsNeverShown(t *testing.T) {
	long(t)
	const injected = "INJECTED by the relay"
	forged, err := json.Marshal(map[string]any{"type": "text", "text": injected, "encrypted": false})
	if err != nil {
		t.Fatal(err)
	}
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	var mu sync.Mutex
	var inject func([]byte) error
	var last relay.Entry
	w.Opened = func(send func([]byte) error) { mu.Lock(); inject = send; mu.Unlock() }
	w.Frame = down(func(f relay.Entry) []relay.Body { mu.Lock(); last = f; mu.Unlock(); return []relay.Body{f} })
	agent := agentAt(t, d, nil)
	customer := browser.Person(t, "customer", w)
	customer.Open(d.URL + "/site#chat")
	customer.Await(harness.Message)
	exchange(t, customer, agent, "hello", "hello yourself")

	mu.Lock()
	id := last.Conversation
	message := bytes.Clone(last.Entry)
	mu.Unlock()
	// A real entry's outside with text where its ciphertext was, so that only
	// opening it can tell.
	copy(message[len(message)-len(forged):], forged)
	frames := [][]byte{forged, []byte(injected)}
	for _, entry := range [][]byte{forged, []byte(injected), append([]byte{1, 2}, forged...), message} {
		frames = append(frames,
			relay.EncodeFrame(0, relay.Passing{Conversation: id, Entry: entry}),
			relay.EncodeFrame(0, relay.Record{Value: entry}),
			relay.EncodeFrame(0, relay.Entry{Conversation: id, Sequence: 1, Entry: entry}),
			relay.EncodeFrame(0, relay.Entry{Conversation: id, Sequence: 1 << 40, Entry: entry}),
			relay.EncodeFrame(0, relay.Entry{Conversation: wire.ID{1}, Sequence: 1, Entry: entry}))
	}
	for i, frame := range frames {
		mu.Lock()
		send := inject // the client may have hung up on a liar, and be back
		mu.Unlock()
		_ = send(frame)
		// What the agent says next comes after it, so it has been dealt with.
		after := fmt.Sprintf("after the lie number %d.", i)
		agent.Say(after)
		customer.AwaitText(harness.Conversation, after)
		if saw := customer.PageText(); strings.Contains(saw, "INJECTED") {
			t.Errorf("lie %d is shown: %s", i, saw)
		}
	}
	customer.Reload()
	exchange(t, customer, agent, "was there anything in between?", "not from me")
	for _, p := range []*harness.Person{customer, agent} {
		if saw := p.PageText(); strings.Contains(saw, "INJECTED") {
			t.Errorf("%s is shown what the relay invented: %s", p.Name, saw)
		}
	}
}
