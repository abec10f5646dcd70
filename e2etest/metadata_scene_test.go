package e2etest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sealwire/sealwire/e2etest/harness"
	"github.com/sealwire/sealwire/js"
	"github.com/sealwire/sealwire/server/demo"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/wasm/wire"
)

// What people write, call their files and put into them in the scene.
var (
	sceneTexts = []string{"canary of the customer: the heron nests at noon", "canary of the agent: leave by the orchard", "canary of a program: the tide turns twice"}
	sceneFiles = []string{"canary-of-a-name-in-Ludlow.txt", "canary-of-another-name.txt"}
	sceneInner = "canary inside a file: nobody mends the weathervane\n"
	sceneMedia = "application/x-canary-of-a-type"
	sceneDraft = "canary that is typed and never sent"
)

// scene is conversations of a customer's page and of a program with an agent's
// desk, through the real relay, and all that the relay has of them.
type scene struct {
	d                       *harness.Demo
	customer, agent         *harness.Person
	native                  *harness.Native
	atCustomer, atAgent, at *harness.Wire   // of the native member
	reading, typing         []harness.Frame // what passed meanwhile
	stop                    func()

	mu       sync.Mutex
	log      bytes.Buffer
	requests []*http.Request // for files
}

func (s *scene) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// logged is all that the relay said, at any level.
func (s *scene) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *scene) wire(t *testing.T) *harness.Wire {
	w := harness.NewWire(t)
	w.Response = func(res *http.Response) error {
		if strings.HasPrefix(res.Request.URL.Path, "/v1/") {
			s.mu.Lock()
			s.requests = append(s.requests, res.Request)
			s.mu.Unlock()
		}
		return nil
	}
	return w
}

// sent are the bodies that went up through a wire; got those that came down.
func sent(w *harness.Wire) []relay.Body { return bodies(w.Passed(), true) }
func got(w *harness.Wire) []relay.Body  { return bodies(w.Passed(), false) }

func bodies(frames []harness.Frame, up bool) (all []relay.Body) {
	for _, f := range frames {
		if f.Up != up {
			continue
		}
		if _, body, err := relay.DecodeFrame(f.Data); err == nil {
			all = append(all, body)
		}
	}
	return all
}

func only[T relay.Body](all []relay.Body) (these []T) {
	for _, b := range all {
		if b, ok := b.(T); ok {
			these = append(these, b)
		}
	}
	return these
}

// play makes the scene. The demo runs in this process, for its whole log.
func play(t *testing.T) *scene {
	t.Helper()
	s := &scene{}
	dir := filepath.Join(t.TempDir(), "demo")
	d, err := demo.Open(t.Context(), demo.Options{Addr: "127.0.0.1:0", Dir: dir, Files: js.Files(), Logger: slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx) }()
	t.Cleanup(func() {
		s.stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		d.Close()
	})
	s.d = &harness.Demo{URL: d.URL(), Dir: dir}
	s.atCustomer, s.atAgent, s.at = s.wire(t), s.wire(t), s.wire(t)
	s.agent, s.customer = agentAt(t, s.d, s.atAgent), customerAt(t, s.d, s.atCustomer)
	exchange(t, s.customer, s.agent, sceneTexts[0], sceneTexts[1])
	s.customer.Say("and a second line of it")
	mark := len(s.atAgent.Passed())
	s.agent.AwaitText(harness.Conversation, "and a second line of it") // it is on the screen, and in front
	s.reading = s.atAgent.Passed()[mark:]
	mark = len(s.atCustomer.Passed())
	s.customer.Write(harness.Message, sceneDraft)
	s.agent.Say("are you writing something?")
	s.customer.AwaitText(harness.Conversation, "are you writing something?")
	s.typing = s.atCustomer.Passed()[mark:]

	for i, name := range sceneFiles { // both in one bucket
		s.give(t, name, strings.Repeat(sceneInner, 3000)[:140_000+i*100])
		downloads := s.agent.Downloads()
		s.agent.ClickOf(harness.Save, name)
		downloads.Await(harness.Patience, name)
	}
	s.customer.Reload() // another load of the page
	s.customer.AwaitText(harness.Conversation, "are you writing something?")
	s.customer.Say("back again")
	s.agent.AwaitText(harness.Conversation, "back again")

	s.native = s.d.Native(t, wire.Customer, s.at)
	s.native.Begin()
	s.native.Say(sceneTexts[2])
	s.agent.AwaitPage(sceneTexts[2]) // in the list: all that was granted is read again
	return s
}

