package abi

import (
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

type conv = *conversation.Conversation

// contextOf is the place of a conversation's state in a keystore.
func contextOf(id wire.ID) string { return "conversation/" + string(id[:]) }

// newcomers reads list8 (u8 role ‖ bytes8 member, empty or the id[16] whose the
// key package must be ‖ bytes16 key package). Whoever carries key packages could
// put one member's in another's place: bad credential.
func newcomers(r *wire.Reader) (adds []conversation.Newcomer, err error) {
	for range r.Count(wire.MaxMembers) {
		role, member, raw := wire.Role(r.U8()), r.Bytes8(16), r.Bytes16(wire.MaxKeyPackage)
		if len(member) != 0 && !r.Failed() {
			kp, bad := wire.DecodeKeyPackage(raw)
			if bad != nil {
				return nil, bad
			}
			if id := kp.MemberID(); !wire.Equal(id[:], member) {
				return nil, wire.BadCredential
			}
		}
		adds = append(adds, conversation.Newcomer{Role: role, KeyPackage: raw})
	}
	return adds, r.Done()
}

// ConversationGenesis: u64 now (ms) ‖ bytes8 queue ‖ bytes8 previous, empty or
// the id[16] of the conversation that it continues ‖ list8 newcomer → conversation
// handle. Its entry is ConversationPending.
func (i *Instance) ConversationGenesis(handle, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
		now, queue, previous := r.U64(), r.Bytes8(wire.MaxQueue), r.Bytes8(16)
		adds, err := newcomers(r)
		if err != nil {
			return 0, err
		}
		c, err := e.Genesis(now, string(queue), adds, previous)
		if err != nil {
			return 0, err
		}
		return i.keep(c, handle)
	})
}

// ConversationJoin: conversation[16] → handle that has read nothing.
func (i *Instance) ConversationJoin(handle, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
		id := r.ID()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return i.keep(e.Join(id), handle)
	})
}

// ConversationLoad: conversation[16], its sealed state in the bulk buffer →
// handle.
func (i *Instance) ConversationLoad(handle, ks, length int32) int32 {
	return on(i, handle, length, func(e end, r *wire.Reader) (int, error) {
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
		return i.keep(c, handle)
	})
}

// ConversationSave seals the state into the bulk buffer and returns its length.
func (i *Instance) ConversationSave(handle, ks int32) int32 {
	return on(i, handle, 0, func(c conv, _ *wire.Reader) (int, error) {
		return i.save(ks, contextOf(c.ID()), c.Marshal())
	})
}

// ConversationReceive: u64 now (ms) ‖ entry → event.
func (i *Instance) ConversationReceive(handle, length int32) int32 {
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
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
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
		ev, err := c.Pass(r.Rest())
		if err != nil {
			return 0, err
		}
		return i.reply(encodeEvent(ev))
	})
}

// maxNumber is the largest that JavaScript's numbers hold exactly. Of what an
// event tells only a gap is as large as a member likes: it stops there.
const maxNumber = 1<<53 - 1

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
		w.U64(min(ev.Gap, maxNumber))
		w.Bool(ev.Own)
		w.Bytes32(ev.Content)
		clear(ev.Content)
	case conversation.Applied:
		w.U64(ev.Epoch)
		w.U64(ev.Time)
		w.U8(ev.Marks)
		w.Bool(ev.Own)
		writeIDs(w, ev.Added)
		writeIDs(w, ev.Removed)
		w.U8(uint8(ev.Role))
		w.U8(uint8(len(ev.Grants)))
		for _, g := range ev.Grants {
			w.Raw(g.Grantee[:])
			w.U64(g.From)
			w.U64(g.To)
			w.U8(g.Reason)
		}
		w.U16(uint16(ev.Code))
		w.Bool(ev.Rewound)
	case conversation.Joining:
		w.Bool(ev.Own)
		w.Raw(ev.Join.Replaces[:])
		w.Bool(ev.Join.Same)
		w.U8(ev.Join.Reason)
	case conversation.Ignored:
		w.U16(uint16(ev.Code))
		w.Bool(ev.Own)
		w.Raw(ev.Instance[:])
		w.U64(ev.Counter)
	}
	return w.Bytes()
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
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
		now := r.U64()
		if err := r.Done(); err != nil {
			return 0, err
		}
		due, err := c.Due(now)
		return int(due), err
	})
}

// ConversationCommit: u64 now (ms) ‖ bytes8 join request, empty or the id[16]
// of a new identity's that a person said yes to ‖ u8 marks (1 leave, 2 close, 4:
// answers no other join request, which is no mark of the entry) ‖
// u8 own role, or 0 ‖ u8 reason of the grant to the newcomer, or 0 ‖ list8 id[16] to
// remove ‖ list8 newcomer to add → commit entry that does
// so, refreshes this member, removes those who must go and adds who asked; it is
// kept pending. A commit that was pending already comes back as it was.
func (i *Instance) ConversationCommit(handle, length int32) int32 {
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
		now, answers := r.U64(), r.Bytes8(16)
		if len(answers)%16 != 0 {
			r.Fail()
		}
		moves := conversation.Moves{Marks: r.U8(), Role: wire.Role(r.U8()), History: r.U8()}
		moves.Quiet = moves.Marks&4 != 0
		moves.Marks &^= 4
		for range r.Count(wire.MaxMembers) {
			moves.Removes = append(moves.Removes, r.ID())
		}
		var err error
		if moves.Adds, err = newcomers(r); err != nil {
			return 0, err
		}
		copy(moves.Answers[:], answers)
		return i.answer(c.Commit(now, moves))
	})
}

