package service

import (
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Where more devices of one person work at once than may stand, each that logs in
// again displaces another, which does the same. A new credential each time would
// mean new key packages, and a commit in every conversation: so it gets the one
// that it had, and an account is let back in so often and no more.

// readmitInterval is the time between two displaced identities of one account that
// come back, once as many have as may stand at once.
const readmitInterval = 10 * time.Minute

// standing is the credential that a displaced identity of the account had, where
// more than half of its life is left; else nil.
func (p *people) standing(id wire.ID, account [32]byte) *wire.Credential {
	now := uint64(p.now().Unix())
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.known[id]
	if k == nil || !k.Displaced || k.Account != account || k.credential == nil || now >= k.credential.NotBefore/2+k.credential.NotAfter/2 {
		return nil
	}
	return k.credential
}

// readmits tells how long a displaced identity of the account has to wait until
// it may come back; where it may now, that counts. The lock is held.
func (p *people) readmits(account [32]byte) time.Duration {
	l := p.back[account]
	if l == nil {
		l = rate.NewLimiter(rate.Every(readmitInterval), p.most)
		p.back[account] = l
	}
	now := p.now()
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// forgetReadmits forgets the limiters that a fresh one is as good as. The lock is held.
func (p *people) forgetReadmits() {
	for account, l := range p.back {
		if l.TokensAt(p.now()) >= float64(l.Burst()) {
			delete(p.back, account)
		}
	}
}

// again tells whether a credential says what a new one would.
func (s *Service) again(c *wire.Credential, person Person, queues []string, now time.Time) bool {
	return c != nil && c.Alias == person.Alias && c.Role == person.Role && slices.Equal(c.Queues, slices.Sorted(slices.Values(queues))) &&
		(person.Until.IsZero() || c.NotAfter <= uint64(max(person.Until.Unix(), 0))) && s.stands(c, now) == nil
}
