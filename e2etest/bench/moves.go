package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/conversation"
	"github.com/sealwire/sealwire/wasm/wire"
)

// benchMoves measures conversations of several members and long ones: natively, as
// an inbox or a bot runs the core; then through WebAssembly in Node and in a page,
// beside the same protocol in JavaScript.
func benchMoves(s *stage) error {
	for _, n := range []int{2, 5, 16} {
		if err := s.several(n); err != nil {
			return err
		}
	}
	if err := s.longNatively(10_000); err != nil {
		return err
	}
	fmt.Println()
	const script = `const { benchMoves } = await import("./test/bench/moves.js"); console.log(await benchMoves("Node " + process.version));`
	if err := s.node(script); err != nil {
		return err
	}
	fmt.Println()
	return s.inPage("moves.js", "benchMoves")
}

func millis() uint64 { return uint64(time.Now().UnixMilli()) }

// end is one of the company's, or a customer.
func (s *stage) end(role wire.Role) (*conversation.End, error) {
	end, err := conversation.NewEnd(role, []wire.Hash{wire.Hash(s.org.RootKey())})
	if err != nil {
		return nil, err
	}
	now := uint64(time.Now().Unix())
	if err := end.AddManifest(s.org.Manifest.Bytes(), now, true); err != nil || role == wire.Customer {
		return end, err
	}
	raw, err := s.org.Issue(authority.Request{Identity: end.Identity(), Alias: "Ana", Role: role})
	if err != nil {
		return nil, err
	}
	return end, end.SetCredential(raw, now)
}

// agents are so many, each with a key package.
func (s *stage) agents(n int) (ends []*conversation.End, adds []conversation.Newcomer, err error) {
	for range n {
		end, err := s.end(wire.Agent)
		if err != nil {
			return nil, nil, err
		}
		kp, err := end.KeyPackage(uint64(time.Now().Unix())+3600, false)
		if err != nil {
			return nil, nil, err
		}
		ends, adds = append(ends, end), append(adds, conversation.Newcomer{Role: wire.Agent, KeyPackage: kp})
	}
	return ends, adds, nil
}

// begun is a conversation of a customer with agents, of whom the first reads it too.
func (s *stage) begun(adds []conversation.Newcomer, first *conversation.End) (from, to *conversation.Conversation, log [][]byte, err error) {
	customer, err := s.end(wire.Customer)
	if err != nil {
		return nil, nil, nil, err
	}
	if from, err = customer.Genesis(millis(), "default", adds, nil); err != nil {
		return nil, nil, nil, err
	}
	to = first.Join(from.ID())
	log = [][]byte{from.Pending()}
	return from, to, log, all(log[0], from, to)
}

// all has each read an entry.
func all(entry []byte, these ...*conversation.Conversation) error {
	for _, c := range these {
		ev, err := c.Receive(entry, millis())
		if err == nil && ev.Type == conversation.Ignored {
			err = ev.Code
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// times is how often each is done; the fastest counts.
const times = 60

// several measures a commit made and read among n members, and one joining by it.
func (s *stage) several(n int) error {
	ends, adds, err := s.agents(n - 1)
	if err != nil {
		return err
	}
	joins, at := ends[0], 0
	if n > 2 { // the last is brought in
		joins, at, adds = ends[n-2], 1, adds[:n-2]
	}
	from, to, log, err := s.begun(adds, ends[0])
	if err != nil {
		return err
	}
	if n > 2 {
		_, late, err := s.agentsOf(joins)
		if err != nil {
			return err
		}
		entry, err := to.Commit(millis(), conversation.Moves{Adds: late})
		if err != nil {
			return err
		}
		log = append(log, entry)
		if err := all(entry, from, to); err != nil {
			return err
		}
	}
	made, read, joined := time.Hour, time.Hour, time.Hour
	for range times {
		began := time.Now()
		entry, err := from.Commit(millis(), conversation.Moves{})
		made = min(made, time.Since(began))
		if err == nil {
			err = all(entry, from)
		}
		began = time.Now()
		if err == nil {
			err = all(entry, to)
		}
		read = min(read, time.Since(began))
		c := joins.Join(from.ID())
		if err == nil {
			err = feed(c, log[:at])
		}
		began = time.Now()
		if err == nil {
			err = feed(c, log[at:])
		}
		joined = min(joined, time.Since(began))
		if err == nil && c.State() != conversation.Active {
			err = errors.New("who joined is not in")
		}
		if err != nil {
			return err
		}
	}
	fmt.Printf("native, %2d members             commit made %5d µs, read %4d µs, join %5d µs\n", n, made.Microseconds(), read.Microseconds(), joined.Microseconds())
	return nil
}

// agentsOf is another key package of an end.
func (s *stage) agentsOf(end *conversation.End) (*conversation.End, []conversation.Newcomer, error) {
	kp, err := end.KeyPackage(uint64(time.Now().Unix())+3600, false)
	return end, []conversation.Newcomer{{Role: wire.Agent, KeyPackage: kp}}, err
}

func feed(c *conversation.Conversation, log [][]byte) error {
	for _, entry := range log {
		if _, err := c.Receive(entry, millis()); err != nil {
			return err
		}
	}
	return nil
}

// longNatively measures a conversation of so many messages that is granted to a
// newcomer, who reads it from its genesis without a key, and again with all.
func (s *stage) longNatively(messages int) error {
	ends, adds, err := s.agents(2)
	if err != nil {
		return err
	}
	from, to, log, err := s.begun(adds[:1], ends[0])
	content := make([]byte, 180)
	for i := 0; err == nil && i < messages; {
		var due conversation.Due
		var entry []byte
		if due, err = from.Due(millis()); err != nil {
			break
		}
		if due == conversation.DueCommit {
			entry, err = from.Commit(millis(), conversation.Moves{})
		} else {
			entry, err = from.Seal(millis(), wire.Stored, content)
			i++
		}
		if err == nil {
			log = append(log, entry)
			err = all(entry, from, to)
		}
	}
	if err != nil {
		return err
	}
	const conference = 4
	entry, err := to.Commit(millis(), conversation.Moves{Adds: adds[1:], History: conference})
	if err != nil {
		return err
	}
	log = append(log, entry)
	c := ends[1].Join(from.ID())
	began := time.Now()
	if err := feed(c, log); err != nil {
		return err
	}
	replay := time.Since(began)
	began = time.Now()
	opened := 0
	for _, entry := range log {
		ev, err := c.Receive(entry, millis())
		if err != nil {
			return err
		}
		if ev.Type == conversation.Opened {
			opened++
		}
	}
	granted := time.Since(began)
	if opened != messages {
		return fmt.Errorf("%d of %d messages were opened", opened, messages)
	}
	fmt.Printf("native, %d entries replayed from genesis without a key in %.2f s; %d messages of a granted history opened in %.2f s, %d µs each\n",
		len(log), replay.Seconds(), opened, granted.Seconds(), granted.Microseconds()/int64(opened))
	return nil
}
