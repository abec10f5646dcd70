package relay_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/entrylog"
	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

func TestNewRefusesBadConfigurations(t *testing.T) {
	org, err := authority.Init(filepath.Join(t.TempDir(), "org"), authority.Options{})
	if err != nil {
		t.Fatal(err)
	}
	log, err := entrylog.OpenSQLite(entrylog.SQLiteOptions{Path: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	good := func() relay.Config {
		return relay.Config{Log: log, Hosts: []string{"127.0.0.1:1"}, Tenants: []relay.Tenant{{
			Roots: [][]byte{org.RootKey()}, Tokens: relaytest.Tokens(t), Origins: []string{"https://shop.example"}, Manifest: org.Manifest.Bytes(),
		}}}
	}
	origin := func(o string) func(*relay.Config) {
		return func(c *relay.Config) { c.Tenants[0].Origins = []string{o} }
	}
	for _, tc := range []struct {
		name   string
		change func(*relay.Config)
		says   string
	}{
		{"no log", func(c *relay.Config) { c.Log = nil }, "no log"},
		{"no tenant", func(c *relay.Config) { c.Tenants = nil }, "no tenant"},
		{"no host", func(c *relay.Config) { c.Hosts = nil }, "no host"},
		{"empty host", func(c *relay.Config) { c.Hosts = []string{""} }, "host"},
		{"host with a path", func(c *relay.Config) { c.Hosts = []string{"a/b"} }, "host"},
		{"host in capitals", func(c *relay.Config) { c.Hosts = []string{"Relay.example"} }, "lower case"},
		{"no root", func(c *relay.Config) { c.Tenants[0].Roots = nil }, "root key"},
		{"short root", func(c *relay.Config) { c.Tenants[0].Roots = [][]byte{{1}} }, "root key"},
		{"low-order root", func(c *relay.Config) { c.Tenants[0].Roots = [][]byte{make([]byte, 32)} }, "root key"},
		{"no tokens", func(c *relay.Config) { c.Tenants[0].Tokens = nil }, "identity tokens"},
		{"a tenant twice", func(c *relay.Config) { c.Tenants = append(c.Tenants, c.Tenants[0]) }, "twice"},
		{"origin *", origin("*"), "origin"},
		{"origin with a path", origin("https://shop.example/"), "origin"},
		{"origin without a scheme", origin("shop.example"), "origin"},
		{"origin in capitals", origin("https://Shop.example"), "lower case"},
		{"origin with the default port", origin("https://shop.example:443"), "default port"},
		{"origin of a socket", origin("wss://shop.example"), "origin"},
		{"origin with a wildcard", origin("https://*.shop.example"), "origin"},
		{"origin with a user", origin("https://a@shop.example"), "origin"},
		{"negative limit", func(c *relay.Config) { c.Limits.Connections = -1 }, "Connections"},
		{"negative time", func(c *relay.Config) { c.Limits.PreAuth = -1 }, "PreAuth"},
		{"negative rate", func(c *relay.Config) { c.Limits.EntriesPerSecond = -1 }, "EntriesPerSecond"},
		{"negative rate of a tenant", func(c *relay.Config) { c.Tenants[0].EntryBurst = -1 }, "negative"},
		{"queue under two frames", func(c *relay.Config) { c.Limits.Queue = 2*wire.MaxFrame - 1 }, "Queue"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := good()
			tc.change(&c)
			s, err := relay.New(context.Background(), c)
			if err == nil {
				s.Drain(context.Background())
				t.Fatal("was accepted")
			}
			if !errors.Is(err, relay.ErrConfig) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want ErrConfig that says %q", err, tc.says)
			}
		})
	}
	t.Run("manifest of another root", func(t *testing.T) {
		other, err := authority.Init(filepath.Join(t.TempDir(), "org"), authority.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := good()
		c.Tenants[0].Manifest = other.Manifest.Bytes()
		if _, err := relay.New(context.Background(), c); !errors.Is(err, wire.BadCredential) {
			t.Errorf("%v, want bad credential", err)
		}
	})
	t.Run("older manifest than an earlier run served", func(t *testing.T) {
		first := org.Manifest.Bytes()
		if _, err := org.Renew(authority.Options{Now: time.Now()}); err != nil {
			t.Fatal(err)
		}
		s, err := relay.New(context.Background(), good())
		if err != nil {
			t.Fatal(err)
		}
		s.Drain(context.Background())
		c := good()
		c.Tenants[0].Manifest = first
		if _, err := relay.New(context.Background(), c); !errors.Is(err, relay.ErrRolledBack) {
			t.Errorf("%v, want ErrRolledBack", err)
		}
	})
}
