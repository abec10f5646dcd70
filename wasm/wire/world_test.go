package wire

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/mlkem"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// The world of these tests is made from fixed seeds: what it encodes is the
// same in every run. Boxes and tags are noise of the right length, for nothing
// here opens them.

const (
	someDay = uint64(1_800_000_000) // Unix seconds
	queueA  = "default"
)

type world struct {
	t         testing.TB
	noise     *rand.ChaCha8
	root      ed25519.PrivateKey
	issuer    ed25519.PrivateKey
	manifest  *Manifest // that commits name
	manifests map[Hash]*Manifest
	id        ID
}

func keyOf(n byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = n
	}
	return ed25519.NewKeyFromSeed(seed)
}

func pub(k ed25519.PrivateKey) []byte { return k.Public().(ed25519.PublicKey) }

func newWorld(t testing.TB) *world {
	w := &world{t: t, noise: rand.NewChaCha8([32]byte{42}), root: keyOf(1), issuer: keyOf(2), manifests: map[Hash]*Manifest{}, id: ID{0xc0, 15: 1}}
	w.manifest = w.newManifest(1, nil)
	return w
}

func (w *world) random(n int) []byte {
	b := make([]byte, n)
	w.noise.Read(b)
	return b
}

func (w *world) newManifest(sequence uint64, change func(*Manifest)) *Manifest {
	w.t.Helper()
	m := w.manifestDraft(sequence)
	if change != nil {
		change(m)
	}
	if _, err := m.Sign(w.root); err != nil {
		w.t.Fatalf("manifest: %v", err)
	}
	w.manifests[m.Hash()] = m
	return m
}

func (w *world) manifestDraft(sequence uint64) *Manifest {
	return &Manifest{Sequence: sequence, Issued: someDay, Expires: someDay + 1000*3600, Queues: []string{queueA, "sales"},
		Issuers:      []Issuer{{Key: pub(w.issuer), Roles: 0xfe, NotBefore: someDay, NotAfter: someDay + 900*3600}},
		TokenIssuers: []TokenIssuer{{ID: "k1", Key: []byte{0x30, 0x03, 1, 2, 3}}},
		Policy:       Policy{History: HistoryDevice, RetentionDays: 90, Grants: 2, RotateMinutes: 15, RotateMessages: 50}}
}

func (w *world) roots() []Hash { return []Hash{Hash(pub(w.root))} }

func (w *world) chain() *Chain {
	return NewChain(w.id, func(h Hash) *Manifest { return w.manifests[h] })
}

// actor is somebody with an identity and, unless bare, a credential.
type actor struct {
	key  ed25519.PrivateKey
	role Role
	cred *Credential
}

func (a *actor) id() ID { return MemberID(pub(a.key)) }

func (w *world) bare(n byte) *actor { return &actor{key: keyOf(n), role: Customer} }

func (w *world) actor(n byte, role Role, change func(*Credential)) *actor {
	w.t.Helper()
	c := &Credential{Role: role, Identity: pub(keyOf(n)), Alias: "Ana", NotBefore: someDay + 3600, NotAfter: someDay + 9*3600}
	if role.company() {
		c.Queues = []string{queueA}
	}
	if change != nil {
		change(c)
	}
	if _, err := c.Issue(w.issuer); err != nil {
		w.t.Fatalf("credential: %v", err)
	}
	return &actor{key: keyOf(n), role: role, cred: c}
}

func (w *world) leaf() Leaf {
	x, err := ecdh.X25519().NewPrivateKey(w.random(32))
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := mlkem.NewDecapsulationKey768(w.random(64))
	if err != nil {
		w.t.Fatal(err)
	}
	return append(x.PublicKey().Bytes(), k.EncapsulationKey().Bytes()...)
}

// keyPackage is an offer; place is what stands in a commit or a join request.
func (w *world) keyPackage(a *actor) *KeyPackage { return w.signed(a, w.leaf(), UseOffer) }

func (w *world) keyPackageWith(a *actor, leaf Leaf) *KeyPackage { return w.signed(a, leaf, UseOffer) }

func (w *world) place(a *actor) *KeyPackage { return w.signed(a, w.leaf(), UsePlace) }

