package wire

import (
	"bytes"
	"slices"
	"testing"
)

// house is a conversation with one member of every role.
type house struct {
	*world
	chain                                                     *Chain
	customer, guest, agent, supervisor, bot, inbox, archive   *actor
	agent2, device, otherDevice, guest2, bot2, inbox2, super2 *actor
}

func newHouse(t testing.TB) *house {
	w := newWorld(t)
	h := &house{world: w, customer: w.actor(10, Customer, nil), guest: w.actor(11, Guest, nil), agent: w.actor(20, Agent, nil), supervisor: w.actor(21, Supervisor, nil),
		bot: w.actor(22, Bot, nil), inbox: w.actor(23, Inbox, nil), archive: w.actor(24, Archive, nilCredential), agent2: w.actor(30, Agent, nil), device: w.actor(31, Customer, nil),
		otherDevice: w.actor(32, Customer, func(c *Credential) { c.Alias = "Eve" }), guest2: w.actor(33, Guest, nil), bot2: w.actor(34, Bot, nil), inbox2: w.actor(35, Inbox, nil), super2: w.actor(36, Supervisor, nil)}
	w.manifest = w.newManifest(2, func(m *Manifest) { m.Archive = pub(h.archive.key) })
	h.chain = w.begun(h.customer, h.agent, h.supervisor, h.bot, h.inbox, h.archive)
	w.apply(h.chain, w.commit(h.chain, h.customer, func(d *draft) { d.commit.Adds = w.adds(nil, h.guest) }))
	return h
}

func nilCredential(*Credential) {}

func (h *house) members() map[Role]*actor {
	return map[Role]*actor{Customer: h.customer, Guest: h.guest, Agent: h.agent, Supervisor: h.supervisor, Bot: h.bot, Inbox: h.inbox, Archive: h.archive}
}

func (h *house) check(by *actor, change func(*draft)) error {
	h.t.Helper()
	e, err := DecodeEntry(h.commit(h.chain, by, change))
	if err != nil {
		return err
	}
	before := h.chain.Marshal()
	err = h.chain.Check(e)
	if !bytes.Equal(before, h.chain.Marshal()) {
		h.t.Error("Check changed the chain")
	}
	return err
}

func TestEveryMemberMayRefresh(t *testing.T) {
	h := newHouse(t)
	for role, a := range h.members() {
		code(t, string('0'+rune(role)), h.check(a, nil), 0)
	}
}

func TestWhoAddsWhom(t *testing.T) {
	h := newHouse(t)
	company := []*actor{h.agent2, h.super2, h.bot2, h.inbox2}
	all := append([]*actor{h.device, h.otherDevice, h.guest2}, company...)
	allowed := map[Role][]*actor{Agent: company, Inbox: company, Customer: {h.device, h.guest2, h.inbox2}}
	for role, by := range h.members() {
		for _, who := range all {
			want := NotMember
			if role == Archive {
				want = BadCommit // it only refreshes
			}
			if slices.Contains(allowed[role], who) {
				want = 0
			}
			if err := h.check(by, func(d *draft) { d.commit.Adds = h.adds(nil, who) }); CodeOf(err) != want && !(err == nil && want == 0) {
				t.Errorf("role %d adds role %d %q: %v, want %v", role, who.role, who.cred.Alias, err, want)
			}
		}
	}
}

func TestWhoRemovesWhom(t *testing.T) {
	h := newHouse(t)
	for role, by := range h.members() {
		for other, who := range h.members() {
			if by == who {
				continue
			}
			want := NotMember
			switch {
			case role == Archive:
				want = BadCommit
			case role == Agent && other != Customer && other != Archive, role == Customer && other != Archive:
				want = 0
			}
			err := h.check(by, func(d *draft) { d.commit.Removes = []ID{who.id()} })
			if want == 0 && err != nil || want != 0 && err != want {
				t.Errorf("role %d removes role %d: %v, want %v", role, other, err, want)
			}
		}
	}
}

