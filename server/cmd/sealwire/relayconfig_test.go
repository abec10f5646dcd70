package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
)

func TestLimitsOfOneCustomerAreConfigured(t *testing.T) {
	for name, tc := range map[string]struct {
		limits string
		want   relay.Limits
	}{
		"none said":                    {`{}`, relay.Limits{}},
		"waiting":                      {`{"waiting": 7}`, relay.Limits{Waiting: 7}},
		"many begin many":              {`{"genesisSeconds": 0.5, "genesisBurst": 200}`, relay.Limits{GenesisInterval: time.Second / 2, GenesisBurst: 200, TakeInterval: time.Second / 2, TakeBurst: 200}},
		"few begin, and go on as ever": {`{"genesisSeconds": 3600, "genesisBurst": 2}`, relay.Limits{GenesisInterval: time.Hour, GenesisBurst: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			c := read(t, `{"listen": "127.0.0.1:0", "data": "data", "limits": `+tc.limits+`}`)
			config, err := c.relay()
			if err != nil {
				t.Fatal(err)
			}
			got := config.Limits
			got = relay.Limits{Waiting: got.Waiting, GenesisInterval: got.GenesisInterval, GenesisBurst: got.GenesisBurst, TakeInterval: got.TakeInterval, TakeBurst: got.TakeBurst}
			if got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestUsageShowsEveryLimit(t *testing.T) {
	for _, field := range []string{"connections", "preAuthConnections", "perIdentity", "entriesPerSecond", "entryBurst", "queueBytes", "sessionHours", "waiting", "genesisSeconds", "genesisBurst", "addressConnections", "addressUnproved", "addressPerSecond"} {
		read(t, `{"limits": {"`+field+`": 1}}`) // unknown ones are refused
		if !strings.Contains(relayUsage, `"`+field+`": `) {
			t.Errorf("%s is not shown", field)
		}
	}
}

func read(t *testing.T, text string) *relayConfig {
	t.Helper()
	path := filepath.Join(t.TempDir(), "relay.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readRelayConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
