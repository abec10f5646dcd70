package conversation

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// keysOf are all secrets that a state holds which could open anything, and those
// of the epoch that a pending commit would begin.
func keysOf(t testing.TB, c *Conversation) (epochs []secrets, leaves []*leafSecret) {
	t.Helper()
	epochs = []secrets{c.secrets}
	for _, p := range c.past {
		epochs = append(epochs, secrets{epoch: p.secret})
	}
	if c.leaf != nil {
		leaves = append(leaves, c.leaf)
	}
	for _, p := range c.end.packages {
		leaves = append(leaves, p.secret)
	}
	if c.pending != nil {
		m := commit(t, c.pending.entry)
		epochs = append(epochs, schedule(joiner(&c.secrets.init, c.pending.secret[:]), m.Confirmed()))
		leaves = append(leaves, c.pending.leaf)
	}
	return epochs, leaves
}

// opens counts what of the entries opens with the keys: messages, and seals, of
// either kind and whomever they are for.
func (d *desk) opens(entries [][]byte, epochs []secrets, leaves []*leafSecret) (n int) {
	d.t.Helper()
	chain := wire.NewChain(d.customer.ID(), d.customer.end.manifest)
	first := len(d.log.entries) - len(entries)
	for i, raw := range d.log.entries {
		e, err := wire.DecodeEntry(raw)
		if err != nil {
			d.t.Fatal(err)
		}
		if i >= first && e.Kind == wire.KindMessage {
			for k := range epochs {
				if _, err := open(e.Message, &epochs[k], chain.Head(), chain.Member(e.Message.Sender).Identity); err == nil {
					n++
				}
			}
		}
		if err := chain.Apply(e); err != nil {
			d.t.Fatal(err)
		}
		if i < first || e.Kind != wire.KindCommit {
			continue
		}
		for s, to := range chain.Others(e.Commit) {
			for _, leaf := range leaves {
				for kind := byte(1); kind <= 2; kind++ {
					if _, err := openSeal(e.Commit.Seals[s], leaf, leaf.public(), to.ID, kind, wire.Sum("commit body", e.Commit.Body()), e.Commit.Ephemeral); err == nil {
						n++
					}
				}
			}
		}
		for k := range epochs { // nor does any epoch's secret stand for a later one's
			if wire.Equal(tag(epochs[k].epoch[:], e.Commit.Confirmed()), e.Commit.Tag) {
				n++
			}
		}
	}
	return n
}

// Whoever hands a conversation over, or is removed, and keeps a copy of all it
// had, what it kept of the past and the secret of its own last commit included,
// opens nothing of what is sealed afterwards; and it keeps no such copy itself.
func TestWhoHandedOverOpensNothingAfterwards(t *testing.T) {
	for _, row := range []struct {
		name  string
		moves func(d *desk, ana *Conversation, ben *End) (by *Conversation, m Moves)
	}{
		{"transfer with a grant", func(d *desk, ana *Conversation, ben *End) (*Conversation, Moves) {
			return ana, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ben)}}, History: forTransfer}
		}},
		{"transfer without", func(d *desk, ana *Conversation, ben *End) (*Conversation, Moves) {
			return ana, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ben)}}}
		}},
		{"leave", func(_ *desk, ana *Conversation, _ *End) (*Conversation, Moves) {
			return ana, Moves{Marks: wire.MarkLeave}
		}},
		{"removed by the customer", func(d *desk, ana *Conversation, _ *End) (*Conversation, Moves) {
			return d.customer, Moves{Removes: []wire.ID{ana.Self()}}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDesk(t, func(m *wire.Manifest) { m.Policy.Grants = 2 })
			d.send(d.customer, "in the queue")
			d.read(d.inbox)
			ana, ben := d.handsTo(d.inbox, d.company.agent("Ana"), forClaim), d.company.agent("Ben")
			d.send(ana, "from Ana")
			d.does(d.customer, Moves{Adds: []Newcomer{{wire.Inbox, d.lastResort(d.inbox.end)}}}, d.inbox, ana) // so that somebody is left
			d.does(d.inbox, Moves{}, d.customer, ana)
			by, moves := row.moves(d, ana, ben)
			d.must(by.Commit(d.now, moves))
			copied := copyOf(t, ana)
			if copied.pending == nil && by == ana || len(copied.past) == 0 || !copied.member {
				t.Fatal("the copy is not all of it")
			}
			epochs, leaves := keysOf(t, copied)
			d.log.mustAppend(by.Pending())
			from := len(d.log.entries)
			d.read(ana)
			if ana.State() != NotMember || ana.member || ana.secrets != (secrets{}) || len(ana.past) != 0 || ana.leaf != nil || ana.pending != nil {
				t.Errorf("state %d holds secrets", ana.State())
			}
			state := append(ana.Marshal(), ana.end.Marshal()...)
			for _, s := range epochs {
				if bytes.Contains(state, s.epoch[:]) || s.init != [64]byte{} && bytes.Contains(state, s.init[:]) {
					t.Error("a secret is still in its state")
				}
			}
			d.commit(d.catchUp(d.customer))
			for range 3 {
				d.send(d.customer, "late")
				d.commit(d.catchUp(d.inbox))
				d.read(d.customer)
			}
			if n := d.opens(d.log.entries[from:], epochs, leaves); n != 0 {
				t.Errorf("%d later secrets open", n)
			}
			// The test can tell: the same keys open what was sealed before.
			if d.opens(d.log.entries, epochs, leaves) == 0 {
				t.Error("nothing opens at all")
			}
			same(t, "who was in", texts(d.read(ana)))
		})
	}
}

