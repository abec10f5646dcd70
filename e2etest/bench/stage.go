package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// stage is what the parts share: the repository, a directory that goes at the
// end, a company, and the built program.
type stage struct {
	root, dir string
	org       *authority.Org
	binary    string // SEALWIRE_BINARY, or built at the first start

	mu      sync.Mutex
	running *program
}

func newStage() (*stage, error) {
	where, err := root()
	if err != nil {
		return nil, err
	}
	s := &stage{root: where, binary: os.Getenv("SEALWIRE_BINARY")}
	if s.dir, err = os.MkdirTemp("", "sealwire-bench-"); err != nil {
		return nil, err
	}
	if s.org, err = authority.Init(filepath.Join(s.dir, "org"), authority.Options{}); err == nil {
		err = os.WriteFile(filepath.Join(s.dir, "secret"), relaytest.Secret, 0o600)
	}
	if err != nil {
		s.close()
	}
	return s, err
}

func (s *stage) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		s.running.kill()
	}
	_ = os.RemoveAll(s.dir)
}

// program is a `sealwire relay` in a process of its own.
type program struct {
	addr string
	url  string
	cmd  *exec.Cmd
	done chan struct{}
}

// build builds the program once.
func (s *stage) build() error {
	if s.binary != "" {
		return nil
	}
	binary := filepath.Join(s.dir, "sealwire")
	cmd := exec.Command("go", "build", "-o", binary, "./server/cmd/sealwire")
	cmd.Dir = s.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	s.binary = binary
	return nil
}

// start runs the relay on the log of that name; a second start with the same
// name finds what the first one stored.
func (s *stage) start(name string) (*program, error) {
	if err := s.build(); err != nil {
		return nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := free.Addr().String()
	free.Close()
	config, err := json.Marshal(map[string]any{
		"listen": addr, "data": filepath.Join(s.dir, name), "hosts": []string{addr},
		"limits": map[string]any{"entriesPerSecond": 1e6, "entryBurst": 1_000_000},
		"tenants": []any{map[string]any{
			"orgKeys": []string{s.org.OrgKey()}, "manifest": filepath.Join(s.dir, "org", authority.ManifestFile),
			"origins": []string{relaytest.Origin}, "tokens": map[string]any{"hs256SecretFile": "secret"},
		}},
	})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.dir, name+".json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	p := &program{addr: addr, url: "ws://" + addr + "/v1/connect", cmd: exec.Command(s.binary, "relay", "-config", file), done: make(chan struct{})}
	var said bytes.Buffer
	p.cmd.Stderr = &said
	s.mu.Lock()
	err = p.cmd.Start()
	if err == nil {
		s.running = p
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	for deadline := time.Now().Add(relaytest.Patience); ; time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get("http://" + addr + "/healthz"); err == nil {
			answer.Body.Close()
			return p, nil
		}
		select {
		case <-p.done:
			return nil, fmt.Errorf("the relay ended: %s", said.Bytes())
		default:
		}
		if time.Now().After(deadline) {
			p.kill()
			return nil, errors.New("the relay does not answer")
		}
	}
}

// kill ends the relay as a power cut would.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// resident is the resident size of the process in KiB.
func (p *program) resident() (int, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return 0, errors.New("no VmRSS")
}

// connect is one end saying hello.
func (s *stage) connect(ctx context.Context, p *program, who *relaytest.Person) (*relaytest.Client, error) {
	o := relaytest.DialOptions{URL: p.url, Origin: relaytest.Origin, Role: who.Role, Tenant: wire.TenantID(s.org.RootKey()), Identity: who.Key}
	if who.Credential != nil {
		o.Proof = who.Credential.Bytes()
	} else {
		raw, err := token.MintHS256(relaytest.Secret, token.Minting{Subject: token.Thumbprint(who.Identity()), Thumbprint: token.Thumbprint(who.Identity()), Issued: time.Now()})
		if err != nil {
			return nil, err
		}
		o.Proof = []byte(raw)
	}
	return relaytest.Dial(ctx, o)
}
