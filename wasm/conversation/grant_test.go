package conversation

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// desk is a conversation with its queue: the customer begins it with the inbox,
// writes, and the inbox hands it to agents.
type desk struct {
	*pair
	inbox *Conversation
}

// reasons of grants, as ends write them.
const (
	forClaim    = 1
	forTransfer = 2
	forPark     = 3
)

func newDesk(t testing.TB, change func(*wire.Manifest)) *desk {
	t.Helper()
	co := newCompany(t, 1)
	co.manifest = co.newManifest(1, change)
	customer, inbox := co.end(wire.Customer), co.inbox()
	kp, err := inbox.KeyPackage(day0/1000+7*24*3600, true)
	if err != nil {
		t.Fatal(err)
	}
	conv, err := customer.Genesis(day0, queue, []Newcomer{{wire.Inbox, kp}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{pair: &pair{t: t, company: co, customer: conv, now: day0}, inbox: inbox.Join(conv.ID())}
	d.log = &log{t: t, chain: wire.NewChain(conv.ID(), customer.manifest)}
	d.log.mustAppend(conv.Pending())
	d.read(d.customer)
	d.commit(d.catchUp(d.inbox))
	return d
}

// does has by make the moves, and all that are named read them.
func (d *desk) does(by *Conversation, moves Moves, readers ...*Conversation) *Event {
	d.t.Helper()
	d.read(by)
	entry, err := by.Commit(d.now, moves)
	if err != nil {
		d.t.Fatalf("commit: %v", err)
	}
	d.log.mustAppend(entry)
	ev := d.last(by)
	for _, c := range readers {
		d.read(c)
	}
	return ev
}

func (d *desk) offer(e *End) []byte {
	d.t.Helper()
	kp, err := e.KeyPackage(d.now/1000+3600, false)
	if err != nil {
		d.t.Fatal(err)
	}
	return kp
}

// handsTo adds e by a commit that grants and leaves, has e's end read it all,
// and removes who left.
func (d *desk) handsTo(from *Conversation, e *End, reason uint8) *Conversation {
	d.t.Helper()
	d.does(from, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{e.Role(), d.offer(e)}}, History: reason})
	c := e.Join(d.customer.ID())
	d.commit(d.catchUp(c))
	d.read(from)
	d.read(d.customer)
	return c
}

// texts are what c opens when it reads on, in order.
func texts(evs []*Event) (out []string) {
	for _, ev := range evs {
		if ev.Type == Opened {
			out = append(out, string(ev.Content))
		}
	}
	return out
}

// sees has c, which has read nothing of it, read the log; it returns what opens.
func (d *desk) sees(c *Conversation) []string { d.t.Helper(); return texts(d.read(c)) }

func same(t testing.TB, name string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: opens %q, want %q", name, got, want)
	}
}

func TestClaimGivesTheWaitingToTheAgentAndTheInboxLeaves(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "is anybody there?")
	d.now += 16 * 60_000 // another epoch
	d.send(d.customer, "I can wait")
	d.read(d.inbox)

	ana := d.company.agent("Ana")
	d.does(d.inbox, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim})
	claim := len(d.log.entries)
	if d.inbox.State() != NotMember || d.inbox.member || len(d.inbox.past) != 0 || d.inbox.leaf != nil {
		t.Errorf("who left is %d and holds secrets", d.inbox.State())
	}
	c := ana.Join(d.customer.ID())
	var rewound int
	var opened []string
	for rewound == 0 || c.Index() < uint64(claim) {
		ev, err := c.Receive(d.log.entries[c.Index()], d.now)
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, texts([]*Event{ev})...)
		if rewound == 0 && len(opened) != 0 {
			t.Errorf("opens %q before it is granted", ev.Content)
		}
		if rewound == 1 && c.Index() < uint64(claim) && (c.State() != Rereading || c.ready() != wire.Unavailable) {
			t.Errorf("at %d it is %d, not rereading", c.Index(), c.State())
		}
		if ev.Rewound {
			rewound++
			if c.Index() != 0 || c.State() != Rereading || len(ev.Grants) != 1 || ev.Grants[0] != (wire.Grant{Grantee: ana.ID(), From: 0, To: d.inbox.Epoch() - 1, Reason: forClaim}) {
				t.Errorf("rewound to %d, state %d, by the grants %v", c.Index(), c.State(), ev.Grants)
			}
		}
	}
	if rewound != 1 || c.State() != Active {
		t.Errorf("rewound %d times, then %d", rewound, c.State())
	}
	same(t, "who claimed", opened, "is anybody there?", "I can wait")
	d.commit(c)
	d.read(d.inbox)
	d.read(d.customer)
	if len(d.customer.Members()) != 2 || d.customer.Members()[0].Role == wire.Inbox || d.customer.Members()[1].Role == wire.Inbox {
		t.Error("the inbox is still in")
	}
	d.send(c, "Ana here")
	same(t, "the customer", d.sees(d.customer), "Ana here")
	d.read(c)
	d.send(d.customer, "at last")
	same(t, "who claimed", d.sees(c), "at last")
	same(t, "the inbox", d.sees(d.inbox))

	again := reloaded(t, ana.Marshal(), c.Marshal(), wire.Agent, d.company.roots())
	if again.State() != Active || again.Index() != uint64(len(d.log.entries)) {
		t.Error("a reload loses the place")
	}
}

