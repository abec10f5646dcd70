package conversation

import (
	"bytes"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
	"pgregory.net/rapid"
)

// hall is a customer and the whole company, who hand one conversation about in
// any way that is valid, crash as they like, and read at leisure. What each may
// open follows from the log alone: the epochs it was in, and what it was granted.
type hall struct {
	*pair
	rt    *rapid.T
	who   []*guest
	texts map[wire.ID]string
	crash int // reads until one
}

type guest struct {
	name  string
	conv  *Conversation
	shown map[string]bool
}

func (g *guest) String() string { return g.name }

func newHall(t testing.TB, rt *rapid.T, grants uint8) *hall {
	t.Helper()
	d := newDesk(t, func(m *wire.Manifest) { m.Policy.Grants = grants })
	h := &hall{pair: d.pair, rt: rt, texts: map[wire.ID]string{}}
	h.who = []*guest{{name: "customer", conv: d.customer}, {name: "inbox", conv: d.inbox}}
	for _, name := range []string{"Ana", "Ben", "Cleo"} {
		h.who = append(h.who, &guest{name: name, conv: d.company.agent(name).Join(d.customer.ID())})
	}
	for _, role := range []wire.Role{wire.Supervisor, wire.Bot} {
		e := d.company.end(role)
		d.vouch(e, "Sam", 12*3600)
		h.who = append(h.who, &guest{name: fmt.Sprint("role ", role), conv: e.Join(d.customer.ID())})
	}
	for _, g := range h.who {
		g.shown = map[string]bool{}
	}
	return h
}

func (h *hall) read(g *guest, n int) {
	for ; n > 0 && g.conv.Index() < uint64(len(h.log.entries)); n-- {
		ev, err := g.conv.Receive(h.log.entries[g.conv.Index()], h.now)
		if err != nil {
			h.rt.Fatalf("%s: %v", g.name, err)
		}
		if ev.Type == Opened {
			g.shown[string(ev.Content)] = true
		}
		if ev.Type == Applied && ev.Code != 0 {
			h.rt.Fatalf("%s: the commit of epoch %d: %v", g.name, ev.Epoch, ev.Code)
		}
		if h.crash--; h.crash <= 0 {
			g.conv, h.crash = reload(h.t, g.conv), rapid.IntRange(1, 40).Draw(h.rt, "reads until a crash")
		}
	}
}

// active is somebody who is in, and has read all.
func (h *hall) active() *guest {
	var in []*guest
	for _, g := range h.who {
		if h.log.chain.Member(g.conv.Self()) != nil {
			in = append(in, g)
		}
	}
	g := rapid.SampledFrom(in).Draw(h.rt, "who of them")
	h.read(g, 1<<20)
	return g
}

// commits has g make the moves; the process may end before or after it sends.
func (h *hall) commits(g *guest, moves Moves) {
	before := g.conv.Marshal()
	entry, err := g.conv.Commit(h.now, moves)
	if err != nil {
		if !isCode(err) || err == error(wire.Internal) {
			h.rt.Fatalf("%s: %v", g.name, err)
		}
		return
	}
	switch rapid.IntRange(0, 5).Draw(h.rt, "fate") {
	case 0: // before the state was saved: it never left
		c, err := g.conv.end.LoadConversation(before)
		if err != nil {
			h.rt.Fatal(err)
		}
		g.conv = c
		return
	case 1: // after: the same bytes go out
		g.conv = reload(h.t, g.conv)
		if !bytes.Equal(g.conv.Pending(), entry) {
			h.rt.Fatalf("%s: another commit after the crash", g.name)
		}
	}
	if err := h.log.append(entry); err != nil {
		h.rt.Fatalf("%s: its commit is refused: %v", g.name, err)
	}
	h.read(g, 1)
}

