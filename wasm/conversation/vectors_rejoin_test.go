package conversation

import (
	"bytes"
	"encoding/binary"

	"github.com/sealwire/sealwire/wasm/wire"
)

// ask makes the member's join request and notes its leaf's secret down.
func (p *vectorMember) ask() []byte {
	p.m.t.Helper()
	entry, err := p.conv.JoinRequest(p.m.now)
	p.m.must(err)
	p.out.Leaves = append(p.out.Leaves, leafOf(p.end.packages[len(p.end.packages)-1].secret))
	return entry
}

// rolledBack is the member whose state of now meets its own next commit.
func (p *vectorMember) rolledBack() {
	p.m.t.Helper()
	end, conv := p.end.Marshal(), p.conv.Marshal()
	_, err := p.conv.Commit(p.m.now, Moves{})
	p.m.must(err)
	entry := p.conv.Pending()
	p.reload(end, conv)
	p.m.append(p.out.Name+"'s own commit, of which its state knows nothing", entry)
	p.in(Lost)
}

// in fails the making unless the member is in that state.
func (p *vectorMember) in(s State) {
	p.m.t.Helper()
	if got := p.conv.State(); got != s {
		p.m.t.Fatalf("%s is in state %d, want %d", p.out.Name, got, s)
	}
}

func playRejoin(m *vectorMaker) {
	customer, agent := m.start()
	stranger := m.helper("Bea", m.issuer)
	agent.say("before").expect(m, "")
	customer.say("also before").expect(m, "")
	agent.rolledBack()
	m.append("the customer says", customer.seal([]byte("can you read this?")))
	request := agent.ask()
	m.append("the agent asks", request).expect(m, "")
	m.append("the same bytes", request).expect(m, "")
	byStranger, err := requestOf(stranger, agent.conv, agent.end.ID())
	m.must(err)
	m.append("one who is not in asks for the agent's leaf", byStranger).expect(m, "bad commit")
	forged := bytes.Clone(request)
	forged[len(forged)-1] ^= 1
	m.append("a request that is not signed", forged).expect(m, "open failed")
	offer, err := agent.end.keyPackage(m.now/1000+3600, wire.UseOffer)
	m.must(err)
	leaf := agent.conv.chain.Member(agent.end.ID()).KeyPackage.Leaf.Hash()
	byOffer, err := (&wire.JoinRequest{Conversation: agent.conv.ID(), Leaf: leaf, Reason: wire.ReasonLost, KeyPackage: offer}).Sign(agent.end.identity)
	m.must(err)
	m.append("a request with a key package that is an offer", byOffer).expect(m, "bad commit")
	id := wire.EntryID(request)
	kp := agent.conv.Joins()[0].KeyPackage
	for _, w := range []struct {
		what, code string
		change     func(*wire.Commit)
	}{
		{"an answer that removes nobody", "bad commit", func(c *wire.Commit) {
			c.Answers, c.Adds = id[:], []wire.Add{{Role: wire.Agent, KeyPackage: kp}}
		}},
		{"an answer that adds nobody", "bad commit", func(c *wire.Commit) { c.Answers, c.Removes = id[:], []wire.ID{agent.end.ID()} }},
		{"an answer that names no request", "bad commit", func(c *wire.Commit) {
			c.Removes, c.Adds = []wire.ID{agent.end.ID()}, []wire.Add{{Role: wire.Agent, KeyPackage: kp}}
		}},
		{"an answer in another role", "bad credential", func(c *wire.Commit) {
			c.Answers, c.Removes, c.Adds = id[:], []wire.ID{agent.end.ID()}, []wire.Add{{Role: wire.Supervisor, KeyPackage: kp}}
		}},
	} {
		m.append(w.what, customer.forge(w.change, nil)).expect(m, w.code)
	}
	customer.commit("the customer answers", Moves{})
	agent.in(Active)
	m.append("the request again", request).expect(m, "not a member")
	agent.say("after").expect(m, "")
	customer.say("also after").expect(m, "")
	garbled(agent.conv, m.now, customer.end.ID())
	m.append("the agent commits, with garbage for the customer", agent.noted())
	customer.in(Lost)
	agent.in(Active)
	m.append("the agent says", agent.seal([]byte("nobody else can read this")))
	m.append("the customer asks", customer.ask()).expect(m, "")
	agent.commit("the agent answers", Moves{})
	customer.in(Active)
	customer.say("here again").expect(m, "")
	agent.rolledBack()
	customer.rolledBack()
	m.now += rejoinPause
	m.append("the agent asks", agent.ask()).expect(m, "")
	m.append("the customer asks", customer.ask()).expect(m, "") // and nobody is left who could answer
}

func playNewIdentity(m *vectorMaker) {
	m.manifest(1, nil)
	customer, agent := m.member("customer", wire.Customer), m.staff("Ana", wire.Agent)
	device := m.member("the customer's new device", wire.Customer)
	customer.begin(agent)
	customer.say("before")
	agent.say("also before")
	request := device.ask()
	m.append("the new device asks", request).expect(m, "")
	id := wire.EntryID(request)
	agent.commit("the agent commits, and answers nobody", Moves{})
	j := agent.conv.Joins()[0]
	m.append("the customer answers, who cannot remove itself", customer.forge(func(c *wire.Commit) {
		c.Answers, c.Adds = id[:], []wire.Add{{Role: wire.Customer, KeyPackage: j.KeyPackage}}
	}, nil)).expect(m, "bad commit")
	agent.commit("the agent answers, after a person said yes", Moves{Answers: id})
	device.in(Active)
	customer.in(NotMember)
	device.say("from the new device")
	agent.say("to the new device")
	again, err := requestOf(customer.end, agent.conv, device.end.ID())
	m.must(err)
	m.append("the old device asks in its turn", again).expect(m, "")
	named, err := newEnd(wire.Customer, device.end.roots, vectorKey().Seed())
	m.must(err)
	cr := &wire.Credential{Role: wire.Customer, Identity: named.Identity(), Alias: "Kim", NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 3600}
	raw, err := cr.Issue(m.issuer)
	m.must(err)
	named.credential = m.decoded(raw)
	other, err := requestOf(named, agent.conv, device.end.ID())
	m.must(err)
	m.append("a customer of another name asks, whose request stands in its place", other).expect(m, "")
	m.append("the agent answers that", agent.forge(func(c *wire.Commit) {
		id := wire.EntryID(other)
		c.Answers, c.Removes = id[:], []wire.ID{device.end.ID()}
		c.Adds = []wire.Add{{Role: wire.Customer, KeyPackage: agent.conv.Joins()[0].KeyPackage}}
	}, nil)).expect(m, "not a member")
}

