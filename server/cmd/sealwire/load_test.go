package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// load is ends that talk, whatever becomes of the relay.
type load struct {
	t      *testing.T
	org    *authority.Org
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup
	http   *http.Transport

	mu        sync.Mutex
	addr      string
	talks     []*talk
	files     map[string][sha256.Size]byte // complete ones, by id
	uploader  *end                         // who uploaded them
	filesTalk wire.ID

	acked, again, stored atomic.Int64
}

// end is one person with a connection that breaks.
type end struct {
	*relaytest.Person
	l      *load
	client *relaytest.Client
}

// talk is one conversation and the journal of it.
type talk struct {
	*relaytest.Talk
	customer, agent *end

	mu      sync.Mutex
	journal []acknowledged
	pending map[wire.ID]bool // sent, outcome unknown: may be in the log once
}

type acknowledged struct {
	id       wire.ID
	sequence uint64
}

func newLoad(t *testing.T, org *authority.Org) *load {
	l := &load{t: t, org: org, http: &http.Transport{}, files: make(map[string][sha256.Size]byte)}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	t.Cleanup(l.stop)
	return l
}

// at tells where the relay is now.
func (l *load) at(addr string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addr = addr
}

func (l *load) where() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

func (l *load) newTalk() *talk {
	v := &talk{
		Talk: relaytest.NewTalk(l.org.Manifest), pending: make(map[wire.ID]bool),
		customer: &end{Person: relaytest.NewPerson(wire.Customer), l: l}, agent: &end{Person: relaytest.NewPerson(wire.Agent), l: l},
	}
	raw, err := l.org.Issue(authority.Request{Identity: v.agent.Identity(), Alias: "Ana"})
	if err != nil {
		l.t.Fatal(err)
	}
	if v.agent.Credential, err = wire.DecodeCredential(raw); err != nil {
		l.t.Fatal(err)
	}
	l.talks = append(l.talks, v)
	return v
}

// begin lets them talk until stop: in some conversations one after the other,
// with commits, in some both at once, and one uploads.
func (l *load) begin() {
	for i := range 6 {
		v := l.newTalk()
		genesis := v.customer.Genesis(v.Talk, l.org.Manifest, "default", v.agent.KeyPackage(time.Now().Add(time.Hour), false))
		if !v.append(v.customer, genesis) {
			l.t.Fatal("no conversation began")
		}
		v.Apply(genesis)
		switch {
		case i < 3:
			l.wait.Go(v.inTurn)
		case i < 5:
			l.wait.Go(func() { v.alone(v.customer) })
			l.wait.Go(func() { v.alone(v.agent) })
		default:
			l.uploader, l.filesTalk = v.customer, v.ID
			l.wait.Go(func() { l.upload(v.customer, v.ID) })
		}
	}
}

// stop ends them; the last of each may stay unknown.
func (l *load) stop() {
	l.cancel()
	l.wait.Wait()
	for _, v := range l.talks {
		v.customer.hangUp()
		v.agent.hangUp()
	}
	l.http.CloseIdleConnections()
}

func (v *talk) inTurn() {
	for i := 1; ; i++ {
		by := []*end{v.customer, v.agent}[i%2]
		entry := []byte(nil)
		if i%10 == 0 {
			entry = by.Commit(v.Talk, by.l.org.Manifest, relaytest.Change{})
		} else {
			entry = by.Message(v.Talk, 200)
		}
		if !v.append(by, entry) {
			return
		}
		if i%10 == 0 {
			v.Apply(entry)
		}
	}
}

func (v *talk) alone(by *end) {
	for v.append(by, by.Message(v.Talk, 200)) {
	}
}

// append sends the entry until it is acknowledged; false when they stop.
func (v *talk) append(by *end, entry []byte) bool {
	id := wire.EntryID(entry)
	v.mu.Lock()
	v.pending[id] = true
	v.mu.Unlock()
	for try := 0; by.l.ctx.Err() == nil; try++ {
		at := by.connected()
		if at == nil {
			continue
		}
		got, err := at.Ask(by.l.ctx, relay.Append{Conversation: v.ID, Entry: entry})
		var code wire.Code
		switch {
		case err == nil:
			ack := got.(relay.Ack)
			v.mu.Lock()
			delete(v.pending, id)
			v.journal = append(v.journal, acknowledged{id, ack.Sequence})
			v.mu.Unlock()
			by.l.acked.Add(1)
			if try > 0 {
				by.l.again.Add(1)
			}
			if ack.Duplicate {
				by.l.stored.Add(1)
			}
			return true
		case errors.As(err, &code) && code != wire.Unavailable:
			by.l.t.Errorf("an entry was refused: %v", code)
			return false
		}
		by.hangUp()
	}
	return false
}

// connected gives the connection, or tries once to make one.
func (e *end) connected() *relaytest.Client {
	if e.client != nil {
		return e.client
	}
	raw := []byte(nil)
	if e.Credential != nil {
		raw = e.Credential.Bytes()
	} else {
		minted, err := token.MintHS256(relaytest.Secret, token.Minting{Subject: token.Thumbprint(e.Identity()), Thumbprint: token.Thumbprint(e.Identity())})
		if err != nil {
			e.l.t.Error(err)
			return nil
		}
		raw = []byte(minted)
	}
	ctx, cancel := context.WithTimeout(context.Background(), relaytest.Patience)
	defer cancel()
	client, err := relaytest.Dial(ctx, relaytest.DialOptions{
		URL: "ws://" + e.l.where() + "/v1/connect", Origin: relaytest.Origin, Host: "relay.example", Role: e.Role,
		Tenant: wire.TenantID(e.l.org.RootKey()), Identity: e.Key, Proof: raw,
	})
	if err != nil {
		if code, reason := relaytest.RefusalOf(err); code >= 4000 {
			e.l.t.Errorf("was not let in: %v", reason)
		}
		<-time.After(2 * time.Millisecond)
		return nil
	}
	e.client = client
	return client
}