func TestWhoCloses(t *testing.T) {
	h := newHouse(t)
	for role, by := range h.members() {
		want := NotMember
		switch role {
		case Customer, Agent, Inbox:
			want = 0
		}
		err := h.check(by, func(d *draft) { d.commit.Marks = MarkClose })
		if want == 0 && err != nil || want != 0 && err != want {
			t.Errorf("role %d closes: %v, want %v", role, err, want)
		}
	}
}

func TestWhoSpeaks(t *testing.T) {
	h := newHouse(t)
	for role, by := range h.members() {
		want := NotMember
		switch role {
		case Customer, Guest, Agent, Bot:
			want = 0
		}
		err := checked(h.chain, h.message(h.chain, by, nil))
		if want == 0 && err != nil || want != 0 && err != want {
			t.Errorf("role %d speaks: %v, want %v", role, err, want)
		}
	}
}

// One row for each rule of commits. P07: a commit by one who may not make it is
// refused, whatever else is right about it.
func TestP07_CommitRules(t *testing.T) {
	stranger := func(h *house) *actor { return h.agent2 }
	rows := []struct {
		name   string
		by     func(*house) *actor
		change func(*house, *draft)
		want   Code
	}{
		{"by a stranger with a credential", stranger, nil, NotMember},
		{"by a stranger on a bare key", func(h *house) *actor { return h.bare(99) }, nil, NotMember},
		{"in a member's name", stranger, func(h *house, d *draft) { d.commit.KeyPackage = h.place(h.agent) }, OpenFailed},
		{"under another's signature", nil, func(h *house, d *draft) { d.by = h.customer }, OpenFailed},
		{"changed after it was signed", nil, func(h *house, d *draft) { d.signed_ = func(m *Commit) { m.Tag[0] ^= 1 } }, OpenFailed},
		{"of another conversation", nil, func(h *house, d *draft) { d.commit.Conversation[0] ^= 1 }, BadArgument},
		{"on no parent", nil, func(h *house, d *draft) { d.commit.Parent = Hash{} }, StaleHead},
		{"on another parent", nil, func(h *house, d *draft) { d.commit.Parent[0] ^= 1 }, StaleHead},
		{"epoch of the head", nil, func(h *house, d *draft) { d.commit.Epoch-- }, BadCommit},
		{"epoch after the next", nil, func(h *house, d *draft) { d.commit.Epoch++ }, BadCommit},
		{"epoch 0", nil, func(h *house, d *draft) { d.commit.Epoch = 0 }, BadCommit},
		{"epoch 2^64−1", nil, func(h *house, d *draft) { d.commit.Epoch = 1<<64 - 1 }, BadCommit},
		{"names a queue", nil, func(h *house, d *draft) { d.commit.Queue = queueA }, BadCommit},
		{"names a previous conversation", nil, func(h *house, d *draft) { d.commit.Previous = make([]byte, 16) }, BadCommit},
		{"manifest not known", nil, func(h *house, d *draft) { d.commit.ManifestHash[0] ^= 1 }, Unavailable},
		{"manifest not known, by a stranger", stranger, func(h *house, d *draft) { d.commit.ManifestHash[0] ^= 1 }, NotMember},
		{"manifest not known, signature of another", nil, func(h *house, d *draft) { d.commit.ManifestHash[0] ^= 1; d.by = h.customer }, OpenFailed},
		{"manifest rolled back", nil, func(h *house, d *draft) { d.commit.ManifestHash = h.newManifest(1, nil).Hash() }, RolledBack},
		{"manifest of the same sequence", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(2, func(m *Manifest) { m.Archive, m.Expires = pub(h.archive.key), someDay+9 }).Hash()
		}, 0},
		{"newer manifest", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(3, func(m *Manifest) { m.Archive = pub(h.archive.key) }).Hash()
		}, 0},
		{"newer manifest without its issuer", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(3, func(m *Manifest) { m.Issuers[0].Key = pub(keyOf(3)) }).Hash()
		}, BadCredential},
		{"newer manifest with another archive", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(3, func(m *Manifest) { m.Archive = pub(keyOf(25)) }).Hash()
		}, BadCommit},
		{"issuer may not issue the role", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(3, func(m *Manifest) { m.Archive = pub(h.archive.key); m.Issuers[0].Roles = 1 << Customer }).Hash()
		}, BadCredential},
		{"credential outside its issuer's time", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(3, func(m *Manifest) {
				m.Archive = pub(h.archive.key)
				m.Issuers[0].NotBefore = someDay + 4000
			}).Hash()
		}, BadCredential},
		{"credential that outlives its issuer", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(3, func(m *Manifest) {
				m.Archive = pub(h.archive.key)
				m.Issuers[0].NotAfter = someDay + 9*3600 - 1
			}).Hash()
		}, BadCredential},
		{"credential that ends with its issuer", nil, func(h *house, d *draft) {
			d.commit.ManifestHash = h.newManifest(3, func(m *Manifest) {
				m.Archive = pub(h.archive.key)
				m.Issuers[0].NotAfter = someDay + 9*3600
			}).Hash()
		}, 0},
		{"key package with another's signature", nil, func(h *house, d *draft) {
			kp := *d.commit.KeyPackage
			kp.raw = bytes.Clone(kp.raw)
			kp.raw[len(kp.raw)-1] ^= 1
			d.commit.KeyPackage = &kp
		}, BadCredential},
		{"added key package with another's signature", nil, func(h *house, d *draft) {
			kp := *h.keyPackage(h.agent2)
			kp.raw = bytes.Clone(kp.raw)
			kp.raw[len(kp.raw)-1] ^= 1
			d.commit.Adds = []Add{{Agent, &kp}}
		}, BadCredential},
		{"committer on an offer", nil, func(h *house, d *draft) { d.commit.KeyPackage = h.keyPackage(h.agent) }, BadCommit},
		{"committer on a last resort", nil, func(h *house, d *draft) { d.commit.KeyPackage = h.signed(h.agent, h.leaf(), UseLastResort) }, BadCommit},
		{"adds by a last resort", nil, func(h *house, d *draft) { d.commit.Adds = []Add{{Agent, h.signed(h.agent2, h.leaf(), UseLastResort)}} }, 0},
		{"adds by a key package that was made for a place", nil, func(h *house, d *draft) { d.commit.Adds = []Add{{Agent, h.place(h.agent2)}} }, BadCommit},
		{"agent on a bare key", nil, func(h *house, d *draft) { d.commit.KeyPackage = h.place(&actor{key: h.agent.key}) }, BadCredential},
		{"customer on a bare key", func(h *house) *actor { return h.customer }, func(h *house, d *draft) { d.commit.KeyPackage = h.place(&actor{key: h.customer.key}) }, 0},
		{"adds an agent on a bare key", nil, func(h *house, d *draft) { d.commit.Adds = []Add{{Agent, h.keyPackage(h.bare(99))}} }, BadCredential},
		{"adds a guest on a bare key", func(h *house) *actor { return h.customer }, func(h *house, d *draft) { d.commit.Adds = []Add{{Guest, h.keyPackage(h.bare(99))}} }, BadCredential},
		{"agent adds a customer on a bare key", nil, func(h *house, d *draft) { d.commit.Adds = []Add{{Customer, h.keyPackage(h.bare(99))}} }, NotMember},
		{"customer adds a device on a bare key", func(h *house) *actor { return h.customer }, func(h *house, d *draft) { d.commit.Adds = []Add{{Customer, h.keyPackage(h.bare(99))}} }, NotMember},
		{"customer without an alias adds a device without one", nil, func(h *house, d *draft) {
			nameless := func(n byte) *actor { return h.actor(n, Customer, func(c *Credential) { c.Alias = "" }) }
			d.by = nameless(10)
			d.commit.Role, d.commit.KeyPackage = Customer, h.place(d.by)
			d.commit.Adds = []Add{{Customer, h.keyPackage(nameless(41))}}
		}, NotMember},
		{"adds somebody of another queue", nil, func(h *house, d *draft) {
			d.commit.Adds = h.adds(nil, h.actor(40, Agent, func(c *Credential) { c.Queues = []string{"sales"} }))
		}, BadCredential},
		{"adds an inbox of another queue", func(h *house) *actor { return h.customer }, func(h *house, d *draft) {
			d.commit.Adds = h.adds(nil, h.actor(40, Inbox, func(c *Credential) { c.Queues = []string{"sales"} }))
		}, BadCredential},
		{"own credential of another queue", nil, func(h *house, d *draft) {
			d.commit.KeyPackage = h.place(h.actor(20, Agent, func(c *Credential) { c.Queues = []string{"sales"} }))
		}, BadCredential},
		{"own renewed credential", nil, func(h *house, d *draft) {
			d.commit.KeyPackage = h.place(h.actor(20, Agent, func(c *Credential) { c.NotAfter += 3600 }))
		}, 0},
		{"adds a credential of no issuer", nil, func(h *house, d *draft) {
			h.issuer = keyOf(66)
			d.commit.Adds = h.adds(nil, h.actor(40, Agent, nil))
		}, BadCredential},
		{"adds above its credential's role", nil, func(h *house, d *draft) { d.commit.Adds = []Add{{Supervisor, h.keyPackage(h.agent2)}} }, BadCredential},
		{"adds a bot's credential as agent", nil, func(h *house, d *draft) { d.commit.Adds = []Add{{Agent, h.keyPackage(h.bot2)}} }, BadCredential},
		{"adds a guest's credential as customer", func(h *house) *actor { return h.customer }, func(h *house, d *draft) { d.commit.Adds = []Add{{Customer, h.keyPackage(h.guest2)}} }, BadCredential},
		{"adds a supervisor's credential as agent", nil, func(h *house, d *draft) { d.commit.Adds = []Add{{Agent, h.keyPackage(h.super2)}} }, 0},
		{"adds an archive that the manifest does not name", nil, func(h *house, d *draft) { d.commit.Adds = h.adds(nil, h.actor(40, Archive, nil)) }, BadCredential},
		{"supervisor takes over", func(h *house) *actor { return h.supervisor }, func(h *house, d *draft) { d.commit.Role = Agent }, 0},
		{"supervisor takes over and adds", func(h *house) *actor { return h.supervisor }, func(h *house, d *draft) {
			d.commit.Role, d.commit.Adds = Agent, h.adds(nil, h.agent2)
		}, 0},
		{"agent becomes supervisor", nil, func(h *house, d *draft) { d.commit.Role = Supervisor }, BadCredential},
		{"bot becomes agent", func(h *house) *actor { return h.bot }, func(h *house, d *draft) { d.commit.Role = Agent }, BadCredential},
		{"guest becomes customer", func(h *house) *actor { return h.guest }, func(h *house, d *draft) { d.commit.Role = Customer }, BadCredential},
		{"customer becomes guest", func(h *house) *actor { return h.customer }, func(h *house, d *draft) { d.commit.Role = Guest }, BadCredential},
		{"brings its old leaf", nil, func(h *house, d *draft) { d.commit.KeyPackage = h.chain.Member(h.agent.id()).KeyPackage }, BadCommit},
		{"brings its old X25519 key", nil, func(h *house, d *draft) {
			d.commit.KeyPackage = h.placeWith(h.agent, slices.Concat(h.chain.Member(h.agent.id()).KeyPackage.Leaf.X25519(), h.leaf().MLKEM()))
		}, BadCommit},
		{"brings its old ML-KEM key", nil, func(h *house, d *draft) {
			d.commit.KeyPackage = h.placeWith(h.agent, slices.Concat(h.leaf().X25519(), h.chain.Member(h.agent.id()).KeyPackage.Leaf.MLKEM()))
		}, BadCommit},
		{"brings another's X25519 key", nil, func(h *house, d *draft) {
			d.commit.KeyPackage = h.placeWith(h.agent, slices.Concat(h.chain.Member(h.customer.id()).KeyPackage.Leaf.X25519(), h.leaf().MLKEM()))
		}, BadCommit},
		{"brings another's ML-KEM key", nil, func(h *house, d *draft) {
			d.commit.KeyPackage = h.placeWith(h.agent, slices.Concat(h.leaf().X25519(), h.chain.Member(h.customer.id()).KeyPackage.Leaf.MLKEM()))
		}, BadCommit},
		{"adds two with one leaf", nil, func(h *house, d *draft) {
			leaf := h.leaf()
			d.commit.Adds = []Add{{Agent, h.keyPackageWith(h.agent2, leaf)}, {Bot, h.keyPackageWith(h.bot2, leaf)}}
		}, BadCommit},
		{"adds its own leaf for another", nil, func(h *house, d *draft) {
			d.commit.Adds = []Add{{Agent, h.keyPackageWith(h.agent2, d.commit.KeyPackage.Leaf)}}
		}, BadCommit},
		{"adds one twice", nil, func(h *house, d *draft) { d.commit.Adds = h.adds(nil, h.agent2, h.agent2) }, BadCommit},
		{"adds itself", nil, func(h *house, d *draft) { d.commit.Adds = h.adds(nil, h.agent) }, BadCommit},
		{"adds a member", nil, func(h *house, d *draft) { d.commit.Adds = h.adds(nil, h.bot) }, BadCommit},
		{"removes and adds a member", nil, func(h *house, d *draft) { d.commit.Removes, d.commit.Adds = []ID{h.bot.id()}, h.adds(nil, h.bot) }, 0},
		{"removes itself", nil, func(h *house, d *draft) { d.commit.Removes = []ID{h.agent.id()} }, BadCommit},
		{"removes a stranger", nil, func(h *house, d *draft) { d.commit.Removes = []ID{h.agent2.id()} }, BadCommit},
		{"removes one twice", nil, func(h *house, d *draft) { d.commit.Removes = []ID{h.bot.id(), h.bot.id()} }, BadCommit},
		{"removes in order", nil, func(h *house, d *draft) { d.commit.Removes = ordered(h.bot.id(), h.inbox.id()) }, 0},
		{"removes out of order", nil, func(h *house, d *draft) {
			d.commit.Removes = ordered(h.bot.id(), h.inbox.id())
			slices.Reverse(d.commit.Removes)
		}, BadCommit},
		{"closes and adds", nil, func(h *house, d *draft) { d.commit.Marks, d.commit.Adds = MarkClose, h.adds(nil, h.agent2) }, BadCommit},
		{"closes and removes", nil, func(h *house, d *draft) { d.commit.Marks, d.commit.Removes = MarkClose, []ID{h.bot.id()} }, BadCommit},
		{"closes and leaves", nil, func(h *house, d *draft) { d.commit.Marks = MarkClose | MarkLeave }, BadCommit},
		{"closes and seals", nil, func(h *house, d *draft) {
			d.commit.Marks = MarkClose
			d.sealed = func(m *Commit) { m.Seals = []Seal{{h.random(MLKEMCTSize), h.random(48)}} }
		}, BadCommit},
		{"closes with a tag", nil, func(h *house, d *draft) { d.commit.Marks, d.commit.Tag = MarkClose, h.random(32) }, BadCommit},
		{"no tag", nil, func(h *house, d *draft) { d.sealed = func(m *Commit) { m.Tag = nil } }, BadCommit},
		{"no seals", nil, func(h *house, d *draft) { d.sealed = func(m *Commit) { m.Seals = nil } }, BadCommit},
		{"a seal missing", nil, func(h *house, d *draft) { d.sealed = func(m *Commit) { m.Seals = m.Seals[1:] } }, BadCommit},
		{"a seal too many (P06)", nil, func(h *house, d *draft) {
			d.sealed = func(m *Commit) { m.Seals = append(m.Seals, Seal{h.random(MLKEMCTSize), h.random(48)}) }
		}, BadCommit},
		{"a box of a byte less", nil, func(h *house, d *draft) { d.sealed = func(m *Commit) { m.Seals[0].Box = m.Seals[0].Box[1:] } }, BadCommit},
		{"a newcomer's box for a member", nil, func(h *house, d *draft) { d.sealed = func(m *Commit) { m.Seals[0].Box = h.random(80) } }, BadCommit},
		{"a box with a secret that was not granted", nil, func(h *house, d *draft) {
			d.commit.Adds = h.adds(nil, h.agent2)
			d.sealed = func(m *Commit) { h.boxOf(m, h.agent2, 16+64+32) }
		}, BadCommit},
		{"a box without the secret that was granted", nil, func(h *house, d *draft) {
			d.commit.Adds, d.commit.Grants = h.adds(nil, h.agent2), []Grant{{h.agent2.id(), 0, 1, 1}}
			d.sealed = func(m *Commit) { h.boxOf(m, h.agent2, 16+64+32) }
		}, BadCommit},
		{"archive leaves", func(h *house) *actor { return h.archive }, func(h *house, d *draft) { d.commit.Marks = MarkLeave }, BadCommit},
		{"archive closes", func(h *house) *actor { return h.archive }, func(h *house, d *draft) { d.commit.Marks = MarkClose }, NotMember},
		{"17 members", nil, func(h *house, d *draft) {
			for n := range byte(10) {
				d.commit.Adds = append(d.commit.Adds, h.adds(nil, h.actor(100+n, Bot, nil))...)
			}
		}, TooLarge},
		{"16 members", nil, func(h *house, d *draft) {
			for n := range byte(9) {
				d.commit.Adds = append(d.commit.Adds, h.adds(nil, h.actor(100+n, Bot, nil))...)
			}
		}, 0},
		{"answers no join request", nil, func(h *house, d *draft) { d.commit.Answers = make([]byte, 16) }, BadCommit},
	}
	for _, row := range rows {
		h := newHouse(t)
		by := h.agent
		if row.by != nil {
			by = row.by(h)
		}
		err := h.check(by, func(d *draft) {
			if row.change != nil {
				row.change(h, d)
			}
		})
		code(t, row.name, err, row.want)
	}
}

