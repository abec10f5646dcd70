package conversation

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"

	"github.com/sealwire/sealwire/wasm/wire"
)

// maxKeyPackages bounds the secrets of published key packages that an end keeps.
const maxKeyPackages = 1_024

// maxManifests bounds the manifests that an end keeps, by hash.
const maxManifests = 64

// packageSize is that of a package's secret in a saved end.
const packageSize = 32 + 8 + 1 + 32 + 64

type packageSecret struct {
	leaf    wire.Hash
	expires uint64
	many    bool // last resort: may be used more than once
	secret  *leafSecret
}

// End is one device of one person. Printing one shows no secret.
type End struct {
	role       wire.Role
	roots      []wire.Hash
	identity   ed25519.PrivateKey
	instance   wire.ID // random per page load
	credential *wire.Credential
	newest     *wire.Manifest
	manifests  map[wire.Hash]*wire.Manifest
	packages   []packageSecret
	chained    []wire.Hash // credentials that were seen to chain to newest, at most maxChained
	halves     []half      // of safety numbers, at most maxHalves
}

// String and GoString keep the secrets out of logs and messages.
func (End) String() string   { return "sealwire end" }
func (End) GoString() string { return "sealwire end" }

// NewEnd makes an end with a fresh identity that pins the given root keys.
func NewEnd(role wire.Role, roots []wire.Hash) (*End, error) {
	var seed [ed25519.SeedSize]byte
	rand.Read(seed[:])
	defer clear(seed[:])
	return newEnd(role, roots, seed[:])
}

func newEnd(role wire.Role, roots []wire.Hash, seed []byte) (*End, error) {
	if !role.Known() || len(roots) == 0 {
		return nil, wire.BadArgument
	}
	for _, r := range roots {
		if err := wire.CheckIdentityKey(r[:]); err != nil {
			return nil, err
		}
	}
	e := &End{role: role, roots: roots, identity: ed25519.NewKeyFromSeed(seed), manifests: make(map[wire.Hash]*wire.Manifest)}
	rand.Read(e.instance[:])
	return e, nil
}

// Identity is the public identity key.
func (e *End) Identity() []byte { return e.identity.Public().(ed25519.PublicKey) }

// ID is the member id in every roster.
func (e *End) ID() wire.ID { return wire.MemberID(e.Identity()) }

// Instance is random per load of this end.
func (e *End) Instance() wire.ID { return e.instance }

// Role is the role this end was made for.
func (e *End) Role() wire.Role { return e.role }

// Newest is the manifest with the highest sequence this end has seen, or nil.
func (e *End) Newest() *wire.Manifest { return e.newest }

func (e *End) manifest(h wire.Hash) *wire.Manifest { return e.manifests[h] }

// AddManifest verifies a manifest under the pinned roots. Offered as the newest
// it must not be older than any seen (RolledBack) nor over (Expired, now in
// Unix seconds); otherwise it is kept for the commits that name it, and one
// that is newer than any seen is the newest seen, whoever showed it.
func (e *End) AddManifest(b []byte, now uint64, newest bool) error {
	m, err := wire.DecodeManifest(bytes.Clone(b), e.roots)
	if err != nil {
		return err
	}
	if newest {
		if e.newest != nil && (m.Sequence < e.newest.Sequence || m.Sequence == e.newest.Sequence && m.Hash() != e.newest.Hash()) {
			return wire.RolledBack
		}
		if err := m.ValidAt(now); err != nil {
			return err
		}
		e.newestIs(m)
	} else if e.newest == nil || m.Sequence > e.newest.Sequence {
		e.newestIs(m)
	}
	if len(e.manifests) >= maxManifests { // a cache: what is missing is fetched again
		clear(e.manifests)
		e.manifests[e.newest.Hash()] = e.newest
	}
	e.manifests[m.Hash()] = m
	return nil
}

// maxChained bounds the credentials whose check is remembered.
const maxChained = 256

