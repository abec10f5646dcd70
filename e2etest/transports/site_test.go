package transports

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/flex"
	"github.com/sealwire/sealwire/e2etest/harness"
)

//go:embed page
var pages embed.FS

var browser *harness.Browser

func TestMain(m *testing.M) {
	b, err := harness.StartBrowser()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	browser = b
	code := m.Run()
	b.Close()
	os.Exit(code)
}

// platform is a cloud, a company, and the page for both ends at an address.
type platform struct {
	*flex.Cloud
	t   *testing.T
	url string
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	company, err := flex.NewCompany()
	if err != nil {
		t.Fatal(err)
	}
	own, err := fs.Sub(pages, "page")
	if err != nil {
		t.Fatal(err)
	}
	cloud := flex.NewCloud()
	rest, policy := flex.Site(cloud, company, ""), readmePolicy(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", strings.ReplaceAll(policy, "wss://relay.example.com https://relay.example.com", "ws://"+r.Host))
		if strings.HasPrefix(r.URL.Path, "/talk.") {
			http.FileServerFS(own).ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return &platform{Cloud: cloud, t: t, url: srv.URL}
}

// readmePolicy is the Content Security Policy that the README tells.
func readmePolicy(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```csp\n(.*?)\n```").FindSubmatch(text)
	if found == nil || !strings.Contains(string(found[1]), "wss://relay.example.com https://relay.example.com") {
		t.Fatal("the README's policy is not what this test puts the platform's address into")
	}
	return string(found[1])
}

// talk is the platform's conversation.
const talk = "CHtalk"

// open has somebody open the page, and waits until it is online.
func (p *platform) open(name, role string) *harness.Person {
	p.t.Helper()
	person := browser.Person(p.t, name, nil)
	person.Open(fmt.Sprintf("%s/talk.html?identity=%s&role=%s&sid=%s", p.url, name, role, talk))
	p.online(person)
	return person
}

func (p *platform) online(person *harness.Person) {
	p.t.Helper()
	harness.Eventually(p.t, person.Name+"'s page to be online", func() (bool, string) {
		return harness.Eval[bool](person, `document.querySelector("#state")?.textContent === "online"`), person.Console()
	})
}

// told fails the test where anything of the texts left one of the browsers.
func (p *platform) told(names []string, texts ...string) {
	p.t.Helper()
	for _, name := range names {
		frames := p.Record(name)
		if len(frames) == 0 {
			p.t.Errorf("nothing is recorded of %s", name)
		}
		for _, hit := range harness.Hits([]byte(strings.Join(frames, "\n")), texts...) {
			p.t.Errorf("%s's browser sent %s", name, hit)
		}
	}
	for _, file := range p.Files() {
		for _, hit := range harness.Hits(file, texts...) {
			p.t.Errorf("a file of the platform has %s", hit)
		}
	}
}
