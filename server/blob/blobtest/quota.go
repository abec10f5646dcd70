package blobtest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/sealwire/sealwire/server/blob"
)

// refused wants the quota to stop a blob.
func refused(t *testing.T, s blob.Store, owner, by string, size int) {
	t.Helper()
	_, err := s.Create(ctx, blob.CreateRequest{Owner: []byte(owner), By: []byte(by), Size: uint64(size)})
	wantError(t, "create", err, blob.ErrQuota)
}

func limitsHold(t *testing.T, h Harness) {
	const mega = 1 << 20
	s, _ := start(t, h, blob.Limits{MaxFile: 8 * mega, MaxOwner: 10 * mega, MaxTotal: 16 * mega, MaxUnfinished: 3})
	a := create(t, s, "a", "ana", 8*mega)
	refused(t, s, "a", "bob", 2*mega+1)
	a2 := create(t, s, "a", "bob", 2*mega)
	refused(t, s, "a", "bob", 1)
	refused(t, s, "b", "ana", 6*mega+1)
	create(t, s, "b", "ana", 6*mega)
	refused(t, s, "c", "eve", 1) // all is used up
	wantError(t, "delete", s.Delete(ctx, a2), nil)
	refused(t, s, "c", "eve", 2*mega+1)
	// Many tiny ones count as MinCharge each.
	for i := range 2 * mega / blob.MinCharge {
		create(t, s, "c", fmt.Sprint("eve", i), 1)
	}
	refused(t, s, "a", "fay", 1)
	wantError(t, "erase", s.EraseOwner(ctx, []byte("c")), nil)
	wantError(t, "delete", s.Delete(ctx, a), nil)

	// Unfinished ones of one member, whoever owns them; complete ones are free.
	create(t, s, "c", "ana", 1000)
	d := create(t, s, "d", "ana", 1000)
	refused(t, s, "e", "ana", 1)
	create(t, s, "e", "bob", 1)
	put(t, s, d, random(1, 1000), 0)
	refused(t, s, "e", "ana", 1)
	for range 2 {
		wantError(t, "complete", s.Complete(ctx, d), nil)
	}
	e := create(t, s, "e", "ana", 1)
	refused(t, s, "e", "ana", 1)
	wantError(t, "delete", s.Delete(ctx, e), nil)
	create(t, s, "e", "ana", 1)
	wantError(t, "delete", s.Delete(ctx, d), nil) // it was complete: frees none
	refused(t, s, "e", "ana", 1)
}

// unfinishedReserveLittle: to begin an upload costs nothing, so what one member
// begins and what one group holds leaves room for the others.
func unfinishedReserveLittle(t *testing.T, h Harness) {
	const mega = 1 << 20
	limits := blob.Limits{MaxOwner: 100 * mega, MaxTotal: 100 * mega, MaxGroup: 10 * mega, MaxUnfinishedBytes: 4 * mega}
	s, place := start(t, h, limits)
	begin := func(owner, by, group string, size int) error {
		_, err := s.Create(ctx, blob.CreateRequest{Owner: []byte(owner), By: []byte(by), Group: []byte(group), Size: uint64(size)})
		return err
	}
	for range 2 {
		wantError(t, "ana's", begin("a", "ana", "shop", 2*mega), nil)
	}
	content := random(1, mega)
	for range 2 {
		wantError(t, "ana's, of another owner", begin("b", "ana", "shop", 1), blob.ErrQuota)
		wantError(t, "ana's, in another group", begin("b", "ana", "bank", 1), blob.ErrQuota)
		wantError(t, "more than the group's rest", begin("b", "bob", "shop", 4*mega+1), blob.ErrQuota)
		closed(t, s)
		s = reopen(t, h, place, limits)
	}
	wantError(t, "bob's", begin("b", "bob", "shop", 3*mega), nil)
	wantError(t, "eve's", begin("b", "eve", "shop", 3*mega), nil)
	wantError(t, "fay's", begin("c", "fay", "shop", 1), blob.ErrQuota)
	for range 50 {
		wantError(t, "another group's", begin("d", "gil", "bank", blob.MinCharge), nil)
		wantError(t, "delete", s.EraseOwner(ctx, []byte("d")), nil)
	}
	wantError(t, "without a group", begin("e", "hal", "", 4*mega), nil)
	wantError(t, "erase", s.EraseOwner(ctx, []byte("a")), nil)
	// Complete ones count in the group, but are not begun any more.
	for range 4 {
		id, err := s.Create(ctx, blob.CreateRequest{Owner: []byte("a"), By: []byte("ana"), Group: []byte("shop"), Size: mega})
		wantError(t, "ana's", err, nil)
		put(t, s, id, content, 0)
		wantError(t, "complete", s.Complete(ctx, id), nil)
		info, err := s.Info(ctx, id)
		wantError(t, "info", err, nil)
		if string(info.Group) != "shop" {
			t.Errorf("group %q", info.Group)
		}
	}
	wantError(t, "ana's", begin("a", "ana", "shop", 1), blob.ErrQuota)
	wantError(t, "ana's, in another group", begin("a", "ana", "bank", 4*mega), nil)
}

