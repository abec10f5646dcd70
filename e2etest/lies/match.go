package lies

import (
	"slices"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

func (l *Liar) matches(r *Rule, f Frame, request relay.FrameType) bool {
	w := &r.When
	if f.Body == nil || f.Body.Type() != frames[w.Frame] || w.End != "" && w.End != f.End || w.During != "" && w.During != l.phase {
		return false
	}
	if w.Answers != "" && frames[w.Answers] != request {
		return false
	}
	if e, ok := f.Body.(relay.Entry); w.Sequence != 0 && (!ok || e.Sequence < w.Sequence) {
		return false
	}
	if w.Carries == "keypackage" {
		_, err := wire.DecodeKeyPackage(payload(f.Body))
		return err == nil
	}
	if w.Carries == "" && w.From == "" {
		return true
	}
	e, err := wire.DecodeEntry(payload(f.Body))
	if err != nil {
		return false
	}
	switch w.Carries {
	case "genesis":
		if e.Kind != wire.KindCommit || e.Commit.Epoch != 0 {
			return false
		}
	case "commit":
		if e.Kind != wire.KindCommit {
			return false
		}
	case "message":
		if e.Kind != wire.KindMessage {
			return false
		}
	case "join":
		if e.Kind != wire.KindJoin {
			return false
		}
	case "claim", "transfer", "park", "supervision", "close":
		if e.Kind != wire.KindCommit || moveOf(e.Commit) != w.Carries {
			return false
		}
	}
	switch w.From {
	case "":
		return true
	case "self":
		return e.Sender() == l.ids[f.End]
	case "other":
		return e.Sender() != l.ids[f.End]
	}
	id, known := l.ids[w.From]
	return known && e.Sender() == id
}

// moveOf is the move that a commit makes, as far as rules know moves (SPEC section 5.7).
func moveOf(m *wire.Commit) string {
	if m.Marks&wire.MarkClose != 0 {
		return "close"
	}
	for _, a := range m.Adds {
		leaves := m.Marks&wire.MarkLeave != 0
		switch {
		case m.Epoch == 0:
		case a.Role == wire.Supervisor:
			return "supervision"
		case a.Role == wire.Inbox:
			return "park"
		case a.Role == wire.Agent && leaves && m.Role == wire.Inbox:
			return "claim"
		case a.Role == wire.Agent && leaves:
			return "transfer"
		}
	}
	return ""
}

// payload is what a frame carries, or nil.
func payload(b relay.Body) []byte {
	switch b := b.(type) {
	case relay.Append:
		return b.Entry
	case relay.SendPassing:
		return b.Entry
	case relay.PublishKeyPackage:
		return b.KeyPackage
	case relay.Entry:
		return b.Entry
	case relay.Passing:
		return b.Entry
	case relay.Record:
		return b.Value
	case relay.Welcome:
		return b.Manifest
	}
	return nil
}

// carrying is the frame with another payload.
func carrying(b relay.Body, p []byte) relay.Body {
	switch b := b.(type) {
	case relay.Append:
		b.Entry = p
		return b
	case relay.SendPassing:
		b.Entry = p
		return b
	case relay.PublishKeyPackage:
		b.KeyPackage = p
		return b
	case relay.Entry:
		b.Entry = p
		return b
	case relay.Passing:
		b.Entry = p
		return b
	case relay.Record:
		b.Value = p
		return b
	case relay.Welcome:
		b.Manifest = p
		return b
	}
	return b
}

func sortedPlaces[T any](m map[place]T) []place {
	out := make([]place, 0, len(m))
	for at := range m {
		out = append(out, at)
	}
	slices.SortFunc(out, func(a, b place) int {
		if a.end != b.end {
			if a.end < b.end {
				return -1
			}
			return 1
		}
		return int(a.n) - int(b.n)
	})
	return out
}
