package conversation

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Whoever was removed keeps all he had, of every epoch, and opens nothing that
// came after; whoever was added opens nothing from before.
func TestRemovedMemberOpensNothingLaterAndNewcomerNothingEarlier(t *testing.T) {
	p := newPair(t)
	first := p.add(p.agent, p.company.agent("Bo"), wire.Agent)
	p.settle()
	var early, late [][]byte
	for range 3 {
		early = append(early, p.send(p.customer, "early"))
		p.read(p.agent)
		p.commit(p.agent)
		p.read(p.customer)
		p.read(first)
	}
	stolen, published := [][]byte{first.Marshal()}, *first.end.packages[0].secret
	p.remove(p.agent, first.end.ID())
	p.read(first)
	if first.State() != NotMember || first.secrets != (secrets{}) || first.leaf != nil {
		t.Errorf("state %d of who was removed", first.State())
	}
	stolen = append(stolen, first.Marshal())
	second := p.add(p.agent, p.company.agent("Cy"), wire.Agent)
	p.read(p.customer)
	for range 3 {
		late = append(late, p.send(p.customer, "late"))
		p.read(p.agent)
		p.commit(p.agent)
		p.read(p.customer)
	}
	opened := 0
	for _, state := range stolen {
		old, err := first.end.LoadConversation(state)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range late {
			m := message(t, entry)
			for _, s := range []secrets{old.secrets, first.secrets} {
				if _, err := open(m, &s, p.customer.chain.Head(), p.customer.end.Identity()); err == nil {
					opened++
				}
			}
		}
		for _, entry := range p.log.entries { // the whole log, with the old keys
			if e, _ := wire.DecodeEntry(entry); e.Kind == wire.KindCommit && e.Commit.Epoch > old.Epoch() {
				for i, s := range e.Commit.Seals {
					for _, leaf := range []*leafSecret{old.leaf, &published} {
						if leaf == nil {
							continue
						}
						for kind := byte(1); kind <= 2; kind++ {
							if _, err := openSeal(s, leaf, leaf.public(), first.end.ID(), kind, wire.Sum("commit body", e.Commit.Body()), e.Commit.Ephemeral); err == nil {
								t.Errorf("seal %d of epoch %d opens", i, e.Commit.Epoch)
							}
						}
					}
				}
			}
		}
	}
	if opened != 0 {
		t.Errorf("%d later messages open", opened)
	}
	newcomer := second.end.Join(p.customer.ID())
	for _, ev := range p.read(newcomer) {
		if ev.Type == Opened && string(ev.Content) == "early" {
			t.Error("the newcomer reads what was before")
		}
		if ev.Type == Ignored && ev.Code != wire.BeforeJoin {
			t.Errorf("entry %d: %v", ev.Index, ev.Code)
		}
	}
	for _, entry := range early {
		if _, err := open(message(t, entry), &second.secrets, p.customer.chain.Head(), p.customer.end.Identity()); err == nil {
			t.Error("an early message opens")
		}
	}
}

// After a commit is read the state holds nothing of the epoch before, where the
// policy lets nobody grant it.
func TestForwardSecrecyOldSecretsAreGone(t *testing.T) {
	p := newPairUnder(t, func(m *wire.Manifest) { m.Policy.Grants = 0 })
	p.settle()
	for round := range 4 {
		gone := map[string][]byte{}
		for name, c := range map[string]*Conversation{"customer": p.customer, "agent": p.agent} {
			gone[name+"'s init"], gone[name+"'s epoch secret"] = bytes.Clone(c.secrets.init[:]), bytes.Clone(c.secrets.epoch[:])
		}
		by := p.customer
		if round%2 == 1 {
			by = p.agent
		}
		gone["committer's X25519 key"], gone["committer's ML-KEM seed"] = bytes.Clone(by.leaf.x25519[:]), bytes.Clone(by.leaf.mlkem[:])
		p.must(by.Commit(p.now, Moves{}))
		gone["commit secret"] = bytes.Clone(by.pending.secret[:])
		for name, secret := range gone {
			if !bytes.Contains(by.Marshal(), secret) && !bytes.Contains(p.customer.Marshal(), secret) {
				t.Fatalf("%s was never there", name)
			}
		}
		p.log.mustAppend(by.Pending())
		p.read(p.customer)
		p.read(p.agent)
		for name, secret := range gone {
			for who, c := range map[string]*Conversation{"customer": p.customer, "agent": p.agent} {
				if bytes.Contains(c.Marshal(), secret) {
					t.Errorf("the %s's state still holds the %s", who, name)
				}
			}
		}
	}
}

func TestLoserOfARaceDropsItsSecrets(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.must(p.agent.Commit(p.now, Moves{}))
	secret, leaf := bytes.Clone(p.agent.pending.secret[:]), bytes.Clone(p.agent.pending.leaf.mlkem[:])
	p.commit(p.customer)
	p.read(p.agent)
	if state := p.agent.Marshal(); bytes.Contains(state, secret) || bytes.Contains(state, leaf) {
		t.Error("the lost commit's secrets are still there")
	}
}

