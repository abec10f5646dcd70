// Package authoritytest has people for tests of the company's side: customers
// and agents who are real ends over a real relay, one call after the other.
//
// A [Person] does what the core's caller must (subscribe, read in order, commit
// when that is due, send again what was refused) and fails its test when
// something takes longer than relaytest.Patience. It keeps everything in memory
// and is not for concurrent use.
package authoritytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Person is a member of conversations.
type Person struct {
	*conversation.End
	URL, Origin string
	// Proof is shown to the relay: a token or a credential.
	Proof []byte

	t      testing.TB
	ws     *websocket.Conn
	number uint32
	queue  []relay.Body // pushed, not looked at yet
	talks  map[wire.ID]*Talk
}

// Talk is one conversation of a person.
type Talk struct {
	*conversation.Conversation
	Heard  []string // texts of all, in the log's order
	Events []*conversation.Event

	following bool
	head      uint64
}

// New is a person of the role who trusts the roots.
func New(t testing.TB, role wire.Role, url, origin string, roots ...wire.Hash) *Person {
	t.Helper()
	end, err := conversation.NewEnd(role, roots)
	if err != nil {
		t.Fatal(err)
	}
	p := &Person{End: end, URL: url, Origin: origin, t: t, talks: make(map[wire.ID]*Talk)}
	t.Cleanup(p.Hangup)
	return p
}

// Customer is one of the relay's company, with a token.
func Customer(t testing.TB, r *relaytest.Relay) *Person {
	t.Helper()
	p := New(t, wire.Customer, r.URL, relaytest.Origin, wire.Hash(r.Org.RootKey()))
	minted, err := token.MintHS256(relaytest.Secret, token.Minting{Subject: fmt.Sprintf("visitor-%x", p.ID()), Thumbprint: token.Thumbprint(p.Identity())})
	if err != nil {
		t.Fatal(err)
	}
	p.Proof = []byte(minted)
	return p
}

// Hangup ends the connection.
func (p *Person) Hangup() {
	if p.ws != nil {
		_ = p.ws.CloseNow()
		p.ws = nil
	}
	for _, k := range p.talks {
		k.following = false
	}
}

// Connect says hello and takes the manifest; on the company's side the proof is
// the credential too.
func (p *Person) Connect() {
	p.t.Helper()
	if err := p.TryConnect(); err != nil {
		p.t.Fatalf("connect: %v", err)
	}
}

// TryConnect is Connect that may be refused.
func (p *Person) TryConnect() error {
	p.Hangup()
	ctx, cancel := context.WithTimeout(context.Background(), relaytest.Patience)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	ws, _, err := websocket.Dial(ctx, p.URL, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"Origin": {p.Origin}}, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return err
	}
	ws.SetReadLimit(wire.MaxFrame)
	p.ws, p.queue = ws, nil
	body, err := p.frame()
	if err != nil {
		return err
	}
	challenge, ok := body.body.(relay.Challenge)
	if !ok {
		return errors.New("no challenge")
	}
	host := strings.TrimSuffix(strings.TrimPrefix(p.URL, "ws://"), "/v1/connect")
	hello, err := p.Hello(challenge.Nonce[:], []byte(host), p.Proof)
	if err != nil {
		return err
	}
	p.number++
	if err := ws.Write(ctx, websocket.MessageBinary, append([]byte{byte(relay.TypeHello), 0, 0, byte(p.number >> 8), byte(p.number)}, hello...)); err != nil {
		return err
	}
	if body, err = p.frame(); err != nil {
		return err
	}
	welcome, ok := body.body.(relay.Welcome)
	if !ok {
		return errors.New("no welcome")
	}
	now := uint64(time.Now().Unix())
	if err := p.AddManifest(welcome.Manifest, now, true); err != nil {
		return err
	}
	if p.Role() == wire.Customer {
		return nil
	}
	return p.SetCredential(p.Proof, now)
}

type framed struct {
	request uint32
	body    relay.Body
}

