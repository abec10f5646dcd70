package relay

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/wasm/wire"
)

// inboxes knows one company's inboxes: for each queue the last-resort key
// package by which its inbox is added, whether or not the company's authority is
// connected. Each is a small record too, so that a restart forgets none.
//
// A credential may hold more queues than the one that its inbox is for, so that
// conversations of the others can be brought there. The inbox whose alias is the
// queue's name comes first.
type inboxes struct {
	tenant    wire.ID
	manifests *manifests
	log       entrylog.Log
	now       func() time.Time

	mu    sync.Mutex
	known map[inboxKey]*inbox
}

type inboxKey struct {
	queue string
	named bool // its alias is the queue's name
}

func (k inboxKey) id() []byte {
	hash := wire.Sum("relay inbox", []byte{0}, []byte(k.queue))
	if k.named {
		hash = wire.Sum("relay inbox", []byte{1}, []byte(k.queue))
	}
	return hash[:]
}

type inbox struct {
	raw        []byte
	keyPackage *wire.KeyPackage
	under      wire.Hash // the manifest that its credential was checked under
	chains     bool      // and whether it stands there
}

// stands tells whether who takes the key package can use it: now is in Unix seconds.
func (i *inbox) stands(m *wire.Manifest, queue string, now uint64) bool {
	if i == nil || m == nil || !m.HasQueue(queue) {
		return false
	}
	if hash := m.Hash(); i.under != hash {
		i.under, i.chains = hash, m.CheckCredential(i.keyPackage.Credential) == nil
	}
	return i.chains && i.keyPackage.ValidAt(now) == nil && i.keyPackage.Credential.ValidAt(now) == nil
}

// add keeps the last-resort key package of an inbox, for each of its queues.
func (x *inboxes) add(ctx context.Context, kp *wire.KeyPackage, raw []byte) error {
	raw = bytes.Clone(raw)
	for _, queue := range kp.Credential.Queues {
		key := inboxKey{queue, kp.Credential.Alias == queue}
		r := entrylog.Record{Space: spaceInbox, Owner: x.tenant[:], ID: key.id(), Value: raw, Keep: true, Expires: min(kp.Expires, kp.Credential.NotAfter)}
		if err := x.log.Put(ctx, r); err != nil {
			return err
		}
		x.mu.Lock()
		x.known[key] = &inbox{raw: raw, keyPackage: kp}
		x.mu.Unlock()
	}
	return nil
}

// recover loads what an earlier run stored for the queues of the manifest.
func (x *inboxes) recover(ctx context.Context) error {
	m := x.manifests.current()
	if m == nil {
		return nil
	}
	for _, queue := range m.Queues {
		for _, key := range []inboxKey{{queue, true}, {queue, false}} {
			if err := x.load(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *inboxes) load(ctx context.Context, key inboxKey) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.known[key] != nil {
		return nil
	}
	r, err := x.log.Get(ctx, spaceInbox, x.tenant[:], key.id())
	if errors.Is(err, entrylog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if kp, err := wire.DecodeKeyPackage(r.Value); err == nil && kp.Credential != nil {
		x.known[key] = &inbox{raw: r.Value, keyPackage: kp}
	}
	return nil
}

// of gives the key package of the queue's inbox, or nil.
func (x *inboxes) of(queue string) []byte {
	m, now := x.manifests.current(), uint64(x.now().Unix())
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, key := range []inboxKey{{queue, true}, {queue, false}} {
		if i := x.known[key]; i.stands(m, queue, now) {
			return i.raw
		}
	}
	return nil
}

// any tells whether there is one for some queue.
func (x *inboxes) any() bool {
	m, now := x.manifests.current(), uint64(x.now().Unix())
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, i := range x.known {
		if i.stands(m, key.queue, now) {
			return true
		}
	}
	return false
}