func (h *hall) says(g *guest) {
	for range 2 {
		due, err := g.conv.Due(h.now)
		if err != nil {
			return
		}
		if due == DueCommit {
			h.commits(g, Moves{})
			h.read(g, 1<<20)
			continue
		}
		text := fmt.Sprint(g.name, " ", len(h.texts))
		entry, err := g.conv.Seal(h.now, wire.Stored, []byte(text))
		if err != nil {
			return
		}
		if err := h.log.append(entry); err != nil {
			h.rt.Fatalf("%s: its message is refused: %v", g.name, err)
		}
		h.texts[wire.EntryID(entry)] = text
	}
}

// moves draws one that g's role may make, or may not.
func (h *hall) moves(g *guest) (m Moves) {
	var in, out []*guest
	for _, o := range h.who[1:] {
		if g.conv.chain.Member(o.conv.Self()) != nil {
			in = append(in, o)
		} else {
			out = append(out, o)
		}
	}
	own := g.conv.chain.Member(g.conv.Self())
	if len(out) != 0 && own != nil && own.Role != wire.Customer && rapid.IntRange(0, 3).Draw(h.rt, "add") != 0 {
		o := rapid.SampledFrom(out).Draw(h.rt, "whom")
		if out[0].name == "inbox" && rapid.Bool().Draw(h.rt, "parks") {
			o = out[0]
		}
		role := o.conv.end.Role()
		if role == wire.Supervisor && rapid.Bool().Draw(h.rt, "as agent") {
			role = wire.Agent
		}
		kp, err := o.conv.end.KeyPackage(h.now/1000+3600, role == wire.Inbox)
		if err != nil {
			h.rt.Fatal(err)
		}
		m.Adds = []Newcomer{{role, kp}}
		m.History = rapid.SampledFrom([]uint8{0, 1, 2, 3, 5}).Draw(h.rt, "history")
	}
	if len(in) != 0 && rapid.IntRange(0, 2).Draw(h.rt, "leave") == 0 {
		m.Marks = wire.MarkLeave
	} else if len(in) != 0 && rapid.IntRange(0, 4).Draw(h.rt, "remove") == 0 {
		m.Removes = []wire.ID{rapid.SampledFrom(in).Draw(h.rt, "whom").conv.Self()}
	}
	if own != nil && own.Role == wire.Supervisor && rapid.Bool().Draw(h.rt, "take over") {
		m.Role = wire.Agent
	}
	return m
}

