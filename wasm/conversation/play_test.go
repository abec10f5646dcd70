package conversation

import (
	"fmt"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
	"pgregory.net/rapid"
)

// person is one member with a disk: what is on it, what was shown and what is
// queued, as an honest client keeps them (state first, then what follows).
type person struct {
	conv       *Conversation
	endSaved   []byte
	convSaved  []byte
	shown      []string // saved together with convSaved
	shownSaved []string
	outbox     []outgoing
	sent       int
	role       wire.Role
	name       string
}

type outgoing struct {
	text  string
	entry []byte // the newest sealed form
	epoch uint64
}

func newPerson(name string, c *Conversation) *person {
	p := &person{conv: c, role: c.end.role, name: name}
	p.save()
	return p
}

func (p *person) save() {
	p.endSaved, p.convSaved, p.shownSaved = p.conv.end.Marshal(), p.conv.Marshal(), append([]string(nil), p.shown...)
}

// crash loses what was not saved.
func (p *person) crash(t *rapid.T, roots []wire.Hash) {
	end, err := LoadEnd(p.endSaved, p.role, roots)
	if err != nil {
		t.Fatal(err)
	}
	if p.conv, err = end.LoadConversation(p.convSaved); err != nil {
		t.Fatal(err)
	}
	p.shown = append([]string(nil), p.shownSaved...)
}

// play is a run of two members over an honest log, in any order of steps.
type play struct {
	t     *rapid.T
	log   *log
	who   []*person
	roots []wire.Hash
	now   uint64
	sent  []string // every text that anybody wrote
}

// read takes up to n entries.
func (s *play) read(p *person, n int) {
	for ; n > 0 && p.conv.Index() < uint64(len(s.log.entries)); n-- {
		entry := s.log.entries[p.conv.Index()]
		ev, err := p.conv.Receive(entry, s.now)
		if err != nil {
			s.t.Fatalf("%s reads: %v", p.name, err)
		}
		if ev.Type == Ignored {
			s.t.Fatalf("%s ignores entry %d: %v", p.name, ev.Index, ev.Code)
		}
		if ev.Type == Opened {
			if ev.Gap != 0 {
				s.t.Fatalf("%s sees a gap of %d", p.name, ev.Gap)
			}
			p.shown = append(p.shown, string(ev.Content))
			if ev.Own {
				if string(ev.Content) != p.outbox[0].text {
					s.t.Fatalf("%s reads back %q, sent %q", p.name, ev.Content, p.outbox[0].text)
				}
				p.outbox = p.outbox[1:]
			}
		}
		p.save()
	}
}

func (s *play) write(p *person) {
	text := fmt.Sprintf("%s %d", p.name, p.sent)
	p.sent++
	p.outbox = append(p.outbox, outgoing{text: text})
	s.sent = append(s.sent, text)
}

// send makes one step towards sending: a commit where due, else the first of
// the outbox. It may crash after each save, before or after the append, so
// that the same bytes go out again.
func (s *play) send(p *person, crashBefore, crashAfter bool) {
	due, err := p.conv.Due(s.now)
	if err != nil {
		s.t.Fatalf("%s: due: %v", p.name, err)
	}
	var entry []byte
	switch {
	case due == DuePending:
		entry = p.conv.Pending()
	case due == DueCommit:
		if entry, err = p.conv.Commit(s.now, Moves{}); err != nil {
			s.t.Fatalf("%s: commit: %v", p.name, err)
		}
	case len(p.outbox) == 0:
		return
	default:
		out := &p.outbox[0]
		switch {
		case out.entry == nil:
			out.entry, err = p.conv.Seal(s.now, wire.Stored, []byte(out.text))
		case out.epoch != p.conv.Epoch():
			var again []byte
			if again, err = p.conv.Reseal(s.now, out.entry, []byte(out.text)); err == nil {
				out.entry = again
			}
		}
		if err != nil {
			s.t.Fatalf("%s: seal: %v", p.name, err)
		}
		out.epoch, entry = p.conv.Epoch(), out.entry
	}
	p.save()
	if crashBefore {
		p.crash(s.t, s.roots)
		return
	}
	for _, stored := range s.log.entries { // exactly once: the relay knows the id
		if wire.EntryID(stored) == wire.EntryID(entry) {
			return
		}
	}
	switch err := s.log.append(entry); err {
	case nil, wire.StaleHead, wire.StaleEpoch:
	default:
		s.t.Fatalf("%s: append: %v", p.name, err)
	}
	if crashAfter {
		p.crash(s.t, s.roots)
	}
}

