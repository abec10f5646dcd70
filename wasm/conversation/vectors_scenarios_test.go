package conversation

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"github.com/sealwire/sealwire/wasm/wire"
)

type vectorScenario struct {
	name, comment string
	play          func(*vectorMaker)
}

var vectorScenarios = []vectorScenario{
	{"talk", "A customer and an agent talk in both directions; each commits before its first word.", playTalk},
	{"rotation", "Commits after three messages, after a quarter of an hour, and under a newer manifest.", playRotation},
	{"reload", "An own commit read back after a reload; then one whose secret the end no longer holds: it is lost.", playReload},
	{"fork", "A message whose sender saw another log: the readers are forked, and so they remain.", playFork},
	{"fork-commit", "A commit whose maker saw another log: it is applied, and the readers are forked.", playForkCommit},
	{"fork-head", "A commit by a member on a head that its reader never had: it is ignored, and the readers are forked.", playForkHead},
	{"stale", "A message that a commit overtook, sealed again with its instance and counter; then the old one once more.", playStale},
	{"members", "A second agent joins, reads nothing from before, leaves, is removed; passing messages; the customer closes.", playMembers},
	{"alone", "The last who could remove a leaver does not leave.", playAlone},
	{"sizes", "The boundary sizes of content and padding.", playSizes},
	{"refused-commits", "Commits with one thing wrong each, and the code of each.", playRefusedCommits},
	{"refused-messages", "Messages with one thing wrong each, and the code of each; entries that do not decode.", playRefusedMessages},
	{"foreign-credential", "An agent whose credential another company issued: the genesis that adds it, and a commit that does.", playForeignCredential},
	{"tampered-manifest", "A manifest with a changed byte is refused, and a commit that names it waits for ever; one by a stranger does not.", playTamperedManifest},
	{"unopened", "A commit whose seal does not open: its readers are lost, and come to nothing after it.", playUnopened},
	{"rejoin", "An agent whose state was rolled back is lost, asks, is answered; then a commit seals garbage to the customer, who asks too; then both are lost.", playRejoin},
	{"new-identity", "A customer's new identity asks; only a commit of an agent that names its request lets it in.", playNewIdentity},
	{"doubt", "Messages in a member's name that do not open and tell of another log: doubt, what ends it, and what does not.", playDoubt},
	{"fork-refused", "Commits that do not count, whose makers signed that they saw another log: the readers are forked.", playForkRefused},
	{"claim", "A customer waits with the queue's inbox; an agent claims, is granted what was said, and reads it again; the inbox leaves.", playClaim},
	{"transfer", "From agent to agent, with what was said since the claim, and then with nothing.", playTransfer},
	{"park", "Parked with the queue and resumed by another: what was said goes along, and afterwards only what came since.", playPark},
	{"supervision", "One supervisor reads what comes, another is granted the past too and takes over.", playSupervision},
	{"close", "A conversation that continues another is closed by the agent; the inbox keeps nothing.", playClose},
	{"false-grant", "Of four epochs granted two are swapped and one has a wrong bit: they open nothing, and are granted no further.", playFalseGrant},
	{"reread-fork", "The second time an agent is shown two entries in another order, which whoever added it had not read: the log is forked.", playRereadFork},
	{"gaps", "Messages that are missing before the first one of an instance: shown to whom held epoch 0, or was granted it, and to nobody else.", playGaps},
}

// start is a customer and an agent, the genesis read.
func (m *vectorMaker) start() (customer, agent *vectorMember) {
	m.manifest(1, nil)
	customer, agent = m.member("customer", wire.Customer), m.staff("Ana", wire.Agent)
	customer.begin(agent)
	return customer, agent
}

func playTalk(m *vectorMaker) {
	customer, agent := m.start()
	customer.say("Guten Tag, können Sie mir helfen?").expect(m, "")
	agent.say("Gern! Worum geht es? 😀").expect(m, "")
	agent.say("你好").expect(m, "")
	customer.say(`{"type":"text","text":"line\nbreak"}`).expect(m, "")
	customer.say("").expect(m, "")
}

