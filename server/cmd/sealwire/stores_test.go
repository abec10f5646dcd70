package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Two processes on one log would each tell their own ends only.
func TestOneRelayOnOneLog(t *testing.T) {
	dir := t.TempDir()
	open := func(files string) (*stores, error) {
		c := &relayConfig{Data: filepath.Join(dir, "data"), Files: filesConfig{Directory: filepath.Join(dir, files)}}
		return c.open()
	}
	first, err := open("files")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := open("other files"); err == nil {
		t.Error("two have it open", s.Close())
	} else if !strings.Contains(err.Error(), filepath.Join(dir, "data")+" is in use") {
		t.Errorf("it does not say why: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := open("files")
	if err != nil {
		t.Fatal("after it was closed:", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCompaniesShareTheRoomForFilesEqually(t *testing.T) {
	for _, c := range []struct {
		config filesConfig
		of     int
		want   uint64 // 0: as much as there is
	}{
		{filesConfig{}, 1, 0},
		{filesConfig{}, 4, 16 << 30},
		{filesConfig{MaxTotal: 100}, 2, 50},
		{filesConfig{MaxTotal: 100, MaxCompany: 80}, 2, 80},
		{filesConfig{MaxCompany: 80}, 1, 80},
	} {
		if got := c.config.company(c.of); got != c.want {
			t.Errorf("%+v of %d: %d, want %d", c.config, c.of, got, c.want)
		}
	}
}
