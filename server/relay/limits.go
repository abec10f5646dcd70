package relay

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sealwire/sealwire/wasm/wire"
)

// Limits bounds what one relay spends on its connections. A zero field takes
// the default that its comment names.
type Limits struct {
	// PreAuth is the time from connecting to a good hello. Default 5 s.
	PreAuth time.Duration
	// PreAuthConnections may be open without a good hello; more are answered
	// 503. Default 1,024.
	PreAuthConnections int
	// Connections may be open in all; more are answered 503. Default 20,000.
	Connections int
	// PerIdentity connections of one identity key may be open; the oldest is
	// closed for a new one, as a half-open one is the likelier. Default 4.
	PerIdentity int
	// Subscriptions of one connection. Default 1,024.
	Subscriptions int
	// EntriesPerSecond and EntryBurst bound what one identity appends or
	// passes on, on all its connections. Default 20 and 60.
	EntriesPerSecond float64
	EntryBurst       int
	// RequestsPerSecond and RequestBurst bound its other requests. Default 50
	// and 1,100, so that an agent can follow all its conversations at once.
	RequestsPerSecond float64
	RequestBurst      int
	// GenesisInterval and GenesisBurst bound the conversations that one
	// customer (the subject of identity tokens) begins; each takes a key package too.
	// Default one in 10 s, burst 6.
	GenesisInterval time.Duration
	GenesisBurst    int
	// Waiting conversations, with the inbox and nobody else of the company so far,
	// one customer may have begun within a day. Default 32.
	Waiting int
	// TakeInterval and TakeBurst bound the key packages that one customer
	// takes, as they are another's supply. Default one in 10 s, burst 6.
	TakeInterval time.Duration
	TakeBurst    int
	// JoinInterval is the time between two join requests for one leaf that are
	// taken, of its owner and of new identities each. Default 1 min.
	JoinInterval time.Duration
	// Refusals in a row for going too fast close the connection. Default 200.
	Refusals int
	// KeyPackages of one agent are stored, beside its last-resort one. Default 100.
	KeyPackages int
	// KeyPackageLife is how far ahead a key package may expire. Default 30 days.
	KeyPackageLife time.Duration
	// Queue is how many bytes may wait for one connection before it is cut as
	// a slow reader. Default 262,144, at least two frames.
	Queue int
	// Write is how long one frame may take to leave. Default 20 s.
	Write time.Duration
	// Ping is the time between two signs of life that are asked for. Default 30 s.
	Ping time.Duration
	// Cached conversations keep their public state in memory. Default 4,096.
	Cached int
	// AcceptsPerSecond and AcceptBurst bound the new connections of all; more
	// are answered 503 and come back at different times. Default 1,000 and 2,000.
	AcceptsPerSecond float64
	AcceptBurst      int
	// AddressConnections of customers may be open from one address (of IPv6: one
	// /64), and AddressUnproved without a good hello. Default 1,000 and 64.
	AddressConnections, AddressUnproved int
	// AddressPerSecond and AddressBurst bound the new connections, the requests
	// without a good ticket and those for /healthz from one address. What is more
	// is answered 429. Default 50 and 500.
	AddressPerSecond float64
	AddressBurst     int
	// TicketLife is how long a ticket for files is good. Default 10 min.
	TicketLife time.Duration
	// TicketsPerIdentity are good at once; the oldest goes for a new one.
	// Default 64. Tickets are those of all, each company having an equal share, in
	// which the oldest of who has most goes for a new one. Default 65,536.
	TicketsPerIdentity, Tickets int
	// FileRequestsPerSecond and FileRequestBurst bound the requests for files
	// of one identity. Default 200 and 400.
	FileRequestsPerSecond float64
	FileRequestBurst      int
	// FileInterval and FileBurst bound the files that one identity begins.
	// Default one in 2 s, burst 30.
	FileInterval time.Duration
	FileBurst    int
	// TransfersPerIdentity and Transfers of all may be under way at once.
	// Default 8 and 512.
	TransfersPerIdentity, Transfers int
	// Session is how long a customer's connection lasts at most: then it is
	// closed as when the relay restarts, and at the next hello the identity
	// token is asked for again. Default 12 h.
	Session time.Duration
	// Renewal is the time over which connections are closed, at random, so that they
	// come back and are welcomed with a newer manifest. Default 30 s.
	Renewal time.Duration
	// Part is how long the body of one part may take to come. Default 60 s.
	Part time.Duration
	// Drain is how long Drain waits for connections to end. Default 10 s.
	Drain time.Duration
}