func (e *end) hangUp() {
	if e.client != nil {
		e.client.CloseNow()
		e.client = nil
	}
}

// ticketed gives the files of a conversation, or nil.
func (e *end) ticketed(conversation wire.ID) *relaytest.Files {
	at := e.connected()
	if at == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), relaytest.Patience)
	defer cancel()
	ticket, err := at.Ticket(ctx, conversation)
	if err != nil {
		e.hangUp()
		return nil
	}
	return &relaytest.Files{Base: "http://" + e.l.where(), Ticket: ticket, Origin: relaytest.Origin, Client: &http.Client{Transport: e.l.http, Timeout: relaytest.Patience}}
}

// upload stores one file after the other, each of them through all restarts.
func (l *load) upload(by *end, conversation wire.ID) {
	for l.ctx.Err() == nil {
		file := make([]byte, 1<<20+300)
		rand.Read(file)
		id, kept := "", []int(nil)
		for l.ctx.Err() == nil {
			f := by.ticketed(conversation)
			if f == nil {
				continue
			}
			if l.uploadOne(f, &id, &kept, file) {
				l.mu.Lock()
				l.files[id] = sha256.Sum256(file)
				l.mu.Unlock()
				break
			}
			by.hangUp()
		}
	}
}

// uploadOne goes on with an upload until it is complete or the relay is gone.
func (l *load) uploadOne(f *relaytest.Files, id *string, kept *[]int, file []byte) bool {
	var err error
	if *id == "" {
		if *id, err = f.Create(l.ctx, len(file)); err != nil {
			*id = ""
			return false
		}
	}
	missing, err := f.Missing(l.ctx, *id)
	if err != nil {
		return false
	}
	for _, part := range missing {
		if slices.Contains(*kept, part) {
			l.t.Errorf("part %d was acknowledged and is gone", part)
		}
		<-time.After(20 * time.Millisecond)
		if err := f.Put(l.ctx, *id, part, file); err != nil {
			return false
		}
		*kept = append(*kept, part)
	}
	return f.Complete(l.ctx, *id) == nil
}

// check reads everything and compares it with what was acknowledged.
func (l *load) check() {
	l.t.Helper()
	for i, v := range l.talks {
		v.check(l.t, i)
	}
	var f *relaytest.Files
	for try := 0; f == nil && try < 100; try++ {
		f = l.uploader.ticketed(l.filesTalk)
	}
	if f == nil {
		l.t.Fatal("no ticket")
	}
	defer l.uploader.hangUp()
	for id, sum := range l.files {
		a, err := f.Do(context.Background(), "GET", "/v1/files/"+id, nil)
		if err != nil || a.Status != http.StatusOK || sha256.Sum256(a.Body) != sum {
			l.t.Errorf("a complete file is not what it was: %v", err)
		}
	}
	l.http.CloseIdleConnections()
}

func (v *talk) check(t *testing.T, number int) {
	t.Helper()
	var at *relaytest.Client
	for try := 0; at == nil && try < 100; try++ {
		at = v.customer.connected()
	}
	if at == nil {
		t.Fatal("cannot connect")
	}
	defer v.customer.hangUp()
	ctx := relaytest.Context(t)
	got, err := at.Ask(ctx, relay.Subscribe{Conversation: v.ID})
	if err != nil {
		t.Fatal(err)
	}
	head := got.(relay.Ack).Sequence
	log, sender := make([]wire.ID, 0, head), make(map[wire.ID]uint64)
	seen := make(map[wire.ID]bool)
	for n := uint64(1); n <= head; n++ {
		e, err := relaytest.Next[relay.Entry](ctx, at)
		if err != nil || e.Sequence != n {
			t.Fatalf("conversation %d: entry %d after %d, %v", number, e.Sequence, n-1, err)
		}
		id := wire.EntryID(e.Entry)
		if seen[id] {
			t.Errorf("conversation %d: entry %d is there twice", number, n)
		}
		seen[id] = true
		log = append(log, id)
		if entry, err := wire.DecodeEntry(e.Entry); err != nil {
			t.Errorf("conversation %d: entry %d: %v", number, n, err)
		} else if m := entry.Message; m != nil {
			if m.Counter <= sender[m.Sender] {
				t.Errorf("conversation %d: entry %d: counter %d after %d", number, n, m.Counter, sender[m.Sender])
			}
			sender[m.Sender] = m.Counter
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, a := range v.journal {
		if a.sequence > head || log[a.sequence-1] != a.id {
			t.Errorf("conversation %d: what was acknowledged as entry %d is not there", number, a.sequence)
		}
		delete(seen, a.id)
	}
	for id := range seen {
		if !v.pending[id] {
			t.Errorf("conversation %d: an entry that nobody sent", number)
		}
	}
}
