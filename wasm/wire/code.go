package wire

// Code is the one kind of error that crosses a border of Sealwire: out of the
// core, over the relay connection, into JavaScript. Its number and its text
// are fixed (SPEC section 12). The zero Code is no error and is never returned.
type Code int

// The codes. An authentication failure of any kind is OpenFailed and nothing
// more precise, so that a peer learns nothing from probing.
const (
	BadArgument        Code = 1  // malformed input: wrong length, trailing bytes, not canonical
	BadHandle          Code = 2  // closed, forged or of another type
	TooLong            Code = 3  // content over its limit
	BadKey             Code = 4  // low order, not canonical, or of the wrong length
	OpenFailed         Code = 5  // did not authenticate
	NotMember          Code = 6  // not in the roster, or in a role that may not do this
	BeforeJoin         Code = 7  // sent before this end was added
	EpochGone          Code = 8  // its secret was deleted (retention)
	StaleEpoch         Code = 9  // sealed for an epoch that is not the one of now
	StaleHead          Code = 10 // commits on a parent that is not the head
	Replayed           Code = 11 // its counter was seen
	ForkedLog          Code = 12 // the sender read another log than this end
	BadCommit          Code = 13 // breaks a rule of commits
	BadCredential      Code = 14 // does not chain to the pinned root, or may not do this
	Expired            Code = 15 // past its validity by this end's clock
	RolledBack         Code = 16 // older than what was seen already
	RateLimited        Code = 17
	TooLarge           Code = 18 // body, frame or roster over its limit
	UnsupportedVersion Code = 19
	TruncatedFile      Code = 20
	NoRandomness       Code = 21
	Unavailable        Code = 22 // something needed is not there yet; try again
	Internal           Code = 23 // a bug: the instance is poisoned
)

var codeText = [...]string{
	BadArgument:        "bad argument",
	BadHandle:          "bad handle",
	TooLong:            "too long",
	BadKey:             "bad key",
	OpenFailed:         "open failed",
	NotMember:          "not a member",
	BeforeJoin:         "sent before you joined",
	EpochGone:          "epoch gone",
	StaleEpoch:         "stale epoch",
	StaleHead:          "stale head",
	Replayed:           "replayed",
	ForkedLog:          "forked log",
	BadCommit:          "bad commit",
	BadCredential:      "bad credential",
	Expired:            "expired",
	RolledBack:         "rolled back",
	RateLimited:        "rate limited",
	TooLarge:           "too large",
	UnsupportedVersion: "unsupported version",
	TruncatedFile:      "truncated file",
	NoRandomness:       "no randomness",
	Unavailable:        "unavailable",
	Internal:           "internal",
}

// Error returns the code's fixed text. It carries no data of the failure.
func (c Code) Error() string {
	if c < 1 || int(c) >= len(codeText) {
		return "internal"
	}
	return codeText[c]
}

// Codes lists every code in order of its number, for the tables that mirror it.
func Codes() []Code {
	all := make([]Code, 0, len(codeText)-1)
	for c := BadArgument; int(c) < len(codeText); c++ {
		all = append(all, c)
	}
	return all
}

// CodeOf gives the code that an error of this module carries; anything else is Internal.
func CodeOf(err error) Code {
	if c, ok := err.(Code); ok {
		return c
	}
	if u, ok := err.(interface{ Unwrap() error }); ok {
		if inner := u.Unwrap(); inner != nil {
			return CodeOf(inner)
		}
	}
	return Internal
}
