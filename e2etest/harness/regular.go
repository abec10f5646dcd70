package harness

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// Regular is a person whose tab stays open from one test to the next: what
// its pages' scripts were compiled to stays with it, which for a script of many
// megabytes is most of a page's time. Tests that run at the same time cannot
// share one, and each needs an origin of its own, for the storage stays too.
// Between tests it rests on a page of the same site. What BeforeLoad arms would
// stay as well: use Person for that.
func (b *Browser) Regular(t testing.TB, name, rest string) *Person {
	t.Helper()
	p := b.regulars[name]
	if p == nil || chromedp.Do(p.ctx, chromedp.Navigate(rest)) != nil {
		// Its cleanup is the browser's.
		p = newPerson(stays{t}, name, b.ctx, chromedp.WithNewBrowserContext())
		if b.regulars == nil {
			b.regulars = map[string]*Person{}
		}
		b.regulars[name] = p
	}
	p.mu.Lock()
	p.t, p.console, p.exceptions, p.violations, p.forgiven = t, nil, nil, nil, false
	p.mu.Unlock()
	t.Cleanup(func() {
		p.leave()
		_ = chromedp.Do(p.ctx, chromedp.Navigate(rest))
	})
	return p
}

// stays is a test whose end ends nothing.
type stays struct{ testing.TB }

func (stays) Cleanup(func()) {}
