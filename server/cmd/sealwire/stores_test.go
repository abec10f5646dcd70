package main

import "testing"

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
