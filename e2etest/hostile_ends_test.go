package e2etest

import (
	"encoding/hex"
	"fmt"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/e2etest/lies"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// nativeEnd is a member in Go.
type nativeEnd struct {
	*harness.Native
	s *stage
}

func openNative(s *stage, name string) end {
	if name == lies.Customer {
		return nativeEnd{s.demo.Native(s.t, wire.Customer, s.wires[name]), s}
	}
	return nativeEnd{s.demo.Staff(s.t, aliases[name], s.wires[name]), s}
}

var nativeStates = map[conversation.State]string{
	conversation.Empty: "waiting", conversation.Active: "secured", conversation.Lost: "rejoining", conversation.Forked: "forked",
	conversation.Closed: "closed", conversation.NotMember: "lost", conversation.Doubtful: "doubtful", harness.Unreadable: "unreadable",
}

func (n nativeEnd) Say(text string) { n.Try(text) }

func (n nativeEnd) Move(move, to string) {
	n.s.t.Helper()
	if move == "claims" {
		n.ClaimWaiting()
		return
	}
	member := func() []byte {
		for name, alias := range aliases {
			if alias == to {
				id := n.s.ends[name].(nativeEnd).End.ID()
				return id[:]
			}
		}
		return nil
	}
	switch move {
	case "hands":
		n.Want(conversation.Moves{Marks: wire.MarkLeave, History: harness.ForTransfer}, wire.Agent, member())
	case "puts":
		n.Want(conversation.Moves{Marks: wire.MarkLeave, History: harness.ForPark}, wire.Inbox, nil)
	case "brings":
		n.Want(conversation.Moves{}, wire.Supervisor, member())
	case "ends":
		n.Want(conversation.Moves{Marks: wire.MarkClose}, 0, nil)
	}
}
func (n nativeEnd) Report() report {
	r := n.Native.Report()
	out := report{State: "none", Client: "online", Shows: r.Heard, Sent: r.Said, Gap: r.Gap > 0, Codes: []string{}, All: fmt.Sprintf("%q", r.Heard)}
	if r.Refused {
		out.Client = "refused"
	}
	if r.Began {
		out.State = nativeStates[r.State]
	}
	if out.Sent == nil {
		out.Sent = []string{}
	}
	for _, st := range r.Through {
		out.Through = append(out.Through, nativeStates[st])
	}
	if n.s.lie.Waits && out.State == "lost" && n.End.ID() != n.s.customer() { // the core has one word for both
		out.State = "left"
	}
	for _, code := range r.Codes {
		out.Codes = append(out.Codes, code.Error())
	}
	for _, id := range r.Members {
		out.Members = append(out.Members, hex.EncodeToString(id[:]))
	}
	return out
}