func TestTransferShowsTheNewcomerWhatWasGrantedAndNoMore(t *testing.T) {
	for _, row := range []struct {
		name   string
		grants uint8
		reason uint8
		want   []string
	}{
		{"since the last claim", 1, forTransfer, []string{"in the queue", "to Ana", "from Ana"}},
		{"any", 2, forTransfer, []string{"in the queue", "to Ana", "from Ana"}},
		{"none, by policy", 0, forTransfer, nil},
		{"none, by choice", 1, 0, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t, func(m *wire.Manifest) { m.Policy.Grants = row.grants })
			d.send(d.customer, "in the queue")
			d.read(d.inbox)
			ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
			d.send(d.customer, "to Ana")
			d.send(ana, "from Ana")
			d.read(d.customer)
			d.read(ana)
			ben := d.company.agent("Ben")
			d.does(ana, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ben)}}, History: row.reason})
			c := ben.Join(d.customer.ID())
			same(t, "Ben", d.sees(c), row.want...)
			d.commit(c)
			d.send(d.customer, "to Ben")
			same(t, "Ben, live", d.sees(c), "to Ben")
			same(t, "Ana, who left", d.sees(ana))
			if ana.State() != NotMember || len(ana.past) != 0 {
				t.Error("Ana holds secrets")
			}
		})
	}
}

func TestParkAndResumeGoesOnSinceTheClaimBefore(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.read(d.inbox)
	ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
	d.send(ana, "two")
	d.read(d.customer)
	// Ana parks it: the inbox is added by its key package of last resort again.
	kp, err := d.inbox.end.KeyPackage(d.now/1000+3600, true)
	if err != nil {
		t.Fatal(err)
	}
	d.does(ana, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Inbox, kp}}, History: forPark})
	same(t, "the inbox", d.sees(d.inbox), "one", "two")
	d.commit(d.inbox)
	d.read(ana)
	d.send(d.customer, "three")
	d.read(d.inbox)
	ben := d.company.agent("Ben")
	d.does(d.inbox, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ben)}}, History: forClaim})
	c := ben.Join(d.customer.ID())
	same(t, "who resumes", d.sees(c), "one", "two", "three")
	d.commit(c)
	// From here on only what came since the park may be handed on.
	cleo := d.company.agent("Cleo")
	d.does(c, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(cleo)}}, History: forTransfer})
	same(t, "who comes after", d.sees(cleo.Join(d.customer.ID())), "three")
	same(t, "Ana", d.sees(ana))
}

func TestFalseGrantedSecretOpensNothingAndIsTold(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.now += 16 * 60_000
	d.send(d.customer, "two")
	d.read(d.inbox)
	false_ := d.customer.Epoch() - 1
	for i := range d.inbox.past {
		if d.inbox.past[i].number == false_ {
			d.inbox.past[i].secret[0] ^= 1
		}
	}
	ana := d.company.agent("Ana")
	d.does(d.inbox, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim})
	c := ana.Join(d.customer.ID())
	var told []uint64
	var opened []string
	for _, ev := range d.read(c) {
		if ev.Type == Applied && ev.Code == wire.OpenFailed {
			told = append(told, ev.Epoch)
		} else if ev.Type == Applied && ev.Code != 0 {
			t.Errorf("epoch %d: %v", ev.Epoch, ev.Code)
		}
		if ev.Type == Opened {
			opened = append(opened, string(ev.Content))
		}
	}
	if !slices.Equal(told, []uint64{false_}) {
		t.Errorf("told of the epochs %v, want %d", told, false_)
	}
	if slices.ContainsFunc(c.past, func(p pastEpoch) bool { return p.number == false_ }) {
		t.Error("the false secret is kept, and would be granted on")
	}
	if len(opened) != 1 || c.State() != Active {
		t.Errorf("opens %q, state %d", opened, c.State())
	}
}

