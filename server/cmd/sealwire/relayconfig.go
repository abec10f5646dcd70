package main

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/token"
	"github.com/sealwire/sealwire/wasm/wire"
)

// relayConfig is the file of `sealwire relay -config`. Unknown fields are
// errors; relative paths are relative to the file.
type relayConfig struct {
	// Listen is host:port. Required.
	Listen string `json:"listen"`
	// Data is the directory of the log; made if it is not there. Required.
	Data string `json:"data"`
	// Files are the directory of the files, and its quotas.
	Files filesConfig `json:"files"`
	// Hosts are the names, with port where it is not 443, under which ends
	// dial this relay. Required.
	Hosts []string `json:"hosts"`
	// Certificate and Key are PEM files, both or none.
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// BehindProxy says that a proxy in front ends TLS. Without it, and without
	// a certificate, only a loopback address may be listened on.
	BehindProxy bool `json:"behindProxy"`
	// Proxies are the addresses of the proxies in front, and only of those, one
	// each or as a prefix: from them X-Forwarded-For is believed.
	Proxies []string `json:"proxies"`
	// AllowMissingOrigin lets in programs that are no browsers.
	AllowMissingOrigin bool `json:"allowMissingOrigin"`
	// LogAddresses writes peers' IP addresses to the log.
	LogAddresses bool `json:"logAddresses"`
	// Limits replace the defaults of the relay where they are not zero.
	Limits limitsConfig `json:"limits"`
	// Tenants are the companies, at least one.
	Tenants []tenantConfig `json:"tenants"`
}

type limitsConfig struct {
	Connections      int     `json:"connections"`        // default 20,000
	PreAuth          int     `json:"preAuthConnections"` // default 1,024
	PerIdentity      int     `json:"perIdentity"`        // default 4
	EntriesPerSecond float64 `json:"entriesPerSecond"`   // default 20, an identity
	EntryBurst       int     `json:"entryBurst"`         // default 60
	Queue            int     `json:"queueBytes"`         // default 262,144, a connection
	SessionHours     float64 `json:"sessionHours"`       // default 12: then a customer shows a token again
	Waiting          int     `json:"waiting"`            // default 32: conversations of one customer, begun within a day, that nobody has taken up
	GenesisSeconds   float64 `json:"genesisSeconds"`     // default 10: between two conversations that one customer begins, and key packages it takes for them
	GenesisBurst     int     `json:"genesisBurst"`       // default 6: of those at once

	// Of customers from one address, or one /64 of IPv6; see relay.Limits.
	AddressConnections int     `json:"addressConnections"` // default 1,000
	AddressUnproved    int     `json:"addressUnproved"`    // default 64
	AddressPerSecond   float64 `json:"addressPerSecond"`   // default 50, and ten times that at once
}

type filesConfig struct {
	Directory       string `json:"directory"`       // default: "files" in Data
	MaxFile         uint64 `json:"maxFile"`         // bytes of one; default 4 GiB
	MaxConversation uint64 `json:"maxConversation"` // bytes of all of one; default 16 GiB
	MaxTotal        uint64 `json:"maxTotal"`        // bytes of all; default 64 GiB
	MaxCompany      uint64 `json:"maxCompany"`      // bytes of all of one company; default MaxTotal by the number of companies
	MaxUnfinished   int    `json:"maxUnfinished"`   // of one member; default 16
	MaxBegun        uint64 `json:"maxBegun"`        // bytes of those; default 8 GiB, and never less than MaxFile by default
}

type tenantConfig struct {
	// OrgKeys are the root public keys: the current and perhaps the next. Required.
	OrgKeys []string `json:"orgKeys"`
	// ID keeps the tenant's id, 32 hex digits, when its first root is replaced.
	ID string `json:"id"`
	// Manifest is the file that `sealwire org` wrote; read again on SIGHUP.
	// Without it the stored one is served.
	Manifest string `json:"manifest"`
	// Origins are the web origins of the company's pages.
	Origins []string     `json:"origins"`
	Tokens  tokensConfig `json:"tokens"`
	// These replace the limits where they are not zero.
	Connections      int     `json:"connections"`
	EntriesPerSecond float64 `json:"entriesPerSecond"`
	EntryBurst       int     `json:"entryBurst"`
}

