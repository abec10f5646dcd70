package conversation

import (
	"crypto/ed25519"
	"crypto/rand"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// signedMessage is what a message's signature covers: the epoch's commit, the
// whole header, the content.
func signedMessage(head wire.Hash, header, content []byte) []byte {
	w := wire.NewWriter(len(head) + len(header) + len(content))
	w.Raw(head[:])
	w.Raw(header)
	w.Raw(content)
	return w.Bytes()
}

// open authenticates a message: the box by the epoch, the signature inside by
// the sender, so that no other member can have made it. One answer to all.
func open(m *wire.Message, s *secrets, head wire.Hash, sender []byte) ([]byte, error) {
	key := messageKey(s.epoch[:], m.Header())
	plain, err := nacl.Open(nil, m.Sealed, &m.Nonce, key)
	clear(key[:])
	if err != nil {
		return nil, wire.OpenFailed
	}
	r := wire.NewReader(plain)
	content := r.Bytes32(wire.MaxContent)
	signature := r.Raw(ed25519.SignatureSize)
	good := len(plain) == wire.Padded(wire.MessageOverhead+len(content))
	for _, b := range r.Rest() {
		good = good && b == 0
	}
	signed := signedMessage(head, m.Header(), content)
	defer clear(signed)
	if !good || r.Failed() || !wire.Verify(sender, "message", signed, signature) {
		clear(plain)
		return nil, wire.OpenFailed
	}
	return content, nil
}

// seal makes the entry of a message in the epoch of now.
func (c *Conversation) seal(instance wire.ID, counter uint64, retention uint8, content []byte) []byte {
	m := &wire.Message{Conversation: c.ID(), Epoch: c.chain.Epoch(), Sender: c.end.ID(), Instance: instance, Counter: counter,
		Retention: retention, SeenIndex: c.index, SeenHash: c.LogHash()}
	rand.Read(m.Nonce[:])
	size := wire.Padded(wire.MessageOverhead + len(content))
	w := wire.NewWriter(size)
	w.Bytes32(content)
	signed := signedMessage(c.chain.Head(), m.Header(), content)
	w.Raw(wire.Sign(c.end.identity, "message", signed))
	clear(signed)
	plain := w.Bytes()[:size] // the rest of a fresh slice is zero
	key := messageKey(c.secrets.epoch[:], m.Header())
	m.Sealed = nacl.Seal(nil, plain, &m.Nonce, key)
	clear(plain)
	clear(key[:])
	return m.Encode()
}

// maxPassing is the most content that the one size of passing messages holds.
const maxPassing = wire.PadFloor - wire.MessageOverhead

// Seal makes a message entry for the members of now. Retention is wire.Stored
// or wire.Passing. StaleEpoch means that a commit is due first ([Conversation.Due]).
// The counter is used up: save the state before sending.
func (c *Conversation) Seal(now uint64, retention uint8, content []byte) ([]byte, error) {
	if err := c.maySeal(now, retention, content); err != nil {
		return nil, err
	}
	instance, counter := c.end.instance, c.counter+1
	if retention == wire.Passing {
		// Passing messages are never in the log, so their counters must not leave
		// gaps there: an instance of their own.
		instance = wire.Sum("passing instance", instance[:]).ID()
		c.passing++
		counter = c.passing
	} else {
		c.counter = counter
		c.ownMessages++
	}
	return c.seal(instance, counter, retention, content), nil
}

// Reseal makes an own message anew that the epoch of its old entry left
// behind, for the members of now, with the same instance and counter: should
// the old entry have been stored after all, only one of the two is shown.
// Replayed means that it was read from the log already.
func (c *Conversation) Reseal(now uint64, old, content []byte) ([]byte, error) {
	if err := c.maySeal(now, wire.Stored, content); err != nil {
		return nil, err
	}
	e, err := wire.DecodeEntry(old)
	if err != nil {
		return nil, err
	}
	if e.Kind != wire.KindMessage || e.Message.Sender != c.end.ID() || e.Message.Conversation != c.ID() || e.Message.Retention != wire.Stored {
		return nil, wire.BadArgument
	}
	if seen, _ := c.counters.of(e.Message.Instance, c.end.ID()); seen != nil && e.Message.Counter <= seen.last {
		return nil, wire.Replayed
	}
	return c.seal(e.Message.Instance, e.Message.Counter, wire.Stored, content), nil
}

func (c *Conversation) maySeal(now uint64, retention uint8, content []byte) error {
	switch {
	case retention != wire.Stored && retention != wire.Passing:
		return wire.BadArgument
	case len(content) > wire.MaxContent || retention == wire.Passing && len(content) > maxPassing:
		return wire.TooLong
	case c.State() == Doubtful:
		return wire.ForkedLog
	}
	due, err := c.Due(now)
	if err != nil {
		return err
	}
	if due != DueNothing {
		return wire.StaleEpoch
	}
	if own := c.chain.Member(c.end.ID()); !own.Role.Speaks() {
		return wire.NotMember
	}
	return nil
}

// Pass opens a passing message. It changes nothing but the sender's counter of
// passing ones: what is stored is judged by what is stored, or ends that were
// given other passing messages would judge it otherwise.
func (c *Conversation) Pass(entry []byte) (*Event, error) {
	e, err := wire.DecodeEntry(entry)
	if err != nil {
		return nil, err
	}
	if e.Kind != wire.KindMessage {
		return nil, wire.BadArgument
	}
	if c.reread != 0 {
		return nil, wire.Unavailable // it is of now, and would be opened by what is over
	}
	m := e.Message
	if err := c.chain.CheckPassing(m); err != nil {
		return nil, err
	}
	ev := &Event{Type: Opened, ID: wire.EntryID(entry), Sender: m.Sender, Own: m.Sender == c.end.ID(), Epoch: m.Epoch, Instance: m.Instance, Counter: m.Counter}
	if code := c.openMessage(m, ev); code != 0 {
		return nil, code
	}
	for i := range c.passed {
		p := &c.passed[i]
		if p.sender != m.Sender {
			continue
		}
		if p.instance == m.Instance && m.Counter <= p.last {
			ev.hide()
			return nil, wire.Replayed
		}
		p.instance, p.last = m.Instance, m.Counter
		return ev, nil
	}
	c.passed = append(c.passed, counterOf{m.Instance, m.Sender, m.Counter})
	return ev, nil
}