func playDoubt(m *vectorMaker) {
	m.manifest(1, nil)
	customer, ana, bea := m.member("customer", wire.Customer), m.staff("Ana", wire.Agent), m.staff("Bea", wire.Agent)
	customer.begin(ana, bea)
	for _, p := range []*vectorMember{customer, ana, bea} {
		p.say("hello").expect(m, "")
	}
	changed := func(by *vectorMember, change func(e []byte)) []byte {
		entry := by.forgeMessage([]byte("x"), nil, nil)
		change(entry)
		return entry
	}
	for _, w := range []struct {
		what, code string
		doubt      bool
		change     func(e []byte)
	}{
		{"garbage, which tells nothing", "open failed", false, func(e []byte) { e[140] ^= 1 }},
		{"an index before the epoch", "open failed", true, func(e []byte) { binary.BigEndian.PutUint64(e[67:], ana.conv.base-1) }},
		{"an epoch gone, and an index before this one", "stale epoch", false, func(e []byte) {
			binary.BigEndian.PutUint64(e[18:], ana.conv.Epoch()-1)
			binary.BigEndian.PutUint64(e[67:], ana.conv.base-1)
		}},
		{"another log hash", "open failed", true, func(e []byte) { e[75] ^= 1 }},
		{"an index to come", "open failed", true, func(e []byte) { binary.BigEndian.PutUint64(e[67:], ana.conv.index+1) }},
		{"the last index there is", "open failed", true, func(e []byte) { binary.BigEndian.PutUint64(e[67:], 1<<64-1) }},
		{"an epoch to come", "stale epoch", true, func(e []byte) { binary.BigEndian.PutUint64(e[18:], ana.conv.Epoch()+1) }},
		{"an epoch gone, and another log hash", "stale epoch", true, func(e []byte) {
			binary.BigEndian.PutUint64(e[18:], ana.conv.Epoch()-1)
			e[75] ^= 1
		}},
		{"a stranger's name, and another log hash", "not a member", false, func(e []byte) { e[30] ^= 1; e[75] ^= 1 }},
		{"another conversation, and another log hash", "bad argument", false, func(e []byte) { e[5] ^= 1; e[75] ^= 1 }},
		{"as passing, and another log hash", "bad argument", false, func(e []byte) { e[66] = wire.Passing; e[75] ^= 1 }},
	} {
		m.append("in Ana's name: "+w.what, changed(ana, w.change)).expect(m, w.code)
		ana.in(Active)
		if !w.doubt {
			customer.in(Active)
			continue
		}
		customer.in(Doubtful)
		bea.in(Doubtful)
		ana.commit("Ana commits", Moves{})
		customer.in(Active)
		bea.in(Active)
	}
	on := ana.seal([]byte("on its way"))
	m.append("in Ana's name: another log hash", changed(ana, func(e []byte) { e[75] ^= 1 })).expect(m, "open failed")
	m.append("in Bea's name: another log hash", changed(bea, func(e []byte) { e[75] ^= 1 })).expect(m, "open failed")
	customer.commit("the customer commits", Moves{})
	customer.in(Doubtful)
	m.append("Ana's message that was on its way, but the customer's commit came first", on).expect(m, "stale epoch")
	customer.in(Doubtful)
	ana.commit("Ana commits", Moves{})
	customer.in(Doubtful)
	bea.in(Active)
	on = ana.forgeMessage([]byte("Bea reads it, who doubts nobody any more"), nil, nil)
	m.append("Ana says", on).expect(m, "")
	bea.commit("Bea commits", Moves{})
	customer.in(Active)
	ana.in(Active)
	customer.say("goes on").expect(m, "")
	on = customer.forgeMessage([]byte("on its way"), nil, nil)
	m.append("in the customer's name: another log hash", changed(customer, func(e []byte) { e[75] ^= 1 })).expect(m, "open failed")
	m.append("the customer's message that was on its way", on).expect(m, "")
	ana.in(Doubtful)
	m.append("one that the customer made since, out of turn", customer.forgeMessage([]byte("I have read it"), func(h *wire.Message) { h.Counter += 7 }, nil)).expect(m, "")
	ana.in(Active)
	bea.in(Active)
	m.append("in the customer's name: another log hash", changed(customer, func(e []byte) { e[75] ^= 1 })).expect(m, "open failed")
	bea.rolledBack()
	m.append("Bea asks", bea.ask()).expect(m, "")
	ana.in(Doubtful)
	ana.commit("Ana answers, though she doubts the customer", Moves{})
	bea.in(Active)
	m.append("a message that saw another log", customer.forgeMessage([]byte("x"), func(h *wire.Message) { h.SeenHash[7] ^= 1 }, nil)).expect(m, "forked log")
}
