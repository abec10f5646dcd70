package relay_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// oddLog does something else at the next append.
type oddLog struct {
	entrylog.Log
	next atomic.Pointer[func() error]
}

func (l *oddLog) Append(ctx context.Context, r entrylog.AppendRequest) (uint64, bool, error) {
	if odd := l.next.Swap(nil); odd != nil {
		if err := (*odd)(); err != nil {
			return 0, false, err
		}
	}
	return l.Log.Append(ctx, r)
}

// counting is a relay at which one conversation of a customer may wait.
type counting struct {
	scene
	log   *oddLog
	inbox *wire.KeyPackage
}

func count(t *testing.T, burst int) *counting {
	t.Helper()
	s := &counting{log: &oddLog{}}
	r := relaytest.Start(t, func(c *relay.Config) {
		s.log.Log, c.Log = c.Log, s.log
		c.Limits.Waiting, c.Limits.GenesisBurst = 1, burst
	})
	s.scene = scene{Relay: r, t: t, ctx: relaytest.Context(t)}
	s.inbox = r.Inbox("default").KeyPackage(time.Now().Add(time.Hour), true)
	s.customer, s.atCustomer = s.carla()
	return s
}

// carla is one customer, with another identity each time.
func (s *counting) carla() (*relaytest.Person, *relaytest.Client) {
	p := relaytest.NewPerson(wire.Customer)
	o := s.Options(p)
	o.Proof = s.TokenOf("carla", p, time.Now())
	return p, s.ConnectWith(o)
}

func TestConversationsThatBeginAtOneMomentAreCounted(t *testing.T) {
	s := count(t, 100)
	other, atOther := s.carla()
	held, goOn := make(chan struct{}), make(chan struct{})
	hold := func() error { close(held); <-goOn; return nil }
	s.log.next.Store(&hold)
	first := make(chan error, 1)
	request := s.newGenesis(s.customer, s.inbox)
	go func() { _, err := s.atCustomer.Ask(s.ctx, request); first <- err }()
	<-held
	_, err := atOther.Ask(s.ctx, s.newGenesis(other, s.inbox))
	close(goOn)
	if !errors.Is(err, wire.RateLimited) {
		t.Errorf("the second at that moment: %v, want rate limited", err)
	}
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

func TestConversationThatIsNotStoredDoesNotCount(t *testing.T) {
	s := count(t, 100)
	broken := func() error { return errors.New("the disk is gone") }
	s.log.next.Store(&broken)
	refused(t, s.atCustomer, s.newGenesis(s.customer, s.inbox), wire.Unavailable)
	ask[relay.Ack](t, s.atCustomer, s.newGenesis(s.customer, s.inbox))
	refused(t, s.atCustomer, s.newGenesis(s.customer, s.inbox), wire.RateLimited)
}

func TestGenesisThatIsTriedAgainCountsOnce(t *testing.T) {
	s := count(t, 1)
	stale := func() error { return entrylog.ErrStaleHead }
	s.log.next.Store(&stale)
	ask[relay.Ack](t, s.atCustomer, s.newGenesis(s.customer, s.inbox))
	refused(t, s.atCustomer, s.newGenesis(s.customer, s.Agent("Ana").KeyPackage(time.Now().Add(time.Hour), false)), wire.RateLimited)
}

// begun begins one that waits, and says how to go on with it.
func (s *counting) begun() *scene {
	k := &scene{Relay: s.Relay, t: s.t, ctx: s.ctx, customer: s.customer, atCustomer: s.atCustomer, talk: relaytest.NewTalk(s.Org.Manifest)}
	k.genesis = s.customer.Genesis(k.talk, s.Org.Manifest, "default", s.inbox)
	k.append(s.atCustomer, k.genesis)
	k.talk.Apply(k.genesis)
	return k
}

// A conversation that its inbox has left costs the company nothing, until the
// customer adds an inbox once more: then it counts again.
func TestConversationThatItsInboxLeftDoesNotCount(t *testing.T) {
	for _, how := range []string{"is removed", "goes"} {
		t.Run(how, func(t *testing.T) {
			s := count(t, 100)
			inbox := s.Inbox("default")
			atInbox := s.Connect(inbox)
			s.inbox = inbox.KeyPackage(time.Now().Add(time.Hour), true)
			first := s.begun()
			refused(t, s.atCustomer, s.newGenesis(s.customer, s.inbox), wire.RateLimited)
			again := relaytest.Change{Adds: []*wire.KeyPackage{s.Inbox("default").KeyPackage(time.Now().Add(time.Hour), true)}}
			if how == "goes" {
				first.commit(inbox, atInbox, relaytest.Change{Marks: wire.MarkLeave})
				again.Removes = []wire.ID{inbox.ID()}
			} else {
				first.commit(s.customer, s.atCustomer, relaytest.Change{Removes: []wire.ID{inbox.ID()}})
			}
			second := s.begun()
			back := s.customer.Commit(first.talk, s.Org.Manifest, again)
			refused(t, s.atCustomer, relay.Append{Conversation: first.talk.ID, Entry: back}, wire.RateLimited)
			second.commit(s.customer, s.atCustomer, relaytest.Change{Marks: wire.MarkClose})
			ask[relay.Ack](t, s.atCustomer, relay.Append{Conversation: first.talk.ID, Entry: back})
			refused(t, s.atCustomer, s.newGenesis(s.customer, s.inbox), wire.RateLimited)
		})
	}
}
