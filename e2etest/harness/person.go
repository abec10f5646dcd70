package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Thing is something on a page as assistive technology names it; if Of is set,
// the one that it describes so.
type Thing struct{ Role, Name, Of string }

func (th Thing) String() string {
	if th.Of != "" {
		return fmt.Sprintf("%s %q of %q", th.Role, th.Name, th.Of)
	}
	return fmt.Sprintf("%s %q", th.Role, th.Name)
}

// The things that site and desk have in common, and the pane's log.
var (
	Message       = Thing{Role: "textbox", Name: "Message"}
	Send          = Thing{Role: "button", Name: "Send"}
	Conversation  = Thing{Role: "log", Name: "Conversation"}
	WhatRelaySees = Thing{Role: "log", Name: "What the relay sees"}
)

// Open goes to a page and waits for its load event.
func (p *Person) Open(url string) { p.t.Helper(); p.do("open "+url, chromedp.Navigate(url)) }

// Reload loads the page again.
func (p *Person) Reload() { p.t.Helper(); p.do("reload", chromedp.Reload()) }

// CloseTab closes the person's tab as they would. Their other tabs stay, and
// so does what is stored.
func (p *Person) CloseTab() {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.Close, cdp.Empty{}); err != nil && !errors.Is(err, chromedp.ErrTargetDetached) {
		p.t.Fatalf("%s: close the tab: %v", p.Name, err)
	}
}

// Sees says whether th is on the page now, shown to assistive technology.
func (p *Person) Sees(th Thing) bool {
	p.t.Helper()
	n, err := chromedp.Run(p.ctx, find(th))
	if err != nil && !errors.Is(err, errAbsent) && !moved(err) {
		p.t.Fatalf("%s: find %s: %v", p.Name, th, err)
	}
	return err == nil && n != 0
}

// Await waits until th is on the page.
func (p *Person) Await(th Thing) {
	p.t.Helper()
	Eventually(p.t, p.Name+" to see "+th.String(), func() (bool, string) { return p.Sees(th), p.peek() })
}

// AwaitGone waits until th is no longer on the page.
func (p *Person) AwaitGone(th Thing) {
	p.t.Helper()
	Eventually(p.t, p.Name+" to no longer see "+th.String(), func() (bool, string) { return !p.Sees(th), p.peek() })
}

// Read is the text of th as it is shown, shadow trees included.
func (p *Person) Read(th Thing) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, on(th, shownText))
	if err != nil && !errors.Is(err, errAbsent) && !moved(err) {
		p.t.Fatalf("%s: read %s: %v", p.Name, th, err)
	}
	return s
}

// AwaitText waits until th shows text.
func (p *Person) AwaitText(th Thing, text string) {
	p.t.Helper()
	Eventually(p.t, fmt.Sprintf("%s to read %q in %s", p.Name, clip(text, 200), th), func() (bool, string) {
		saw := p.Read(th)
		return strings.Contains(saw, text), saw
	})
}

// PageText is all the text of the page, shadow trees included.
func (p *Person) PageText() string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`(`+shownText+`).call(document.body)`))
	if err != nil && !moved(err) {
		p.t.Fatalf("%s: read the page: %v", p.Name, err)
	}
	return s
}

// AwaitPage waits until one of texts is shown anywhere on the page, in any
// letter case.
func (p *Person) AwaitPage(texts ...string) {
	p.t.Helper()
	Eventually(p.t, fmt.Sprintf("%s's page to say one of %q", p.Name, texts), func() (bool, string) {
		saw := p.PageText()
		for _, text := range texts {
			if strings.Contains(strings.ToLower(saw), strings.ToLower(text)) {
				return true, saw
			}
		}
		return false, saw
	})
}

// Click waits until th is there and enabled, and clicks its middle.
func (p *Person) Click(th Thing) {
	p.t.Helper()
	Eventually(p.t, p.Name+" to click "+th.String(), func() (bool, string) {
		err := chromedp.Do(p.ctx, click(th))
		if err != nil && !errors.Is(err, errAbsent) && !errors.Is(err, errDisabled) && !moved(err) {
			p.t.Fatalf("%s: click %s: %v", p.Name, th, err)
		}
		return err == nil, fmt.Sprint(err, "\n", p.peek())
	})
}

// Write waits until the box th can be written in and puts text into it, as a
// keyboard or an input method does.
func (p *Person) Write(th Thing, text string) {
	p.t.Helper()
	Eventually(p.t, p.Name+" to write in "+th.String(), func() (bool, string) {
		p.Click(th)
		before := p.Value(th)
		p.do("write", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, input.InsertText, input.InsertTextParams{Text: text})
			return err
		}))
		// It may have been closed for writing meanwhile.
		return text == "" || p.Value(th) != before, p.peek()
	})
}

// Writable says whether the box th is there and takes what is typed.
func (p *Person) Writable(th Thing) bool {
	p.t.Helper()
	return p.is(th, func(n *accessibility.Node) bool { return !has(n, "disabled") && !has(n, "readonly") })
}

// Say writes text into the message box and presses Send.
func (p *Person) Say(text string) { p.t.Helper(); p.Write(Message, text); p.Click(Send) }

// Press presses one key, or a few, where the focus is.
func (p *Person) Press(keys string) { p.t.Helper(); p.do("press", chromedp.KeyEvent(keys)) }

// Value is what stands in the box th.
func (p *Person) Value(th Thing) string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, on(th, `function() { return this.value ?? this.innerText }`))
	if err != nil && !errors.Is(err, errAbsent) && !moved(err) {
		p.t.Fatalf("%s: value of %s: %v", p.Name, th, err)
	}
	return s
}

