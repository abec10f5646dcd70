package abi

import (
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

type conv struct {
	*conversation.Conversation
	end int32
}

func (c conv) Close() { c.Wipe() }

// contextOf is the place of a conversation's state in a keystore.
func contextOf(id wire.ID) string { return "conversation/" + string(id[:]) }

// ConversationGenesis: u64 now (ms) ‖ bytes8 queue ‖ list8 (u8 role ‖ bytes16
// key package) → conversation handle. Its entry is ConversationPending.
func (i *Instance) ConversationGenesis(handle, length int32) int32 {
	return i.endCall(handle, length, func(e end, r *wire.Reader) (int, error) {
		now, queue := r.U64(), r.Bytes8(wire.MaxQueue)
		var adds []conversation.Newcomer
		for range r.Count(wire.MaxMembers) {
			adds = append(adds, conversation.Newcomer{Role: wire.Role(r.U8()), KeyPackage: r.Bytes16(wire.MaxKeyPackage)})
		}
		if err := r.Done(); err != nil {
			return 0, err
		}
		c, err := e.Genesis(now, string(queue), adds)
		if err != nil {
			return 0, err
		}
		return i.keep(conv{c, handle}, handle)
	})
}

// ConversationJoin: conversation[16] → handle that has read nothing.
func (i *Instance) ConversationJoin(handle, length int32) int32 {
	return i.endCall(handle, length, func(e end, r *wire.Reader) (int, error) {
		id := r.ID()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return i.keep(conv{e.Join(id), handle}, handle)
	})
}

// ConversationLoad: conversation[16], its sealed state in the bulk buffer →
// handle.
func (i *Instance) ConversationLoad(handle, ks, length int32) int32 {
	return i.endCall(handle, length, func(e end, r *wire.Reader) (int, error) {
		id := r.ID()
		if err := r.Done(); err != nil {
			return 0, err
		}
		state, err := i.restore(ks, contextOf(id))
		if err != nil {
			return 0, err
		}
		defer clear(state)
		c, err := e.LoadConversation(state)
		if err != nil {
			return 0, err
		}
		if c.ID() != id {
			c.Wipe()
			return 0, wire.OpenFailed
		}
		return i.keep(conv{c, handle}, handle)
	})
}

// ConversationSave seals the state into the bulk buffer and returns its length.
func (i *Instance) ConversationSave(handle, ks int32) int32 {
	return i.guard(func() (int, error) {
		c, err := get[conv](i, handle)
		if err != nil {
			return 0, err
		}
		return i.save(ks, contextOf(c.ID()), c.Marshal())
	})
}

// conversationCall is an export on a conversation, with arguments to read.
func (i *Instance) conversationCall(handle, length int32, f func(conv, *wire.Reader) (int, error)) int32 {
	return i.call(length, func(args []byte) (int, error) {
		c, err := get[conv](i, handle)
		if err != nil {
			return 0, err
		}
		return f(c, wire.NewReader(args))
	})
}

// ConversationReceive: u64 now (ms) ‖ entry → event.
func (i *Instance) ConversationReceive(handle, length int32) int32 {
	return i.conversationCall(handle, length, func(c conv, r *wire.Reader) (int, error) {
		now, entry := r.U64(), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		ev, err := c.Receive(entry, now)
		if err != nil {
			return 0, err
		}
		return i.reply(encodeEvent(ev))
	})
}

// ConversationPassing: entry → event of a passing message.
func (i *Instance) ConversationPassing(handle, length int32) int32 {
	return i.conversationCall(handle, length, func(c conv, r *wire.Reader) (int, error) {
		ev, err := c.Pass(r.Rest())
		if err != nil {
			return 0, err
		}
		return i.reply(encodeEvent(ev))
	})
}

func encodeEvent(ev *conversation.Event) []byte {
	w := wire.NewWriter(128 + len(ev.Content))
	w.U8(uint8(ev.Type))
	w.U64(ev.Index)
	w.Raw(ev.ID[:])
	w.Raw(ev.Sender[:])
	switch ev.Type {
	case conversation.Opened:
		w.Raw(ev.Instance[:])
		w.U64(ev.Epoch)
		w.U64(ev.Counter)
		w.U64(ev.Gap)
		writeBool(w, ev.Own)
		w.Bytes32(ev.Content)
		clear(ev.Content)
	case conversation.Applied:
		w.U64(ev.Epoch)
		w.U64(ev.Time)
		w.U8(ev.Marks)
		writeBool(w, ev.Own)
		writeIDs(w, ev.Added)
		writeIDs(w, ev.Removed)
	case conversation.Joining:
		writeBool(w, ev.Own)
		w.Raw(ev.Replaces[:])
		writeBool(w, ev.Same)
		w.U8(ev.Reason)
	case conversation.Ignored:
		w.U16(uint16(ev.Code))
		writeBool(w, ev.Own)
		w.Raw(ev.Instance[:])
		w.U64(ev.Counter)
	}
	return w.Bytes()
}

func writeBool(w *wire.Writer, v bool) {
	if v {
		w.U8(1)
	} else {
		w.U8(0)
	}
}

func writeIDs(w *wire.Writer, ids []wire.ID) {
	w.U8(uint8(len(ids)))
	for _, id := range ids {
		w.Raw(id[:])
	}
}

// ConversationDue: u64 now (ms) → 0 seal, 1 commit first, 2 send the pending
// commit again.
func (i *Instance) ConversationDue(handle, length int32) int32 {
	return i.conversationCall(handle, length, func(c conv, r *wire.Reader) (int, error) {
		now := r.U64()
		if err := r.Done(); err != nil {
			return 0, err
		}
		due, err := c.Due(now)
		return int(due), err
	})
}

// ConversationCommit: u64 now (ms) ‖ bytes8 join request, empty or the id[16]
// of a new identity's that a person said yes to → commit entry that refreshes
// this member, removes those who must go and adds who asked; it is kept
// pending. A commit that was pending already comes back as it was.
func (i *Instance) ConversationCommit(handle, length int32) int32 {
	return i.conversationCall(handle, length, func(c conv, r *wire.Reader) (int, error) {
		now, answers := r.U64(), r.Bytes8(16)
		if len(answers)%16 != 0 {
			r.Fail()
		}
		if err := r.Done(); err != nil {
			return 0, err
		}
		var moves conversation.Moves
		copy(moves.Answers[:], answers)
		entry, err := c.Commit(now, moves)
		if err != nil {
			return 0, err
		}
		return i.reply(entry)
	})
}

// ConversationJoinRequest: u64 now (ms) → join request entry. Save the end and
// the conversation together before it is sent. Rate limited: ask again later.
func (i *Instance) ConversationJoinRequest(handle, length int32) int32 {
	return i.conversationCall(handle, length, func(c conv, r *wire.Reader) (int, error) {
		now := r.U64()
		if err := r.Done(); err != nil {
			return 0, err
		}
		entry, err := c.JoinRequest(now)
		if err != nil {
			return 0, err
		}
		return i.reply(entry)
	})
}

// ConversationJoins → list8 standing join request: id[16] ‖ replaces[16] ‖
// by[16] ‖ u8 same (its leaf's owner made it) ‖ u8 reason ‖ bytes8 alias.
func (i *Instance) ConversationJoins(handle int32) int32 {
	return i.guard(func() (int, error) {
		c, err := get[conv](i, handle)
		if err != nil {
			return 0, err
		}
		joins := c.Joins()
		w := wire.NewWriter(512)
		w.U8(uint8(len(joins)))
		for _, j := range joins {
			w.Raw(j.ID[:])
			w.Raw(j.Replaces[:])
			w.Raw(j.By[:])
			writeBool(w, j.Same)
			w.U8(j.Reason)
			w.Bytes8([]byte(j.Alias))
		}
		return i.reply(w.Bytes())
	})
}

// ConversationPending → the pending commit entry, or length 0.
func (i *Instance) ConversationPending(handle int32) int32 {
	return i.guard(func() (int, error) {
		c, err := get[conv](i, handle)
		if err != nil {
			return 0, err
		}
		return i.reply(c.Pending())
	})
}

// ConversationSeal: u64 now (ms) ‖ u8 retention (1 stored, 2 passing) ‖
// content → message entry. Its counter is used up.
func (i *Instance) ConversationSeal(handle, length int32) int32 {
	return i.conversationCall(handle, length, func(c conv, r *wire.Reader) (int, error) {
		now, retention, content := r.U64(), r.U8(), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		entry, err := c.Seal(now, retention, content)
		if err != nil {
			return 0, err
		}
		return i.reply(entry)
	})
}

// ConversationReseal: u64 now (ms) ‖ bytes32 old entry ‖ content → message
// entry with the old one's instance and counter.
func (i *Instance) ConversationReseal(handle, length int32) int32 {
	return i.conversationCall(handle, length, func(c conv, r *wire.Reader) (int, error) {
		now, old, content := r.U64(), r.Bytes32(wire.MaxMessageEntry), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		entry, err := c.Reseal(now, old, content)
		if err != nil {
			return 0, err
		}
		return i.reply(entry)
	})
}

// ConversationStatus → conversation[16] ‖ u64 epoch ‖ u64 entries read ‖ u8
// state ‖ transcript hash[32] ‖ log hash[32] ‖ member whose log differs[16],
// zero but when forked or doubtful ‖ list8 member: id[16] ‖ u8 role ‖ u8
// verified ‖ u8 self ‖ identity[32] ‖ bytes8 alias.
func (i *Instance) ConversationStatus(handle int32) int32 {
	return i.guard(func() (int, error) {
		c, err := get[conv](i, handle)
		if err != nil {
			return 0, err
		}
		e, err := get[end](i, c.end)
		if err != nil {
			return 0, err
		}
		id, head, log, by, self := c.ID(), c.TranscriptHash(), c.LogHash(), c.ForkedBy(), e.ID()
		w := wire.NewWriter(512)
		w.Raw(id[:])
		w.U64(c.Epoch())
		w.U64(c.Index())
		w.U8(uint8(c.State()))
		w.Raw(head[:])
		w.Raw(log[:])
		w.Raw(by[:])
		w.U8(uint8(len(c.Members())))
		for _, m := range c.Members() {
			w.Raw(m.ID[:])
			w.U8(uint8(m.Role))
			writeBool(w, m.Verified())
			writeBool(w, m.ID == self)
			w.Raw(m.Identity)
			w.Bytes8([]byte(m.Alias))
		}
		return i.reply(w.Bytes())
	})
}

// EntryID: entry → id[16], of any bytes.
func (i *Instance) EntryID(length int32) int32 {
	return i.call(length, func(entry []byte) (int, error) {
		id := wire.EntryID(entry)
		return i.reply(id[:])
	})
}

// EntryManifest: entry → hash[32] of the manifest that a commit names, or
// length 0.
func (i *Instance) EntryManifest(length int32) int32 {
	return i.call(length, func(entry []byte) (int, error) {
		e, err := wire.DecodeEntry(entry)
		if err != nil || e.Kind != wire.KindCommit {
			return 0, err
		}
		return i.reply(e.Commit.ManifestHash[:])
	})
}