func playRotation(m *vectorMaker) {
	m.manifest(1, func(mf *wire.Manifest) { mf.Policy.RotateMessages = 3 })
	customer, agent := m.member("customer", wire.Customer), m.staff("Ana", wire.Agent)
	customer.begin(agent)
	for i := range 5 {
		customer.say(fmt.Sprint("c", i)).expect(m, "")
		agent.say(fmt.Sprint("a", i)).expect(m, "")
	}
	m.now += 15 * 60_000
	customer.say("a quarter of an hour later").expect(m, "")
	m.manifest(2, nil)
	agent.say("under the second manifest").expect(m, "")
	old := customer.end.manifest(wire.Hash(m.v.Manifests[0].Hash))
	m.append("a commit under the first manifest again", customer.forge(func(c *wire.Commit) { c.ManifestHash = old.Hash() }, nil)).expect(m, "rolled back")
}

func playReload(m *vectorMaker) {
	customer, agent := m.start()
	agent.say("before").expect(m, "")
	_, err := agent.conv.Commit(m.now, Moves{})
	m.must(err)
	end, conv := agent.end.Marshal(), agent.conv.Marshal()
	entry := agent.noted()
	agent.reload(end, conv)
	m.append("the agent's commit from before the reload", entry).expect(m, "")
	agent.say("after the reload, as another instance").expect(m, "")
	customer.say("and the customer").expect(m, "")
	// The state of before the next commit comes back: a restored profile.
	end, conv = agent.end.Marshal(), agent.conv.Marshal()
	_, err = agent.conv.Commit(m.now, Moves{})
	m.must(err)
	entry = agent.conv.Pending()
	agent.reload(end, conv)
	m.append("an own commit of which this state knows nothing", entry)
	m.append("the customer says", customer.seal([]byte("can you read this?")))
	if agent.conv.State() != Lost || customer.conv.State() != Active {
		m.t.Fatal("the agent is not lost")
	}
}

func playFork(m *vectorMaker) {
	customer, agent := m.start()
	agent.say("before").expect(m, "")
	customer.say("also").expect(m, "")
	m.append("a message that saw another log", customer.forgeMessage([]byte("x"), func(h *wire.Message) { h.SeenHash[7] ^= 1 }, nil)).expect(m, "forked log")
	m.append("a message after it, which saw the same log", customer.forgeMessage([]byte("y"), nil, nil)).expect(m, "")
	if agent.conv.State() != Forked || customer.conv.State() != Forked {
		m.t.Fatal("not forked")
	}
}

func playForkCommit(m *vectorMaker) {
	customer, _ := m.start()
	m.append("a commit that saw another log", customer.forge(func(c *wire.Commit) { c.SeenHash[0] ^= 1 }, nil)).expect(m, "forked log")
}

func playForkHead(m *vectorMaker) {
	customer, agent := m.start()
	agent.say("before").expect(m, "")
	m.append("a commit on another parent whose maker saw this log", customer.forge(func(c *wire.Commit) { c.Parent[0] ^= 1 }, nil)).expect(m, "stale head")
	m.append("a commit on a head that nobody here had", customer.forge(func(c *wire.Commit) { c.Parent[0] ^= 1; c.SeenHash[0] ^= 1 }, nil)).expect(m, "forked log")
}

