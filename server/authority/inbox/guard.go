package inbox

import (
	"fmt"
	"runtime"

	"github.com/sealwire/sealwire/wasm/wire"
)

// guarded does a job of the inbox's goroutine. A panic in the handling of one
// conversation stops that conversation and nothing else; any other ends the
// connection, from which the next one goes on.
func (in *inbox) guarded(job func()) {
	in.current = nil
	defer func() {
		switch p := recover().(type) {
		case nil:
		case killed:
			panic(p)
		default:
			cause := panicked(p)
			if in.current != nil {
				in.fail("handling a conversation, which is left alone until the next start,", cause)
				in.stop(in.current)
				return
			}
			in.fail("a job, after which the connection is made anew,", cause)
			if in.link != nil {
				in.link.cut()
			}
		}
	}()
	job()
}

// panicked says what happened and where, without any value that may be content.
func panicked(p any) error {
	what := fmt.Sprintf("%T", p)
	switch p := p.(type) {
	case runtime.Error:
		what = p.Error()
	case string: // of a programmer's making
		what = p
	}
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if f.Function != "" && !isRuntime(f.Function) {
			return fmt.Errorf("panic: %s in %s, line %d", what, f.Function, f.Line)
		}
		if !more {
			return fmt.Errorf("panic: %s", what)
		}
	}
}

func isRuntime(function string) bool { return len(function) > 8 && function[:8] == "runtime." }

// stop leaves a conversation alone until the next start: as it was on disk, with
// nothing of what is in memory, which may be half done.
func (in *inbox) stop(t *talk) {
	t.broken = true
	if t.core != nil {
		core := t.core
		in.loaded.Remove(t.loaded)
		t.core, t.loaded = nil, nil
		defer func() { _ = recover() }() // it may be in no state to be wiped
		defer core.Wipe()
	}
	delete(in.unsaved, t)
	delete(in.later, t)
	t.row = t.saved
	in.unfollow(t)
	in.show(t)
	if c := in.claims[t.id]; c != nil && !c.Stored {
		if !c.made {
			delete(in.claims, t.id)
		}
		c.answer(wire.Unavailable)
	}
}
