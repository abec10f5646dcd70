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

// The widget's scripts are the page's own, as in a bundle, and where the page has
// core and worker is nothing: chat.js says that they lie on another origin, or
// gives the module's bytes and begins the worker itself. The element, which stands
// in the page already, asks for neither before that.
func TestWidgetWithItsCoreOnAnotherOrigin(t *testing.T) {
	t.Run("worker", func(t *testing.T) {
		widgetWithCore(t, `import "/js/widget/element.js";
`, `chat.module = files + "/sealwire/core/sealwire.wasm"; chat.workerURL = new URL(files + "/sealwire/client/worker.js");`)
	})
	t.Run("a worker of the page's own, and the bytes", func(t *testing.T) {
		widgetWithCore(t, "", `chat.module = await (await fetch(files + "/sealwire/core/sealwire.wasm")).arrayBuffer();
			chat.worker = () => new Worker(trustedTypes.createPolicy("sealwire", { createScriptURL: (url) => url }).createScriptURL(URL.createObjectURL(new Blob(["import " + JSON.stringify(files + "/sealwire/client/worker.js")], { type: "text/javascript" }))), { type: "module" });
			await import("/js/widget/element.js");`)
	})
}

// widgetWithCore has a conversation through a widget whose core lies where chat.js says.
func widgetWithCore(t *testing.T, first, say string) {
	t.Helper()
	files := elsewhere(t)
	d := harness.StartDemo(t)
	root, relay, _ := d.Config(t)
	agent := agentAt(t, d, nil)
	wire := serving(t, map[string]string{
		"/site":                  `<!doctype html><title>Elsewhere</title><sealwire-chat relay="` + relay + `" org-key="` + base64url(root[:]) + `"></sealwire-chat><script type="module" src="/chat.js"></script>`,
		"/js/core/sealwire.wasm": "not here",
		"/js/client/worker.js":   `throw new Error("not here");`,
		"/chat.js": first + `const files = "` + files + `", chat = document.querySelector("sealwire-chat");
` + say + strings.ReplaceAll(strings.ReplaceAll(one(t, "js site"), `const chat = document.querySelector("sealwire-chat");`, ""), "/chat-token", "/demo/token")})
	allow(wire, files, "blob: "+files)
	customer := browser.Person(t, "customer", wire)
	customer.Open(d.URL + "/site")
	customer.Click(harness.Thing{Role: "button", Name: "Open chat"})
	exchange(t, customer, agent, "from a page whose core lies elsewhere", "it works")
	if said := customer.Console(); strings.Contains(said, "<sealwire-chat>") {
		t.Errorf("on the way there: %s", said)
	}
}

// elsewhere is an origin that serves the package, to all.
func elsewhere(t *testing.T) string {
	t.Helper()
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.StripPrefix("/sealwire/", http.FileServerFS(js.Files())).ServeHTTP(w, r)
	}))
	t.Cleanup(files.Close)
	return files.URL
}

// allow puts an origin into the policy of the pages that come over a wire, and
// where their workers may come from.
func allow(wire *harness.Wire, files, workers string) {
	serve := wire.Response
	wire.Response = func(res *http.Response) error {
		if csp := res.Header.Get("Content-Security-Policy"); csp != "" {
			csp = strings.Replace(csp, "script-src 'self'", "script-src 'self' "+files, 1)
			csp = strings.Replace(csp, "connect-src 'self'", "connect-src 'self' "+files, 1)
			res.Header.Set("Content-Security-Policy", strings.Replace(csp, "worker-src 'self'", "worker-src "+workers, 1))
		}
		return serve(res)
	}
}

// fromElsewhere has a conversation through the README's snippet.
func fromElsewhere(t *testing.T, start string, workers func(files string) string) {
	t.Helper()
	files := elsewhere(t)
	script := `
const { relay, orgKey } = await (await fetch("/demo/config.json")).json();
const identityToken = async ({ thumbprint }) => (await (await fetch("/demo/token", {
	method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ thumbprint }) })).json()).token;
` + strings.NewReplacer("./js/", files+"/sealwire/", "init()", start).Replace(one(t, "js browser"))
	d := harness.StartDemo(t)
	agent := agentAt(t, d, nil)
	wire := serving(t, map[string]string{
		"/site": `<!doctype html><title>Elsewhere</title><script type="module" src="/readme.js"></script>`, "/readme.js": script})
	allow(wire, files, workers(files))
	customer := browser.Person(t, "customer", wire)
	customer.Open(d.URL + "/site")
	awaitOnce(t, agent, "Hello, is anybody there?")
	agent.Say("yes")
	harness.Eventually(t, "the answer, opened", func() (bool, string) {
		said := customer.Console()
		return strings.Contains(said, "agent: yes"), said
	})
}
