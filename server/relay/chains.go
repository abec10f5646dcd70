package relay

import (
	"container/list"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// conversationKey names a conversation in the log: tenant id ‖ conversation id.
type conversationKey [32]byte

// conversation is the public state of one conversation, in memory while it is
// used and for some time after.
//
// Its lock orders what happens to it: a commit or a join request is checked,
// stored and announced under the write lock; messages under the read lock, so
// that the disk can take many at once, and the epoch cannot change meanwhile.
type conversation struct {
	key    conversationKey
	tenant *tenant

	sync.RWMutex
	chain    *wire.Chain // nil: to be read from the log
	joins    joins       // those of the chain
	removals removals    // and those whom it removed

	users   int           // of the cache, under its lock
	element *list.Element // in the cache's order of use, while nobody uses it
}

// chains is the bounded cache of conversations.
type chains struct {
	log entrylog.Log
	max int

	mu    sync.Mutex
	known map[conversationKey]*conversation
	idle  *list.List // least recently used first
}

func newChains(log entrylog.Log, max int) *chains {
	return &chains{log: log, max: max, known: make(map[conversationKey]*conversation), idle: list.New()}
}

// acquire gives the conversation, which may not exist yet; release it after use.
func (c *chains) acquire(t *tenant, id wire.ID) *conversation {
	key := t.key(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.known[key]
	if v == nil {
		v = &conversation{key: key, tenant: t}
		c.known[key] = v
	}
	v.users++
	if v.element != nil {
		c.idle.Remove(v.element)
		v.element = nil
	}
	return v
}

func (c *chains) release(v *conversation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v.users--; v.users > 0 {
		return
	}
	if v.chain == nil || !v.chain.Started() { // nothing worth keeping; nobody holds its lock now
		delete(c.known, v.key)
		return
	}
	v.element = c.idle.PushBack(v)
	for len(c.known) > c.max && c.idle.Len() > 0 {
		oldest := c.idle.Remove(c.idle.Front()).(*conversation)
		oldest.element = nil
		delete(c.known, oldest.key)
	}
}

// lock takes the conversation's lock, for writing or for reading only, with
// its state loaded.
func (v *conversation) lock(ctx context.Context, log entrylog.Log, write bool) (unlock func(), err error) {
	for {
		if !write {
			v.RLock()
			if v.chain != nil {
				return v.RUnlock, nil
			}
			v.RUnlock()
		}
		v.Lock()
		if v.chain == nil {
			if err := v.load(ctx, log); err != nil {
				v.Unlock()
				return nil, err
			}
		}
		if write {
			return v.Unlock, nil
		}
		v.Unlock()
	}
}

// load rebuilds the state from the log: the same entries in the same order
// give the same state. Messages do not change it and are not read, so that one
// that is damaged or trimmed does not matter here. Nor does a join request that
// a build with other rules stored: every end of today ignores it as well.
func (v *conversation) load(ctx context.Context, log entrylog.Log) error {
	id := wire.ID(v.key[16:])
	chain, joins, removals := wire.NewChain(id, v.tenant.manifests.byHash), make(joins), make(removals)
	for after := uint64(0); ; {
		entries, err := log.Commits(ctx, v.key[:], after, entrylog.MaxRead, 1<<20)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			after = e.Sequence
			entry, err := wire.DecodeEntry(e.Bytes)
			if err == nil {
				err = chain.Apply(entry)
			}
			if err != nil && entry != nil && entry.Kind == wire.KindJoin {
				continue
			}
			if err != nil {
				return fmt.Errorf("relay: stored entry %d does not follow: %w", e.Sequence, err)
			}
			joins.follow(chain, entry, time.UnixMilli(e.At))
			removals.follow(entry, e.Sequence)
		}
	}
	v.chain, v.joins, v.removals = chain, joins, removals
	return nil
}

// memberIDs copies the ids of a roster.
func memberIDs(members []wire.Member) []wire.ID {
	ids := make([]wire.ID, len(members))
	for i := range members {
		ids[i] = members[i].ID
	}
	return ids
}
