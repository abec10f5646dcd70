package service

import (
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority/authoritytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestHelloThatWasTakenIsNotTakenAgain(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.person(wire.Agent)
	if code := o.credential(ana, "token of Ana"); code != 0 {
		t.Fatal(code)
	}
	for path, proof := range map[string][]byte{"credential": []byte("token of Ana"), "session": ana.Proof} {
		q := o.hello(ana, o.fresh(), host, proof)
		if status, code := o.introduces(path, q); status != 200 {
			t.Fatalf("%s: %d %v", path, status, code)
		}
		if status, code := o.introduces(path, q); status != 401 || code != wire.Replayed {
			t.Errorf("the same %s again: %d %v", path, status, code)
		}
		nonce, _, err := q.parts()
		if err != nil {
			t.Fatal(err)
		}
		for other, proof := range map[string][]byte{"credential": []byte("token of Ana"), "session": ana.Proof} {
			if status, code := o.introduces(other, o.hello(ana, nonce, host, proof)); status != 401 || code != wire.Replayed {
				t.Errorf("the nonce of a %s for another %s: %d %v", path, other, status, code)
			}
		}
	}
}

func TestWrongProofUsesUpNobodysNonce(t *testing.T) {
	o := newOffice(t, nil)
	ana, mallory := o.person(wire.Agent), o.person(wire.Agent)
	nonce := o.fresh()
	for name, tc := range map[string]struct {
		path string
		who  *authoritytest.Person
		says string
		want wire.Code
	}{
		"a bad login by another": {"credential", mallory, "token of Mallory", wire.BadCredential},
		"no credential":          {"session", mallory, "token of Mallory", wire.BadCredential},
		"a login for no queue":   {"credential", mallory, "token of Eve", wire.BadCredential},
		"a bad login of hers":    {"credential", ana, "token of Mallory", wire.BadCredential},
	} {
		for range 2 { // and again, the same hello
			if _, code := o.introduces(tc.path, o.hello(tc.who, nonce, host, []byte(tc.says))); code != tc.want {
				t.Errorf("%s: %v, want %v", name, code, tc.want)
			}
		}
	}
	if status, code := o.introduces("credential", o.hello(ana, nonce, host, []byte("token of Ana"))); status != 200 {
		t.Errorf("a good proof after all those: %d %v", status, code)
	}
	if _, code := o.introduces("credential", o.hello(mallory, nonce, host, []byte("token of Mallory"))); code != wire.BadCredential {
		t.Errorf("a bad one after that: %v", code)
	}
}

func TestOfManyAtOnceOneUsesTheNonce(t *testing.T) {
	o := newOffice(t, nil)
	const n = 8
	ana := o.person(wire.Agent)
	nonce := o.fresh()
	hellos := make([]introduction, n)
	for i := range hellos {
		who := ana
		if i%2 == 1 {
			who = o.person(wire.Agent)
		}
		hellos[i] = o.hello(who, nonce, host, []byte("token of Ana"))
	}
	var statuses [n]int
	var codes [n]wire.Code
	var all sync.WaitGroup
	start := make(chan struct{})
	for i, q := range hellos {
		all.Go(func() { <-start; statuses[i], codes[i] = o.introduces("credential", q) })
	}
	close(start)
	all.Wait()
	won := 0
	for i := range hellos {
		switch {
		case statuses[i] == 200:
			won++
		case statuses[i] != 401 || codes[i] != wire.Replayed:
			t.Errorf("%d: %d %v", i, statuses[i], codes[i])
		}
	}
	if won != 1 {
		t.Errorf("%d of %d used one nonce", won, n)
	}
}

func TestUsedNoncesAreBoundedAndForgottenWhenTheyEnd(t *testing.T) {
	n := newNonces()
	now := time.Now()
	var some [3][32]byte
	for i := range some {
		some[i] = n.issue(now)
	}
	if err := n.use(some[0], now); err != nil {
		t.Fatal(err)
	}
	for i := 0; len(n.used) < maxUsed; i++ {
		n.used[[32]byte{0, 0, 0, byte(i), byte(i >> 8), byte(i >> 16)}] = now.Add(time.Second)
	}
	if err := n.use(some[1], now); err != wire.RateLimited {
		t.Errorf("one too many: %v", err)
	}
	if err := n.use(some[1], now.Add(time.Second)); err != nil || len(n.used) != 2 {
		t.Errorf("when they have ended: %v, %d are left", err, len(n.used))
	}
	if err := n.use(some[0], now.Add(time.Second)); err != wire.Replayed {
		t.Errorf("one that has not ended: %v", err)
	}
}
