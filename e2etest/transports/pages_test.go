package transports

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

func TestTwoPagesOverThePlatform(t *testing.T) {
	p := newPlatform(t)
	ana, customer := p.open("Ana", "agent"), p.open("customer", "customer")
	customer.Say("my passport number is C01X00T47")
	ana.AwaitText(harness.Conversation, "customer: my passport number is C01X00T47")
	ana.Say("thank you, and your birthday?")
	customer.AwaitText(harness.Conversation, "Ana: thank you, and your birthday?")
	inWorker(t, customer)
	inWorker(t, ana)

	content := make([]byte, 1_300_000)
	_, _ = rand.Read(content)
	path := filepath.Join(t.TempDir(), "passport-scan.bin")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	customer.Choose(path)
	ana.Click(harness.Thing{Role: "button", Name: "Save passport-scan.bin"})
	sum := sha256.Sum256(content)
	ana.AwaitText(harness.Conversation, "saved: "+hex.EncodeToString(sum[:]))

	for _, person := range []*harness.Person{customer, ana} {
		person.Reload()
		p.online(person)
		for _, text := range []string{"my passport number is C01X00T47", "thank you, and your birthday?", "passport-scan.bin"} {
			person.AwaitText(harness.Conversation, text)
		}
	}
	customer.Say("the third of October")
	ana.AwaitText(harness.Conversation, "customer: the third of October")

	ben := p.open("Ben", "agent")
	ana.Click(harness.Thing{Role: "button", Name: "Hand over to Ben"})
	ben.AwaitText(harness.Conversation, "customer: my passport number is C01X00T47")
	ana.AwaitPage("left:")
	customer.AwaitPage("secured: Ben, customer")
	ben.Say("good day, I am Ben")
	customer.AwaitText(harness.Conversation, "Ben: good day, I am Ben")
	customer.Reload()
	p.online(customer)
	customer.Say("good day")
	ben.AwaitText(harness.Conversation, "customer: good day")
	if text := ana.Read(harness.Conversation); strings.Contains(text, "I am Ben") {
		t.Error("Ana reads on after she handed it over:", text)
	}
	for _, person := range []*harness.Person{customer, ben} {
		for _, text := range []string{"my passport number is C01X00T47", "the third of October", "good day, I am Ben"} {
			if n := strings.Count(person.Read(harness.Conversation), text); n != 1 {
				t.Errorf("%s reads %q %d times", person.Name, text, n)
			}
		}
	}
	p.told([]string{"customer", "Ana", "Ben"}, "my passport number is C01X00T47", "your birthday", "third of October", "I am Ben", "passport-scan", string(content[:48]), string(content[1_299_000:1_299_048]))
}

func TestThePlatformAlonePutsAnotherAgentThere(t *testing.T) {
	if testing.Short() {
		t.Skip("runs with make e2e")
	}
	p := newPlatform(t)
	ana, customer := p.open("Ana", "agent"), p.open("customer", "customer")
	customer.Say("is anybody there?")
	ana.AwaitText(harness.Conversation, "customer: is anybody there?")
	ana.CloseTab()
	ben := p.open("Ben", "agent")
	customer.Click(harness.Thing{Role: "button", Name: "Go on with Ben"})
	customer.Say("I was with Ana before")
	ben.AwaitText(harness.Conversation, "customer: I was with Ana before")
	ben.Say("I go on")
	customer.AwaitText(harness.Conversation, "Ben: I go on")
	customer.AwaitPage("secured: Ben, customer")
	if text := ben.Read(harness.Conversation); strings.Contains(text, "is anybody there?") {
		t.Error("Ben reads what was sealed for Ana:", text)
	}
	p.told([]string{"customer", "Ana", "Ben"}, "is anybody there?", "with Ana before", "I go on!")
}

// inWorker wants the core to run in a worker, and its keys in IndexedDB.
func inWorker(t *testing.T, person *harness.Person) {
	t.Helper()
	seen := harness.Eval[string](person, `(async () => {
		const worker = performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/js/client/worker.js"));
		const kept = (await indexedDB.databases()).some(({ name }) => name.startsWith("sealwire:"));
		return worker + " " + kept;
	})()`)
	if seen != fmt.Sprint(true, true) {
		t.Errorf("%s: worker, IndexedDB: %s", person.Name, seen)
	}
}
