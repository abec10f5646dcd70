package explore

import (
	"bytes"
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

// flip puts into everybody's log a changed copy of what a member is about to
// send, or else sent last.
func (w *World) flip(s Step, b Budget) (*World, error) {
	m := w.Members[s.Who]
	from := m.Next(w.Now)
	for _, e := range slices.Backward(w.Log.Entries) {
		if from == nil && e.By == m.ID && !e.Forged {
			from = e.Entry
		}
	}
	if from == nil {
		return nil, nil
	}
	raw := flipped(s.Kind, from.Raw)
	if raw == nil || w.Log.Find(wire.EntryID(raw)) != 0 {
		return nil, nil
	}
	forged := newEntry(raw, "")
	forged.Forged, forged.how, forged.of = true, s.Kind, from.ID
	n := w.spend(b)
	n.Log = w.Log.put(forged)
	return n, nil
}

// flipped is a copy of an entry with one thing changed, or nil where that is
// not of its kind. It decodes.
func flipped(k Kind, raw []byte) []byte {
	d, err := wire.DecodeEntry(bytes.Clone(raw))
	must(err)
	switch {
	case d.Kind == wire.KindMessage && k < FlipTag:
		o := d.Message
		m := &wire.Message{Conversation: o.Conversation, Epoch: o.Epoch, Sender: o.Sender, Instance: o.Instance, Counter: o.Counter,
			Retention: o.Retention, SeenIndex: o.SeenIndex, SeenHash: o.SeenHash, Nonce: o.Nonce, Sealed: o.Sealed}
		switch k {
		case FlipBox:
			m.Sealed[20] ^= 1
		case FlipSeen:
			m.SeenHash[5] ^= 1
		case FlipAhead:
			m.SeenIndex += 1 << 40
		case FlipEpoch:
			m.Epoch++
		}
		return m.Encode()
	case d.Kind == wire.KindCommit && k == FlipTag && len(d.Commit.Tag) > 0:
		d.Commit.Tag[3] ^= 1
		return d.Commit.Encode()
	case d.Kind == wire.KindCommit && k == FlipSignature:
		d.Commit.Signature[3] ^= 1
		return d.Commit.Encode()
	}
	return nil
}
