package e2etest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
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

func TestTamperedManifestIsRefused(t *testing.T) {
	for name, alter := range map[string]func([]byte) []byte{
		"one bit of the signature": func(m []byte) []byte { m = bytes.Clone(m); m[len(m)-1] ^= 1; return m },
		"one bit of the body":      func(m []byte) []byte { m = bytes.Clone(m); m[len(m)/3] ^= 4; return m },
		"another company's": func([]byte) []byte {
			org, err := authority.Init(t.TempDir()+"/org", authority.Options{})
			if err != nil {
				t.Error(err)
				return nil
			}
			return org.Manifest.Bytes()
		},
		"none": func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			long(t)
			d := harness.StartDemo(t)
			agentAt(t, d, nil)
			w := harness.NewWire(t)
			w.Frame = down(func(f relay.Welcome) []relay.Body { return []relay.Body{relay.Welcome{Manifest: alter(f.Manifest)}} })
			p := browser.Person(t, "customer", w)
			p.Open(d.URL + "/site#chat")
			p.AwaitPage(refused)
			sayIfPossible(p, "this must not leave")
			p.AwaitPage(refused)
			wantNothingSent(t, w, "this must not leave")
		})
	}
}

// imposter makes key packages of an agent of another company, or of none.
func imposter(t *testing.T, with func(*conversation.End)) []byte {
	t.Helper()
	org, err := authority.Init(t.TempDir()+"/org", authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	end, err := conversation.NewEnd(wire.Agent, []wire.Hash{wire.Hash(org.RootKey())})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if with == nil {
		if err := end.AddManifest(org.Manifest.Bytes(), uint64(now.Unix()), true); err != nil {
			t.Fatal(err)
		}
		credential, err := org.Issue(authority.Request{Identity: end.Identity(), Alias: "Ana"})
		if err != nil {
			t.Fatal(err)
		}
		if err := end.SetCredential(credential, uint64(now.Unix())); err != nil {
			t.Fatal(err)
		}
	}
	kp, err := end.KeyPackage(uint64(now.Add(time.Hour).Unix()), false)
	if err != nil {
		t.Fatal(err)
	}
	return kp
}

func TestP09_AgentWhoseCredentialDoesNotChainIsRefused(t *testing.T) {
	for name, kp := range map[string][]byte{
		"another company's agent": imposter(t, nil),
		"a bare key":              imposter(t, func(*conversation.End) {}),
	} {
		t.Run(name, func(t *testing.T) {
			d := harness.StartDemo(t)
			agent := agentAt(t, d, nil)
			w := harness.NewWire(t)
			var mu sync.Mutex
			swapped := 0
			w.Frame = down(func(f relay.Record) []relay.Body {
				if _, err := wire.DecodeKeyPackage(f.Value); err != nil {
					return []relay.Body{f}
				}
				mu.Lock()
				swapped++
				mu.Unlock()
				return []relay.Body{relay.Record{Value: kp}}
			})
			p := customerAt(t, d, w)
			p.Say("only for the real agent")
			p.AwaitPage(refused)
			mu.Lock()
			if swapped == 0 {
				t.Error("no key package came by the wire")
			}
			mu.Unlock()
			wantNothingSent(t, w, "only for the real agent")
			if strings.Contains(agent.PageText(), "only for the real agent") {
				t.Error("the real agent reads it")
			}
		})
	}
}

func TestDeskWithAForeignCredentialIsRefused(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	foreign, err := authority.Init(t.TempDir()+"/org", authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.Response = func(res *http.Response) error {
		if res.Request.URL.Path != "/demo/credential" {
			return nil
		}
		return harness.AlterBody(res, func(b []byte) []byte { return foreignCredential(t, foreign, b) })
	}
	p := browser.Person(t, "agent", w)
	p.Open(d.URL + "/desk")
	p.AwaitPage(refused, "not accepted")
	customer := customerAt(t, d, nil)
	customer.Say("is anybody real there?")
	customer.AwaitPage("no one is here yet")
}

// P11: whatever the relay makes of the log, what was not opened by the core is
// never shown.
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

func TestP11_PlaintextInTheLogIsNeverShown(t *testing.T) {
	long(t)
	const injected = "INJECTED into the log"
	forged, err := json.Marshal(map[string]any{"type": "text", "text": injected})
	if err != nil {
		t.Fatal(err)
	}
	for name, twist := range map[string]func(relay.Entry) []relay.Body{
		"in place of a message": func(f relay.Entry) []relay.Body {
			f.Entry = forged
			return []relay.Body{f}
		},
		"over a message's ciphertext": func(f relay.Entry) []relay.Body {
			f.Entry = bytes.Clone(f.Entry)
			copy(f.Entry[len(f.Entry)-len(forged):], forged)
			return []relay.Body{f}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := harness.StartDemo(t)
			w := harness.NewWire(t)
			var mu sync.Mutex
			armed, sprung := false, false
			w.Frame = down(func(f relay.Entry) []relay.Body {
				e, err := wire.DecodeEntry(f.Entry)
				mu.Lock()
				defer mu.Unlock()
				if !armed || err != nil || e.Kind != wire.KindMessage {
					return []relay.Body{f}
				}
				sprung = true
				return twist(f)
			})
			agent := agentAt(t, d, nil)
			customer := browser.Person(t, "customer", w)
			customer.Open(d.URL + "/site#chat")
			customer.Await(harness.Message)
			exchange(t, customer, agent, "hello", "hello yourself")
			mu.Lock()
			armed = true
			mu.Unlock()
			agent.Say("the relay replaces this")
			harness.Eventually(t, "the relay to have replaced it", func() (bool, string) {
				mu.Lock()
				defer mu.Unlock()
				return sprung, ""
			})
			agent.AwaitText(harness.Conversation, "the relay replaces this")
			customer.Reload() // whatever it does with it, it has done it by the time it shows its history again
			customer.AwaitText(harness.Conversation, "hello yourself")
			if saw := customer.PageText(); strings.Contains(saw, injected) || strings.Contains(saw, "the relay replaces this") {
				t.Errorf("shown: %s", saw)
			}
		})
	}
}
