package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// The load: so many conversations, each of one customer who writes and an agent
// who has a few of them; both follow the conversation, as real ends do.
const (
	conversations = 256
	perAgent      = 8
	textSize      = 180 // a short message: 256 bytes padded

	windows = 4
	window  = 3 * time.Second
	rounds  = 3
	round   = 5 * time.Second
)

// talker is a customer in a conversation, and what became of each entry.
type talker struct {
	person *relaytest.Person
	talk   *relaytest.Talk
	client *relaytest.Client

	mu    sync.Mutex
	sent  map[wire.ID]bool
	acked map[wire.ID]uint64 // its sequence
}

// message makes the next entry and notes that it is sent. One goroutine calls it.
func (t *talker) message() []byte {
	entry := t.person.Message(t.talk, textSize)
	t.note(entry)
	return entry
}

func (t *talker) note(entry []byte) {
	t.mu.Lock()
	t.sent[wire.EntryID(entry)] = true
	t.mu.Unlock()
}

// append waits for the acknowledgement.
func (t *talker) append(ctx context.Context, entry []byte) error {
	answer, err := t.client.Ask(ctx, relay.Append{Conversation: t.talk.ID, Entry: entry})
	if err != nil {
		return err
	}
	ack, ok := answer.(relay.Ack)
	if !ok {
		return fmt.Errorf("%T instead of an ack", answer)
	}
	t.mu.Lock()
	t.acked[wire.EntryID(entry)] = ack.Sequence
	t.mu.Unlock()
	return nil
}

// gather connects everybody and begins the conversations.
func gather(ctx context.Context, s *stage, p *program) ([]*talker, error) {
	var talkers []*talker
	var agent *relaytest.Person
	var atAgent *relaytest.Client
	var offered *wire.KeyPackage
	for i := range conversations {
		if i%perAgent == 0 {
			agent = relaytest.NewPerson(wire.Agent)
			raw, err := s.org.Issue(authority.Request{Role: wire.Agent, Identity: agent.Identity(), Alias: "Ana", Queues: []string{"default"}})
			if err != nil {
				return nil, err
			}
			if agent.Credential, err = wire.DecodeCredential(raw); err != nil {
				return nil, err
			}
			if atAgent, err = s.connect(ctx, p, agent); err != nil {
				return nil, err
			}
			offered = agent.KeyPackage(time.Now().Add(time.Hour), true)
		}
		t := &talker{person: relaytest.NewPerson(wire.Customer), talk: relaytest.NewTalk(s.org.Manifest), sent: make(map[wire.ID]bool), acked: make(map[wire.ID]uint64)}
		var err error
		if t.client, err = s.connect(ctx, p, t.person); err != nil {
			return nil, err
		}
		genesis := t.person.Genesis(t.talk, s.org.Manifest, "default", offered)
		t.note(genesis)
		if err := t.append(ctx, genesis); err != nil {
			return nil, err
		}
		t.talk.Apply(genesis)
		for _, at := range []*relaytest.Client{t.client, atAgent} {
			if _, err := at.Ask(ctx, relay.Subscribe{Conversation: t.talk.ID}); err != nil {
				return nil, err
			}
		}
		talkers = append(talkers, t)
	}
	return talkers, nil
}

// closedLoop has every talker send as soon as the one before is acknowledged,
// and gives the entries a second of each window.
func closedLoop(ctx context.Context, talkers []*talker) ([]float64, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var count atomic.Int64
	var first onceError
	var ended atomic.Bool
	var all sync.WaitGroup
	for _, t := range talkers {
		all.Go(func() {
			for !ended.Load() {
				if err := t.append(ctx, t.message()); err != nil {
					first.set(err)
					return
				}
				count.Add(1)
			}
		})
	}
	time.Sleep(window / 2) // the way to the steady state does not count
	var rates []float64
	for range windows {
		from, began := count.Load(), time.Now()
		time.Sleep(window)
		rates = append(rates, float64(count.Load()-from)/time.Since(began).Seconds())
	}
	ended.Store(true)
	all.Wait()
	return rates, first.get()
}

// openLoop sends at a rate for one round, whatever comes back, and gives the
// latencies from the due time, sorted.
func openLoop(ctx context.Context, talkers []*talker, rate float64) ([]time.Duration, error) {
	n := int(rate * round.Seconds())
	latencies := make([]time.Duration, n)
	var first onceError
	var all sync.WaitGroup
	start := time.Now()
	for i := range n {
		due := start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		t := talkers[i%len(talkers)]
		entry := t.message()
		all.Go(func() {
			if err := t.append(ctx, entry); err != nil {
				first.set(err)
			}
			latencies[i] = time.Since(due)
		})
	}
	all.Wait()
	slices.Sort(latencies)
	return latencies, first.get()
}

// quantile of sorted values: the smallest that at least q of them do not exceed.
func quantile[T any](sorted []T, q float64) T {
	i := int(q * float64(len(sorted)))
	if float64(i) == q*float64(len(sorted)) && i > 0 {
		i--
	}
	return sorted[min(i, len(sorted)-1)]
}

// onceError keeps the first error.
type onceError struct {
	once sync.Once
	err  atomic.Value
}

func (e *onceError) set(err error) { e.once.Do(func() { e.err.Store(err) }) }
func (e *onceError) get() error {
	err, _ := e.err.Load().(error)
	return err
}
