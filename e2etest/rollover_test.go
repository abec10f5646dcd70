package e2etest

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/authority"
)

// issuerOf is the public key of the company's issuer of now.
func issuerOf(t *testing.T, dir string) string {
	t.Helper()
	org, err := authority.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(org.Manifest.Issuers[0].Key)
}

// goesOn wants that what a customer writes reaches an agent's page, which takes
// the conversation anew if that is what has become of it.
func goesOn(t *testing.T, customer, agent *harness.Person, text string) {
	t.Helper()
	customer.Say(text)
	harness.Eventually(t, agent.Name+" to read "+text, func() (bool, string) {
		takesWhatWaits(agent)
		return strings.Contains(agent.Read(harness.Conversation), text), agent.PageText()
	})
	agent.Say("yes: " + text)
	customer.AwaitText(harness.Conversation, "yes: "+text)
}

// The issuer's key is replaced while people talk, in the steps that the command
// names: nothing is lost, whoever is there gets a new credential by itself, and an
// agent who is away under the withdrawn one is taken out by the customer's page
// when that connects next.
func TestTheIssuerIsReplacedWhilePeopleTalk(t *testing.T) {
	long(t)
	i := harness.Install(t)
	customer, ana := customerAt(t, i.Demo, nil), deskAt(t, i.Demo, "Ana", nil)
	customer.Say("hello")
	takes(t, ana, "hello")
	exchange(t, customer, ana, "under the first issuer", "so it is")
	away, idle := browser.Person(t, "another customer", nil), deskAt(t, i.Demo, "Ben", nil)
	away.Open(i.URL + "/site#chat")
	away.Say("are you there, Ben?")
	takes(t, idle, "are you there, Ben?")
	exchange(t, away, idle, "good", "one moment")
	idle.CloseTab()

	old := issuerOf(t, i.Company)
	next := strings.TrimSpace(harness.Run(t, "org", "issuer", i.Company))
	harness.Run(t, "org", "manifest", "-add-issuer", next, i.Company)
	i.Reload()
	exchange(t, customer, ana, "under both", "so it is, too")
	harness.Run(t, "org", "manifest", "-drop-issuer", old, i.Company)
	i.Reload()
	goesOn(t, customer, ana, "under the next")
	awaitOnce(t, customer, "hello", "under the first issuer", "so it is, too", "yes: under the next")

	away.Reload() // the newest manifest comes with a connection
	away.AwaitText(harness.Conversation, "one moment")
	away.Say("Ben?")
	away.AwaitPage(waits)
	takes(t, ana, "Ben?")
	exchange(t, away, ana, "or anybody else?", "Ana")
	wantUnread(t, ana, "one moment")
}

// The root key is replaced: pages pin both, then the next one signs, and those that
// are open go on as those that come do. Nobody acts under an older manifest than
// they have seen.
func TestTheRootIsReplacedAndAnOlderManifestIsRefused(t *testing.T) {
	i := harness.Install(t)
	manifest := filepath.Join(i.Company, authority.ManifestFile)
	first, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	customer, ana := customerAt(t, i.Demo, nil), deskAt(t, i.Demo, "Ana", nil)
	customer.Say("hello")
	takes(t, ana, "hello")
	exchange(t, customer, ana, "under the first root", "so it is")

	org, err := authority.Load(i.Company)
	if err != nil {
		t.Fatal(err)
	}
	current, next := org.OrgKey(), strings.TrimSpace(harness.Run(t, "org", "root", i.Company))
	i.Pin(current, next)
	i.StartRelay(manifest, current, next)
	i.StartAuthority() // which roots there are it asks at its start
	for _, p := range []*harness.Person{customer, ana} {
		p.Reload()
		p.AwaitText(harness.Conversation, "under the first root")
	}
	exchange(t, customer, ana, "both are pinned", "so they are")
	harness.Run(t, "org", "manifest", "-next-root", i.Company)
	i.Reload()
	customer.Reload() // the newest manifest comes with a connection
	goesOn(t, customer, ana, "under the next root")
	newcomer := browser.Person(t, "newcomer", nil)
	newcomer.Open(i.URL + "/site#chat")
	goesOn(t, newcomer, ana, "I never saw the first root sign")

	older := filepath.Join(i.Dir, "older")
	if err := os.WriteFile(older, first, 0o600); err != nil {
		t.Fatal(err)
	}
	i.ForgetRelay()
	i.StartRelay(older, current, next)
	for _, p := range []*harness.Person{customer, newcomer, ana} {
		p.AwaitPage(refused, "older list of who may answer")
		if p.Sees(harness.Send) && p.Enabled(harness.Send) {
			t.Errorf("%s may send under an older manifest", p.Name)
		}
	}
}
