package harness

import (
	"bytes"
	"crypto/mlkem"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/nacl"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Loot is all that a member held at one moment, as a thief of its device has it,
// or the member itself once it is no longer in.
type Loot struct {
	End, Talk []byte
	Member    wire.ID

	role wire.Role
	root wire.Hash
	read int // entries of the log
}

// Loot takes a copy of all that the member holds of a conversation, and of its
// identity and key packages.
func (n *Native) Loot(id wire.ID) *Loot {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.loot(n.talks[id])
}

// Parting is the loot of the moment at which the member had made the commit by
// which it left.
func (n *Native) Parting(id wire.ID) *Loot {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.talks[id].parting
}

func (n *Native) loot(k *talk) *Loot {
	return &Loot{End: n.End.Marshal(), Talk: k.Marshal(), Member: n.End.ID(), role: n.role, root: n.root, read: int(k.Index())}
}

// Left is the number of the entry by which the member is out: its commit that
// leaves, or another's that removes it. Zero: none in this log.
func (l *Loot) Left(log [][]byte) int {
	return 1 + slices.IndexFunc(log, func(raw []byte) bool {
		e, err := wire.DecodeEntry(raw)
		return err == nil && e.Kind == wire.KindCommit &&
			(e.Commit.Marks&wire.MarkLeave != 0 && e.Sender() == l.Member || slices.Contains(e.Commit.Removes, l.Member))
	})
}

// Log is the conversation's log as far as the member has read it.
func (n *Native) Log(id wire.ID) [][]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.talks[id].log)
}

// Opens gives the numbers of the entries of a log that anything in the loot
// opens, whatever it is there for: each run of its bytes is tried as the secret
// of an epoch on each message, and as that of a leaf on each seal of each commit.
func (l *Loot) Opens(log [][]byte) (numbers []int) {
	held := append(slices.Clone(l.End), l.Talk...)
	var entries []*wire.Entry
	leaves := map[string]wire.Leaf{} // by their X25519 halves
	ids := map[wire.ID]bool{}
	for _, raw := range log {
		e, err := wire.DecodeEntry(raw)
		if err != nil {
			e = &wire.Entry{}
		}
		entries = append(entries, e)
		if e.Kind != wire.KindCommit {
			continue
		}
		for _, kp := range append([]wire.Add{{KeyPackage: e.Commit.KeyPackage}}, e.Commit.Adds...) {
			leaves[string(kp.KeyPackage.Leaf.X25519())] = kp.KeyPackage.Leaf
			ids[kp.KeyPackage.MemberID()] = true
		}
	}
	var found []leaf
	for at := 0; at+32+mlkem.SeedSize <= len(held); at++ {
		secret := [32]byte(held[at:])
		if public, ok := leaves[string(nacl.Public(&secret)[:])]; ok {
			if key, err := mlkem.NewDecapsulationKey768(held[at+32 : at+32+mlkem.SeedSize]); err == nil && bytes.Equal(key.EncapsulationKey().Bytes(), public.MLKEM()) {
				found = append(found, leaf{secret, key, public})
			}
		}
	}
	for i, e := range entries {
		if e.Kind == wire.KindMessage && opensAny(e.Message, held) || e.Kind == wire.KindCommit && slices.ContainsFunc(found, func(f leaf) bool { return f.opens(e.Commit, ids) }) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

func opensAny(m *wire.Message, held []byte) bool {
	for at := 0; at+wire.EpochSecret <= len(held); at++ {
		key := [32]byte(wire.Expand(held[at:at+wire.EpochSecret], 32, "message key", m.Header()))
		if _, err := nacl.Open(nil, m.Sealed, &m.Nonce, &key); err == nil {
			return true
		}
	}
	return false
}

// leaf is a secret leaf whose public half is in the log.
type leaf struct {
	x25519 [32]byte
	mlkem  *mlkem.DecapsulationKey768
	public wire.Leaf
}

// opens tries all seals of a commit, whoever they are for (SPEC section 5.2).
func (f *leaf) opens(m *wire.Commit, ids map[wire.ID]bool) bool {
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
				if _, err := nacl.Open(nil, s.Box, new([24]byte), &key); err == nil {
					return true
				}
			}
		}
	}
	return false
}

// Reads gives the numbers of the messages that the loot's own core opens when it
// is fed the rest of the log, as if it still were in.
func (l *Loot) Reads(log [][]byte) (numbers []int, err error) {
	end, err := conversation.LoadEnd(l.End, l.role, []wire.Hash{l.root})
	if err != nil {
		return nil, err
	}
	k, err := end.LoadConversation(l.Talk)
	if err != nil {
		return nil, err
	}
	for i := l.read; i < len(log); i++ {
		ev, err := k.Receive(log[i], nowMillis())
		if err != nil {
			return numbers, err
		}
		if ev.Type == conversation.Opened {
			numbers = append(numbers, i+1)
		}
	}
	return numbers, nil
}