func playForkRefused(m *vectorMaker) {
	customer, agent := m.start()
	agent.say("before").expect(m, "")
	id := wire.ID{7}
	answer := func(change func(*wire.Commit)) []byte {
		return customer.forge(func(c *wire.Commit) { c.Answers = id[:]; change(c) }, nil)
	}
	m.append("an answer to a request that nobody made, by one who saw this log", answer(func(*wire.Commit) {})).expect(m, "bad commit")
	m.append("a commit of another conversation", answer(func(c *wire.Commit) { c.Conversation[0] ^= 1; c.SeenHash[0] ^= 1 })).expect(m, "bad argument")
	unsigned := answer(func(c *wire.Commit) { c.SeenHash[0] ^= 1 })
	unsigned[len(unsigned)-1] ^= 1
	m.append("one that is not signed", unsigned).expect(m, "bad commit")
	m.append("on another head, read before this one's", answer(func(c *wire.Commit) {
		c.Parent[0] ^= 1
		c.SeenIndex, c.SeenHash = customer.conv.base-1, wire.Hash{}
	})).expect(m, "stale head")
	customer.in(Active)
	agent.in(Active)
	m.append("an answer to a request that was kept from these", answer(func(c *wire.Commit) { c.SeenIndex++ })).expect(m, "forked log")
	customer.in(Forked)
	agent.in(Forked)
	m.append("on this head, but read before it", answer(func(c *wire.Commit) { c.SeenIndex = customer.conv.base - 1 })).expect(m, "forked log")
	m.append("an epoch skipped, and another log", customer.forge(func(c *wire.Commit) { c.Epoch++; c.SeenHash[0] ^= 1 }, nil)).expect(m, "forked log")
}

func playStale(m *vectorMaker) {
	customer, agent := m.start()
	customer.say("first").expect(m, "")
	text := []byte("overtaken")
	old := customer.seal(text)
	agent.commit("the agent commits", Moves{})
	m.append("a message of the epoch before", old).expect(m, "stale epoch")
	again, err := customer.conv.Reseal(m.now, old, text)
	m.must(err)
	m.append("sealed again", again).expect(m, "")
	m.append("and once more, in other bytes", customer.forgeMessage(text, func(h *wire.Message) { h.Counter = customer.conv.counter }, nil)).expect(m, "replayed")
	m.append("the same bytes as the one that counted", again).expect(m, "replayed")
	m.append("a counter that skips", customer.forgeMessage([]byte("two are missing"), func(h *wire.Message) { h.Counter += 2 }, nil)).expect(m, "")
}

func playMembers(m *vectorMaker) {
	m.manifest(1, nil)
	customer, agent, second := m.member("customer", wire.Customer), m.staff("Ana", wire.Agent), m.staff("Bea", wire.Supervisor)
	customer.begin(agent)
	customer.say("before Bea")
	// She takes the role of an agent: a supervisor's credential covers it.
	kp := second.keyPackage()
	agent.commit("Ana adds Bea as agent", Moves{Adds: []Newcomer{{wire.Agent, kp}}})
	customer.say("to both").expect(m, "")
	second.say("from Bea").expect(m, "")
	typing, err := second.conv.Seal(m.now, wire.Passing, []byte("typing"))
	m.must(err)
	entry := &vectorEntry{Comment: "Bea is typing", Entry: typing, Passing: true}
	m.deliver(entry).expect(m, "")
	m.deliver(&vectorEntry{Comment: "the same once more", Entry: typing, Passing: true}).expect(m, "replayed")
	m.append("a passing message in the log", typing).expect(m, "bad argument")
	second.commit("Bea leaves", Moves{Marks: wire.MarkLeave})
	m.append("a message while she is leaving", customer.forgeMessage([]byte("too early"), nil, nil)).expect(m, "stale epoch")
	m.append("a commit that does not remove her", agent.forge(nil, nil)).expect(m, "bad commit")
	customer.commit("the customer removes her", Moves{})
	agent.say("without Bea")
	customer.commit("the customer closes", Moves{Marks: wire.MarkClose})
	m.append("a commit after the end", agent.forge(nil, nil)).expect(m, "stale head")
}

func playAlone(m *vectorMaker) {
	customer, agent := m.start()
	agent.commit("the agent leaves", Moves{Marks: wire.MarkLeave})
	remove := func(marks uint8) []byte {
		return customer.forge(func(c *wire.Commit) { c.Marks, c.Removes = marks, []wire.ID{agent.end.ID()} }, nil)
	}
	m.append("the customer removes it, and leaves", remove(wire.MarkLeave)).expect(m, "bad commit")
	customer.commit("the customer removes it", Moves{})
	m.append("the customer leaves, who is alone", customer.forge(func(c *wire.Commit) { c.Marks = wire.MarkLeave }, nil)).expect(m, "bad commit")
	customer.commit("the customer closes", Moves{Marks: wire.MarkClose})
}

