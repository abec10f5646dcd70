package relay

import "github.com/sealwire/sealwire/wasm/wire"

// What the relay says.
type (
	// Challenge opens the connection; its nonce is used once.
	Challenge struct{ Nonce [32]byte }
	// Welcome answers a good hello with the newest manifest that the relay has.
	Welcome struct{ Manifest []byte }
	// Ack answers: the sequence of an appended entry (Duplicate: it was there
	// already), the head's on subscribing, a count on publishing.
	Ack struct {
		Sequence  uint64
		Duplicate bool
	}
	// Error answers a request that was refused.
	Error struct{ Code wire.Code }
	// Entry delivers an entry of the log.
	Entry struct {
		Conversation wire.ID
		Sequence     uint64
		Entry        []byte
	}
	// Record answers with a key package, a manifest or a ticket.
	Record struct{ Value []byte }
	// List names conversations and the sequences of their heads; with request
	// 0 it tells of those that this identity was just added to.
	List struct{ Conversations []ListItem }
	// ListItem is one conversation of a List.
	ListItem struct {
		Conversation wire.ID
		Sequence     uint64
	}
	// Passing delivers a message that is not stored.
	Passing struct {
		Conversation wire.ID
		Entry        []byte
	}
	// Waiting tells customers whether a key package can be taken: of an agent who
	// is there, or of an inbox.
	Waiting struct{ Agents bool }
)

// maxList is how many conversations one List holds: as many as a frame does.
const maxList = (wire.MaxFrame - frameHeader - 2) / (16 + 8)

func (Challenge) Type() FrameType { return TypeChallenge }
func (Welcome) Type() FrameType   { return TypeWelcome }
func (Ack) Type() FrameType       { return TypeAck }
func (Error) Type() FrameType     { return TypeError }
func (Entry) Type() FrameType     { return TypeEntry }
func (Record) Type() FrameType    { return TypeRecord }
func (List) Type() FrameType      { return TypeList }
func (Passing) Type() FrameType   { return TypePassing }
func (Waiting) Type() FrameType   { return TypeWaiting }

func (f Challenge) encode(w *wire.Writer) { w.U8(FrameVersion); w.Raw(f.Nonce[:]) }
func decodeChallenge(r *wire.Reader) Body {
	r.U8() // the version, checked by DecodeFrame
	return Challenge{Nonce: r.Hash()}
}

func (f Welcome) encode(w *wire.Writer) { w.Bytes32(f.Manifest) }
func decodeWelcome(r *wire.Reader) Body { return Welcome{Manifest: r.Bytes32(wire.MaxManifest)} }

func (f Ack) encode(w *wire.Writer) { w.U64(f.Sequence); boolean(w, f.Duplicate) }
func decodeAck(r *wire.Reader) Body { return Ack{Sequence: r.U64(), Duplicate: r.Bool()} }

func (f Error) encode(w *wire.Writer) { w.U16(uint16(f.Code)) }
func decodeError(r *wire.Reader) Body {
	code := wire.Code(r.U16())
	if code < 1 || code > wire.Internal {
		r.Fail()
	}
	return Error{Code: code}
}

func (f Entry) encode(w *wire.Writer) {
	w.Raw(f.Conversation[:])
	w.U64(f.Sequence)
	w.Bytes32(f.Entry)
}
func decodeEntry(r *wire.Reader) Body {
	return Entry{Conversation: r.ID(), Sequence: r.U64(), Entry: r.Bytes32(wire.MaxCommitEntry)}
}

func (f Record) encode(w *wire.Writer) { w.Bytes32(f.Value) }
func decodeRecord(r *wire.Reader) Body { return Record{Value: r.Bytes32(wire.MaxManifest)} }

func (f List) encode(w *wire.Writer) {
	w.U16(uint16(len(f.Conversations)))
	for _, c := range f.Conversations {
		w.Raw(c.Conversation[:])
		w.U64(c.Sequence)
	}
}
func decodeList(r *wire.Reader) Body {
	var f List
	for n := int(r.U16()); n > 0 && !r.Failed(); n-- {
		f.Conversations = append(f.Conversations, ListItem{Conversation: r.ID(), Sequence: r.U64()})
	}
	return f
}

func (f Passing) encode(w *wire.Writer) { w.Raw(f.Conversation[:]); w.Bytes32(f.Entry) }
func decodePassing(r *wire.Reader) Body {
	return Passing{Conversation: r.ID(), Entry: r.Bytes32(wire.MaxMessageEntry)}
}

func (f Waiting) encode(w *wire.Writer) { boolean(w, f.Agents) }
func decodeWaiting(r *wire.Reader) Body { return Waiting{Agents: r.Bool()} }

func boolean(w *wire.Writer, v bool) {
	if v {
		w.U8(1)
	} else {
		w.U8(0)
	}
}
