package wire

import "math/bits"

// Retention of a message by the transport, in its header.
const (
	Stored  = 1 // kept in the log
	Passing = 2 // typing and presence: forwarded, never stored, one fixed size
)

const (
	headerSize = 2 + 16 + 8 + 16 + 16 + 8 + 1 + 8 + 32 + 24

	// PadFloor is the smallest padded size, and the only one of passing messages.
	PadFloor = 256
	// MessageOverhead is what a padded plaintext holds beside content: its
	// length and the signature.
	MessageOverhead = 4 + 64
)

// Message is a sealed message entry (SPEC section 6).
type Message struct {
	Conversation ID
	Epoch        uint64
	Sender       ID
	Instance     ID // random per page load
	Counter      uint64
	Retention    uint8
	SeenIndex    uint64 // the last entry its sender had read
	SeenHash     Hash   // and the log hash there
	Nonce        [24]byte
	Sealed       []byte // secretbox of the padded plaintext

	header []byte
}

// Header returns the encoding of all before the ciphertext: it goes into the
// key and under the signature.
func (m *Message) Header() []byte {
	if m.header == nil {
		w := NewWriter(headerSize)
		w.U8(Version)
		w.U8(uint8(KindMessage))
		w.Raw(m.Conversation[:])
		w.U64(m.Epoch)
		w.Raw(m.Sender[:])
		w.Raw(m.Instance[:])
		w.U64(m.Counter)
		w.U8(m.Retention)
		w.U64(m.SeenIndex)
		w.Raw(m.SeenHash[:])
		w.Raw(m.Nonce[:])
		m.header = w.Bytes()
	}
	return m.header
}

// Encode returns the entry.
func (m *Message) Encode() []byte {
	w := NewWriter(headerSize + 4 + len(m.Sealed))
	w.Raw(m.Header())
	w.Bytes32(m.Sealed)
	return w.Bytes()
}

func decodeMessage(b []byte) (*Message, error) {
	if len(b) > MaxMessageEntry {
		return nil, TooLarge
	}
	r := NewReader(b)
	r.Raw(2)
	m := &Message{Conversation: r.ID(), Epoch: r.U64(), Sender: r.ID(), Instance: r.ID(), Counter: r.U64(),
		Retention: r.U8(), SeenIndex: r.U64(), SeenHash: r.Hash()}
	copy(m.Nonce[:], r.Raw(len(m.Nonce)))
	m.Sealed = r.Bytes32(MaxMessageEntry)
	if err := r.Done(); err != nil {
		return nil, err
	}
	m.header = b[:headerSize:headerSize]
	n := len(m.Sealed) - boxOverhead
	switch {
	case m.Counter == 0, n < PadFloor, n != Padded(n), n > Padded(MaxContent+MessageOverhead):
		return nil, BadArgument
	case m.Retention != Stored && m.Retention != Passing, m.Retention == Passing && n != PadFloor:
		return nil, BadArgument
	}
	return m, nil
}

// Padded returns the padded size of n bytes: Padmé (Nikitin et al., "Reducing
// Metadata Leakage from Encrypted Files and Communication with PURBs", 2019,
// section 4) with a floor of 256, at most 12 % more.
func Padded(n int) int {
	if n <= PadFloor {
		return PadFloor
	}
	e := bits.Len(uint(n)) - 1
	s := bits.Len(uint(e))
	mask := 1<<(e-s) - 1
	return (n + mask) &^ mask
}
