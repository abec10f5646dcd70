package e2etest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// What the pages say.
const (
	rejoining = "has asked to be let in again"
	missed    = "Messages sent while this device was locked out cannot be read on it"
	letIn     = "This device was let in again"
	doubtful  = "did not prove genuine"
	split     = "were shown different conversations"
)

// A page of the demo's origin on which no end is at work.
const quiet = "/demo/config.json"

// profile is a page script that copies what the browser stores for a role into
// a database beside it, or back; the keys that it may use but not read too.
const profile = `(async (role, from, to) => {
	const tables = ["meta", "state", "outbox", "history"];
	const done = (r) => new Promise((resolve, reject) => { r.onsuccess = () => resolve(r.result); r.onerror = () => reject(r.error) });
	const open = (name) => new Promise((resolve, reject) => {
		const r = indexedDB.open(name, 1);
		r.onupgradeneeded = () => tables.forEach((t) => r.result.createObjectStore(t));
		r.onsuccess = () => resolve(r.result);
		r.onerror = r.onblocked = () => reject(new Error("cannot open " + name));
	});
	const name = (await indexedDB.databases()).map((d) => d.name).find((n) => n.startsWith("sealwire:") && n.includes(":" + role));
	const [a, b] = [await open(from || name), await open(to || name)];
	let count = 0;
	for (const t of tables) {
		const store = a.transaction(t).objectStore(t);
		const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
		const tx = b.transaction(t, "readwrite");
		tx.objectStore(t).clear();
		keys.forEach((k, i) => tx.objectStore(t).put(values[i], k));
		await new Promise((resolve, reject) => { tx.oncomplete = resolve; tx.onabort = () => reject(tx.error) });
		count += keys.length;
	}
	a.close(); b.close();
	return count;
})`

// keep copies a role's profile aside; the person's page is one without an end
// afterwards. restore puts it back: the device is as it was then.
func keep(t *testing.T, d *harness.Demo, p *harness.Person, role string) {
	t.Helper()
	copyProfile(t, d, p, fmt.Sprintf("%s(%q, '', 'kept')", profile, role))
}

func restore(t *testing.T, d *harness.Demo, p *harness.Person, role string) {
	t.Helper()
	copyProfile(t, d, p, fmt.Sprintf("%s(%q, 'kept', '')", profile, role))
}

func copyProfile(t *testing.T, d *harness.Demo, p *harness.Person, script string) {
	t.Helper()
	p.Open(d.URL + quiet)
	if n := harness.Eval[int](p, script); n < 5 {
		t.Fatalf("only %d values were stored", n)
	}
}

// The agent's browser comes back from a backup: it meets its own commit
// without the secret, asks, is answered by the customer's page, and both talk
// again. What it missed is one line, never a text.
func TestAgentWhoseProfileWasRestoredIsLetInAgain(t *testing.T) {
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	keep(t, d, agent, "agent")
	agent.Open(d.URL + anasDesk)
	agent.Say("said before the backup came back")
	customer.AwaitText(harness.Conversation, "said before the backup came back")
	restore(t, d, agent, "agent")
	customer.Say("said while the desk was closed")
	customer.AwaitText(harness.Conversation, "said while the desk was closed")

	agent.Open(d.URL + anasDesk)
	agent.AwaitText(harness.Conversation, letIn)
	customer.AwaitText(harness.Conversation, "Ana's device was let in again")
	exchange(t, customer, agent, "and can you read this?", "yes, again")
	for _, p := range []*harness.Person{customer, agent} {
		awaitOnce(t, p, "good morning", "how can I help?", "and can you read this?", "yes, again")
	}
	awaitOnce(t, agent, missed, letIn)
	for _, gone := range []string{"said before the backup came back", "said while the desk was closed"} {
		if saw := agent.PageText(); strings.Contains(saw, gone) {
			t.Errorf("the agent reads what its device has no key for: %s", saw)
		}
	}
	agent.Reload()
	agent.AwaitText(harness.Conversation, "yes, again")
	awaitOnce(t, agent, missed, letIn)
}

