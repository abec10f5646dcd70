package wire

import "crypto/ed25519"

// Reasons of a join request.
const (
	ReasonLost     = 1 // its state is gone
	ReasonUnopened = 2 // a commit did not open
)

// JoinRequest asks the others to add its maker again in place of a leaf it can
// no longer use (SPEC section 7).
type JoinRequest struct {
	Conversation ID
	Leaf         Hash // of the roster leaf it replaces
	Reason       uint8
	KeyPackage   *KeyPackage
	Signature    []byte

	raw []byte
}

// Sign signs the request with the identity key of its key package and returns
// the entry.
func (j *JoinRequest) Sign(identity ed25519.PrivateKey) ([]byte, error) {
	w := NewWriter(2048)
	w.U8(Version)
	w.U8(uint8(KindJoin))
	w.Raw(j.Conversation[:])
	w.Raw(j.Leaf[:])
	w.U8(j.Reason)
	w.Bytes16(j.KeyPackage.Bytes())
	j.Signature = Sign(identity, "join request", w.Bytes())
	w.Raw(j.Signature)
	j.raw = w.Bytes()
	if _, err := decodeJoin(j.raw); err != nil {
		return nil, err
	}
	return j.raw, nil
}

func decodeJoin(b []byte) (*JoinRequest, error) {
	if len(b) > MaxJoinEntry {
		return nil, TooLarge
	}
	r := NewReader(b)
	r.Raw(2)
	j := &JoinRequest{Conversation: r.ID(), Leaf: r.Hash(), Reason: r.U8(), raw: b}
	kp := r.Bytes16(MaxKeyPackage)
	j.Signature = r.Raw(ed25519.SignatureSize)
	if err := r.Done(); err != nil {
		return nil, err
	}
	if j.Reason != ReasonLost && j.Reason != ReasonUnopened {
		return nil, BadArgument
	}
	var err error
	j.KeyPackage, err = parseKeyPackage(kp)
	return j, err
}

func (j *JoinRequest) verify() bool {
	return j.KeyPackage.verify() == nil &&
		Verify(j.KeyPackage.Identity, "join request", j.raw[:len(j.raw)-ed25519.SignatureSize], j.Signature)
}
