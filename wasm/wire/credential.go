package wire

import (
	"crypto/ed25519"
	"unicode/utf8"
)

// Role is what a member may do (SPEC section 5.4).
type Role uint8

// The roles, in credentials and in rosters.
const (
	Customer   Role = 1
	Guest      Role = 2
	Agent      Role = 3
	Supervisor Role = 4
	Bot        Role = 5
	Inbox      Role = 6
	Archive    Role = 7
)

// Known tells whether the role is one of the seven.
func (r Role) Known() bool { return r >= Customer && r <= Archive }

// Speaks tells whether a member in this role may send messages.
func (r Role) Speaks() bool { return r == Customer || r == Guest || r == Agent || r == Bot }

// company tells whether the role stands for the company, and so needs a
// credential that holds the conversation's queue.
func (r Role) company() bool { return r == Agent || r == Supervisor || r == Bot || r == Inbox }

// covers tells whether a credential of this role allows that role in a roster.
func (r Role) covers(roster Role) bool {
	return r == roster || r == Supervisor && roster == Agent
}

// maxShift is how long a credential of somebody at work may be valid: a stolen
// or departed one ends by itself.
const maxShift = 24 * 3600

// Credential binds an identity key to a role and a public name, signed by an
// issuer that the manifest names (SPEC section 3.3).
type Credential struct {
	Role      Role
	Identity  []byte   // Ed25519 public key
	Alias     string   // public alias or pseudonym, never an internal id
	Statement []byte   // empty, or the 32-byte salted hash of what is known of a customer
	Queues    []string // queues it may hold; empty for customers
	NotBefore uint64   // Unix seconds
	NotAfter  uint64   // Unix seconds
	Issuer    Hash     // KeyHash of the issuer's key
	Signature []byte

	raw []byte
}

func (c *Credential) body() []byte {
	w := NewWriter(256)
	w.U8(Version)
	w.U8(uint8(c.Role))
	w.Raw(c.Identity)
	w.Bytes8([]byte(c.Alias))
	w.Bytes8(c.Statement)
	w.U8(uint8(len(c.Queues)))
	for _, q := range c.Queues {
		w.Bytes8([]byte(q))
	}
	w.U64(c.NotBefore)
	w.U64(c.NotAfter)
	w.Raw(c.Issuer[:])
	return w.Bytes()
}

// Issue signs the credential with the issuer's key and returns its encoding.
// It refuses what DecodeCredential would refuse.
func (c *Credential) Issue(issuer ed25519.PrivateKey) ([]byte, error) {
	if len(c.Alias) > MaxAlias || len(c.Queues) > MaxQueues || len(c.Identity) != ed25519.PublicKeySize || len(c.Statement) > 32 {
		return nil, BadArgument
	}
	for _, q := range c.Queues {
		if len(q) > MaxQueue {
			return nil, BadArgument
		}
	}
	c.Issuer = KeyHash(issuer.Public().(ed25519.PublicKey))
	body := c.body()
	c.Signature = Sign(issuer, "credential", body)
	c.raw = append(body, c.Signature...)
	if _, err := DecodeCredential(c.raw); err != nil {
		return nil, err
	}
	return c.raw, nil
}

// Bytes returns the encoding it was decoded from or issued as.
func (c *Credential) Bytes() []byte { return c.raw }

// DecodeCredential checks form, key and lifetime; who signed is asked of
// [Manifest.CheckCredential].
func DecodeCredential(b []byte) (*Credential, error) {
	if len(b) > MaxCredential {
		return nil, TooLarge
	}
	r := NewReader(b)
	if v := r.U8(); !r.Failed() && v != Version {
		return nil, UnsupportedVersion
	}
	c := &Credential{Role: Role(r.U8()), Identity: r.Raw(ed25519.PublicKeySize), raw: b}
	c.Alias = r.name(MaxAlias)
	c.Statement = r.Bytes8(32)
	for range r.Count(MaxQueues) {
		c.Queues = append(c.Queues, r.name(MaxQueue))
	}
	c.NotBefore, c.NotAfter, c.Issuer = r.U64(), r.U64(), r.Hash()
	c.Signature = r.Raw(ed25519.SignatureSize)
	if err := r.Done(); err != nil {
		return nil, err
	}
	switch {
	case !c.Role.Known(), len(c.Statement) != 0 && len(c.Statement) != 32, c.NotAfter <= c.NotBefore:
		return nil, BadCredential
	case (c.Role == Agent || c.Role == Supervisor || c.Role == Bot) && c.NotAfter-c.NotBefore > maxShift:
		return nil, BadCredential
	case !c.Role.company() && len(c.Queues) != 0:
		return nil, BadCredential
	}
	for i, q := range c.Queues {
		if q == "" || i > 0 && c.Queues[i-1] >= q { // sorted, so that one set has one form
			return nil, BadCredential
		}
	}
	if err := CheckIdentityKey(c.Identity); err != nil {
		return nil, err
	}
	return c, nil
}

// Holds tells whether the credential names the queue.
func (c *Credential) Holds(queue string) bool {
	for _, q := range c.Queues {
		if q == queue {
			return true
		}
	}
	return false
}

// ValidAt returns Expired unless the time, in Unix seconds, lies in the
// credential's validity. Only senders ask this (SPEC section 4.3).
func (c *Credential) ValidAt(unix uint64) error {
	if unix < c.NotBefore || unix >= c.NotAfter {
		return Expired
	}
	return nil
}

// EndedAt returns Expired when the credential has ended. A credential that is
// not valid yet stands: the clock that says so is as likely the slow one.
func (c *Credential) EndedAt(unix uint64) error {
	if unix >= c.NotAfter {
		return Expired
	}
	return nil
}

// hidden are first and last of the ranges of characters that a name has not: they
// control, or show as nothing, and could show one name as another. The joiners
// U+200C and U+200D are not among them, for some scripts spell with them, nor is
// U+FE0F, for emoji have it.
var hidden = [...]rune{0, 0x1f, 0x7f, 0x9f, 0xad, 0xad, 0x34f, 0x34f, 0x61c, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180f,
	0x200b, 0x200b, 0x200e, 0x200f, 0x2028, 0x202e, 0x2060, 0x206f, 0x2800, 0x2800, 0x3164, 0x3164,
	0xfe00, 0xfe0e, 0xfeff, 0xfeff, 0xffa0, 0xffa0, 0xfff0, 0xfffb, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0fff}

// name reads a short text for people: UTF-8 without hidden characters.
func (r *Reader) name(limit int) string {
	p := r.Bytes8(limit)
	if !utf8.Valid(p) {
		r.Fail()
		return ""
	}
	for _, c := range string(p) {
		for i := 0; i < len(hidden); i += 2 {
			if c >= hidden[i] && c <= hidden[i+1] {
				r.Fail()
				return ""
			}
		}
	}
	return string(p)
}
