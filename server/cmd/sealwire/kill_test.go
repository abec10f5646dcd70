package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// killsEnv sets how often the relay is killed; `make soak` wants 1,000.
const killsEnv = "SEALWIRE_KILLS"

const (
	defaultKills = 20
	killsALife   = 50 // of one set of data, so that reading it all stays short
)

// The relay dies by kill -9 at random instants, again and again, while ends
// append to many conversations and upload files. They keep a journal of what
// was acknowledged and, as an outbox does, send again what was not: the same
// bytes. In the end every acknowledged entry is there, at its place, once, and
// so is every part and every file.
func TestS01_KilledRelayLosesNothingAcknowledged(t *testing.T) {
	kills := defaultKills
	if text := os.Getenv(killsEnv); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil || kills < 1 {
			t.Fatalf("%s=%s", killsEnv, text)
		}
	}
	for done := 0; done < kills && !t.Failed(); done += killsALife {
		life(t, min(killsALife, kills-done))
		if kills > killsALife {
			t.Logf("%d of %d kills", min(done+killsALife, kills), kills)
		}
	}
}

func life(t *testing.T, kills int) {
	t.Helper()
	_, org := newOrg(t)
	dir := t.TempDir()
	path := writeConfig(t, dir, org, func(c map[string]any) {
		c["limits"] = map[string]any{"entriesPerSecond": 1e6, "entryBurst": 1000000}
		c["files"] = map[string]any{"maxUnfinished": 1000}
	})
	relay := spawn(t, nil, "relay", "-config", path)
	l := newLoad(t, org)
	l.at(relay.Addr)
	l.begin()
	for kill := range kills {
		acked := l.acked.Load()
		for deadline := time.Now().Add(30 * time.Second); l.acked.Load() < acked+20; {
			if time.Now().After(deadline) || t.Failed() {
				l.stop()
				t.Fatalf("kill %d: nothing is acknowledged any more: %s", kill, relay.log)
			}
			<-time.After(time.Millisecond)
		}
		<-time.After(time.Duration(rand.IntN(100_000)) * time.Microsecond)
		relay.kill()
		relay = spawn(t, nil, "relay", "-config", path)
		l.at(relay.Addr)
	}
	l.stop()
	l.check()
	relay.end(t, 10*time.Second)
	relay = spawn(t, nil, "relay", "-config", path)
	l.at(relay.Addr)
	l.check()
	relay.end(t, 10*time.Second)
	t.Logf("%d kills: %d entries acknowledged, %d sent again, %d of these had been stored; %d files", kills, l.acked.Load(), l.again.Load(), l.stored.Load(), len(l.files))
	if out, errs, exit := run("verify", "-config", path); exit != 0 || out != "no damage found\n" {
		t.Errorf("verify: %d, %q, %q", exit, out, errs)
	}
}
