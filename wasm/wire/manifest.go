package wire

import "crypto/ed25519"

// Issuer is a key of the authority that may sign credentials of some roles.
type Issuer struct {
	Key       []byte // Ed25519 public key
	Roles     uint16 // bit 1<<role set: may issue it
	NotBefore uint64 // Unix seconds; its credentials lie inside
	NotAfter  uint64
}

// TokenIssuer is a public key under which the company's backend signs identity
// tokens (JWT). Key is a DER SubjectPublicKeyInfo.
type TokenIssuer struct {
	ID  string // kid
	Key []byte
}

// History says what ends may keep (SPEC section 8).
type History uint8

// The history modes.
const (
	HistoryNone         History = 0
	HistoryDevice       History = 1
	HistoryConversation History = 2
)

// Policy is the company's, the same for all its ends.
type Policy struct {
	History        History
	RetentionDays  uint32 // 0: no promise
	Grants         uint8  // 0 none, 1 since the last claim, 2 any epoch
	RotateMinutes  uint16 // 1 to 15
	RotateMessages uint16 // 1 to 50
}

// Manifest is what the root says about the company (SPEC section 3.2).
type Manifest struct {
	Sequence     uint64 // rises with each manifest; ends act under no older one than they saw
	Issued       uint64 // Unix seconds
	Expires      uint64 // Unix seconds
	Root         []byte // the Ed25519 root key that signed
	Issuers      []Issuer
	TokenIssuers []TokenIssuer
	Queues       []string
	Policy       Policy
	Archive      []byte // identity key of the archive member, or empty
	Signature    []byte

	raw []byte
}

func (m *Manifest) body() []byte {
	w := NewWriter(512)
	w.U8(Version)
	w.U64(m.Sequence)
	w.U64(m.Issued)
	w.U64(m.Expires)
	w.Raw(m.Root)
	w.U8(uint8(len(m.Issuers)))
	for _, i := range m.Issuers {
		w.Raw(i.Key)
		w.U16(i.Roles)
		w.U64(i.NotBefore)
		w.U64(i.NotAfter)
	}
	w.U8(uint8(len(m.TokenIssuers)))
	for _, t := range m.TokenIssuers {
		w.Bytes8([]byte(t.ID))
		w.Bytes16(t.Key)
	}
	w.U8(uint8(len(m.Queues)))
	for _, q := range m.Queues {
		w.Bytes8([]byte(q))
	}
	w.U8(uint8(m.Policy.History))
	w.U32(m.Policy.RetentionDays)
	w.U8(m.Policy.Grants)
	w.U16(m.Policy.RotateMinutes)
	w.U16(m.Policy.RotateMessages)
	w.Bytes8(m.Archive)
	return w.Bytes()
}

// Sign signs the manifest with the root key and returns its encoding. It
// refuses what DecodeManifest would refuse.
func (m *Manifest) Sign(root ed25519.PrivateKey) ([]byte, error) {
	if len(m.Issuers) > MaxManifestList || len(m.TokenIssuers) > MaxManifestList || len(m.Queues) > MaxManifestList {
		return nil, BadArgument
	}
	for _, i := range m.Issuers {
		if len(i.Key) != ed25519.PublicKeySize {
			return nil, BadKey
		}
	}
	for _, t := range m.TokenIssuers {
		if len(t.ID) > MaxKeyID || len(t.Key) > MaxTokenKey {
			return nil, BadArgument
		}
	}
	for _, q := range m.Queues {
		if len(q) > MaxQueue {
			return nil, BadArgument
		}
	}
	if n := len(m.Archive); n != 0 && n != ed25519.PublicKeySize {
		return nil, BadKey
	}
	m.Root = root.Public().(ed25519.PublicKey)
	body := m.body()
	m.Signature = Sign(root, "manifest", body)
	m.raw = append(body, m.Signature...)
	if _, err := DecodeManifest(m.raw, []Hash{Hash(m.Root)}); err != nil {
		return nil, err
	}
	return m.raw, nil
}

// Bytes returns the encoding it was decoded from or signed as.
func (m *Manifest) Bytes() []byte { return m.raw }

