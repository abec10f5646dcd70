package conversation

import (
	"bytes"
	"testing"

	"github.com/sealwire/sealwire/wasm/wire"
)

func TestManifestMustBeTheRootsAndNotOlder(t *testing.T) {
	co, other := newCompany(t, 1), newCompany(t, 101)
	now := day0 / 1000
	second, third := co.newManifest(2, nil), co.newManifest(3, nil)
	twin := co.newManifest(3, func(m *wire.Manifest) { m.Policy.RetentionDays = 5 })
	over := co.newManifest(9, func(m *wire.Manifest) { m.Issued, m.Expires = now-7200, now })
	rows := []struct {
		name   string
		raw    []byte
		newest bool
		want   wire.Code
		after  uint64
	}{
		{"foreign root", other.manifest.Bytes(), true, wire.BadCredential, 1},
		{"foreign root, by hash", other.manifest.Bytes(), false, wire.BadCredential, 1},
		{"expired", over.Bytes(), true, wire.Expired, 1},
		{"the same again", co.manifest.Bytes(), true, 0, 1},
		{"newer", third.Bytes(), true, 0, 3},
		{"rolled back", second.Bytes(), true, wire.RolledBack, 3},
		{"rolled back to the first", co.manifest.Bytes(), true, wire.RolledBack, 3},
		{"another of the same sequence", twin.Bytes(), true, wire.RolledBack, 3},
		{"old, by hash", second.Bytes(), false, 0, 3},
		{"another of the same sequence, by hash", twin.Bytes(), false, 0, 3},
		{"nothing", nil, true, wire.BadArgument, 3},
	}
	e := co.end(wire.Customer)
	for _, row := range rows {
		want(t, row.name, e.AddManifest(row.raw, now, row.newest), row.want)
		if n := e.Newest().Sequence; n != row.after {
			t.Errorf("%s: sequence %d, want %d", row.name, n, row.after)
		}
	}
	for i := range third.Bytes() {
		bad := bytes.Clone(third.Bytes())
		bad[i] ^= 1 << (i % 8)
		if err := e.AddManifest(bad, now, i%2 == 0); err == nil {
			t.Fatalf("a flipped bit in byte %d does not matter", i)
		}
	}
	loaded, err := LoadEnd(e.Marshal(), wire.Customer, co.roots())
	want(t, "load", err, 0)
	want(t, "rolled back after a reload", loaded.AddManifest(second.Bytes(), now, true), wire.RolledBack)
	_, err = LoadEnd(e.Marshal(), wire.Customer, other.roots())
	want(t, "loaded under another root", err, wire.BadCredential)
	_, err = LoadEnd(e.Marshal(), wire.Agent, co.roots())
	want(t, "loaded in another role", err, wire.BadArgument)
}

// A manifest that some commit named was seen: none older is taken after it.
func TestManifestSeenByHashIsNotRolledBack(t *testing.T) {
	co := newCompany(t, 1)
	e := co.end(wire.Agent)
	third, second := co.newManifest(3, nil), co.newManifest(2, nil)
	want(t, "by hash", e.AddManifest(third.Bytes(), day0/1000, false), 0)
	want(t, "older, as the newest", e.AddManifest(second.Bytes(), day0/1000, true), wire.RolledBack)
	if n := e.Newest().Sequence; n != 3 {
		t.Errorf("acts under %d", n)
	}
}

func TestManifestsByHashAreBounded(t *testing.T) {
	co := newCompany(t, 1)
	fresh, err := NewEnd(wire.Customer, co.roots())
	want(t, "end", err, 0)
	for _, e := range []*End{fresh, co.end(wire.Agent)} {
		for n := uint64(300); n > 1; n-- {
			want(t, "by hash", e.AddManifest(co.newManifest(n, nil).Bytes(), day0/1000, false), 0)
			if len(e.manifests) > maxManifests {
				t.Fatalf("%d manifests", len(e.manifests))
			}
			if e.manifest(e.newest.Hash()) == nil {
				t.Fatal("the newest was dropped")
			}
		}
	}
}

