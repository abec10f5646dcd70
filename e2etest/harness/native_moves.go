package harness

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The reasons of grants, as members give them (SPEC section 5.1).
const (
	ForClaim       = 1
	ForTransfer    = 2
	ForPark        = 3
	ForConference  = 4
	ForSupervision = 5
)

// wanted is a change of who is in that is not read back yet.
type wanted struct {
	talk  *talk
	moves conversation.Moves
	made  wire.ID // its entry
	told  bool    // of what came of it nobody asks: it is among the codes
	done  bool
	err   error
}

// TryMove makes a commit with these moves, again after each that came first, and
// waits until it is read back or cannot be made.
func (n *Native) TryMove(id wire.ID, moves conversation.Moves) error {
	n.t.Helper()
	n.mu.Lock()
	w := &wanted{talk: n.talks[id], moves: moves}
	if w.talk == nil {
		n.mu.Unlock()
		return wire.NotMember
	}
	n.wanted = append(n.wanted, w)
	n.wake()
	n.mu.Unlock()
	Eventually(n.t, fmt.Sprintf("%s to make the moves %+v", n.alias, moves), func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return w.done, fmt.Sprint(w.talk.State(), n.codes, n.broken)
	})
	return w.err
}

// Want is TryMove in the conversation of now that is not waited for, and that
// brings in who stands in a role: a colleague, or the queue's inbox. What the relay
// answers instead of a key package is told as a code.
func (n *Native) Want(moves conversation.Moves, as wire.Role, member []byte) {
	n.t.Helper()
	if as != 0 {
		got, err := n.Ask(relay.TakeKeyPackage{Queue: n.queue, Member: member})
		r, ok := got.(relay.Record)
		if !ok {
			n.told(err)
			return
		}
		if code := n.mayBring(r.Value, as, member); code != 0 {
			n.told(code)
			return
		}
		moves.Adds = []conversation.Newcomer{{Role: as, KeyPackage: r.Value}}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wanted = append(n.wanted, &wanted{talk: n.talk, moves: moves, told: true})
	n.wake()
}

func (n *Native) told(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.codes = append(n.codes, wire.CodeOf(err))
}

// mayBring tells why a key package is not of whom it was asked for; the rest the
// core says.
func (n *Native) mayBring(raw []byte, as wire.Role, member []byte) wire.Code {
	kp, err := wire.DecodeKeyPackage(raw)
	if err != nil {
		return wire.CodeOf(err)
	}
	id := kp.MemberID()
	switch {
	case len(member) != 0 && !bytes.Equal(id[:], member):
		return wire.BadCredential
	case kp.Credential == nil || kp.Credential.Role != as: // whoever it is, it is not who was looked for
		return wire.Unavailable
	}
	return 0
}

// Move is TryMove that must be done.
func (n *Native) Move(id wire.ID, moves conversation.Moves) {
	n.t.Helper()
	if err := n.TryMove(id, moves); err != nil {
		n.t.Fatalf("%s cannot make the moves %+v: %v", n.alias, moves, err)
	}
}

// Take gives a key package that another of the company has at the relay, once
// there is one.
func (n *Native) Take(member wire.ID) (kp []byte) {
	n.t.Helper()
	Eventually(n.t, "a key package at the relay", func() (bool, string) {
		got, err := n.Ask(relay.TakeKeyPackage{Queue: n.queue, Member: member[:]})
		if r, ok := got.(relay.Record); err == nil && ok {
			kp = r.Value
		} else if err != error(wire.Unavailable) {
			n.t.Fatalf("%s takes a key package: %v", n.alias, err)
		}
		return kp != nil, fmt.Sprint(err)
	})
	return kp
}

// TakeInbox gives the key package of the queue's inbox.
func (n *Native) TakeInbox() []byte {
	n.t.Helper()
	return Must[relay.Record](n, relay.TakeKeyPackage{Queue: n.queue}).Value
}

// AwaitSomebody waits until the relay tells this customer that somebody can be
// written to: while no agent is connected, the queue's inbox. Who connects before
// that is given to a customer in its place, and then nothing waits in the queue.
func (n *Native) AwaitSomebody() {
	n.t.Helper()
	Eventually(n.t, "somebody who can be written to", func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.agents, fmt.Sprint(n.codes, n.broken)
	})
}

// Transfer hands a conversation over to another agent, and leaves.
func (n *Native) Transfer(id, to wire.ID) {
	n.t.Helper()
	n.Move(id, conversation.Moves{Marks: wire.MarkLeave, Adds: []conversation.Newcomer{{Role: wire.Agent, KeyPackage: n.Take(to)}}, History: ForTransfer})
}

// Park gives a conversation back to its queue, and leaves.
func (n *Native) Park(id wire.ID) {
	n.t.Helper()
	n.Move(id, conversation.Moves{Marks: wire.MarkLeave, Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: n.TakeInbox()}}, History: ForPark})
}

// Invite brings another in; a grant needs a reason, zero is none.
func (n *Native) Invite(id, to wire.ID, as wire.Role, history uint8) {
	n.t.Helper()
	n.Move(id, conversation.Moves{Adds: []conversation.Newcomer{{Role: as, KeyPackage: n.Take(to)}}, History: history})
}

// Leave leaves a conversation to the others; Close ends it.
func (n *Native) Leave(id wire.ID) {
	n.t.Helper()
	n.Move(id, conversation.Moves{Marks: wire.MarkLeave})
}
func (n *Native) Close(id wire.ID) {
	n.t.Helper()
	n.Move(id, conversation.Moves{Marks: wire.MarkClose})
}

// moving is the entry of the first wanted move of k, or nil. n.mu is held.
func (n *Native) moving(k *talk, now uint64) []byte {
	for _, w := range slices.Clone(n.wanted) {
		if w.talk != k {
			continue
		}
		if k.Pending() != nil { // perhaps its own
			return k.Pending()
		}
		entry, err := k.Commit(now, w.moves)
		if err != nil {
			n.settled(w, err)
			continue
		}
		if w.made = wire.EntryID(entry); w.moves.Marks == wire.MarkLeave {
			k.parting = n.loot(k)
		}
		return entry
	}
	return nil
}

// moved tells the wanted moves of k of a commit that was read.
func (n *Native) moved(k *talk, ev *conversation.Event) {
	for _, w := range slices.Clone(n.wanted) {
		if w.talk == k && w.made == ev.ID {
			n.settled(w, nil)
		}
	}
}

func (n *Native) settled(w *wanted, err error) {
	w.done, w.err = true, err
	if w.told && err != nil {
		n.codes = append(n.codes, wire.CodeOf(err))
	}
	n.wanted = slices.DeleteFunc(n.wanted, func(o *wanted) bool { return o == w })
}
