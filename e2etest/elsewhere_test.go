package e2etest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/js"
)

// The package lies on another origin than the page, with nothing said of where
// its worker and its module are: they are beside it. The page's policy is the
// README's, with that origin in it, and Trusted Types as there. A page that
// allows no workers at all does without.
func TestPackageFromAnotherOriginThanThePage(t *testing.T) {
	t.Run("worker", func(t *testing.T) { fromElsewhere(t, "init()", func(files string) string { return "blob: " + files }) })
	t.Run("in process", func(t *testing.T) {
		fromElsewhere(t, "init({ worker: false })", func(string) string { return "'none'" })
	})
}

// fromElsewhere has a conversation through the README's snippet.
func fromElsewhere(t *testing.T, start string, workers func(files string) string) {
	t.Helper()
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.StripPrefix("/sealwire/", http.FileServerFS(js.Files())).ServeHTTP(w, r)
	}))
	t.Cleanup(files.Close)
	script := `
const { relay, orgKey } = await (await fetch("/demo/config.json")).json();
const identityToken = async ({ thumbprint }) => (await (await fetch("/demo/token", {
	method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ thumbprint }) })).json()).token;
` + strings.NewReplacer("./js/", files.URL+"/sealwire/", "init()", start).Replace(one(t, "js browser"))
	d := harness.StartDemo(t)
	agent := agentAt(t, d, nil)
	wire := serving(t, map[string]string{
		"/site": `<!doctype html><title>Elsewhere</title><script type="module" src="/readme.js"></script>`, "/readme.js": script})
	serve := wire.Response
	wire.Response = func(res *http.Response) error {
		if csp := res.Header.Get("Content-Security-Policy"); csp != "" {
			csp = strings.Replace(csp, "script-src 'self'", "script-src 'self' "+files.URL, 1)
			csp = strings.Replace(csp, "connect-src 'self'", "connect-src 'self' "+files.URL, 1)
			res.Header.Set("Content-Security-Policy", strings.Replace(csp, "worker-src 'self'", "worker-src "+workers(files.URL), 1))
		}
		return serve(res)
	}
	customer := browser.Person(t, "customer", wire)
	customer.Open(d.URL + "/site")
	awaitOnce(t, agent, "Hello, is anybody there?")
	agent.Say("yes")
	harness.Eventually(t, "the answer, opened", func() (bool, string) {
		said := customer.Console()
		return strings.Contains(said, "agent: yes"), said
	})
}
