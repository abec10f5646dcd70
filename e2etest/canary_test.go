package e2etest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// What people wrote is nowhere in what the relay stores, writes or holds, in
// no form that text can take. The demo's process is also site and authority.
func TestCanariesAreNowhereInTheRelay(t *testing.T) {
	d := harness.StartDemo(t)
	agent, customer := agentAt(t, d, nil), customerAt(t, d, nil)
	texts := []string{
		"canary of the customer: the vault opens at 04:17",
		"canary of the agent: ask for Mr Quillfeather",
		"canary kept while offline: zwölf Boxkämpfer jagen Viktor",
	}
	exchange(t, customer, agent, texts[0], texts[1])
	d.Stop()
	customer.Say(texts[2])
	d.Start()
	agent.AwaitText(harness.Conversation, texts[2])

	// What is looked through must hold what is certainly there.
	entry := firstEntry(t, d)
	stored := false
	for name, data := range d.StateFiles() {
		stored = stored || bytes.Contains(data, entry)
		if hits := harness.Hits(data, texts...); len(hits) > 0 {
			t.Errorf("%s holds %v", name, hits)
		}
	}
	if !stored {
		t.Error("a stored entry was not found in the demo's files")
	}
	if d.Log() == "" {
		t.Error("the demo wrote no log")
	}
	if hits := harness.Hits([]byte(d.Log()), texts...); len(hits) > 0 {
		t.Errorf("the demo's log says %v", hits)
	}
	held := false
	harness.Memory(t, d.PID(), 1024, func(piece []byte) {
		held = held || bytes.Contains(piece, []byte(d.Dir))
		for _, hit := range harness.Hits(piece, texts...) {
			t.Errorf("the demo's memory holds %s", hit)
		}
	})
	if !held {
		t.Error("the demo's directory was not found in its memory")
	}
}

// The same of what is written while only the authority's inbox is in, which opens
// it to follow the log, of notes, and of what moves about the conversation; and of
// the log that relay and authority write, which says no names either.
func TestCanariesOfMovesAreNowhereInRelayAndAuthority(t *testing.T) {
	d := harness.StartDemo(t)
	texts := []string{
		"canary in the waiting room: the fox sleeps in the hedge",
		"canary while it is parked: seven geese over the weir",
		"canary of an agent: the key is under the flowerpot",
	}
	const passedOn = "canary of a note: be kind to this one"
	customer, id := begun(t, d, texts[0])
	ana, ben, cleo := d.Worker(t, "Ana"), d.Worker(t, "Ben"), d.Worker(t, "Cleo")
	ana.AwaitWaiting(id, uint64(len(customer.Log(id)))) // the inbox has read it
	ana.Claim(id)
	note, err := json.Marshal(map[string]string{"type": "note", "text": passedOn})
	if err != nil {
		t.Fatal(err)
	}
	ana.Send(note)
	ana.Transfer(id, ben.End.ID())
	ben.AwaitActive(id)
	ben.Say(texts[2])
	ben.Park(id)
	customer.Say(texts[1])
	cleo.AwaitWaiting(id, uint64(len(customer.Log(id))))
	cleo.Claim(id)
	wantHeard(t, cleo, texts[0], texts[2], texts[1])
	if _, err := cleo.Queues(0); err != nil {
		t.Fatal(err)
	}

	texts = append(texts, passedOn)
	entry, names := customer.Log(id)[0][:64], 0
	stored := map[string]bool{}
	for name, data := range d.StateFiles() {
		stored[filepath.Base(filepath.Dir(name))] = stored[filepath.Base(filepath.Dir(name))] || bytes.Contains(data, entry) || bytes.Contains(data, []byte("Cleo"))
		if hits := harness.Hits(data, texts...); len(hits) > 0 {
			t.Errorf("%s holds %v", name, hits)
		}
	}
	for _, dir := range []string{"relay", "authority"} {
		if !stored[dir] {
			t.Errorf("what is certainly kept was not found among the files of the %s: %v", dir, stored)
		}
	}
	if hits := harness.Hits([]byte(d.Log()), append(texts, "canary")...); len(hits) > 0 || regexp.MustCompile(`\b(Ana|Ben|Cleo)\b`).MatchString(d.Log()) {
		t.Errorf("the log says %v, or a name: %s", hits, d.Log())
	}
	harness.Memory(t, d.PID(), 1024, func(piece []byte) {
		if bytes.Contains(piece, []byte("Cleo")) {
			names++
		}
		for _, hit := range harness.Hits(piece, texts...) {
			t.Errorf("memory of relay and authority holds %s", hit)
		}
	})
	if names == 0 {
		t.Error("a name that the authority knows was not found in its memory")
	}
}

// firstEntry is the beginning of the first stored entry, as the demo shows it.
func firstEntry(t *testing.T, d *harness.Demo) []byte {
	t.Helper()
	res, err := http.Get(d.URL + "/demo/entries")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for line := range harness.Lines(t, res.Body) {
		data, ok := strings.CutPrefix(line, "data:")
		if !ok {
			continue
		}
		var e struct{ Base64 []byte }
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if len(e.Base64) < 64 {
			t.Fatalf("an entry of %d bytes: %s", len(e.Base64), data)
		}
		return e.Base64[:64]
	}
	t.Fatal("no entry is shown")
	return nil
}
