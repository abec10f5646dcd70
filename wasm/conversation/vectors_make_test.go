package conversation

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"testing/cryptotest"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// vectorMaker plays a scenario with real ends, records their secrets, and
// writes down what each entry comes to at each of them.
type vectorMaker struct {
	t       *testing.T
	v       vector
	root    ed25519.PrivateKey
	issuer  ed25519.PrivateKey
	members []*vectorMember
	now     uint64
}

type vectorMember struct {
	m    *vectorMaker
	end  *End
	conv *Conversation // nil until start
	out  *vectorEnd

	second func(numbers []int) []int // how the log is shown to it the second time; nil: as the first
}

func makeVector(t *testing.T, number uint64, s vectorScenario) []byte {
	t.Helper()
	cryptotest.SetGlobalRandom(t, number)
	m := &vectorMaker{t: t, root: vectorKey(), issuer: vectorKey(), now: day0}
	m.v.Comment = s.comment
	m.v.Root = hexBytes(m.root.Public().(ed25519.PublicKey))
	m.v.Ends, m.v.Entries = []*vectorEnd{}, []*vectorEntry{}
	s.play(m)
	for _, p := range m.members {
		for _, other := range m.members {
			m.v.Safety = append(m.v.Safety, vectorSafetyOf(p.out.Name, p.conv, other.end.ID()))
		}
	}
	return vectorJSON(t, &m.v)
}

func vectorKey() ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	return ed25519.NewKeyFromSeed(seed)
}

func (m *vectorMaker) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// manifest makes one, shows it to the members there are, and notes it down.
func (m *vectorMaker) manifest(sequence uint64, change func(*wire.Manifest)) *wire.Manifest {
	m.t.Helper()
	year := uint64(365 * 24 * 3600)
	mf := &wire.Manifest{Sequence: sequence, Issued: day0/1000 - 3600, Expires: day0/1000 + year, Queues: []string{"default"},
		Issuers: []wire.Issuer{{Key: m.issuer.Public().(ed25519.PublicKey), Roles: 0xfe, NotBefore: day0/1000 - 3600, NotAfter: day0/1000 + year}},
		Policy:  wire.Policy{History: wire.HistoryDevice, Grants: 1, RotateMinutes: 15, RotateMessages: 50}}
	if change != nil {
		change(mf)
	}
	raw, err := mf.Sign(m.root)
	m.must(err)
	hash := mf.Hash()
	m.v.Manifests = append(m.v.Manifests, vectorManifest{Manifest: raw, Hash: hash[:]})
	for _, member := range m.members {
		m.must(member.end.AddManifest(raw, m.now/1000, false))
	}
	return mf
}

// member makes an end that knows all good manifests.
func (m *vectorMaker) member(name string, role wire.Role) *vectorMember {
	m.t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	end, err := newEnd(role, []wire.Hash{wire.Hash(m.v.Root)}, seed)
	m.must(err)
	for _, mf := range m.v.Manifests {
		if mf.Code == "" {
			m.must(end.AddManifest(mf.Manifest, m.now/1000, false))
		}
	}
	p := &vectorMember{m: m, end: end, out: &vectorEnd{Name: name, Role: role, Seed: seed, Leaves: []vectorLeaf{}, Commits: []vectorCommit{}}}
	m.members = append(m.members, p)
	m.v.Ends = append(m.v.Ends, p.out)
	return p
}

// staff makes an end of the company, with a credential.
func (m *vectorMaker) staff(name string, role wire.Role) *vectorMember {
	m.t.Helper()
	p := m.member(name, role)
	m.must(p.end.SetCredential(m.credential(p.end, role, name, m.issuer), m.now/1000))
	return p
}

func (m *vectorMaker) credential(end *End, role wire.Role, alias string, issuer ed25519.PrivateKey) []byte {
	m.t.Helper()
	c := &wire.Credential{Role: role, Identity: end.Identity(), Alias: alias, Queues: []string{"default"}, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 12*3600}
	raw, err := c.Issue(issuer)
	m.must(err)
	return raw
}

// keyPackage publishes one; its leaf's secret is noted down.
func (p *vectorMember) keyPackage() []byte {
	p.m.t.Helper()
	return p.offers(p.end.role == wire.Inbox)
}

