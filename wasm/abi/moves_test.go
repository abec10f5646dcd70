package abi

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

const (
	day0 = uint64(1_800_000_000_000)
	desk = "default"
)

// office has ends of one company in one instance.
type office struct {
	t      *testing.T
	i      *Instance
	issuer ed25519.PrivateKey
	root   ed25519.PrivateKey
	raw    []byte
}

func newOffice(t *testing.T) *office {
	o := &office{t: t, i: new(Instance), root: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), issuer: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))}
	m := &wire.Manifest{Sequence: 1, Issued: 1, Expires: 1 << 40, Queues: []string{desk},
		Issuers: []wire.Issuer{{Key: o.issuer.Public().(ed25519.PublicKey), Roles: 0xfe, NotAfter: 1 << 40}},
		Policy:  wire.Policy{History: wire.HistoryDevice, Grants: 1, RotateMinutes: 15, RotateMessages: 50}}
	var err error
	if o.raw, err = m.Sign(o.root); err != nil {
		t.Fatal(err)
	}
	return o
}

// end is a handle, and the member behind it.
func (o *office) end(role wire.Role, alias string) (int32, wire.ID) {
	o.t.Helper()
	e, err := conversation.NewEnd(role, []wire.Hash{wire.Hash(o.root.Public().(ed25519.PublicKey))})
	if err == nil {
		err = e.AddManifest(o.raw, day0/1000, true)
	}
	if err == nil && alias != "" {
		var raw []byte
		raw, err = (&wire.Credential{Role: role, Identity: e.Identity(), Alias: alias, Queues: []string{desk}, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 3600}).Issue(o.issuer)
		if err == nil {
			err = e.SetCredential(raw, day0/1000)
		}
	}
	if err != nil {
		o.t.Fatal(err)
	}
	h, err := o.i.keep(e, 0)
	if err != nil {
		o.t.Fatal(err)
	}
	return int32(h), e.ID()
}

// arguments are put in the tray by what writes them.
func (o *office) arguments(write func(*wire.Writer)) int32 {
	w := wire.NewWriter(64)
	write(w)
	return int32(copy(o.i.tray[:], w.Bytes()))
}

// result is what stands in the tray.
func (o *office) result(n int32) []byte {
	o.t.Helper()
	if n < 0 {
		o.t.Fatal(wire.Code(-n))
	}
	return bytes.Clone(o.i.tray[:n])
}

func (o *office) keyPackage(end int32) []byte {
	return o.result(o.i.EndKeyPackage(end, o.arguments(func(w *wire.Writer) { w.U64(day0 / 1000); w.U64(day0/1000 + 3600); w.U8(0) })))
}

func (o *office) receive(c int32, entry []byte) *wire.Reader {
	return wire.NewReader(o.result(o.i.ConversationReceive(c, o.arguments(func(w *wire.Writer) { w.U64(day0); w.Raw(entry) }))))
}