func ordered(a, b ID) []ID {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return []ID{a, b}
}

// boxOf gives the box of one member another length.
func (h *house) boxOf(m *Commit, to *actor, size int) {
	for i, o := range h.chain.Preview(m).Others(m) {
		if o.ID == to.id() {
			m.Seals[i].Box = h.random(size)
		}
	}
}

func TestP07_GenesisRules(t *testing.T) {
	rows := []struct {
		name   string
		change func(*world, *draft)
		want   Code
	}{
		{"customer and agent", nil, 0},
		{"continues another conversation", func(w *world, d *draft) { d.commit.Previous = w.random(16) }, 0},
		{"with an inbox", func(w *world, d *draft) { d.commit.Adds = w.adds(nil, w.actor(23, Inbox, nil)) }, 0},
		{"with a parent", func(w *world, d *draft) { d.commit.Parent = Hash{1} }, StaleHead},
		{"epoch 1", func(w *world, d *draft) { d.commit.Epoch = 1 }, BadCommit},
		{"seen 1", func(w *world, d *draft) { d.commit.SeenIndex = 1 }, BadCommit},
		{"another log hash", func(w *world, d *draft) { d.commit.SeenHash[0] ^= 1 }, BadCommit},
		{"another's log hash", func(w *world, d *draft) { d.commit.SeenHash = LogHash0(ID{9}) }, BadCommit},
		{"no queue", func(w *world, d *draft) { d.commit.Queue = "" }, BadCredential},
		{"a queue the company lacks", func(w *world, d *draft) {
			d.commit.Queue = "none"
			d.commit.Adds = w.adds(nil, w.actor(20, Agent, func(c *Credential) { c.Queues = []string{"none"} }))
		}, BadCommit},
		{"a queue its agent lacks", func(w *world, d *draft) { d.commit.Queue = "sales" }, BadCredential},
		{"nobody added", func(w *world, d *draft) { d.commit.Adds = nil }, BadCommit},
		{"removes", func(w *world, d *draft) { d.commit.Removes = []ID{{1}} }, BadCommit},
		{"grants", func(w *world, d *draft) { d.commit.Grants = []Grant{{w.actor(20, Agent, nil).id(), 0, 0, 1}} }, BadCommit},
		{"leaves", func(w *world, d *draft) { d.commit.Marks = MarkLeave }, BadCommit},
		{"closes", func(w *world, d *draft) { d.commit.Marks, d.commit.Adds = MarkClose, nil }, BadCommit},
		{"answers", func(w *world, d *draft) { d.commit.Answers = make([]byte, 16) }, BadCommit},
		{"adds a device", func(w *world, d *draft) {
			d.commit.Adds = w.adds(nil, w.actor(20, Agent, nil), w.actor(31, Customer, nil))
		}, NotMember},
		{"adds a guest", func(w *world, d *draft) {
			d.commit.Adds = w.adds(nil, w.actor(20, Agent, nil), w.actor(31, Guest, nil))
		}, NotMember},
		{"adds itself", func(w *world, d *draft) { d.commit.Adds = w.adds(nil, w.bare(10)) }, BadCommit},
		{"an agent's key that does not chain (P09)", func(w *world, d *draft) {
			w.issuer = keyOf(66)
			d.commit.Adds = w.adds(nil, w.actor(20, Agent, nil))
		}, BadCredential},
		{"a bare key in the agent's place (P09)", func(w *world, d *draft) { d.commit.Adds = []Add{{Agent, w.keyPackage(w.bare(20))}} }, BadCredential},
		{"17 members", func(w *world, d *draft) {
			for n := range byte(15) {
				d.commit.Adds = append(d.commit.Adds, w.adds(nil, w.actor(100+n, Bot, nil))...)
			}
		}, TooLarge},
	}
	for _, row := range rows {
		w := newWorld(t)
		c := w.chain()
		err := checked(c, w.commit(c, w.bare(10), func(d *draft) {
			d.commit.Adds = w.adds(nil, w.actor(20, Agent, nil))
			if row.change != nil {
				row.change(w, d)
			}
		}))
		code(t, row.name, err, row.want)
	}
	w := newWorld(t)
	c := w.chain()
	agent := w.actor(20, Agent, nil)
	code(t, "by an agent", checked(c, w.commit(c, agent, func(d *draft) { d.commit.Adds = w.adds(nil, w.actor(22, Bot, nil)) })), BadCommit)
	w.manifest = w.newManifest(2, func(m *Manifest) { m.Archive = pub(keyOf(24)) })
	code(t, "without the archive", checked(c, w.commit(c, w.bare(10), func(d *draft) { d.commit.Adds = w.adds(nil, agent) })), BadCommit)
	code(t, "with the archive", checked(c, w.commit(c, w.bare(10), func(d *draft) { d.commit.Adds = w.adds(nil, agent, w.actor(24, Archive, nil)) })), 0)
	again := w.begun(w.bare(10), agent, w.actor(24, Archive, nil))
	code(t, "twice", checked(again, w.commit(c, w.bare(10), func(d *draft) { d.commit.Adds = w.adds(nil, agent) })), StaleHead)
}
