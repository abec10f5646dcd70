package service

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"sync"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// nonceLife is how long a nonce is good.
const nonceLife = 2 * time.Minute

// nonces are good once. One that was given is known by a MAC in it and not by
// memory, so that asking for many takes nobody's away; only those that came with a
// good proof are remembered, until they would have ended.
//
// A nonce is u64 end in Unix milliseconds ‖ 8 random bytes ‖ MAC [16].
type nonces struct {
	key [64]byte

	mu   sync.Mutex
	used map[[32]byte]time.Time // when it would have ended
}

func newNonces() *nonces {
	n := &nonces{used: make(map[[32]byte]time.Time)}
	rand.Read(n.key[:])
	return n
}

func (n *nonces) mac(part []byte) []byte {
	m := hmac.New(sha512.New512_256, n.key[:])
	m.Write(part)
	return m.Sum(nil)[:16]
}

func (n *nonces) issue(now time.Time) (nonce [32]byte) {
	binary.BigEndian.PutUint64(nonce[:], uint64(now.Add(nonceLife).UnixMilli()))
	rand.Read(nonce[8:16])
	copy(nonce[16:], n.mac(nonce[:16]))
	return nonce
}

// good tells whether the nonce is one of these and has not ended.
func (n *nonces) good(nonce [32]byte, now time.Time) bool {
	return hmac.Equal(n.mac(nonce[:16]), nonce[16:]) && now.Before(endOf(nonce))
}

func endOf(nonce [32]byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(nonce[:])))
}

// maxUsed bounds the used nonces: as many hellos in two minutes.
const maxUsed = 1 << 16

// use takes the nonce, once: then it is Replayed.
func (n *nonces) use(nonce [32]byte, now time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, there := n.used[nonce]; there {
		return wire.Replayed
	}
	if len(n.used) >= maxUsed {
		for old, end := range n.used {
			if !now.Before(end) {
				delete(n.used, old)
			}
		}
		if len(n.used) >= maxUsed {
			return wire.RateLimited
		}
	}
	n.used[nonce] = endOf(nonce)
	return nil
}