// A commit under a manifest that this end lacks waits, and changes nothing.
func TestUnknownManifestWaits(t *testing.T) {
	p := newPair(t)
	p.settle()
	second := p.company.newManifest(2, nil)
	want(t, "customer", p.customer.end.AddManifest(second.Bytes(), p.now/1000, true), 0)
	entry := p.must(p.customer.Commit(p.now, Moves{}))
	before := p.agent.Marshal()
	_, err := p.agent.Receive(entry, p.now)
	want(t, "unknown", err, wire.Unavailable)
	if !bytes.Equal(before, p.agent.Marshal()) {
		t.Error("the state changed")
	}
	forgery := commit(t, entry)
	forgery.Signature = bytes.Clone(forgery.Signature)
	forgery.Signature[0] ^= 1
	ignored(t, "not the member's", next(t, p.agent, forgery.Encode()), wire.OpenFailed)
	want(t, "agent", p.agent.end.AddManifest(second.Bytes(), p.now/1000, false), 0)
	if ev, err := p.agent.Receive(entry, p.now); err != nil || ev.Type != Applied {
		t.Errorf("%+v, %v", ev, err)
	}
}

func TestSetCredential(t *testing.T) {
	co, other := newCompany(t, 1), newCompany(t, 101)
	e, someone := co.end(wire.Agent), co.end(wire.Agent)
	now := day0 / 1000
	good := co.credential(e, "Ana")
	bare, err := NewEnd(wire.Agent, co.roots())
	want(t, "end", err, 0)
	want(t, "without a manifest", bare.SetCredential(co.credential(bare, "Ana"), now), wire.Unavailable)
	want(t, "another's", e.SetCredential(co.credential(someone, "Ana"), now), wire.BadCredential)
	want(t, "of another company", e.SetCredential(other.credential(e, "Ana"), now), wire.BadCredential)
	early := co.end(wire.Agent)
	want(t, "before it begins, by a slow clock", early.SetCredential(co.credential(early, "Ana"), now-61), 0)
	want(t, "as it ends", e.SetCredential(good, now+12*3600), wire.Expired)
	customer := co.end(wire.Customer)
	raw, err := (&wire.Credential{Role: wire.Agent, Identity: customer.Identity(), NotBefore: now - 60, NotAfter: now + 60}).Issue(co.issuer)
	want(t, "issue", err, 0)
	want(t, "of another role", customer.SetCredential(raw, now), wire.BadCredential)
	bad := bytes.Clone(good)
	bad[36] ^= 1 // in the alias
	want(t, "changed", e.SetCredential(bad, now), wire.BadCredential)
	if e.credential != nil || customer.credential != nil {
		t.Error("a refused credential was kept")
	}
	want(t, "good", e.SetCredential(good, now), 0)
	clear(good)
	if err := e.newest.CheckCredential(e.credential); err != nil {
		t.Error("the caller's bytes were kept")
	}
}

