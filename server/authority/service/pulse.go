package service

import (
	"sync"
	"time"
)

// pulse counts changes, and wakes who waits for one. It begins with the time, so
// that no version of an earlier process is one of this.
type pulse struct {
	mu      sync.Mutex
	version uint64
	changed chan struct{}
}

func newPulse() *pulse {
	return &pulse{version: uint64(time.Now().UnixMilli()), changed: make(chan struct{})}
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.version++
	close(p.changed)
	p.changed = make(chan struct{})
}

// now is the version, and a channel that is closed when there is another.
func (p *pulse) now() (version uint64, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.version, p.changed
}
