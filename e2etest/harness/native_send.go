package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// pause is how long a native member waits before it tries again what was
// refused or did not decode.
const pause = 200 * time.Millisecond

// outgoing is a text that is not read back yet.
type outgoing struct {
	talk    *talk // nil: there is no conversation yet
	content []byte
	entry   []byte
	epoch   uint64
	ids     []wire.ID // of all its sealed forms
}

func (o *outgoing) is(id wire.ID) bool { return slices.Contains(o.ids, id) }

// Try keeps a text and sends it as soon as that is safe.
func (n *Native) Try(text string) {
	var content bytes.Buffer
	to := json.NewEncoder(&content)
	to.SetEscapeHTML(false) // as JSON is written elsewhere: six bytes for each < would not fit
	if err := to.Encode(map[string]string{"type": "text", "text": text}); err != nil {
		panic(err) // a map of strings
	}
	n.keep(bytes.TrimSpace(content.Bytes()))
}

func (n *Native) keep(content []byte) *outgoing {
	n.mu.Lock()
	defer n.mu.Unlock()
	o := &outgoing{talk: n.talk, content: content}
	n.outbox = append(n.outbox, o)
	n.wake()
	return o
}

// Send sends content of any kind, as it is, and waits until it is read back.
func (n *Native) Send(content []byte) {
	n.t.Helper()
	o := n.keep(content)
	Eventually(n.t, "the native member to read back what it sent", func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return !slices.Contains(n.outbox, o), fmt.Sprint(n.codes, n.broken)
	})
}

// wake tells the pump that there may be something to do.
func (n *Native) wake() {
	select {
	case n.pumping <- struct{}{}:
	default:
	}
}

func (n *Native) pump() {
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-n.pumping:
		}
		for n.step() {
		}
	}
}

// step appends one entry, if one is to be appended, and says whether there may
// be more.
func (n *Native) step() bool {
	n.mu.Lock()
	k, entry, err := n.next()
	if err != nil {
		n.codes = append(n.codes, wire.CodeOf(err))
	}
	again := entry != nil && bytes.Equal(entry, n.acked)
	if again && k.Index() >= n.ackedAt { // where it should stand is something else
		n.acked = nil
		n.later(func() {})
	}
	n.mu.Unlock()
	if entry == nil || again { // what was acknowledged here is to be read back
		return false
	}
	answer, err := n.Ask(relay.Append{Conversation: k.ID(), Entry: entry})
	n.mu.Lock()
	defer n.mu.Unlock()
	if ack, ok := answer.(relay.Ack); err == nil && ok {
		n.acked, n.ackedAt, k.stored = entry, ack.Sequence, true
		n.follow(k) // a genesis
		n.wake()    // it may have been read back before this
		return false
	}
	if code, ok := err.(wire.Code); ok {
		n.codes = append(n.codes, code)
		if k.Index() == 0 { // a genesis that was refused
			delete(n.talks, k.ID())
			n.talk = nil
			for _, o := range n.outbox {
				*o = outgoing{content: o.content}
			}
		}
	}
	n.later(func() { n.again(k) })
	return false
}

// later does something after a pause, and looks again at what there is to send.
func (n *Native) later(do func()) {
	time.AfterFunc(pause, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.ctx.Err() == nil {
			do()
			n.wake()
		}
	})
}

// next is the entry to append now, or nil. n.mu is held.
func (n *Native) next() (*talk, []byte, error) {
	if n.talk == nil {
		if k, entry, err := n.begin(); k != nil || err != nil {
			return k, entry, err
		}
	}
	for _, k := range n.talks {
		if k, entry, err := n.nextOf(k); entry != nil || err != nil {
			return k, entry, err
		}
	}
	return nil, nil, nil
}

