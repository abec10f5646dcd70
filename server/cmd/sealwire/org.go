package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/wasm/wire"
)

func (p *Program) org(args []string) error {
	if len(args) == 0 {
		return usagef("org: want init, manifest, issuer, root or agent")
	}
	switch args[0] {
	case "init":
		return p.orgInit(args[1:])
	case "manifest":
		return p.orgManifest(args[1:])
	case "issuer":
		return p.orgNext(args, "issuer", "org issuer DIR\n\nMakes issuer-next.key and prints its public half, for\n`sealwire org manifest -add-issuer`. It signs from the manifest on that no longer\nlists the current one (-drop-issuer).", (*authority.Org).MakeNextIssuer)
	case "root":
		return p.orgNext(args, "root", "org root DIR\n\nMakes root-next.key and prints its orgKey, which pages and relay are to pin beside\nthe current one, until `sealwire org manifest -next-root`.", (*authority.Org).MakeNextRoot)
	case "agent":
		return p.orgAgent(args[1:])
	case "-h", "-help", "--help":
		_, err := io.WriteString(p.Stdout, usage)
		return err
	}
	return usagef("org: there is no %q; want init, manifest, issuer, root or agent", args[0])
}

// list is a flag of names with commas between them.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return fmt.Errorf("an empty name")
		}
		*l = append(*l, name)
	}
	return nil
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// checkDays keeps a length of time from overflowing.
func checkDays(n int) error {
	if n < 1 || n > 3650 {
		return usagef("-days %d: want 1 to 3650", n)
	}
	return nil
}

func (p *Program) orgInit(args []string) error {
	f := p.flags("org init", "org init DIR\n\nMakes DIR with root.key, issuer.key and a signed manifest, and prints the orgKey\nthat pages pin. Overwrites nothing. Move root.key to where no server runs: only\n`sealwire org manifest` needs it.")
	var queues list
	f.Var(&queues, "queues", "`names` of the queues that conversations may ask for, with commas (default \"default\")")
	life := f.Int("days", 30, "`days` that the manifest is valid")
	rest, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if err := checkDays(*life); err != nil {
		return err
	}
	org, err := authority.Init(rest[0], authority.Options{Queues: queues, ManifestLife: days(*life)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, org.OrgKey())
	return err
}

func (p *Program) orgManifest(args []string) error {
	f := p.flags("org manifest", "org manifest DIR\n\nSigns a manifest with the next sequence and replaces DIR/manifest. Needs root.key,\nand no other key. What no flag says is kept. Prints its sequence and its end.")
	var queues, add, drop list
	f.Var(&queues, "queues", "`names` of the queues, with commas (default: those of the manifest before)")
	f.Var(&add, "add-issuer", "public `keys` of issuers to list beside those there are")
	f.Var(&drop, "drop-issuer", "public `keys` of issuers to list no more: what they signed ends")
	nextRoot := f.Bool("next-root", false, "sign with root-next.key, which is root.key from then on")
	history := f.String("history", "", "policy: `where` ends may keep what they read: none, device or conversation")
	grants := f.String("grants", "", "policy: `what` of the past newcomers may be granted: none, claim (since the last one) or any")
	retention := f.Int("retention-days", -1, "policy: `days` that are promised to customers; 0: none")
	life := f.Int("days", 30, "`days` that the manifest is valid")
	rest, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if err := checkDays(*life); err != nil {
		return err
	}
	org, err := authority.Load(rest[0])
	if err != nil {
		return err
	}
	options := authority.Options{Queues: queues, ManifestLife: days(*life), NextRoot: *nextRoot}
	for flag, keys := range map[*list]*[][]byte{&add: &options.AddIssuers, &drop: &options.DropIssuers} {
		for _, text := range *flag {
			key, err := authority.ParseOrgKey(text)
			if err != nil {
				return usagef("org manifest: an issuer's key is 43 characters of base64url")
			}
			*keys = append(*keys, key)
		}
	}
	if options.Policy, err = policy(org.Manifest.Policy, *history, *grants, *retention); err != nil {
		return err
	}
	if _, err := org.Renew(options); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "manifest %d, valid until %s\n", org.Manifest.Sequence, time.Unix(int64(org.Manifest.Expires), 0).UTC().Format(time.RFC3339))
	return err
}

// policy changes what the flags say.
func policy(p wire.Policy, history, grants string, retention int) (*wire.Policy, error) {
	histories := map[string]wire.History{"": p.History, "none": wire.HistoryNone, "device": wire.HistoryDevice, "conversation": wire.HistoryConversation}
	amounts := map[string]uint8{"": p.Grants, "none": 0, "claim": 1, "any": 2}
	var known bool
	if p.History, known = histories[history]; !known {
		return nil, usagef("org manifest: -history %q: want none, device or conversation", history)
	}
	if p.Grants, known = amounts[grants]; !known {
		return nil, usagef("org manifest: -grants %q: want none, claim or any", grants)
	}
	switch {
	case retention > 36500:
		return nil, usagef("org manifest: -retention-days %d: want 0 to 36500", retention)
	case retention >= 0:
		p.RetentionDays = uint32(retention)
	}
	return &p, nil
}

// orgNext makes a next key and prints its public half.
func (p *Program) orgNext(args []string, name, about string, make func(*authority.Org) ([]byte, error)) error {
	f := p.flags("org "+name, about)
	rest, err := parse(f, args[1:], 1)
	if err != nil {
		return err
	}
	org, err := authority.Load(rest[0])
	if err != nil {
		return err
	}
	key, err := make(org)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, base64.RawURLEncoding.EncodeToString(key))
	return err
}

func (p *Program) orgAgent(args []string) error {
	f := p.flags("org agent", "org agent -identity KEY -alias NAME DIR\n\nIssues a credential and prints it in base64url. Needs issuer.key, not root.key.")
	identity := f.String("identity", "", "the device's identity `key`, 43 characters of base64url (required)")
	alias := f.String("alias", "", "the `name` that customers see; never an internal id (required)")
	var queues list
	f.Var(&queues, "queues", "`names` of the queues it may hold, with commas (default: all of the manifest)")
	hours := f.Int("hours", 12, "`hours` that it is valid, 1 to 24")
	role := f.String("role", "agent", "agent, supervisor or bot")
	rest, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	key, err := base64.RawURLEncoding.Strict().DecodeString(*identity)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return usagef("org agent: -identity: want 43 characters of base64url")
	}
	if *alias == "" {
		return usagef("org agent: -alias is missing")
	}
	if *hours < 1 || *hours > 24 {
		return usagef("org agent: -hours %d: want 1 to 24", *hours)
	}
	roles := map[string]wire.Role{"agent": wire.Agent, "supervisor": wire.Supervisor, "bot": wire.Bot}
	if roles[*role] == 0 {
		return usagef("org agent: -role %q: want agent, supervisor or bot", *role)
	}
	org, err := authority.Load(rest[0])
	if err != nil {
		return err
	}
	raw, err := org.Issue(authority.Request{
		Identity: key, Alias: *alias, Role: roles[*role], Queues: queues, Life: time.Duration(*hours) * time.Hour,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, base64.RawURLEncoding.EncodeToString(raw))
	return err
}
