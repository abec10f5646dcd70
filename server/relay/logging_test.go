package relay_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sealwire/sealwire/server/relay"
	"github.com/sealwire/sealwire/server/relay/relaytest"
	"github.com/sealwire/sealwire/wasm/wire"
)

// Everything that a session has goes over the relay: welcome and refused
// hellos, good and bad entries, a slow end of it all. Nothing of tokens,
// names, ciphertext or addresses is in the log, in any common form.
func TestLogsHoldNoSecretAndNoBody(t *testing.T) {
	s := play(t, nil)
	canary := []byte("canary-7f3a-ciphertext")
	s.append(s.atCustomer, s.customer.Message(s.talk, 500, canary...))
	refused(t, s.atAgent, relay.Append{Conversation: s.talk.ID, Entry: s.customer.Message(s.talk, 500, canary...)}, wire.NotMember)
	publish(t, s.atAgent, s.agent, true)
	o := s.Options(s.customer)
	token := string(o.Proof)
	o.Host = "evil.example\r\nlevel=ERROR injected"
	if _, err := relaytest.Dial(s.ctx, o); err == nil {
		t.Fatal("was let in")
	}
	expired := s.Options(s.customer)
	expired.Proof = s.Token(s.customer, time.Now().Add(-time.Hour))
	if _, err := relaytest.Dial(s.ctx, expired); err == nil {
		t.Fatal("was let in")
	}
	if err := s.atCustomer.SendRaw(s.ctx, append([]byte{2, 0, 0, 0, 1}, canary...)); err != nil {
		t.Fatal(err)
	}
	closed(t, s.atCustomer.Wait(), wire.BadArgument)
	s.Stop()

	log := s.Output.String()
	if !strings.Contains(log, "bad credential") || !strings.Contains(log, "expired") || !strings.Contains(log, "bad argument") {
		t.Fatalf("the log does not tell what happened:\n%s", log)
	}
	identity := s.customer.Identity()
	member := s.customer.ID()
	for name, secret := range map[string][]byte{
		"token": []byte(token), "its signature": []byte(token[strings.LastIndexByte(token, '.')+1:]), "expired token": expired.Proof,
		"token's subject": []byte("visitor-1"), "alias": []byte("Ana"), "ciphertext": canary, "identity key": identity, "member": member[:],
		"conversation": s.talk.ID[:], "secret": relaytest.Secret, "host that was written": []byte("evil.example"), "address": []byte("127.0.0.1"),
	} {
		for form, text := range map[string]string{
			"as it is": string(secret), "hex": hex.EncodeToString(secret), "base64": base64.StdEncoding.EncodeToString(secret),
			"base64url": base64.RawURLEncoding.EncodeToString(secret), "quoted": strings.Trim(string(must(json.Marshal(string(secret)))), `"`),
		} {
			if strings.Contains(log, text) {
				t.Errorf("the log holds the %s, %s:\n%s", name, form, log)
			}
		}
	}
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not one JSON object a line: %q", line)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestLogsHoldAddressesOnlyWhereConfigured(t *testing.T) {
	r := relaytest.Start(t, func(c *relay.Config) { c.LogAddresses = true })
	r.Connect(relaytest.NewPerson(wire.Customer))
	if !strings.Contains(r.Output.String(), `"address":"127.0.0.1"`) {
		t.Error("the address is not there")
	}
}

func TestA19_AllowListedDropsAndEscapes(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(relay.AllowListed(slog.NewTextHandler(&out, nil)))
	log = log.With("token", "t0ken", "tenant", "abc").WithGroup("code").With("body", "b0dy")
	log.Info("fine", "cause", errors.New("two\nlines \x1b[31mred"), "entry", []byte("entr1"), "count", 3, "code", strings.Repeat("x", 5000),
		slog.Group("cause", "inner", "inn3r"), "role", []byte("byt3s"))
	got := out.String()
	for _, secret := range []string{"t0ken", "b0dy", "entr1", "inn3r", "byt3s"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is in the log: %s", secret, got)
		}
	}
	if strings.Count(got, "\n") != 1 || strings.ContainsRune(got, 0x1b) {
		t.Errorf("more than one line, or a terminal's code: %q", got)
	}
	for _, want := range []string{"tenant=abc", "count=3", `two\nlines`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
	if len(got) > 1000 {
		t.Errorf("%d bytes: a long value was not cut", len(got))
	}
}
