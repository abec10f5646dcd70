package harness

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Loot is all that a member held at one moment, as a thief of its device has it,
// or the member itself once it is no longer in: what it would save, and what it
// has in memory, whatever that is there for.
type Loot struct {
	End, Talk []byte
	Member    wire.ID

	role    wire.Role
	root    wire.Hash
	read    int    // entries of the log
	memory  []byte // every byte that can be reached from either, one field after another
	pending []byte // the secret of a commit that was not read yet
}

// Loot takes a copy of all that the member holds of a conversation, and of its
// identity and key packages.
func (n *Native) Loot(id wire.ID) *Loot {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.loot(n.talks[id])
}

// Parting is the loot of the moment at which the member had made the commit by
// which it left.
func (n *Native) Parting(id wire.ID) *Loot {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.talks[id].parting
}

// Left is the loot of now, when the member has read that it is out.
func (n *Native) Left(id wire.ID) *Loot {
	n.t.Helper()
	var l *Loot
	Eventually(n.t, n.alias+" to have read that it is out", func() (bool, string) {
		n.mu.Lock()
		defer n.mu.Unlock()
		k := n.talks[id]
		if k.State() == conversation.NotMember || k.State() == conversation.Closed {
			l = n.loot(k)
		}
		return l != nil, fmt.Sprint(k.State())
	})
	return l
}

func (n *Native) loot(k *talk) *Loot {
	l := &Loot{End: n.End.Marshal(), Talk: k.Marshal(), Member: n.End.ID(), role: n.role, root: n.root, read: int(k.Index())}
	seen := map[uintptr]bool{}
	reach(reflect.ValueOf(k.Conversation), seen, &l.memory)
	reach(reflect.ValueOf(n.End), seen, &l.memory)
	if p := reflect.ValueOf(k.Conversation).Elem().FieldByName("pending"); !p.IsNil() {
		l.pending = bytes.Clone(p.Elem().FieldByName("secret").Bytes())
	}
	return l
}

// reach adds all bytes that a value leads to, each thing once.
func reach(v reflect.Value, seen map[uintptr]bool, into *[]byte) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			reach(v.Elem(), seen, into)
		}
	case reflect.Interface:
		reach(v.Elem(), seen, into)
	case reflect.Struct:
		for i := range v.NumField() {
			reach(v.Field(i), seen, into)
		}
	case reflect.Map:
		for m := v.MapRange(); m.Next(); {
			reach(m.Key(), seen, into)
			reach(m.Value(), seen, into)
		}
	case reflect.String:
		*into = append(*into, v.String()...)
	case reflect.Array, reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				reach(v.Index(i), seen, into)
			}
			return
		}
		// To its capacity: what was cut off is held too. (An array in a map cannot be
		// addressed, and is gone through by elements.)
		switch {
		case v.Kind() == reflect.Slice:
			*into = append(*into, v.Slice(0, v.Cap()).Bytes()...)
		case v.CanAddr():
			*into = append(*into, v.Bytes()...)
		default:
			for i := range v.Len() {
				*into = append(*into, byte(v.Index(i).Uint()))
			}
		}
	}
}

// Out is the number of the entry by which the member is out: its commit that
// leaves, or another's that removes it. Zero: none in this log. By its own it may
// know the epoch that it begins, in which nothing is valid but its removal.
func (l *Loot) Out(log [][]byte) (number int, own bool) {
	for i, raw := range log {
		e, err := wire.DecodeEntry(raw)
		if err != nil || e.Kind != wire.KindCommit {
			continue
		}
		own = e.Commit.Marks&wire.MarkLeave != 0 && e.Sender() == l.Member
		if own || slices.Contains(e.Commit.Removes, l.Member) {
			return i + 1, own
		}
	}
	return 0, false
}

// Log is the conversation's log as far as the member has read it.
func (n *Native) Log(id wire.ID) [][]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.talks[id].log)
}

// Reads gives the numbers of the messages that the loot's own core opens when it
// is fed the rest of the log, as if it still were in.
func (l *Loot) Reads(log [][]byte) (numbers []int, err error) {
	end, err := conversation.LoadEnd(l.End, l.role, []wire.Hash{l.root})
	if err != nil {
		return nil, err
	}
	k, err := end.LoadConversation(l.Talk)
	if err != nil {
		return nil, err
	}
	for i := l.read; i < len(log); i++ {
		ev, err := k.Receive(log[i], nowMillis())
		if err != nil {
			return numbers, err
		}
		if ev.Type == conversation.Opened {
			numbers = append(numbers, i+1)
		}
	}
	return numbers, nil
}
