package inbox

import (
	"container/list"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
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

// call is post, and waits until it is done.
func (in *inbox) call(job func()) bool {
	done := make(chan struct{})
	if !in.post(func() { defer close(done); job() }) {
		return false
	}
	select {
	case <-done:
		return true
	case <-in.ctx.Done():
		return false
	}
}

func (in *inbox) now() time.Time { return in.set.o.Now() }
func (in *inbox) unix() uint64   { return uint64(in.now().Unix()) }
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

// hello makes the hello of a connection, under a credential of the last day.
func (in *inbox) hello(nonce [32]byte) ([]byte, error) {
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
		return nil, err
	}
	return in.member.Hello(nonce[:], []byte(in.set.host), in.credential.Bytes())
}

// renew takes a new credential once a day, or when the one there is does not
// stand under the newest manifest.
func (in *inbox) renew() error {
	now := in.now()
	newest := in.member.Newest()
	if in.credential != nil && now.Sub(in.refreshed).Abs() < day && newest.CheckCredential(in.credential) == nil && in.credential.EndedAt(in.unix()) == nil {
		return nil
	}
	raw, err := in.set.o.Issue(in.member.Identity(), in.queue)
	if err != nil {
		return err
	}
	if err := in.member.SetCredential(raw, in.unix()); err != nil {
		return err
	}
	if in.credential, err = wire.DecodeCredential(raw); err != nil {
		return err
	}
	in.refreshed, in.offer = now, nil
	in.member.Expire(in.unix())
	return in.save(store.Write{})
}

// welcomed begins with a connection.
func (in *inbox) welcomed(l *link, manifest []byte) error {
	switch err := in.member.AddManifest(manifest, in.unix(), true); {
	case errors.Is(err, wire.RolledBack):
		in.fail("taking the relay's manifest, which is older than ours,", err)
	case err != nil:
		return err
	}
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
		return err
	}
	in.link, in.listing, in.listed, in.asked = l, false, time.Time{}, 0
	if err := in.publish(); err != nil {
		return err
	}
	in.list()
	for id, c := range in.claims {
		if t := in.talks[id]; t != nil && !c.Stored {
			in.follow(t)
		}
	}
	return nil
}

// publish offers the key package of the day. Its secret is on disk before.
func (in *inbox) publish() error {
	if in.offer == nil || in.now().Sub(in.offered).Abs() >= day {
		ends := min(in.unix()+uint64(packageLife/time.Second), in.credential.NotAfter)
		offer, err := in.member.KeyPackage(ends, true)
		if err != nil {
			in.fail("making a key package", err)
			return err
		}
		if err := in.save(store.Write{}); err != nil {
			return err
		}
		in.offer, in.offered = offer, in.now()
	}
	in.published = false
	in.link.ask(relay.PublishKeyPackage{KeyPackage: in.offer}, func(b relay.Body) {
		switch b := b.(type) {
		case relay.Ack:
			in.published = true
		case relay.Error: // the same is sent again
			in.fail("publishing the key package", b.Code)
		}
	})
	return nil
}

// gone forgets a connection that ended.
func (in *inbox) gone(l *link) {
	if in.link == l {
		in.link = nil
		in.follows.Init()
		in.wants.Init()
		for _, t := range in.talks {
			t.unconnected()
		}
	}
	answers := l.answers
	l.answers = nil
	for _, answer := range answers {
		answer(nil)
	}
}

// frame takes what the relay says.
func (in *inbox) frame(l *link, request uint32, body relay.Body) {
	if in.link != l {
		return
	}
	if answer := l.answers[request]; request != 0 && answer != nil {
		delete(l.answers, request)
		answer(body)
		return
	}
	switch body := body.(type) {
	case relay.List:
		in.heads(body)
	case relay.Entry:
		if t := in.talks[body.Conversation]; t != nil {
			in.read(t, body.Sequence, body.Entry)
		}
	}
}