// chains is newest.CheckCredential, remembered: every send asks it of every
// member, and it costs a signature. Nothing about the credential can change.
func (e *End) chains(cr *wire.Credential) error {
	h := wire.Sum("chained", cr.Bytes())
	for _, known := range e.chained {
		if known == h {
			return nil
		}
	}
	if err := e.newest.CheckCredential(cr); err != nil {
		return err
	}
	if len(e.chained) >= maxChained {
		e.chained = e.chained[:0]
	}
	e.chained = append(e.chained, h)
	return nil
}

// newestIs takes the manifest as the newest.
func (e *End) newestIs(m *wire.Manifest) {
	e.newest, e.chained = m, nil
}

// SetCredential takes the credential under which this end acts from here on.
// It must name this end's identity, allow its role, chain to the newest
// manifest and be valid now (Unix seconds).
func (e *End) SetCredential(b []byte, now uint64) error {
	c, err := wire.DecodeCredential(bytes.Clone(b))
	if err != nil {
		return err
	}
	if e.newest == nil {
		return wire.Unavailable
	}
	if c.Role != e.role || !wire.Equal(c.Identity, e.Identity()) {
		return wire.BadCredential
	}
	if err := e.newest.CheckCredential(c); err != nil {
		return err
	}
	if err := c.EndedAt(now); err != nil {
		return err
	}
	e.credential = c
	return nil
}

// Hello makes the body of the first frame to a relay: it proves the identity
// over the relay's nonce, for this host only (SPEC section 10.2). The proof is
// a customer's identity token, or the company side's credential.
func (e *End) Hello(nonce, host, proof []byte) ([]byte, error) {
	if len(nonce) != 32 || len(host) > 255 || len(proof) > wire.MaxToken {
		return nil, wire.BadArgument
	}
	tenant := wire.TenantID(e.roots[0][:])
	w := wire.NewWriter(256 + len(proof))
	w.U8(wire.Version)
	w.U8(uint8(e.role))
	w.Raw(tenant[:])
	w.Raw(e.Identity())
	w.Bytes16(host)
	w.Bytes16(proof)
	w.Raw(wire.Sign(e.identity, "relay hello", helloInput(nonce, e.role, tenant, host, proof)))
	return w.Bytes(), nil
}

func helloInput(nonce []byte, role wire.Role, tenant wire.ID, host, proof []byte) []byte {
	proofHash := wire.Sum("relay proof", proof)
	w := wire.NewWriter(128)
	w.Raw(nonce)
	w.U8(uint8(role))
	w.Raw(tenant[:])
	w.Bytes16(host)
	w.Raw(proofHash[:])
	return w.Bytes()
}

// KeyPackage makes a key package that offers a fresh leaf until expires (Unix
// seconds). Its secret stays in the end until it has expired: save the end
// before publishing.
func (e *End) KeyPackage(expires uint64, lastResort bool) ([]byte, error) {
	use := uint8(wire.UseOffer)
	if lastResort {
		use = wire.UseLastResort
	}
	kp, err := e.keyPackage(expires, use)
	if err != nil {
		return nil, err
	}
	return kp.Bytes(), nil
}

func (e *End) keyPackage(expires uint64, use uint8) (*wire.KeyPackage, error) {
	if len(e.packages) >= maxKeyPackages {
		return nil, wire.TooLarge
	}
	secret, leaf := newLeaf()
	kp := &wire.KeyPackage{Credential: e.credential, Leaf: leaf, Expires: expires, Use: use}
	if _, err := kp.Sign(e.identity); err != nil {
		return nil, err
	}
	e.packages = append(e.packages, packageSecret{leaf: leaf.Hash(), expires: expires, many: use == wire.UseLastResort, secret: secret})
	return kp, nil
}

// renewed tells whether the end acts under another credential than the key
// package shows.
func (e *End) renewed(kp *wire.KeyPackage) bool {
	return e.credential != nil && (kp.Credential == nil || !wire.Equal(kp.Credential.Bytes(), e.credential.Bytes()))
}

