package inbox

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// How an inbox keeps what it shows fresh.
const (
	packageLife  = 7 * 24 * time.Hour
	day          = 24 * time.Hour
	renewCommits = 3 * day // before its credential in a roster ends
	keepClaims   = 10 * time.Minute
	maxTalks     = 1 << 16 // a relay that names more wants memory
)

// inbox is one queue's. All of it but set, queue, ctx and jobs belongs to the
// one goroutine of run.
type inbox struct {
	set   *Set
	queue string
	ctx   context.Context
	end   context.CancelFunc
	jobs  chan func()
	done  sync.WaitGroup

	member     *conversation.End
	savedEnd   wire.Hash
	credential *wire.Credential
	offer      []byte    // the key package that is published
	offered    time.Time // when it was made
	published  bool      // the relay has it
	refreshed  time.Time
	link       *link // nil: not connected
	listing    bool
	listed     time.Time

	talks   map[wire.ID]*talk
	claims  map[wire.ID]*claim
	loaded  *list.List // of *talk, the last used first
	follows *list.List // of *talk, the last active first
	wants   *list.List // of *talk that are to be followed, the next first
	asked   int        // to follow, and not answered yet
	left    map[wire.ID]store.Left
	crowds  map[wire.ID]map[*talk]bool // that wait, by customer
	later   map[*talk]time.Time
	unsaved map[*talk]bool
	flushed time.Time
	saved   bool                 // since it was last purged
	told    map[string]time.Time // trouble, and when it was
	current *talk                // the one that is handled, in case of a panic
}

// killed ends an inbox as a crash does, in tests.
type killed struct{}

// open loads the queue's inbox, or makes it.
func (s *Set) open(ctx context.Context, queue string, manifest []byte) (*inbox, error) {
	in := &inbox{set: s, queue: queue, jobs: make(chan func(), 256), talks: make(map[wire.ID]*talk), claims: make(map[wire.ID]*claim),
		loaded: list.New(), follows: list.New(), wants: list.New(), left: make(map[wire.ID]store.Left), crowds: make(map[wire.ID]map[*talk]bool), later: make(map[*talk]time.Time), unsaved: make(map[*talk]bool), told: make(map[string]time.Time)}
	in.ctx, in.end = context.WithCancel(s.ctx)
	state, err := s.o.Store.End(ctx, queue)
	if err != nil {
		return nil, err
	}
	if state == nil {
		in.member, err = conversation.NewEnd(wire.Inbox, s.o.Roots)
	} else {
		in.member, err = conversation.LoadEnd(state, wire.Inbox, s.o.Roots)
		clear(state)
	}
	if err != nil {
		return nil, err
	}
	if err := in.member.AddManifest(manifest, in.unix(), false); err != nil {
		return nil, err
	}
	rows, err := s.o.Store.Rows(ctx, queue)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		t := &talk{id: row.Conversation, row: row, saved: row, head: row.Index}
		in.talks[t.id] = t
		in.show(t)
	}
	left, err := s.o.Store.Left(ctx, queue)
	if err != nil {
		return nil, err
	}
	for _, l := range left {
		in.left[l.Conversation] = l
	}
	claims, err := s.o.Store.Claims(ctx, queue)
	if err != nil {
		return nil, err
	}
	for _, c := range claims {
		in.claims[c.Conversation] = &claim{Claim: c, made: true}
		if t := in.talks[c.Conversation]; t != nil && !c.Stored {
			in.later[t] = time.Time{}
		}
	}
	return in, in.save(store.Write{})
}

// run does what comes up, one thing after the other, until the inbox ends.
func (in *inbox) run() {
	defer func() {
		in.end()
		switch p := recover().(type) {
		case nil:
		case killed:
		default:
			panic(p)
		}
	}()
	tick := time.NewTicker(in.set.o.times.tick)
	defer tick.Stop()
	for {
		select {
		case <-in.ctx.Done():
			in.flush()
			in.member.Wipe()
			return
		case job := <-in.jobs:
			in.guarded(job)
		case <-tick.C:
			in.guarded(in.tick)
		}
	}
}

// post gives the inbox's goroutine something to do; false where it has ended.
func (in *inbox) post(job func()) bool {
	select {
	case in.jobs <- job:
		return true
	case <-in.ctx.Done():
		return false
	}
}

// errPanicked is why a job was not done to its end.
var errPanicked = errors.New("inbox: a job panicked")

// call is post, and waits until it is done: ErrClosed where the inbox has ended,
// errPanicked where the job began and did not come to its end.
func (in *inbox) call(job func()) error {
	done := make(chan error, 1)
	if !in.post(func() {
		err := errPanicked
		defer func() { done <- err }()
		job()
		err = nil
	}) {
		return ErrClosed
	}
	select {
	case err := <-done:
		return err
	case <-in.ctx.Done():
		return ErrClosed
	}
}

func (in *inbox) now() time.Time { return in.set.o.Now() }

func (in *inbox) unix() uint64 { return uint64(in.now().Unix()) }

func (in *inbox) millis() uint64 { return uint64(in.now().UnixMilli()) }

// at is where tests end an inbox as a crash would, or do something to the relay.
func (in *inbox) at(step string) {
	if in.set.o.TestingOnlyStep != nil && in.set.o.TestingOnlyStep(in.queue, step) {
		panic(killed{})
	}
}

// quietly is how long the same trouble is not told again.
const quietly = 30 * time.Second

// fail notes what is the operator's to mend. No id, key or token is in it.
func (in *inbox) fail(what string, err error) {
	key := what + ": " + err.Error()
	if now := time.Now(); now.Sub(in.told[key]) < quietly {
		return
	} else if len(in.told) < 1_000 {
		in.told[key] = now
	} else {
		clear(in.told)
	}
	in.set.o.Logger.Error("inbox: "+what+" failed", "queue", in.queue, "cause", err)
}

func (in *inbox) logClosed(err error) {
	level := slog.LevelInfo
	switch codeOf(err) {
	case wire.BadCredential, wire.Expired, wire.RolledBack, wire.BadArgument:
		level = slog.LevelError
	}
	in.set.o.Logger.Log(context.Background(), level, "inbox: connection ended", "queue", in.queue, "cause", err)
}
