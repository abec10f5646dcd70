package relaytest

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/mlkem"
	"crypto/rand"
	"slices"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Person makes entries that are valid in public. Where a real end seals
// secrets there are random bytes, of the right length.
type Person struct {
	Key        ed25519.PrivateKey
	Role       wire.Role
	Credential *wire.Credential // nil: the bare identity key of a customer

	instance wire.ID
	counter  uint64
}

// NewPerson has a fresh identity.
func NewPerson(role wire.Role) *Person {
	_, key, err := ed25519.GenerateKey(nil)
	must(err)
	p := &Person{Key: key, Role: role}
	rand.Read(p.instance[:])
	return p
}

// Identity is the public key.
func (p *Person) Identity() ed25519.PublicKey { return p.Key.Public().(ed25519.PublicKey) }

// ID is the member id.
func (p *Person) ID() wire.ID { return wire.MemberID(p.Identity()) }

// KeyPackage makes a fresh one that offers a leaf.
func (p *Person) KeyPackage(expires time.Time, lastResort bool) *wire.KeyPackage {
	if lastResort {
		return p.keyPackage(expires, wire.UseLastResort)
	}
	return p.keyPackage(expires, wire.UseOffer)
}

// Place makes one that stands in a commit or a join request.
func (p *Person) Place(expires time.Time) *wire.KeyPackage {
	return p.keyPackage(expires, wire.UsePlace)
}

func (p *Person) keyPackage(expires time.Time, use uint8) *wire.KeyPackage {
	x, err := ecdh.X25519().GenerateKey(rand.Reader)
	must(err)
	kem, err := mlkem.GenerateKey768()
	must(err)
	kp := &wire.KeyPackage{
		Credential: p.Credential, Leaf: append(x.PublicKey().Bytes(), kem.EncapsulationKey().Bytes()...),
		Expires: uint64(expires.Unix()), Use: use,
	}
	_, err = kp.Sign(p.Key)
	must(err)
	return kp
}

// Talk is one conversation as its public chain: what an end knows of it
// without any secret.
type Talk struct {
	ID    wire.ID
	Chain *wire.Chain
}

// NewTalk has a random id and an empty chain under the one manifest.
func NewTalk(manifest *wire.Manifest) *Talk {
	var id wire.ID
	rand.Read(id[:])
	hash := manifest.Hash()
	return &Talk{ID: id, Chain: wire.NewChain(id, func(h wire.Hash) *wire.Manifest {
		if h == hash {
			return manifest
		}
		return nil
	})}
}

// Apply reads an entry as members do; it panics if it is not valid.
func (t *Talk) Apply(entry []byte) {
	e, err := wire.DecodeEntry(entry)
	must(err)
	must(t.Chain.Apply(e))
}

// Genesis makes the first commit of a conversation.
func (p *Person) Genesis(t *Talk, manifest *wire.Manifest, queue string, others ...*wire.KeyPackage) []byte {
	m := &wire.Commit{Conversation: t.ID, ManifestHash: manifest.Hash(), SeenHash: wire.LogHash0(t.ID), Queue: queue}
	for _, kp := range others {
		m.Adds = append(m.Adds, wire.Add{Role: kp.Credential.Role, KeyPackage: kp})
	}
	return p.finish(t, m)
}

// Change is what a later commit does beside refreshing its maker.
type Change struct {
	Marks   uint8
	Adds    []*wire.KeyPackage
	Removes []wire.ID
}

// Commit makes a commit on the chain's head; it does not apply it.
func (p *Person) Commit(t *Talk, manifest *wire.Manifest, c Change) []byte {
	m := &wire.Commit{
		Conversation: t.ID, Epoch: t.Chain.Epoch() + 1, Parent: t.Chain.Head(), ManifestHash: manifest.Hash(),
		SeenIndex: 1, Marks: c.Marks, Removes: slices.Clone(c.Removes),
	}
	slices.SortFunc(m.Removes, func(a, b wire.ID) int { return bytes.Compare(a[:], b[:]) })
	for _, kp := range c.Adds {
		m.Adds = append(m.Adds, wire.Add{Role: kp.Credential.Role, KeyPackage: kp})
	}
	return p.finish(t, m)
}

func (p *Person) finish(t *Talk, m *wire.Commit) []byte {
	m.Role, m.KeyPackage, m.Time = p.Role, p.Place(time.Now().Add(24*time.Hour)), uint64(time.Now().UnixMilli())
	ephemeral, err := ecdh.X25519().GenerateKey(rand.Reader)
	must(err)
	m.Ephemeral = ephemeral.PublicKey().Bytes()
	if m.Marks&wire.MarkClose == 0 {
		for _, to := range t.Chain.Preview(m).Others(m) {
			m.Seals = append(m.Seals, wire.Seal{Ciphertext: random(wire.MLKEMCTSize), Box: random(16 + m.SealSize(to))})
		}
		m.Tag = random(wire.TagSize)
	}
	m.Sign(p.Key)
	return m.Encode()
}

// Message makes a message of the epoch of now whose padded plaintext has at
// least size bytes. The sealed bytes begin with what is given.
func (p *Person) Message(t *Talk, size int, begin ...byte) []byte {
	return p.message(t, wire.Stored, size, begin)
}

// Passing makes a message that is not stored.
func (p *Person) Passing(t *Talk) []byte { return p.message(t, wire.Passing, 0, nil) }

func (p *Person) message(t *Talk, retention uint8, size int, begin []byte) []byte {
	p.counter++
	m := &wire.Message{
		Conversation: t.ID, Epoch: t.Chain.Epoch(), Sender: p.ID(), Instance: p.instance, Counter: p.counter,
		Retention: retention, SeenIndex: 1, Sealed: random(16 + wire.Padded(size)),
	}
	rand.Read(m.Nonce[:])
	copy(m.Sealed, begin)
	return m.Encode()
}

// Join makes a join request for the member's own leaf.
func (p *Person) Join(t *Talk) []byte { return p.JoinAs(t, p.ID()) }

// JoinAs makes one for the leaf of any member.
func (p *Person) JoinAs(t *Talk, member wire.ID) []byte {
	j := &wire.JoinRequest{
		Conversation: t.ID, Leaf: t.Chain.Member(member).KeyPackage.Leaf.Hash(), Reason: wire.ReasonLost,
		KeyPackage: p.Place(time.Now().Add(time.Hour)),
	}
	raw, err := j.Sign(p.Key)
	must(err)
	return raw
}

// Answer makes the commit that answers a join request, made on the head.
func (p *Person) Answer(t *Talk, manifest *wire.Manifest, request []byte) []byte {
	e, err := wire.DecodeEntry(request)
	must(err)
	id := wire.EntryID(request)
	m := &wire.Commit{
		Conversation: t.ID, Epoch: t.Chain.Epoch() + 1, Parent: t.Chain.Head(), ManifestHash: manifest.Hash(), SeenIndex: 1, Answers: id[:],
	}
	for _, old := range t.Chain.Members() {
		if old.KeyPackage.Leaf.Hash() == e.Join.Leaf {
			m.Removes = []wire.ID{old.ID}
			m.Adds = []wire.Add{{Role: old.Role, KeyPackage: e.Join.KeyPackage}}
		}
	}
	return p.finish(t, m)
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// must panics: what this package makes is right, or the package is wrong.
func must(err error) {
	if err != nil {
		panic("relaytest: " + err.Error())
	}
}
