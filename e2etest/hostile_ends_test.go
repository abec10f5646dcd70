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
type nativeEnd struct{ *harness.Native }

func openNative(s *stage, name string) end {
	role := wire.Customer
	if name == lies.Agent {
		role = wire.Agent
	}
	return nativeEnd{s.demo.Native(s.t, role, s.wires[name])}
}

var nativeStates = map[conversation.State]string{
	conversation.Empty: "waiting", conversation.Active: "secured", conversation.Lost: "rejoining", conversation.Forked: "forked",
	conversation.Closed: "closed", conversation.NotMember: "lost", conversation.Doubtful: "doubtful", harness.Unreadable: "unreadable",
}

func (n nativeEnd) Say(text string) { n.Try(text) }
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
	for _, code := range r.Codes {
		out.Codes = append(out.Codes, code.Error())
	}
	for _, id := range r.Members {
		out.Members = append(out.Members, hex.EncodeToString(id[:]))
	}
	return out
}
