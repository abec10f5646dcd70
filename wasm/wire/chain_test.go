package wire

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

func TestP07_RemovedMembersCommitIsRefused(t *testing.T) {
	h := newHouse(t)
	h.apply(h.chain, h.commit(h.chain, h.agent, func(d *draft) { d.commit.Removes = []ID{h.bot.id()} }))
	code(t, "commit of who was removed", h.check(h.bot, nil), NotMember)
	code(t, "message of who was removed", checked(h.chain, h.message(h.chain, h.bot, nil)), NotMember)
	code(t, "added again", h.check(h.agent, func(d *draft) { d.commit.Adds = h.adds(nil, h.bot) }), 0)
}

func TestP07_CommitForAnotherConversationIsRefused(t *testing.T) {
	h := newHouse(t)
	entry := h.commit(h.chain, h.agent, nil)
	other := newHouse(t)
	other.id = ID{0xff}
	chain := other.begun(other.customer, other.agent, other.archive)
	code(t, "another conversation", checked(chain, entry), BadArgument)
	code(t, "its own", checked(h.chain, entry), 0)
}

func TestP07_StaleParent(t *testing.T) {
	h := newHouse(t)
	first, second := h.commit(h.chain, h.agent, nil), h.commit(h.chain, h.customer, nil)
	h.apply(h.chain, first)
	code(t, "the one that lost", checked(h.chain, second), StaleHead)
	code(t, "the one that won, again", checked(h.chain, first), StaleHead)
	h.apply(h.chain, h.commit(h.chain, h.customer, nil))
	code(t, "the one that won, later", checked(h.chain, first), StaleHead)
}

// P03: nothing of one conversation is valid in another.
func TestP03_ReplayedConversationIsRefused(t *testing.T) {
	w := newWorld(t)
	customer, agent := w.bare(10), w.actor(20, Agent, nil)
	c := w.chain()
	genesis := w.commit(c, customer, func(d *draft) { d.commit.Adds = w.adds(nil, agent) })
	w.apply(c, genesis)
	entries := [][]byte{genesis, w.message(c, customer, nil), w.commit(c, agent, nil), w.join(customer, c.Member(customer.id()).KeyPackage.Leaf.Hash())}
	for _, e := range entries[1:] {
		code(t, "at home", checked(c, e), 0)
	}
	other := NewChain(ID{5}, func(h Hash) *Manifest { return w.manifests[h] })
	w.id = ID{5}
	for i, e := range entries {
		code(t, "on an empty log", checked(other, e), BadArgument)
		if i == 0 {
			w.apply(other, w.commit(other, customer, func(d *draft) { d.commit.Adds = w.adds(nil, agent) }))
		}
		code(t, "after its genesis", checked(other, e), BadArgument)
	}
}

// P06: only commits put somebody in; a key package, a credential or a join
// request that was merely seen does not.
func TestP06_GhostMemberIsNoMember(t *testing.T) {
	h := newHouse(t)
	ghost := h.agent2
	h.keyPackage(ghost)
	if h.chain.Member(ghost.id()) != nil {
		t.Fatal("a ghost is in the roster")
	}
	code(t, "message", checked(h.chain, h.message(h.chain, ghost, nil)), NotMember)
	code(t, "passing message", h.chain.CheckPassing(mustDecode(t, h.message(h.chain, ghost, func(m *Message) { m.Retention = Passing })).Message), NotMember)
	code(t, "commit", h.check(ghost, nil), NotMember)
	code(t, "join request", checked(h.chain, h.join(ghost, h.chain.Member(h.agent.id()).KeyPackage.Leaf.Hash())), BadCommit)
	code(t, "join request for no leaf", checked(h.chain, h.join(ghost, Hash{1})), NotMember)
	e := mustDecode(t, h.commit(h.chain, h.agent, nil))
	if n := len(e.Commit.Seals); n != len(h.chain.Members())-1 {
		t.Errorf("%d seals for %d members", n, len(h.chain.Members()))
	}
}

