package proxies_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
)

// behind runs a test with each proxy in front of a relay. It is skipped for
// those that are not installed: `make e2e` installs them.
func behind(t *testing.T, run func(t *testing.T, f *front)) {
	for name, start := range map[string]func(f *front, dir string) *exec.Cmd{"nginx": nginx, "Caddy": caddy} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			f.start(start(f, t.TempDir()))
			run(t, f)
		})
	}
}

// front is a relay, and a proxy with TLS before it.
type front struct {
	*relaytest.Relay
	t     *testing.T
	addr  string // of the proxy
	inner string // of the relay, for the proxy
	cert  tls.Certificate
	roots *x509.CertPool

	mu   sync.Mutex
	seen map[string]int // what the relay was told of where requests come from
}

func newFront(t *testing.T) *front {
	f := &front{t: t, addr: free(t), seen: make(map[string]int)}
	f.certify()
	f.Relay = relaytest.Start(t, func(c *relay.Config) {
		c.Hosts = append(c.Hosts, f.addr)
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
		c.Limits.EntriesPerSecond, c.Limits.EntryBurst = 1e6, 1e6
		c.Limits.FileRequestsPerSecond, c.Limits.FileRequestBurst, c.Limits.FileBurst = 1e6, 1e6, 1e6
		c.Limits.TransfersPerIdentity = 1e6
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.inner = listener.Addr().String()
	web := relay.HTTPServer(f.note(f.Relay.Handler()))
	served := make(chan struct{})
	go func() { defer close(served); _ = web.Serve(listener) }()
	t.Cleanup(func() { _ = web.Close(); <-served })
	return f
}

// start runs the proxy for the length of the test.
func (f *front) start(cmd *exec.Cmd) {
	t := f.t
	var says strings.Builder
	cmd.Stdout, cmd.Stderr = &says, &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for ctx := relaytest.Context(t); ; {
		if c, err := (&tls.Dialer{Config: f.tls()}).DialContext(ctx, "tcp", f.addr); err == nil {
			c.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("it ended: %s", says.String())
		case <-ctx.Done():
			t.Fatal("it does not listen")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// note keeps what each request says of where it comes from. One that passed by
// the proxy, hidden in another, does not have the proxy's word.
func (f *front) note(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.seen[strings.Join(r.Header.Values("X-Forwarded-For"), " + ")]++
		f.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// told gives that, in order.
func (f *front) told() (all []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for said := range f.seen {
		all = append(all, said)
	}
	slices.Sort(all)
	return all
}

// certify makes a certificate for this address alone.
func (f *front) certify() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	f.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	f.roots = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		f.t.Fatal(err)
	}
	f.roots.AddCert(parsed)
}

func (f *front) tls() *tls.Config { return &tls.Config{RootCAs: f.roots} }

// pems writes certificate and key.
func (f *front) pems(dir string) (cert, key string) {
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	private, err := x509.MarshalPKCS8PrivateKey(f.cert.PrivateKey)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.cert.Certificate[0]})))
	f.write(key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	return cert, key
}

func (f *front) write(path, text string) {
	f.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// configured is a file of this package with other names and places in it, each
// of which it must hold.
func (f *front) configured(name string, replace ...string) string {
	f.t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		f.t.Fatal(err)
	}
	out := string(text)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(out, replace[i]) {
			f.t.Fatalf("%s has no %q", name, replace[i])
		}
		out = strings.ReplaceAll(out, replace[i], replace[i+1])
	}
	return out
}

// program finds a proxy; Debian keeps some where not everybody looks.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, at := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(at); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed: make e2e installs it", name)
	return ""
}

func nginx(f *front, dir string) *exec.Cmd {
	path := program(f.t, "nginx")
	cert, key := f.pems(dir)
	site := f.configured("nginx.conf", "listen 443", "listen "+f.addr, "127.0.0.1:8443", f.inner, "/etc/ssl/relay.pem", cert, "/etc/ssl/relay.key", key)
	var temporary strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	f.write(filepath.Join(dir, "nginx.conf"), fmt.Sprintf("daemon off; master_process off; pid %[1]s/pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n%[2]s%[3]s}\n", dir, &temporary, site))
	return exec.Command(path, "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf"))
}

func caddy(f *front, dir string) *exec.Cmd {
	path := program(f.t, "caddy")
	cert, key := f.pems(dir)
	site := f.configured("Caddyfile", "relay.example.com {", "https://"+f.addr+" {\n\ttls "+cert+" "+key, "127.0.0.1:8443", f.inner)
	f.write(filepath.Join(dir, "Caddyfile"), "{\n\tadmin off\n\tauto_https off\n}\n"+site)
	cmd := exec.Command(path, "run", "--adapter", "caddyfile", "--config", filepath.Join(dir, "Caddyfile"))
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	return cmd
}

// free is an address that nobody listens on just now.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// through is how the person connects by the proxy.
func (f *front) through(p *relaytest.Person) relaytest.DialOptions {
	o := f.Options(p)
	o.URL, o.Host, o.TLS = "wss://"+f.addr+"/v1/connect", f.addr, f.tls()
	return o
}

// files are those of a ticket, by the proxy.
func (f *front) files(of *relaytest.Files) *relaytest.Files {
	transport := &http.Transport{TLSClientConfig: f.tls()}
	f.t.Cleanup(transport.CloseIdleConnections)
	return &relaytest.Files{Base: "https://" + f.addr, Ticket: of.Ticket, Origin: of.Origin, Client: &http.Client{Transport: transport, Timeout: relaytest.Patience}}
}

// raw sends text by the proxy and gives what comes back until the proxy ends
// the connection, or says nothing for a while.
func (f *front) raw(ctx context.Context, text string) string {
	dialer := tls.Dialer{Config: f.tls()}
	c, err := dialer.DialContext(ctx, "tcp", f.addr)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(relaytest.Patience))
	if _, err := io.WriteString(c, text); err != nil {
		return err.Error()
	}
	var got []byte
	for b := make([]byte, 4096); ; {
		_ = c.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
		n, err := c.Read(b)
		got = append(got, b[:n]...)
		if err != nil {
			return string(got)
		}
	}
}

func init() { log.SetOutput(io.Discard) } // the clients tell of answers that nobody asked for