// AnyAddress is the limits without those by address: for where all ends come from
// one, as through a proxy that does not say whom it serves.
func (l Limits) AnyAddress() Limits {
	l.AddressConnections, l.AddressUnproved, l.AddressBurst = math.MaxInt32, math.MaxInt32, math.MaxInt32
	l.AddressPerSecond = math.MaxInt32
	return l
}

// ErrConfig is what every refused configuration is.
var ErrConfig = errors.New("relay: bad configuration")

// withDefaults fills zero fields and refuses negative or senseless ones.
func (l Limits) withDefaults() (Limits, error) {
	for _, d := range []struct {
		name  string
		value *time.Duration
		def   time.Duration
	}{
		{"PreAuth", &l.PreAuth, wire.PreAuthSeconds * time.Second},
		{"GenesisInterval", &l.GenesisInterval, 10 * time.Second},
		{"TakeInterval", &l.TakeInterval, 10 * time.Second},
		{"JoinInterval", &l.JoinInterval, time.Minute},
		{"KeyPackageLife", &l.KeyPackageLife, 30 * 24 * time.Hour},
		{"Write", &l.Write, 20 * time.Second},
		{"Ping", &l.Ping, 30 * time.Second},
		{"TicketLife", &l.TicketLife, 10 * time.Minute},
		{"FileInterval", &l.FileInterval, 2 * time.Second},
		{"Session", &l.Session, 12 * time.Hour},
		{"Renewal", &l.Renewal, 30 * time.Second},
		{"Part", &l.Part, 60 * time.Second},
		{"Drain", &l.Drain, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
		if *d.value < 0 {
			return l, fmt.Errorf("%w: Limits.%s is negative", ErrConfig, d.name)
		}
	}
	for _, n := range []struct {
		name  string
		value *int
		def   int
	}{
		{"PreAuthConnections", &l.PreAuthConnections, 1024},
		{"Connections", &l.Connections, 20_000},
		{"PerIdentity", &l.PerIdentity, 4},
		{"Subscriptions", &l.Subscriptions, 1024},
		{"EntryBurst", &l.EntryBurst, wire.EntriesBurst},
		{"RequestBurst", &l.RequestBurst, 1100},
		{"GenesisBurst", &l.GenesisBurst, 6},
		{"Waiting", &l.Waiting, 32},
		{"TakeBurst", &l.TakeBurst, 6},
		{"Refusals", &l.Refusals, 200},
		{"KeyPackages", &l.KeyPackages, 100},
		{"Queue", &l.Queue, wire.OutgoingQueue},
		{"Cached", &l.Cached, 4096},
		{"AcceptBurst", &l.AcceptBurst, 2000},
		{"AddressConnections", &l.AddressConnections, 1000},
		{"AddressUnproved", &l.AddressUnproved, 64},
		{"AddressBurst", &l.AddressBurst, 500},
		{"TicketsPerIdentity", &l.TicketsPerIdentity, 64},
		{"Tickets", &l.Tickets, 65_536},
		{"FileRequestBurst", &l.FileRequestBurst, 400},
		{"FileBurst", &l.FileBurst, 30},
		{"TransfersPerIdentity", &l.TransfersPerIdentity, 8},
		{"Transfers", &l.Transfers, 512},
	} {
		if *n.value == 0 {
			*n.value = n.def
		}
		if *n.value < 0 {
			return l, fmt.Errorf("%w: Limits.%s is negative", ErrConfig, n.name)
		}
	}
	for _, r := range []struct {
		name  string
		value *float64
		def   float64
	}{
		{"EntriesPerSecond", &l.EntriesPerSecond, wire.EntriesPerSecond},
		{"RequestsPerSecond", &l.RequestsPerSecond, 50},
		{"AcceptsPerSecond", &l.AcceptsPerSecond, 1000},
		{"AddressPerSecond", &l.AddressPerSecond, 50},
		{"FileRequestsPerSecond", &l.FileRequestsPerSecond, 200},
	} {
		if *r.value == 0 {
			*r.value = r.def
		}
		if *r.value < 0 {
			return l, fmt.Errorf("%w: Limits.%s is negative", ErrConfig, r.name)
		}
	}
	if l.Queue < 2*wire.MaxFrame {
		return l, fmt.Errorf("%w: Limits.Queue is %d, less than two frames (%d)", ErrConfig, l.Queue, 2*wire.MaxFrame)
	}
	return l, nil
}