// Hash names the manifest in commits.
func (m *Manifest) Hash() Hash { return Sum("manifest", m.raw) }

// DecodeManifest checks form and signature; the signing root must be one of
// those pinned. Anything else is BadCredential.
func DecodeManifest(b []byte, roots []Hash) (*Manifest, error) {
	if len(b) > MaxManifest {
		return nil, TooLarge
	}
	r := NewReader(b)
	if v := r.U8(); !r.Failed() && v != Version {
		return nil, UnsupportedVersion
	}
	m := &Manifest{Sequence: r.U64(), Issued: r.U64(), Expires: r.U64(), Root: r.Raw(ed25519.PublicKeySize), raw: b}
	for range r.Count(MaxManifestList) {
		m.Issuers = append(m.Issuers, Issuer{Key: r.Raw(ed25519.PublicKeySize), Roles: r.U16(), NotBefore: r.U64(), NotAfter: r.U64()})
	}
	for range r.Count(MaxManifestList) {
		m.TokenIssuers = append(m.TokenIssuers, TokenIssuer{ID: r.name(MaxKeyID), Key: r.Bytes16(MaxTokenKey)})
	}
	for range r.Count(MaxManifestList) {
		m.Queues = append(m.Queues, r.name(MaxQueue))
	}
	m.Policy = Policy{History: History(r.U8()), RetentionDays: r.U32(), Grants: r.U8(), RotateMinutes: r.U16(), RotateMessages: r.U16()}
	m.Archive = r.Bytes8(ed25519.PublicKeySize)
	m.Signature = r.Raw(ed25519.SignatureSize)
	if err := r.Done(); err != nil {
		return nil, err
	}
	if !pinned(roots, m.Root) || !Verify(m.Root, "manifest", b[:len(b)-ed25519.SignatureSize], m.Signature) {
		return nil, BadCredential
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return m, nil
}

// check holds the rules on the values, which the root's owner could still break.
func (m *Manifest) check() error {
	p := m.Policy
	if m.Sequence == 0 || m.Expires <= m.Issued || p.History > HistoryConversation || p.Grants > 2 ||
		p.RotateMinutes < 1 || p.RotateMinutes > RotateMinutes || p.RotateMessages < 1 || p.RotateMessages > RotateMessages {
		return BadArgument
	}
	for i, q := range m.Queues {
		if q == "" || i > 0 && m.Queues[i-1] >= q {
			return BadArgument
		}
	}
	for _, i := range m.Issuers {
		if err := CheckIdentityKey(i.Key); err != nil {
			return err
		}
		if i.Roles == 0 || i.Roles&^0xfe != 0 || i.NotAfter <= i.NotBefore {
			return BadArgument
		}
	}
	if len(m.Archive) != 0 {
		return CheckIdentityKey(m.Archive)
	}
	return nil
}

func pinned(roots []Hash, key []byte) bool {
	for _, r := range roots {
		if Equal(r[:], key) {
			return true
		}
	}
	return false
}

// ValidAt returns Expired when the manifest has ended by this clock.
func (m *Manifest) ValidAt(unix uint64) error {
	if unix >= m.Expires {
		return Expired
	}
	return nil
}

// HasQueue tells whether the company has the queue.
func (m *Manifest) HasQueue(queue string) bool {
	for _, q := range m.Queues {
		if q == queue {
			return true
		}
	}
	return false
}

// CheckCredential tells whether an issuer of this manifest that may issue the
// role signed the credential, for a time inside its own. No clock: a
// credential that has ended still checks.
func (m *Manifest) CheckCredential(c *Credential) error {
	if c.Role == Archive && !Equal(c.Identity, m.Archive) {
		return BadCredential
	}
	for i := range m.Issuers {
		is := &m.Issuers[i]
		if KeyHash(is.Key) != c.Issuer || is.Roles&(1<<c.Role) == 0 || c.NotBefore < is.NotBefore || c.NotAfter > is.NotAfter {
			continue
		}
		if Verify(is.Key, "credential", c.raw[:len(c.raw)-ed25519.SignatureSize], c.Signature) {
			return nil
		}
	}
	return BadCredential
}
