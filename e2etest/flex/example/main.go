// Command example shows a customer's page and an agent in the real Flex UI,
// talking end-to-end encrypted over a fake of Twilio Conversations in memory.
// `make flex-demo` builds what it needs and starts it; there is no account in
// it, and whoever reaches the address can be anybody: it is for one machine.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/sealwire/sealwire/e2etest/flex"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8787", "`address` to listen on")
	bundle := flag.String("bundle", ".build/flex/flex.js", "`file` with the real Flex UI, which make builds")
	flag.Parse()
	if err := run(*addr, *bundle); err != nil {
		fmt.Fprintln(os.Stderr, "example:", err)
		os.Exit(1)
	}
}

func run(addr, bundle string) error {
	if _, err := os.Stat(bundle); err != nil {
		return errors.New("the real Flex UI is not built: run make flex-demo")
	}
	company, err := flex.NewCompany()
	if err != nil {
		return err
	}
	cloud := flex.NewCloud()
	cloud.Post("CHplain", "whatsapp:+15550100", "Hi! This one is not encrypted, as WhatsApp's are not.")
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("both sides, and what the platform sees, on http://%s/example.html\n", listener.Addr())
	server := &http.Server{Handler: flex.Site(cloud, company, bundle), ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}