// The documented bytes of genesis, commit, event and status carry a conversation
// from queue to agent, and what was granted.
func TestMovesCrossTheBorder(t *testing.T) {
	o := newOffice(t)
	customer, customerID := o.end(wire.Customer, "")
	inbox, inboxID := o.end(wire.Inbox, desk)
	ana, anaID := o.end(wire.Agent, "Ana")
	previous := bytes.Repeat([]byte{9}, 16)

	kp := o.keyPackage(inbox)
	var named []byte
	genesis := func(previous []byte) int32 {
		return o.i.ConversationGenesis(customer, o.arguments(func(w *wire.Writer) {
			w.U64(day0)
			w.Bytes8([]byte(desk))
			w.Bytes8(previous)
			w.U8(1)
			w.U8(uint8(wire.Inbox))
			w.Bytes8(named)
			w.Bytes16(kp)
		}))
	}
	for _, n := range []int{1, 15, 17, 32} {
		if got := genesis(make([]byte, n)); got != code(wire.BadArgument) {
			t.Errorf("%d bytes of another's id: %d", n, got)
		}
	}
	for _, named = range [][]byte{customerID[:], anaID[:8]} {
		if got := genesis(previous); got != code(wire.BadCredential) {
			t.Errorf("another's key package for %x: %d", named, got)
		}
	}
	named = inboxID[:]
	c := genesis(previous)
	log := [][]byte{o.result(o.i.ConversationPending(c))}
	o.receive(c, log[0])
	status := wire.NewReader(o.result(o.i.ConversationStatus(c)))
	id := status.ID()
	status.Raw(8 + 8 + 1 + 32 + 32 + 16)
	type member struct {
		id                      wire.ID
		role                    uint8
		verified, self, leaving bool
		alias                   string
	}
	members := func(r *wire.Reader) (out []member) {
		for range r.Count(16) {
			m := member{id: r.ID(), role: r.U8(), verified: r.Bool(), self: r.Bool(), leaving: r.Bool()}
			r.Raw(32)
			m.alias = string(r.Bytes8(64))
			out = append(out, m)
		}
		return out
	}
	want := []member{{customerID, 1, false, true, false, ""}, {inboxID, 6, true, false, false, desk}}
	if inboxID[0] < customerID[0] {
		slices.Reverse(want)
	}
	if got := members(status); !slices.Equal(got, want) {
		t.Errorf("members %v, want %v", got, want)
	}
	if q, p := status.Bytes8(64), status.Bytes8(16); string(q) != desk || !bytes.Equal(p, previous) || status.Done() != nil {
		t.Errorf("queue %q, continues %x", q, p)
	}

	join := func(end int32) int32 {
		return o.i.ConversationJoin(end, o.arguments(func(w *wire.Writer) { w.Raw(id[:]) }))
	}
	at := join(inbox)
	o.receive(at, log[0])
	kp = o.keyPackage(ana)
	commit := func(answers []byte, marks, role, history uint8, removes []wire.ID, tail ...byte) int32 {
		return o.i.ConversationCommit(at, o.arguments(func(w *wire.Writer) {
			w.U64(day0)
			w.Bytes8(answers)
			w.U8(marks)
			w.U8(role)
			w.U8(history)
			w.U8(uint8(len(removes)))
			for _, id := range removes {
				w.Raw(id[:])
			}
			w.U8(1)
			w.U8(uint8(wire.Agent))
			w.Bytes8(nil)
			w.Bytes16(kp)
			w.Raw(tail)
		}))
	}
	for name, row := range map[string]struct{ got, want int32 }{
		"half an id":         {commit(make([]byte, 8), 1, 0, 1, nil), code(wire.BadArgument)},
		"no such request":    {commit(bytes.Repeat([]byte{5}, 16), 0, 0, 0, nil), code(wire.BadCommit)},
		"a byte too many":    {commit(nil, 1, 0, 1, nil, 0), code(wire.BadArgument)},
		"removes a stranger": {commit(nil, 1, 0, 1, []wire.ID{anaID}), code(wire.BadCommit)},
		"removes a customer": {commit(nil, 1, 0, 1, []wire.ID{customerID}), code(wire.NotMember)},
	} {
		if row.got != row.want {
			t.Errorf("%s: %d, want %d", name, row.got, row.want)
		}
	}
	log = append(log, o.result(commit(nil, wire.MarkLeave, 0, 1, nil)))
	o.receive(at, log[1])

	c2 := join(ana)
	o.receive(c2, log[0])
	for _, rewound := range []bool{true, false} {
		ev := o.receive(c2, log[1])
		type applied struct {
			kind, marks, role        uint8
			index, epoch, time, code uint64
			sender, added            wire.ID
			own, rewound             bool
		}
		got := applied{kind: ev.U8(), index: ev.U64()}
		ev.ID()
		got.sender, got.epoch, got.time, got.marks, got.own = ev.ID(), ev.U64(), ev.U64(), ev.U8(), ev.Bool()
		if n := ev.Count(16); n != 1 {
			t.Fatalf("%d added", n)
		}
		got.added = ev.ID()
		if n := ev.Count(16); n != 0 {
			t.Fatalf("%d removed", n)
		}
		got.role = ev.U8()
		if n := ev.Count(16); n != 1 {
			t.Fatalf("%d grants", n)
		}
		if to, from, last, reason := ev.ID(), ev.U64(), ev.U64(), ev.U8(); to != anaID || from != 0 || last != 0 || reason != 1 {
			t.Errorf("grants %x the epochs %d to %d for %d", to, from, last, reason)
		}
		got.code, got.rewound = uint64(ev.U16()), ev.Bool()
		if want := (applied{2, 1, 6, 2, 1, day0, 0, inboxID, anaID, false, rewound}); got != want || ev.Done() != nil {
			t.Errorf("told %+v, want %+v", got, want)
		}
		status := wire.NewReader(o.result(o.i.ConversationStatus(c2)))
		status.Raw(16)
		epoch, index, state := status.U64(), status.U64(), status.U8()
		status.Raw(32 + 32 + 16)
		if rewound {
			if epoch != 0 || index != 0 || state != 7 || len(members(status)) != 0 {
				t.Errorf("epoch %d, index %d, state %d", epoch, index, state)
			}
			o.receive(c2, log[0])
			continue
		}
		left := false
		for _, m := range members(status) {
			left = left || m.id == inboxID && m.leaving
		}
		if epoch != 1 || index != 2 || state != 1 || !left {
			t.Errorf("epoch %d, index %d, state %d; the inbox leaves: %v", epoch, index, state, left)
		}
	}
}
