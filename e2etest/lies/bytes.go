package lies

import (
	"github.com/sealwire/sealwire/wasm/wire"
)

// altered is a payload that an act changed.
func (l *Liar) altered(n int, a Act, f Frame, p []byte) []byte {
	switch a.Do {
	case "flip":
		if at := l.find(a.At, n, p); at >= 0 {
			p[at] ^= 1 << a.Bit
		}
	case "truncate":
		return p[:max(0, len(p)-a.Bytes)]
	case "extend":
		more := make([]byte, a.Bytes)
		for i := range more {
			more[i] = byte(l.chance.Uint32())
		}
		return append(p, more...)
	case "overlay":
		with := l.thing(n, a, f, p)
		if at := l.find(a.At, n, p); at >= 0 {
			copy(p[at:], with)
		} else {
			copy(p[max(0, len(p)-len(with)):], with)
		}
	case "replace":
		return l.thing(n, a, f, p)
	case "rename":
		own, ok := conversationOf(f.Body)
		at := 2
		if len(p) > 1 && wire.Kind(p[1]) == wire.KindCommit {
			at = 2 + 4 + 2 // in the body, behind its length and the suite
		}
		if ok && len(p) >= at+len(own) {
			copy(p[at:], own[:])
		}
	}
	return p
}
