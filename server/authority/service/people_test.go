package service

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// shows tells whether a session may be begun, and whether colleagues see it.
func (o *office) shows(p *authoritytest.Person) (session wire.Code, seen bool) {
	o.t.Helper()
	_, session = o.begins(p)
	for _, c := range o.Service.people.of([]string{"default"}) {
		seen = seen || c.Member == hexOf(p.ID())
	}
	return session, seen
}

func TestNinthIdentityOfALoginTakesThePlaceOfTheOneUnusedLongest(t *testing.T) {
	o := newOffice(t, nil)
	all := make([]*authoritytest.Person, 9)
	login := func(p *authoritytest.Person) {
		t.Helper()
		if code := o.credential(p, "token of Ana"); code != 0 {
			t.Fatal(code)
		}
		o.clock.add(time.Minute)
	}
	for i := range 8 {
		all[i] = o.person(wire.Agent)
		login(all[i])
	}
	bens := o.person(wire.Agent) // others are not in the way
	if code := o.credential(bens, "token of Ben"); code != 0 {
		t.Fatal(code)
	}
	ticket, code := o.begins(all[2])
	if code != 0 {
		t.Fatal(code)
	}
	for i, p := range all[:8] { // all but the third are used again
		o.clock.add(time.Second)
		if i != 2 {
			if _, code := o.begins(p); code != 0 {
				t.Fatal(code)
			}
		}
	}
	all[8] = o.person(wire.Agent)
	login(all[8])
	for again := range 2 {
		for i, p := range all {
			session, seen := o.shows(p)
			if i == 2 && (session != wire.BadCredential || seen) {
				t.Errorf("the one unused longest: %v, seen %t", session, seen)
			}
			if i != 2 && (session != 0 || !seen) {
				t.Errorf("identity %d: %v, seen %t", i, session, seen)
			}
		}
		if again == 0 {
			if status, code := o.ask("GET", "/v1/authority/queues", ticket, nil, nil); status != 401 || code != wire.BadCredential {
				t.Errorf("its ticket: %d %v", status, code)
			}
			o.close() // and after a restart
			o.open()
		}
	}
	if session, _ := o.shows(bens); session != 0 {
		t.Errorf("another person's: %v", session)
	}
	login(all[2]) // by logging in it comes back, and another goes
	if session, seen := o.shows(all[2]); session != 0 || !seen {
		t.Errorf("who logged in again: %v, seen %t", session, seen)
	}
	gone := 0
	for _, p := range all {
		if _, seen := o.shows(p); !seen {
			gone++
		}
	}
	if gone != 1 {
		t.Errorf("%d of nine are displaced, want 1", gone)
	}
}

func TestWhoIsDisplacedBetweenGreetingAndTicketGetsNone(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Limits.Identities = 1 })
	p := o.person(wire.Agent)
	if code := o.credential(p, "token of Ana"); code != 0 {
		t.Fatal(code)
	}
	c, err := wire.DecodeCredential(p.Proof)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Service.people.greet(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if code := o.credential(o.person(wire.Agent), "token of Ana"); code != 0 {
		t.Fatal(code)
	}
	ticket, _, err := o.Service.ticket(c, o.clock.now())
	if err != wire.BadCredential || ticket != nil {
		t.Errorf("a ticket: %t, %v", ticket != nil, err)
	}
	if n := len(o.Service.sessions.known); n != 0 {
		t.Errorf("%d tickets are good", n)
	}
}

func TestWhoIsThereIsNotDisplaced(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Limits.Identities = 2 })
	here := o.worker(wire.Agent, "token of Ana")
	o.Service.people.enter(here.ID()) // as a poll does
	defer o.Service.people.leave(here.ID())
	o.clock.add(time.Hour)
	for range 3 {
		if code := o.credential(o.person(wire.Agent), "token of Ana"); code != 0 {
			t.Fatal(code)
		}
		o.clock.add(time.Second)
	}
	if session, seen := o.shows(here.Person); session != 0 || !seen {
		t.Errorf("who is there: %v, seen %t", session, seen)
	}
}

func TestDisplacedIdentitiesAreRememberedUpToABound(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Limits = Limits{Identities: 2, AddressBurst: 1000, AddressPerSecond: 1000} })
	first := o.person(wire.Agent)
	for i := range 2 * remembered {
		p := first
		if i > 0 {
			p = o.person(wire.Agent)
		}
		if code := o.credential(p, "token of Ana"); code != 0 {
			t.Fatalf("identity %d: %v", i, code)
		}
	}
	o.clock.add(time.Hour) // since the first of them
	if code, after := o.later(o.person(wire.Agent), "token of Ana"); code != wire.RateLimited || after < 10*time.Hour || after > 11*time.Hour+time.Minute {
		t.Errorf("one more: %v, in %v; want rate limited, until the first of them ends", code, after)
	}
	if code := o.credential(first, "token of Ana"); code != 0 {
		t.Errorf("one that is known: %v", code)
	}
	if code := o.credential(o.person(wire.Agent), "token of Ben"); code != 0 {
		t.Errorf("another person: %v", code)
	}
	agents, err := o.store.Agents(t.Context(), uint64(o.clock.now().Unix()))
	if err != nil || len(agents) != 2*remembered+1 {
		t.Errorf("%d are on disk, %v", len(agents), err)
	}
	o.clock.add(24 * time.Hour) // when their credentials have ended there is room
	if code := o.credential(o.person(wire.Agent), "token of Ana"); code != 0 {
		t.Errorf("the next day: %v", code)
	}
	if agents, err = o.store.Agents(t.Context(), 0); err != nil || len(agents) != 1 {
		t.Errorf("%d are on disk the next day, %v", len(agents), err)
	}
	if n := len(o.Service.people.known); n != 1 {
		t.Errorf("%d are known the next day", n)
	}
}

