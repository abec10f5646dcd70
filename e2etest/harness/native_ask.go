package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Begin makes the genesis, and waits until it is read back.
func (n *Native) Begin() {
	n.t.Helper()
	n.mu.Lock()
	n.begins = true
	n.wake()
	n.mu.Unlock()
	Eventually(n.t, "the native customer's conversation to begin", func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.talk != nil && n.talk.Index() > 0, fmt.Sprint(n.codes, n.broken)
	})
}

// Continue makes the genesis of a conversation that continues the one of now.
func (n *Native) Continue() {
	n.t.Helper()
	n.mu.Lock()
	id := n.talk.ID()
	n.before, n.talk = id[:], nil
	n.mu.Unlock()
	n.Begin()
}

// Previous is empty, or the id of the conversation that this one continues.
func (n *Native) Previous() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.talk.Previous()
}

// Say sends a text and waits until it is read back from the log.
func (n *Native) Say(text string) {
	n.t.Helper()
	n.Try(text)
	Eventually(n.t, "the native member to read back "+clip(text, 200), func() (bool, string) {
		r := n.Report()
		return slices.Contains(r.Said, text), fmt.Sprintf("%+v", r)
	})
}

// AwaitText waits until the native member has opened text from another.
func (n *Native) AwaitText(text string) {
	n.t.Helper()
	Eventually(n.t, "the native member to open "+clip(text, 200), func() (bool, string) {
		r := n.Report()
		return strings.Contains(strings.Join(r.Heard, "\n"), text), fmt.Sprintf("%+v", r)
	})
}

// Heard are the texts of others so far.
func (n *Native) Heard() []string { return n.Report().Heard }

// AwaitActive waits until this member reads and may seal in a conversation, up to
// its head.
func (n *Native) AwaitActive(id wire.ID) {
	n.t.Helper()
	Eventually(n.t, fmt.Sprintf("%s to be in %x", n.alias, id), func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		k := n.talks[id]
		return k != nil && k.State() == conversation.Active && k.Index() >= k.head, fmt.Sprintf("%+v %v %v", k, n.codes, n.broken)
	})
}

// In tells how the member stands in one of its conversations; it speaks there
// from here on.
func (n *Native) In(id wire.ID) *Native {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.talk = n.talks[id]
	return n
}

// Kept is the key package that the member has at the relay.
func (n *Native) Kept() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kept
}

// Conversation is the id of the native member's conversation.
func (n *Native) Conversation() wire.ID {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.talk.ID()
}

// Members are those of the native member's conversation, as its commits say.
func (n *Native) Members() []wire.Member {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.talk.Members())
}

// Unreadable is no state of a conversation: the relay showed what is no entry,
// and nothing is read on until it shows one.
const Unreadable conversation.State = 255

// NativeReport is how a native member stands.
type NativeReport struct {
	Began   bool
	State   conversation.State
	Through []conversation.State // that it was in, in order
	Refused bool                 // what the relay showed is not the company's
	Heard   []string             // texts of others, in the order of the log
	Said    []string             // own texts, read back from the log
	Gap     uint64               // messages that are known to be missing
	Codes   []wire.Code          // what was answered to entries and requests
	Members []wire.ID
	Broken  error
}

// Report tells how the member stands in its conversation.
func (n *Native) Report() NativeReport {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := NativeReport{Refused: n.refused, Codes: slices.Clone(n.codes), Broken: n.broken}
	if k := n.talk; k != nil {
		r.Began, r.State, r.Through = true, n.stateOf(k), slices.Clone(k.through)
		r.Heard, r.Said, r.Gap = slices.Clone(k.heard), slices.Clone(k.said), k.gap
		for _, m := range k.Members() {
			r.Members = append(r.Members, m.ID)
		}
	}
	return r
}

func (n *Native) stateOf(k *talk) conversation.State {
	if k.split {
		return conversation.Forked
	}
	if s := k.State(); !k.garbled || s == conversation.Forked || s == conversation.Closed || s == conversation.NotMember {
		return s
	}
	return Unreadable
}

// Safety is what this member's core says to compare with the one member of a
// role: the number, and the digits of the history at an epoch.
func (n *Native) Safety(with wire.Role) *conversation.Safety {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.talk.Members(), func(m wire.Member) bool { return m.Role == with })
	if i < 0 {
		n.t.Fatalf("nobody of role %d is in it", with)
	}
	s, err := n.talk.Safety(n.talk.Members()[i].ID)
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}