func (d *desk) lastResort(e *End) []byte {
	d.t.Helper()
	kp, err := e.KeyPackage(d.now/1000+7*24*3600, true)
	if err != nil {
		d.t.Fatal(err)
	}
	return kp
}

// Every policy, reason and role: who is granted what.
func TestGrantsByPolicyReasonAndRole(t *testing.T) {
	for grants := range uint8(3) {
		for _, reason := range []uint8{0, 1, 2, 3, 4, 5, 6, 255} {
			for _, role := range []wire.Role{wire.Customer, wire.Guest, wire.Agent, wire.Supervisor, wire.Bot, wire.Inbox} {
				t.Run(fmt.Sprintf("policy %d, reason %d, role %d", grants, reason, role), func(t *testing.T) {
					d := newDesk(t, func(m *wire.Manifest) { m.Policy.Grants = grants })
					d.send(d.customer, "one")
					d.read(d.inbox)
					e, by := d.company.end(role), d.inbox
					if role == wire.Customer || role == wire.Guest {
						by = d.customer // nobody else may add these
						d.vouch(d.customer.end, "me", 3600)
						d.commit(d.customer)
						d.read(d.inbox)
					}
					d.vouch(e, "me", 3600)
					entry, err := by.Commit(d.now, Moves{Adds: []Newcomer{{role, d.offer(e)}}, History: reason})
					if role == wire.Supervisor && reason != 0 && reason != 5 {
						want(t, "a supervisor", err, wire.BadArgument)
						return
					}
					var granted []wire.Grant
					if grants != 0 && reason != 0 && by == d.inbox {
						granted = []wire.Grant{{Grantee: e.ID(), From: 0, To: by.Epoch(), Reason: reason}}
					}
					if want(t, "the commit", err, 0); !slices.Equal(commit(t, entry).Grants, granted) {
						t.Errorf("grants %v, want %v", commit(t, entry).Grants, granted)
					}
					d.log.mustAppend(entry)
					d.read(by)
					c := e.Join(d.customer.ID())
					var shown []string
					if granted != nil {
						shown = []string{"one"}
					}
					same(t, "the newcomer", d.sees(c), shown...)
					if keeps := granted != nil && role != wire.Bot; keeps != (len(c.past) != 0) {
						t.Errorf("the newcomer keeps %d", len(c.past))
					}
				})
			}
		}
	}
}

