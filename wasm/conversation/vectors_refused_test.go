package conversation

import (
	"crypto/ed25519"

	"github.com/sealwire/sealwire/wasm/wire"
)

// playRefusedCommits makes commits with one thing wrong each: the rules of SPEC
// section 5.4 that a conversation of a customer and an agent can break.
func playRefusedCommits(m *vectorMaker) {
	customer, agent := m.start()
	agent.commit("the agent commits", Moves{})
	current := agent.conv.chain.Member(agent.end.ID()).KeyPackage
	place := m.newcomerFor(wire.Agent, "Bea", wire.UsePlace)
	other := m.helper("Bea", m.issuer)
	stranger := *agent.end
	stranger.identity = vectorKey()
	stranger.credential = m.decoded(m.credential(&stranger, wire.Agent, "Bea", m.issuer))
	kp := func(role wire.Role, alias string) wire.Add {
		return wire.Add{Role: role, KeyPackage: m.newcomer(role, alias)}
	}
	id := agent.end.ID()

	for _, w := range []struct {
		what, code     string
		by             *vectorMember
		change, sealed func(*wire.Commit)
	}{
		{"another conversation", "bad argument", agent, func(c *wire.Commit) { c.Conversation[0] ^= 1 }, nil},
		{"a parent that is not the head", "stale head", agent, func(c *wire.Commit) { c.Parent[0] ^= 1 }, nil},
		{"an epoch skipped", "bad commit", agent, func(c *wire.Commit) { c.Epoch++ }, nil},
		{"a queue after genesis", "bad commit", agent, func(c *wire.Commit) { c.Queue = "default" }, nil},
		{"a previous conversation after genesis", "bad commit", agent, func(c *wire.Commit) { c.Previous = id[:] }, nil},
		{"an agent's role on a customer's key", "bad credential", customer, func(c *wire.Commit) { c.Role = wire.Agent }, nil},
		{"a supervisor's role on an agent's credential", "bad credential", agent, func(c *wire.Commit) { c.Role = wire.Supervisor }, nil},
		{"a newcomer on a bare key", "bad credential", agent, func(c *wire.Commit) {
			c.Adds = []wire.Add{{Role: wire.Agent, KeyPackage: m.newcomer(wire.Customer, "")}}
		}, nil},
		{"an offer for its own place", "bad commit", agent, func(c *wire.Commit) {
			kp := *c.KeyPackage
			kp.Use = wire.UseOffer
			_, err := kp.Sign(agent.end.identity)
			m.must(err)
			c.KeyPackage = &kp
		}, nil},
		{"one added by a key package for another's place", "bad commit", agent, func(c *wire.Commit) { c.Adds = []wire.Add{{Role: wire.Agent, KeyPackage: place}} }, nil},
		{"its old leaf", "bad commit", agent, func(c *wire.Commit) { c.KeyPackage = current }, nil},
		{"close and leave", "bad commit", agent, func(c *wire.Commit) { c.Marks = wire.MarkClose | wire.MarkLeave }, nil},
		{"close and an add", "bad commit", agent, func(c *wire.Commit) { c.Marks, c.Adds = wire.MarkClose, []wire.Add{kp(wire.Agent, "Bea")} }, nil},
		{"one added twice", "bad commit", agent, func(c *wire.Commit) { a := kp(wire.Agent, "Bea"); c.Adds = []wire.Add{a, a} }, nil},
		{"an agent added by the customer", "not a member", customer, func(c *wire.Commit) { c.Adds = []wire.Add{kp(wire.Agent, "Bea")} }, nil},
		{"a guest added by the agent", "not a member", agent, func(c *wire.Commit) { c.Adds = []wire.Add{kp(wire.Guest, "Gil")} }, nil},
		{"one removed who is not in", "bad commit", agent, func(c *wire.Commit) { c.Removes = []wire.ID{{1}} }, nil},
		{"its own maker removed", "bad commit", agent, func(c *wire.Commit) { c.Removes = []wire.ID{id} }, nil},
		{"the customer removed by the agent", "not a member", agent, func(c *wire.Commit) { c.Removes = []wire.ID{customer.end.ID()} }, nil},
		{"a grant to no newcomer", "bad commit", agent, func(c *wire.Commit) { c.Grants = []wire.Grant{{Grantee: id}} }, nil},
		{"an answer to no request", "bad commit", agent, func(c *wire.Commit) { c.Answers = id[:] }, nil},
		{"a seal too few", "bad commit", agent, nil, func(c *wire.Commit) { c.Seals = nil }},
		{"a seal too many", "bad commit", agent, nil, func(c *wire.Commit) { c.Seals = append(c.Seals, c.Seals[0]) }},
		{"a box of another length", "bad commit", agent, nil, func(c *wire.Commit) { c.Seals[0].Box = append(c.Seals[0].Box, 0) }},
		{"no tag", "bad commit", agent, nil, func(c *wire.Commit) { c.Tag = nil }},
		{"a mark that is unknown", "bad argument", agent, func(c *wire.Commit) { c.Marks = 4 }, nil},
		{"an ephemeral key of low order", "bad key", agent, nil, func(c *wire.Commit) { c.Ephemeral = make([]byte, 32) }},
	} {
		m.append(w.what, w.by.forge(w.change, w.sealed)).expect(m, w.code)
	}
	m.append("by one who is not in", agent.forgeAs(&stranger, nil, nil)).expect(m, "not a member")
	m.append("by one who is not in, whom another company sent", agent.forgeAs(other, nil, nil)).expect(m, "not a member")
	entry := agent.forge(nil, nil)
	entry[len(entry)-1] ^= 1
	m.append("a changed signature", entry).expect(m, "open failed")
	agent.say("none of it counted").expect(m, "")
}

