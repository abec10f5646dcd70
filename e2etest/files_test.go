package e2etest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/e2etest/harness"
)

// randomFile writes a file whose content its name and size determine, and
// gives its path and hash.
func randomFile(t *testing.T, dir, name string, size int64) (path, sum string) {
	t.Helper()
	path = filepath.Join(dir, name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	source := rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, name, size)))
	if _, err := io.CopyN(io.MultiWriter(f, h), source, size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path, hex.EncodeToString(h.Sum(nil))
}

// wantSame wants that the file at path has that hash.
func wantSame(t *testing.T, path, sum string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		t.Errorf("%s arrived with %d bytes and another content: SHA-256 %s, want %s", filepath.Base(path), n, got, sum)
	}
}

// gate holds one exchange with the relay's file store at a chosen point, until
// it is opened or given up.
type gate struct {
	mu    sync.Mutex
	holds func(*http.Response) (at int64, yes bool)
	point *point

	answers []*http.Response // to GET /v1/files/{id}
}

type point struct {
	reached, opened chan struct{}
	once            sync.Once
}

// wire is a wire with this gate in it.
func (g *gate) wire(t *testing.T) *harness.Wire {
	w := harness.NewWire(t)
	w.Response = g.pass
	t.Cleanup(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.point != nil {
			g.point.open()
		}
	})
	return w
}

// set arms the gate: the answers that holds says yes to are held, from the byte
// of their body that it names.
func (g *gate) set(holds func(*http.Response) (int64, bool)) *point {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holds, g.point = holds, &point{reached: make(chan struct{}, 1), opened: make(chan struct{})}
	return g.point
}

func (p *point) open() { p.once.Do(func() { close(p.opened) }) }

func (p *point) await(t *testing.T, what string) {
	t.Helper()
	select {
	case <-p.reached:
	case <-time.After(harness.Patience):
		t.Fatalf("waited in vain for %s", what)
	}
}

func (p *point) hold(r *http.Request) {
	select {
	case p.reached <- struct{}{}:
	default:
	}
	select {
	case <-p.opened:
	case <-r.Context().Done():
	}
}

var filePath = regexp.MustCompile(`^/v1/files(/[\w-]{22}(/\d+|/complete|/parts)?)?$`)

func (g *gate) pass(res *http.Response) error {
	if !filePath.MatchString(res.Request.URL.Path) {
		return nil
	}
	g.mu.Lock()
	if res.Request.Method == http.MethodGet && !strings.HasSuffix(res.Request.URL.Path, "/parts") {
		g.answers = append(g.answers, res)
	}
	holds, point := g.holds, g.point
	g.mu.Unlock()
	if holds == nil {
		return nil
	}
	at, yes := holds(res)
	switch {
	case yes && at > 0:
		res.Body = &heldBody{res.Body, point, res.Request, at}
	case yes:
		point.hold(res.Request)
	}
	return nil
}

// heldBody gives left bytes, and no more until its point is opened.
type heldBody struct {
	io.ReadCloser
	point *point
	r     *http.Request
	left  int64
}

