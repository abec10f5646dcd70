package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// Program is the command with all that it touches, so that tests run it as it
// is: on port 0, with their own files, as often as they like.
type Program struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Files          fs.FS // the modules and pages, as package js has them

	// Listening, where not nil, is told the address once a server listens.
	Listening func(addr string)

	testingOnlyStep func(queue, step string) (die bool) // of the authority's inboxes

	mu      sync.Mutex
	cancels []context.CancelFunc
	running sync.WaitGroup
}

// usageError is a wrong command line.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

const usage = `Usage: sealwire COMMAND [flags]

  demo            a company's page, an agent's desk and a relay on this machine
  relay           the relay
  authority       the company's own service: credentials, inboxes, claims
  erase CONVERSATION  remove a conversation from a relay that does not run
  verify          look for damage in the data of a relay that does not run
  org init DIR    make a company's keys and first manifest
  org manifest DIR  sign a newer manifest (needs root.key)
  org issuer DIR  make the next issuer key
  org root DIR    make the next root key
  org agent DIR   issue an agent's credential
  version         what this is

sealwire COMMAND -h explains its flags.
`

// Run runs one command until it is done, or until ctx ends or Close is called.
func (p *Program) Run(ctx context.Context, args []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.mu.Lock()
	p.cancels = append(p.cancels, cancel)
	p.running.Add(1)
	p.mu.Unlock()
	defer p.running.Done()

	if len(args) == 0 {
		return usagef("no command")
	}
	switch args[0] {
	case "demo":
		return p.demo(ctx, args[1:])
	case "relay":
		return p.relay(ctx, args[1:])
	case "authority":
		return p.authority(ctx, args[1:])
	case "erase":
		return p.erase(ctx, args[1:])
	case "verify":
		return p.verify(ctx, args[1:])
	case "org":
		return p.org(args[1:])
	case "version", "-version", "--version":
		return p.version(args[1:])
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(p.Stdout, usage)
		return err
	}
	return usagef("there is no command %q", args[0])
}

// Close ends what runs and waits until it has ended.
func (p *Program) Close() {
	p.mu.Lock()
	for _, cancel := range p.cancels {
		cancel()
	}
	p.cancels = nil
	p.mu.Unlock()
	p.running.Wait()
}

func (p *Program) listening(addr string) {
	if p.Listening != nil {
		p.Listening(addr)
	}
}

// command is the flags of one command, and what it does.
type command struct {
	*flag.FlagSet
	about string
	help  io.Writer
}

func (p *Program) flags(name, about string) *command {
	f := &command{flag.NewFlagSet(name, flag.ContinueOnError), about, p.Stdout}
	f.SetOutput(io.Discard) // our errors say it once
	return f
}

// replace puts those flags that were given in the place of what a file says.
func replace(texts map[*string]*string, lists map[*list]*[]string) {
	for flag, field := range texts {
		if *flag != "" {
			*field = *flag
		}
	}
	for flag, field := range lists {
		if *flag != nil {
			*field = *flag
		}
	}
}

// parse parses flags that may stand before, between and after want arguments.
// A wrong one is a usageError; -h prints the help and gives flag.ErrHelp.
func parse(f *command, args []string, want int) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err == flag.ErrHelp {
			fmt.Fprintf(f.help, "Usage: sealwire %s\n\nFlags:\n", f.about)
			f.SetOutput(f.help)
			f.PrintDefaults()
			return nil, err
		} else if err != nil {
			return nil, usagef("%s: %v", f.Name(), err)
		}
		if f.NArg() == 0 {
			break
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
	if len(rest) != want {
		return nil, usagef("%s: %d arguments, want %d", f.Name(), len(rest), want)
	}
	return rest, nil
}
