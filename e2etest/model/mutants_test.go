package model

import (
	"strings"
	"testing"
)

// Each mutant breaks one rule of the model, in one line, and the assertion that
// is there for it says so.
func TestMutantsAreCaught(t *testing.T) {
	// What the search says of each assertion.
	const (
		disagree = "(ch["
		notTaken = "!(1)"
		isLost   = "key[i]||excused[i]"
		dropped  = "pend[i]==q"
		oldKey   = "key[i]==ch[i].head"
		roster   = "E[e].removes==ch[i].roster"
		twice    = "shown[i]"
		atRest   = "wellAtRest"
		tooMany  = "n[i]<8"
		cycle    = "acceptance cycle"
	)
	for _, row := range []struct {
		name string
		from string // part of one line of the model
		to   string
		w    world
		live bool
		want string
	}{
		{"the relay compares nothing", ":: CAS && m == top && !VALID(N, e) ->", ":: false ->", world{"REFRESHES": 2}, false, notTaken},
		{"the relay takes the same bytes twice", ":: CAS && m < top ->", ":: false ->", world{"REFRESHES": 1, "DUPS": 1}, false, notTaken},
		{"any commit wins, whatever its parent", "(E[e].parent == ch[p].head \\", "(true \\", world{"CAS": 0, "REFRESHES": 2}, false, isLost},
		{"one member takes commits on any parent", "(E[e].parent == ch[p].head \\", "((p == 2 || E[e].parent == ch[p].head) \\", world{"CAS": 0, "N": 3, "REFRESHES": 2}, false, disagree},
		{"an own commit is applied when it is sent", "outc[i] = 1; sent[i] = ", "outc[i] = 1; apply(i, pend[i], j); sent[i] = ", world{"CAS": 0, "REFRESHES": 2}, false, oldKey},
		{"an own commit is sent before it is saved", "pend[i] && saved[i] && !outc[i]", "pend[i] && !outc[i]", world{"REFRESHES": 1, "CRASHES": 1}, false, isLost},
		{"a crash forgets the pending commit", "pend[i] = (saved[i] -> pend[i] : 0)", "pend[i] = 0", world{"REFRESHES": 1, "CRASHES": 1}, false, isLost},
		{"a crash forgets that it is to be sent", "outc[i] = 0; outj[i] = 0; outm[i] = 0; i = 0 }", "outj[i] = 0; outm[i] = 0; i = 0 }", world{"REFRESHES": 1, "CRASHES": 1}, false, atRest},
		{"the pending commit goes when the relay answers", "skip; /* it answers", "pend[i] = 0; /* it answers", world{"REFRESHES": 1}, false, isLost},
		{"the pending commit goes when any entry is read", ":: E[e].kind == JOIN && pend[i] && E[pend[i]].answers && !STANDS(i, E[pend[i]].answers) ->", ":: E[e].kind == JOIN && pend[i] ->", world{"REFRESHES": 2, "BADS": 1}, false, dropped},
		{"the pending commit stays when another wins", ":: pend[i] && E[pend[i]].parent == p ->", ":: pend[i] == e && e == p ->", world{"REFRESHES": 2}, false, atRest},
		{"the pending answer stays when its request is displaced", "&& E[pend[i]].answers && !STANDS(i, E[pend[i]].answers) ->", "&& false ->", world{"REFRESHES": 1, "BADS": 1, "WIPES": 1}, false, atRest},
		{"a seal that does not open changes nothing", "(key[i] == p && !HAS(E[e].bad, i) -> e : 0)", "(key[i] == p && !HAS(E[e].bad, i) -> e : key[i])", world{"REFRESHES": 1, "BADS": 1}, false, oldKey},
		{"a request stands after its answer", "ch[p].leaf[m] = 0; ch[p].join[m] = 0", "ch[p].leaf[m] = 0", world{"REFRESHES": 1, "BADS": 1}, false, tooMany},
		{"a request counts whose leaf is gone", "&& ch[p].leaf[BY(e)] == E[e].parent)", ")", world{"CAS": 0, "REFRESHES": 1, "BADS": 1, "DUPS": 1}, false, isLost},
		{"nobody answers", "(ch[i].leaving || ch[i].join[1 - i])", "(ch[i].leaving)", world{"REFRESHES": 1, "BADS": 1}, false, atRest},
		{"nobody answers, for ever", "(ch[i].leaving || ch[i].join[1 - i])", "(ch[i].leaving)", world{"REFRESHES": 1, "BADS": 1}, true, cycle},
		{"nobody removes a leaver", "(ch[i].leaving || ch[i].join[1 - i])", "(ch[i].join[1 - i])", world{"LEAVES": 1}, false, atRest},
		{"a leaver is not removed by the next commit", "E[e].removes = ch[i].leaving;", "", world{"LEAVES": 1}, false, atRest},
		{"a request is not made anew for another leaf", "(req[i] == 0 || E[req[i]].parent != ch[i].leaf[i])", "req[i] == 0", world{"REFRESHES": 1, "WIPES": 1}, false, atRest},
		{"a message is read in a later epoch", "(E[e].parent == ch[p].head && HAS", "(HAS", world{"SAYS": 1, "LEAVES": 1}, false, roster},
		{"the counters are forgotten", "&& key[i] && !HAS(seen[i], BY(e)) ->", "&& key[i] ->", world{"SAYS": 1, "LIES": 1}, false, twice},
		{"a message left behind is not sealed again", "(E[msg[i]].parent != ch[i].head || lies)", "lies", world{"REFRESHES": 1, "SAYS": 1}, false, atRest},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			files := sources(t)
			found := 0
			for name, text := range files {
				found += strings.Count(text, row.from)
				files[name] = strings.ReplaceAll(text, row.from, row.to)
			}
			if found != 1 {
				t.Fatalf("%q is in the model %d times, want once", row.from, found)
			}
			r := search(t, files, row.w, row.live)
			if r.errors == 0 || !strings.Contains(r.violate, row.want) {
				t.Errorf("%d errors, %q, want %q\n%s", r.errors, r.violate, row.want, r.out)
			}
		})
	}
}