func (w *world) placeWith(a *actor, leaf Leaf) *KeyPackage { return w.signed(a, leaf, UsePlace) }

func (w *world) signed(a *actor, leaf Leaf, use uint8) *KeyPackage {
	w.t.Helper()
	kp := &KeyPackage{Credential: a.cred, Leaf: leaf, Expires: someDay + 24*3600, Use: use}
	if _, err := kp.Sign(a.key); err != nil {
		w.t.Fatalf("key package: %v", err)
	}
	return kp
}

// draft is a commit under construction: hooks of a test may break it before
// its seals, after them, or after it is signed.
type draft struct {
	commit          *Commit
	by              *actor
	sealed, signed_ func(*Commit)
}

// draft begins a commit that would be valid on the chain's head.
func (w *world) draft(c *Chain, by *actor, change func(*draft)) *Commit {
	w.t.Helper()
	m := &Commit{Conversation: w.id, Parent: c.Head(), ManifestHash: w.manifest.Hash(), Time: someDay * 1000, KeyPackage: w.place(by), Role: by.role, Ephemeral: w.leaf().X25519()}
	if c.Started() {
		m.Epoch, m.SeenIndex, m.SeenHash = c.Epoch()+1, 1, Hash(w.random(32))
	} else {
		m.SeenHash, m.Queue = LogHash0(w.id), queueA
	}
	d := &draft{commit: m, by: by}
	if change != nil {
		change(d)
	}
	if m.Marks&MarkClose == 0 && m.Seals == nil {
		for _, to := range c.Preview(m).Others(m) {
			m.Seals = append(m.Seals, Seal{Ciphertext: w.random(MLKEMCTSize), Box: w.random(boxOverhead + m.SealSize(to))})
		}
		if m.Tag == nil {
			m.Tag = w.random(TagSize)
		}
	}
	if d.sealed != nil {
		d.sealed(m)
	}
	m.Sign(d.by.key)
	if d.signed_ != nil {
		d.signed_(m)
	}
	return m
}

func (w *world) commit(c *Chain, by *actor, change func(*draft)) []byte {
	w.t.Helper()
	return w.draft(c, by, change).Encode()
}

func (w *world) adds(roles map[*actor]Role, who ...*actor) []Add {
	var out []Add
	for _, a := range who {
		role := a.role
		if r, ok := roles[a]; ok {
			role = r
		}
		out = append(out, Add{Role: role, KeyPackage: w.keyPackage(a)})
	}
	return out
}

func (w *world) apply(c *Chain, entry []byte) {
	w.t.Helper()
	if err := apply(c, entry); err != nil {
		w.t.Fatalf("apply: %v", err)
	}
}

func apply(c *Chain, entry []byte) error {
	e, err := DecodeEntry(entry)
	if err != nil {
		return err
	}
	return c.Apply(e)
}

// begun is a chain whose genesis the customer made with the given newcomers.
func (w *world) begun(customer *actor, newcomers ...*actor) *Chain {
	w.t.Helper()
	c := w.chain()
	w.apply(c, w.commit(c, customer, func(d *draft) { d.commit.Adds = w.adds(nil, newcomers...) }))
	return c
}

func (w *world) join(a *actor, leaf Hash) []byte {
	w.t.Helper()
	raw, err := (&JoinRequest{Conversation: w.id, Leaf: leaf, Reason: ReasonLost, KeyPackage: w.place(a)}).Sign(a.key)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

func (w *world) message(c *Chain, by *actor, change func(*Message)) []byte {
	m := &Message{Conversation: w.id, Epoch: c.Epoch(), Sender: by.id(), Instance: ID(w.random(16)), Counter: 1, Retention: Stored,
		SeenIndex: 1, SeenHash: Hash(w.random(32)), Nonce: [24]byte(w.random(24)), Sealed: w.random(boxOverhead + PadFloor)}
	if change != nil {
		change(m)
	}
	return m.Encode()
}

func code(t testing.TB, name string, err error, want Code) {
	t.Helper()
	if want == 0 {
		if err != nil {
			t.Errorf("%s: %v, want none", name, err)
		}
		return
	}
	if err != want {
		t.Errorf("%s: %v, want %v", name, err, want)
	}
}

func u64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
func u16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }
func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
