package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// ErrNoChromium says that no browser was found, and what to do.
var ErrNoChromium = errors.New("no Chromium here: run scripts/need chromium, or name one in CHROME")

// FindChromium gives the path of a Chromium, looking where scripts/need looks.
func FindChromium() (string, error) {
	for _, name := range []string{os.Getenv("CHROME"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoChromium
}

// Browser is one Chromium with a fresh profile.
type Browser struct {
	ctx   context.Context
	close func()

	regulars map[string]*Person
}

// StartBrowser starts Chromium and waits until it answers.
func StartBrowser() (*Browser, error) {
	path, err := FindChromium()
	if err != nil {
		return nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.WindowSize(1200, 900),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	b := &Browser{ctx: ctx, close: func() { cancel(); stop() }}
	if err := chromedp.Do(ctx); err != nil {
		b.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// Close ends Chromium and removes its profile.
func (b *Browser) Close() { b.close() }

// Person is someone at a browser of their own: one tab, and a browser context
// that shares nothing with other persons.
type Person struct {
	Name    string
	t       testing.TB
	browser context.Context
	ctx     context.Context

	mu         sync.Mutex
	console    []string
	exceptions []string
	violations []string
	forgiven   bool
}

// Person opens a browser context with one empty tab. With a wire, all that the
// person's browser sends goes through it.
func (b *Browser) Person(t testing.TB, name string, through *Wire) *Person {
	t.Helper()
	return newPerson(t, name, b.ctx, chromedp.WithNewBrowserContext(func(p *target.CreateBrowserContextParams) {
		if through != nil {
			p.ProxyServer, p.ProxyBypassList = "http://"+through.Addr(), "<-loopback>"
		}
	}))
}

// Tab opens another tab of the same person: same storage, same keys.
func (p *Person) Tab(name string) *Person {
	p.t.Helper()
	return newPerson(p.t, name, p.browser, chromedp.WithExistingBrowserContext(chromedp.FromContext(p.ctx).BrowserContextID))
}

func newPerson(t testing.TB, name string, browser context.Context, opts ...chromedp.ContextOption) *Person {
	t.Helper()
	p := &Person{Name: name, t: t, browser: browser}
	ctx, cancel := chromedp.NewContext(browser, append(opts, chromedp.WithListener(p.hear))...)
	p.ctx = ctx
	t.Cleanup(func() {
		p.leave()
		cancel()
	})
	p.do("open a tab", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, accessibility.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: tattle})
		return err
	}))
	return p
}

// tattle makes a page say when it broke its own policy.
const violation = "[policy violation] "
const tattle = `addEventListener("securitypolicyviolation", (e) =>
	console.error("` + violation + `" + e.effectiveDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber + " " + e.sample));`

// hear takes down what the page says. It runs in the tab's reading loop.
func (p *Person) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, arg := range ev.Args {
			if len(arg.Value) > 0 {
				words = append(words, strings.Trim(string(arg.Value), `"`))
			} else {
				words = append(words, arg.Description)
			}
		}
		line := strings.Join(words, " ")
		if strings.HasPrefix(line, violation) {
			p.violations = append(p.violations, line)
		}
		p.console = append(p.console, string(ev.Type)+": "+line)
	case *runtime.EventExceptionThrown:
		line := ev.ExceptionDetails.Text
		if ev.ExceptionDetails.Exception != nil {
			line += " " + ev.ExceptionDetails.Exception.Description
		}
		p.exceptions = append(p.exceptions, line)
	case *cdplog.EventEntryAdded:
		if ev.Entry.Source == "security" {
			p.violations = append(p.violations, ev.Entry.Text)
		}
		p.console = append(p.console, fmt.Sprintf("%s: %s (%s)", ev.Entry.Level, ev.Entry.Text, ev.Entry.URL))
	}
}

// Forgive says that this person's page may throw or break its policy: the
// scenario is about that.
func (p *Person) Forgive() { p.mu.Lock(); p.forgiven = true; p.mu.Unlock() }

// Violations are the breaches of the page's policy so far.
func (p *Person) Violations() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.violations...)
}

// Console is what the page wrote to the console so far, exceptions too.
func (p *Person) Console() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(append(append([]string(nil), p.console...), p.exceptions...), "\n")
}

// leave logs what was said and judges it.
func (p *Person) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.console {
		p.t.Logf("%s's console: %s", p.Name, clip(line, 500))
	}
	if !p.forgiven {
		for _, e := range p.exceptions {
			p.t.Errorf("%s's page threw: %s", p.Name, e)
		}
		for _, v := range p.violations {
			p.t.Errorf("%s's page broke its policy: %s", p.Name, v)
		}
	}
	if p.t.Failed() {
		p.mu.Unlock()
		p.photograph()
		p.mu.Lock()
	}
}

// photograph leaves a screenshot for whoever mends the failure.
func (p *Person) photograph() {
	p.Photograph(filepath.Join(os.TempDir(), "sealwire-e2e"), p.t.Name()+"-"+p.Name)
}

// Photograph leaves a screenshot in a directory.
func (p *Person) Photograph(dir, name string) {
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("no screenshot of %s's page: %v", p.Name, err)
		return
	}
	name = filepath.Join(dir, strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\ :`, r) {
			return '-'
		}
		return r
	}, name+".png"))
	if err := os.MkdirAll(dir, 0o755); err == nil && os.WriteFile(name, png, 0o644) == nil {
		p.t.Logf("%s's page looked like this: %s", p.Name, name)
	}
}