func limitsHoldAtOnce(t *testing.T, h Harness) {
	const most = 20
	limits := blob.Limits{MaxTotal: most * blob.MinCharge, MaxUnfinished: 1000}
	s, place := start(t, h, limits)
	for round := range 3 {
		var made atomic.Int32
		ids := make([][]blob.ID, 16)
		together(len(ids), func(i int) {
			for range 4 {
				id, err := s.Create(ctx, blob.CreateRequest{Owner: fmt.Append(nil, i), By: []byte("ana"), Size: 1})
				if err == nil {
					made.Add(1)
					ids[i] = append(ids[i], id)
				} else if !errors.Is(err, blob.ErrQuota) {
					t.Error(err)
				}
			}
		})
		if made.Load() != most {
			t.Fatalf("round %d: %d were made, want %d", round, made.Load(), most)
		}
		// All are removed at once, each by two, and by different ways.
		together(2*len(ids), func(i int) {
			for _, id := range ids[i/2] {
				if i%4 < 2 {
					if err := s.EraseOwner(ctx, fmt.Append(nil, i/2)); err != nil {
						t.Error(err)
					}
				} else if err := s.Delete(ctx, id); err != nil && !errors.Is(err, blob.ErrNotFound) {
					t.Error(err)
				}
			}
		})
	}
	if h.Files != nil && len(h.Files(t, place)) != 0 {
		t.Errorf("files remain: %v", h.Files(t, place))
	}
}

func limitsHoldAfterRestart(t *testing.T, h Harness) {
	const mega = 1 << 20
	limits := blob.Limits{MaxOwner: 4 * mega, MaxTotal: 6 * mega, MaxUnfinished: 2}
	s, place := start(t, h, limits)
	content := random(1, 100)
	done := create(t, s, "a", "ana", len(content))
	put(t, s, done, content, 0)
	wantError(t, "complete", s.Complete(ctx, done), nil)
	create(t, s, "a", "ana", 3*mega)
	create(t, s, "b", "ana", 2*mega)
	closed(t, s)
	s = reopen(t, h, place, limits)
	refused(t, s, "c", "ana", 1)
	refused(t, s, "a", "bob", mega)
	refused(t, s, "c", "bob", mega)
	create(t, s, "a", "bob", mega-blob.MinCharge)
	refused(t, s, "a", "bob", 1)
	refused(t, s, "c", "eve", 1)
	closed(t, s)

	// Lowered limits keep what there is and add nothing.
	s = reopen(t, h, place, blob.Limits{MaxFile: 10, MaxOwner: 1, MaxTotal: 1, MaxUnfinished: 1})
	wantContent(t, s, done, content)
	refused(t, s, "d", "eve", 1)
	for _, owner := range []string{"a", "b"} {
		wantError(t, "erase", s.EraseOwner(ctx, []byte(owner)), nil)
	}
	closed(t, s)
	s = reopen(t, h, place, limits)
	create(t, s, "a", "ana", 4*mega)
	create(t, s, "b", "ana", 2*mega)
}
