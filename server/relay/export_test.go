package relay

import (
	"net/http"
	"net/netip"
	"runtime"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Accepts tells whether the frame type has an operation after the hello, so
// that a test can demand that each one is listed.
func Accepts(kind FrameType) bool {
	_, ok := operations[kind]
	return ok
}

// TransfersOf is how many requests for files are under way.
func TransfersOf(s *Server) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transfers
}

// OpenOf is how many connections are open.
func OpenOf(s *Server) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// AddressOf is what a request counts as where these are the proxies.
func AddressOf(proxies []netip.Prefix, r *http.Request) string {
	return newAddresses(Limits{}, proxies).of(r).String()
}

// AllowancesOf sweeps, and says how many are known.
func AllowancesOf(s *Server) (identities, customers int) {
	s.hub.sweepAllowances()
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.identities), len(s.hub.customers)
}

// AddressesOf sweeps, and says how many addresses are known.
func AddressesOf(s *Server) int {
	s.addresses.sweep()
	s.addresses.mu.Lock()
	defer s.addresses.mu.Unlock()
	return len(s.addresses.known)
}

// AwaitDraining waits until a relay that is told to drain takes nobody any more.
func AwaitDraining(s *Server) {
	for draining := false; !draining; runtime.Gosched() {
		s.mu.Lock()
		draining = s.draining
		s.mu.Unlock()
	}
}

// TakenFor is how many agents the hub would give for a queue.
func TakenFor(s *Server, tenant wire.ID, queue string) int {
	return len(s.hub.agents(s.tenants[tenant], queue))
}

// FollowersOf is how many connections hear of a conversation.
func FollowersOf(s *Server, tenant, conversation wire.ID) int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.hub.topics[s.tenants[tenant].key(conversation)])
}

// Sweep looks at all connections, as the sweeper does each second.
func Sweep(s *Server) { s.sweepConnections(s.now()) }

// SweepWaiting forgets the waiting conversations that count no more.
func SweepWaiting(s *Server) { s.hub.sweepUnattended(s.now()) }
