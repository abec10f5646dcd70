package e2etest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/server/token"
)

// snippets are the README's fences by their info string, such as "js node". A
// fence of a kind that no test here runs is an error.
func snippets(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, m := range regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = append(found[m[1]], m[2])
	}
	// "js flex" is run by e2etest/flex.
	known := []string{"sh", "html site", "js site", "js backend", "js node", "js browser", "js agent", "js transport", "js flex", "csp", "sh operator"}
	for kind := range found {
		if !slices.Contains(known, kind) {
			t.Errorf("the README has a snippet %q that nothing runs", kind)
		}
	}
	for _, kind := range known {
		if len(found[kind]) == 0 {
			t.Errorf("the README has no snippet %q", kind)
		}
	}
	return found
}

// one is the only snippet of a kind.
func one(t *testing.T, kind string) string {
	t.Helper()
	s := snippets(t)[kind]
	if len(s) != 1 {
		t.Fatalf("%d snippets %q, want one", len(s), kind)
	}
	return s[0]
}

func TestReadmeCommandsAreMakeTargets(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(harness.Root(), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range snippets(t)["sh"] {
		for line := range strings.Lines(s) {
			target, ok := strings.CutPrefix(strings.TrimSpace(line), "make ")
			if !ok || !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(target)+`:`).Match(makefile) {
				t.Errorf("%q is no make target", line)
			}
		}
	}
}

func TestReadmeOperatorGetsAServingRelay(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(harness.Command(t).Path, filepath.Join(dir, "sealwire")); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	script := strings.Replace(one(t, "sh operator"), "127.0.0.1:8443", addr, 1)
	script = strings.Replace(script, "\nsealwire relay ", "\nexec sealwire relay ", 1)
	cmd := exec.Command("sh", "-eu", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if answer, err := http.Get("http://" + addr + "/healthz"); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("no relay came up:\n%s", out.String())
}

func TestReadmePackageUse(t *testing.T) {
	out := node(t, one(t, "js node"))
	if out != "for Ben only\n" {
		t.Errorf("the snippet prints %q", out)
	}
}

func TestReadmeBackendTokenIsAccepted(t *testing.T) {
	const secret = "rCq7k-VwP2mZt9_Lb4XyJdH8sNf1uEoG"
	thumbprint := token.Thumbprint(bytes.Repeat([]byte{9}, 32))
	text := node(t, one(t, "js backend")+`
process.stdout.write(chatToken("`+secret+`", { id: "customer 17", name: "Bo" }, "`+thumbprint+`"));`)
	v, err := token.New(token.Config{HS256Secret: []byte(secret)})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := v.Verify(text, time.Now())
	if err != nil || claims.Subject != "customer 17" || claims.Name != "Bo" || claims.Thumbprint != thumbprint {
		t.Errorf("claims %+v, %v", claims, err)
	}
	if _, err := v.Verify(text+"A", time.Now()); err == nil {
		t.Error("an altered token is accepted")
	}
}

func TestReadmePolicyIsTheOneServed(t *testing.T) {
	d := harness.StartDemo(t)
	res, err := http.Get(d.URL + "/site")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	// The demo's pages are of their relay's origin, which 'self' names already.
	text, found := strings.CutSuffix(policy(one(t, "csp"))["connect-src"], " https://relay.example.com")
	if !found {
		t.Error("the README's connect-src does not allow the relay's files")
	}
	want := policy(strings.ReplaceAll(one(t, "csp"), "wss://relay.example.com", "ws://"+d.Addr()))
	want["connect-src"] = strings.ReplaceAll(text, "wss://relay.example.com", "ws://"+d.Addr())
	got := policy(res.Header.Get("Content-Security-Policy"))
	for name, value := range want {
		if got[name] != value {
			t.Errorf("the README says %s %q, the demo %q", name, value, got[name])
		}
	}
}

// policy takes a Content Security Policy apart.
func policy(text string) map[string]string {
	parts := map[string]string{}
	for p := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), " ")
		parts[name] = value
	}
	return parts
}