// ConversationJoinRequest: u64 now (ms) → join request entry. Save the end and
// the conversation together before it is sent. Rate limited: ask again later.
func (i *Instance) ConversationJoinRequest(handle, length int32) int32 {
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
		now := r.U64()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return i.answer(c.JoinRequest(now))
	})
}

// ConversationJoins → list8 standing join request: id[16] ‖ replaces[16] ‖
// by[16] ‖ u8 same (its leaf's owner made it) ‖ u8 reason ‖ bytes8 alias.
func (i *Instance) ConversationJoins(handle int32) int32 {
	return on(i, handle, 0, func(c conv, _ *wire.Reader) (int, error) {
		joins := c.Joins()
		w := wire.NewWriter(512)
		w.U8(uint8(len(joins)))
		for _, j := range joins {
			w.Raw(j.ID[:])
			w.Raw(j.Replaces[:])
			w.Raw(j.By[:])
			w.Bool(j.Same)
			w.U8(j.Reason)
			w.Bytes8([]byte(j.KeyPackage.Alias()))
		}
		return i.reply(w.Bytes())
	})
}

// ConversationPending → the pending commit entry, or length 0.
func (i *Instance) ConversationPending(handle int32) int32 {
	return on(i, handle, 0, func(c conv, _ *wire.Reader) (int, error) {
		return i.reply(c.Pending())
	})
}

// ConversationSeal: u64 now (ms) ‖ u8 retention (1 stored, 2 passing) ‖
// content → message entry. Its counter is used up.
func (i *Instance) ConversationSeal(handle, length int32) int32 {
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
		now, retention, content := r.U64(), r.U8(), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return i.answer(c.Seal(now, retention, content))
	})
}

// ConversationReseal: u64 now (ms) ‖ bytes32 old entry ‖ content → message
// entry with the old one's instance and counter.
func (i *Instance) ConversationReseal(handle, length int32) int32 {
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
		now, old, content := r.U64(), r.Bytes32(wire.MaxMessageEntry), r.Rest()
		if err := r.Done(); err != nil {
			return 0, err
		}
		return i.answer(c.Reseal(now, old, content))
	})
}

// ConversationStatus → conversation[16] ‖ u64 epoch ‖ u64 entries read ‖ u8
// state ‖ transcript hash[32] ‖ log hash[32] ‖ member whose log differs[16],
// zero but when forked or doubtful ‖ list8 member: id[16] ‖ u8 role ‖ u8
// verified ‖ u8 self ‖ u8 leaving ‖ identity[32] ‖ bytes8 alias; then bytes8
// queue ‖ bytes8 conversation[16] that it continues, or empty.
func (i *Instance) ConversationStatus(handle int32) int32 {
	return on(i, handle, 0, func(c conv, _ *wire.Reader) (int, error) {
		id, head, log, by, self := c.ID(), c.TranscriptHash(), c.LogHash(), c.ForkedBy(), c.Self()
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
			w.Bool(m.Verified())
			w.Bool(m.ID == self)
			w.Bool(m.Leaving)
			w.Raw(m.Identity)
			w.Bytes8([]byte(m.Alias))
		}
		w.Bytes8([]byte(c.Queue()))
		w.Bytes8(c.Previous())
		return i.reply(w.Bytes())
	})
}

// ConversationSafety: member[16] → u64 epoch ‖ number[60] ‖ transcript[30]:
// what this end and that member compare (SPEC 2.6), ASCII digits. It costs some
// ten milliseconds for each member and for each epoch, once. Own id: bad argument.
// Nobody in the roster: not a member. An end that does not hold the epoch is
// answered why.
func (i *Instance) ConversationSafety(handle, length int32) int32 {
	return on(i, handle, length, func(c conv, r *wire.Reader) (int, error) {
		member := r.ID()
		if err := r.Done(); err != nil {
			return 0, err
		}
		s, err := c.Safety(member)
		if err != nil {
			return 0, err
		}
		w := wire.NewWriter(128)
		w.U64(s.Epoch)
		w.Raw(s.Number[:])
		w.Raw(s.Transcript[:])
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

// ManifestHash: manifest → hash[32] (SPEC 2.5), of any bytes.
func (i *Instance) ManifestHash(length int32) int32 {
	return i.call(length, func(manifest []byte) (int, error) {
		hash := wire.Sum("manifest", manifest)
		return i.reply(hash[:])
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