func (p *Person) frame() (framed, error) {
	ctx, cancel := context.WithTimeout(context.Background(), relaytest.Patience)
	defer cancel()
	_, b, err := p.ws.Read(ctx)
	if err != nil {
		return framed{}, err
	}
	request, body, err := relay.DecodeFrame(b)
	return framed{request, body}, err
}

// Ask sends a request and waits for its answer; a refusal is its code.
func (p *Person) Ask(body relay.Body) (relay.Body, error) {
	p.number++
	number := p.number
	ctx, cancel := context.WithTimeout(context.Background(), relaytest.Patience)
	defer cancel()
	if err := p.ws.Write(ctx, websocket.MessageBinary, relay.EncodeFrame(number, body)); err != nil {
		return nil, err
	}
	for {
		f, err := p.frame()
		if err != nil {
			return nil, err
		}
		if f.request != number {
			p.queue = append(p.queue, f.body)
			continue
		}
		if refused, ok := f.body.(relay.Error); ok {
			return nil, refused.Code
		}
		return f.body, nil
	}
}

// Take takes a key package of the queue, waiting until there is one.
func (p *Person) Take(queue string) []byte {
	p.t.Helper()
	for {
		got, err := p.Ask(relay.TakeKeyPackage{Queue: queue})
		if err == nil {
			return got.(relay.Record).Value
		}
		if err != wire.Unavailable {
			p.t.Fatalf("take: %v", err)
		}
		for there := false; !there; {
			for i, body := range p.queue {
				if w, ok := body.(relay.Waiting); ok && w.Agents {
					there, p.queue = true, p.queue[i+1:]
					break
				}
			}
			if !there {
				p.next()
			}
		}
	}
}

// Offer makes a one-time key package of an hour.
func (p *Person) Offer() []byte {
	p.t.Helper()
	kp, err := p.KeyPackage(uint64(time.Now().Unix())+3600, false)
	if err != nil {
		p.t.Fatal(err)
	}
	return kp
}

// Begin begins a conversation with whom the relay gives for the queue.
func (p *Person) Begin(queue string) *Talk {
	p.t.Helper()
	return p.BeginWith(queue, p.Take(queue))
}

// BeginWith is Begin with this key package.
func (p *Person) BeginWith(queue string, raw []byte) *Talk {
	p.t.Helper()
	kp, err := wire.DecodeKeyPackage(raw)
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := p.genesis(queue, conversation.Newcomer{Role: kp.Credential.Role, KeyPackage: raw})
	if err != nil {
		p.t.Fatalf("genesis: %v", err)
	}
	if _, err := p.Ask(relay.Append{Conversation: c.ID(), Entry: c.Pending()}); err != nil {
		p.t.Fatalf("append the genesis: %v", err)
	}
	k := &Talk{Conversation: c}
	p.talks[c.ID()] = k
	p.Read(k)
	return k
}

// Open follows a conversation that the person is in and reads it to its head.
func (p *Person) Open(id wire.ID) *Talk {
	p.t.Helper()
	k := p.talks[id]
	if k == nil {
		k = &Talk{Conversation: p.Join(id)}
		p.talks[id] = k
	}
	p.Read(k)
	return k
}

// Read reads to the head of now.
func (p *Person) Read(k *Talk) {
	p.t.Helper()
	k.following = false // the head is asked for again
	for {
		if !k.following {
			got, err := p.Ask(relay.Subscribe{Conversation: k.ID(), After: k.Index()})
			if err != nil {
				p.t.Fatalf("subscribe: %v", err)
			}
			k.following, k.head = true, got.(relay.Ack).Sequence
		}
		p.drain()
		if k.following && k.Index() >= k.head {
			return
		}
		if k.following {
			p.next()
		}
	}
}

// Until reads until the condition holds.
func (p *Person) Until(k *Talk, what string, holds func() bool) {
	p.t.Helper()
	p.Read(k)
	for !holds() {
		if !k.following {
			p.Read(k)
			continue
		}
		if err := p.tryNext(); err != nil {
			p.t.Fatalf("waiting until %s: %v", what, err)
		}
		p.drain()
	}
}