func (b *heldBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.point.hold(b.r)
		return b.ReadCloser.Read(p)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// created is the answer to the beginning of a file, partsFrom those to its
// parts from one on, bodyFrom a download from that byte on.
func created(res *http.Response) (int64, bool) {
	return 0, res.Request.Method == http.MethodPost && res.Request.URL.Path == "/v1/files"
}

func partsFrom(first int) func(*http.Response) (int64, bool) {
	return func(res *http.Response) (int64, bool) {
		m := filePath.FindStringSubmatch(res.Request.URL.Path)
		n, err := strconv.Atoi(strings.TrimPrefix(m[2], "/"))
		return 0, res.Request.Method == http.MethodPut && err == nil && n >= first
	}
}

func bodyFrom(at int64) func(*http.Response) (int64, bool) {
	return func(res *http.Response) (int64, bool) {
		m := filePath.FindStringSubmatch(res.Request.URL.Path)
		return at, res.Request.Method == http.MethodGet && m[1] != "" && m[2] == ""
	}
}

func completed(res *http.Response) (int64, bool) {
	return 0, strings.HasSuffix(res.Request.URL.Path, "/complete")
}

func nothing(*http.Response) (int64, bool) { return 0, false }

// pairAt is pair with a wire at each end.
func pairAt(t *testing.T, d *harness.Demo, up, down *harness.Wire) (customer, agent *harness.Person) {
	t.Helper()
	agent, customer = agentAt(t, d, down), customerAt(t, d, up)
	exchange(t, customer, agent, "good morning", "how can I help?")
	return customer, agent
}

// give sends files by the button.
func give(p *harness.Person, paths ...string) {
	p.Choose(paths...)
	p.Click(harness.Send)
}

// shownName is what the page calls a file, savedName what it is saved as.
const hostileName = "..\\..\\a <img src=x onerror=alert(1)>\u202efdp.txt"
const hostileShown = `..\..\a <img src=x onerror=alert(1)>fdp.txt`
const hostileSaved = `_.._a _img src=x onerror=alert(1)_fdp.txt`

func TestFilesOfEverySizeGoBothWays(t *testing.T) {
	d := harness.StartDemo(t)
	customer, agent := pair(t, d)
	dir := t.TempDir()
	type file struct{ path, sum, shown, saved string }
	for _, way := range []struct {
		name     string
		from, to *harness.Person
	}{{"up", customer, agent}, {"down", agent, customer}} {
		var files []file
		var paths []string
		for _, size := range []int64{0, 1, 65_535, 65_536, 65_537, 1 << 20, 1<<20 + 1} {
			name := fmt.Sprintf("%s %d.bin", way.name, size)
			path, sum := randomFile(t, dir, name, size)
			files = append(files, file{path, sum, name, name})
		}
		path, sum := randomFile(t, dir, hostileName, 1234)
		files = append(files, file{path, sum, hostileShown, hostileSaved})
		for _, f := range files {
			paths = append(paths, f.path)
		}
		downloads := way.to.Downloads()
		give(way.from, paths...)
		for _, f := range files { // the log moves while they come
			way.to.Await(harness.Thing{Role: "button", Name: "Save", Of: f.shown})
		}
		for _, f := range files {
			way.to.ClickOf(harness.Save, f.shown)
			wantSame(t, downloads.Await(harness.Patience, f.saved), f.sum)
		}
		awaitOnce(t, way.to, way.name+" 65537.bin")
		// What the page had for the browser to take is gone at its next start.
		if len(way.to.PrivateFiles()) == 0 {
			t.Errorf("%s's browser received files, but not by way of private ones", way.to.Name)
		}
		way.to.Reload()
		way.to.AwaitText(harness.Conversation, "65537.bin")
		way.to.AwaitNoPrivateFiles()
	}
	d.AwaitBlobs(16)
}

// Whoever cancels leaves nothing behind, and may change their mind.
func TestCancelAtAnyPointLeavesNothing(t *testing.T) {
	d := harness.StartDemo(t)
	var up, down gate
	customer, agent := pairAt(t, d, up.wire(t), down.wire(t))
	dir, downloads := t.TempDir(), agent.Downloads()
	const size = 5 << 20 // six parts when sealed
	var path, name, sum string
	for _, row := range []struct {
		at    string
		holds func(*http.Response) (int64, bool)
	}{{"its beginning", created}, {"the first part", partsFrom(0)}, {"a middle part", partsFrom(3)}, {"the last part", partsFrom(5)}} {
		name = "cancelled at " + row.at + ".bin"
		path, sum = randomFile(t, dir, name, size)
		point := up.set(row.holds)
		give(customer, path)
		point.await(t, "the upload to be at "+row.at)
		if len(d.Blobs()) != 1 {
			t.Errorf("at %s the relay keeps %v", row.at, d.Blobs())
		}
		if laid := customer.PrivateFiles(); (len(laid) > 0) != (row.at != "its beginning") || len(laid) > 2 {
			t.Errorf("at %s parts lie in %v, want two places at most, and some once there are parts", row.at, laid)
		}
		if found := privatelyHeld(t, customer, path); found > 0 {
			t.Errorf("at %s %d pieces of the file lie there as they are", row.at, found)
		}
		customer.ClickOf(harness.Cancel, name)
		point.open()
		customer.AwaitText(harness.Conversation, "Cancelled, not sent")
		d.AwaitBlobs(0)
		customer.AwaitNoPrivateFiles()
		if row.at != "the last part" {
			customer.ClickOf(harness.Discard, name)
			harness.Eventually(t, name+" to be gone", func() (bool, string) {
				saw := customer.Read(harness.Conversation)
				return !strings.Contains(saw, name), saw
			})
		}
	}
	exchange(t, customer, agent, "I changed my mind", "do try again")
	if saw := agent.PageText(); strings.Contains(saw, "cancelled at") {
		t.Errorf("the agent sees what was cancelled: %s", saw)
	}
	customer.ClickOf(harness.TryAgain, name)
	agent.Await(harness.Thing{Role: "button", Name: "Save", Of: name})

	for _, at := range []int64{1, 1 << 20, 5<<20 - 100} {
		point := down.set(bodyFrom(at))
		agent.ClickOf(harness.Save, name)
		point.await(t, fmt.Sprintf("the download to be at byte %d", at))
		if at > 1<<20 && len(agent.PrivateFiles()) == 0 {
			t.Error("a file is received, but not by way of a private one")
		}
		agent.ClickOf(harness.Cancel, name)
		agent.AwaitGone(harness.Thing{Role: "button", Name: "Cancel", Of: name})
		agent.AwaitNoPrivateFiles()
		point.open()
	}
	if found, err := os.ReadDir(downloads.Dir); err != nil || len(found) > 0 {
		t.Errorf("what was cancelled is among the downloads: %v, %v", found, err)
	}
	agent.ClickOf(harness.Save, name)
	wantSame(t, downloads.Await(harness.Patience, name), sum)
}

// privatelyHeld counts the pieces of a file (16 bytes from each 64 KiB of it)
// that the page's private files hold.
func privatelyHeld(t *testing.T, p *harness.Person, path string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var pieces []string
	for at := 0; at+16 <= len(content); at += 65_536 {
		pieces = append(pieces, hex.EncodeToString(content[at:at+16]))
	}
	return harness.Eval[int](p, fmt.Sprintf(`(async (pieces) => {
		const text = (bytes) => Array.from(bytes, (b) => String.fromCharCode(b)).join("");
		const wanted = pieces.map((hex) => text(hex.match(/../g).map((b) => parseInt(b, 16))));
		const found = new Set();
		const walk = async (directory) => {
			for await (const handle of directory.values()) {
				if (handle.kind === "directory") { await walk(handle); continue; }
				const held = text(new Uint8Array(await (await handle.getFile()).arrayBuffer()));
				for (const piece of wanted) if (held.includes(piece)) found.add(piece);
			}
		};
		await walk(await navigator.storage.getDirectory());
		return found.size;
	})("%s".split(" "))`, strings.Join(pieces, " ")))
}

// The relay is killed while a file goes up, and while it comes down; the file
// arrives all the same, without anyone's doing.
func TestRelayKilledInMidFile(t *testing.T) {
	d := harness.StartDemo(t)
	var up, down gate
	customer, agent := pairAt(t, d, up.wire(t), down.wire(t))
	dir, downloads := t.TempDir(), agent.Downloads()
	for _, row := range []struct {
		at    string
		holds func(*http.Response) (int64, bool)
	}{{"its beginning", created}, {"a middle part", partsFrom(3)}, {"its end", completed}} {
		name := "killed at " + row.at + ".bin"
		path, sum := randomFile(t, dir, name, 5<<20)
		point := up.set(row.holds)
		give(customer, path)
		point.await(t, "the upload to be at "+row.at)
		d.Kill()
		up.set(nothing) // whatever is tried again passes
		point.open()
		customer.AwaitPage("reconnecting", "offline", "no connection")
		d.Start()
		agent.Await(harness.Thing{Role: "button", Name: "Save", Of: name})

		point = down.set(bodyFrom(2 << 20))
		agent.ClickOf(harness.Save, name)
		point.await(t, "the download to be half way")
		d.Kill()
		down.set(nothing)
		point.open()
		agent.AwaitPage("reconnecting", "offline", "no connection")
		d.Start()
		wantSame(t, downloads.Await(harness.Patience, name), sum)
		awaitOnce(t, agent, name)
		awaitOnce(t, customer, name)
	}
}

// B07: of a file whose tab was closed half way, the other side sees nothing,
// and the sender is told when they come back.
func TestB07_TabClosedInMidUpload(t *testing.T) {
	d := harness.StartDemo(t)
	var up gate
	customer, agent := pairAt(t, d, up.wire(t), nil)
	path, sum := randomFile(t, t.TempDir(), "half of it.bin", 5<<20)
	point := up.set(partsFrom(3))
	give(customer, path)
	point.await(t, "the upload to be half way")
	next := customer.Tab("customer, later")
	customer.CloseTab()
	up.set(nothing)
	point.open()

	next.Open(d.URL + "/site#chat")
	next.AwaitText(harness.Conversation, "Choose it again")
	next.AwaitNoPrivateFiles() // the parts that were on their way
	exchange(t, next, agent, "did you get it?", "no, nothing")
	if saw := agent.PageText(); strings.Contains(saw, "half of it") {
		t.Errorf("the agent sees half a file: %s", saw)
	}
	next.ClickOf(harness.Discard, "half of it.bin")
	next.AwaitGone(harness.Thing{Role: "button", Name: "Discard", Of: "half of it.bin"})
	downloads := agent.Downloads()
	give(next, path)
	agent.ClickOf(harness.Save, "half of it.bin")
	wantSame(t, downloads.Await(harness.Patience, "half of it.bin"), sum)
	awaitOnce(t, agent, "half of it.bin")
}

// What a file holds, its name and its type are nowhere in what the relay
// stores, writes or holds; and what it hands out never runs (A13).
func TestFileCanariesAreNowhereInTheRelay(t *testing.T) {
	d := harness.StartDemo(t)
	var down gate
	customer, agent := pairAt(t, d, nil, down.wire(t))
	texts := []string{
		"canary in a file: the deeds are under the third floorboard",
		"canary-name-of-Mr-Quillfeathers-deeds.txt",
		"application/x-canary-media-of-a-file",
	}
	// No file on a disk has a type of its own: this one is dropped in by hand.
	_ = harness.Eval[bool](customer, fmt.Sprintf(`(() => {
		const input = document.querySelector("sealwire-chat").shadowRoot.querySelector("input[type=file]");
		const data = new DataTransfer();
		data.items.add(new File([%q.repeat(3000)], %q, { type: %q }));
		input.files = data.files;
		input.dispatchEvent(new Event("change"));
		return true;
	})()`, texts[0], texts[1], texts[2]))
	customer.Click(harness.Send)
	downloads := agent.Downloads()
	agent.ClickOf(harness.Save, texts[1])
	saved, err := os.ReadFile(downloads.Await(harness.Patience, texts[1]))
	if err != nil || string(saved) != strings.Repeat(texts[0], 3000) {
		t.Fatalf("the file arrived with %d bytes: %v", len(saved), err)
	}

	down.mu.Lock()
	answers := down.answers
	down.mu.Unlock()
	if len(answers) == 0 {
		t.Error("no download came by the wire")
	}
	for _, res := range answers {
		for name, want := range map[string]string{
			"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment",
			"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; sandbox",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := strings.Join(res.Header.Values(name), ", "); got != want {
				t.Errorf("A13: %s is %q, want %q", name, got, want)
			}
		}
	}

	blobs := d.Blobs()
	if len(blobs) != 1 {
		t.Fatalf("the relay keeps %v", blobs)
	}
	stored := 0
	for name, data := range d.StateFiles() {
		if strings.HasPrefix(name, blobs[0]) {
			stored += len(data)
		}
		if hits := harness.Hits(append([]byte(name+"\x00"), data...), texts...); len(hits) > 0 {
			t.Errorf("%s holds %v", name, hits)
		}
	}
	if stored < len(saved) {
		t.Errorf("the relay stores %d bytes of a file of %d", stored, len(saved))
	}
	if hits := harness.Hits([]byte(d.Log()), texts...); d.Log() == "" || len(hits) > 0 {
		t.Errorf("the demo's log says %v", hits)
	}
	held := false
	harness.Memory(t, d.PID(), 1024, func(piece []byte) {
		held = held || strings.Contains(string(piece), d.Dir)
		for _, hit := range harness.Hits(piece, texts...) {
			t.Errorf("the demo's memory holds %s", hit)
		}
	})
	if !held {
		t.Error("the demo's directory was not found in its memory")
	}
}