// Expire drops the secrets of key packages that ended more than a day ago (a
// commit on its way may still use one) and returns how many it dropped.
// Conversations that stand on such a leaf keep their own copy.
func (e *End) Expire(now uint64) int {
	kept := e.packages[:0]
	dropped := 0
	for _, p := range e.packages {
		if now >= p.expires && now-p.expires >= 24*3600 {
			p.secret.wipe()
			dropped++
			continue
		}
		kept = append(kept, p)
	}
	clear(e.packages[len(kept):])
	e.packages = kept
	return dropped
}

func (e *End) packageFor(leaf wire.Leaf) *leafSecret {
	h := leaf.Hash()
	for _, p := range e.packages {
		if p.leaf == h {
			s := *p.secret
			return &s
		}
	}
	return nil
}

// spend drops the secret of a one-time key package whose member has put a leaf
// of its own in the leaf's place, so that a thief of the end finds nothing that
// opens what was sealed to it.
func (e *End) spend(leaf wire.Hash) {
	for i, p := range e.packages {
		if p.leaf == leaf && !p.many {
			p.secret.wipe()
			last := len(e.packages) - 1
			e.packages[i] = e.packages[last]
			e.packages[last] = packageSecret{}
			e.packages = e.packages[:last]
			return
		}
	}
}

// Wipe erases the secrets; the end is of no use afterwards.
func (e *End) Wipe() {
	clear(e.identity)
	for _, p := range e.packages {
		p.secret.wipe()
	}
	e.packages = nil
}

// Marshal encodes the end with its secrets, for package keystore to seal.
// Manifests other than the newest are fetched again when needed.
func (e *End) Marshal() []byte {
	var manifest, credential []byte
	if e.newest != nil {
		manifest = e.newest.Bytes()
	}
	if e.credential != nil {
		credential = e.credential.Bytes()
	}
	// Room for all of it, so that no half-written copy stays behind.
	w := wire.NewWriter(64 + len(manifest) + len(credential) + packageSize*len(e.packages))
	w.U8(wire.Version)
	w.U8(uint8(e.role))
	w.Raw(e.identity[:ed25519.SeedSize])
	w.Bytes16(manifest)
	w.Bytes16(credential)
	w.U16(uint16(len(e.packages)))
	for _, p := range e.packages {
		w.Raw(p.leaf[:])
		w.U64(p.expires)
		w.Bool(p.many)
		p.secret.write(w)
	}
	return w.Bytes()
}

// LoadEnd reads what Marshal wrote, under the roots pinned now and with a fresh
// instance id. A newest manifest that these roots do not stand behind is an
// error: the page pins another company.
func LoadEnd(b []byte, role wire.Role, roots []wire.Hash) (*End, error) {
	r := wire.NewReader(b)
	if v := r.U8(); !r.Failed() && v != wire.Version {
		return nil, wire.UnsupportedVersion
	}
	if wire.Role(r.U8()) != role {
		return nil, wire.BadArgument
	}
	seed := r.Raw(ed25519.SeedSize)
	manifest, credential := r.Bytes16(wire.MaxManifest), r.Bytes16(wire.MaxCredential)
	n := int(r.U16())
	if r.Failed() || n > maxKeyPackages {
		return nil, wire.BadArgument
	}
	e, err := newEnd(role, roots, seed)
	if err != nil {
		return nil, err
	}
	for range n {
		e.packages = append(e.packages, packageSecret{leaf: r.Hash(), expires: r.U64(), many: r.Bool(), secret: readLeafSecret(r)})
	}
	if err = r.Done(); err == nil && len(manifest) != 0 {
		if e.newest, err = wire.DecodeManifest(bytes.Clone(manifest), roots); err == nil {
			e.manifests[e.newest.Hash()] = e.newest
		}
	}
	if err == nil && len(credential) != 0 {
		e.credential, err = wire.DecodeCredential(bytes.Clone(credential))
	}
	if err != nil {
		e.Wipe()
		return nil, err
	}
	return e, nil
}