func playSizes(m *vectorMaker) {
	customer, agent := m.start()
	for i, size := range []int{0, 1, 188, 189, 204, 205, 1024 - 68, 1025 - 68} {
		content := make([]byte, size)
		rand.Read(content)
		from := []*vectorMember{customer, agent}[i%2]
		m.append(fmt.Sprintf("%d bytes", size), from.seal(content)).expect(m, "")
	}
	most := bytes.Repeat([]byte{0xa5}, wire.MaxContent)
	m.append("the most content", agent.seal(most)).expect(m, "")
	m.append("a byte over it", agent.forgeMessage(append(most, 0xa5), nil, nil)).expect(m, "open failed")
}

func playForeignCredential(m *vectorMaker) {
	m.manifest(1, nil)
	customer, agent := m.member("customer", wire.Customer), m.staff("Ana", wire.Agent)
	foreign := m.member("Mallory", wire.Agent)
	raw := m.credential(foreign.end, wire.Agent, "Mallory", vectorKey())
	cr, err := wire.DecodeCredential(raw)
	m.must(err)
	foreign.end.credential = cr
	kp, err := wire.DecodeKeyPackage(foreign.keyPackage())
	m.must(err)
	var id wire.ID
	rand.Read(id[:])
	m.v.Conversation = id[:]
	for _, p := range m.members {
		p.conv = p.end.Join(id)
	}
	genesis := func(add *wire.KeyPackage) []byte {
		return customer.forge(func(c *wire.Commit) {
			c.Epoch, c.Queue, c.Adds = 0, "default", []wire.Add{{Role: wire.Agent, KeyPackage: add}}
		}, nil)
	}
	m.append("a genesis for an agent of another company", genesis(kp)).expect(m, "bad credential")
	good, err := wire.DecodeKeyPackage(agent.keyPackage())
	m.must(err)
	// The seen of a genesis is the beginning, whatever stands before it.
	entry := customer.forge(func(c *wire.Commit) {
		c.Epoch, c.Queue, c.Adds = 0, "default", []wire.Add{{Role: wire.Agent, KeyPackage: good}}
		c.SeenIndex, c.SeenHash = 0, wire.LogHash0(id)
	}, nil)
	m.append("one for an agent of this company, by a customer who keeps no secret", entry).expect(m, "")
	m.append("a commit that adds the foreign one", agent.forge(func(c *wire.Commit) {
		c.Adds = []wire.Add{{Role: wire.Agent, KeyPackage: kp}}
	}, nil)).expect(m, "bad credential")
	m.append("a commit by the foreign one", agent.forgeAs(foreign.end, nil, nil)).expect(m, "bad credential")
}

func playTamperedManifest(m *vectorMaker) {
	good := m.manifest(1, nil)
	bad := bytes.Clone(good.Bytes())
	bad[8] = 9 // of sequence 9, if one believes it
	m.v.Manifests = append(m.v.Manifests, vectorManifest{Manifest: bad, Code: wire.BadCredential.Error()})
	customer, agent := m.member("customer", wire.Customer), m.staff("Ana", wire.Agent)
	stranger := m.staff("Bea", wire.Agent)
	customer.begin(agent)
	hash := wire.Sum("manifest", bad)
	m.append("a member's commit that names it", agent.forge(func(c *wire.Commit) { c.ManifestHash = hash }, nil)).expect(m, "unavailable")
	m.append("a stranger's", agent.forgeAs(stranger.end, func(c *wire.Commit) { c.ManifestHash = hash }, nil)).expect(m, "not a member")
	agent.say("it went on")
}

func playUnopened(m *vectorMaker) {
	customer, agent := m.start()
	agent.say("before").expect(m, "")
	m.append("a commit whose box is spoiled", agent.forge(nil, func(c *wire.Commit) { c.Seals[0].Box[3] ^= 1 })).expect(m, "")
	for _, p := range []*vectorMember{customer, agent} {
		if p.conv.State() != Lost {
			m.t.Fatal("not lost")
		}
	}
}
