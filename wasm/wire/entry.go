package wire

// Kind is what an entry of the log is: its second byte.
type Kind uint8

// The kinds of entry.
const (
	KindCommit  Kind = 1
	KindMessage Kind = 2
	KindJoin    Kind = 3
)

// Entry is one decoded entry; exactly one of the three is set.
type Entry struct {
	Kind    Kind
	Commit  *Commit
	Message *Message
	Join    *JoinRequest
}

// DecodeEntry takes an entry apart: form, limits and keys, not its validity.
// What decodes counts in the log hash, valid or not.
func DecodeEntry(b []byte) (*Entry, error) {
	if len(b) < 2 {
		return nil, BadArgument
	}
	if b[0] != Version {
		return nil, UnsupportedVersion
	}
	e := &Entry{Kind: Kind(b[1])}
	var err error
	switch e.Kind {
	case KindCommit:
		e.Commit, err = decodeCommit(b)
	case KindMessage:
		e.Message, err = decodeMessage(b)
	case KindJoin:
		e.Join, err = decodeJoin(b)
	default:
		return nil, UnsupportedVersion
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Conversation names the conversation the entry was made for.
func (e *Entry) Conversation() ID {
	switch e.Kind {
	case KindCommit:
		return e.Commit.Conversation
	case KindMessage:
		return e.Message.Conversation
	}
	return e.Join.Conversation
}

// Sender is the member id of whoever the entry says made it.
func (e *Entry) Sender() ID {
	switch e.Kind {
	case KindCommit:
		return e.Commit.KeyPackage.MemberID()
	case KindMessage:
		return e.Message.Sender
	}
	return e.Join.KeyPackage.MemberID()
}
