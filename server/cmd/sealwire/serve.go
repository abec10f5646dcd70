package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

// hangups collects SIGHUP from now on, so that one that comes early does not end
// the process: it is first of all that a server does.
func hangups() (all <-chan os.Signal, stop func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}

// listen takes an address.
func listen(name, addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: %s is in use", name, addr)
	}
	return listener, err
}

// serveWeb serves, with TLS where there is a certificate, until ctx ends or the
// server does; reload is called at each hangup, drain before the end.
func serveWeb(ctx context.Context, web *http.Server, listener net.Listener, certificate, key string, hangups <-chan os.Signal, reload, drain func(), logger *slog.Logger) error {
	failed := make(chan error, 1)
	go func() {
		if certificate != "" {
			failed <- web.ServeTLS(listener, certificate, key)
		} else {
			failed <- web.Serve(listener)
		}
	}()
	var err error
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			waiting = false
		case err = <-failed:
			waiting = false
		case <-hangups:
			reload()
		}
	}
	drain()
	_ = web.Close()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	logger.Info("ended")
	return err
}
