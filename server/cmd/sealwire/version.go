package main

import (
	"fmt"
	"runtime/debug"

	"github.com/sealwire/sealwire/wasm/wire"
)

func (p *Program) version(args []string) error {
	if _, err := parse(p.flags("version", "version"), args, 0); err != nil {
		return err
	}
	version, revision := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = " " + s.Value
			}
		}
	}
	_, err := fmt.Fprintf(p.Stdout, "sealwire %s%s, protocol version %d\n", version, revision, wire.Version)
	return err
}
