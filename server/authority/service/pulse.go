package service

import (
	"slices"
	"sync"
	"time"
)

// pulse counts changes in queues, and wakes who waits for one. It begins with the
// time, so that no version of an earlier process is one of this.
type pulse struct {
	mu       sync.Mutex
	count    uint64
	start    uint64
	versions map[string]uint64 // of queues in which something changed
	watchers map[*watcher]bool
}

// watcher waits for the first change in its queues.
type watcher struct {
	queues  []string
	changed chan struct{}
}

func newPulse() *pulse {
	start := uint64(time.Now().UnixMilli())
	return &pulse{count: start, start: start, versions: make(map[string]uint64), watchers: make(map[*watcher]bool)}
}

// beat tells of a change that is seen in the queues, and in no other.
func (p *pulse) beat(queues ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	for _, q := range queues {
		p.versions[q] = p.count
	}
	for w := range p.watchers {
		if slices.ContainsFunc(w.queues, func(q string) bool { return slices.Contains(queues, q) }) {
			close(w.changed)
			delete(p.watchers, w)
		}
	}
}

// version is that of what the queues hold together.
func (p *pulse) version(queues []string) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newest(queues)
}

func (p *pulse) newest(queues []string) uint64 {
	newest := p.start
	for _, q := range queues {
		newest = max(newest, p.versions[q])
	}
	return newest
}

// watch is version, and a channel that is closed when there is another one. Stop
// is to be called.
func (p *pulse) watch(queues []string) (version uint64, changed <-chan struct{}, stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &watcher{queues, make(chan struct{})}
	p.watchers[w] = true
	return p.newest(queues), w.changed, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, w)
	}
}
