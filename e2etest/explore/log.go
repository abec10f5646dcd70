package explore

import (
	"slices"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Placed is an entry at its place in a log.
type Placed struct {
	*Entry
	Hash  wire.Hash   // log hash there
	After *wire.Chain // what the entries up to it come to, for anyone
	Err   error       // why it does not count
	Since uint64      // where the newest claim's beginning is: the epoch in which its inbox was added

	print *tokens // of After
}

// Log is an append-only log; appending gives another Log. A checked one is
// kept by an honest relay, which judges every entry and stores it once; another
// stores what it is given, as often as it is given.
type Log struct {
	Checked bool
	Entries []Placed
	start   *wire.Chain
	longer  map[*Entry]*Log // by what was appended: worlds that share a log share it
}

// NewLog is empty.
func NewLog(co *Company, conversation wire.ID, checked bool) *Log {
	return &Log{Checked: checked, start: wire.NewChain(conversation, co.manifest)}
}

// Chain is the state after n entries.
func (l *Log) Chain(n uint64) *wire.Chain {
	if n == 0 {
		return l.start
	}
	return l.Entries[n-1].After
}

// Head is the state of now.
func (l *Log) Head() *wire.Chain { return l.Chain(l.Len()) }

// Len is the number of entries.
func (l *Log) Len() uint64 { return uint64(len(l.Entries)) }

// Find is where an entry was stored first, from 1; 0: nowhere.
func (l *Log) Find(id wire.ID) uint64 {
	return uint64(slices.IndexFunc(l.Entries, func(p Placed) bool { return p.ID == id }) + 1)
}

// Append stores an entry, and gives its place, or says why not. By one append an
// entry is judged and stored, so two commits on one head cannot both count.
func (l *Log) Append(e *Entry) (*Log, uint64, error) {
	if at := l.Find(e.ID); at != 0 && l.Checked {
		return l, at, nil
	}
	n := l.put(e)
	if err := n.Entries[n.Len()-1].Err; err != nil && l.Checked {
		return l, 0, err
	}
	return n, n.Len(), nil
}

// put stores an entry, whatever it is.
func (l *Log) put(e *Entry) *Log {
	if n := l.longer[e]; n != nil {
		return n
	}
	chain := *l.Head()
	err := chain.Apply(e.decoded)
	hash := wire.LogHash0(chain.Conversation())
	if n := len(l.Entries); n > 0 {
		hash = l.Entries[n-1].Hash
	}
	n := *l
	n.longer = nil
	n.Entries = append(slices.Clip(l.Entries), Placed{e, wire.LogHash(hash, wire.EntryHash(e.Raw)), &chain, err, l.since(e, err), nil})
	if at := len(l.Entries); at > 0 && (e.Kind == wire.KindMessage || err != nil) {
		n.Entries[at].print = l.Entries[at-1].print
	} else {
		n.Entries[at].print = tokensOf(&chain)
	}
	if l.longer == nil {
		l.longer = map[*Entry]*Log{}
	}
	l.longer[e] = &n
	return &n
}

// since is the newest claim's beginning after one more entry.
func (l *Log) since(e *Entry, err error) uint64 {
	if e.Kind == wire.KindCommit && err == nil {
		by := l.Head().Member(e.By)
		for _, a := range e.decoded.Commit.Adds {
			if by != nil && by.Role == wire.Inbox && (a.Role == wire.Agent || a.Role == wire.Bot) {
				return l.added(e.By)
			}
		}
	}
	if n := len(l.Entries); n > 0 {
		return l.Entries[n-1].Since
	}
	return 0
}

// added is the epoch in which a member came in last.
func (l *Log) added(id wire.ID) (epoch uint64) {
	for _, p := range l.Entries {
		if p.Kind == wire.KindCommit && p.Err == nil && p.decoded.Commit.Newcomer(id) {
			epoch = p.After.Epoch()
		}
	}
	return epoch
}

// granted tells whether a commit that counts granted the epoch to the member.
func (l *Log) granted(to wire.ID, epoch uint64) bool {
	for _, p := range l.Entries {
		if p.Kind == wire.KindCommit && p.Err == nil && slices.Contains(granted(p.decoded.Commit, to), epoch) {
			return true
		}
	}
	return false
}

// granted lists the epochs that a commit grants to a member.
func granted(m *wire.Commit, to wire.ID) (out []uint64) {
	for _, g := range m.Grants {
		for n := g.From; g.Grantee == to && n <= g.To; n++ {
			out = append(out, n)
		}
	}
	return out
}

// begins is the head of an epoch.
func (l *Log) begins(epoch uint64) (head wire.Hash) {
	for _, p := range l.Entries {
		if p.Kind == wire.KindCommit && p.Err == nil && p.After.Epoch() == epoch {
			head = p.After.Head()
		}
	}
	return head
}
