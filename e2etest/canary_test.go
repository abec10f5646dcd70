package e2etest

import (
	"bytes"
	"encoding/json"
	"net/http"
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
