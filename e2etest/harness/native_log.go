package harness

import (
	"encoding/json"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// talk is one conversation of a native member.
type talk struct {
	*conversation.Conversation

	following bool // subscribed, on the connection of now
	asking    bool
	head      uint64  // of the log, when it was subscribed to
	stored    bool    // an own genesis was acknowledged
	split     bool    // the relay's log is not the one that was read
	garbled   bool    // what the relay showed last is no entry
	last      wire.ID // the entry at its index
	urgent    bool    // a commit is due for the others' sake
	heard     []string
	said      []string
	gap       uint64
	asked     []wire.ID // own join requests that were sent
	through   []conversation.State
	log       [][]byte // as far as it was read
	parting   *Loot    // of when it made the commit by which it leaves
}

func nowMillis() uint64 { return uint64(time.Now().UnixMilli()) }

func (n *Native) listed(list relay.List) {
	if n.role == wire.Customer {
		return
	}
	for _, c := range list.Conversations {
		if n.talks[c.Conversation] == nil {
			k := &talk{Conversation: n.End.Join(c.Conversation)}
			n.talks[c.Conversation] = k
			n.follow(k)
		}
	}
}

// follow subscribes from the last entry read, which is asked for again: another
// one in its place shows a log that was changed. n.mu is held.
func (n *Native) follow(k *talk) {
	if k.following || k.asking || k.split || k.Index() == 0 && k.Pending() != nil && !k.stored {
		return
	}
	k.asking = true
	n.answers[n.send(relay.Subscribe{Conversation: k.ID(), After: max(k.Index(), 1) - 1})] = func(b relay.Body) {
		k.asking = false
		switch b := b.(type) {
		case relay.Ack:
			k.following, k.head = true, b.Sequence
			k.garbled = k.garbled && k.head != k.Index()
			if b.Sequence < k.Index() {
				n.codes = append(n.codes, wire.RolledBack)
				n.forked(k)
			}
			n.wake()
		case relay.Error:
			n.codes = append(n.codes, b.Code)
			if b.Code == wire.RolledBack {
				n.forked(k)
			}
		}
	}
}

func (n *Native) forked(k *talk) {
	k.split, k.following = true, false
	k.passed(conversation.Forked)
}

// read takes the next entry of a log.
func (n *Native) read(b relay.Entry) {
	k := n.talks[b.Conversation]
	if k == nil || !k.following || k.split {
		return
	}
	switch {
	case b.Sequence < k.Index():
		return
	case b.Sequence == k.Index():
		if b.Sequence != 0 && wire.EntryID(b.Entry) != k.last {
			n.codes = append(n.codes, wire.ForkedLog)
			n.forked(k)
		}
		return
	case b.Sequence > k.Index()+1: // of no use before what was left out
		n.again(k)
		return
	}
	ev, err := k.Receive(b.Entry, nowMillis())
	if err == wire.Unavailable {
		n.fetch(k, b)
		return
	}
	if err != nil { // no entry: perhaps it is one when it is asked for again
		n.codes = append(n.codes, wire.CodeOf(err))
		k.garbled = true
		k.passed(n.stateOf(k))
		n.again(k)
		return
	}
	k.last, k.garbled, k.log = ev.ID, false, append(k.log, b.Entry)
	if ev.Rewound {
		k.last, k.heard, k.said, k.gap, k.log, k.following = wire.ID{}, nil, nil, 0, nil, false
		n.follow(k)
		return
	}
	if s := k.State(); (s == conversation.Active || s == conversation.Forked) && (n.talk == nil || n.role != wire.Customer) {
		n.talk = k
	}
	k.passed(k.State())
	if ev.Code != 0 && ev.Type == conversation.Applied {
		n.codes = append(n.codes, ev.Code)
	}
	switch ev.Type {
	case conversation.Opened:
		n.opened(k, ev)
	case conversation.Ignored:
		n.codes = append(n.codes, ev.Code)
		k.urgent = k.urgent || ev.Own
	case conversation.Joining:
		k.urgent = k.urgent || !ev.Own
	case conversation.Applied:
		n.moved(k, ev)
	}
	n.wake()
}

func (k *talk) passed(s conversation.State) {
	if len(k.through) == 0 || k.through[len(k.through)-1] != s {
		k.through = append(k.through, s)
	}
}

func (n *Native) opened(k *talk, ev *conversation.Event) {
	k.gap += ev.Gap
	if ev.Own {
		for i, o := range n.outbox {
			if o.talk == k && o.is(ev.ID) {
				n.outbox = append(n.outbox[:i], n.outbox[i+1:]...)
				break
			}
		}
	}
	var c struct{ Type, Text string }
	if err := json.Unmarshal(ev.Content, &c); err != nil || c.Type != "text" {
		return
	}
	if ev.Own {
		k.said = append(k.said, c.Text)
	} else {
		k.heard = append(k.heard, c.Text)
	}
}

// again asks for what follows the last entry read, after a pause.
func (n *Native) again(k *talk) {
	if !k.following {
		return
	}
	k.following = false
	n.later(func() { n.follow(k) })
}

// fetch gets the manifest that a commit names, and goes on with the commit.
func (n *Native) fetch(k *talk, b relay.Entry) {
	k.following = false
	e, err := wire.DecodeEntry(b.Entry)
	if err != nil || e.Kind != wire.KindCommit {
		return
	}
	n.answers[n.send(relay.FetchManifest{Hash: e.Commit.ManifestHash})] = func(answer relay.Body) {
		err := error(wire.Unavailable)
		if r, ok := answer.(relay.Record); ok {
			err = n.End.AddManifest(r.Value, uint64(time.Now().Unix()), false)
		}
		if err != nil {
			n.codes = append(n.codes, wire.CodeOf(err))
			return
		}
		n.follow(k)
	}
}