func (p *vectorMember) offers(lastResort bool) []byte {
	p.m.t.Helper()
	raw, err := p.end.KeyPackage(p.m.now/1000+3600, lastResort)
	p.m.must(err)
	leaf := leafOf(p.end.packages[len(p.end.packages)-1].secret)
	leaf.Many = lastResort
	p.out.Leaves = append(p.out.Leaves, leaf)
	return raw
}

// noted keeps the secrets of the pending commit and returns its entry.
func (p *vectorMember) noted() []byte {
	pending := p.conv.pending
	secret := pending.secret
	id := pending.id
	p.out.Commits = append(p.out.Commits, vectorCommit{ID: id[:], Secret: secret[:], Leaf: leafOf(pending.leaf)})
	return pending.entry
}

// begin makes the genesis for the agents, and every member follows the log.
func (p *vectorMember) begin(agents ...*vectorMember) { p.m.t.Helper(); p.continues(nil, agents...) }

// continues begins one that names another conversation.
func (p *vectorMember) continues(previous []byte, agents ...*vectorMember) {
	p.m.t.Helper()
	var adds []Newcomer
	for _, a := range agents {
		adds = append(adds, Newcomer{a.end.role, a.keyPackage()})
	}
	conv, err := p.end.Genesis(p.m.now, "default", adds, previous)
	p.m.must(err)
	p.conv = conv
	id := conv.ID()
	p.m.v.Conversation = id[:]
	for _, other := range p.m.members {
		if other != p {
			other.conv = other.end.Join(id)
		}
	}
	p.m.append("genesis", p.noted())
}

// append gives the entry to every member and notes what it came to.
func (m *vectorMaker) append(comment string, entry []byte) *vectorEntry {
	m.t.Helper()
	return m.deliver(&vectorEntry{Comment: comment, Entry: entry})
}

func (m *vectorMaker) deliver(e *vectorEntry) *vectorEntry {
	m.t.Helper()
	m.v.Entries = append(m.v.Entries, e)
	for _, p := range m.members {
		reading, rewound := p.reads(e)
		if rewound {
			reading.Again = p.readsAgain()
		}
		e.Readings = append(e.Readings, reading)
	}
	return e
}

// reads notes the content where the entry opens.
func (p *vectorMember) reads(e *vectorEntry) (vectorReading, bool) {
	reading, content, rewound := vectorRead(p.conv, e.Entry, e.Passing, p.m.now)
	if reading.Type == "message" {
		c := hexBytes(content)
		e.Content = &c
	}
	return reading, rewound
}

// readsAgain reads the log from its beginning, in the order of the second time.
func (p *vectorMember) readsAgain() (again []vectorAgain) {
	var numbers []int
	for n, e := range p.m.v.Entries {
		if !e.Passing {
			numbers = append(numbers, n+1)
		}
	}
	if p.second != nil {
		numbers = p.second(numbers)
	}
	for _, n := range numbers {
		reading, _ := p.reads(p.m.v.Entries[n-1])
		again = append(again, vectorAgain{n, reading})
	}
	return again
}

// expect fails the making unless every member came to that code ("" for none).
func (e *vectorEntry) expect(m *vectorMaker, code string) {
	m.t.Helper()
	for n, r := range e.Readings {
		if r.Code != code {
			m.t.Fatalf("%s at the %s: code %q, want %q", e.Comment, m.members[n].out.Name, r.Code, code)
		}
	}
}

func (p *vectorMember) commit(comment string, moves Moves) {
	p.m.t.Helper()
	_, err := p.conv.Commit(p.m.now, moves)
	p.m.must(err)
	p.m.append(comment, p.noted()).expect(p.m, "")
}

// seal makes a message entry, after a commit where one is due.
func (p *vectorMember) seal(content []byte) []byte {
	p.m.t.Helper()
	due, err := p.conv.Due(p.m.now)
	p.m.must(err)
	if due == DueCommit {
		p.commit(p.out.Name+" commits", Moves{})
	}
	entry, err := p.conv.Seal(p.m.now, wire.Stored, content)
	p.m.must(err)
	return entry
}