func (n *Native) nextOf(k *talk) (*talk, []byte, error) {
	if k.Index() == 0 && k.Pending() != nil {
		return k, k.Pending(), nil
	}
	if k.split || !k.following || k.Index() < k.head {
		return nil, nil, nil
	}
	now := nowMillis()
	if k.State() == conversation.Lost {
		entry, err := k.JoinRequest(now)
		if slices.Contains(k.asked, wire.EntryID(entry)) {
			return nil, nil, nil
		}
		k.asked = append(k.asked, wire.EntryID(entry))
		return k, entry, err
	}
	if entry := n.moving(k, now); entry != nil {
		return k, entry, nil
	}
	i := slices.IndexFunc(n.outbox, func(o *outgoing) bool { return o.talk == k || o.talk == nil && k == n.talk })
	if i < 0 && !k.urgent || n.stateOf(k) != conversation.Active && !k.urgent {
		return nil, nil, nil
	}
	due, err := k.Due(now)
	switch {
	case err == error(wire.Unavailable) && n.role == wire.Customer:
		return n.attended(k)
	case err != nil:
		return nil, nil, err
	case due == conversation.DuePending:
		return k, k.Pending(), nil
	case due == conversation.DueCommit:
		k.urgent = false
		entry, err := k.Commit(now, conversation.Moves{})
		return k, entry, err
	}
	k.urgent = false
	if i < 0 || n.stateOf(k) != conversation.Active {
		return nil, nil, nil
	}
	return n.sealed(k, n.outbox[i], now)
}

// attended is the commit by which a customer with whom nobody of the company is
// left brings in the queue's inbox. n.mu is held.
func (n *Native) attended(k *talk) (*talk, []byte, error) {
	n.mu.Unlock()
	raw, err := n.first()
	n.mu.Lock()
	var entry []byte
	if err == nil {
		entry, err = k.Commit(nowMillis(), conversation.Moves{Adds: []conversation.Newcomer{{Role: roleOf(raw), KeyPackage: raw}}})
	}
	if err != nil {
		n.later(func() {})
	}
	return k, entry, err
}

func (n *Native) sealed(k *talk, o *outgoing, now uint64) (*talk, []byte, error) {
	o.talk = k
	if o.entry != nil && o.epoch == k.Epoch() {
		return k, o.entry, nil
	}
	var entry []byte
	var err error
	if o.entry == nil {
		entry, err = k.Seal(now, wire.Stored, o.content)
	} else {
		entry, err = k.Reseal(now, o.entry, o.content)
	}
	if err != nil {
		return nil, nil, err
	}
	o.entry, o.epoch, o.ids = entry, k.Epoch(), append(o.ids, wire.EntryID(entry))
	return k, entry, nil
}

// first gives the key package that a customer begins with.
func (n *Native) first() ([]byte, error) {
	if n.First != nil {
		return n.First()
	}
	taken, err := n.Ask(relay.TakeKeyPackage{Queue: n.queue})
	if err != nil {
		return nil, err
	}
	if kp, ok := taken.(relay.Record); ok {
		return kp.Value, nil
	}
	return nil, wire.Unavailable
}

// roleOf is the role that a key package is shown for; an agent's where it shows none.
func roleOf(raw []byte) wire.Role {
	if kp, err := wire.DecodeKeyPackage(raw); err == nil && kp.Credential != nil && kp.Credential.Role == wire.Inbox {
		return wire.Inbox
	}
	return wire.Agent
}

// begin makes the genesis with who is there, the queue's inbox or an agent, as a
// customer's first message does. n.mu is held.
func (n *Native) begin() (*talk, []byte, error) {
	if n.role != wire.Customer || !n.agents || len(n.outbox) == 0 && !n.begins {
		return nil, nil, nil
	}
	n.mu.Unlock()
	raw, err := n.first()
	n.mu.Lock()
	if err == nil {
		var c *conversation.Conversation
		if c, err = n.End.Genesis(nowMillis(), n.queue, []conversation.Newcomer{{Role: roleOf(raw), KeyPackage: raw}}, n.before); err == nil {
			n.refused = false
			n.talk = &talk{Conversation: c}
			n.talks[c.ID()] = n.talk
			return n.talk, c.Pending(), nil
		}
		n.refused = true
	}
	n.later(func() {})
	return nil, nil, err
}
