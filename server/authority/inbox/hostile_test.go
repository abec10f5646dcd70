package inbox

import (
	"crypto/rand"
	"os"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// inboxOf is the inbox's place in a conversation.
func inboxOf(t *testing.T, k *authoritytest.Talk) wire.Member {
	t.Helper()
	for _, m := range k.Members() {
		if m.Role == wire.Inbox {
			return m
		}
	}
	t.Fatal("no inbox is in")
	return wire.Member{}
}

func TestGarbageInTheInboxsNameChangesNothing(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	// Who carries the log puts a message into it that tells of another log.
	m := &wire.Message{Conversation: k.ID(), Epoch: k.Epoch(), Sender: inboxOf(t, k).ID, Counter: 1, Retention: wire.Stored, SeenIndex: k.Index(), Sealed: make([]byte, 16+wire.Padded(wire.MessageOverhead))}
	rand.Read(m.SeenHash[:])
	// An inbox does not speak, so that nobody doubts it for that, and no commit is asked of it.
	entry := m.Encode()
	tenant, id := h.Tenant(), k.ID()
	key := append(tenant[:], id[:]...)
	head := k.TranscriptHash()
	if _, _, err := h.Log.Append(t.Context(), entrylog.AppendRequest{Conversation: key, ID: wire.EntryID(entry), Entry: entry, Expect: head, Next: head}); err != nil {
		t.Fatal(err)
	}
	epoch := k.Epoch()
	c.Say(k, "is anybody there?") // the relay reads the log on from there
	if k.Epoch() != epoch || k.State() != conversation.Active {
		t.Errorf("epoch %d, state %v", k.Epoch(), k.State())
	}
	h.eventually("it waits still, and all is read", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
	ana := h.agent("Ana")
	if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
		t.Fatal(err)
	}
}

func TestWhoAsksForTheInboxsPlaceWithItsKeyIsRefused(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	in := h.set.inboxes["default"]
	thief := authoritytest.New(t, wire.Inbox, h.URL, relaytest.Origin, wire.Hash(h.Org.RootKey()))
	in.call(func() {
		state := in.member.Marshal()
		end, err := conversation.LoadEnd(state, wire.Inbox, []wire.Hash{wire.Hash(h.Org.RootKey())})
		if err != nil {
			t.Fatal(err)
		}
		thief.End, thief.Proof = end, in.credential.Bytes()
	})
	thief.Connect()
	stolen := thief.Open(k.ID())
	if stolen.State() != conversation.Lost {
		t.Fatalf("the thief's state is %v", stolen.State())
	}
	request, err := stolen.JoinRequest(uint64(time.Now().UnixMilli()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := thief.Ask(relay.Append{Conversation: k.ID(), Entry: request}); err != nil {
		t.Fatal(err)
	}
	leaf := inboxOf(t, k).KeyPackage.Leaf.Hash()
	c.Until(k, "the inbox commits at once", func() bool { return inboxOf(t, k).KeyPackage.Leaf.Hash() != leaf })
	if len(k.Joins()) != 0 {
		t.Error("the request stands still")
	}
	thief.Read(stolen)
	if stolen.State() != conversation.Lost {
		t.Errorf("the thief's state is %v", stolen.State())
	}
}

func TestLogThatWasRolledBackIsNotFollowed(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Hangup()
	h.Relay.Stop()
	old, err := os.ReadFile(h.LogPath())
	if err != nil {
		t.Fatal(err)
	}
	h.Relay.Restart()
	c.Connect()
	c.Say(k, "is anybody there?")
	h.eventually("all is read", func() (read bool) {
		in := h.set.inboxes["default"]
		in.call(func() { read = in.talks[k.ID()].row.Index == k.Index() })
		return read
	})
	c.Hangup()
	h.Relay.Stop()
	if err := os.WriteFile(h.LogPath(), old, 0o600); err != nil {
		t.Fatal(err)
	}
	h.Relay.Restart()
	h.eventually("it waits no more", func() bool { return h.waiting(k.ID()) == nil })
	ana := h.agent("Ana")
	if err := h.claim(ana, k.ID(), ana.Offer()); err != ErrNothing {
		t.Errorf("claimed on a log that was rolled back: %v", err)
	}
}