type tokensConfig struct {
	// HS256SecretFile holds the shared secret; one line end after it is left out.
	HS256SecretFile string `json:"hs256SecretFile"`
	HS256KeyID      string `json:"hs256KeyId"`
	// RS256KeyFiles are PEM files of public keys by key id.
	RS256KeyFiles map[string]string `json:"rs256KeyFiles"`
	Audience      string            `json:"audience"`
	Issuer        string            `json:"issuer"`
	// AllowUnbound accepts tokens that name no key (cnf): whoever steals one
	// comes in under any key.
	AllowUnbound bool `json:"allowUnbound"`
}

func badConfig(format string, args ...any) error {
	return fmt.Errorf("%w: %w", relay.ErrConfig, fmt.Errorf(format, args...))
}

// readConfig reads a file of JSON, and gives the directory that it is in.
func readConfig(path string, into any) (dir string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return "", badConfig("%s: %w", path, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return "", badConfig("%s: more than one JSON value", path)
	}
	return filepath.Abs(filepath.Dir(path))
}

// readRelayConfig reads and checks a file, and makes its paths absolute.
func readRelayConfig(path string) (*relayConfig, error) {
	c := &relayConfig{}
	dir, err := readConfig(path, c)
	if err != nil {
		return nil, err
	}
	in := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	in(&c.Data)
	in(&c.Files.Directory)
	in(&c.Certificate)
	in(&c.Key)
	for i := range c.Tenants {
		t := &c.Tenants[i]
		in(&t.Manifest)
		in(&t.Tokens.HS256SecretFile)
		for id, p := range t.Tokens.RS256KeyFiles {
			in(&p)
			t.Tokens.RS256KeyFiles[id] = p
		}
	}
	return c, nil
}

// check refuses what does not fit together; single values are checked where
// they are used.
func (c *relayConfig) check() error {
	if err := checkListen(c.Listen, c.Certificate, c.Key, c.BehindProxy); err != nil {
		return err
	}
	if c.Data == "" {
		return badConfig("data: a directory is needed")
	}
	return nil
}

// checkListen refuses to serve without TLS where others than this machine come.
func checkListen(listen, certificate, key string, behindProxy bool) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return badConfig("listen: %q is not host:port", listen)
	}
	ip := net.ParseIP(host)
	switch {
	case (certificate == "") != (key == ""):
		return badConfig("certificate and key: want both or none")
	case certificate == "" && !behindProxy && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return badConfig("listen: %s can be reached from elsewhere, so give certificate and key, or behindProxy where a proxy ends TLS", listen)
	}
	return nil
}

// parseProxies reads the addresses of the proxies.
func parseProxies(texts []string) (all []netip.Prefix, err error) {
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if at, one := netip.ParseAddr(text); one == nil {
			prefix, err = at.Prefix(at.BitLen())
		}
		if err != nil || prefix != prefix.Masked() || prefix.Bits() == 0 {
			return nil, badConfig("proxies: %q: want an address such as 10.0.0.7, or some such as 10.0.0.0/24", text)
		}
		all = append(all, prefix)
	}
	return all, nil
}

// addressless tells whether all ends seem to come from one address: a proxy in
// front hides theirs.
func (c *relayConfig) addressless() bool {
	host, _, _ := net.SplitHostPort(c.Listen)
	ip := net.ParseIP(host)
	return len(c.Proxies) == 0 && (c.BehindProxy || host == "localhost" || ip != nil && ip.IsLoopback())
}

