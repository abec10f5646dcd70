package lies

import (
	"slices"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// frames names the frames as SPEC section 10.1 does; passing is the end's,
// passed the relay's.
var frames = map[string]relay.FrameType{
	"hello": relay.TypeHello, "append": relay.TypeAppend, "subscribe": relay.TypeSubscribe, "unsubscribe": relay.TypeUnsubscribe,
	"passing": relay.TypeSendPassing, "publish": relay.TypePublishKeyPackage, "take": relay.TypeTakeKeyPackage,
	"manifest": relay.TypeFetchManifest, "conversations": relay.TypeListConversations, "ticket": relay.TypeTicket,
	"challenge": relay.TypeChallenge, "welcome": relay.TypeWelcome, "ack": relay.TypeAck, "error": relay.TypeError,
	"entry": relay.TypeEntry, "record": relay.TypeRecord, "list": relay.TypeList, "passed": relay.TypePassing, "waiting": relay.TypeWaiting,
}

var carried = []string{"", "genesis", "commit", "message", "join", "keypackage", "manifest", "claim", "transfer", "park", "supervision", "close"}

// codeNamed gives the code of a text, or 0.
func codeNamed(text string) wire.Code {
	for _, c := range wire.Codes() {
		if c.Error() == text {
			return c
		}
	}
	return 0
}

func (r *Rule) check() error {
	if _, ok := frames[r.When.Frame]; !ok {
		return malformed("no such frame: %q", r.When.Frame)
	}
	if _, ok := frames[r.When.Answers]; !ok && r.When.Answers != "" {
		return malformed("no such request: %q", r.When.Answers)
	}
	if !slices.Contains(carried, r.When.Carries) {
		return malformed("nothing carries %q", r.When.Carries)
	}
	if len(r.Do) == 0 {
		return malformed("it does nothing")
	}
	for _, a := range r.Do {
		if err := a.check(); err != nil {
			return err
		}
	}
	return nil
}

func (a *Act) check() error {
	switch {
	case a.Bit < 0 || a.Bit > 7:
		return malformed("%s: there are eight bits", a.Do)
	case slices.Contains(verbs[a.Do], "at") && !placeKnown(a.At):
		return malformed("%s: no such place: %q", a.Do, a.At)
	case slices.Contains(verbs[a.Do], "code") && codeNamed(a.Code) == 0:
		return malformed("%s: no such code: %q", a.Do, a.Code)
	case a.Do == "set" && !slices.Contains(settable, a.Field):
		return malformed("set: no such field: %q", a.Field)
	case slices.Contains([]string{"replace", "overlay", "inject", "pass"}, a.Do) && a.With == "":
		return malformed("%s: with what?", a.Do)
	case a.Do == "raw" && !slices.Contains(raws, a.With):
		return malformed("raw: no such bytes: %q", a.With)
	case slices.Contains([]string{"truncate", "extend"}, a.Do) && a.Bytes < 1:
		return malformed("%s: how many bytes?", a.Do)
	case a.Do == "crowd" && a.Count < 1:
		return malformed("crowd: of how many?")
	case a.Do == "reorder" && a.Count < 2:
		return malformed("reorder: a window of two or more")
	case a.Do == "delay" && (a.Count < 1) == (a.Until == ""):
		return malformed("delay: for a count of frames, or until a phase")
	}
	return nil
}
