package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/sealwire/sealwire/server/authority"
	"github.com/sealwire/sealwire/server/authority/service"
	"github.com/sealwire/sealwire/server/authority/store"
	"github.com/sealwire/sealwire/server/relay"
)

const authorityUsage = `authority [-config FILE] [flags]

The company's own service: gives credentials to the people who answer customers,
is the inbox of each queue, and takes claims. Needs issuer.key of the company, and
never root.key. Configured by a JSON file, or by flags, which replace what the file
says. On SIGHUP the company's directory is read again: a newer manifest, the next
issuer key, other roots.

The file, with required fields marked *:

  {
    "listen": "0.0.0.0:8444",           *
    "data": "/var/lib/sealwire-authority", * the inboxes, sealed, and their key, inbox.key
    "company": "company",               * as "sealwire org init" made it, without root.key
    "hosts": ["authority.example.com"], * as desks dial it
    "origins": ["https://desk.example.com"], web origins of the desk
    "relay": "wss://relay.example.com/v1/connect", *
    "relayOrigin": "",                  that the inboxes name to the relay; default: the first of origins
    "certificate": "cert.pem", "key": "key.pem",
    "behindProxy": false,               a proxy in front ends TLS
    "proxies": ["10.0.0.7"],            proxies in front whose X-Forwarded-For is right
    "credentialHours": 12,              8 to 24
    "login": {                          * ID tokens of OpenID Connect, and what is like them
      "issuer": "https://login.example.com", "audience": "sealwire",
      "jwks": "https://login.example.com/keys", or "keyFiles": {"key id": "public.pem"},
      "aliasClaim": "nickname",         * the name that customers see
      "queuesClaim": "",                a list; default: all queues
      "roleClaim": "",                  agent, supervisor or bot; default: agent
      "untilClaim": ""}                 when the worker goes, in seconds since 1970: no credential lives longer
  }`

func (p *Program) authority(ctx context.Context, args []string) error {
	hangups, stop := hangups()
	defer stop()
	f := p.flags("authority", authorityUsage)
	path := f.String("config", "", "JSON `file`")
	listen := f.String("listen", "", "`address` to listen on, host:port")
	data := f.String("data", "", "`directory` of the inboxes")
	company := f.String("company", "", "`directory` of the company's keys")
	var hosts, origins, proxies list
	f.Var(&hosts, "host", "`names` under which desks dial this service, with port")
	f.Var(&origins, "origin", "web `origins` of the desk")
	f.Var(&proxies, "proxy", "`addresses` of the proxies in front, which set X-Forwarded-For")
	at := f.String("relay", "", "`address` of the relay's connection, wss://…/v1/connect")
	issuer := f.String("login-issuer", "", "`iss` of login tokens")
	audience := f.String("login-audience", "", "`aud` of login tokens")
	jwks := f.String("login-jwks", "", "`address` of the login's keys")
	alias := f.String("login-alias", "", "`claim` of the name that customers see")
	queues := f.String("login-queues", "", "`claim` of the queues")
	role := f.String("login-role", "", "`claim` of the role")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	c := &authorityConfig{}
	if *path != "" {
		var err error
		if c, err = readAuthorityConfig(*path); err != nil {
			return err
		}
	}
	replace(map[*string]*string{
		listen: &c.Listen, data: &c.Data, company: &c.Company, at: &c.Relay, issuer: &c.Login.Issuer, audience: &c.Login.Audience,
		jwks: &c.Login.JWKS, alias: &c.Login.AliasClaim, queues: &c.Login.QueuesClaim, role: &c.Login.RoleClaim,
	}, map[*list]*[]string{&hosts: &c.Hosts, &origins: &c.Origins, &proxies: &c.Proxies})
	return p.serveAuthority(ctx, c, hangups)
}

func (p *Program) serveAuthority(ctx context.Context, c *authorityConfig, hangups <-chan os.Signal) error {
	config, err := c.service()
	if err != nil {
		return err
	}
	logger := slog.New(relay.AllowListed(slog.NewJSONHandler(p.Stderr, nil)))
	config.Logger, config.TestingOnlyStep = logger, p.testingOnlyStep
	listener, err := listen("authority", c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	kept, err := store.Open(c.Data)
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("%s is in use: an authority runs on it", c.Data)
	}
	if err != nil {
		return err
	}
	defer kept.Close()
	config.Store = kept
	server, err := service.Open(ctx, config)
	if err != nil {
		return err
	}
	defer server.Close()
	logger.Info("authority", "listen", listener.Addr().String(), "sequence", config.Org.Manifest.Sequence)
	p.listening(listener.Addr().String())

	return serveWeb(ctx, relay.HTTPServer(server.Handler()), listener, c.Certificate, c.Key, hangups, func() {
		org, err := authority.Load(c.Company)
		if err == nil {
			err = server.SetOrg(ctx, org)
		}
		if err != nil {
			logger.Error("company not read again, or not in full", "cause", err)
		}
	}, func() {}, logger)
}