// relay gives what package relay is made of, without the log.
func (c *relayConfig) relay() (relay.Config, error) {
	if err := c.check(); err != nil {
		return relay.Config{}, err
	}
	proxies, err := parseProxies(c.Proxies)
	if err != nil {
		return relay.Config{}, err
	}
	out := relay.Config{
		Proxies: proxies, Hosts: c.Hosts, AllowMissingOrigin: c.AllowMissingOrigin, LogAddresses: c.LogAddresses,
		Limits: relay.Limits{
			Connections: c.Limits.Connections, PreAuthConnections: c.Limits.PreAuth, PerIdentity: c.Limits.PerIdentity,
			EntriesPerSecond: c.Limits.EntriesPerSecond, EntryBurst: c.Limits.EntryBurst, Queue: c.Limits.Queue, Waiting: c.Limits.Waiting,
			Session:            time.Duration(c.Limits.SessionHours * float64(time.Hour)),
			AddressConnections: c.Limits.AddressConnections, AddressUnproved: c.Limits.AddressUnproved,
			AddressPerSecond: c.Limits.AddressPerSecond, AddressBurst: int(math.Ceil(10 * c.Limits.AddressPerSecond)),
		},
	}
	out.Limits.GenesisInterval, out.Limits.GenesisBurst = c.Limits.geneses()
	out.Limits.TakeInterval, out.Limits.TakeBurst = c.Limits.takes()
	if c.addressless() {
		out.Limits = out.Limits.AnyAddress()
	}
	for i := range c.Tenants {
		t, err := c.Tenants[i].tenant()
		if err != nil {
			return relay.Config{}, fmt.Errorf("tenant %d: %w", i+1, err)
		}
		out.Tenants = append(out.Tenants, t)
	}
	return out, nil
}

// geneses are the conversations that a customer may begin; zero: the default.
func (l *limitsConfig) geneses() (interval time.Duration, burst int) {
	return time.Duration(l.GenesisSeconds * float64(time.Second)), l.GenesisBurst
}

// takes are the key packages that a customer may take: as many as conversations,
// for each needs one, and no fewer than by default, as those that go on need some.
func (l *limitsConfig) takes() (interval time.Duration, burst int) {
	interval, burst = l.geneses()
	if interval > 10*time.Second {
		interval = 0
	}
	if burst < 6 {
		burst = 0
	}
	return interval, burst
}

func (t *tenantConfig) tenant() (relay.Tenant, error) {
	out := relay.Tenant{Origins: t.Origins, Connections: t.Connections, EntriesPerSecond: t.EntriesPerSecond, EntryBurst: t.EntryBurst}
	for _, text := range t.OrgKeys {
		root, err := authority.ParseOrgKey(text)
		if err != nil {
			return out, badConfig("orgKeys: %w", err)
		}
		out.Roots = append(out.Roots, root)
	}
	var err error
	if t.ID != "" {
		if out.ID, err = t.id(); err != nil {
			return out, err
		}
	}
	if t.Manifest != "" {
		if out.Manifest, err = os.ReadFile(t.Manifest); err != nil {
			return out, badConfig("manifest: %w", err)
		}
	}
	out.Tokens, err = t.Tokens.verifier()
	return out, err
}

func (t *tokensConfig) verifier() (*token.Verifier, error) {
	c := token.Config{HS256KeyID: t.HS256KeyID, Audience: t.Audience, Issuer: t.Issuer, AllowUnbound: t.AllowUnbound}
	if t.HS256SecretFile != "" {
		secret, err := os.ReadFile(t.HS256SecretFile)
		if err != nil {
			return nil, badConfig("tokens.hs256SecretFile: %w", err)
		}
		c.HS256Secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	}
	for id, path := range t.RS256KeyFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, badConfig("tokens.rs256KeyFiles: %w", err)
		}
		key, err := token.ParseRSAPublicKey(text)
		if err != nil {
			return nil, badConfig("tokens.rs256KeyFiles: %s: %w", path, err)
		}
		if c.RS256Keys == nil {
			c.RS256Keys = make(map[string]*rsa.PublicKey)
		}
		c.RS256Keys[id] = key
	}
	v, err := token.New(c)
	if err != nil {
		return nil, badConfig("tokens: %w", err)
	}
	return v, nil
}

// reload reads the manifest files again, and the companies' roots in the
// configuration, where that is a file. What else it says is for the next start.
func (c *relayConfig) reload(ctx context.Context, path string, server *relay.Server) error {
	now := c
	if path != "" {
		var err error
		if now, err = readRelayConfig(path); err != nil {
			return err
		}
	}
	var all []error
	for i := range now.Tenants {
		t, err := now.Tenants[i].tenant()
		if err == nil {
			var id wire.ID
			if id, err = now.Tenants[i].id(); err == nil {
				err = server.SetRoots(ctx, id, t.Roots, t.Manifest)
			}
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}
