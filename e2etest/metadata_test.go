package e2etest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// metadata are the rows of SPEC's table of what the relay learns: each is held
// against both of its columns, so that the table cannot grow stale.
var metadata = []struct {
	of    string
	holds func(*testing.T, *scene)
}{
	{"messages", messagesShowSizesOnly},
	{"members", membersShowTheirKeysAndAliases},
	{"conversations", conversationsHaveRandomIDs},
	{"keys", keysShowTheirPublicHalves},
	{"files", filesShowHowMuch},
	{"connections", connectionsAreNotWrittenDown},
	{"tokens", tokensAreNotKept},
	{"reading", readingTellsNothing},
	{"typing", typingTellsNothing},
	{"database", databaseHoldsCiphertext},
	{"log", logNamesNobody},
}

func TestMetadataTableIsTheTestedOne(t *testing.T) {
	spec, err := os.ReadFile(filepath.Join(harness.Root(), "wasm", "SPEC.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(spec), "### 14.4 ")
	section, _, _ = strings.Cut(section, "\n### ")
	var rows, want []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \|[^|]+\|[^|]*\|$`).FindAllStringSubmatch(section, -1) {
		if m[1] != "of" {
			rows = append(rows, m[1])
		}
	}
	for _, row := range metadata {
		want = append(want, row.of)
	}
	if !slices.Equal(rows, want) {
		t.Errorf("the table has the rows\n%q, tested are\n%q", rows, want)
	}
}

func TestMetadata(t *testing.T) {
	s := play(t)
	for _, row := range metadata {
		t.Run(row.of, func(t *testing.T) { row.holds(t, s) })
	}
}

// bucketOf is the padded size of a text's message (SPEC 6.2).
func bucketOf(text string) int {
	content, err := json.Marshal(map[string]string{"type": "text", "text": text})
	if err != nil {
		panic(err)
	}
	return wire.Padded(wire.MessageOverhead + len(content))
}

func messagesShowSizesOnly(t *testing.T, s *scene) {
	s.nowhere(t, sceneTexts...)
	// Learnt: who stored one, its epoch, number and padded size, what was read.
	_, messages := appended(t, s.atCustomer, wire.KindMessage)
	if len(messages) < 4 {
		t.Fatalf("%d messages went up", len(messages))
	}
	first, last := messages[0].Message, messages[len(messages)-1].Message
	chain, _ := s.follow(t, s.atCustomer, first.Conversation)
	if first.Counter != 1 || chain.Member(first.Sender).Role != wire.Customer || len(first.Sealed) != 16+bucketOf(sceneTexts[0]) || last.Epoch != chain.Epoch() || last.SeenIndex <= first.SeenIndex {
		t.Errorf("the relay does not know of the first message %+v and the last %+v", first, last)
	}
	// Not learnt: the exact length. Frames are as long as each other if, and
	// only if, their texts are in one bucket.
	texts := []string{"", "x", strings.Repeat("y", 120), `"` + strings.Repeat(`\`, 60), strings.Repeat("好", 50),
		strings.Repeat("z", 170), strings.Repeat("z", 1500), strings.Repeat("z", 1507), strings.Repeat("z", 3000), strings.Repeat("z", 3100)}
	up, down := len(s.at.Passed()), len(s.atAgent.Passed())
	for _, text := range texts {
		s.native.Say(text)
	}
	harness.Eventually(t, "the agent to get them all", func() (bool, string) {
		n := len(only[relay.Entry](bodies(s.atAgent.Passed()[down:], false)))
		return n >= len(texts), fmt.Sprint(n)
	})
	ups, downs := lengths(s.at.Passed()[up:], true), lengths(s.atAgent.Passed()[down:], false)
	if len(ups) != len(texts) || len(downs) != len(texts) {
		t.Fatalf("%d frames up and %d down for %d texts", len(ups), len(downs), len(texts))
	}
	alike := 0
	for i := range texts {
		for j := range i {
			same := bucketOf(texts[i]) == bucketOf(texts[j])
			if (ups[i] == ups[j]) != same || (downs[i] == downs[j]) != same {
				t.Errorf("texts of %d and %d bytes, in one bucket: %v, make frames of %d and %d up, %d and %d down", len(texts[i]), len(texts[j]), same, ups[i], ups[j], downs[i], downs[j])
			}
			if same {
				alike++
			}
		}
	}
	if alike < 10 {
		t.Errorf("only %d pairs share a bucket", alike)
	}
	// Nor whether two are alike: not eight bytes of their ciphertext are.
	s.native.Say("the very same")
	s.native.Say("the very same")
	_, twins := appended(t, s.at, wire.KindMessage)
	one, two := twins[len(twins)-2].Message, twins[len(twins)-1].Message
	for i := range len(one.Sealed) - 8 {
		if bytes.Contains(two.Sealed, one.Sealed[i:i+8]) {
			t.Fatalf("two identical texts share %x", one.Sealed[i:i+8])
		}
	}
}

// lengths of the frames that carry a message.
func lengths(frames []harness.Frame, up bool) (all []int) {
	for _, f := range frames {
		if f.Up != up {
			continue
		}
		_, body, err := relay.DecodeFrame(f.Data)
		var raw []byte
		switch b := body.(type) {
		case relay.Append:
			raw = b.Entry
		case relay.Entry:
			raw = b.Entry
		}
		if e, bad := wire.DecodeEntry(raw); err == nil && bad == nil && e.Kind == wire.KindMessage {
			all = append(all, len(f.Data))
		}
	}
	return all
}

// follow computes what the relay does of a conversation, with no key at all.
func (s *scene) follow(t *testing.T, w *harness.Wire, conversation wire.ID) (*wire.Chain, []*wire.Entry) {
	t.Helper()
	root, _, _ := s.d.Config(t)
	manifest, err := wire.DecodeManifest(only[relay.Welcome](got(w))[0].Manifest, []wire.Hash{root})
	if err != nil {
		t.Fatal(err)
	}
	chain := wire.NewChain(conversation, func(wire.Hash) *wire.Manifest { return manifest })
	_, all := entriesIn(t, w, conversation)
	for i, e := range all {
		if err := chain.Apply(e); err != nil {
			t.Fatalf("entry %d: %v", i+1, err)
		}
	}
	return chain, all
}

func membersShowTheirKeysAndAliases(t *testing.T, s *scene) {
	chain, _ := s.follow(t, s.at, s.native.Conversation())
	var agent, customer *wire.Member
	for i := range chain.Members() {
		switch m := &chain.Members()[i]; m.Role {
		case wire.Agent:
			agent = m
		case wire.Customer:
			customer = m
		}
	}
	if agent == nil || customer == nil {
		t.Fatal("the relay does not know who is in")
	}
	c := agent.KeyPackage.Credential
	if agent.Alias != "Ana" || c == nil || !c.Holds("default") || c.NotAfter == 0 || !bytes.Equal(customer.Identity, s.native.End.Identity()) || chain.Queue() != "default" {
		t.Errorf("agent %+v, customer %+v, queue %q", agent, customer, chain.Queue())
	}
	// Not learnt here: who the customer is. Nothing but a key and no name.
	if customer.KeyPackage.Credential != nil || customer.Alias != "" {
		t.Errorf("a customer with a name: %+v", customer)
	}
	// Learnt: who lost its state and asks to come back.
	end, err := conversation.LoadEnd(s.native.End.Marshal(), wire.Customer, roots(t, s))
	if err != nil {
		t.Fatal(err)
	}
	lost := end.Join(s.native.Conversation())
	raws, _ := entriesIn(t, s.at, s.native.Conversation())
	for _, raw := range raws {
		if _, err := lost.Receive(raw, uint64(time.Now().UnixMilli())); err != nil {
			t.Fatal(err)
		}
	}
	request, err := lost.JoinRequest(uint64(time.Now().UnixMilli()))
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.DecodeEntry(request)
	if err != nil || chain.Apply(e) != nil || len(chain.Joins()) != 1 || chain.Joins()[0].By != s.native.End.ID() || e.Join.Reason != wire.ReasonLost {
		t.Errorf("the relay does not know who asks: %v, %+v", err, chain.Joins())
	}
}

func roots(t *testing.T, s *scene) []wire.Hash {
	root, _, _ := s.d.Config(t)
	return []wire.Hash{root}
}

func conversationsHaveRandomIDs(t *testing.T, s *scene) {
	first := only[relay.Append](sent(s.atCustomer))[0].Conversation
	second := s.native.Conversation()
	one, entries := s.follow(t, s.atCustomer, first)
	two, _ := s.follow(t, s.at, second)
	shared := 0
	for _, m := range one.Members() {
		if two.Member(m.ID) != nil {
			shared++
		}
	}
	genesis := entries[0].Commit
	if shared != 1 || genesis.Time == 0 || genesis.ManifestHash == (wire.Hash{}) {
		t.Errorf("%d members in both; begun at %d under %x", shared, genesis.Time, genesis.ManifestHash)
	}
	// One person who begins twice has two ids: no function of who it is.
	kp := genesis.Adds[0].KeyPackage.Bytes()
	seen := map[wire.ID]bool{first: true, second: true}
	for range 100 {
		c, err := s.native.End.Genesis(uint64(time.Now().UnixMilli()), "default", []conversation.Newcomer{{Role: genesis.Adds[0].Role, KeyPackage: kp}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if seen[c.ID()] {
			t.Fatalf("the id %x twice", c.ID())
		}
		seen[c.ID()] = true
	}
	_, subjects := s.tokens(t)
	for id := range seen {
		for _, subject := range append(subjects, string(s.native.End.Identity())) {
			for _, purpose := range []string{"conversation", "entry", "key", "tenant", ""} {
				if wire.Sum(purpose, []byte(subject)).ID() == id {
					t.Errorf("the id %x is a hash of who it is", id)
				}
			}
		}
	}
}

func keysShowTheirPublicHalves(t *testing.T, s *scene) {
	_, commits := appended(t, s.at, wire.KindCommit)
	for what, public := range map[string][]byte{"leaf": commits[0].Commit.KeyPackage.Leaf, "ephemeral key": commits[0].Commit.Ephemeral, "identity": s.native.End.Identity()} {
		if !slices.ContainsFunc(only[relay.Entry](got(s.atAgent)), func(e relay.Entry) bool { return bytes.Contains(e.Entry, public) }) {
			t.Errorf("the relay does not hand on a public %s", what)
		}
	}
	// The private half of the identity is somewhere in the end's state.
	state := s.native.End.Marshal()
	var seed []byte
	for i := 0; i+ed25519.SeedSize <= len(state) && seed == nil; i++ {
		if key := ed25519.NewKeyFromSeed(state[i : i+ed25519.SeedSize]); bytes.Equal(key.Public().(ed25519.PublicKey), s.native.End.Identity()) {
			seed = state[i : i+ed25519.SeedSize]
		}
	}
	if seed == nil {
		t.Fatal("the identity's private half is not where it is kept")
	}
	for _, w := range []*harness.Wire{s.atCustomer, s.atAgent, s.at} {
		for _, f := range w.Passed() {
			if bytes.Contains(f.Data, seed) {
				t.Error("a frame holds a private key")
			}
		}
	}
	if s.keeps(t, seed) {
		t.Error("the relay keeps a private key")
	}
}

func filesShowHowMuch(t *testing.T, s *scene) {
	s.nowhere(t, append([]string{sceneInner[:40], sceneMedia}, sceneFiles...)...)
	padded := wire.Padded(140_000)
	if wire.Padded(140_100) != padded {
		t.Fatal("the files are in two buckets")
	}
	want := padded + 16*((padded+65_535)/65_536)
	blobs, err := filepath.Glob(filepath.Join(s.d.Dir, "relay", "files", "v1", "owners", "*", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	var ciphertexts [][]byte
	for _, name := range blobs {
		all := largest(t, name)
		sizes, ciphertexts = append(sizes, len(all)), append(ciphertexts, all[:min(want, len(all))])
	}
	if len(sizes) != 2 || sizes[0] != sizes[1] || sizes[0] < want { // some checksums more
		t.Errorf("files of %v bytes are kept, want two of %d", sizes, want)
	}
	for _, c := range ciphertexts { // the message's, and no other form of it
		sum := sha512.Sum512_256(c)
		s.nowhere(t, string(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	// Learnt: who uploads, and who fetches which.
	var made, fetched int
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.Method == "POST" && r.URL.Path == "/v1/files" && r.Header.Get("Upload-Length") == fmt.Sprint(want) {
			made++
		}
		if r.Method == "GET" && filePath.MatchString(r.URL.Path) && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			fetched++
		}
	}
	tickets := len(only[relay.Ticket](sent(s.atAgent)))
	if made != 2 || fetched < 2 || tickets == 0 || len(only[relay.Ticket](sent(s.atCustomer))) == 0 {
		t.Errorf("%d uploads, %d downloads, %d tickets of the agent", made, fetched, tickets)
	}
}

// largest is the biggest file in a directory: a blob's bytes.
func largest(t *testing.T, dir string) (b []byte) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if data, err := os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		} else if len(data) > len(b) {
			b = data
		}
	}
	return b
}

func connectionsAreNotWrittenDown(t *testing.T, s *scene) {
	// Learnt: browser, origin and address of each request; the page's loads.
	s.mu.Lock()
	for _, r := range s.requests {
		if !strings.Contains(r.UserAgent(), "Chrome") || r.Method != "GET" && r.Header.Get("Origin") != s.d.URL {
			t.Errorf("%s %s says browser %q, origin %q", r.Method, r.URL.Path, r.UserAgent(), r.Header.Get("Origin"))
		}
	}
	requests := len(s.requests)
	s.mu.Unlock()
	if requests == 0 {
		t.Error("no request was seen")
	}
	_, messages := appended(t, s.atCustomer, wire.KindMessage)
	if first, last := messages[0].Message, messages[len(messages)-1].Message; first.Sender != last.Sender || first.Instance == last.Instance {
		t.Error("a reload of the page does not show")
	}
	s.notKept(t, "127.0.0.1", "Chrome/", "Mozilla/5.0", s.d.URL)
	s.notLogged(t, "127.0.0.1", "Chrome/", "Mozilla/5.0", s.d.URL)
	for _, told := range []bool{false, true} {
		r := relaytest.Start(t, func(c *relay.Config) { c.LogAddresses = told })
		customer := relaytest.NewPerson(wire.Customer)
		c, err := relaytest.Dial(t.Context(), relaytest.DialOptions{URL: r.URL, Origin: relaytest.Origin, Role: wire.Customer, Tenant: r.Tenant(), Identity: customer.Key, Proof: r.Token(customer, time.Now())})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		r.Stop()
		if logged := r.Output.String(); strings.Contains(logged, "127.0.0.1") != told {
			t.Errorf("told to log addresses: %v, and logs %s", told, logged)
		}
	}
}

func tokensAreNotKept(t *testing.T, s *scene) {
	raw, subjects := s.tokens(t)
	var parts []string
	for _, token := range raw {
		parts = append(parts, strings.Split(token, ".")[1:]...)
	}
	for _, hidden := range [][]string{parts, subjects} {
		s.notKept(t, hidden...)
		s.notLogged(t, hidden...)
		for _, f := range s.atAgent.Passed() {
			if hits := harness.Hits(f.Data, hidden...); len(hits) > 0 {
				t.Errorf("the agent is sent %v", hits)
			}
		}
	}
}

func readingTellsNothing(t *testing.T, s *scene) {
	if subscribed := only[relay.Subscribe](sent(s.atAgent)); len(subscribed) == 0 {
		t.Error("the agent's page never said how far it is")
	}
	_, messages := appended(t, s.atAgent, wire.KindMessage)
	if len(messages) == 0 || messages[len(messages)-1].Message.SeenIndex <= messages[0].Message.SeenIndex {
		t.Error("what the agent sends does not tell how far it has read")
	}
	if up := bodies(s.reading, true); len(only[relay.Entry](bodies(s.reading, false))) == 0 || len(up) != 0 {
		t.Errorf("while the agent reads, %d frames come and there go up %T", len(s.reading), up)
	}
}

func typingTellsNothing(t *testing.T, s *scene) {
	s.nowhere(t, sceneDraft)
	if up := bodies(s.typing, true); len(up) != 0 {
		t.Errorf("while the customer types there go up %T", up)
	}
	for _, w := range []*harness.Wire{s.atCustomer, s.atAgent, s.at} {
		if n := len(only[relay.SendPassing](sent(w))); n != 0 {
			t.Errorf("%d passing messages went up", n)
		}
	}
	end, err := conversation.LoadEnd(s.native.End.Marshal(), wire.Customer, roots(t, s))
	if err != nil {
		t.Fatal(err)
	}
	_, entries := s.follow(t, s.at, s.native.Conversation())
	now := uint64(time.Now().UnixMilli())
	c, err := end.Genesis(now, "default", []conversation.Newcomer{{Role: entries[0].Commit.Adds[0].Role, KeyPackage: entries[0].Commit.Adds[0].KeyPackage.Bytes()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Receive(c.Pending(), now); err != nil {
		t.Fatal(err)
	}
	size := 0
	for n := range 189 {
		entry, err := c.Seal(now, wire.Passing, make([]byte, n))
		if err != nil || size != 0 && len(entry) != size {
			t.Fatalf("a passing message of %d bytes: %d, others %d, %v", n, len(entry), size, err)
		}
		size = len(entry)
	}
}

func databaseHoldsCiphertext(t *testing.T, s *scene) {
	_, subjects := s.tokens(t)
	s.notKept(t, slices.Concat(sceneTexts, sceneFiles, subjects, []string{sceneInner[:40], sceneMedia, sceneDraft, "127.0.0.1"})...)
	raws, _ := entriesIn(t, s.at, s.native.Conversation())
	manifest := only[relay.Welcome](got(s.at))[0].Manifest
	member := s.native.End.ID()
	for what, b := range map[string][]byte{"an entry": raws[len(raws)-1][:64], "a manifest": manifest[:64], "a member": member[:]} {
		if !s.keeps(t, b) {
			t.Errorf("the relay does not keep %s", what)
		}
	}
	published := only[relay.PublishKeyPackage](sent(s.atAgent))
	if len(published) == 0 || !slices.ContainsFunc(published, func(p relay.PublishKeyPackage) bool { return s.keeps(t, p.KeyPackage[:64]) }) {
		t.Errorf("of %d published key packages the relay keeps none", len(published))
	}
}

func logNamesNobody(t *testing.T, s *scene) {
	tenant := wire.TenantID(roots(t, s)[0][:])
	s.stop() // each ending is logged
	harness.Eventually(t, "the end of a connection in the log", func() (bool, string) {
		log := s.logged()
		return strings.Contains(log, hex.EncodeToString(tenant[:])) && strings.Contains(log, `"connection":`) && strings.Contains(log, `"role":1`) && strings.Contains(log, `"role":3`), log
	})
	id, member := s.native.Conversation(), s.native.End.ID()
	raws, _ := entriesIn(t, s.at, id)
	tokens, subjects := s.tokens(t)
	hidden := []string{string(id[:]), string(member[:]), string(s.native.End.Identity()), string(raws[0][:32]), base64.RawURLEncoding.EncodeToString(id[:])}
	s.notLogged(t, slices.Concat(hidden, tokens, subjects, sceneTexts, sceneFiles)...)
	if regexp.MustCompile(`\bAna\b`).MatchString(s.logged()) {
		t.Error("the log says an alias")
	}
}