func TestAnotherLogTheSecondTimeIsAFork(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.send(d.customer, "two")
	d.read(d.inbox)
	ana := d.company.agent("Ana")
	d.does(d.inbox, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim})
	all := d.log.entries
	for _, row := range []struct {
		name string
		log  [][]byte
	}{
		{"a message less", slices.Concat(all[:len(all)-2], all[len(all)-1:], [][]byte{d.customer.end.mustRequest(t)})},
		{"without the commit that adds her", slices.Concat(all[:len(all)-1], [][]byte{d.customer.end.mustRequest(t)})},
		{"two in another order", slices.Concat(all[:len(all)-3], all[len(all)-2:len(all)-1], all[len(all)-3:len(all)-2], all[len(all)-1:])},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := reloaded(t, ana.Marshal(), ana.Join(d.customer.ID()).Marshal(), wire.Agent, d.company.roots())
			d.read(e) // up to the rewinding, and again
			c := e.end.Join(d.customer.ID())
			for _, entry := range all {
				if _, err := c.Receive(entry, d.now); err != nil {
					t.Fatal(err)
				}
			}
			if c.State() != Rereading {
				t.Fatalf("state %d", c.State())
			}
			for _, entry := range row.log {
				if _, err := c.Receive(entry, d.now); err != nil {
					t.Fatal(err)
				}
			}
			if c.State() != Forked {
				t.Errorf("state %d, want forked", c.State())
			}
		})
	}
}

// mustRequest is an entry that any log may hold: nobody's request.
func (e *End) mustRequest(t testing.TB) []byte {
	t.Helper()
	kp, err := e.keyPackage(day0/1000+3600, wire.UsePlace)
	if err != nil {
		t.Fatal(err)
	}
	j := &wire.JoinRequest{Reason: wire.ReasonLost, KeyPackage: kp}
	entry, err := j.Sign(e.identity)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func TestRereadingSurvivesAReloadAtEachStep(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.send(d.customer, "two")
	d.read(d.inbox)
	ana := d.company.agent("Ana")
	d.does(d.inbox, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim})
	c := ana.Join(d.customer.ID())
	var opened []string
	for c.Index() < uint64(len(d.log.entries)) {
		ev, err := c.Receive(d.log.entries[c.Index()], d.now)
		if err != nil {
			t.Fatal(err)
		}
		if ev.Type == Opened {
			opened = append(opened, string(ev.Content))
		}
		state := c.Marshal()
		c = reload(t, c)
		if !bytes.Equal(c.Marshal()[:len(state)-32], state[:len(state)-32]) { // but for the instance and what it counts
			t.Fatal("another state")
		}
	}
	same(t, "reloaded at each step", opened, "one", "two")
	d.commit(c)
}

func TestMovesAreRefusedWithoutEffect(t *testing.T) {
	d := newDesk(t, nil)
	d.send(d.customer, "one")
	d.read(d.inbox)
	ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
	sam := d.company.end(wire.Supervisor)
	if err := sam.SetCredential(d.company.credential(sam, "Sam"), day0/1000); err != nil {
		t.Fatal(err)
	}
	ben := Newcomer{wire.Agent, d.offer(d.company.agent("Ben"))}
	cleo := Newcomer{wire.Agent, d.offer(d.company.agent("Cleo"))}
	customer, self := d.customer.Self(), ana.Self()
	for _, row := range []struct {
		name  string
		by    *Conversation
		moves Moves
		code  wire.Code
	}{
		{"who is not in is removed", ana, Moves{Removes: []wire.ID{sam.ID()}}, wire.BadCommit},
		{"oneself is removed", ana, Moves{Removes: []wire.ID{self}}, wire.BadCommit},
		{"an agent removes the customer", ana, Moves{Removes: []wire.ID{customer}}, wire.NotMember},
		{"a customer adds an agent", d.customer, Moves{Adds: []Newcomer{ben}}, wire.NotMember},
		{"a grant to nobody", ana, Moves{History: forTransfer}, wire.BadArgument},
		{"a grant to two", ana, Moves{History: forTransfer, Adds: []Newcomer{ben, cleo}}, wire.BadArgument},
		{"an agent becomes a supervisor", ana, Moves{Role: wire.Supervisor}, wire.BadCredential},
		{"an agent becomes the customer", ana, Moves{Role: wire.Customer}, wire.BadCredential},
		{"close and add", ana, Moves{Marks: wire.MarkClose, Adds: []Newcomer{ben}}, wire.BadCommit},
		{"close and leave", ana, Moves{Marks: wire.MarkClose | wire.MarkLeave}, wire.BadCommit},
		{"an unknown mark", ana, Moves{Marks: 4}, wire.BadArgument},
		{"the same one twice", ana, Moves{Adds: []Newcomer{ben, ben}}, wire.BadCommit},
	} {
		d.read(row.by)
		before := row.by.Marshal()
		if _, err := row.by.Commit(d.now, row.moves); err != row.code {
			t.Errorf("%s: %v, want %v", row.name, err, row.code)
		}
		if !bytes.Equal(before, row.by.Marshal()) {
			t.Errorf("%s: the state changed", row.name)
		}
	}
}

