package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Options are what inboxes are made of.
type Options struct {
	// Relay is the address of the relay's connection: ws:// or wss://. Required.
	Relay string
	// Origin is sent to the relay; it must be one of those that the relay lists,
	// unless that lets in programs without one. Default none.
	Origin string
	// Roots are the root public keys that are trusted, at least one.
	Roots []wire.Hash
	// Store keeps their state. Required; the caller closes it after Close.
	Store *store.Store
	// Issue signs the credential of a queue's inbox. Required.
	Issue func(identity []byte, queue string) ([]byte, error)
	// Changed is called, from any goroutine, when Waiting has another answer for
	// who holds one of the queues.
	Changed func(queues ...string)
	// Logger gets what is the operator's to mend. Default: no log.
	Logger *slog.Logger
	// Now is the clock. Default time.Now.
	Now func() time.Time

	// TestingOnlyStep is called at each step of an inbox; true ends that inbox as a
	// crash does.
	TestingOnlyStep func(queue, step string) (die bool)

	times times
}

// times are the waits of the inboxes.
type times struct {
	tick      time.Duration // between two looks at what is due
	flush     time.Duration // until what was only read is saved
	turn      time.Duration // that one answerer leaves to the one before it
	jitter    time.Duration // the longest wait of the first in turn
	retry     time.Duration // before what was refused is tried again
	list      time.Duration // between two lists of all conversations
	backoff   time.Duration // before the second connection; doubles
	most      time.Duration // backoff
	cache     int           // states in memory
	following int           // subscriptions
	patience  time.Duration // with one that is followed and does not come to its end
}

func (t times) withDefaults() times {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&t.tick, 100 * time.Millisecond}, {&t.flush, 2 * time.Second}, {&t.turn, 2 * time.Second}, {&t.jitter, 400 * time.Millisecond},
		{&t.retry, time.Second}, {&t.list, 30 * time.Second}, {&t.backoff, 500 * time.Millisecond}, {&t.most, 30 * time.Second}, {&t.patience, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if t.cache == 0 {
		t.cache = 256
	}
	if t.following == 0 {
		t.following = 900 // a relay allows 1,024
	}
	return t
}

// Sentinels of this package.
var (
	ErrOptions = errors.New("inbox: bad options")
	ErrNothing = errors.New("inbox: nothing waits there")
	ErrClosed  = errors.New("inbox: closed")
)

// Lost says that somebody else has claimed the conversation.
type Lost struct{ By string } // the alias

func (l Lost) Error() string { return "inbox: claimed by another" }

// Waiting is a conversation that waits for an agent. Nothing in it is readable.
type Waiting struct {
	Conversation wire.ID
	Queue        string // in which it waits
	Home         string // in which it began: who claims it holds that too
	Since        uint64 // Unix milliseconds, by the commit that added the inbox
	Entries      uint64 // of the log
	Parked       bool   // it was with an agent before

	inbox string // whose it is
}

// Set are the inboxes of a company. It is safe for concurrent use.
type Set struct {
	o    Options
	host string
	ctx  context.Context
	end  context.CancelFunc

	manifests sync.Mutex // one is taken after the other; Options.Roots are under it

	mu       sync.Mutex
	manifest *wire.Manifest
	inboxes  map[string]*inbox
	board    map[wire.ID]Waiting
	closed   bool

	restarting bool // some inboxes are not there for the moment
}

// Open loads or makes an inbox for each queue of the manifest, and one for each
// that there was, and connects them. It does not wait for the relay.
func Open(ctx context.Context, o Options, manifest []byte) (*Set, error) {
	u, err := url.Parse(o.Relay)
	switch {
	case err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "":
		return nil, fmt.Errorf("%w: relay %q: want ws://host/path or wss://host/path", ErrOptions, o.Relay)
	case len(o.Roots) == 0 || o.Store == nil || o.Issue == nil:
		return nil, fmt.Errorf("%w: roots, a store and an issuer are needed", ErrOptions)
	}
	if o.Changed == nil {
		o.Changed = func(...string) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.times = o.times.withDefaults()
	s := &Set{o: o, host: u.Host, inboxes: make(map[string]*inbox), board: make(map[wire.ID]Waiting)}
	s.ctx, s.end = context.WithCancel(context.Background())
	if err := s.setManifest(ctx, manifest, true); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Waiting lists what waits in the queues, the longest first.
func (s *Set) Waiting(queues []string) []Waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Waiting{}
	for _, w := range s.board {
		if slices.Contains(queues, w.Queue) && slices.Contains(queues, w.Home) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b Waiting) int {
		switch {
		case a.Since != b.Since && a.Since < b.Since:
			return -1
		case a.Since != b.Since:
			return 1
		}
		return strings.Compare(string(a.Conversation[:]), string(b.Conversation[:]))
	})
	return out
}

// show puts a conversation on the board, or takes it off.
func (s *Set) show(id wire.ID, queue string, w *Waiting) {
	s.mu.Lock()
	before, there := s.board[id]
	switch {
	case w != nil:
		s.board[id] = *w
	case there && before.inbox == queue: // another queue's inbox may have it now
		delete(s.board, id)
	}
	s.mu.Unlock()
	switch {
	case w != nil && there && before != *w:
		s.o.Changed(before.Queue, w.Queue)
	case w != nil && !there:
		s.o.Changed(w.Queue)
	case w == nil && there:
		s.o.Changed(before.Queue)
	}
}

// Close ends the connections and saves what was read. The store may be closed
// after it.
func (s *Set) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.manifests.Lock() // whoever opens some just now
	defer s.manifests.Unlock()
	for _, in := range s.inboxes {
		in.done.Wait()
	}
}