func TestOneOfFiveClaimsWinsAndTheOthersDropTheirs(t *testing.T) {
	d := newDesk(t, nil)
	inboxes := []*Conversation{d.inbox}
	for range 4 {
		e := d.company.inbox()
		d.does(d.inbox, Moves{Adds: []Newcomer{{wire.Inbox, d.lastResort(e)}}, History: 6})
		c := e.Join(d.customer.ID())
		d.commit(d.catchUp(c))
		d.read(d.inbox)
		inboxes = append(inboxes, c)
	}
	d.send(d.catchUp(d.customer), "anybody?")
	var agents []*Conversation
	var secretsOf [][]byte
	for i, c := range inboxes {
		d.read(c)
		ana := d.company.agent(fmt.Sprint("Ana ", i))
		d.must(c.Commit(d.now, Moves{Marks: wire.MarkLeave, Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim}))
		agents = append(agents, ana.Join(d.customer.ID()))
		secretsOf = append(secretsOf, bytes.Clone(c.pending.secret[:]), bytes.Clone(c.pending.leaf.mlkem[:]))
	}
	for i, c := range inboxes {
		code := wire.StaleHead
		if i == 0 {
			code = 0
		}
		want(t, fmt.Sprint("claim ", i), d.log.append(c.Pending()), code)
	}
	for i, c := range inboxes {
		d.read(c)
		state := append(c.Marshal(), c.end.Marshal()...)
		if c.pending != nil || bytes.Contains(state, secretsOf[2*i]) || bytes.Contains(state, secretsOf[2*i+1]) {
			t.Errorf("inbox %d still has what it made", i)
		}
		if (c.State() == Active) != (i > 0) {
			t.Errorf("inbox %d is in state %d", i, c.State())
		}
		shown := d.sees(agents[i])
		if i == 0 {
			same(t, "who won", shown, "anybody?")
		} else if agents[i].State() != NotMember || len(shown) != 0 {
			t.Errorf("agent %d: state %d, %q", i, agents[i].State(), shown)
		}
	}
	d.commit(agents[0])
	d.send(d.catchUp(d.customer), "Ana?")
	for i, c := range inboxes[1:] {
		same(t, fmt.Sprint("inbox ", i+1, ", which stayed"), d.sees(c), "Ana?")
	}
	same(t, "who won", d.sees(agents[0]), "Ana?")
}

// Of more epochs than may be granted the newest are.
func TestGrantsAtMost1024EpochsTheNewest(t *testing.T) {
	if testing.Short() || runtime.GOOS == "wasip1" {
		t.Skip("a thousand commits")
	}
	d := newDesk(t, func(m *wire.Manifest) { m.Policy.Grants = 2 })
	for d.inbox.Epoch() < wire.MaxGranted-1 {
		d.commit(d.inbox)
	}
	if d.inbox.Epoch() != wire.MaxGranted-1 {
		t.Fatal("another epoch")
	}
	for range 2 {
		ana := d.company.agent("Ana")
		by := copyOf(t, d.inbox)
		first := by.Epoch() - wire.MaxGranted + 1
		m := commit(t, d.must(by.Commit(d.now, Moves{Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim})))
		if want := []wire.Grant{{Grantee: ana.ID(), From: first, To: by.Epoch(), Reason: forClaim}}; !slices.Equal(m.Grants, want) {
			t.Errorf("grants %v, want %v", m.Grants, want)
		}
		if first == 0 {
			d.commit(d.inbox)
			continue
		}
		d.log.mustAppend(by.Pending())
		c := ana.Join(d.customer.ID())
		for _, ev := range d.read(c) {
			if ev.Code != 0 {
				t.Errorf("entry %d: %v", ev.Index, ev.Code)
			}
		}
		if len(c.past) != wire.MaxGranted || c.past[0].number != 1 {
			t.Errorf("keeps %d", len(c.past))
		}
	}
}

// What was lost in between is not granted, and of more than 16 ranges the newest are.
func TestGrantsTheNewestRanges(t *testing.T) {
	d := newDesk(t, func(m *wire.Manifest) { m.Policy.Grants = 2 })
	for range 40 {
		d.commit(d.inbox)
	}
	d.inbox.past = slices.DeleteFunc(d.inbox.past, func(p pastEpoch) bool { return p.number%2 == 0 })
	ana := d.company.agent("Ana")
	m := commit(t, d.must(d.inbox.Commit(d.now, Moves{Adds: []Newcomer{{wire.Agent, d.offer(ana)}}, History: forClaim})))
	last := m.Grants[len(m.Grants)-1]
	if len(m.Grants) != 16 || m.Grants[0].From != m.Grants[0].To || last.To != d.inbox.Epoch() || m.Grants[0].From != d.inbox.Epoch()-30 {
		t.Errorf("at epoch %d grants %v", d.inbox.Epoch(), m.Grants)
	}
	d.log.mustAppend(d.inbox.Pending())
	c := ana.Join(d.customer.ID())
	for _, ev := range d.read(c) {
		if ev.Code != 0 {
			t.Errorf("entry %d: %v", ev.Index, ev.Code)
		}
	}
	if c.State() != Active || len(c.past) != 16 {
		t.Errorf("state %d, keeps %d", c.State(), len(c.past))
	}
}
