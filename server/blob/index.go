package blob

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// ownerKey names an owner in paths: SHA-256 of it.
type ownerKey [sha256.Size]byte

func keyOf(owner []byte) ownerKey { return sha256.Sum256(owner) }

// record is a blob in memory.
type record struct {
	info    Info // Complete under mu, the rest fixed
	owner   ownerKey
	charge  uint64
	damaged bool // the metadata can't be read, so info has only the id; fixed

	// mu is held shared while the blob's files are written or read, and alone
	// to put a part in its place, to complete, and to remove. Who holds it must
	// look at gone first: after that the blob's directory is not its own.
	mu      sync.RWMutex
	gone    bool
	present bitmap // the parts that are stored; nil when complete
}

// alive must be called with mu held.
func (r *record) alive() error {
	if r.gone {
		return ErrNotFound
	}
	return nil
}

// index knows all blobs, and what they count. A blob that is being made counts
// before it is known.
type index struct {
	limits Limits

	mu         sync.Mutex
	blobs      map[ID]*record
	total      uint64
	owners     map[ownerKey]*account
	groups     map[string]uint64 // bytes
	unfinished map[string]begun  // by member
}

// begun is what one member has that is not complete.
type begun struct {
	blobs int
	bytes uint64
}

type account struct {
	bytes uint64
	blobs map[*record]struct{}
}

func newIndex(l Limits) *index {
	return &index{limits: l, blobs: map[ID]*record{}, owners: map[ownerKey]*account{},
		groups: map[string]uint64{}, unfinished: map[string]begun{}}
}

// reserve counts a blob if the limits allow.
func (x *index) reserve(r *record) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var ofOwner uint64
	if a := x.owners[r.owner]; a != nil {
		ofOwner = a.bytes
	}
	mine := x.unfinished[string(r.info.By)]
	switch {
	case exceeds(x.total, r.charge, x.limits.MaxTotal):
		return fmt.Errorf("%w: %d bytes in all and %d more, want at most %d", ErrQuota, x.total, r.charge, x.limits.MaxTotal)
	case exceeds(ofOwner, r.charge, x.limits.MaxOwner):
		return fmt.Errorf("%w: %d bytes of this owner and %d more, want at most %d", ErrQuota, ofOwner, r.charge, x.limits.MaxOwner)
	case len(r.info.Group) > 0 && exceeds(x.groups[string(r.info.Group)], r.charge, x.limits.MaxGroup):
		return fmt.Errorf("%w: %d bytes of this group and %d more, want at most %d", ErrQuota, x.groups[string(r.info.Group)], r.charge, x.limits.MaxGroup)
	case mine.blobs >= x.limits.MaxUnfinished:
		return fmt.Errorf("%w: %d unfinished blobs of this member", ErrQuota, x.limits.MaxUnfinished)
	case exceeds(mine.bytes, r.charge, x.limits.MaxUnfinishedBytes):
		return fmt.Errorf("%w: %d unfinished bytes of this member and %d more, want at most %d", ErrQuota, mine.bytes, r.charge, x.limits.MaxUnfinishedBytes)
	}
	x.count(r)
	return nil
}

func exceeds(used, more, limit uint64) bool { return used >= limit || more > limit-used }

// count must be called with mu held.
func (x *index) count(r *record) {
	x.total += r.charge
	a := x.owners[r.owner]
	if a == nil {
		a = &account{blobs: map[*record]struct{}{}}
		x.owners[r.owner] = a
	}
	a.bytes += r.charge
	a.blobs[r] = struct{}{}
	if len(r.info.Group) > 0 {
		x.groups[string(r.info.Group)] += r.charge
	}
	if !r.info.Complete && !r.damaged {
		mine := x.unfinished[string(r.info.By)]
		x.unfinished[string(r.info.By)] = begun{mine.blobs + 1, mine.bytes + r.charge}
	}
}

// add makes a blob known that was counted by reserve.
func (x *index) add(r *record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.blobs[r.info.ID] = r
}

// load counts a blob that was found on disk, whatever the limits say, and
// makes it known. It refuses a second one of the same id.
func (x *index) load(r *record) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.blobs[r.info.ID] != nil {
		return false
	}
	x.blobs[r.info.ID] = r
	x.count(r)
	return true
}

// complete ends a blob's counting as unfinished. r.mu must be held alone.
func (x *index) complete(r *record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !r.info.Complete {
		x.finished(r)
	}
	r.info.Complete, r.present = true, nil
}

func (x *index) finished(r *record) {
	by := string(r.info.By)
	if mine := x.unfinished[by]; mine.blobs > 1 {
		x.unfinished[by] = begun{mine.blobs - 1, mine.bytes - r.charge}
	} else {
		delete(x.unfinished, by)
	}
}

// drop forgets a blob and uncounts it, and says whether its owner has others.
func (x *index) drop(r *record) (others bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.blobs, r.info.ID)
	x.total -= r.charge
	a := x.owners[r.owner]
	a.bytes -= r.charge
	if delete(a.blobs, r); len(a.blobs) == 0 {
		delete(x.owners, r.owner)
	}
	if group := string(r.info.Group); group != "" {
		if x.groups[group] -= r.charge; x.groups[group] == 0 {
			delete(x.groups, group)
		}
	}
	if !r.info.Complete && !r.damaged {
		x.finished(r)
	}
	return len(a.blobs) > 0
}

func (x *index) get(id ID) *record {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.blobs[id]
}

// of returns the known blobs of an owner.
func (x *index) of(k ownerKey) []*record {
	x.mu.Lock()
	defer x.mu.Unlock()
	var some []*record
	if a := x.owners[k]; a != nil {
		for r := range a.blobs {
			if x.blobs[r.info.ID] == r {
				some = append(some, r)
			}
		}
	}
	return some
}

// all returns the known blobs of which keep is true. It must not take r.mu.
func (x *index) all(keep func(*record) bool) []*record {
	x.mu.Lock()
	defer x.mu.Unlock()
	var some []*record
	for _, r := range x.blobs {
		if keep(r) {
			some = append(some, r)
		}
	}
	return some
}

// bitmap is a set of part numbers.
type bitmap []uint64

func newBitmap(n int) bitmap    { return make(bitmap, (n+63)/64) }
func (b bitmap) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
