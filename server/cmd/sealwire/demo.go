package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sealwire/sealwire/server/demo"
)

func (p *Program) demo(ctx context.Context, args []string) error {
	f := p.flags("demo", "demo [-addr HOST:PORT] [-dir DIR]\n\nA company's page with the chat, its agent's desk, and what the relay between\nthem sees. For this machine only; no account, no configuration.")
	addr := f.String("addr", "127.0.0.1:8787", "loopback `address` to listen on; port 0 takes a free one")
	dir := f.String("dir", ".demo", "`directory` of the state, which survives a restart")
	verbose := f.Bool("verbose", false, "write the relay's log to standard error")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	o := demo.Options{Addr: *addr, Dir: *dir, Files: p.Files}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelInfo
	}
	o.Logger = slog.New(slog.NewTextHandler(p.Stderr, &slog.HandlerOptions{Level: level}))
	d, err := demo.Open(ctx, o)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	fmt.Fprintf(p.Stdout, "Sealwire demo: open %s\nState is in %s. Ctrl-C ends it.\n", d.URL(), *dir)
	p.listening(d.Addr())
	return d.Serve(ctx)
}
