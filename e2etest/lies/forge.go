package lies

import (
	"crypto/ed25519"
	"encoding/json"
	"slices"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Canary is in every text that a liar puts in. Nobody may ever be shown it.
const Canary = "SAID BY THE RELAY"

// templates are what a liar makes of nothing, or of what it sees, for the place
// of an entry or of a key package.
var templates = []string{
	"nothing", "plaintext", "markup", "system", // no entry at all
	"older version", "newer version", "unknown kind", // the entry, with another first or second byte

	"plaintext message", // a true header, and text where the ciphertext was
	"ghost message",     // a message of a stranger
	"forged message",    // a message in the name of the newest one's sender, with a key of its own
	"doubtful message",  // the same, and its header tells of another log

	"ghost commit",   // a stranger's commit on the head, signed by it
	"ghost added",    // the commit, with a stranger among the added
	"stolen genesis", // the genesis, made by a stranger under the credential that the prop Stolen is
	"ghost join",     // a stranger's request for the customer's place

	"ghost key package",       // a stranger's, without a credential
	"key package of one half", // without its ML-KEM half
}

// raws are the bytes that are no frame of a relay.
var raws = []string{"unknown frame", "end's frame", "short frame", "old challenge", "oversize"}

type forgery struct {
	rule  int
	conv  wire.ID
	after uint64
	with  string
}

// thing gives what an act puts in. It is the same at every end for the same
// place in the log.
func (l *Liar) thing(n int, a Act, f Frame, p []byte) []byte {
	if prop := l.props[a.With]; prop != nil {
		return slices.Clone(prop)
	}
	c, _ := conversationOf(f.Body)
	key := forgery{rule: n, conv: c, with: a.With}
	if e, ok := f.Body.(relay.Entry); ok {
		key.after = e.Sequence
		if made := l.forged[key]; made != nil {
			return slices.Clone(made)
		}
	}
	made := l.make(a.With, c, p)
	l.forged[key] = made
	return slices.Clone(made)
}

func said(fields map[string]any) []byte {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return b
}

func (l *Liar) make(with string, c wire.ID, p []byte) []byte {
	text := said(map[string]any{"type": "text", "text": Canary, "encrypted": false, "body": Canary})
	switch with {
	case "nothing":
		return []byte{}
	case "plaintext":
		return text
	case "markup":
		return []byte(`<b>` + Canary + `</b><img src=x onerror="document.title='` + Canary + `'">`)
	case "system":
		return said(map[string]any{"type": "system", "text": "<b>" + Canary + "</b>", "html": "<b>" + Canary + "</b>"})
	case "older version", "newer version", "unknown kind":
		p = slices.Clone(p)
		if len(p) < 2 {
			p = []byte{1, 2}
		}
		switch with {
		case "older version":
			p[0] = 0
		case "newer version":
			p[0] = 2
		default:
			p[1] = 9
		}
		return p
	case "ghost key package":
		return l.ghost().kp.Bytes()
	case "key package of one half":
		b := l.ghost().kp.Bytes()
		half := append(slices.Clone(b[:2+ed25519.PublicKeySize+wire.X25519Size]), b[2+ed25519.PublicKeySize+wire.LeafSize:]...)
		copy(half[len(half)-ed25519.SignatureSize:], wire.Sign(l.ghost().key, "key package", half[:len(half)-ed25519.SignatureSize]))
		return half
	}
	return l.forge(with, c, p, text)
}

// forge makes entries that decode, from what the log shows to anyone.
func (l *Liar) forge(with string, c wire.ID, p, text []byte) []byte {
	g, known := l.ghost(), l.logs[c]
	if known == nil {
		known = &log{}
	}
	message := wire.Message{Conversation: c, Epoch: known.epoch, Sender: g.kp.MemberID(), Instance: g.kp.Leaf.Hash().ID(), Counter: 1,
		Retention: wire.Stored, SeenIndex: known.index, SeenHash: known.hash, Sealed: make([]byte, 16+wire.PadFloor)}
	copy(message.Sealed[16:], text)
	switch with {
	case "ghost message":
	case "plaintext message", "forged message", "doubtful message":
		if last := known.message; last != nil {
			message.Sender, message.Instance, message.Counter = last.Sender, last.Instance, last.Counter
			message.SeenIndex, message.SeenHash, message.Nonce = last.SeenIndex, last.SeenHash, last.Nonce
			if with != "plaintext message" {
				message.Counter++
				message.SeenIndex, message.SeenHash = known.index, known.hash
				message.Nonce[0] ^= 1
				if with == "doubtful message" {
					message.SeenHash[0] ^= 1
				}
			}
		}
	case "ghost commit":
		m := &wire.Commit{Conversation: c, Epoch: known.epoch + 1, Parent: known.head, ManifestHash: known.manifest, SeenIndex: known.index,
			SeenHash: known.hash, KeyPackage: g.place, Role: wire.Customer, Ephemeral: g.kp.Leaf.X25519(), Tag: make([]byte, wire.TagSize)}
		m.Sign(g.key)
		return m.Encode()
	case "ghost added":
		e, err := wire.DecodeEntry(p)
		if err != nil || e.Kind != wire.KindCommit {
			return p
		}
		m := &wire.Commit{Conversation: e.Commit.Conversation, Epoch: e.Commit.Epoch, Parent: e.Commit.Parent, ManifestHash: e.Commit.ManifestHash,
			SeenIndex: e.Commit.SeenIndex, SeenHash: e.Commit.SeenHash, Time: e.Commit.Time, KeyPackage: e.Commit.KeyPackage, Marks: e.Commit.Marks,
			Role: e.Commit.Role, Queue: e.Commit.Queue, Previous: e.Commit.Previous, Removes: e.Commit.Removes, Grants: e.Commit.Grants,
			Answers: e.Commit.Answers, Ephemeral: e.Commit.Ephemeral, Tag: e.Commit.Tag, Signature: e.Commit.Signature,
			Adds:  append(slices.Clone(e.Commit.Adds), wire.Add{Role: wire.Guest, KeyPackage: g.kp}),
			Seals: append(slices.Clone(e.Commit.Seals), wire.Seal{Ciphertext: make([]byte, wire.MLKEMCTSize), Box: make([]byte, 16+wire.JoinerSecret)})}
		return m.Encode()
	case "stolen genesis":
		e, err := wire.DecodeEntry(p)
		if err != nil || e.Kind != wire.KindCommit {
			return p
		}
		old := e.Commit
		m := &wire.Commit{Conversation: old.Conversation, ManifestHash: old.ManifestHash, SeenHash: old.SeenHash, Time: old.Time, Role: old.Role, Queue: old.Queue,
			KeyPackage: l.thief(g), Adds: old.Adds, Ephemeral: old.Ephemeral, Seals: old.Seals, Tag: old.Tag}
		m.Sign(g.key)
		return m.Encode()
	case "ghost join":
		j := &wire.JoinRequest{Conversation: c, Leaf: known.customer, Reason: wire.ReasonLost, KeyPackage: g.place}
		b, err := j.Sign(g.key)
		if err != nil {
			return p
		}
		return b
	}
	return message.Encode()
}

// raw makes bytes that are no frame of a relay.
func raw(a Act) []byte {
	switch a.With {
	case "unknown frame":
		return []byte{200, 0, 0, 0, 0, 1, 2, 3}
	case "end's frame":
		return relay.EncodeFrame(0, relay.Append{Entry: []byte(Canary)})
	case "short frame":
		return []byte{byte(relay.TypeEntry), 0, 0}
	case "old challenge":
		return append([]byte{byte(relay.TypeChallenge), 0, 0, 0, 0, 0}, make([]byte, 32)...)
	}
	return relay.EncodeFrame(0, relay.Entry{Entry: make([]byte, max(a.Bytes, wire.MaxFrame))})
}