func TestMoreThanMayStandDoNotDisplaceEachOtherWithoutEnd(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Limits = Limits{Identities: 2, AddressBurst: 1000, AddressPerSecond: 1000} })
	all := make([]*authoritytest.Person, 3)
	first := make([][]byte, len(all))
	for i := range all {
		all[i] = o.person(wire.Agent)
		if code := o.credential(all[i], "token of Ana"); code != 0 {
			t.Fatal(code)
		}
		first[i] = all[i].Proof
		o.Service.people.enter(all[i].ID())
		defer o.Service.people.leave(all[i].ID())
		o.clock.add(time.Second)
	}
	// back logs in whoever was displaced, as its client does.
	back := func() wire.Code {
		t.Helper()
		for i, p := range all {
			if !o.Service.people.displaced(p.ID()) {
				continue
			}
			code := o.credential(p, "token of Ana")
			if code == 0 && !bytes.Equal(p.Proof, first[i]) {
				t.Errorf("identity %d has another credential", i)
			}
			o.clock.add(time.Second)
			return code
		}
		t.Fatal("nobody is displaced")
		return 0
	}
	for i := range 2 {
		if code := back(); code != 0 {
			t.Errorf("the %d. that comes back: %v", i+1, code)
		}
	}
	if code := back(); code != wire.RateLimited {
		t.Errorf("the third that comes back: %v, want rate limited", code)
	}
	for _, p := range all {
		if !o.Service.people.displaced(p.ID()) {
			continue
		}
		for range 2 { // asking costs nothing, and is told the truth
			if code, after := o.later(p, "token of Ana"); code != wire.RateLimited || after < readmitInterval-10*time.Second || after > readmitInterval+time.Second {
				t.Errorf("it is told to come again in %v, %v", after, code)
			}
		}
		break
	}
	if code := o.credential(o.person(wire.Agent), "token of Ben"); code != 0 {
		t.Errorf("another person: %v", code)
	}
	for _, p := range all { // who works is renewed as before
		if !o.Service.people.displaced(p.ID()) {
			before := p.Proof
			if code := o.credential(p, "token of Ana"); code != 0 || bytes.Equal(before, p.Proof) {
				t.Errorf("who stands, and asks for another: %v, the same %t", code, code == 0)
			}
			break
		}
	}
	o.clock.add(readmitInterval)
	for i, p := range all {
		first[i] = p.Proof
	}
	if code := back(); code != 0 {
		t.Errorf("after a while: %v", code)
	}
	o.clock.add(6 * time.Hour) // a credential of which little is left is replaced
	for _, p := range all {
		if before := p.Proof; o.Service.people.displaced(p.ID()) {
			if code := o.credential(p, "token of Ana"); code != 0 || bytes.Equal(before, p.Proof) {
				t.Errorf("half a life later: %v, the same %t", code, code == 0)
			}
			break
		}
	}
	o.clock.add(time.Hour)
	o.credential(o.person(wire.Agent), "token of Ben")
	if n := len(o.Service.people.back); n != 0 {
		t.Errorf("%d limiters are kept that are full", n)
	}
}

// later logs somebody in, and gives when to come again.
func (o *office) later(p *authoritytest.Person, login string) (wire.Code, time.Duration) {
	o.t.Helper()
	text, err := json.Marshal(o.hello(p, o.fresh(), host, []byte(login)))
	if err != nil {
		o.t.Fatal(err)
	}
	_, answer, h := o.do("POST", "/v1/authority/credential", "", string(text), nil)
	var refused struct{ Code wire.Code }
	if err := json.Unmarshal([]byte(answer), &refused); err != nil {
		o.t.Fatal(err)
	}
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		o.t.Fatalf("Retry-After %q", h.Get("Retry-After"))
	}
	return refused.Code, time.Duration(seconds) * time.Second
}

// tired goes home before the configured life is over.
type tired struct{ until *time.Time }

func (l tired) Login(context.Context, []byte, []byte, time.Time) (Person, error) {
	return Person{Account: "4711", Alias: "Ana", Role: wire.Agent, Until: *l.until}, nil
}

func TestCredentialEndsNoLaterThanTheLoginSays(t *testing.T) {
	var until time.Time
	o := newOffice(t, func(c *Config) { c.Login, c.Life = tired{&until}, 8*time.Hour })
	for name, tc := range map[string]struct{ says, lives time.Duration }{
		"sooner": {10 * time.Minute, 10 * time.Minute}, "later": {20 * time.Hour, 8 * time.Hour},
	} {
		until = time.Now().Add(tc.says)
		p := o.person(wire.Agent)
		if code := o.credential(p, "x"); code != 0 {
			t.Fatal(code)
		}
		c, err := wire.DecodeCredential(p.Proof)
		if err != nil {
			t.Fatal(err)
		}
		if life := time.Until(time.Unix(int64(c.NotAfter), 0)); life > tc.lives || life < tc.lives-time.Minute {
			t.Errorf("%s: lives %v, want %v", name, life, tc.lives)
		}
	}
}

// nobody names no account.
type nobody struct{}

func (nobody) Login(context.Context, []byte, []byte, time.Time) (Person, error) {
	return Person{Alias: "Ana", Role: wire.Agent}, nil
}

func TestLoginWithoutAnAccountGetsNothing(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Login = nobody{} })
	if code := o.credential(o.person(wire.Agent), "x"); code != wire.Unavailable {
		t.Errorf("%v", code)
	}
}