func (p *vectorMember) say(text string) *vectorEntry {
	p.m.t.Helper()
	return p.m.append(p.out.Name+" says", p.seal([]byte(text)))
}

// reload saves the end and its conversation and loads them as another instance.
func (p *vectorMember) reload(end, conv []byte) {
	p.m.t.Helper()
	credential := p.end.credential
	var err error
	p.end, err = LoadEnd(end, p.end.role, p.end.roots)
	p.m.must(err)
	for _, mf := range p.m.v.Manifests {
		if mf.Code == "" {
			p.m.must(p.end.AddManifest(mf.Manifest, p.m.now/1000, false))
		}
	}
	p.end.credential = credential
	p.conv, err = p.end.LoadConversation(conv)
	p.m.must(err)
}

// forge is a commit of this member that nobody checks before it leaves. The
// first change is made before it is sealed, the second before it is signed.
func (p *vectorMember) forge(change, sealed func(*wire.Commit)) []byte {
	return p.forgeAs(p.end, change, sealed)
}

func (p *vectorMember) forgeAs(by *End, change, sealed func(*wire.Commit)) []byte {
	p.m.t.Helper()
	c := p.conv
	_, public := newLeaf()
	kp := &wire.KeyPackage{Credential: by.credential, Leaf: public, Expires: p.m.now/1000 + 3600, Use: wire.UsePlace}
	_, err := kp.Sign(by.identity)
	p.m.must(err)
	commit := &wire.Commit{Conversation: c.ID(), Epoch: c.Epoch() + 1, Parent: c.TranscriptHash(), ManifestHash: by.newest.Hash(),
		SeenIndex: c.index, SeenHash: c.LogHash(), Time: p.m.now, KeyPackage: kp, Role: by.role}
	var ephemeral leafSecret
	rand.Read(ephemeral.x25519[:])
	commit.Ephemeral = x25519Public(&ephemeral)
	if change != nil {
		change(commit)
	}
	pending := &pendingCommit{}
	rand.Read(pending.secret[:])
	if commit.Marks&wire.MarkClose == 0 {
		p.m.must(c.sealCommit(commit, pending, &ephemeral))
	}
	if sealed != nil {
		sealed(commit)
	}
	// The encoding of the seals is kept in it: a fresh one has none.
	fresh := &wire.Commit{Conversation: commit.Conversation, Epoch: commit.Epoch, Parent: commit.Parent, ManifestHash: commit.ManifestHash,
		SeenIndex: commit.SeenIndex, SeenHash: commit.SeenHash, Time: commit.Time, KeyPackage: commit.KeyPackage, Marks: commit.Marks,
		Role: commit.Role, Queue: commit.Queue, Previous: commit.Previous, Adds: commit.Adds, Removes: commit.Removes, Grants: commit.Grants,
		Answers: commit.Answers, Ephemeral: commit.Ephemeral, Seals: commit.Seals, Tag: commit.Tag}
	fresh.Sign(by.identity)
	return fresh.Encode()
}

// forgeMessage is a message of this member's epoch that nobody checks: the
// header is changed before it is signed, the plaintext before it is sealed.
func (p *vectorMember) forgeMessage(content []byte, header func(*wire.Message), plaintext func([]byte)) []byte {
	c := p.conv
	m := &wire.Message{Conversation: c.ID(), Epoch: c.Epoch(), Sender: p.end.ID(), Instance: p.end.instance, Counter: c.counter + 1,
		Retention: wire.Stored, SeenIndex: c.index, SeenHash: c.LogHash()}
	rand.Read(m.Nonce[:])
	if header != nil {
		header(m)
	}
	w := wire.NewWriter(wire.Padded(wire.MessageOverhead + len(content)))
	w.Bytes32(content)
	w.Raw(wire.Sign(p.end.identity, "message", signedMessage(c.TranscriptHash(), m.Header(), content)))
	plain := w.Bytes()[:wire.Padded(wire.MessageOverhead+len(content))]
	if plaintext != nil {
		plaintext(plain)
	}
	m.Sealed = nacl.Seal(nil, plain, &m.Nonce, messageKey(c.secrets.epoch[:], m.Header()))
	return m.Encode()
}