// P09, A03: the customer's end checks whom it begins with by the root it pins,
// whatever the relay handed it.
func TestP09_GenesisRefusesWhatDoesNotChain(t *testing.T) {
	co, other := newCompany(t, 1), newCompany(t, 101)
	now := day0 / 1000
	staff := func(c *company, role wire.Role, issued *company, queues ...string) []byte {
		e := c.end(role)
		cr := &wire.Credential{Role: role, Identity: e.Identity(), Alias: "Ana", Queues: queues, NotBefore: now - 60, NotAfter: now + 3600}
		raw, err := cr.Issue(issued.issuer)
		want(t, "issue", err, 0)
		if e.credential, err = wire.DecodeCredential(raw); err != nil {
			t.Fatal(err)
		}
		kp, err := e.KeyPackage(now+7200, false)
		want(t, "key package", err, 0)
		return kp
	}
	good := staff(co, wire.Agent, co, queue)
	swapped := bytes.Clone(good)
	swapped[len(swapped)-64-9-32] ^= 1 // in the leaf
	bare, err := co.end(wire.Customer).KeyPackage(now+7200, false)
	want(t, "bare", err, 0)
	expired := co.agent("Bo")
	short, err := expired.KeyPackage(now, false)
	want(t, "short", err, 0)
	rows := []struct {
		name string
		role wire.Role
		kp   []byte
		now  uint64
		want wire.Code
	}{
		{"good", wire.Agent, good, day0, 0},
		{"of another company", wire.Agent, staff(other, wire.Agent, other, queue), day0, wire.BadCredential},
		{"issued by another company", wire.Agent, staff(co, wire.Agent, other, queue), day0, wire.BadCredential},
		{"a bare key", wire.Agent, bare, day0, wire.BadCredential},
		{"a customer's bare key as customer", wire.Customer, bare, day0, wire.NotMember},
		{"another leaf in it", wire.Agent, swapped, day0, wire.BadCredential},
		{"for another queue", wire.Agent, staff(co, wire.Agent, co, "sales"), day0, wire.BadCredential},
		{"for no queue", wire.Agent, staff(co, wire.Agent, co), day0, wire.BadCredential},
		{"in another role", wire.Supervisor, good, day0, wire.BadCredential},
		{"credential ended", wire.Agent, good, day0 + 3600_000, wire.Expired},
		{"credential's last millisecond", wire.Agent, good, day0 + 3600_000 - 1, 0},
		{"credential not begun, by a slow clock", wire.Agent, good, day0 - 61_000, 0},
		{"key package ended", wire.Agent, short, day0, wire.Expired},
		{"no key package", wire.Agent, nil, day0, wire.BadArgument},
	}
	for _, row := range rows {
		customer := co.end(wire.Customer)
		c, err := customer.Genesis(row.now, queue, []Newcomer{{row.role, row.kp}}, nil)
		want(t, row.name, err, row.want)
		if (c == nil) != (err != nil) {
			t.Errorf("%s: a conversation with an error", row.name)
		}
	}
	customer := co.end(wire.Customer)
	_, err = customer.Genesis(day0, "none", []Newcomer{{wire.Agent, good}}, nil)
	want(t, "a queue that is none", err, wire.BadCredential)
	_, err = customer.Genesis(day0, string(make([]byte, 300)), []Newcomer{{wire.Agent, good}}, nil)
	want(t, "an endless queue", err, wire.BadArgument)
	_, err = customer.Genesis(day0, queue, nil, nil)
	want(t, "with nobody", err, wire.BadCommit)
	_, err = co.agent("Bo").Genesis(day0, queue, []Newcomer{{wire.Agent, good}}, nil)
	want(t, "by an agent", err, wire.BadCommit)
	fresh, err := NewEnd(wire.Customer, co.roots())
	want(t, "end", err, 0)
	_, err = fresh.Genesis(day0, queue, []Newcomer{{wire.Agent, good}}, nil)
	want(t, "without a manifest", err, wire.Unavailable)
	rolled := co.end(wire.Customer)
	gone := co.newManifest(2, func(m *wire.Manifest) { m.Issuers = nil })
	want(t, "newer manifest", rolled.AddManifest(gone.Bytes(), now, true), 0)
	_, err = rolled.Genesis(day0, queue, []Newcomer{{wire.Agent, good}}, nil)
	want(t, "issuer gone", err, wire.BadCredential)
}

// P03: a whole conversation, replayed into a new one of the same members.
func TestP03_ReplayedConversationIsRefused(t *testing.T) {
	p := newPair(t)
	p.settle()
	p.send(p.customer, "a")
	p.send(p.agent, "b")
	p.read(p.customer)
	kp, err := p.agent.end.KeyPackage(p.now/1000+3600, false)
	want(t, "key package", err, 0)
	fresh, err := p.customer.end.Genesis(p.now, queue, []Newcomer{{wire.Agent, kp}}, nil)
	want(t, "genesis", err, 0)
	theirs, genesis := p.agent.end.Join(fresh.ID()), fresh.Pending()
	for _, c := range []*Conversation{fresh, theirs} {
		for _, begun := range []bool{false, true} {
			for _, entry := range p.log.entries {
				ignored(t, "replayed", next(t, c, entry), wire.BadArgument)
			}
			if !begun {
				if ev, err := c.Receive(genesis, p.now); err != nil || ev.Type != Applied {
					t.Fatalf("%+v, %v", ev, err)
				}
			}
		}
		if c.State() != Active || c.Pending() != nil {
			t.Errorf("state %d", c.State())
		}
	}
}