// expected replays the log by the words of SPEC section 5.7: what each member may
// open, and what each commit must grant.
func (h *hall) expected(grants uint8) map[wire.ID]map[string]bool {
	type standing struct {
		role  wire.Role
		leave bool
		since uint64
		kept  []uint64
	}
	may := map[wire.ID]map[string]bool{}
	for _, g := range h.who {
		may[g.conv.Self()] = map[string]bool{}
	}
	said := map[uint64][]string{}
	in := map[wire.ID]*standing{}
	beginning, epoch := uint64(0), uint64(0)
	keeps := func(s *standing) {
		s.kept = slices.DeleteFunc(s.kept, func(n uint64) bool {
			return s.role != wire.Agent && s.role != wire.Supervisor && s.role != wire.Inbox || grants == 0 || grants == 1 && n < beginning
		})
	}
	for _, raw := range h.log.entries {
		e, err := wire.DecodeEntry(raw)
		if err != nil {
			h.rt.Fatal(err)
		}
		if e.Kind == wire.KindMessage {
			text := h.texts[wire.EntryID(raw)]
			said[epoch] = append(said[epoch], text)
			for id := range in {
				may[id][text] = true
			}
			continue
		}
		m, by := e.Commit, e.Sender()
		old := in[by]
		claim := false
		for _, a := range m.Adds {
			claim = claim || old != nil && old.role == wire.Inbox && (a.Role == wire.Agent || a.Role == wire.Bot)
		}
		var granted []uint64
		if len(m.Grants) != 0 {
			s := *old
			s.kept = append(slices.Clone(s.kept), epoch)
			keeps(&s)
			granted = s.kept
			var named []uint64
			for _, g := range m.Grants {
				for n := g.From; n <= g.To; n++ {
					named = append(named, n)
				}
				if a := m.Adds[0]; g.Grantee != a.KeyPackage.MemberID() || a.Role == wire.Supervisor && g.Reason != 5 || a.Role == wire.Customer || a.Role == wire.Guest {
					h.rt.Fatalf("epoch %d: a grant for %d to role %d", m.Epoch, g.Reason, a.Role)
				}
			}
			if !slices.Equal(named, granted) {
				h.rt.Fatalf("epoch %d grants %v, its maker holds %v", m.Epoch, named, granted)
			}
		}
		for _, s := range in {
			s.kept = append(s.kept, epoch)
		}
		for _, id := range m.Removes {
			delete(in, id)
		}
		if claim {
			beginning = old.since
		}
		epoch = m.Epoch
		if in[by] == nil {
			in[by] = &standing{since: epoch}
		}
		in[by].role, in[by].leave = m.Role, m.Marks == wire.MarkLeave
		for _, a := range m.Adds {
			id := a.KeyPackage.MemberID()
			in[id] = &standing{role: a.Role, since: epoch, kept: granted}
			for _, n := range granted {
				for _, text := range said[n] {
					may[id][text] = true
				}
			}
		}
		for id, s := range in {
			if keeps(s); s.leave {
				delete(in, id)
			}
		}
	}
	for _, g := range h.who { // and what each keeps is what it may grant
		if s := in[g.conv.Self()]; s != nil && g.conv.State() == Active {
			var kept []uint64
			for _, p := range g.conv.past {
				kept = append(kept, p.number)
			}
			if !slices.Equal(kept, s.kept) {
				h.rt.Fatalf("%s keeps %v, want %v", g.name, kept, s.kept)
			}
		} else if len(g.conv.past) != 0 || g.conv.member {
			h.rt.Fatalf("%s, in state %d, holds secrets", g.name, g.conv.State())
		}
	}
	return may
}

// TestRandomMoves: whoever reads, in whatever order all was done and however
// often it crashed, was shown what the log says that it could open, all of it,
// and nothing else.
func TestRandomMoves(t *testing.T) {
	most := 50
	if runtime.GOOS == "wasip1" {
		most = 15
	}
	rapid.Check(t, func(rt *rapid.T) {
		grants := rapid.SampledFrom([]uint8{1, 2, 1, 0}).Draw(rt, "policy")
		h := newHall(t, rt, grants)
		for range rapid.IntRange(5, most).Draw(rt, "steps") {
			g := rapid.SampledFrom(h.who).Draw(rt, "who")
			switch rapid.IntRange(0, 7).Draw(rt, "step") {
			case 0, 1:
				h.says(h.active())
			case 2, 3, 4:
				g := h.active()
				h.commits(g, h.moves(g))
			case 5:
				h.read(g, rapid.IntRange(1, 20).Draw(rt, "entries"))
			case 6:
				h.now += uint64(rapid.IntRange(1, 20*60_000).Draw(rt, "ms"))
			case 7: // a page that knows nothing of the conversation any more, but that it may be in it again
				if g.conv.State() == NotMember && g.conv.was {
					g.conv = g.conv.end.Join(h.customer.ID())
				}
			}
		}
		for _, g := range h.who {
			h.read(g, 1<<20)
		}
		may := h.expected(grants)
		for _, g := range h.who {
			if s := g.conv.State(); s != Active && s != NotMember {
				rt.Fatalf("%s is in state %d", g.name, s)
			}
			want := may[g.conv.Self()]
			for text := range g.shown {
				if !want[text] {
					rt.Fatalf("%s was shown %q", g.name, text)
				}
			}
			if len(g.shown) != len(want) {
				rt.Fatalf("%s was shown %v, not %v", g.name, slices.Sorted(maps.Keys(g.shown)), slices.Sorted(maps.Keys(want)))
			}
		}
	})
}
