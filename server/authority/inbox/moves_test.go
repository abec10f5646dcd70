package inbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestParkedConversationWaitsAgainAndTheNextAgentReadsWhatTheLastCould(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Say(k, "one")
	ana := h.agent("Ana")
	if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
		t.Fatal(err)
	}
	at := ana.Open(k.ID())
	ana.Say(at, "two")
	took, err := ana.Ask(relay.TakeKeyPackage{Queue: "default"})
	if err != nil {
		t.Fatal(err)
	}
	park := conversation.Moves{Marks: wire.MarkLeave, History: 3, Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: took.(relay.Record).Value}}}
	if err := ana.Commit(at, park); err != nil {
		t.Fatal(err)
	}
	h.eventually("it waits as parked", func() bool { w := h.waiting(k.ID()); return w != nil && w.Parked })
	c.Until(k, "Ana is removed, with the inbox's fresh leaf", func() bool { return len(k.Members()) == 2 && k.Epoch() >= 5 })
	c.Say(k, "three")
	h.eventually("all is read", func() bool { w := h.waiting(k.ID()); return w != nil && w.Entries == k.Index() })
	ben := h.agent("Ben")
	if err := h.claim(ben, k.ID(), ben.Offer()); err != nil {
		t.Fatalf("%v\n%s", err, h.log)
	}
	if b := ben.Open(k.ID()); !slices.Equal(b.Heard, []string{"one", "two", "three"}) {
		t.Errorf("Ben heard %q", b.Heard)
	}
	if got := at.State(); got != conversation.NotMember {
		t.Errorf("Ana's state is %v", got)
	}
}

// The inbox has nothing else to commit then.
func TestLeaverIsRemovedAtOnce(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	ana := h.agent("Ana")
	if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
		t.Fatal(err)
	}
	at := ana.Open(k.ID())
	if err := ana.Commit(at, conversation.Moves{Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: c.Take("default")}}}); err != nil {
		t.Fatal(err)
	}
	c.Until(k, "the inbox commits a fresh leaf", func() bool {
		return len(k.Members()) == 3 && inboxOf(t, k).KeyPackage.Use == wire.UsePlace
	})
	epoch := k.Epoch()
	if err := ana.Commit(at, conversation.Moves{Marks: wire.MarkLeave}); err != nil {
		t.Fatal(err)
	}
	c.Until(k, "Ana is removed, by the inbox", func() bool { return len(k.Members()) == 2 })
	if k.Epoch() != epoch+2 {
		t.Errorf("%d commits, want Ana's and the inbox's", k.Epoch()-epoch)
	}
}

func TestConversationThatTheCustomerBringsBackIsNoNewOne(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Say(k, "one")
	ana := h.agent("Ana")
	if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
		t.Fatal(err)
	}
	at := ana.Open(k.ID())
	ana.Say(at, "two")
	c.Until(k, "Ana's word comes", func() bool { return slices.Contains(k.Heard, "two") })
	moves := conversation.Moves{Removes: []wire.ID{ana.ID()}, Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: c.Take("default")}}}
	if err := c.Commit(k, moves); err != nil {
		t.Fatal(err)
	}
	h.eventually("it waits, and was with an agent", func() bool { w := h.waiting(k.ID()); return w != nil && w.Parked })
}

