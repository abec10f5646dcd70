package conversation

import (
	"crypto/rand"
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

// waits is a customer with the queue's inbox, which has a leaf of its own.
func (m *vectorMaker) waits() (customer, inbox *vectorMember) {
	m.manifest(1, nil)
	customer, inbox = m.member("customer", wire.Customer), m.staff("default", wire.Inbox)
	return customer, inbox
}

// opens begins it, as soon as all ends are made.
func (customer *vectorMember) opens(inbox *vectorMember) {
	customer.begin(inbox)
	inbox.commit("the inbox commits", Moves{})
}

// hands is a commit by which p adds another and leaves.
func (p *vectorMember) hands(comment string, to *vectorMember, reason uint8) {
	p.m.t.Helper()
	p.m.does(comment, p, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{to.end.role, to.keyPackage()}}, History: reason})
	p.in(NotMember)
	to.commit(to.out.Name+" removes who left", Moves{})
	to.in(Active)
}

// does appends a commit whatever it comes to.
func (m *vectorMaker) does(comment string, by *vectorMember, moves Moves) *vectorEntry {
	m.t.Helper()
	_, err := by.conv.Commit(m.now, moves)
	m.must(err)
	return m.append(comment, by.noted())
}

func playClaim(m *vectorMaker) {
	customer, inbox := m.waits()
	ana := m.staff("Ana", wire.Agent)
	customer.opens(inbox)
	customer.say("is anybody there?")
	m.now += 16 * 60_000
	customer.say("I can wait")
	inbox.hands("Ana claims", ana, forClaim)
	ana.say("Ana here").expectOf(m, ana, "")
	customer.say("at last")
}

func playTransfer(m *vectorMaker) {
	customer, inbox := m.waits()
	ana, ben, cleo := m.staff("Ana", wire.Agent), m.staff("Ben", wire.Agent), m.staff("Cleo", wire.Agent)
	customer.opens(inbox)
	customer.say("in the queue")
	inbox.hands("Ana claims", ana, forClaim)
	ana.say("from Ana")
	customer.say("to Ana")
	ana.hands("Ana hands over to Ben, with what was said", ben, forTransfer)
	customer.say("to Ben")
	ben.hands("Ben hands over to Cleo, with nothing", cleo, 0)
	customer.say("to Cleo")
	cleo.say("from Cleo")
}

func playPark(m *vectorMaker) {
	customer, inbox := m.waits()
	ana, ben, cleo := m.staff("Ana", wire.Agent), m.staff("Ben", wire.Agent), m.staff("Cleo", wire.Agent)
	customer.opens(inbox)
	customer.say("one")
	inbox.hands("Ana claims", ana, forClaim)
	ana.say("two")
	ana.hands("Ana parks", inbox, forPark)
	customer.say("three")
	inbox.hands("Ben resumes", ben, forClaim)
	ben.say("four")
	ben.hands("Ben hands over to Cleo what came since it was parked", cleo, forTransfer)
	cleo.say("five")
}

func playSupervision(m *vectorMaker) {
	customer, inbox := m.waits()
	ana, sam, sue := m.staff("Ana", wire.Agent), m.staff("Sam", wire.Supervisor), m.staff("Sue", wire.Supervisor)
	customer.opens(inbox)
	customer.say("one")
	inbox.hands("Ana claims", ana, forClaim)
	ana.say("two")
	m.does("Sam watches", ana, Moves{Adds: []Newcomer{{wire.Supervisor, sam.keyPackage()}}})
	sam.commit("Sam commits", Moves{})
	customer.say("three")
	m.append("Sam writes, though only watching", sam.forgeMessage([]byte("me too"), nil, nil)).expect(m, "not a member")
	m.does("Sue watches, and reads what was said", ana, Moves{Adds: []Newcomer{{wire.Supervisor, sue.keyPackage()}}, History: forSupervision})
	sue.commit("Sue commits", Moves{})
	customer.say("four")
	sue.commit("Sue takes over", Moves{Role: wire.Agent, Removes: sorted(ana.end.ID(), sam.end.ID())})
	ana.in(NotMember)
	sue.say("five")
}