func (s *play) agree() {
	a, b := s.who[0], s.who[1]
	if a.conv.Index() == b.conv.Index() && (a.conv.TranscriptHash() != b.conv.TranscriptHash() || a.conv.LogHash() != b.conv.LogHash() || a.conv.secrets != b.conv.secrets) {
		s.t.Fatal("at one place of the log the ends differ")
	}
	for _, p := range s.who {
		if p.conv.State() != Active {
			s.t.Fatalf("%s is in state %d", p.name, p.conv.State())
		}
	}
}

// TestRandomSchedules plays random schedules of writing, sending, reading, crashing
// and waiting: the ends agree on every head, and both show every message
// exactly once, in one order, each sender's as written.
func TestRandomSchedules(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPair(t)
		s := &play{t: rt, log: p.log, roots: p.company.roots(), now: p.now, who: []*person{newPerson("customer", p.customer), newPerson("agent", p.agent)}}
		one := rapid.IntRange(0, 1)
		rt.Repeat(map[string]func(*rapid.T){
			"write":  func(rt *rapid.T) { s.write(s.who[one.Draw(rt, "who")]) },
			"send":   func(rt *rapid.T) { s.send(s.who[one.Draw(rt, "who")], false, false) },
			"send 2": func(rt *rapid.T) { s.send(s.who[one.Draw(rt, "who")], false, false) },
			"send, or crash": func(rt *rapid.T) {
				s.send(s.who[one.Draw(rt, "who")], rapid.Bool().Draw(rt, "before"), rapid.Bool().Draw(rt, "after"))
			},
			"read":     func(rt *rapid.T) { s.read(s.who[one.Draw(rt, "who")], rapid.IntRange(1, 9).Draw(rt, "entries")) },
			"read all": func(rt *rapid.T) { s.read(s.who[one.Draw(rt, "who")], 1<<20) },
			"crash":    func(rt *rapid.T) { s.who[one.Draw(rt, "who")].crash(rt, s.roots) },
			"wait":     func(rt *rapid.T) { s.now += uint64(rapid.IntRange(1, 20*60_000).Draw(rt, "ms")) },
			"":         func(*rapid.T) { s.agree() },
		})
		for range 500 {
			done := true
			for _, who := range s.who {
				s.read(who, 1<<20)
				if who.conv.Pending() != nil || len(who.outbox) != 0 {
					s.send(who, false, false)
					done = false
				}
			}
			if done {
				break
			}
		}
		s.read(s.who[0], 1<<20)
		s.agree()
		if a, b := fmt.Sprint(s.who[0].shown), fmt.Sprint(s.who[1].shown); a != b {
			rt.Fatalf("the customer was shown\n%s\nthe agent\n%s", a, b)
		}
		next := map[string]int{}
		for _, text := range s.who[0].shown {
			var name string
			var n int
			fmt.Sscanf(text, "%s %d", &name, &n)
			if n != next[name] {
				rt.Fatalf("%q after message %d of the same sender", text, next[name]-1)
			}
			next[name]++
		}
		if len(s.who[0].shown) != len(s.sent) {
			rt.Fatalf("%d written, %d shown", len(s.sent), len(s.who[0].shown))
		}
	})
}