// The same for a customer's browser, with nobody at the desk at first and a
// relay that dies meanwhile: it waits, and says why nothing can be written.
func TestCustomerIsLetInAgainOverARelayThatDies(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	armAxe(t, customer, agent)
	keep(t, d, customer, "customer")
	customer.Open(d.URL + "/site#chat")
	customer.Say("said before the backup came back")
	agent.AwaitText(harness.Conversation, "said before the backup came back")
	agent.Open(d.URL + quiet)
	restore(t, d, customer, "customer")

	customer.Open(d.URL + "/site#chat")
	customer.AwaitPage(rejoining)
	if customer.Enabled(harness.Send) {
		t.Error("a message can be sent without keys")
	}
	wantAccessible(t, customer, "rejoining")
	d.Kill()
	customer.AwaitPage("reconnecting")
	d.Start()
	customer.AwaitPage(rejoining)
	agent.Open(d.URL + anasDesk)
	customer.AwaitText(harness.Conversation, letIn)
	agent.AwaitText(harness.Conversation, "device was let in again")
	exchange(t, customer, agent, "are we both here?", "we are")
	awaitOnce(t, customer, "good morning", "how can I help?", letIn, "are we both here?", "we are")
	awaitOnce(t, agent, "said before the backup came back", "are we both here?", "we are")
	wantAccessible(t, customer, "let in again")
	wantAccessible(t, agent, "desk, whose customer was let in again")
}

// What was written before the device knew that its keys are gone is kept, and
// sent once it is let in again.
func TestWhatWaitsWithoutKeysIsSentOnce(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	var mu sync.Mutex
	silent := false
	hush := func(yes bool) { mu.Lock(); silent = yes; mu.Unlock() }
	w.Frame = func(f harness.Frame) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		if silent {
			return nil
		}
		return [][]byte{f.Data}
	}
	customer, agent := customerAt(t, d, nil), agentAt(t, d, w)
	exchange(t, customer, agent, "good morning", "how can I help?")
	keep(t, d, agent, "agent")
	agent.Open(d.URL + anasDesk)
	agent.Say("said before the backup came back")
	customer.AwaitText(harness.Conversation, "said before the backup came back")
	restore(t, d, agent, "agent")

	hush(true)
	agent.Open(d.URL + anasDesk)
	agent.Say("written before the desk knew")
	agent.AwaitText(harness.Conversation, "Queued, kept on this device")
	hush(false)
	w.Cut()
	w.Mend()
	agent.AwaitText(harness.Conversation, letIn)
	customer.AwaitText(harness.Conversation, "written before the desk knew")
	exchange(t, customer, agent, "heard", "fine")
	for _, p := range []*harness.Person{customer, agent} {
		awaitOnce(t, p, "good morning", "how can I help?", "written before the desk knew", "heard", "fine")
	}
}

// garble gives a stored message another log hash in its header: it no longer
// opens, and tells of another log.
func garble(entry []byte) []byte {
	const seenHash = 2 + 16 + 8 + 16 + 16 + 8 + 1 + 8
	out := bytes.Clone(entry)
	out[seenHash] ^= 1
	return out
}

func isMessage(entry []byte) bool {
	e, err := wire.DecodeEntry(entry)
	return err == nil && e.Kind == wire.KindMessage
}

// A message that does not open and tells of another log pauses, in words, and
// names whose it is; the next true one of that member proves that there are
// two logs, and that stops for good.
func TestDoubtPausesAndProofStops(t *testing.T) {
	long(t)
	for _, row := range []struct{ name, path, other string }{
		{"the widget", "/site#chat", "Ana"},
		{"the desk", "/desk", "Customer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := harness.StartDemo(t)
			w := harness.NewWire(t)
			var mu sync.Mutex
			armed, last := false, uint64(0)
			w.Frame = down(func(f relay.Entry) []relay.Body {
				mu.Lock()
				defer mu.Unlock()
				if armed && f.Sequence > last && isMessage(f.Entry) { // not one that is only shown again
					armed, f.Entry = false, garble(f.Entry)
				}
				last = max(last, f.Sequence)
				return []relay.Body{f}
			})
			var customer, agent, deceived, other *harness.Person
			if row.path == "/desk" {
				agent, customer = agentAt(t, d, w), customerAt(t, d, nil)
				deceived, other = agent, customer
			} else {
				agent, customer = agentAt(t, d, nil), customerAt(t, d, w)
				deceived, other = customer, agent
			}
			exchange(t, customer, agent, "good morning", "how can I help?")
			armAxe(t, deceived)
			deceived.Reload()
			deceived.AwaitText(harness.Conversation, "how can I help?")

			mu.Lock()
			armed = true
			mu.Unlock()
			other.Say("changed on its way")
			deceived.AwaitPage(doubtful)
			deceived.AwaitPage("Paused until " + row.other)
			if saw := deceived.PageText(); strings.Contains(saw, "changed on its way") {
				t.Errorf("in doubt the page says: %s", saw)
			}
			if deceived.Enabled(harness.Send) {
				t.Error("a message can be sent in doubt")
			}
			wantAccessible(t, deceived, "doubtful")
			other.Say("and the next one is true")
			deceived.AwaitPage(split)
			deceived.AwaitPage("Please tell " + row.other)
			if saw := deceived.PageText(); strings.Contains(saw, "and the next one is true") {
				t.Errorf("the page says of a proven fork: %s", saw)
			}
			if deceived.Enabled(harness.Send) {
				t.Error("a message can be sent in a conversation that is split")
			}
			wantAccessible(t, deceived, "forked")
		})
	}
}