// Enabled says whether th is there and may be used.
func (p *Person) Enabled(th Thing) bool {
	p.t.Helper()
	return p.is(th, func(n *accessibility.Node) bool { return !has(n, "disabled") })
}

func (p *Person) is(th Thing, so func(*accessibility.Node) bool) bool {
	p.t.Helper()
	n, err := chromedp.Run(p.ctx, chromedp.Action[*accessibility.Node](func(ctx context.Context, tab *chromedp.Target) (*accessibility.Node, error) {
		return findNode(ctx, tab, th)
	}))
	if err != nil && !errors.Is(err, errAbsent) && !moved(err) {
		p.t.Fatalf("%s: find %s: %v", p.Name, th, err)
	}
	return err == nil && so(n)
}

// Eval evaluates an expression in the page, awaits it, and decodes the result.
func Eval[T any](p *Person, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: evaluate %s: %v", p.Name, clip(expression, 200), err)
	}
	return v
}

// BeforeLoad runs source in every page that is opened or reloaded from now on,
// before any script of the page.
func (p *Person) BeforeLoad(source string) {
	p.t.Helper()
	p.do("arm the page", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return err
	}))
}

// Offline tells the page what a browser tells it when the network goes or
// comes back. Connections are cut by a Wire.
func (p *Person) Offline(yes bool) {
	p.t.Helper()
	p.do("go offline or online", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	}))
}

func (p *Person) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%s: %s: %v", p.Name, what, err)
	}
}

// peek is what a failure message shows of the page.
func (p *Person) peek() string { return clip(strings.Join(strings.Fields(p.PageText()), " "), 600) }

var (
	errAbsent   = errors.New("not on the page")
	errDisabled = errors.New("disabled")
)

// moved says whether err means only that the page changed under the question;
// the question is then asked again.
func moved(err error) bool {
	for _, s := range []string{"Could not find node", "Cannot find context", "context was destroyed", "Node is detached", "does not have a layout object", "Could not compute content quads", "No node with given id", "Inspected target navigated", "uniqueContextId not found"} {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}

// find asks the accessibility tree for the first node of that role and name.
func find(th Thing) chromedp.Action[cdp.BackendNodeID] {
	return func(ctx context.Context, tab *chromedp.Target) (cdp.BackendNodeID, error) {
		n, err := findNode(ctx, tab, th)
		if err != nil {
			return 0, err
		}
		return n.BackendDOMNodeID, nil
	}
}

func findNode(ctx context.Context, tab *chromedp.Target, th Thing) (*accessibility.Node, error) {
	doc, err := cdp.Call(ctx, tab, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
	if err != nil {
		return nil, err
	}
	found, err := cdp.Call(ctx, tab, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
		ObjectID: doc.Result.ObjectID, Role: th.Role, AccessibleName: th.Name,
	})
	if err != nil {
		return nil, err
	}
	for _, n := range found.Nodes {
		if !n.Ignored && n.BackendDOMNodeID != 0 && (th.Of == "" || describes(n, th.Of)) {
			return n, nil
		}
	}
	return nil, errAbsent
}

func describes(n *accessibility.Node, text string) bool {
	var is string
	return n.Description != nil && json.Unmarshal(n.Description.Value, &is) == nil && is == text
}

// has says whether a property of th is true.
func has(n *accessibility.Node, property accessibility.PropertyName) bool {
	for _, prop := range n.Properties {
		if prop.Name == property && prop.Value != nil {
			var is bool
			return json.Unmarshal(prop.Value.Value, &is) == nil && is
		}
	}
	return false
}

func click(th Thing) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		n, err := findNode(ctx, tab, th)
		if err != nil {
			return err
		}
		if has(n, "disabled") {
			return errDisabled
		}
		if _, err := cdp.Call(ctx, tab, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: n.BackendDOMNodeID}); err != nil {
			return err
		}
		box, err := cdp.Call(ctx, tab, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: n.BackendDOMNodeID})
		if err != nil {
			return err
		}
		if len(box.Quads) == 0 {
			return errAbsent
		}
		q := box.Quads[0]
		_, err = chromedp.MouseClickXY((q[0]+q[4])/2, (q[1]+q[5])/2)(ctx, tab)
		return err
	})
}

// on calls function with this = the element of th, and returns its string.
func on(th Thing, function string) chromedp.Action[string] {
	return func(ctx context.Context, tab *chromedp.Target) (string, error) {
		n, err := findNode(ctx, tab, th)
		if err != nil {
			return "", err
		}
		obj, err := cdp.Call(ctx, tab, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: n.BackendDOMNodeID})
		if err != nil {
			return "", err
		}
		return chromedp.CallFunctionOn[string](function, func(p *runtime.CallFunctionOnParams) { p.ObjectID = obj.Object.ObjectID })(ctx, tab)
	}
}

// shownText is a function that gives the text of `this`: innerText, and that
// of the shadow trees and frames of the same origin inside it, which innerText
// leaves out.
const shownText = `function() {
	const inside = (root) => [...root.querySelectorAll("*")].map((e) => {
		let frame = null;
		try { frame = e.contentDocument } catch {}
		return (e.shadowRoot ? whole(e.shadowRoot) : "") + (frame?.body ? whole(frame.body) : "");
	}).join("");
	const whole = (root) => "\n" + (root instanceof ShadowRoot ? [...root.children].filter((c) => !/^(STYLE|SCRIPT|TEMPLATE)$/.test(c.tagName)).map((c) => c.innerText ?? "").join("\n") : root.innerText) + inside(root);
	return whole(this) + (this.shadowRoot ? whole(this.shadowRoot) : "");
}`
