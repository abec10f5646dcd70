package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The buttons of files.
var (
	AttachFile = Thing{Role: "button", Name: "Attach file"}
	Save       = Thing{Role: "button", Name: "Save"}
	Cancel     = Thing{Role: "button", Name: "Cancel"}
	TryAgain   = Thing{Role: "button", Name: "Try again"}
	Discard    = Thing{Role: "button", Name: "Discard"}
)

// Choose presses "Attach file" and chooses files of this machine in the dialog
// that opens.
func (p *Person) Choose(paths ...string) { p.t.Helper(); p.ChooseBy(AttachFile, paths...) }

// ChooseBy is Choose, by another button.
func (p *Person) ChooseBy(attach Thing, paths ...string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	opened := make(chan cdp.BackendNodeID, 1)
	if err := chromedp.Listen(ctx, func(ev any) {
		if ev, ok := ev.(*page.EventFileChooserOpened); ok {
			opened <- ev.BackendNodeID
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	p.interceptChooser(true)
	p.Click(attach)
	select {
	case node := <-opened:
		if _, err := chromedp.Call(p.ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: paths, BackendNodeID: node}); err != nil {
			p.t.Fatalf("%s: choose files: %v", p.Name, err)
		}
	case <-time.After(Patience):
		p.t.Fatalf("%s: %s opens no dialog", p.Name, attach)
	}
	p.interceptChooser(false)
}

func (p *Person) interceptChooser(yes bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: yes}); err != nil {
		p.t.Fatal(err)
	}
}

// ClickOf clicks the th that assistive technology describes as description:
// the buttons of a file are described by its name.
func (p *Person) ClickOf(th Thing, description string) {
	p.t.Helper()
	th.Of = description
	p.Click(th)
}

// Downloads is where a person's browser puts what they save.
type Downloads struct {
	Dir string

	p    *Person
	mu   sync.Mutex
	seen map[string]*download // by what the browser calls them
}

type download struct{ name, state string }

// Downloads lets the person's browser save files, and follows them.
func (p *Person) Downloads() *Downloads {
	p.t.Helper()
	d := &Downloads{Dir: p.t.TempDir(), p: p, seen: map[string]*download{}}
	if err := chromedp.ListenBrowser(p.ctx, d.hear); err != nil {
		p.t.Fatal(err)
	}
	events := true
	if _, err := chromedp.CallBrowser(p.ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		DownloadPath: d.Dir, EventsEnabled: &events,
	}); err != nil {
		p.t.Fatalf("%s: let files be saved: %v", p.Name, err)
	}
	return d
}

func (d *Downloads) hear(ev any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch ev := ev.(type) {
	case *cdpbrowser.EventDownloadWillBegin:
		d.seen[ev.GUID] = &download{name: ev.SuggestedFilename}
	case *cdpbrowser.EventDownloadProgress:
		if one := d.seen[ev.GUID]; one != nil {
			one.state = string(ev.State)
		}
	}
}

// Await waits until the browser has saved a file of that name, and gives its
// path.
func (d *Downloads) Await(patience time.Duration, name string) string {
	d.p.t.Helper()
	at := filepath.Join(d.Dir, name)
	EventuallyWithin(d.p.t, patience, fmt.Sprintf("%s to have saved %q", d.p.Name, name), func() (bool, string) {
		done, saw := d.look(name)
		_, err := os.Stat(at)
		return done && err == nil, fmt.Sprint(saw, err, "\n", d.p.peek())
	})
	return at
}

// look says whether a file of that name was saved, and how all of them stand.
// It must not ask the browser anything: hear waits for it.
func (d *Downloads) look(name string) (done bool, saw []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.seen {
		saw = append(saw, fmt.Sprintf("%q %s", one.name, one.state))
		done = done || one.name == name && one.state == string(cdpbrowser.DownloadProgressStateCompleted)
	}
	slices.Sort(saw)
	return done, saw
}

// PrivateFiles are the files in the page's origin-private file system.
func (p *Person) PrivateFiles() []string {
	p.t.Helper()
	return Eval[[]string](p, `(async () => {
		const walk = async (directory, at) => {
			const found = [];
			for await (const [name, handle] of directory.entries())
				found.push(...(handle.kind === "directory" ? await walk(handle, at + name + "/") : [at + name]));
			return found;
		};
		return walk(await navigator.storage.getDirectory(), "/");
	})()`)
}

// AwaitNoPrivateFiles waits until there are none.
func (p *Person) AwaitNoPrivateFiles() {
	p.t.Helper()
	Eventually(p.t, "no private files in "+p.Name+"'s browser", func() (bool, string) {
		files := p.PrivateFiles()
		return len(files) == 0, fmt.Sprint(files)
	})
}

// Blobs are the directories of the files that the demo's relay keeps, finished
// or not, and whatever else is in their place that should be passing.
func (d *Demo) Blobs() []string {
	d.t.Helper()
	var all []string
	for _, pattern := range []string{"owners/*/*/*", "making/*", "trash/*"} {
		found, err := filepath.Glob(filepath.Join(d.Dir, "relay", "files", "v1", pattern))
		if err != nil {
			d.t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

// AwaitBlobs waits until the demo's relay keeps n files.
func (d *Demo) AwaitBlobs(n int) {
	d.t.Helper()
	Eventually(d.t, fmt.Sprintf("%d files at the relay", n), func() (bool, string) {
		found := d.Blobs()
		return len(found) == n, fmt.Sprint(found)
	})
}
