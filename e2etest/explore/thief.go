package explore

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/sha512"
	"reflect"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Thief holds whole states of ends, as many and of whatever times, and opens
// what any of their secrets open, by the words of SPEC sections 5 and 6 and not
// by the code that the ends run.
type Thief struct {
	inits   map[string]bool
	epochs  map[string]bool
	commits map[string]bool // secrets of commits
	leaves  map[string]leafKey
}

type leafKey struct {
	public wire.Leaf
	x25519 [32]byte
	mlkem  *mlkem.DecapsulationKey768
}

// loot is what an end held at some moment, and before.
type loot struct {
	before                         *loot
	inits, epochs, commits, leaves []string
}

var leafKeys = map[string]leafKey{}

// with is the loot when there is this to take too.
func (l *loot) with(e *conversation.End, c *conversation.Conversation) *loot {
	n := &loot{before: l}
	v := reflect.ValueOf(c).Elem()
	keep(&n.inits, v.FieldByName("secrets").FieldByName("init"))
	keep(&n.epochs, v.FieldByName("secrets").FieldByName("epoch"))
	for past, i := v.FieldByName("past"), 0; i < past.Len(); i++ {
		keep(&n.epochs, past.Index(i).FieldByName("secret"))
	}
	keep(&n.leaves, v.FieldByName("leaf"))
	if p := v.FieldByName("pending"); !p.IsNil() {
		keep(&n.commits, p.Elem().FieldByName("secret"))
		keep(&n.leaves, p.Elem().FieldByName("leaf"))
	}
	packages := reflect.ValueOf(e).Elem().FieldByName("packages")
	for i := range packages.Len() {
		keep(&n.leaves, packages.Index(i).FieldByName("secret"))
	}
	if l != nil && slices.Equal(l.inits, n.inits) && slices.Equal(l.epochs, n.epochs) && slices.Equal(l.commits, n.commits) && slices.Equal(l.leaves, n.leaves) {
		return l
	}
	return n
}

func keep(in *[]string, v reflect.Value) {
	var b []byte
	if gather(v, &b); len(b) > 0 {
		*in = append(*in, string(b))
	}
}

// Steal takes all secrets of a member as it lies on disk.
func (t *Thief) Steal(m *Member) { t.take((*loot)(nil).with(m.open(false))) }

// StealAll takes all that a member ever held.
func (t *Thief) StealAll(m *Member) {
	for l := m.loot; l != nil; l = l.before {
		t.take(l)
	}
}

func (t *Thief) take(l *loot) {
	if t.inits == nil {
		t.inits, t.epochs, t.commits, t.leaves = map[string]bool{string(make([]byte, 64)): true}, map[string]bool{}, map[string]bool{}, map[string]leafKey{}
	}
	for _, s := range l.inits {
		t.inits[s] = true
	}
	for _, s := range l.epochs {
		t.epochs[s] = true
	}
	for _, s := range l.commits {
		t.commits[s] = true
	}
	for _, s := range l.leaves {
		if _, known := t.leaves[s]; !known {
			t.leaves[s] = leaf(s)
		}
	}
}

// leaf has the public halves too, which take long to make.
func leaf(secret string) (k leafKey) {
	k, known := leafKeys[secret]
	if known {
		return k
	}
	defer func() { leafKeys[secret] = k }()
	copy(k.x25519[:], secret)
	var err error
	k.mlkem, err = mlkem.NewDecapsulationKey768([]byte(secret[32:]))
	must(err)
	k.public = append(append(wire.Leaf{}, nacl.Public(&k.x25519)[:]...), k.mlkem.EncapsulationKey().Bytes()...)
	return k
}

// Opens gives the places of the messages in a log that the thief reads.
func (t *Thief) Opens(l *Log) []uint64 {
	var out []uint64
	for n, p := range l.Entries {
		switch {
		case p.Err != nil:
		case p.Kind == wire.KindCommit:
			t.learn(p.decoded.Commit, p.After)
		case p.Kind == wire.KindMessage:
			for epoch := range t.epochs {
				m := p.decoded.Message
				key := expand([]byte(epoch), 32, "message key", m.Header())
				if _, err := nacl.Open(nil, m.Sealed, &m.Nonce, (*[32]byte)(key)); err == nil {
					out = append(out, uint64(n+1))
					break
				}
			}
		}
	}
	return out
}

// learn takes from a commit what the secrets held give of it.
func (t *Thief) learn(m *wire.Commit, after *wire.Chain) {
	var shares [][]byte
	body := wire.Sum("commit body", m.Body())
	for i, to := range after.Others(m) {
		for _, own := range t.leaves {
			if wire.Equal(own.public, to.KeyPackage.Leaf) {
				if plain := t.unseal(m, m.Seals[i], own, to, body); plain != nil {
					shares = append(shares, plain)
				}
			}
		}
	}
	var joiners [][]byte
	for _, s := range shares {
		if len(s) >= 64 {
			joiners = append(joiners, s[:64])
			for granted := s[64:]; len(granted) >= 32; granted = granted[32:] {
				t.epochs[string(granted[:32])] = true
			}
		} else {
			t.commits[string(s)] = true
		}
	}
	for secret := range t.commits {
		for init := range t.inits {
			joiners = append(joiners, extract([]byte(init), []byte(secret)))
		}
	}
	confirmed := m.Confirmed()
	for _, j := range joiners {
		epoch := expand(j, 32, "epoch", confirmed[:])
		mac := hmac.New(sha512.New, expand(epoch, 64, "confirm"))
		mac.Write(wire.Label("tag"))
		mac.Write(confirmed[:])
		if wire.Equal(mac.Sum(nil)[:32], m.Tag) {
			t.epochs[string(epoch)] = true
			t.inits[string(expand(j, 64, "init", confirmed[:]))] = true
		}
	}
}

func (t *Thief) unseal(m *wire.Commit, s wire.Seal, own leafKey, to wire.Member, body wire.Hash) []byte {
	k1, err := nacl.Before((*[32]byte)(m.Ephemeral), &own.x25519)
	if err != nil {
		return nil
	}
	k2, err := own.mlkem.Decapsulate(s.Ciphertext)
	if err != nil {
		return nil
	}
	kind := byte(1)
	if m.Newcomer(to.ID) {
		kind = 2
	}
	k := expand(extract(nil, append(append([]byte{}, k1[:]...), k2...)), 32, "seal", body[:], []byte{kind}, to.ID[:], m.Ephemeral, own.public, s.Ciphertext)
	plain, err := nacl.Open(nil, s.Box, new([24]byte), (*[32]byte)(k))
	if err != nil {
		return nil
	}
	return plain
}

func extract(salt, ikm []byte) []byte {
	prk, err := hkdf.Extract(sha512.New, ikm, salt)
	must(err)
	return prk
}

func expand(prk []byte, size int, purpose string, parts ...[]byte) []byte {
	info := wire.Label(purpose)
	for _, p := range parts {
		info = append(info, p...)
	}
	out, err := hkdf.Expand(sha512.New, prk, string(info), size)
	must(err)
	return out
}