func TestLostCustomerIsLetInAgainWhileOnlyTheInboxIsThere(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	state := c.End.Marshal() // before it began: the same identity, nothing else
	k := h.begin(c)
	c.Hangup()
	again := h.customer()
	again.Hangup()
	end, err := conversation.LoadEnd(state, wire.Customer, []wire.Hash{wire.Hash(h.Org.RootKey())})
	if err != nil {
		t.Fatal(err)
	}
	again.End, again.Proof = end, c.Proof
	again.Connect()
	lost := again.Open(k.ID())
	if lost.State() != conversation.Lost {
		t.Fatalf("state %v, want lost", lost.State())
	}
	request, err := lost.JoinRequest(uint64(time.Now().UnixMilli()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Ask(relay.Append{Conversation: k.ID(), Entry: request}); err != nil {
		t.Fatal(err)
	}
	again.Until(lost, "the inbox lets it in", func() bool { return lost.State() == conversation.Active })
	again.Say(lost, "me again")
}

func TestConversationsBeyondTheCacheAndTheSubscriptionsAreFollowed(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.times.cache, h.times.following = 2, 3
	h.open()
	var people []*authoritytest.Person
	var talks []*authoritytest.Talk
	for range 8 {
		c := h.customer()
		people, talks = append(people, c), append(talks, h.begin(c))
	}
	if n := len(h.set.Waiting([]string{"default"})); n != 8 {
		t.Fatalf("%d wait, want 8", n)
	}
	for i, c := range people {
		c.Say(talks[i], "is anybody there?")
		h.eventually("what was said is counted", func() bool { w := h.waiting(talks[i].ID()); return w != nil && w.Entries == talks[i].Index() })
	}
	in := h.set.inboxes["default"]
	in.call(func() {
		if n := in.loaded.Len(); n > 2 {
			t.Errorf("%d states are in memory, want 2 at most", n)
		}
		if n := in.follows.Len(); n > 3 {
			t.Errorf("%d conversations are followed, want 3 at most", n)
		}
	})
	ana := h.agent("Ana")
	for _, k := range []*authoritytest.Talk{talks[0], talks[7]} {
		if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
			t.Fatalf("%v\n%s", err, h.log)
		}
		if at := ana.Open(k.ID()); !slices.Equal(at.Heard, []string{"is anybody there?"}) {
			t.Errorf("Ana heard %q", at.Heard)
		}
	}
}

func TestInboxComesBackToWhatWasSaidWhileItWasAway(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	h.close()
	c.Say(k, "is anybody there?")
	other := h.customer()
	night := other.Begin("default") // the key package is at the relay
	h.open()
	h.eventually("both wait", func() bool {
		w := h.waiting(k.ID())
		return w != nil && w.Entries == k.Index() && h.waiting(night.ID()) != nil
	})
	other.Until(night, "the inbox commits a fresh leaf", func() bool { return night.Epoch() >= 1 })
}

func TestInboxConnectsWhenTheRelayComes(t *testing.T) {
	h := newHouse(t)
	h.close()
	h.Relay.Stop()
	h.open()
	h.eventually("it says that the relay is not there", func() bool { return strings.Contains(h.log.String(), "connection ended") })
	h.Relay.Restart()
	h.begin(h.customer())
}

func TestClaimRefusesWhatIsNoFreshOfferOfTheClaimant(t *testing.T) {
	h := newHouse(t)
	k := h.begin(h.customer())
	ana, ben, sam := h.agent("Ana"), h.agent("Ben"), authoritytest.Staff(t, h.Relay, authority.Request{Role: wire.Supervisor, Alias: "Sam"})
	if err := sam.AddManifest(h.Org.Manifest.Bytes(), 1, false); err != nil {
		t.Fatal(err)
	}
	if err := sam.SetCredential(sam.Proof, uint64(time.Now().Unix())); err != nil {
		t.Fatal(err)
	}
	kp := func(p *authoritytest.Person, life int64, last bool) []byte {
		b, err := p.KeyPackage(uint64(time.Now().Unix()+life), last)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, tc := range map[string]struct {
		who  *authoritytest.Person
		kp   []byte
		want error
	}{
		"no key package":     {ana, []byte("x"), wire.UnsupportedVersion},
		"another's":          {ana, kp(ben, 60, false), wire.BadCredential},
		"of last resort":     {ana, kp(ana, 60, true), wire.BadArgument},
		"ended":              {ana, kp(ana, -1, false), wire.Expired},
		"of a supervisor":    {sam, kp(sam, 60, false), wire.BadCredential},
		"a bare identity's":  {ana, bare(t, ana), wire.BadCredential},
		"cut":                {ana, kp(ana, 60, false)[:100], wire.BadArgument},
		"with a byte more":   {ana, append(kp(ana, 60, false), 0), wire.BadArgument},
		"of nobody's making": {ana, nil, wire.BadArgument},
	} {
		if err := h.claim(tc.who, k.ID(), tc.kp); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	if err := h.claim(ana, wire.ID{1}, ana.Offer()); err != ErrNothing {
		t.Errorf("a conversation that is not there: %v", err)
	}
	err := h.set.Claim(t.Context(), Claim{Conversation: k.ID(), Member: ana.ID(), Queues: []string{"other"}, KeyPackage: ana.Offer()})
	if err != ErrNothing {
		t.Errorf("in a queue that is not the claimant's: %v", err)
	}
	if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
		t.Errorf("after all those: %v", err)
	}
}

func bare(t *testing.T, p *authoritytest.Person) []byte {
	t.Helper()
	other, err := conversation.NewEnd(wire.Customer, []wire.Hash{wire.Hash(p.Newest().Root)})
	if err != nil {
		t.Fatal(err)
	}
	kp, err := other.KeyPackage(uint64(time.Now().Unix()+60), false)
	if err != nil {
		t.Fatal(err)
	}
	return kp
}

// skewed is a clock that tests set ahead, for the relay and the inboxes alike.
type skewed struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (s *skewed) set(ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = ahead
}

func (s *skewed) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

func TestInboxRenewsItsCredentialInTheRostersAndItsKeyPackage(t *testing.T) {
	h, clock := skewedHouse(t)
	c := h.customer()
	k := h.begin(c)
	ends := func() uint64 {
		rows, err := h.store.Rows(t.Context(), "default")
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		return rows[0].Ends
	}
	before, kp := ends(), c.Take("default")
	clock.set(8 * 24 * time.Hour)
	h.eventually("a commit brings the new credential", func() bool { return ends() > before })
	c.Read(k)
	if k.State() != conversation.Active {
		t.Errorf("the customer's state is %v", k.State())
	}
	h.eventually("another key package is published", func() bool {
		var offer []byte
		in := h.set.inboxes["default"]
		in.call(func() { offer = in.offer })
		return in.published && string(offer) != string(kp)
	})
}

func TestConversationIsBroughtToAnotherQueue(t *testing.T) {
	h := newHouse(t)
	raw := h.renew(authority.Options{Queues: []string{"default", "sales"}})
	if err := errors.Join(h.Relay.SetManifest(t.Context(), h.Tenant(), raw), h.set.SetManifest(t.Context(), raw)); err != nil {
		t.Fatal(err)
	}
	k := h.begin(h.customer())
	ana := h.agent("Ana")
	if err := h.claim(ana, k.ID(), ana.Offer()); err != nil {
		t.Fatal(err)
	}
	at := ana.Open(k.ID())
	ana.Say(at, "a note")
	sales := h.set.inboxes["sales"]
	var offer []byte
	h.eventually("the other inbox is there", func() bool { sales.call(func() { offer = sales.offer }); return offer != nil })
	if err := ana.Commit(at, conversation.Moves{Marks: wire.MarkLeave, History: 2, Adds: []conversation.Newcomer{{Role: wire.Inbox, KeyPackage: offer}}}); err != nil {
		t.Fatal(err)
	}
	h.eventually("it waits there", func() bool {
		w := h.waiting(k.ID())
		return w != nil && w.Queue == "sales" && w.Home == "default" && w.Parked
	})
	for _, queues := range [][]string{{"sales"}, {"default"}} {
		if got := h.set.Waiting(queues); len(got) != 0 {
			t.Errorf("who holds %q alone sees %+v", queues, got)
		}
		p := authoritytest.Agent(t, h.Relay, "Eve", queues...)
		p.Connect()
		if err := h.claim(p, k.ID(), p.Offer()); err != ErrNothing {
			t.Errorf("who holds %q alone claims it: %v", queues, err)
		}
	}
	ben := h.agent("Ben")
	bens := ben.Offer()
	if err := h.claim(ben, k.ID(), bens); err != nil {
		t.Fatalf("%v\n%s", err, h.log)
	}
	h.close()
	h.open() // both inboxes remember a claim
	for range 8 {
		if err := h.claim(ben, k.ID(), bens); err != nil {
			t.Fatalf("the winner asks again: %v", err)
		}
	}
	if b := ben.Open(k.ID()); !slices.Equal(b.Heard, []string{"a note"}) {
		t.Errorf("Ben heard %q", b.Heard)
	}
}

func TestNewerManifestsAreTakenAndOlderOnesRefused(t *testing.T) {
	h := newHouse(t)
	k := h.begin(h.customer())
	old := h.Org.Manifest.Bytes()
	rolled := *h.Org
	next, err := rolled.MakeNextIssuer()
	if err != nil {
		t.Fatal(err)
	}
	h.Relay.Org = &rolled
	raw := h.renew(authority.Options{Queues: []string{"default", "sales"}, AddIssuers: [][]byte{next}, DropIssuers: [][]byte{h.Org.Manifest.Issuers[0].Key}})
	if err := h.Relay.SetManifest(t.Context(), h.Tenant(), raw); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetManifest(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	if err := h.set.SetManifest(t.Context(), raw); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := h.set.SetManifest(t.Context(), old); !errors.Is(err, wire.RolledBack) {
		t.Errorf("an older one: %v, want rolled back", err)
	}
	c := h.customer()
	c.Begin("sales") // a queue that is new has an inbox
	h.eventually("it waits there", func() bool { return len(h.set.Waiting([]string{"sales"})) == 1 })
	// What waited before stands on a credential of the issuer that went.
	in := h.set.inboxes["default"]
	h.eventually("the inbox renews its credential in the roster", func() bool {
		good := false
		in.call(func() {
			t := in.talks[k.ID()]
			if in.load(t) == nil {
				for _, m := range t.core.Members() {
					good = good || m.Role == wire.Inbox && h.Org.Manifest.CheckCredential(m.KeyPackage.Credential) == nil
				}
			}
		})
		return good
	})
}

func TestOpenRefusesOptionsThatDoNotFit(t *testing.T) {
	h := newHouse(t)
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	good := Options{Relay: h.URL, Roots: []wire.Hash{wire.Hash(h.Org.RootKey())}, Store: s, Issue: func([]byte, string) ([]byte, error) { return nil, nil }}
	for name, change := range map[string]func(*Options){
		"http":     func(o *Options) { o.Relay = "http://127.0.0.1:1/v1/connect" },
		"no host":  func(o *Options) { o.Relay = "ws:///v1/connect" },
		"no roots": func(o *Options) { o.Roots = nil },
		"no store": func(o *Options) { o.Store = nil },
		"no issue": func(o *Options) { o.Issue = nil },
	} {
		o := good
		change(&o)
		if _, err := Open(context.Background(), o, h.Org.Manifest.Bytes()); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v, want ErrOptions", name, err)
		}
	}
	if _, err := Open(context.Background(), good, []byte("no manifest")); err == nil {
		t.Error("opened under no manifest")
	}
}

// Nothing that could be presented or read is in the log.
func TestLogHasNoIdsKeysOrContent(t *testing.T) {
	h := newHouse(t)
	c := h.customer()
	k := h.begin(c)
	c.Say(k, "a canary sings")
	c.Hangup() // who does not read holds a restart up
	h.Relay.Restart()
	h.eventually("something is logged", func() bool { return h.log.String() != "" })
	id := k.ID()
	for _, secret := range []string{"canary", hexID(id), string(c.Proof)} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
