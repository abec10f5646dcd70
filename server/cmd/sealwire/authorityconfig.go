package main

import (
	"crypto"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/service"
	"github.com/sealwire/sealwire/server/token"
)

// authorityConfig is the file of `sealwire authority -config`. Unknown fields are
// errors; relative paths are relative to the file.
type authorityConfig struct {
	// Listen is host:port. Required.
	Listen string `json:"listen"`
	// Data is the directory of the inboxes; made if it is not there. Required.
	Data string `json:"data"`
	// Company is the directory of the organisation, without root.key. Required.
	Company string `json:"company"`
	// Hosts are the names, with port where it is not 443, under which desks dial
	// this service. Required.
	Hosts []string `json:"hosts"`
	// Origins are the web origins of the desk.
	Origins []string `json:"origins"`
	// Relay is the address of the relay's connection. Required.
	Relay string `json:"relay"`
	// RelayOrigin is the web origin that the inboxes name to the relay. Default:
	// the first of Origins.
	RelayOrigin string `json:"relayOrigin"`
	// Certificate and Key are PEM files, both or none.
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// BehindProxy says that a proxy in front ends TLS.
	BehindProxy bool `json:"behindProxy"`
	// Proxies are the addresses of the proxies in front, and only of those.
	Proxies []string `json:"proxies"`
	// CredentialHours is how long a credential lives, 8 to 24. Default 12.
	CredentialHours int         `json:"credentialHours"`
	Login           loginConfig `json:"login"`
}

type loginConfig struct {
	Issuer   string `json:"issuer"`
	Audience string `json:"audience"`
	// JWKS is the address of the keys, or KeyFiles are PEM files by key id.
	JWKS     string            `json:"jwks"`
	KeyFiles map[string]string `json:"keyFiles"`
	// The claims of the public name, and perhaps of queues, role and end.
	AliasClaim  string `json:"aliasClaim"`
	QueuesClaim string `json:"queuesClaim"`
	RoleClaim   string `json:"roleClaim"`
	UntilClaim  string `json:"untilClaim"`
}

func readAuthorityConfig(path string) (*authorityConfig, error) {
	c := &authorityConfig{}
	dir, err := readConfig(path, c)
	if err != nil {
		return nil, err
	}
	in := func(p *string) {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	for _, p := range []*string{&c.Data, &c.Company, &c.Certificate, &c.Key} {
		in(p)
	}
	for id, p := range c.Login.KeyFiles {
		in(&p)
		c.Login.KeyFiles[id] = p
	}
	return c, nil
}

// service gives what package service is made of, without the store.
func (c *authorityConfig) service() (service.Config, error) {
	switch {
	case c.Data == "":
		return service.Config{}, badAuthority("data: a directory is needed")
	case c.Company == "":
		return service.Config{}, badAuthority("company: the directory of `sealwire org` is needed")
	case c.Relay == "":
		return service.Config{}, badAuthority("relay: the address of the relay's connection is needed")
	}
	if err := checkListen(c.Listen, c.Certificate, c.Key, c.BehindProxy); err != nil {
		return service.Config{}, err
	}
	proxies, err := parseProxies(c.Proxies)
	if err != nil {
		return service.Config{}, err
	}
	org, err := authority.Load(c.Company)
	if err != nil {
		return service.Config{}, err
	}
	login, err := c.Login.verifier()
	if err != nil {
		return service.Config{}, err
	}
	return service.Config{
		Org: org, Login: service.Tokens{LoginVerifier: login}, Relay: c.Relay, RelayOrigin: c.RelayOrigin, Hosts: c.Hosts, Origins: c.Origins,
		Proxies: proxies, Life: time.Duration(c.CredentialHours) * time.Hour,
	}, nil
}

func badAuthority(format string, args ...any) error {
	return fmt.Errorf("%w: %w", service.ErrConfig, fmt.Errorf(format, args...))
}

func (l *loginConfig) verifier() (*token.LoginVerifier, error) {
	c := token.LoginConfig{Issuer: l.Issuer, Audience: l.Audience, JWKS: l.JWKS, AliasClaim: l.AliasClaim, QueuesClaim: l.QueuesClaim, RoleClaim: l.RoleClaim, UntilClaim: l.UntilClaim}
	for id, path := range l.KeyFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, badAuthority("login.keyFiles: %w", err)
		}
		key, err := token.ParsePublicKey(text)
		if err != nil {
			return nil, badAuthority("login.keyFiles: %s: %w", path, err)
		}
		if c.Keys == nil {
			c.Keys = make(map[string]crypto.PublicKey)
		}
		c.Keys[id] = key
	}
	v, err := token.NewLogin(c)
	if err != nil {
		return nil, badAuthority("login: %w", err)
	}
	return v, nil
}
