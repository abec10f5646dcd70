package main

import (
	"context"
	"fmt"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// findings is what a log does not hold as it was promised.
type findings struct {
	checked int // acknowledged entries
	lost    int // of them, not there
	moved   int // of them, at another sequence than acknowledged
	twice   int // entries there more than once
	holes   int // sequences that do not follow the one before
	strange int // entries that nobody sent
}

func (f findings) String() string {
	return fmt.Sprintf("%d lost, %d twice, %d moved, %d holes, %d strange", f.lost, f.twice, f.moved, f.holes, f.strange)
}

func (f findings) clean() bool { return f == findings{checked: f.checked} }

func (f *findings) add(o findings) {
	f.checked += o.checked
	f.lost += o.lost
	f.moved += o.moved
	f.twice += o.twice
	f.holes += o.holes
	f.strange += o.strange
}

// compare sets the log of one conversation against what its writer knows. An
// entry that was sent and never acknowledged may be there or not.
func compare(log []relay.Entry, sent map[wire.ID]bool, acked map[wire.ID]uint64) findings {
	f := findings{checked: len(acked)}
	at := make(map[wire.ID]uint64)
	for i, e := range log {
		if e.Sequence != uint64(i)+1 {
			f.holes++
		}
		id := wire.EntryID(e.Entry)
		if _, again := at[id]; again {
			f.twice++
			continue
		}
		at[id] = e.Sequence
		if !sent[id] {
			f.strange++
		}
	}
	for id, sequence := range acked {
		switch found, there := at[id]; {
		case !there:
			f.lost++
		case found != sequence:
			f.moved++
		}
	}
	return f
}

// readBack reads every conversation from its beginning, as its customer coming back.
func readBack(ctx context.Context, s *stage, p *program, talkers []*talker) (findings, error) {
	var all findings
	for _, t := range talkers {
		client, err := s.connect(ctx, p, t.person)
		if err != nil {
			return all, err
		}
		answer, err := client.Ask(ctx, relay.Subscribe{Conversation: t.talk.ID})
		if err != nil {
			return all, err
		}
		var log []relay.Entry
		for uint64(len(log)) < answer.(relay.Ack).Sequence {
			e, err := relaytest.Next[relay.Entry](ctx, client)
			if err != nil {
				return all, err
			}
			log = append(log, e)
		}
		client.CloseNow()
		all.add(compare(log, t.sent, t.acked))
	}
	return all, nil
}