func sorted(ids ...wire.ID) []wire.ID {
	slices.SortFunc(ids, func(a, b wire.ID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

func playClose(m *vectorMaker) {
	customer, inbox := m.waits()
	ana := m.staff("Ana", wire.Agent)
	previous := make([]byte, 16)
	rand.Read(previous)
	customer.continues(previous, inbox)
	inbox.commit("the inbox commits", Moves{})
	customer.say("it is about the other one")
	inbox.hands("Ana claims", ana, forClaim)
	ana.say("done")
	ana.commit("Ana closes", Moves{Marks: wire.MarkClose})
	ana.in(Closed)
	m.append("a message after it", customer.forgeMessage([]byte("wait"), nil, nil)).expect(m, "stale epoch")
}

func playFalseGrant(m *vectorMaker) {
	customer, inbox := m.waits()
	ana, ben := m.staff("Ana", wire.Agent), m.staff("Ben", wire.Agent)
	customer.opens(inbox)
	for _, text := range []string{"one", "two", "three", "four"} {
		customer.say(text)
		m.now += 16 * 60_000
	}
	past := inbox.conv.past
	past[1].secret, past[2].secret = past[2].secret, past[1].secret
	past[3].secret[31] ^= 1
	inbox.hands("Ana claims", ana, forClaim)
	customer.say("five")
	ana.hands("Ana hands over what is true of it", ben, forTransfer)
	ben.say("six")
}

func playRereadFork(m *vectorMaker) {
	customer, inbox := m.waits()
	ana := m.staff("Ana", wire.Agent)
	ana.second = func(numbers []int) []int {
		last := len(numbers) - 1
		numbers[last-1], numbers[last-2] = numbers[last-2], numbers[last-1]
		return numbers
	}
	customer.opens(inbox)
	customer.say("one")
	_, err := inbox.conv.Commit(m.now, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, ana.keyPackage()}}, History: forClaim})
	m.must(err)
	m.append("a request in nobody's name, after the claim was made", customer.end.mustRequest(m.t))
	m.append("another", inbox.end.mustRequest(m.t))
	m.append("Ana claims", inbox.noted())
	ana.in(Forked)
}

// expectOf fails the making unless one member came to that code.
func (e *vectorEntry) expectOf(m *vectorMaker, p *vectorMember, code string) {
	m.t.Helper()
	if r := e.Readings[slices.Index(m.members, p)]; r.Code != code {
		m.t.Fatalf("%s at the %s: code %q, want %q", e.Comment, p.out.Name, r.Code, code)
	}
}

// lose makes a message that nobody is shown.
func (p *vectorMember) lose() { p.seal([]byte("lost on its way")) }

// gaps fails the making unless the reading of each member, in their order, shows
// that many missing before the message; again is the same of those readings of
// the log that an entry brought about.
func (e *vectorEntry) gaps(m *vectorMaker, want ...uint64) {
	m.t.Helper()
	for n, r := range e.Readings {
		if r.Type == "message" && r.Gap != want[n] {
			m.t.Fatalf("%s at the %s: a gap of %d, want %d", e.Comment, m.members[n].out.Name, r.Gap, want[n])
		}
	}
}

func playGaps(m *vectorMaker) {
	customer, inbox := m.waits()
	ana, ben, cleo := m.staff("Ana", wire.Agent), m.staff("Ben", wire.Agent), m.staff("Cleo", wire.Agent)
	customer.opens(inbox)
	customer.lose()
	customer.say("two").gaps(m, 1, 1)
	inbox.hands("Ana claims", ana, forClaim)
	ana.lose()
	ana.lose()
	ana.say("three").gaps(m, 2, 0, 2)
	ana.hands("Ana hands over to Ben, with what was said", ben, forTransfer)
	ben.lose()
	ben.say("two").gaps(m, 1, 0, 0, 1)
	m.does("Cleo comes, with nothing of before", ben, Moves{Adds: []Newcomer{{wire.Agent, cleo.keyPackage()}}})
	cleo.commit("Cleo commits", Moves{})
	customer.lose()
	customer.say("four").gaps(m, 1, 0, 0, 1, 0)
	cleo.lose()
	cleo.say("two").gaps(m, 1, 0, 0, 1, 0)
	for p, want := range map[*vectorMember][]uint64{ana: {1}, ben: {1, 2}} {
		var got []uint64
		for _, e := range m.v.Entries {
			for _, a := range e.Readings[slices.Index(m.members, p)].Again {
				if a.Reading.Type == "message" {
					got = append(got, a.Reading.Gap)
				}
			}
		}
		if !slices.Equal(got, want) {
			m.t.Fatalf("%s is shown gaps of %d when it reads again, want %d", p.out.Name, got, want)
		}
	}
}