// P06, P07: whoever is not in the roster is nothing to an end either.
func TestP07_StrangersEntriesAreIgnored(t *testing.T) {
	p := newPair(t)
	p.settle()
	stranger := p.company.agent("Bo")
	c := stranger.Join(p.customer.ID())
	p.read(c)
	if c.State() != NotMember {
		t.Fatalf("state %d", c.State())
	}
	m := &wire.Commit{Conversation: c.ID(), Epoch: c.Epoch() + 1, Parent: c.TranscriptHash(), ManifestHash: p.company.manifest.Hash(), SeenIndex: c.index, SeenHash: c.LogHash(), Role: wire.Agent, Tag: make([]byte, 32)}
	_, leaf := newLeaf()
	m.KeyPackage = &wire.KeyPackage{Credential: stranger.credential, Leaf: leaf, Expires: 1 << 40, Use: wire.UsePlace}
	if _, err := m.KeyPackage.Sign(stranger.identity); err != nil {
		t.Fatal(err)
	}
	m.Ephemeral = leaf.X25519()
	m.Sign(stranger.identity)
	ignored(t, "commit", next(t, p.customer, m.Encode()), wire.NotMember)
	ignored(t, "message", next(t, p.customer, forged(c, stranger, nil, []byte("x"))), wire.NotMember)
	if p.customer.chain.Member(stranger.ID()) != nil {
		t.Error("a ghost is in the roster")
	}
	p.send(p.customer, "not for strangers")
	ignored(t, "what a stranger reads", p.last(c), wire.BeforeJoin)
}

func TestHelloIsBoundToNonceHostAndProof(t *testing.T) {
	e := newCompany(t, 1).agent("Ana")
	nonce := make([]byte, 32)
	a, err := e.Hello(nonce, []byte("relay.example:443"), []byte("proof"))
	want(t, "hello", err, 0)
	signature := a[len(a)-64:]
	tenant := wire.TenantID(e.roots[0][:])
	if !wire.Verify(e.Identity(), "relay hello", helloInput(nonce, e.role, tenant, []byte("relay.example:443"), []byte("proof")), signature) {
		t.Error("the signature does not hold")
	}
	other := make([]byte, 32)
	other[0] = 1
	for name, in := range map[string][]byte{
		"nonce":  helloInput(other, e.role, tenant, []byte("relay.example:443"), []byte("proof")),
		"host":   helloInput(nonce, e.role, tenant, []byte("relay.example:44"), []byte("proof")),
		"proof":  helloInput(nonce, e.role, tenant, []byte("relay.example:443"), []byte("prooF")),
		"role":   helloInput(nonce, wire.Customer, tenant, []byte("relay.example:443"), []byte("proof")),
		"tenant": helloInput(nonce, e.role, wire.ID{1}, []byte("relay.example:443"), []byte("proof")),
	} {
		if wire.Verify(e.Identity(), "relay hello", in, signature) {
			t.Errorf("another %s passes", name)
		}
	}
	for name, err := range map[string]error{"nonce of 31": second(e.Hello(nonce[:31], nil, nil)), "host of 256": second(e.Hello(nonce, make([]byte, 256), nil)), "proof of 8,193": second(e.Hello(nonce, nil, make([]byte, 8193)))} {
		want(t, name, err, wire.BadArgument)
	}
	want(t, "at the limits", second(e.Hello(nonce, make([]byte, 255), make([]byte, 8192))), 0)
}

func second(_ []byte, err error) error { return err }

func TestNewEndRefusesBadArguments(t *testing.T) {
	good := newCompany(t, 1).roots()
	for name, row := range map[string]struct {
		role  wire.Role
		roots []wire.Hash
		want  wire.Code
	}{"role 0": {0, good, wire.BadArgument}, "role 8": {8, good, wire.BadArgument}, "no root": {wire.Agent, nil, wire.BadArgument}, "a root of low order": {wire.Agent, []wire.Hash{{1}}, wire.BadKey}, "one of two": {wire.Agent, []wire.Hash{good[0], {}}, wire.BadKey}} {
		e, err := NewEnd(row.role, row.roots)
		want(t, name, err, row.want)
		if e != nil {
			t.Errorf("%s: an end", name)
		}
	}
}
