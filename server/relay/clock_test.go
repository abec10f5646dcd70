package relay_test

import (
	"errors"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/relay/relaytest"
)

// clock is one that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func asStatus(err error, status *relaytest.StatusError) bool { return errors.As(err, status) }