// Garbage in the log in somebody's name is no fork: its owner commits by
// itself, and everybody goes on.
func TestGarbageInSomebodysNameHeals(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	w := harness.NewWire(t)
	var mu sync.Mutex
	armed := false
	w.Frame = func(f harness.Frame) [][]byte {
		_, body, err := relay.DecodeFrame(f.Data)
		a, ok := body.(relay.Append)
		mu.Lock()
		defer mu.Unlock()
		if !f.Up || err != nil || !ok || !armed || !isMessage(a.Entry) {
			return [][]byte{f.Data}
		}
		armed = false
		a.Entry = garble(a.Entry)
		return [][]byte{relay.EncodeFrame(1<<31, a), f.Data}
	}
	agent, customer := agentAt(t, d, nil), customerAt(t, d, w)
	exchange(t, customer, agent, "good morning", "how can I help?")
	mu.Lock()
	armed = true
	mu.Unlock()
	exchange(t, customer, agent, "there is garbage before this", "I see none of it")
	exchange(t, customer, agent, "and now?", "as ever")
	for _, p := range []*harness.Person{customer, agent} {
		awaitOnce(t, p, "there is garbage before this", "I see none of it", "and now?", "as ever")
		p.AwaitPage("end-to-end encrypted with")
	}
	if mu.Lock(); armed {
		t.Error("no garbage was put into the log")
	}
	mu.Unlock()
}

// P16: a customer who cleared their browser is somebody else in another
// conversation, for the agent to see; the old one's texts are shown to nobody.
func TestP16_AClearedBrowserIsAnotherCustomer(t *testing.T) {
	long(t)
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	customer.Open(d.URL + quiet)
	if !harness.Eval[bool](customer, `(async () => {
		for (const { name } of await indexedDB.databases()) await new Promise((resolve, reject) => {
			const r = indexedDB.deleteDatabase(name);
			r.onsuccess = resolve;
			r.onerror = r.onblocked = reject;
		});
		return true;
	})()`) {
		t.Fatal("not cleared")
	}
	customer.Open(d.URL + "/site#chat")
	customer.AwaitPage("write to us in private")
	customer.Say("it is me again")
	agent.AwaitPage("it is me again")
	customer.AwaitPage("end-to-end encrypted with")
	if saw := customer.PageText(); strings.Contains(saw, "good morning") || strings.Contains(saw, "how can I help?") {
		t.Errorf("the cleared browser shows what was said before: %s", saw)
	}
	harness.Eventually(t, "the desk to list two customers by two names", func() (bool, string) {
		names := harness.Eval[[]string](agent, `[...document.querySelectorAll(".desk-line-name")].map((e) => e.textContent)`)
		return len(names) == 2 && names[0] != names[1], fmt.Sprint(names)
	})
	agent.AwaitText(harness.Conversation, "it is me again") // what was taken is open
	if saw := agent.Read(harness.Conversation); strings.Contains(saw, "good morning") {
		t.Errorf("the new conversation shows what was said in the old one: %s", saw)
	}
}

// armAxe makes axe-core known to what the persons load from now on.
func armAxe(t *testing.T, persons ...*harness.Person) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(harness.Root(), "js", "node_modules", "axe-core", "axe.js"))
	if err != nil {
		t.Fatalf("%v (run npm ci in js)", err)
	}
	for _, p := range persons {
		p.BeforeLoad(string(source))
	}
}
