package main

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/sealwire/sealwire/server/relay"
)

const relayUsage = `relay [-config FILE] [flags]

Carries sealed entries between ends. Configured by a JSON file, or by flags for
one company. Flags replace what the file says. On SIGHUP the manifest files are
read again, and the roots of the companies in the file; on SIGTERM the relay drains
for up to 10 s and ends.

The file, with required fields marked *:

  {
    "listen": "0.0.0.0:8443",           *
    "data": "/var/lib/sealwire",        * directory of the log
    "files": {"directory": "",          of the files: a disk of their own; default: in data
              "maxFile": 0, "maxConversation": 0, "maxTotal": 0,  bytes; default 4, 16 and 64 GiB
              "maxCompany": 0,          bytes; default: an equal share of maxTotal
              "maxUnfinished": 0, "maxBegun": 0},  of one member: uploads, default 16,
                                        and bytes of them, default 8 GiB
    "hosts": ["relay.example.com"],     * as ends dial it
    "certificate": "cert.pem", "key": "key.pem",
    "behindProxy": false,               a proxy in front ends TLS
    "proxies": ["10.0.0.7"],            proxies in front whose X-Forwarded-For is right;
                                        behind one without it, no limit goes by address
    "allowMissingOrigin": false,        let in programs that are no browsers
    "logAddresses": false,              write peers' IP addresses to the log
    "limits": {"connections": 20000, "preAuthConnections": 1024, "perIdentity": 4,
               "entriesPerSecond": 20, "entryBurst": 60, "queueBytes": 262144,
               "sessionHours": 12,      then a customer shows a token again
               "waiting": 32,           conversations of one customer that nobody has
                                        taken up, begun within a day
               "genesisSeconds": 10, "genesisBurst": 6,
                                        between two conversations that one customer
                                        begins (by "sub" of its token), and at once
               "addressConnections": 1000, "addressUnproved": 64, "addressPerSecond": 50},
                                        of customers at one address, or one /64 of IPv6
    "tenants": [{                       *
      "orgKeys": ["…"],                 * as "sealwire org init" printed it; and the next
      "manifest": "org/manifest",       its sequence never falls
      "origins": ["https://example.com"],
      "tokens": {                       * one of the first two
        "hs256SecretFile": "secret", "rs256KeyFiles": {"key id": "public.pem"},
        "hs256KeyId": "", "audience": "", "issuer": "", "allowUnbound": false},
      "id": "",                         32 hex digits, kept when the first root goes
      "connections": 0, "entriesPerSecond": 0, "entryBurst": 0
    }]
  }`

func (p *Program) relay(ctx context.Context, args []string) error {
	hangups, stop := hangups()
	defer stop()
	f := p.flags("relay", relayUsage)
	path := f.String("config", "", "JSON `file`")
	listen := f.String("listen", "", "`address` to listen on, host:port")
	data := f.String("data", "", "`directory` of the log")
	files := f.String("files", "", "`directory` of the files; default: files in that of the log")
	var hosts, orgKeys, origins, proxies list
	f.Var(&hosts, "host", "`names` under which ends dial the relay, with port")
	f.Var(&proxies, "proxy", "`addresses` of the proxies in front, which set X-Forwarded-For")
	f.Var(&orgKeys, "org-key", "root public `keys` of the company")
	f.Var(&origins, "origin", "web `origins` of the company's pages")
	manifest := f.String("manifest", "", "`file` of the company's manifest")
	secret := f.String("hs256-secret-file", "", "`file` of the secret of identity tokens")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	c := &relayConfig{}
	if *path != "" {
		var err error
		if c, err = readRelayConfig(*path); err != nil {
			return err
		}
		if orgKeys != nil || origins != nil || *manifest != "" || *secret != "" {
			return usagef("relay: -org-key, -origin, -manifest and -hs256-secret-file describe a company, and so does -config")
		}
	} else {
		c.Tenants = []tenantConfig{{OrgKeys: orgKeys, Manifest: *manifest, Origins: origins, Tokens: tokensConfig{HS256SecretFile: *secret}}}
	}
	replace(map[*string]*string{listen: &c.Listen, data: &c.Data, files: &c.Files.Directory}, map[*list]*[]string{&hosts: &c.Hosts, &proxies: &c.Proxies})
	if err := p.built(); err != nil {
		return err
	}
	return p.serveRelay(ctx, c, *path, hangups)
}

// built refuses to serve from a tree in which the core was not built: such a
// binary was made by mistake.
func (p *Program) built() error {
	for _, name := range []string{"core/sealwire.wasm", "core/module.js"} {
		if _, err := fs.Stat(p.Files, name); err != nil {
			return fmt.Errorf("the core is not built: %s is missing; run make wasm and build again", name)
		}
	}
	return nil
}

func (p *Program) serveRelay(ctx context.Context, c *relayConfig, path string, hangups <-chan os.Signal) error {
	config, err := c.relay()
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(p.Stderr, nil))
	config.Logger = logger
	listener, err := listen("relay", c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	stores, err := c.open()
	if err != nil {
		return err
	}
	defer stores.Close()
	config.Log, config.Files = stores.log, stores.files
	server, err := relay.New(ctx, config)
	if err != nil {
		return err
	}
	logger = slog.New(relay.AllowListed(logger.Handler()))
	logger.Info("relay", "listen", listener.Addr().String())
	if c.addressless() {
		logger.Warn("no limit goes by address: name the proxies in front")
	}
	p.listening(listener.Addr().String())

	return serveWeb(ctx, relay.HTTPServer(server.Handler()), listener, c.Certificate, c.Key, hangups, func() {
		if err := c.reload(ctx, path, server); err != nil {
			logger.Error("manifest not renewed", "cause", err)
		}
	}, func() {
		logger.Info("draining")
		server.Drain(context.WithoutCancel(ctx)) // bounded by its own limit
	}, logger)
}