// playRefusedMessages does the same for messages (section 6.3), and for what
// does not decode.
func playRefusedMessages(m *vectorMaker) {
	customer, agent := m.start()
	agent.say("before").expect(m, "")
	customer.say("also").expect(m, "")
	for _, w := range []struct {
		what, code string
		header     func(*wire.Message)
		plain      func([]byte)
	}{
		{"another conversation", "bad argument", func(h *wire.Message) { h.Conversation[0] ^= 1 }, nil},
		{"an epoch to come", "stale epoch", func(h *wire.Message) { h.Epoch++ }, nil},
		{"an epoch gone", "stale epoch", func(h *wire.Message) { h.Epoch-- }, nil},
		{"a sender who is not in", "not a member", func(h *wire.Message) { h.Sender[0] ^= 1 }, nil},
		{"another member's name", "open failed", func(h *wire.Message) { h.Sender = agent.end.ID() }, nil},
		{"a byte of content changed", "open failed", nil, func(p []byte) { p[4] ^= 1 }},
		{"a byte of the signature changed", "open failed", nil, func(p []byte) { p[4+1] ^= 1 }},
		{"a byte of padding set", "open failed", nil, func(p []byte) { p[len(p)-1] = 1 }},
		{"a length that its size does not fit", "open failed", nil, func(p []byte) { p[2] = 1 }},
		{"a counter that was read", "replayed", func(h *wire.Message) { h.Counter = 1 }, nil},
		{"a passing message in the log", "bad argument", func(h *wire.Message) { h.Retention = wire.Passing }, nil},
		{"a counter of 0", "bad argument", func(h *wire.Message) { h.Counter = 0 }, nil},
		{"a retention of 3", "bad argument", func(h *wire.Message) { h.Retention = 3 }, nil},
	} {
		m.append(w.what, customer.forgeMessage([]byte("x"), w.header, w.plain)).expect(m, w.code)
	}
	good := customer.forgeMessage([]byte("x"), nil, nil)
	m.append("a byte of the box changed", append(append([]byte{}, good[:len(good)-1]...), good[len(good)-1]^1)).expect(m, "open failed")
	m.append("no entry at all", []byte{}).expect(m, "bad argument")
	m.append("version 2", append([]byte{2}, good[1:]...)).expect(m, "unsupported version")
	m.append("kind 4", append([]byte{1, 4}, good[2:]...)).expect(m, "unsupported version")
	m.append("a byte more", append(append([]byte{}, good...), 0)).expect(m, "bad argument")
	m.append("a byte less", good[:len(good)-1]).expect(m, "bad argument")
	customer.say("none of it counted").expect(m, "")
}

// helper is an end outside the conversation, credentialed by the issuer.
func (m *vectorMaker) helper(alias string, issuer ed25519.PrivateKey) *End {
	m.t.Helper()
	e, err := newEnd(wire.Agent, []wire.Hash{wire.Hash(m.v.Root)}, vectorKey().Seed())
	m.must(err)
	for _, mf := range m.v.Manifests {
		m.must(e.AddManifest(mf.Manifest, m.now/1000, false))
	}
	e.credential = m.decoded(m.credential(e, wire.Agent, alias, issuer))
	return e
}

// newcomer is a key package of somebody new.
func (m *vectorMaker) newcomer(role wire.Role, alias string) *wire.KeyPackage {
	m.t.Helper()
	return m.newcomerFor(role, alias, wire.UseOffer)
}

func (m *vectorMaker) newcomerFor(role wire.Role, alias string, use uint8) *wire.KeyPackage {
	m.t.Helper()
	_, leaf := newLeaf()
	kp := &wire.KeyPackage{Leaf: leaf, Expires: m.now/1000 + 3600, Use: use}
	key := vectorKey()
	if role != wire.Customer {
		c := &wire.Credential{Role: role, Identity: key.Public().(ed25519.PublicKey), Alias: alias, NotBefore: day0/1000 - 60, NotAfter: day0/1000 + 3600}
		if role != wire.Guest {
			c.Queues = []string{"default"}
		}
		_, err := c.Issue(m.issuer)
		m.must(err)
		kp.Credential = c
	}
	_, err := kp.Sign(key)
	m.must(err)
	return kp
}

func (m *vectorMaker) decoded(raw []byte) *wire.Credential {
	m.t.Helper()
	c, err := wire.DecodeCredential(raw)
	m.must(err)
	return c
}