func TestSupervisorReadsAndTakesOver(t *testing.T) {
	d := newDesk(t, nil)
	d.read(d.inbox)
	ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
	d.send(ana, "hello")
	sam := d.company.end(wire.Supervisor)
	if err := sam.SetCredential(d.company.credential(sam, "Sam"), day0/1000); err != nil {
		t.Fatal(err)
	}
	d.does(ana, Moves{Adds: []Newcomer{{wire.Supervisor, d.offer(sam)}}}, d.customer)
	s := sam.Join(d.customer.ID())
	d.commit(d.catchUp(s))
	if _, err := s.Seal(d.now, wire.Stored, []byte("I am here")); err != wire.NotMember {
		t.Errorf("a supervisor writes: %v", err)
	}
	d.read(d.customer)
	d.send(d.customer, "who is this?")
	same(t, "the supervisor", d.sees(s), "who is this?")
	ev := d.does(s, Moves{Role: wire.Agent, Removes: []wire.ID{ana.Self()}}, d.customer, ana)
	if ev.Role != wire.Agent || ana.State() != NotMember {
		t.Errorf("role %d, who was removed is %d", ev.Role, ana.State())
	}
	d.send(s, "I am Sam")
	same(t, "the customer", d.sees(d.customer), "I am Sam")
	same(t, "who was removed", d.sees(ana))
}

func TestCustomerBringsTheInboxInWhereNobodyIsLeft(t *testing.T) {
	d := newDesk(t, nil)
	d.read(d.inbox)
	ana := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim)
	d.send(ana, "hello")
	d.read(d.customer)
	d.now += 13 * 3_600_000 // her credential ended
	d.dueFails("alone", d.customer, wire.Unavailable)
	again := d.company.inbox()
	kp, err := again.KeyPackage(d.now/1000+3600, true)
	if err != nil {
		t.Fatal(err)
	}
	ev := d.does(d.customer, Moves{Adds: []Newcomer{{wire.Inbox, kp}}}, ana)
	if !slices.Equal(ev.Removed, []wire.ID{ana.Self()}) || len(ev.Grants) != 0 {
		t.Errorf("removed %v, granted %v", ev.Removed, ev.Grants)
	}
	d.send(d.customer, "anybody?")
	same(t, "Ana", d.sees(ana))
	c := again.Join(d.customer.ID())
	same(t, "the inbox", d.sees(c), "anybody?")
}

func TestGenesisNamesWhatItContinues(t *testing.T) {
	d := newDesk(t, nil)
	id := d.customer.ID()
	kp, err := d.inbox.end.KeyPackage(day0/1000+3600, true)
	if err != nil {
		t.Fatal(err)
	}
	for n, code := range map[int]wire.Code{1: wire.BadArgument, 15: wire.BadArgument, 17: wire.BadArgument, 32: wire.BadArgument} {
		if _, err := d.customer.end.Genesis(day0, queue, []Newcomer{{wire.Inbox, kp}}, make([]byte, n)); err != code {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	c, err := d.customer.end.Genesis(day0, queue, []Newcomer{{wire.Inbox, kp}}, id[:])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Receive(c.Pending(), day0); err != nil || !bytes.Equal(c.Previous(), id[:]) || c.Queue() != queue {
		t.Errorf("%v: continues %x in %q", err, c.Previous(), c.Queue())
	}
}
