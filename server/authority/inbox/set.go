package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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

// SetManifest takes a newer manifest: new queues get an inbox, and credentials
// that do not stand under it are renewed. An older one is wire.RolledBack.
func (s *Set) SetManifest(ctx context.Context, raw []byte) error {
	s.manifests.Lock()
	defer s.manifests.Unlock()
	return s.setManifest(ctx, raw, false)
}

// SetRoots trusts these root keys from now on and no others, and takes a manifest
// under one of them. The inboxes begin anew, as after a restart: claims that wait
// are ErrClosed, and asking again tells.
func (s *Set) SetRoots(ctx context.Context, roots []wire.Hash, raw []byte) error {
	s.manifests.Lock()
	defer s.manifests.Unlock()
	if _, err := s.newer(raw, roots); err != nil {
		return err
	}
	// What is on disk may be under a root that goes: first the manifest, then the roots.
	dropped := slices.DeleteFunc(slices.Clone(s.o.Roots), func(r wire.Hash) bool { return slices.Contains(roots, r) })
	both := append(dropped, roots...)
	if err := s.restart(ctx, both, raw); err != nil || len(dropped) == 0 {
		return err
	}
	if err := s.restart(ctx, roots, raw); err != nil {
		return errors.Join(err, s.restart(ctx, both, raw))
	}
	return nil
}

// restart ends all inboxes and begins them anew under these roots. The lock of
// the manifests is held.
func (s *Set) restart(ctx context.Context, roots []wire.Hash, raw []byte) error {
	s.mu.Lock()
	there := s.inboxes
	s.inboxes, s.restarting = make(map[string]*inbox), true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.restarting = false
		s.mu.Unlock()
	}()
	for _, in := range there {
		in.end()
	}
	var queues []string
	for queue, in := range there {
		in.done.Wait()
		queues = append(queues, queue)
	}
	s.mu.Lock()
	clear(s.board)
	s.mu.Unlock()
	s.o.Changed(queues...)
	s.o.Roots = roots
	return s.setManifest(ctx, raw, true)
}

// newer reads a manifest under these roots, unless an older one than the newest.
func (s *Set) newer(raw []byte, roots []wire.Hash) (*wire.Manifest, error) {
	manifest, err := wire.DecodeManifest(slices.Clone(raw), roots)
	if err != nil {
		return nil, fmt.Errorf("inbox: manifest: %w", err)
	}
	s.mu.Lock()
	newest, closed := s.manifest, s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return nil, ErrClosed
	case newest != nil && (manifest.Sequence < newest.Sequence || manifest.Sequence == newest.Sequence && manifest.Hash() != newest.Hash()):
		return nil, fmt.Errorf("inbox: manifest %d: %w", manifest.Sequence, wire.RolledBack)
	}
	return manifest, nil
}

// setManifest takes a manifest; all: and opens those inboxes too whose queue it
// does not name.
func (s *Set) setManifest(ctx context.Context, raw []byte, all bool) error {
	manifest, err := s.newer(raw, s.o.Roots)
	if err != nil {
		return err
	}
	var also []string
	if all {
		if also, err = s.o.Store.Queues(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.manifest = manifest
	there := maps.Clone(s.inboxes)
	s.mu.Unlock()
	for _, in := range there {
		in.post(func() { in.newManifest(raw) })
	}
	for _, queue := range slices.Concat(manifest.Queues, also) {
		if there[queue] != nil {
			continue
		}
		in, err := s.open(ctx, queue, raw)
		if err != nil {
			return fmt.Errorf("inbox of %q: %w", queue, err)
		}
		there[queue] = in
		s.mu.Lock()
		s.inboxes[queue] = in
		s.mu.Unlock()
		in.done.Go(in.run)
		in.done.Go(in.connections)
	}
	return nil
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