// give sends a file with a name and a type of its own.
func (s *scene) give(t *testing.T, name, content string) {
	t.Helper()
	ok := harness.Eval[bool](s.customer, fmt.Sprintf(`(() => {
		const input = document.querySelector("sealwire-chat").shadowRoot.querySelector("input[type=file]");
		const data = new DataTransfer();
		data.items.add(new File([%q], %q, { type: %q }));
		input.files = data.files;
		input.dispatchEvent(new Event("change"));
		return true;
	})()`, content, name, sceneMedia))
	if !ok {
		t.Fatal("no file was chosen")
	}
	s.customer.Click(harness.Send)
}

// stored is every file of the relay, by name; the company's are not its.
func (s *scene) stored(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join(s.d.Dir, "relay"), func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all[name], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files of the relay: %v", len(all), err)
	}
	return all
}

// keeps tells whether the relay's files hold these bytes.
func (s *scene) keeps(t *testing.T, b []byte) bool {
	t.Helper()
	for _, data := range s.stored(t) {
		if bytes.Contains(data, b) {
			return true
		}
	}
	return false
}

// nowhere wants none of texts, in any form, in anything the relay was sent,
// sent, keeps or logs, but what except says is no breach.
func (s *scene) nowhere(t *testing.T, texts ...string) {
	t.Helper()
	for name, w := range map[string]*harness.Wire{"customer": s.atCustomer, "agent": s.atAgent, "native": s.at} {
		for _, f := range w.Passed() {
			if hits := harness.Hits(f.Data, texts...); len(hits) > 0 {
				t.Errorf("a frame of the %s (up: %v) holds %v", name, f.Up, hits)
			}
		}
	}
	s.mu.Lock()
	for _, r := range s.requests {
		head := &bytes.Buffer{}
		fmt.Fprintf(head, "%s %s\n", r.Method, r.URL)
		_ = r.Header.Write(head)
		if hits := harness.Hits(head.Bytes(), texts...); len(hits) > 0 {
			t.Errorf("a request says %v", hits)
		}
	}
	s.mu.Unlock()
	s.notKept(t, texts...)
	s.notLogged(t, texts...)
}

func (s *scene) notKept(t *testing.T, texts ...string) {
	t.Helper()
	for name, data := range s.stored(t) {
		if hits := harness.Hits(data, texts...); len(hits) > 0 {
			t.Errorf("%s holds %v", filepath.Base(name), hits)
		}
	}
}

func (s *scene) notLogged(t *testing.T, texts ...string) {
	t.Helper()
	if hits := harness.Hits([]byte(s.logged()), texts...); len(hits) > 0 {
		t.Errorf("the log says %v", hits)
	}
}

// entries are those that the relay showed in conversation, in order.
func entriesIn(t *testing.T, w *harness.Wire, conversation wire.ID) (raws [][]byte, all []*wire.Entry) {
	t.Helper()
	for _, e := range only[relay.Entry](got(w)) {
		if e.Conversation != conversation || e.Sequence != uint64(len(raws)+1) {
			continue
		}
		decoded, err := wire.DecodeEntry(e.Entry)
		if err != nil {
			t.Fatal(err)
		}
		raws, all = append(raws, e.Entry), append(all, decoded)
	}
	return raws, all
}

// appended are the entries of one kind that went up.
func appended(t *testing.T, w *harness.Wire, kind wire.Kind) (raws [][]byte, all []*wire.Entry) {
	t.Helper()
	for _, a := range only[relay.Append](sent(w)) {
		e, err := wire.DecodeEntry(a.Entry)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == kind {
			raws, all = append(raws, a.Entry), append(all, e)
		}
	}
	return raws, all
}

// tokens are those that customers showed, with their subjects.
func (s *scene) tokens(t *testing.T) (raw, subjects []string) {
	t.Helper()
	for _, w := range []*harness.Wire{s.atCustomer, s.at} {
		for _, h := range only[relay.Hello](sent(w)) {
			parts := strings.Split(string(h.Proof), ".")
			if len(parts) != 3 {
				t.Fatalf("a proof of %d parts", len(parts))
			}
			payload, err := base64.RawURLEncoding.DecodeString(parts[1])
			var claims struct{ Sub string }
			if err == nil {
				err = json.Unmarshal(payload, &claims)
			}
			if err != nil || claims.Sub == "" {
				t.Fatalf("%v: %s", err, payload)
			}
			raw, subjects = append(raw, string(h.Proof)), append(subjects, claims.Sub)
		}
	}
	if len(raw) < 2 {
		t.Fatalf("%d tokens went up", len(raw))
	}
	return raw, subjects
}
