package flex

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

const bundle = "../../.build/flex/flex.js"

var (
	browser *harness.Browser
	// shared is where all tests' pages have the bundle from, and where persons
	// rest between tests: a browser compiles 18 MB anew for each other address.
	shared *httptest.Server
)

func TestMain(m *testing.M) {
	if os.Getenv("SEALWIRE_FLEX") == "" {
		fmt.Println("the real Flex UI is tested by make flex")
		os.Exit(m.Run())
	}
	b, err := harness.StartBrowser()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	browser = b
	shared = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/flex.js" {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html><link rel="icon" href="data:,">`))
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "max-age=3600")
		http.ServeFile(w, r, bundle)
	}))
	code := m.Run()
	b.Close()
	shared.Close()
	os.Exit(code)
}

// stage is a cloud, and the pages at an address.
type stage struct {
	*Cloud
	t   *testing.T
	url string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	if browser == nil {
		t.Skip("runs with make flex")
	}
	cloud := NewCloud()
	company, err := NewCompany()
	if err != nil {
		t.Fatal(err)
	}
	index, err := pages.ReadFile("page/index.html")
	if err != nil {
		t.Fatal(err)
	}
	index = bytes.Replace(index, []byte(`src="/flex.js"`), []byte(`crossorigin src="`+shared.URL+`/flex.js"`), 1)
	site := Site(cloud, company, bundle)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write(index)
			return
		}
		site.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return &stage{Cloud: cloud, t: t, url: srv.URL}
}

// person is whoever has that name in all tests, one after the other.
func (s *stage) person(name string) *harness.Person {
	s.t.Helper()
	return browser.Regular(s.t, name, shared.URL)
}

// agent opens Flex with some conversations; the first is on the screen.
func (s *stage) agent(query string) *harness.Person {
	s.t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		s.t.Fatal(err)
	}
	p := s.person(cmp.Or(values.Get("identity"), "agent"))
	p.Open(s.url + "/?" + query)
	harness.Eventually(s.t, "Flex", func() (bool, string) { return harness.Eval[bool](p, "globalThis.ready === true"), p.Console() })
	return p
}

// box is where an agent writes in Flex, send the button beside it.
var (
	box  = harness.Thing{Role: "textbox", Name: "Type Message"}
	send = harness.Thing{Role: "button", Name: "Send Message"}
)

func TestRealUISendsWhatIsTyped(t *testing.T) {
	s := newStage(t)
	s.Post("CHplain", "whatsapp:+15550100", "Hi from a phone")
	p := s.agent("sids=CHplain")
	p.AwaitPage("Hi from a phone")
	p.Write(box, "in the clear, as ever")
	p.Click(send)
	harness.Eventually(t, "the message", func() (bool, string) {
		all := strings.Join(s.Bodies("CHplain"), "\n")
		return strings.Contains(all, "in the clear, as ever"), all
	})
}
