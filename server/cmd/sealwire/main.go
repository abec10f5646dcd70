// Command sealwire is the server side of Sealwire in one binary: the demo, the
// relay, the company's authority, and the company's keys.
//
//	sealwire demo                    all of it on this machine, to look at
//	sealwire relay -config FILE      the relay
//	sealwire authority -config FILE  the company's authority
//	sealwire erase -config FILE ID   remove a conversation
//	sealwire verify -config FILE     look for damage
//	sealwire org init DIR            the company's keys and first manifest
//	sealwire org manifest DIR        a newer manifest
//	sealwire org issuer DIR          the next issuer key
//	sealwire org root DIR            the next root key
//	sealwire org agent DIR           a credential for an agent
//	sealwire version
//
// Each subcommand explains its flags with -h. Errors are one line on standard
// error. The exit code is 0, 1 for an error, 2 for wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/sealwire/sealwire/js"
)

func main() {
	os.Exit(execute(&Program{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Files: js.Files()}, os.Args[1:]))
}

// execute runs one command until it is done or the process is told to end.
func execute(p *Program, args []string) (exit int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return report(p, p.Run(ctx, args))
}

// report says what went wrong and gives the exit code.
func report(p *Program, err error) int {
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(p.Stderr, "sealwire: %v\nTry: sealwire -h\n", err)
		return 2
	}
	fmt.Fprintf(p.Stderr, "sealwire: %v\n", err)
	return 1
}
