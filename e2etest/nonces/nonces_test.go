package nonces

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/keystore"
	"github.com/sealwire/sealwire/wasm/stream"
	"github.com/sealwire/sealwire/wasm/wire"
)

// pair is what a (key, nonce) pair is made of, hashed: 128 bits, so that a
// million of them do not meet by chance.
type pair [16]byte

func pairOf(purpose string, parts ...[]byte) pair { return pair(wire.Sum(purpose, parts...).ID()) }

// talk is a customer with its saved state, and the log that it follows.
type talk struct {
	t     *testing.T
	roots []wire.Hash
	now   uint64
	end   []byte // the end as saved
	state []byte // its conversation as saved
	id    wire.ID

	seen     map[pair]bool
	counters map[pair]int // messages by epoch, instance and counter
	again    int          // those that were not the first
	total    int
}

func begin(t *testing.T) *talk {
	t.Helper()
	org, err := authority.Init(t.TempDir()+"/org", authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(time.Now().UnixMilli())
	roots := []wire.Hash{wire.Hash(org.RootKey())}
	made := func(role wire.Role) *conversation.End {
		e, err := conversation.NewEnd(role, roots)
		if err == nil {
			err = e.AddManifest(org.Manifest.Bytes(), now/1000, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	agent, customer := made(wire.Agent), made(wire.Customer)
	credential, err := org.Issue(authority.Request{Identity: agent.Identity(), Alias: "Ana"})
	if err == nil {
		err = agent.SetCredential(credential, now/1000)
	}
	if err != nil {
		t.Fatal(err)
	}
	kp, err := agent.KeyPackage(now/1000+3600, false)
	if err != nil {
		t.Fatal(err)
	}
	c, err := customer.Genesis(now, org.Manifest.Queues[0], []conversation.Newcomer{{Role: wire.Agent, KeyPackage: kp}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{t: t, roots: roots, now: now, id: c.ID(), seen: map[pair]bool{}, counters: map[pair]int{}}
	k.commit(c)
	k.end, k.state = customer.Marshal(), c.Marshal()
	return k
}

// load is a page load: the saved end, with an instance of its own.
func (k *talk) load() *conversation.End {
	k.t.Helper()
	e, err := conversation.LoadEnd(k.end, wire.Customer, k.roots)
	if err != nil {
		k.t.Fatal(err)
	}
	return e
}

// restore is the saved conversation, once more.
func (k *talk) restore(e *conversation.End) *conversation.Conversation {
	k.t.Helper()
	c, err := e.LoadConversation(k.state)
	if err != nil {
		k.t.Fatal(err)
	}
	return c
}

func (k *talk) once(what string, p pair) {
	k.t.Helper()
	if k.seen[p] {
		k.t.Fatalf("%s comes twice, after %d pairs", what, k.total)
	}
	k.seen[p] = true
}

// used counts one (key, nonce) pair under which something was sealed.
func (k *talk) used(what string, p pair) {
	k.t.Helper()
	k.once(what, p)
	k.total++
}

// commit reads back the conversation's own pending commit, and counts what it
// sealed.
func (k *talk) commit(c *conversation.Conversation) {
	k.t.Helper()
	entry := c.Pending()
	if entry == nil {
		var err error
		if entry, err = c.Commit(k.now, conversation.Moves{}); err != nil {
			k.t.Fatal(err)
		}
	}
	e, err := wire.DecodeEntry(entry)
	if err != nil {
		k.t.Fatal(err)
	}
	k.once("a commit's ephemeral key", pairOf("ephemeral", e.Commit.Ephemeral))
	k.once("a commit's leaf", pairOf("leaf", e.Commit.KeyPackage.Leaf))
	for _, s := range e.Commit.Seals {
		k.used("a seal's ML-KEM ciphertext", pairOf("ciphertext", s.Ciphertext))
	}
	if ev, err := c.Receive(entry, k.now); err != nil || ev.Type != conversation.Applied {
		k.t.Fatalf("an own commit: %+v, %v", ev, err)
	}
}

// seal seals one message and counts it.
func (k *talk) seal(c *conversation.Conversation, retention uint8) []byte {
	k.t.Helper()
	entry, err := c.Seal(k.now, retention, []byte("the same text each time"))
	if err != nil {
		k.t.Fatal(err)
	}
	k.message(c, entry)
	return entry
}

func (k *talk) message(c *conversation.Conversation, entry []byte) {
	k.t.Helper()
	e, err := wire.DecodeEntry(entry)
	if err != nil {
		k.t.Fatal(err)
	}
	m, head := e.Message, c.TranscriptHash()
	k.used("a message's epoch and header", pairOf("message", head[:], m.Header()))
	k.once("a message's nonce", pairOf("nonce", m.Nonce[:]))
	number := pairOf("counter", head[:], m.Instance[:], binary.BigEndian.AppendUint64(nil, m.Counter), []byte{m.Retention})
	if k.counters[number]++; k.counters[number] > 1 {
		k.again++
	}
}

// C14: from one saved state after another, every way to come back to it.
func TestC14_NoKeyAndNonceTwice(t *testing.T) {
	want := 10_000
	if s := os.Getenv("SEALWIRE_NONCES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		want = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := mathrand.New(mathrand.NewPCG(seed, 0))
	k := begin(t)
	var dataKey [keystore.KeySize]byte
	rand.Read(dataKey[:])
	for k.total < want {
		page := k.load()
		for range 20 {
			var tabs []*conversation.Conversation
			switch r.IntN(3) {
			case 0: // a state of this very page, again and again: epoch, instance and counter repeat
				c := k.restore(page)
				k.commit(c)
				for range 2 + r.IntN(4) {
					again, err := page.LoadConversation(c.Marshal())
					if err != nil {
						t.Fatal(err)
					}
					tabs = append(tabs, again)
				}
			case 1: // tabs, each a load of its own
				for range 2 + r.IntN(4) {
					tabs = append(tabs, k.restore(k.load()))
				}
			case 2: // a reload in the middle, with what was saved before it
				tabs = append(tabs, k.restore(page))
				page = k.load()
				tabs = append(tabs, k.restore(page))
			}
			for _, c := range tabs {
				if k.due(c) { // a load commits first, and from one state each makes another commit
					k.commit(c)
				}
			}
			for range 25 * len(tabs) {
				c := tabs[r.IntN(len(tabs))]
				if k.due(c) {
					continue
				}
				if r.IntN(10) == 0 {
					k.seal(c, wire.Passing)
					continue
				}
				entry := k.seal(c, wire.Stored)
				if r.IntN(20) == 0 {
					k.reseal(c, entry)
				}
			}
		}
		k.values(dataKey[:])
		k.files()
		// The next state to come back to: this end's own commit, read back.
		c := k.restore(page)
		k.commit(c)
		k.end, k.state = page.Marshal(), c.Marshal()
	}
	t.Logf("%d pairs, of which %d are of messages in an epoch, with an instance and counter, used before", k.total, k.again)
	if k.again < want/10 {
		t.Errorf("only %d messages repeat epoch, instance and counter: too few to show anything", k.again)
	}
}

func (k *talk) due(c *conversation.Conversation) bool {
	k.t.Helper()
	due, err := c.Due(k.now)
	if err != nil {
		k.t.Fatal(err)
	}
	return due != conversation.DueNothing
}

// reseal seals the message once more, as after a relay that calls it stale.
func (k *talk) reseal(c *conversation.Conversation, entry []byte) {
	k.t.Helper()
	again, err := c.Reseal(k.now, entry, []byte("the same text each time"))
	if err != nil {
		k.t.Fatal(err)
	}
	k.message(c, again)
}

// values seals the state for the disk, more than once under one key and place.
func (k *talk) values(dataKey []byte) {
	k.t.Helper()
	for range 5 {
		ks, err := keystore.Open(bytes.Clone(dataKey))
		if err != nil {
			k.t.Fatal(err)
		}
		for place, value := range map[string][]byte{"end": k.end, "conversation/" + string(k.id[:]): k.state} {
			sealed, err := ks.Seal(place, value)
			if err != nil {
				k.t.Fatal(err)
			}
			k.used("a value's nonce", pairOf("at rest", []byte(place), sealed[1:25]))
		}
		ks.Wipe()
	}
}

// files seals a file that is begun anew, as after a reload.
func (k *talk) files() {
	k.t.Helper()
	for range 3 {
		s := stream.NewSealer()
		if _, err := s.Chunk(make([]byte, 256), true); err != nil {
			k.t.Fatal(err)
		}
		secret, err := s.Finish()
		if err != nil {
			k.t.Fatal(err)
		}
		k.used("a file's key", pairOf("file key", secret[:stream.KeySize]))
		k.once("a file's prefix", pairOf("file prefix", secret[stream.KeySize:stream.KeySize+stream.PrefixSize]))
	}
}