// list asks which conversations there are, and where their heads are.
func (in *inbox) list() {
	in.listing, in.listed = true, time.Now()
	in.link.asks.Reserve()
	in.link.ask(relay.ListConversations{}, func(b relay.Body) {
		in.listing = false
		l, ok := b.(relay.List)
		if !ok {
			return
		}
		in.heads(l)
		// What is not named this end was removed from, or there are too many: asking tells.
		named := make(map[wire.ID]bool, len(l.Conversations))
		for _, item := range l.Conversations {
			named[item.Conversation] = true
		}
		for id, t := range in.talks {
			if !named[id] {
				in.follow(t)
			}
		}
		in.prune(named)
	})
}

// heads learns of conversations and of what is new in them.
func (in *inbox) heads(l relay.List) {
	for _, item := range l.Conversations {
		t := in.talks[item.Conversation]
		if t == nil {
			if in.rests(item.Conversation, item.Sequence) || len(in.talks) >= maxTalks {
				continue
			}
			t = &talk{id: item.Conversation, fresh: true, row: store.Row{Conversation: item.Conversation}}
			in.talks[t.id] = t
		}
		t.head = max(t.head, item.Sequence)
		if t.row.Index < t.head || t.row.Waiting && in.follows.Len()+in.asked+in.wants.Len() < in.set.o.times.following {
			in.follow(t)
		}
		in.show(t)
	}
}

// newManifest acts under a newer manifest.
func (in *inbox) newManifest(raw []byte) {
	if err := in.member.AddManifest(raw, in.unix(), false); err != nil {
		in.fail("taking a manifest", err)
		return
	}
	before := in.credential
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
	}
	if before != in.credential {
		in.recredential()
	}
	if err := in.save(store.Write{}); err != nil {
		in.fail("saving", err)
	}
}

// recredential goes on under another credential: the relay sees it in a hello,
// the others in commits where the old one does not stand any more.
func (in *inbox) recredential() {
	if in.link != nil {
		in.link.cut()
	}
	newest := in.member.Newest()
	for _, t := range in.talks {
		if !t.row.Waiting {
			continue
		}
		if in.load(t) != nil {
			continue
		}
		for _, m := range t.core.Members() {
			if m.ID == in.member.ID() && m.KeyPackage.Credential != nil && newest.CheckCredential(m.KeyPackage.Credential) != nil {
				t.renews = true
				in.later[t] = time.Time{}
			}
		}
		in.evict()
	}
}

// tick looks at what is due.
func (in *inbox) tick() {
	now := time.Now()
	for t, at := range in.later {
		if !now.Before(at) {
			delete(in.later, t)
			in.step(t)
		}
	}
	in.subscribe()
	if (in.saved || len(in.unsaved) > 0) && now.Sub(in.flushed) >= in.set.o.times.flush {
		in.flush()
	}
	if in.link != nil && !in.listing && now.Sub(in.listed) >= in.set.o.times.list {
		in.list()
		in.daily()
	}
}

// daily does what is due after a day: it is looked at more often than that.
func (in *inbox) daily() {
	in.silent()
	before := in.credential
	if err := in.renew(); err != nil {
		in.fail("renewing the credential", err)
		return
	}
	if before != in.credential {
		in.recredential()
		return // the next connection publishes
	}
	if !in.published || in.now().Sub(in.offered).Abs() >= day {
		if err := in.publish(); err != nil {
			in.fail("publishing the key package", err)
		}
	}
	soon := in.unix() + uint64(renewCommits/time.Second)
	for _, t := range in.talks {
		if t.row.Waiting && t.row.Ends < soon && in.credential.NotAfter > soon {
			t.renews = true
			in.later[t] = time.Time{}
		}
	}
	for id, c := range in.claims {
		if c.Stored && in.talks[id] == nil && in.unix() > c.At+uint64(keepClaims/time.Second) {
			delete(in.claims, id)
			if err := in.save(store.Write{Unclaim: []wire.ID{id}}); err != nil {
				in.fail("saving", err)
			}
		}
	}
}
