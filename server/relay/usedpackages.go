package relay

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// usedPackages knows the one-time key packages that stored commits have added.
// A customer is given each of them once, but could begin any number of
// conversations with it, and an agent would be in all of them.
//
// What is used is a small record from before its commit is stored, so that no
// crash lets it be used twice; it names the commit, so that a crash in between
// does not keep the same commit from being sent again.
type usedPackages struct {
	log  entrylog.Log
	life time.Duration // how far ahead a key package may expire

	mu    sync.Mutex
	using map[usedKey]bool // by an append that is under way
}

// usedKey is tenant id ‖ the key package's hash.
type usedKey [48]byte

// expiredUse is how long the use of a key package is known that expires sooner.
const expiredUse = 24 * time.Hour

func newUsedPackages(log entrylog.Log, life time.Duration) *usedPackages {
	return &usedPackages{log: log, life: life, using: make(map[usedKey]bool)}
}

// use notes the key packages that a commit adds, which must be valid on its
// head. Replayed: it is a genesis, and another commit has used one of them.
// Done is to be called once the commit is stored, or is not.
func (u *usedPackages) use(ctx context.Context, t *tenant, m *wire.Commit, id [16]byte, now time.Time) (done func(), err error) {
	var mine []usedKey
	done = func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, key := range mine {
			delete(u.using, key)
		}
	}
	for _, add := range m.Adds {
		if add.KeyPackage.Use != wire.UseOffer {
			continue
		}
		hash := wire.Sum("relay record", add.KeyPackage.Bytes())
		key := usedKey(append(t.ID[:], hash[:]...))
		fresh := u.reserve(key)
		if fresh {
			mine = append(mine, key)
			fresh, err = u.note(ctx, t, hash, id, add.KeyPackage.Expires, now)
		}
		if err == nil && !fresh && m.Parent.Zero() {
			err = wire.Replayed
		}
		if err != nil {
			done()
			return nil, err
		}
	}
	return done, nil
}

func (u *usedPackages) reserve(key usedKey) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.using[key] {
		return false
	}
	u.using[key] = true
	return true
}

// note stores the record, and tells whether the use is the first, or again that.
func (u *usedPackages) note(ctx context.Context, t *tenant, hash wire.Hash, id [16]byte, expires uint64, now time.Time) (bool, error) {
	r, err := u.log.Get(ctx, spaceUsed, t.ID[:], hash[:])
	if err == nil {
		return string(r.Value) == string(id[:]), nil
	}
	if !errors.Is(err, entrylog.ErrNotFound) {
		return false, err
	}
	until := min(max(expires, uint64(now.Add(expiredUse).Unix())), uint64(now.Add(u.life).Unix()))
	return true, u.log.Put(ctx, entrylog.Record{Space: spaceUsed, Owner: t.ID[:], ID: hash[:], Value: id[:], Keep: true, Expires: until})
}
