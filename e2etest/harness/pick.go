package harness

import (
	"bytes"
	"crypto/mlkem"
	"slices"

	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// What somebody does who holds bytes and a log: each run of the bytes is tried as
// every secret that SPEC section 5.3 knows, and whatever comes of that is tried
// again on all that follows.

// picker holds what was found so far.
type picker struct {
	keys   map[[32]byte]bool // runs of 32 bytes of what is held, each once, but for those that begin with what all can read
	runs   [][]byte          // and of 64 bytes
	leaves []leaf            // whose secret halves are in it
	ids    map[wire.ID]bool  // of all members
	shares [][]byte          // secrets of commits; nothing is one to try too
	inits  [][]byte          // that commits led to; likewise
	epochs [][]byte          // that commits led to, or held
}

// leaf is a secret leaf whose public half is in the log.
type leaf struct {
	x25519 [32]byte
	mlkem  *mlkem.DecapsulationKey768
	public wire.Leaf
}

// Opens gives the numbers of the entries of a log that anything in the loot
// opens, by itself or by what follows from it: messages by the secrets of epochs,
// or by their own keys; commits by leaves, by the joiner, or by their secret and
// the init secret of the epoch before.
func (l *Loot) Opens(log [][]byte) (numbers []int) {
	var entries []*wire.Entry
	for _, raw := range log {
		e, err := wire.DecodeEntry(raw)
		if err != nil {
			e = &wire.Entry{}
		}
		entries = append(entries, e)
	}
	p := newPicker(slices.Concat(l.End, l.Talk, l.memory), log, entries)
	if len(l.pending) != 0 {
		p.shares = append(p.shares, l.pending)
	}
	for i, e := range entries {
		if e.Kind == wire.KindMessage && p.opens(e.Message) || e.Kind == wire.KindCommit && p.learns(e.Commit) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

func newPicker(held []byte, log [][]byte, entries []*wire.Entry) *picker {
	p := &picker{ids: map[wire.ID]bool{}, keys: map[[32]byte]bool{}, inits: [][]byte{make([]byte, 64)}, shares: [][]byte{make([]byte, wire.CommitSecret)}}
	leaves := map[string]wire.Leaf{} // by their X25519 halves
	for _, e := range entries {
		if e.Kind != wire.KindCommit {
			continue
		}
		for _, kp := range append([]wire.Add{{KeyPackage: e.Commit.KeyPackage}}, e.Commit.Adds...) {
			leaves[string(kp.KeyPackage.Leaf.X25519())] = kp.KeyPackage.Leaf
			p.ids[kp.KeyPackage.MemberID()] = true
		}
	}
	public := map[[16]byte]bool{}
	for _, raw := range log {
		for at := 0; at+16 <= len(raw); at++ {
			public[[16]byte(raw[at:])] = true
		}
	}
	tried := map[[64]byte]bool{}
	for at := 0; at+32 <= len(held); at++ {
		secret := [32]byte(held[at:])
		if public[[16]byte(held[at:])] {
			continue
		}
		if at+64 <= len(held) && !tried[[64]byte(held[at:])] {
			tried[[64]byte(held[at:])] = true
			p.runs = append(p.runs, held[at:at+64])
		}
		if p.keys[secret] {
			continue
		}
		p.keys[secret] = true
		if at+32+mlkem.SeedSize > len(held) {
			continue
		}
		if public, ok := leaves[string(nacl.Public(&secret)[:])]; ok {
			if key, err := mlkem.NewDecapsulationKey768(held[at+32 : at+32+mlkem.SeedSize]); err == nil && bytes.Equal(key.EncapsulationKey().Bytes(), public.MLKEM()) {
				p.leaves = append(p.leaves, leaf{secret, key, public})
			}
		}
	}
	return p
}

// opens tries all that is held, and all that was found, on a message.
func (p *picker) opens(m *wire.Message) bool {
	by := func(key []byte) bool {
		_, err := nacl.Open(nil, m.Sealed, &m.Nonce, (*[32]byte)(key))
		return err == nil
	}
	header := m.Header()
	for run := range p.keys {
		if by(run[:]) || by(wire.Expand(run[:], 32, "message key", header)) {
			return true
		}
	}
	return slices.ContainsFunc(p.epochs, func(s []byte) bool { return by(wire.Expand(s, 32, "message key", header)) })
}

// learns takes from a commit what the secrets that are held give of it.
func (p *picker) learns(m *wire.Commit) (any bool) {
	shares := slices.Clone(p.shares)
	joiners := slices.Clone(p.runs)
	for i := range p.leaves {
		for _, plain := range p.leaves[i].open(m, p.ids) {
			any = true
			if len(plain) < 64 {
				shares = append(shares, plain)
				continue
			}
			joiners = append(joiners, plain[:64])
			for granted := plain[64:]; len(granted) >= 32; granted = granted[32:] {
				p.epochs = append(p.epochs, granted[:32])
			}
		}
	}
	for _, share := range shares {
		for _, init := range slices.Concat(p.inits, p.runs) {
			joiners = append(joiners, wire.MAC(init, share))
		}
	}
	if len(m.Tag) == 0 { // it closes: no epoch begins
		return any
	}
	c := m.Confirmed()
	for _, j := range joiners {
		epoch := wire.Expand(j, 32, "epoch", c[:])
		if tag := wire.MAC(wire.Expand(epoch, 64, "confirm"), wire.Label("tag"), c[:]); bytes.Equal(tag[:32], m.Tag) {
			p.epochs = append(p.epochs, epoch)
			p.inits = append(p.inits, wire.Expand(j, 64, "init", c[:]))
			return true
		}
	}
	return any
}

// open tries all seals of a commit, whoever they are for (SPEC section 5.2).
func (f *leaf) open(m *wire.Commit, ids map[wire.ID]bool) (opened [][]byte) {
	body := wire.Sum("commit body", m.Body())
	for _, s := range m.Seals {
		k1, err := nacl.Before((*[32]byte)(m.Ephemeral), &f.x25519)
		if err != nil {
			continue
		}
		k2, err := f.mlkem.Decapsulate(s.Ciphertext)
		if err != nil {
			continue
		}
		prk := wire.MAC(nil, k1[:], k2)
		for id := range ids {
			for kind := byte(1); kind <= 2; kind++ {
				key := [32]byte(wire.Expand(prk, 32, "seal", body[:], []byte{kind}, id[:], m.Ephemeral, f.public, s.Ciphertext))
				if plain, err := nacl.Open(nil, s.Box, new([24]byte), &key); err == nil {
					opened = append(opened, plain)
				}
			}
		}
	}
	return opened
}
