package lies

import "encoding/json"

// Rule is one thing that the relay does: when, and what.
type Rule struct {
	When Match `json:"when"`
	Do   []Act `json:"do"` // one after another, each on what the one before made
}

// Match says on which frames a rule acts. What is empty matches all. Matches are
// counted for each end apart.
type Match struct {
	End      string `json:"end,omitempty"`      // on whose connection
	Frame    string `json:"frame"`              // its type, by name: entry, append, welcome …
	Answers  string `json:"answers,omitempty"`  // the type of the request that it answers
	Carries  string `json:"carries,omitempty"`  // genesis, commit, message, join, keypackage, manifest; or a commit that makes a move: claim, transfer, park, supervision, close
	From     string `json:"from,omitempty"`     // who made the entry: self (this end), other, or an end by name
	During   string `json:"during,omitempty"`   // the phase (Liar.Enter)
	Sequence uint64 `json:"sequence,omitempty"` // the entry's place in the real log, or the later ones: at least
	Nth      int    `json:"nth,omitempty"`      // acts from this match on; default the first
	Times    int    `json:"times,omitempty"`    // and so often; default once; -1: always
}

// Act is one change. Which fields belong to which act says verbs.
type Act struct {
	Do string `json:"do"`

	// Fleeting: shown once, and not kept as what this end was shown.
	Fleeting bool `json:"fleeting,omitempty"`

	At    string `json:"at,omitempty"`    // a place in the bytes (places.go)
	Bit   int    `json:"bit,omitempty"`   // 0 to 7
	Bytes int    `json:"bytes,omitempty"` // how many

	With string `json:"with,omitempty"` // what to put in: a template (forge.go) or a prop by name
	Of   string `json:"of,omitempty"`   // whose: "another" conversation, else this one
	Nth  int    `json:"nth,omitempty"`  // which remembered entry, from 1; -1 the newest

	Field  string `json:"field,omitempty"` // of the frame
	To     uint64 `json:"to,omitempty"`
	Code   string `json:"code,omitempty"`   // of a refusal, in the words of SPEC section 12
	Stored bool   `json:"stored,omitempty"` // the refused append is stored all the same

	Before bool   `json:"before,omitempty"` // inject before, not after
	Count  int    `json:"count,omitempty"`  // entries to go back, frames to wait for, size of the window
	Until  string `json:"until,omitempty"`  // a phase
}

// verbs has the fields that each act takes beside do.
var verbs = map[string][]string{
	// On the bytes that a frame carries.
	"flip":     {"at", "bit", "fleeting"},
	"truncate": {"bytes", "fleeting"},                        // so many off the end
	"extend":   {"bytes", "fleeting"},                        // so many more
	"overlay":  {"at", "with", "fleeting"},                   // a template over what is there
	"replace":  {"with", "fleeting"},                         // a template or prop in their place
	"rename":   {"fleeting"},                                 // this conversation's id in the entry's header
	"set":      {"field", "to", "fleeting"},                  // a number of the frame
	"raw":      {"with", "bytes"},                            // bytes that are no frame, in its place
	"close":    {"code"},                                     // the connection ends with this code
	"refuse":   {"code", "stored"},                           // a request is refused
	"forge":    {},                                           // an append is acknowledged and not stored
	"drop":     {"fleeting"},                                 // nothing in its place
	"double":   {"fleeting"},                                 // twice
	"delay":    {"count", "until", "fleeting"},               // until so many more frames, or a phase
	"reorder":  {"count", "fleeting"},                        // so many of them are shown in another order
	"inject":   {"with", "before", "fleeting"},               // a template or prop as an entry more
	"replay":   {"of", "nth", "count", "before", "fleeting"}, // remembered entries again; count 0: one, -1: all
	"pass":     {"with"},                                     // a message that is not stored, made of a template
	"crowd":    {"count"},                                    // a list of so many conversations that are none
	"split":    {},                                           // from here on this end has a branch of its own
	"cross":    {},                                           // of a branch: this entry is shown, this append goes to the real log
	"rollback": {"count"},                                    // on a subscribe: so many entries less than were shown, and a branch from there
}

// UnmarshalJSON refuses fields that the act does not take.
func (a *Act) UnmarshalJSON(b []byte) error {
	type plain Act
	if err := strict(b, (*plain)(a)); err != nil {
		return err
	}
	takes, ok := verbs[a.Do]
	if !ok {
		return malformed("no such act: %q", a.Do)
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(b, &given); err != nil {
		return err
	}
	delete(given, "do")
	for _, name := range takes {
		delete(given, name)
	}
	for name := range given {
		return malformed("%s takes no %q", a.Do, name)
	}
	return nil
}
