package lies

import (
	"bytes"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// log is what anyone sees of a conversation's real log.
type log struct {
	entries  [][]byte // by sequence, from 1
	index    uint64
	hash     wire.Hash
	epoch    uint64
	head     wire.Hash
	manifest wire.Hash
	customer wire.Hash     // the customer's leaf
	message  *wire.Message // the newest
}

// note takes down an entry of the real log, whoever it is delivered to first.
func (l *Liar) note(b relay.Entry) {
	g := l.logs[b.Conversation]
	if g == nil {
		g = &log{hash: wire.LogHash0(b.Conversation)}
		l.logs[b.Conversation] = g
		l.order = append(l.order, b.Conversation)
	}
	if b.Sequence != uint64(len(g.entries))+1 {
		return
	}
	entry := bytes.Clone(b.Entry)
	g.entries = append(g.entries, entry)
	e, err := wire.DecodeEntry(entry)
	if err != nil {
		return
	}
	g.index++
	g.hash = wire.LogHash(g.hash, wire.EntryHash(entry))
	switch e.Kind {
	case wire.KindMessage:
		g.message = e.Message
	case wire.KindCommit:
		if e.Commit.Parent != g.head {
			return
		}
		g.head, g.epoch, g.manifest = e.Commit.TranscriptHash(), e.Commit.Epoch, e.Commit.ManifestHash
		for _, kp := range append([]wire.Add{{Role: e.Commit.Role, KeyPackage: e.Commit.KeyPackage}}, e.Commit.Adds...) {
			if kp.Role == wire.Customer {
				g.customer = kp.KeyPackage.Leaf.Hash()
			}
		}
	}
}

// remembered are entries that passed before: the nth of this conversation, or
// of the first other one; with a count so many from there, with -1 all of them.
func (l *Liar) remembered(a Act, c wire.ID, f Frame) [][]byte {
	var from [][]byte
	if a.Of == "another" {
		for _, other := range l.order {
			if other != c {
				from = l.logs[other].entries
				break
			}
		}
	} else if g := l.logs[c]; g != nil {
		from = g.entries
		if e, ok := f.Body.(relay.Entry); ok { // the same at every end: what is before this one
			from = from[:min(uint64(len(from)), e.Sequence)]
		}
	}
	first := a.Nth - 1
	if a.Nth < 0 {
		first = len(from) + a.Nth
	}
	first = max(first, 0)
	if first >= len(from) {
		return nil
	}
	switch {
	case a.Count < 0:
		return from[first:]
	case a.Count == 0:
		return from[first : first+1]
	}
	return from[first:min(len(from), first+a.Count)]
}
