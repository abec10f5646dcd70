package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWaitingConversationsAreConfigured(t *testing.T) {
	path := filepath.Join(t.TempDir(), "relay.json")
	if err := os.WriteFile(path, []byte(`{"listen": "127.0.0.1:0", "data": "data", "limits": {"waiting": 7}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readRelayConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	config, err := c.relay()
	if err != nil || config.Limits.Waiting != 7 {
		t.Errorf("%d may wait, %v; want 7", config.Limits.Waiting, err)
	}
}
