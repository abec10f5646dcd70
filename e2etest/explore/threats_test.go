package explore

import (
	"crypto/ed25519"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Two agents and a supervisor commit on one head; their commits arrive in every
// order, checked by the relay or by nobody, and are read in every order, with a
// page that ends at any of them: one counts, the others do it again, all stand
// on one head.
func TestP14_ConcurrentCommitsInEveryOrderHaveOneWinner(t *testing.T) {
	for _, checked := range []bool{true, false} {
		start := NewWorld(Setup{Checked: checked, Agents: 3, Supervisor: true})
		for _, who := range []int{1, 2, 3} {
			start = do(t, start, Step{Refresh, who})
		}
		for _, arrive := range permutations(3) {
			w := start
			for _, i := range arrive {
				w = do(t, w, Step{Send, i + 1})
			}
			winner := w.Members[arrive[0]+1].ID
			if by := w.Log.Entries[4+1].By; by != winner {
				t.Fatalf("the log's next commit is by %x", by)
			}
			counts := 0
			for _, p := range w.Log.Entries[5:] {
				if p.Err == nil {
					counts++
				} else if p.Err != wire.StaleHead {
					t.Errorf("a loser: %v", p.Err)
				}
			}
			if counts != 1 {
				t.Errorf("%d commits count", counts)
			}
			for _, read := range permutations(4) {
				for _, crash := range []int{-1, 0, 1, 2, 3} {
					r := w
					for _, i := range read {
						if i == crash {
							r = do(t, r, Step{Crash, i})
						}
						for r.reads(i) {
							r = do(t, r, Step{Read, i})
						}
						if r.Members[i].pending != nil {
							t.Fatalf("%s keeps a commit that lost", r.Members[i].Name)
						}
					}
					if read[0] == 0 && crash > 1 || read[0] == 3 && crash < 1 { // a part is followed to the end
						for _, i := range arrive {
							r = readAll(t, do(t, r, Step{Refresh, i + 1}, Step{Send, i + 1}))
						}
						if e := r.Log.Head().Epoch(); e != start.Log.Head().Epoch()+4 {
							t.Errorf("epoch %d", e)
						}
					}
				}
			}
			fair(t, w)
		}
	}
}

// burst is a pool of a customer and an agent in which the agent has sent n
// messages, each before it read the one before.
func burst(n int) (p *Pool, from int) {
	p = NewPool(NewWorld(Setup{Checked: true, Agents: 1}))
	from = len(p.sent)
	m := p.Members[1]
	_, c := m.open(false)
	for i := range n {
		text := fmt.Sprint("message ", i+1)
		raw, err := c.Seal(p.Now, wire.Stored, []byte(text))
		must(err)
		e := newEntry(raw, text)
		p.made[e.ID] = e
		p.sent = append(p.sent, e)
	}
	p.Members[1] = m.saved(m.end, c)
	return p, from
}

// shownCounters wants what the customer was shown to be in its sender's order,
// and each place where something is missing to say how much.
func shownCounters(t *testing.T, p *Pool) (counters []uint64) {
	t.Helper()
	last := uint64(0)
	for _, s := range p.Members[0].Shown {
		if s.Counter <= last || s.Gap != s.Counter-last-1 {
			t.Errorf("counter %d with a gap of %d after %d", s.Counter, s.Gap, last)
		}
		last = s.Counter
		counters = append(counters, s.Counter)
	}
	return counters
}

// The relay drops k of n, at each place. Of messages that do not know of each
// other the rest is shown, with the gap; of messages that do, none after the
// gap: the log is forked.
func TestP01_DropKOfNAtEachPosition(t *testing.T) {
	const n = 8
	for k := 1; k < n; k++ {
		for at := 0; at+k <= n; at++ {
			p, from := burst(n)
			var want []uint64
			for i := range n {
				if i >= at && i < at+k {
					continue
				}
				want = append(want, uint64(i+1))
				if err := p.Deliver(0, from+i); err != nil {
					t.Fatal(err)
				}
			}
			if got := shownCounters(t, p); !slices.Equal(got, want) || p.Alarms != 0 {
				t.Errorf("%d dropped at %d: shown %v, %d alarms", k, at, got, p.Alarms)
			}

			p = NewPool(NewWorld(Setup{Checked: true, Agents: 1}))
			from = len(p.sent)
			for range n {
				p.Say(1)
				must(p.Send(1))
				must(p.CatchUp(1, 1))
			}
			for i := range n {
				if i < at || i >= at+k {
					if err := p.Deliver(0, from+i); err != nil {
						t.Fatal(err)
					}
				}
			}
			last := at+k == n // nothing came after it to tell
			if got := len(shownCounters(t, p)); got != at || (p.Members[0].state == conversation.Active) != last {
				t.Errorf("%d dropped at %d of a talk: shown %d, state %d", k, at, got, p.Members[0].state)
			}
		}
	}
}

// The relay shows windows of 2 to 50 messages backwards: what is shown is in its
// sender's order, what comes too late is not, and what is missing is said.
func TestP02_ReorderedWindowsAreShownInOrderOrNot(t *testing.T) {
	const n = wire.RotateMessages
	for window := 2; window <= n; window++ {
		p, from := burst(n)
		for at := 0; at < n; at += window {
			for i := min(at+window, n) - 1; i >= at; i-- {
				if err := p.Deliver(0, from+i); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, want := len(shownCounters(t, p)), (n+window-1)/window; got != want || p.Alarms != 0 {
			t.Errorf("windows of %d: %d shown, want %d; %d alarms", window, got, want, p.Alarms)
		}
	}
}

// A whole conversation is put into another one of the same people, as it is or
// with its name changed: nothing of it counts, and they go on.
func TestP03_WholeConversationReplayedIntoANewOneIsRefused(t *testing.T) {
	old := fair(t, NewWorld(Setup{Checked: true, Agents: 1, Texts: 3}))
	for _, renamed := range []bool{false, true} {
		w := NewWorld(Setup{Checked: true, Agents: 1, Texts: 1, Of: old})
		id := w.Log.Head().Conversation()
		for _, p := range old.Log.Entries {
			raw := slices.Clone(p.Raw)
			if renamed {
				at := 2
				if p.Kind == wire.KindCommit {
					at = 2 + 4 + 2
				}
				copy(raw[at:], id[:])
			}
			e := newEntry(raw, "")
			e.Forged = true
			w.Log = w.Log.put(e)
			if w.Log.Entries[w.Log.Len()-1].Err == nil && !(renamed && p.Kind == wire.KindMessage) { // which does not open
				t.Fatal("an entry of another conversation counts")
			}
		}
		head := w.Members[0].Look().TranscriptHash()
		w = readAll(t, w) // judged: nothing is opened, the head stays
		for _, m := range w.Members {
			doubts := m.state == conversation.Doubtful && renamed // until the next commit of whom they seem to be from
			if m.state != conversation.Active && !doubts || len(m.Shown) != 0 || m.Look().TranscriptHash() != head {
				t.Errorf("renamed %v: %s is in state %d, shown %d", renamed, m.Name, m.state, len(m.Shown))
			}
		}
		fair(t, w)
	}
}

// The relay serves one commit to one end and another on the same head to the
// other, and messages on top: nothing that crosses is shown, the first message
// that crosses stops each from sealing, the first commit for good.
func TestP05_ForkOfCommitsStopsBothSides(t *testing.T) {
	for _, crossing := range []string{"message", "commit"} {
		p := NewPool(NewWorld(Setup{Checked: true, Agents: 1}))
		must(p.Commit(0, conversation.Moves{}))
		must(p.Commit(1, conversation.Moves{}))
		for i := range 2 {
			must(p.Send(i))
			must(p.Deliver(i, len(p.sent)-1))
		}
		if p.Members[0].Look().TranscriptHash() == p.Members[1].Look().TranscriptHash() {
			t.Fatal("no fork")
		}
		for i := range 2 {
			if crossing == "message" {
				p.Say(i)
			} else {
				must(p.Commit(i, conversation.Moves{}))
			}
			must(p.Send(i))
		}
		want := conversation.Doubtful
		if crossing == "commit" {
			want = conversation.Forked
		}
		for i, m := range p.Members {
			if err := p.Deliver(i, len(p.sent)-1-i); err != nil { // sent last: 1's, 0's before it
				t.Fatal(err)
			}
			m = p.Members[i]
			c := m.Look()
			if m.state != want || c.ForkedBy() != p.Members[1-i].ID || len(m.Shown) != 0 {
				t.Errorf("%s: %s is in state %d", crossing, m.Name, m.state)
			}
			if _, err := c.Seal(p.Now, wire.Stored, []byte("x")); err != wire.ForkedLog {
				t.Errorf("%s: %s seals: %v", crossing, m.Name, err)
			}
		}
	}
}

// Commits on the head that are right in everything but who made them: one who
// never was a member, one who was removed, the one of another conversation; and
// a member's on an older head. All refuse them, the relay too.
func TestP07_CommitsOfOthersAreRefused(t *testing.T) {
	w := NewWorld(Setup{Checked: true, Agents: 2, Newcomers: 1})
	w = readAll(t, do(t, w, Step{Leave, 2}, Step{Send, 2}))
	w = say(t, w, 0, "who leaves is removed")
	if w.member(2) != nil {
		t.Fatal("not removed")
	}
	elsewhere := NewWorld(Setup{Checked: true, Agents: 1})
	older := w.Log.Chain(w.Log.Len() - 2)
	for _, row := range []struct {
		name string
		by   *Member
		on   *wire.Chain
		code wire.Code
	}{
		{"never a member", w.Members[3], w.Log.Head(), wire.NotMember},
		{"removed", w.Members[2], w.Log.Head(), wire.NotMember},
		{"of another conversation", elsewhere.Members[1], w.Log.Head(), wire.NotMember},
		{"a member on an older head", w.Members[1], older, wire.StaleHead},
		{"a member, with seals that open to nobody", w.Members[1], w.Log.Head(), 0},
	} {
		e := newEntry(craft(w, row.by, row.on), "")
		_, _, err := w.Log.Append(e)
		if row.code == 0 && err != nil || row.code != 0 && err != row.code {
			t.Errorf("%s: the relay: %v", row.name, err)
		}
		if row.code == 0 {
			continue // it shows that the others were right in everything else
		}
		e.Forged = true
		h := *w
		h.Log = w.Log.put(e)
		fair(t, readAll(t, &h))
	}
}

// craft makes a commit that only refreshes, in the name and with the key of that
// member, on that head. Its seals hold nothing.
func craft(w *World, by *Member, on *wire.Chain) []byte {
	end := reflect.ValueOf(by.end).Elem()
	identity := ed25519.PrivateKey(slices.Clone(end.FieldByName("identity").Bytes()))
	credential, err := wire.DecodeCredential(by.company.credential(by.end, by.Name, Day0/1000-60, Day0/1000+12*3600))
	must(err)
	fresh, err := conversation.NewEnd(wire.Customer, by.company.roots())
	must(err)
	raw, err := fresh.KeyPackage(1<<40, false)
	must(err)
	leaf, err := wire.DecodeKeyPackage(raw)
	must(err)
	kp := &wire.KeyPackage{Credential: credential, Leaf: leaf.Leaf, Expires: 1 << 40, Use: wire.UsePlace}
	_, err = kp.Sign(identity)
	must(err)
	manifest, _ := on.Manifest()
	last := w.Log.Entries[w.Log.Len()-1]
	m := &wire.Commit{Conversation: on.Conversation(), Epoch: on.Epoch() + 1, Parent: on.Head(), ManifestHash: manifest,
		SeenIndex: w.Log.Len(), SeenHash: last.Hash, Time: w.Now, KeyPackage: kp, Role: by.role,
		Ephemeral: leaf.Leaf.X25519(), Tag: make([]byte, wire.TagSize)}
	for range on.Preview(m).Others(m) {
		m.Seals = append(m.Seals, wire.Seal{Ciphertext: make([]byte, wire.MLKEMCTSize), Box: make([]byte, 16+wire.CommitSecret)})
	}
	m.Sign(identity)
	return m.Encode()
}
