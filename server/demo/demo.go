package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/service"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/blob"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/token"
)

// Options say where the demo runs.
type Options struct {
	// Addr is host:port on the loopback; port 0 takes a free one. Required.
	Addr string
	// Dir keeps the state; made if it is not there. Required.
	Dir string
	// Files are the modules and pages, as package js has them. Required.
	Files fs.FS
	// Logger gets the relay's log. Default: none.
	Logger *slog.Logger
}

// Sentinels of Open.
var (
	ErrInUse       = errors.New("address is in use")
	ErrNotLoopback = errors.New("not a loopback address")
	ErrNotBuilt    = errors.New("the core is not built")
)

// Queue and Agent are what the one queue and the one agent are called.
const (
	Queue = "default"
	Agent = "Ana"
)

// renewBefore is how near its end a manifest is renewed.
const renewBefore = 10 * 24 * time.Hour

// Demo is the three parties and their server. Serve runs it; Close ends it.
type Demo struct {
	listener net.Listener
	hosts    map[string]bool
	org      *authority.Org
	secret   []byte
	log      *watchedLog
	blobs    *blob.Directory
	relay    *relay.Server
	logins   *logins
	store    *store.Store
	desk     *service.Service // the authority
	files    map[string]file
	unlock   func()

	closing context.Context
	end     context.CancelFunc
}

// Open takes the address and loads or makes the state. Every error is one line.
func Open(ctx context.Context, o Options) (_ *Demo, err error) {
	d := &Demo{}
	d.closing, d.end = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			d.end()
			if d.relay != nil {
				d.relay.Drain(ctx)
			}
			d.release()
		}
	}()
	if d.files, err = loadFiles(o.Files); err != nil {
		return nil, err
	}
	// The address first: whoever started it twice should read just that.
	if err := d.listen(o.Addr); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	if d.unlock, err = lockDir(o.Dir); err != nil {
		return nil, err
	}
	if d.org, err = loadCompany(filepath.Join(o.Dir, "company")); err != nil {
		return nil, err
	}
	if d.secret, err = loadSecret(filepath.Join(o.Dir, "site")); err != nil {
		return nil, err
	}
	if d.log, err = openLog(o.Dir); err != nil {
		return nil, err
	}
	if d.blobs, err = blob.OpenDirectory(blob.DirectoryOptions{Path: filepath.Join(o.Dir, "relay", "files")}); err != nil {
		return nil, err
	}
	tokens, err := token.New(token.Config{HS256Secret: d.secret})
	if err != nil {
		return nil, err
	}
	tenant := relay.Tenant{Roots: [][]byte{d.org.RootKey()}, Tokens: tokens, Manifest: d.org.Manifest.Bytes()}
	config := relay.Config{Log: d.log, Files: d.blobs, Logger: o.Logger, Limits: relay.Limits{}.AnyAddress()}
	for host := range d.hosts {
		config.Hosts = append(config.Hosts, host)
		tenant.Origins = append(tenant.Origins, "http://"+host)
	}
	config.Tenants = []relay.Tenant{tenant}
	if d.relay, err = relay.New(ctx, config); err != nil {
		return nil, err
	}
	return d, d.openAuthority(ctx, o, tenant.Origins)
}

// openAuthority opens the company's authority. It reaches the relay by this very
// address, as another machine would.
func (d *Demo) openAuthority(ctx context.Context, o Options, origins []string) (err error) {
	self := strings.TrimSuffix(d.Addr(), ":80") // as browsers write it
	d.logins = newLogins()
	if d.store, err = store.Open(filepath.Join(o.Dir, "authority")); err != nil {
		return err
	}
	config := service.Config{
		Org: d.org, Store: d.store, Login: d.logins, Relay: "ws://" + self + "/v1/connect", RelayOrigin: "http://" + self, Origins: origins, Logger: o.Logger,
		Limits: service.Limits{AddressPerSecond: 1000, AddressBurst: 1000}, // all come from one
	}
	for host := range d.hosts {
		config.Hosts = append(config.Hosts, host)
	}
	d.desk, err = service.Open(ctx, config)
	return err
}

// listen takes the address, if it is one that only this machine can reach.
func (d *Demo) listen(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: want host:port, such as 127.0.0.1:8787", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%w: %s: the demo gives credentials to whoever asks, so it is for 127.0.0.1 only", ErrNotLoopback, addr)
	}
	if d.listener, err = net.Listen("tcp", addr); err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("%w: %s; stop what runs there, or choose another: make demo ADDR=127.0.0.1:9000", ErrInUse, addr)
		}
		return fmt.Errorf("address %s: %w", addr, err)
	}
	_, port, _ := net.SplitHostPort(d.listener.Addr().String())
	d.hosts = map[string]bool{
		d.listener.Addr().String():          true,
		net.JoinHostPort("127.0.0.1", port): true,
		net.JoinHostPort("localhost", port): true,
	}
	if port == "80" { // browsers leave it out
		d.hosts = map[string]bool{"127.0.0.1": true, "localhost": true}
	}
	return nil
}

// Addr is the address it listens on.
func (d *Demo) Addr() string { return d.listener.Addr().String() }

// URL is what to open in a browser.
func (d *Demo) URL() string { return "http://" + d.Addr() }

// Serve answers until ctx ends, then drains and closes. It is called once.
func (d *Demo) Serve(ctx context.Context) error {
	web := relay.HTTPServer(d.handler())
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(d.listener) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	d.end()                             // the streams of the pane
	d.desk.Close()                      // before its relay
	d.relay.Drain(context.Background()) // bounded by its own limit
	_ = web.Close()
	d.release()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// Close ends a demo that Serve was not called for.
func (d *Demo) Close() {
	d.end()
	d.desk.Close()
	d.relay.Drain(context.Background())
	d.release()
}

func (d *Demo) release() {
	if d.store != nil {
		_ = d.store.Close()
	}
	if d.log != nil {
		_ = d.log.Close()
	}
	if d.blobs != nil {
		_ = d.blobs.Close()
	}
	if d.listener != nil {
		_ = d.listener.Close()
	}
	if d.unlock != nil {
		d.unlock()
	}
}

var _ entrylog.Log = (*watchedLog)(nil)
