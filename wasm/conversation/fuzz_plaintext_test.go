package conversation

import (
	"bytes"
	"testing"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// What a member signs in the place of its message's transcript hash, header and
// content.
const (
	signsIt = iota
	signsAsAnother
	signsOtherContent
	signsOtherHeader
	signsOtherHead
	signsOtherLabel
	signsKinds
)

// FuzzMemberPlaintext has a member, who can seal whatever it likes, choose what
// stands in a message's box: its form, padding and signature. Only the one form
// of what it signed opens; all else is refused alike, and changes nothing else.
func FuzzMemberPlaintext(f *testing.F) {
	content := []byte(`{"type":"text","text":"a canary"}`)
	add := func(signs, retention uint8, content []byte, at uint16, with []byte, cut uint16, tail []byte) {
		f.Add(signs, retention, content, at, with, cut, tail)
	}
	for signs := range uint8(signsKinds) {
		add(signs, wire.Stored, content, 0, nil, 0, nil)
		add(signs, wire.Passing, content, 0, nil, 0, nil)
	}
	add(signsIt, wire.Stored, nil, 0, nil, 0, nil)
	add(signsIt, wire.Stored, make([]byte, wire.MaxContent), 0, nil, 0, nil)
	add(signsIt, wire.Stored, make([]byte, wire.MaxContent+1), 0, nil, 0, nil)
	add(signsIt, wire.Passing, make([]byte, maxPassing), 0, nil, 0, nil)
	add(signsIt, wire.Passing, make([]byte, maxPassing+1), 0, nil, 0, nil)
	add(signsIt, wire.Stored, make([]byte, 300), 0, nil, 0, nil)
	for _, length := range [][]byte{{0, 0, 0, 0}, {0, 0, 0, 32}, {0, 0, 0, 34}, {0, 0, 0, 188}, {0, 0, 0, 189}, {0, 0, 1, 0}, {0x80, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}} {
		add(signsIt, wire.Stored, content, 0, length, 0, nil)
	}
	signature := uint16(4 + len(content))
	add(signsIt, wire.Stored, content, 5, []byte{'x'}, 0, nil)
	add(signsIt, wire.Stored, content, signature, []byte{1, 2, 3}, 0, nil)
	add(signsIt, wire.Stored, content, signature, make([]byte, 64), 0, nil)
	add(signsIt, wire.Stored, content, signature+32, bytes.Repeat([]byte{0xff}, 32), 0, nil) // S is not below L
	add(signsIt, wire.Stored, content, signature+64, []byte{1}, 0, nil)
	add(signsIt, wire.Stored, content, 255, []byte{1}, 0, nil)
	add(signsIt, wire.Stored, content, 0, nil, 1, nil)
	add(signsIt, wire.Stored, content, 0, nil, 256, nil)
	add(signsIt, wire.Stored, content, 0, nil, 255-signature, nil)
	add(signsIt, wire.Stored, content, 0, nil, 0, make([]byte, 1))
	add(signsIt, wire.Stored, content, 0, nil, 0, make([]byte, 16)) // the next size
	add(signsIt, wire.Stored, content, 0, nil, 0, append(make([]byte, 15), 1))

	p := newPair(f)
	p.settle()
	p.send(p.customer, "first")
	p.read(p.agent)
	p.read(p.customer)
	agent := p.agent.Marshal()
	c := p.customer
	f.Fuzz(func(t *testing.T, signs, retention uint8, content []byte, at uint16, with []byte, cut uint16, tail []byte) {
		if len(content) > wire.MaxContent+1024 {
			content = content[:wire.MaxContent+1024]
		}
		retention = wire.Passing - retention%2
		m := &wire.Message{Conversation: c.ID(), Epoch: c.Epoch(), Sender: c.Self(), Instance: wire.ID{7}, Counter: 1,
			Retention: retention, SeenIndex: c.index, SeenHash: c.LogHash(), Nonce: [24]byte{1}}
		header, head, key, said, label := bytes.Clone(m.Header()), c.TranscriptHash(), c.end.identity, content, "message"
		signs %= signsKinds
		switch signs {
		case signsAsAnother:
			key = p.agent.end.identity
		case signsOtherContent:
			said = append(bytes.Clone(content), 'x')
		case signsOtherHeader:
			header[len(header)-1] ^= 1
		case signsOtherHead:
			head = wire.Hash{}
		case signsOtherLabel:
			label = "relay hello"
		}
		w := wire.NewWriter(0)
		w.Bytes32(content)
		w.Raw(wire.Sign(key, label, signedMessage(head, header, said)))
		honest := append(w.Bytes(), make([]byte, wire.Padded(len(w.Bytes()))-len(w.Bytes()))...)
		plain := changed(honest, at, with, cut, tail)
		m.Sealed = nacl.Seal(nil, plain, &m.Nonce, messageKey(c.secrets.epoch[:], m.Header()))
		opens := signs == signsIt && bytes.Equal(plain, honest) && len(content) <= wire.MaxContent

		end, err := p.agent.end.LoadConversation(agent)
		if err != nil {
			t.Fatal(err)
		}
		var ev *Event
		if retention == wire.Passing {
			opens = opens && len(content) <= maxPassing
			ev, err = end.Pass(m.Encode())
			if !opens && err == nil || opens && (err != nil || !bytes.Equal(ev.Content, content)) {
				t.Fatalf("passing, to be opened: %v; %v", opens, err)
			}
			return
		}
		ev, err = end.Receive(m.Encode(), day0)
		switch {
		case err != nil: // of no size that a box has
			if opens || !isCode(err) || !bytes.Equal(end.Marshal(), agent) {
				t.Fatalf("to be opened: %v; %v, or the state changed", opens, err)
			}
		case opens:
			if ev.Type != Opened || !bytes.Equal(ev.Content, content) || ev.Sender != c.Self() {
				t.Fatalf("what the member signed: type %d, %v", ev.Type, ev.Code)
			}
		case ev.Type != Ignored || ev.Code != wire.OpenFailed || ev.Content != nil || end.State() != Active:
			t.Fatalf("what nobody signed so: type %d, %v, state %d", ev.Type, ev.Code, end.State())
		}
	})
}