func TestWipeErases(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.must(p.customer.Commit(p.now, Moves{}))
	leaf, pending, seed := p.customer.leaf, p.customer.pending, p.customer.end.identity
	p.customer.Wipe()
	if p.customer.secrets != (secrets{}) || *leaf != (leafSecret{}) || pending.secret != [32]byte{} || *pending.leaf != (leafSecret{}) {
		t.Error("a conversation keeps secrets")
	}
	p.dueFails("wiped", p.customer, wire.EpochGone)
	past := p.agent.past
	if p.agent.Wipe(); len(past) == 0 || !slices.Equal(past, make([]pastEpoch, len(past))) || len(p.agent.past) != 0 {
		t.Error("an agent keeps the past")
	}
	p.customer.end.Wipe()
	if !bytes.Equal(seed, make([]byte, 64)) {
		t.Error("the end keeps its identity")
	}
	p.must(p.agent.end.KeyPackage(p.now/1000+3600, false))
	kept := p.agent.end.packages[0].secret
	p.agent.end.Wipe()
	if *kept != (leafSecret{}) {
		t.Error("the end keeps a key package's secret")
	}
}

func TestKeyPackageSecretsGoADayAfterTheyExpire(t *testing.T) {
	e := newCompany(t, 1).agent("Ana")
	for _, expires := range []uint64{day0 / 1000, day0/1000 + 1, 1<<64 - 1} {
		if _, err := e.KeyPackage(expires, false); err != nil {
			t.Fatal(err)
		}
	}
	secret := e.packages[0].secret
	for _, row := range []struct {
		now  uint64
		want int
	}{{0, 0}, {day0 / 1000, 0}, {day0/1000 + 24*3600 - 1, 0}, {day0/1000 + 24*3600, 1}, {day0/1000 + 24*3600, 0}, {day0/1000 + 24*3600 + 1, 1}, {1<<64 - 2, 0}} {
		if n := e.Expire(row.now); n != row.want {
			t.Errorf("at %d: dropped %d, want %d", row.now, n, row.want)
		}
	}
	if len(e.packages) != 1 || *secret != (leafSecret{}) {
		t.Error("a secret is still there")
	}
}

func TestKeyPackagesAreBounded(t *testing.T) {
	e := newCompany(t, 1).agent("Ana")
	e.packages = make([]packageSecret, maxKeyPackages-1)
	_, err := e.KeyPackage(day0/1000+1, true)
	want(t, "the last", err, 0)
	_, err = e.KeyPackage(day0/1000+1, true)
	want(t, "one too many", err, wire.TooLarge)
}

// C26: no way of printing shows a secret.
func TestC26_PrintingShowsNoSecret(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.must(p.agent.Commit(p.now, Moves{}))
	p.must(p.agent.end.KeyPackage(p.now/1000+3600, false))
	end, c := p.agent.end, p.agent
	secrets := map[string][]byte{"identity": end.identity.Seed(), "epoch": c.secrets.epoch[:], "init": c.secrets.init[:], "leaf": c.leaf.x25519[:], "ML-KEM": c.leaf.mlkem[:],
		"pending": c.pending.secret[:], "pending leaf": c.pending.leaf.x25519[:], "package": end.packages[0].secret.mlkem[:]}
	ev := *p.last2(t)
	var texts []string
	for _, v := range []any{end, *end, c, *c, &ev, ev, struct{ E *End }{end}, struct{ C Conversation }{*c}, []*Conversation{c}, map[string]any{"end": *end}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		if js, err := json.Marshal(v); err == nil {
			texts = append(texts, string(js))
		}
	}
	texts = append(texts, end.String(), end.GoString(), c.String(), c.GoString())
	_, err := c.Seal(p.now, wire.Stored, nil)
	texts = append(texts, fmt.Sprintf("%+v %#v", err, err))
	all := strings.ToLower(strings.Join(texts, "\n"))
	for name, s := range secrets {
		s = s[:8]
		decimal := strings.Trim(fmt.Sprint(s), "[]")
		forms := []string{string(s), hex.EncodeToString(s), decimal, strings.ReplaceAll(decimal, " ", ", "), strings.ToLower(base64.StdEncoding.EncodeToString(s[:6])),
			strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", s), "[]byte{"), "}")}
		for _, form := range forms {
			if strings.Contains(all, strings.ToLower(form)) {
				t.Errorf("the %s secret is printed as %q", name, form)
			}
		}
	}
}

// last2 is any event.
func (p *pair) last2(t *testing.T) *Event {
	t.Helper()
	ev, err := p.customer.end.Join(p.customer.ID()).Receive(p.log.entries[0], p.now)
	if err != nil {
		t.Fatal(err)
	}
	return ev
}