// The snippet for a site's page and its chat.js are put in the place of the
// demo's own page, and a conversation goes through them.
func TestReadmeSiteSnippet(t *testing.T) {
	page := "<!doctype html><title>Readme</title>" + one(t, "html site")
	script := strings.ReplaceAll(one(t, "js site"), "/chat-token", "/demo/token")
	d := harness.StartDemo(t)
	root, relay, _ := d.Config(t)
	page = strings.ReplaceAll(page, "wss://relay.example.com/v1/connect", relay)
	page = strings.ReplaceAll(page, "YOUR-ORG-KEY", base64url(root[:]))
	if strings.Contains(page, "example.com") {
		t.Fatal("the snippet names a relay that the test does not replace")
	}
	agent := agentAt(t, d, nil)
	customer := browser.Person(t, "customer", serving(t, map[string]string{"/site": page, "/chat.js": script}))
	customer.Open(d.URL + "/site")
	customer.Click(harness.Thing{Role: "button", Name: "Open chat"})
	exchange(t, customer, agent, "from the page in the README", "it works")
}

func TestReadmeClientSnippet(t *testing.T) {
	script := `
const { relay, orgKey } = await (await fetch("/demo/config.json")).json();
const identityToken = async ({ thumbprint }) => (await (await fetch("/demo/token", {
	method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ thumbprint }) })).json()).token;
` + one(t, "js browser")
	d := harness.StartDemo(t)
	agent := agentAt(t, d, nil)
	customer := browser.Person(t, "customer", serving(t, map[string]string{
		"/site": `<!doctype html><title>Readme</title><script type="module" src="/readme.js"></script>`, "/readme.js": script}))
	customer.Open(d.URL + "/site")
	awaitOnce(t, agent, "Hello, is anybody there?")
	agent.Say("yes")
	harness.Eventually(t, "the snippet to print the answer", func() (bool, string) {
		said := customer.Console()
		return strings.Contains(said, "agent: yes") && strings.Contains(said, "me (sent):"), said
	})
}

// The agent kit takes what waits, reads it and answers, without a desk.
func TestReadmeAgentSnippet(t *testing.T) {
	script := `
const { relay, orgKey, authority: url } = await (await fetch("/demo/config.json")).json();
const login = async () => (await (await fetch("/demo/login", {
	method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "Ana" }) })).json()).token;
const employee = "4711";
` + one(t, "js agent") + "\nglobalThis.kit = kit;"
	d := harness.StartDemo(t)
	agent := browser.Person(t, "agent", serving(t, map[string]string{
		"/desk": `<!doctype html><title>Readme</title><script type="module" src="/readme.js"></script>`, "/readme.js": script}))
	agent.Open(d.URL + "/desk")
	customer := customerAt(t, d, nil)
	customer.Say("is this the kit?")
	said := func(text string) {
		harness.Eventually(t, "the snippet to print "+text, func() (bool, string) {
			return strings.Contains(agent.Console(), text), agent.Console()
		})
	}
	said("Waits since")
	_ = harness.Eval[bool](agent, `(async () => { const id = await kit.take(kit.view.queue.lines[0].id); return id !== undefined; })()`)
	said("End-to-end encrypted with")
	said("is this the kit?")
	_ = harness.Eval[bool](agent, `(async () => { await kit.send(kit.view.conversations[0].id, "it is"); return true; })()`)
	customer.AwaitText(harness.Conversation, "it is")
}

// serving is a wire that answers for these paths itself; the policy of the
// page in whose place it stands stays.
func serving(t *testing.T, files map[string]string) *harness.Wire {
	w := harness.NewWire(t)
	w.Response = func(res *http.Response) error {
		text, ok := files[res.Request.URL.Path]
		if !ok {
			return nil
		}
		res.StatusCode, res.Status = http.StatusOK, "200 OK"
		if strings.HasSuffix(res.Request.URL.Path, ".js") {
			res.Header.Set("Content-Type", "text/javascript")
		}
		res.Header.Del("Content-Encoding")
		return harness.AlterBody(res, func([]byte) []byte { return []byte(text) })
	}
	return w
}

// node runs a module in Node, with the package installed as npm would.
func node(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "node_modules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(harness.Root(), "js"), filepath.Join(dir, "node_modules", "sealwire")); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "snippet.mjs")
	if err := os.WriteFile(name, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", name)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = io.Writer(&said)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v: %s", err, &said)
	}
	return string(out)
}