func mustDecode(t testing.TB, b []byte) *Entry {
	t.Helper()
	e, err := DecodeEntry(b)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestLeaver(t *testing.T) {
	h := newHouse(t)
	message := h.message(h.chain, h.customer, func(m *Message) { m.Epoch++ })
	h.apply(h.chain, h.commit(h.chain, h.agent, func(d *draft) { d.commit.Marks = MarkLeave }))
	if !h.chain.Leaving() || !h.chain.Member(h.agent.id()).Leaving {
		t.Fatal("nobody leaves")
	}
	remove := func(who ...*actor) func(*draft) {
		return func(d *draft) {
			for _, a := range who {
				d.commit.Removes = append(d.commit.Removes, a.id())
			}
		}
	}
	code(t, "message in its epoch", checked(h.chain, message), StaleEpoch)
	code(t, "passing message", h.chain.CheckPassing(mustDecode(t, h.message(h.chain, h.customer, func(m *Message) { m.Retention = Passing })).Message), StaleEpoch)
	code(t, "commit of the leaver", h.check(h.agent, nil), BadCommit)
	code(t, "leaver stays after all", h.check(h.agent, remove(h.bot)), BadCommit)
	code(t, "commit that keeps it", h.check(h.customer, nil), BadCommit)
	code(t, "close", h.check(h.customer, func(d *draft) { d.commit.Marks = MarkClose }), BadCommit)
	code(t, "another leaves", h.check(h.bot, func(d *draft) { d.commit.Marks = MarkLeave }), BadCommit)
	code(t, "join request", checked(h.chain, h.join(h.customer, h.chain.Member(h.customer.id()).KeyPackage.Leaf.Hash())), 0)
	code(t, "archive removes it", h.check(h.archive, remove(h.agent)), BadCommit)
	for _, by := range []*actor{h.customer, h.guest, h.supervisor, h.bot, h.inbox} {
		code(t, "removed by another", h.check(by, remove(h.agent)), 0)
	}
	code(t, "removed with one it may not", h.check(h.bot, func(d *draft) { d.commit.Removes = ordered(h.agent.id(), h.guest.id()) }), NotMember)
	code(t, "removed and leaving oneself", h.check(h.bot, func(d *draft) { d.commit.Removes, d.commit.Marks = []ID{h.agent.id()}, MarkLeave }), 0)
	h.apply(h.chain, h.commit(h.chain, h.bot, remove(h.agent)))
	if h.chain.Leaving() || h.chain.Member(h.agent.id()) != nil {
		t.Error("the leaver is still in")
	}
	code(t, "message", checked(h.chain, h.message(h.chain, h.customer, nil)), 0)
}

// Whoever is left alone, or with the archive, closes: were it to leave, nothing
// would ever be valid again, not even that.
func TestTheLastDoesNotLeave(t *testing.T) {
	for name, others := range map[string][]Role{"alone": nil, "with the archive": {Archive}, "with a guest": {Guest}} {
		h := newHouse(t)
		if len(others) == 0 {
			h.manifest = h.newManifest(3, nil)
		}
		h.apply(h.chain, h.commit(h.chain, h.customer, func(d *draft) {
			for role, a := range h.members() {
				if a != h.customer && !slices.Contains(others, role) && role != Archive {
					d.commit.Removes = append(d.commit.Removes, a.id())
				}
			}
			if len(others) == 0 {
				d.commit.Removes = append(d.commit.Removes, h.archive.id())
			}
			slices.SortFunc(d.commit.Removes, func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
		}))
		want := BadCommit
		if name == "with a guest" {
			want = 0
		}
		code(t, name, h.check(h.customer, func(d *draft) { d.commit.Marks = MarkLeave }), want)
		code(t, name+": closes", h.check(h.customer, func(d *draft) { d.commit.Marks = MarkClose }), 0)
	}
}

func TestClosedIsFinal(t *testing.T) {
	h := newHouse(t)
	join := h.join(h.customer, h.chain.Member(h.customer.id()).KeyPackage.Leaf.Hash())
	closing := h.commit(h.chain, h.agent, func(d *draft) { d.commit.Marks = MarkClose })
	if e := mustDecode(t, closing); len(e.Commit.Seals) != 0 || len(e.Commit.Tag) != 0 {
		t.Fatal("a closing commit with seals or tag")
	}
	h.apply(h.chain, closing)
	if !h.chain.Closed() {
		t.Fatal("not closed")
	}
	code(t, "message", checked(h.chain, h.message(h.chain, h.customer, nil)), StaleEpoch)
	code(t, "commit", h.check(h.customer, nil), StaleHead)
	code(t, "join request", checked(h.chain, join), NotMember)
	code(t, "closing again", checked(h.chain, closing), StaleHead)
}

func TestC11_MessageEpochs(t *testing.T) {
	h := newHouse(t)
	h.apply(h.chain, h.commit(h.chain, h.agent, nil))
	epoch := h.chain.Epoch()
	if epoch < 2 {
		t.Fatal("too young")
	}
	for _, e := range []uint64{epoch - 1, epoch + 1, 0, 1<<32 - 1, 1<<32 + epoch, 1 << 53, 1 << 63, 1<<64 - 1} {
		code(t, "epoch", checked(h.chain, h.message(h.chain, h.customer, func(m *Message) { m.Epoch = e })), StaleEpoch)
	}
	for _, n := range []uint64{1, 1<<32 - 1, 1 << 53, 1 << 63, 1<<64 - 1} {
		b := h.message(h.chain, h.customer, func(m *Message) { m.Counter = n })
		code(t, "counter", checked(h.chain, b), 0)
		if got := mustDecode(t, b).Message.Counter; got != n {
			t.Errorf("counter %d reads as %d", n, got)
		}
	}
	code(t, "before genesis", checked(h.world.chain(), h.message(h.chain, h.customer, func(m *Message) { m.Epoch = 0 })), StaleEpoch)
}

func TestEitherRetentionIsRefusedInTheOthersPlace(t *testing.T) {
	h := newHouse(t)
	stored, passing := h.message(h.chain, h.customer, nil), h.message(h.chain, h.customer, func(m *Message) { m.Retention = Passing })
	code(t, "stored in the log", checked(h.chain, stored), 0)
	code(t, "passing in the log", checked(h.chain, passing), BadArgument)
	code(t, "passing", h.chain.CheckPassing(mustDecode(t, passing).Message), 0)
	code(t, "stored as passing", h.chain.CheckPassing(mustDecode(t, stored).Message), BadArgument)
	code(t, "passing of another conversation", h.chain.CheckPassing(mustDecode(t, h.message(h.chain, h.customer, func(m *Message) { m.Retention, m.Conversation = Passing, ID{9} })).Message), BadArgument)
}

func TestGrants(t *testing.T) {
	h := newHouse(t)
	for range 3 {
		h.apply(h.chain, h.commit(h.chain, h.agent, nil))
	}
	last := h.chain.Epoch() // what a commit may grant ends with the epoch it replaces
	id := h.agent2.id()
	first, second := h.agent2, h.bot2
	if o := ordered(id, h.bot2.id()); o[0] != id {
		first, second = second, first
	}
	rows := []struct {
		name   string
		by     *actor
		grants []Grant
		want   Code
	}{
		{"one epoch", h.agent, []Grant{{id, last, last, 1}}, 0},
		{"all epochs", h.agent, []Grant{{id, 0, last, 1}}, 0},
		{"the next epoch", h.agent, []Grant{{id, last, last + 1, 1}}, BadCommit},
		{"to before from", h.agent, []Grant{{id, 2, 1, 1}}, BadCommit},
		{"the end of time", h.agent, []Grant{{id, 0, 1<<64 - 1, 1}}, BadCommit},
		{"to a member", h.agent, []Grant{{h.bot.id(), 0, 1, 1}}, BadCommit},
		{"to a stranger", h.agent, []Grant{{ID{9}, 0, 1, 1}}, BadCommit},
		{"two apart", h.agent, []Grant{{id, 0, 1, 1}, {id, 3, 3, 1}}, 0},
		{"two that touch", h.agent, []Grant{{id, 0, 1, 1}, {id, 2, 3, 1}}, 0},
		{"two that overlap", h.agent, []Grant{{id, 0, 1, 1}, {id, 1, 3, 1}}, BadCommit},
		{"two out of order", h.agent, []Grant{{id, 3, 3, 1}, {id, 0, 1, 1}}, BadCommit},
		{"to two in order", h.agent, []Grant{{first.id(), 0, 1, 1}, {second.id(), 0, 1, 1}}, 0},
		{"to two out of order", h.agent, []Grant{{second.id(), 0, 1, 1}, {first.id(), 0, 1, 1}}, BadCommit},
		{"by the inbox", h.inbox, []Grant{{id, 0, 1, 1}}, 0},
	}
	for _, row := range rows {
		// Not decoded: the boxes that the worst of them asks for have no encoding.
		e := &Entry{Kind: KindCommit, Commit: h.draft(h.chain, row.by, func(d *draft) { d.commit.Adds, d.commit.Grants = h.adds(nil, h.agent2, h.bot2), row.grants })}
		code(t, row.name, h.chain.Check(e), row.want)
	}
	code(t, "by the customer", h.check(h.customer, func(d *draft) {
		d.commit.Adds, d.commit.Grants = h.adds(nil, h.guest2), []Grant{{h.guest2.id(), 0, 1, 1}}
	}), 0)
	h.manifest = h.newManifest(3, func(m *Manifest) { m.Archive, m.Policy.Grants = pub(h.archive.key), 0 })
	code(t, "where policy says none", h.check(h.agent, func(d *draft) { d.commit.Adds, d.commit.Grants = h.adds(nil, h.agent2), []Grant{{id, 0, 1, 1}} }), NotMember)
}

func TestGrantLimit(t *testing.T) {
	h := newHouse(t)
	h.chain.epoch = 3000 // 3,000 commits would take their time
	id := h.agent2.id()
	for _, row := range []struct {
		name   string
		grants []Grant
		want   Code
	}{
		{"1,023", []Grant{{id, 1, 1023, 1}}, 0},
		{"1,024", []Grant{{id, 0, 1023, 1}}, 0},
		{"1,025", []Grant{{id, 0, 1024, 1}}, TooLarge},
		{"1,024 in two", []Grant{{id, 0, 511, 1}, {id, 1000, 1511, 1}}, 0},
		{"1,025 in two", []Grant{{id, 0, 511, 1}, {id, 1000, 1512, 1}}, TooLarge},
	} {
		e := &Entry{Kind: KindCommit, Commit: h.draft(h.chain, h.agent, func(d *draft) { d.commit.Adds, d.commit.Grants = h.adds(nil, h.agent2), row.grants })}
		code(t, row.name, h.chain.Check(e), row.want)
	}
}

func TestJoinRequestRules(t *testing.T) {
	h := newHouse(t)
	leafOf := func(a *actor) Hash { return h.chain.Member(a.id()).KeyPackage.Leaf.Hash() }
	replacing := func(by, old *actor, join []byte, role Role) error {
		id := EntryID(join)
		return h.check(by, func(d *draft) {
			d.commit.Answers, d.commit.Removes = id[:], []ID{old.id()}
			d.commit.Adds = []Add{{role, mustDecode(t, join).Join.KeyPackage}}
		})
	}
	own, fresh := h.join(h.customer, leafOf(h.customer)), h.join(h.device, leafOf(h.customer))
	code(t, "not appended yet", replacing(h.agent, h.customer, own, Customer), BadCommit)
	for _, j := range [][]byte{own, fresh} {
		code(t, "customer's leaf", checked(h.chain, j), 0)
		h.apply(h.chain, j)
	}
	code(t, "new identity for an agent's leaf", checked(h.chain, h.join(h.agent2, leafOf(h.agent))), BadCommit)
	code(t, "an agent for the customer's leaf", checked(h.chain, h.join(h.agent, leafOf(h.customer))), BadCommit)
	code(t, "agent's own", checked(h.chain, h.join(h.agent, leafOf(h.agent))), 0)
	raw, _ := (&JoinRequest{Conversation: h.id, Leaf: leafOf(h.customer), Reason: 1, KeyPackage: h.chain.Member(h.customer.id()).KeyPackage}).Sign(h.customer.key)
	code(t, "with the old leaf", checked(h.chain, raw), BadCommit)
	for n, half := range []Leaf{append(h.leaf()[:32:32], h.chain.Member(h.agent.id()).KeyPackage.Leaf.MLKEM()...), append(h.chain.Member(h.agent.id()).KeyPackage.Leaf.X25519()[:32:32], h.leaf()[32:]...)} {
		raw, _ = (&JoinRequest{Conversation: h.id, Leaf: leafOf(h.customer), Reason: 1, KeyPackage: h.placeWith(h.customer, half)}).Sign(h.customer.key)
		code(t, fmt.Sprintf("with half %d of another's leaf", n), checked(h.chain, raw), BadCommit)
	}
	raw, _ = (&JoinRequest{Conversation: h.id, Leaf: leafOf(h.customer), Reason: 1, KeyPackage: h.place(h.customer)}).Sign(h.agent.key)
	code(t, "signed by another", checked(h.chain, raw), OpenFailed)
	for use := range uint8(UsePlace) {
		raw, _ = (&JoinRequest{Conversation: h.id, Leaf: leafOf(h.customer), Reason: 1, KeyPackage: h.signed(h.customer, h.leaf(), use)}).Sign(h.customer.key)
		code(t, "with an offer", checked(h.chain, raw), BadCommit)
	}

	code(t, "owner's, by the agent", replacing(h.agent, h.customer, own, Customer), 0)
	code(t, "owner's, by a bot", replacing(h.bot, h.customer, own, Customer), 0)
	code(t, "owner's, by the guest", replacing(h.guest, h.customer, own, Customer), 0)
	code(t, "owner's, by the archive", replacing(h.archive, h.customer, own, Customer), BadCommit)
	code(t, "with another role", replacing(h.agent, h.customer, own, Guest), BadCredential)
	risen := h.join(h.supervisor, leafOf(h.supervisor))
	h.apply(h.chain, risen)
	code(t, "a supervisor's, as agent", replacing(h.guest, h.supervisor, risen, Agent), BadCommit)
	code(t, "a supervisor's", replacing(h.guest, h.supervisor, risen, Supervisor), 0)
	code(t, "new identity, by the agent", replacing(h.agent, h.customer, fresh, Customer), 0)
	for _, by := range []*actor{h.bot, h.inbox, h.supervisor, h.guest} {
		code(t, "new identity, by another", replacing(by, h.customer, fresh, Customer), NotMember)
	}
	id := EntryID(own)
	code(t, "without removing the old", h.check(h.agent, func(d *draft) {
		d.commit.Answers, d.commit.Adds = id[:], []Add{{Customer, mustDecode(t, own).Join.KeyPackage}}
	}), BadCommit)
	code(t, "without adding the new", h.check(h.agent, func(d *draft) { d.commit.Answers, d.commit.Removes = id[:], []ID{h.customer.id()} }), BadCommit)
	code(t, "adding another key package", h.check(h.agent, func(d *draft) {
		d.commit.Answers, d.commit.Removes, d.commit.Adds = id[:], []ID{h.customer.id()}, h.adds(nil, h.customer)
	}), BadCommit)
	code(t, "and adding one more customer", h.check(h.agent, func(d *draft) {
		d.commit.Answers, d.commit.Removes = id[:], []ID{h.customer.id()}
		d.commit.Adds = append([]Add{{Customer, mustDecode(t, own).Join.KeyPackage}}, h.adds(nil, h.device)...)
	}), NotMember)

	other := h.join(h.otherDevice, leafOf(h.customer))
	h.apply(h.chain, other)
	code(t, "another alias", replacing(h.agent, h.customer, other, Customer), NotMember)
	code(t, "displaced by a newer request of a stranger", replacing(h.agent, h.customer, fresh, Customer), BadCommit)
	code(t, "owner's is not displaced", replacing(h.agent, h.customer, own, Customer), 0)
	newer := h.join(h.customer, leafOf(h.customer))
	h.apply(h.chain, newer)
	code(t, "displaced by the owner's newer", replacing(h.agent, h.customer, own, Customer), BadCommit)
	h.apply(h.chain, h.commit(h.chain, h.agent, func(d *draft) {
		id := EntryID(newer)
		d.commit.Answers, d.commit.Removes, d.commit.Adds = id[:], []ID{h.customer.id()}, []Add{{Customer, mustDecode(t, newer).Join.KeyPackage}}
	}))
	code(t, "used once", replacing(h.agent, h.customer, newer, Customer), BadCommit)
	code(t, "appended again", checked(h.chain, newer), NotMember)
}

// Whoever said that it leaves is not let in again by what it asks for next.
func TestJoinRequestOfALeaverIsRefused(t *testing.T) {
	h := newHouse(t)
	ask := func() []byte { return h.join(h.agent, h.chain.Member(h.agent.id()).KeyPackage.Leaf.Hash()) }
	before := ask()
	h.apply(h.chain, before)
	h.apply(h.chain, h.commit(h.chain, h.agent, func(d *draft) { d.commit.Marks = MarkLeave }))
	if len(h.chain.Joins()) != 0 {
		t.Error("what it asked before still stands")
	}
	code(t, "the request from before", checked(h.chain, before), NotMember)
	code(t, "a new one", checked(h.chain, ask()), NotMember)
}

func TestStandingRequestsTellWhoAsksForWhom(t *testing.T) {
	h := newHouse(t)
	own, fresh := h.join(h.customer, h.chain.Member(h.customer.id()).KeyPackage.Leaf.Hash()), h.join(h.device, h.chain.Member(h.customer.id()).KeyPackage.Leaf.Hash())
	h.apply(h.chain, own)
	h.apply(h.chain, fresh)
	all := h.chain.Joins()
	if len(all) != 2 || all[0].ID != EntryID(own) || !all[0].Same || all[0].By != h.customer.id() || all[0].Replaces != h.customer.id() ||
		all[1].ID != EntryID(fresh) || all[1].Same || all[1].By != h.device.id() || all[1].Replaces != h.customer.id() {
		t.Fatalf("%+v", all)
	}
	if !h.chain.Answerable(all[0], Guest, h.manifest.CheckCredential) || h.chain.Answerable(all[0], Archive, h.manifest.CheckCredential) || h.chain.Answerable(all[1], Agent, h.manifest.CheckCredential) {
		t.Error("the owner's is answered by all but the archive, a new identity's by nobody unasked")
	}
	// A state whose requests name no leaf of its roster is none.
	raw := h.chain.Marshal()
	h.apply(h.chain, h.commit(h.chain, h.customer, nil))
	after := h.chain.Marshal()
	_, err := LoadChain(append(after[:len(after)-1:len(after)-1], raw[len(raw)-len(own)-len(fresh)-5:]...), nil)
	code(t, "requests of another roster", err, BadArgument)
}

// What stands of joins stays bounded however many are appended.
func TestJoinRequestsStayBounded(t *testing.T) {
	h := newHouse(t)
	leaf := h.chain.Member(h.customer.id()).KeyPackage.Leaf.Hash()
	for n := range byte(20) {
		h.apply(h.chain, h.join(h.bare(100+n), leaf))
		h.apply(h.chain, h.join(h.customer, leaf))
	}
	if n := len(h.chain.joins); n != 2 {
		t.Errorf("%d requests stand for one leaf", n)
	}
	h.apply(h.chain, h.commit(h.chain, h.customer, nil))
	if n := len(h.chain.joins); n != 0 {
		t.Errorf("%d requests stand for a leaf that is gone", n)
	}
}

func TestManifestSequenceNeverFalls(t *testing.T) {
	w := newWorld(t)
	customer := w.bare(10)
	c := w.begun(customer, w.actor(20, Agent, nil))
	older, newer := w.manifest, w.newManifest(5, nil)
	w.manifest = newer
	w.apply(c, w.commit(c, customer, nil))
	if hash, n := c.Manifest(); n != 5 || hash != newer.Hash() {
		t.Fatalf("sequence %d", n)
	}
	for n, want := range map[uint64]Code{4: RolledBack, 5: 0, 6: 0} {
		w.manifest = w.newManifest(n, func(m *Manifest) { m.Policy.RetentionDays = 1 })
		code(t, "sequence", checked(c, w.commit(c, customer, nil)), want)
	}
	w.manifest = older
	code(t, "the old one", checked(c, w.commit(c, customer, nil)), RolledBack)
}

// A chain that was marshalled and loaded at every step goes on as the one that
// was not, to the same bytes. Neither keeps anything of what it was given: a
// small field of a roster would hold a whole commit.
func TestLoadedChainGoesOnIdentically(t *testing.T) {
	h := newHouse(t)
	kept := h.world.chain()
	steps := []func(*Chain) []byte{
		func(c *Chain) []byte {
			return h.commit(c, h.customer, func(d *draft) {
				d.commit.Previous, d.commit.Adds = bytes.Repeat([]byte{7}, 16), h.adds(nil, h.agent, h.supervisor, h.archive)
			})
		},
		func(c *Chain) []byte { return h.message(c, h.customer, nil) },
		func(c *Chain) []byte { return h.join(h.customer, c.Member(h.customer.id()).KeyPackage.Leaf.Hash()) },
		func(c *Chain) []byte { return h.join(h.device, c.Member(h.customer.id()).KeyPackage.Leaf.Hash()) },
		func(c *Chain) []byte { return h.commit(c, h.agent, nil) },
		func(c *Chain) []byte { return h.commit(c, h.supervisor, func(d *draft) { d.commit.Role = Agent }) },
		func(c *Chain) []byte {
			return h.commit(c, h.agent, func(d *draft) { d.commit.Adds = h.adds(nil, h.agent2) })
		},
		func(c *Chain) []byte { return h.commit(c, h.agent, func(d *draft) { d.commit.Marks = MarkLeave }) },
		func(c *Chain) []byte {
			return h.commit(c, h.agent2, func(d *draft) { d.commit.Removes = []ID{h.agent.id()} })
		},
		func(c *Chain) []byte { return h.commit(c, h.agent2, func(d *draft) { d.commit.Marks = MarkClose }) },
		func(c *Chain) []byte { return h.message(c, h.customer, nil) },
	}
	for i, step := range steps {
		state := kept.Marshal()
		loaded, err := LoadChain(state, func(x Hash) *Manifest { return h.manifests[x] })
		if err != nil {
			t.Fatalf("load before step %d: %v", i, err)
		}
		clear(state)
		if !bytes.Equal(loaded.Marshal(), kept.Marshal()) || loaded.Head() != kept.Head() || loaded.Queue() != kept.Queue() || loaded.Conversation() != kept.Conversation() {
			t.Fatalf("before step %d another chain was loaded", i)
		}
		entry := step(kept)
		a, b := apply(kept, bytes.Clone(entry)), apply(loaded, entry)
		clear(entry)
		if a != b || i < len(steps)-1 && a != nil {
			t.Fatalf("step %d: %v and, loaded, %v", i, a, b)
		}
		if !bytes.Equal(loaded.Marshal(), kept.Marshal()) {
			t.Fatalf("after step %d the chains differ", i)
		}
	}
}

// P14: of commits on one head exactly one wins, whatever the order.
func TestP14_ConcurrentCommitsHaveOneWinner(t *testing.T) {
	h := newHouse(t)
	entries := [][]byte{h.commit(h.chain, h.customer, nil), h.commit(h.chain, h.agent, nil), h.commit(h.chain, h.supervisor, func(d *draft) { d.commit.Role = Agent })}
	start := h.chain.Marshal()
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		c, err := LoadChain(start, func(x Hash) *Manifest { return h.manifests[x] })
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range order {
			want := StaleHead
			if i == 0 {
				want = 0
			}
			code(t, "commit", apply(c, entries[n]), want)
		}
		if c.Head() != mustDecode(t, entries[order[0]]).Commit.TranscriptHash() {
			t.Error("the head is not the first's")
		}
	}
}

func TestRosterIsOrderedAndKeepsWhatItShould(t *testing.T) {
	h := newHouse(t)
	since := h.chain.Member(h.agent.id()).Since
	h.apply(h.chain, h.commit(h.chain, h.agent, nil))
	h.apply(h.chain, h.commit(h.chain, h.agent, func(d *draft) { d.commit.Adds = h.adds(nil, h.agent2) }))
	m := h.chain.Members()
	if !slices.IsSortedFunc(m, func(a, b Member) int { return bytes.Compare(a.ID[:], b.ID[:]) }) || len(m) != 8 {
		t.Error("not ordered by id")
	}
	if h.chain.Member(h.agent.id()).Since != since || h.chain.Member(h.agent2.id()).Since != h.chain.Epoch() {
		t.Error("since")
	}
	if a := h.chain.Member(h.agent.id()); a.Alias != "Ana" || !a.Verified() || !bytes.Equal(a.Identity, pub(h.agent.key)) || a.Role != Agent {
		t.Errorf("member %+v", a)
	}
}