func (p *Person) next() {
	p.t.Helper()
	if err := p.tryNext(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *Person) tryNext() error {
	f, err := p.frame()
	if err == nil {
		p.queue = append(p.queue, f.body)
	}
	return err
}

// drain reads the entries that came.
func (p *Person) drain() {
	p.t.Helper()
	for len(p.queue) > 0 {
		body := p.queue[0]
		p.queue = p.queue[1:]
		e, ok := body.(relay.Entry)
		if !ok {
			continue
		}
		k := p.talks[e.Conversation]
		if k == nil || !k.following || e.Sequence <= k.Index() {
			continue
		}
		if e.Sequence != k.Index()+1 {
			k.following = false
			continue
		}
		p.receive(k, e)
	}
}

func (p *Person) receive(k *Talk, e relay.Entry) {
	p.t.Helper()
	event, err := k.Receive(e.Entry, uint64(time.Now().UnixMilli()))
	if err == wire.Unavailable {
		entry, _ := wire.DecodeEntry(e.Entry)
		got, err := p.Ask(relay.FetchManifest{Hash: entry.Commit.ManifestHash})
		if err == nil {
			err = p.AddManifest(got.(relay.Record).Value, uint64(time.Now().Unix()), false)
		}
		if err != nil {
			p.t.Fatalf("manifest: %v", err)
		}
		event, err = k.Receive(e.Entry, uint64(time.Now().UnixMilli()))
		if err != nil {
			p.t.Fatalf("receive: %v", err)
		}
	} else if err != nil {
		p.t.Fatalf("receive: %v", err)
	}
	k.Events = append(k.Events, event)
	if k.Index() < e.Sequence { // it goes back
		k.following, k.Heard = false, nil
		return
	}
	if event.Type == conversation.Opened {
		var content struct{ Type, Text string }
		if json.Unmarshal(event.Content, &content) == nil && content.Type == "text" {
			k.Heard = append(k.Heard, content.Text)
		}
	}
}

// Say sends a text and reads it back.
func (p *Person) Say(k *Talk, text string) {
	p.t.Helper()
	content, _ := json.Marshal(map[string]string{"type": "text", "text": text})
	p.settle(k)
	var old []byte
	for {
		var entry []byte
		var err error
		now := uint64(time.Now().UnixMilli())
		if old == nil {
			entry, err = k.Seal(now, wire.Stored, content)
		} else {
			entry, err = k.Reseal(now, old, content)
		}
		if err != nil {
			p.t.Fatalf("seal: %v", err)
		}
		old = entry
		_, err = p.Ask(relay.Append{Conversation: k.ID(), Entry: entry})
		if err == nil {
			p.Read(k)
			return
		}
		if err != wire.StaleEpoch && err != wire.RateLimited {
			p.t.Fatalf("append: %v", err)
		}
		p.Read(k)
		p.settle(k)
	}
}

// settle commits while that is due.
func (p *Person) settle(k *Talk) {
	p.t.Helper()
	for {
		due, err := k.Due(uint64(time.Now().UnixMilli()))
		if err != nil {
			p.t.Fatalf("due: %v", err)
		}
		if due == conversation.DueNothing {
			return
		}
		if err := p.Commit(k, conversation.Moves{}); err != nil {
			p.t.Fatalf("commit: %v", err)
		}
	}
}

// Commit makes a commit until one of its own is applied.
func (p *Person) Commit(k *Talk, moves conversation.Moves) error {
	p.t.Helper()
	for {
		entry, err := k.Commit(uint64(time.Now().UnixMilli()), moves)
		if err != nil {
			return err
		}
		_, err = p.Ask(relay.Append{Conversation: k.ID(), Entry: entry})
		if err != nil && err != wire.StaleHead && err != wire.StaleEpoch && err != wire.RateLimited {
			return err
		}
		p.Read(k)
		if err == nil {
			return nil
		}
	}
}

// Talk is the person's conversation of that id, or nil.
func (p *Person) Talk(id wire.ID) *Talk { return p.talks[id] }
