package conversation

import (
	"crypto/ed25519"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// day0 is when the tests happen: Unix milliseconds.
const day0 = uint64(1_800_000_000_000)

const queue = "default"

// company is a root, an issuer and a manifest.
type company struct {
	t        testing.TB
	root     ed25519.PrivateKey
	issuer   ed25519.PrivateKey
	manifest *wire.Manifest
}

func seed(n byte) ed25519.PrivateKey {
	s := make([]byte, ed25519.SeedSize)
	for i := range s {
		s[i] = n
	}
	return ed25519.NewKeyFromSeed(s)
}

func newCompany(t testing.TB, n byte) *company {
	c := &company{t: t, root: seed(n), issuer: seed(n + 1)}
	c.manifest = c.newManifest(1, nil)
	return c
}

func (c *company) newManifest(sequence uint64, change func(*wire.Manifest)) *wire.Manifest {
	c.t.Helper()
	m := &wire.Manifest{Sequence: sequence, Issued: day0/1000 - 3600, Expires: day0/1000 + 365*24*3600, Queues: []string{queue},
		Issuers: []wire.Issuer{{Key: c.issuer.Public().(ed25519.PublicKey), Roles: 0xfe, NotBefore: day0/1000 - 3600, NotAfter: day0/1000 + 365*24*3600}},
		Policy:  wire.Policy{History: wire.HistoryDevice, Grants: 1, RotateMinutes: 15, RotateMessages: 50}}
	if change != nil {
		change(m)
	}
	if _, err := m.Sign(c.root); err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *company) roots() []wire.Hash {
	return []wire.Hash{wire.Hash(c.root.Public().(ed25519.PublicKey))}
}

func (c *company) end(role wire.Role) *End {
	c.t.Helper()
	e, err := NewEnd(role, c.roots())
	if err != nil {
		c.t.Fatal(err)
	}
	if err := e.AddManifest(c.manifest.Bytes(), day0/1000, true); err != nil {
		c.t.Fatal(err)
	}
	return e
}

func (c *company) credential(e *End, alias string) []byte {
	c.t.Helper()
	cr := &wire.Credential{Role: e.role, Identity: e.Identity(), Alias: alias, Queues: []string{queue}, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 12*3600}
	raw, err := cr.Issue(c.issuer)
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

func (c *company) agent(alias string) *End {
	c.t.Helper()
	e := c.end(wire.Agent)
	if err := e.SetCredential(c.credential(e, alias), day0/1000); err != nil {
		c.t.Fatal(err)
	}
	return e
}

// log is an honest relay: it keeps order and refuses what is not valid.
type log struct {
	t       testing.TB
	chain   *wire.Chain
	entries [][]byte
}

func (l *log) append(entry []byte) error {
	e, err := wire.DecodeEntry(entry)
	if err != nil {
		return err
	}
	if err := l.chain.Apply(e); err != nil {
		return err
	}
	l.entries = append(l.entries, entry)
	return nil
}

func (l *log) mustAppend(entry []byte) {
	l.t.Helper()
	if err := l.append(entry); err != nil {
		l.t.Fatalf("append: %v", err)
	}
}

// pair is one conversation of a customer and an agent, its genesis read.
type pair struct {
	t        testing.TB
	company  *company
	log      *log
	customer *Conversation
	agent    *Conversation
	now      uint64
}

func newPair(t testing.TB) *pair { t.Helper(); return newPairUnder(t, nil) }

// newPairUnder has another manifest.
func newPairUnder(t testing.TB, change func(*wire.Manifest)) *pair {
	t.Helper()
	co := newCompany(t, 1)
	co.manifest = co.newManifest(1, change)
	customer, agent := co.end(wire.Customer), co.agent("Ana")
	kp, err := agent.KeyPackage(day0/1000+3600, false)
	if err != nil {
		t.Fatal(err)
	}
	conv, err := customer.Genesis(day0, queue, []Newcomer{{wire.Agent, kp}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{t: t, company: co, customer: conv, agent: agent.Join(conv.ID()), now: day0}
	p.log = &log{t: t, chain: wire.NewChain(conv.ID(), func(h wire.Hash) *wire.Manifest {
		if h == co.manifest.Hash() {
			return co.manifest
		}
		return nil
	})}
	p.log.mustAppend(conv.Pending())
	p.read(p.customer)
	p.read(p.agent)
	return p
}

// read catches a conversation up with the log and returns the events.
func (p *pair) read(c *Conversation) []*Event {
	p.t.Helper()
	var out []*Event
	for c.Index() < uint64(len(p.log.entries)) {
		ev, err := c.Receive(p.log.entries[c.Index()], p.now)
		if err != nil {
			p.t.Fatalf("receive entry %d: %v", c.Index()+1, err)
		}
		out = append(out, ev)
	}
	return out
}

// commit makes c commit and read it back.
func (p *pair) commit(c *Conversation) {
	p.t.Helper()
	entry, err := c.Commit(p.now, Moves{})
	if err != nil {
		p.t.Fatalf("commit: %v", err)
	}
	p.log.mustAppend(entry)
	p.read(c)
}

// send seals text, committing first where due, and appends it.
func (p *pair) send(c *Conversation, text string) []byte {
	p.t.Helper()
	p.read(c)
	due, err := c.Due(p.now)
	if err != nil {
		p.t.Fatalf("due: %v", err)
	}
	if due == DueCommit {
		p.commit(c)
	}
	entry, err := c.Seal(p.now, wire.Stored, []byte(text))
	if err != nil {
		p.t.Fatalf("seal: %v", err)
	}
	p.log.mustAppend(entry)
	return entry
}

// last is the newest event of c after catching up.
func (p *pair) last(c *Conversation) *Event {
	p.t.Helper()
	evs := p.read(c)
	if len(evs) == 0 {
		p.t.Fatal("nothing to read")
	}
	return evs[len(evs)-1]
}
