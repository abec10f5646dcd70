package relay

import (
	"crypto/ed25519"

	"github.com/sealwire/sealwire/wasm/wire"
)

// What an end says.
type (
	// Hello proves an identity key over the nonce of the challenge.
	Hello struct {
		Role      wire.Role
		Tenant    wire.ID
		Identity  []byte // Ed25519 public key
		Host      string // as dialled, with the port
		Proof     []byte // a customer's identity token, or a credential
		Signature []byte // over HelloInput, label "relay hello"
	}
	// Append asks to store an entry; Ack or Error answers.
	Append struct {
		Conversation wire.ID
		Entry        []byte
	}
	// Subscribe asks for the entries after a sequence and then the live ones;
	// Ack gives the sequence of the head.
	Subscribe struct {
		Conversation wire.ID
		After        uint64
	}
	// Unsubscribe ends a subscription.
	Unsubscribe struct{ Conversation wire.ID }
	// SendPassing hands on a message that is not stored; only an Error answers.
	SendPassing struct {
		Conversation wire.ID
		Entry        []byte
	}
	// PublishKeyPackage offers a key package of this identity; Ack gives how
	// many one-time ones are stored now.
	PublishKeyPackage struct{ KeyPackage []byte }
	// TakeKeyPackage asks for one of the queue's inbox, or else of an agent of
	// the queue that is there now; with a member, for one of that member's,
	// whatever the queue. Record or Error answers.
	TakeKeyPackage struct {
		Queue  string
		Member []byte // empty, or a member id
	}
	// FetchManifest asks for a manifest by its hash; Record or Error answers.
	FetchManifest struct{ Hash wire.Hash }
	// ListConversations asks for those that this identity is a member of; List answers.
	ListConversations struct{}
	// Ticket asks for one to use the files of a conversation; Record or Error answers.
	Ticket struct{ Conversation wire.ID }
)

// HelloInput is what a hello's signature covers: it binds the proof, the role
// and the host to the nonce of this one connection.
func HelloInput(nonce [32]byte, h *Hello) []byte {
	proof := wire.Sum("relay proof", h.Proof)
	w := wire.NewWriter(128)
	w.Raw(nonce[:])
	w.U8(uint8(h.Role))
	w.Raw(h.Tenant[:])
	w.Bytes16([]byte(h.Host))
	w.Raw(proof[:])
	return w.Bytes()
}

func (Hello) Type() FrameType             { return TypeHello }
func (Append) Type() FrameType            { return TypeAppend }
func (Subscribe) Type() FrameType         { return TypeSubscribe }
func (Unsubscribe) Type() FrameType       { return TypeUnsubscribe }
func (SendPassing) Type() FrameType       { return TypeSendPassing }
func (PublishKeyPackage) Type() FrameType { return TypePublishKeyPackage }
func (TakeKeyPackage) Type() FrameType    { return TypeTakeKeyPackage }
func (FetchManifest) Type() FrameType     { return TypeFetchManifest }
func (ListConversations) Type() FrameType { return TypeListConversations }
func (Ticket) Type() FrameType            { return TypeTicket }

func (h Hello) encode(w *wire.Writer) {
	w.U8(FrameVersion)
	w.U8(uint8(h.Role))
	w.Raw(h.Tenant[:])
	w.Raw(h.Identity)
	w.Bytes16([]byte(h.Host))
	w.Bytes16(h.Proof)
	w.Raw(h.Signature)
}

func decodeHello(r *wire.Reader) Body {
	r.U8() // the version, checked by DecodeFrame
	h := Hello{Role: wire.Role(r.U8()), Tenant: r.ID(), Identity: r.Raw(ed25519.PublicKeySize)}
	h.Host = string(r.Bytes16(maxHost))
	h.Proof = r.Bytes16(wire.MaxToken)
	h.Signature = r.Raw(ed25519.SignatureSize)
	return h
}

func (f Append) encode(w *wire.Writer) { w.Raw(f.Conversation[:]); w.Bytes32(f.Entry) }
func decodeAppend(r *wire.Reader) Body {
	return Append{Conversation: r.ID(), Entry: r.Bytes32(wire.MaxCommitEntry)}
}

func (f Subscribe) encode(w *wire.Writer) { w.Raw(f.Conversation[:]); w.U64(f.After) }
func decodeSubscribe(r *wire.Reader) Body {
	return Subscribe{Conversation: r.ID(), After: r.U64()}
}

func (f Unsubscribe) encode(w *wire.Writer) { w.Raw(f.Conversation[:]) }
func decodeUnsubscribe(r *wire.Reader) Body { return Unsubscribe{Conversation: r.ID()} }

func (f SendPassing) encode(w *wire.Writer) { w.Raw(f.Conversation[:]); w.Bytes32(f.Entry) }
func decodeSendPassing(r *wire.Reader) Body {
	return SendPassing{Conversation: r.ID(), Entry: r.Bytes32(wire.MaxMessageEntry)}
}

func (f PublishKeyPackage) encode(w *wire.Writer) { w.Bytes16(f.KeyPackage) }
func decodePublishKeyPackage(r *wire.Reader) Body {
	return PublishKeyPackage{KeyPackage: r.Bytes16(wire.MaxKeyPackage)}
}

func (f TakeKeyPackage) encode(w *wire.Writer) { w.Bytes8([]byte(f.Queue)); w.Bytes8(f.Member) }
func decodeTakeKeyPackage(r *wire.Reader) Body {
	f := TakeKeyPackage{Queue: string(r.Bytes8(wire.MaxQueue)), Member: r.Bytes8(16)}
	if len(f.Member)%16 != 0 {
		r.Fail()
	}
	return f
}

func (f FetchManifest) encode(w *wire.Writer) { w.Raw(f.Hash[:]) }
func decodeFetchManifest(r *wire.Reader) Body { return FetchManifest{Hash: r.Hash()} }

func (ListConversations) encode(*wire.Writer)     {}
func decodeListConversations(r *wire.Reader) Body { return ListConversations{} }

func (f Ticket) encode(w *wire.Writer) { w.Raw(f.Conversation[:]) }
func decodeTicket(r *wire.Reader) Body { return Ticket{Conversation: r.ID()} }
