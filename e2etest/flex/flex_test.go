package flex

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

const bundle = "../../.build/flex/flex.js"

var browser *harness.Browser

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
	code := m.Run()
	b.Close()
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
	path, err := filepath.Abs(bundle)
	if err != nil {
		t.Fatal(err)
	}
	company, err := NewCompany()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(Site(cloud, company, path))
	t.Cleanup(srv.Close)
	return &stage{Cloud: cloud, t: t, url: srv.URL}
}

// agent opens Flex with some conversations; the first is on the screen.
func (s *stage) agent(query string) *harness.Person {
	s.t.Helper()
	p := browser.Person(s.t, "agent", nil)
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
