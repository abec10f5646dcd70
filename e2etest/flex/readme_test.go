package flex

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// The README's plugin, word for word, with what npm would find for its names.
// There is no authority at its address, so it has no key: it must hold back.
func TestReadmePluginGuardsFromTheFirstMoment(t *testing.T) {
	s := newStage(t)
	names := regexp.MustCompile(`from "sealwire([^"]*)"`)
	paths := map[string]string{"": "/js/index.js", "/agent/flex": "/js/agent/flex/index.js", "/transports": "/js/client/transports/index.js", "/transports/twilio": "/js/client/transports/twilio.js"}
	script := names.ReplaceAllFunc(readmePlugin(t), func(from []byte) []byte {
		at, ok := paths[string(names.FindSubmatch(from)[1])]
		if !ok {
			t.Errorf("%s is not known here", from)
		}
		return []byte(`from "` + at + `"`)
	})
	company, err := NewCompany()
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(bundle)
	if err != nil {
		t.Fatal(err)
	}
	site := Site(s.Cloud, company, path)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readme.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
			return
		}
		site.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	agent := s.agent("sids=" + sid + "&plugin=none")
	agent.Forgive()
	harness.Eval[bool](agent, `Promise.all([import("/readme.js"), fetch("/company").then((r) => r.json())]).then(([{ encrypt }, { orgKey }]) => {
		desk.manager.conversationsClient ?? Object.defineProperty(desk.manager, "conversationsClient", { value: desk.line, configurable: true });
		encrypt(Flex, desk.manager, { files: "/js", orgKey, authority: { url: location.origin, login: () => "none" }, isSealed: ({ sid }) => sid.startsWith("CHsealed") || undefined });
		return true;
	})`)
	answer(agent, secret)
	harness.Eventually(t, "the text back in the box", func() (bool, string) { return agent.Value(box) == secret, agent.Value(box) })
	s.clean(secret)
}
