package relay

import (
	"context"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
)

// logFields are the only fields that leave the relay by its log. A field that
// is not here is dropped, so that a careless line cannot leak a token, a body,
// a ciphertext or a name.
var logFields = map[string]bool{
	"tenant":     true, // hex id
	"connection": true, // a number that says nothing of who it is
	"role":       true,
	"code":       true, // the text of a wire.Code
	"cause":      true, // of an internal failure only: the storage's own words
	"address":    true, // only where Config.LogAddresses
	"status":     true,
	"listen":     true,
	"sequence":   true, // of a manifest
	"expires":    true,
	"count":      true,
	"seconds":    true,
}

// maxLogText bounds one text value.
const maxLogText = 300

type allowListed struct{ next slog.Handler }

// AllowListed wraps a handler so that only the fields the relay may log pass,
// and no text is long. The handler itself must escape what it writes, as those
// of log/slog do.
func AllowListed(next slog.Handler) slog.Handler { return allowListed{next} }

func (h allowListed) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h allowListed) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, clip(r.Message), 0)
	r.Attrs(func(a slog.Attr) bool {
		if a, ok := allowed(a); ok {
			clean.AddAttrs(a)
		}
		return true
	})
	return h.next.Handle(ctx, clean)
}

func (h allowListed) WithAttrs(attrs []slog.Attr) slog.Handler {
	var kept []slog.Attr
	for _, a := range attrs {
		if a, ok := allowed(a); ok {
			kept = append(kept, a)
		}
	}
	return allowListed{h.next.WithAttrs(kept)}
}

// WithGroup opens no group: a group would hide a field's name from the list.
func (h allowListed) WithGroup(string) slog.Handler { return h }

func allowed(a slog.Attr) (slog.Attr, bool) {
	if !logFields[a.Key] {
		return a, false
	}
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool, slog.KindDuration, slog.KindTime:
		return slog.Attr{Key: a.Key, Value: v}, true
	case slog.KindString:
		return slog.String(a.Key, clip(v.String())), true
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, clip(withoutAddresses(err))), true
		}
	}
	return a, false
}

// withoutAddresses is the error's text without the addresses that errors of
// the network name.
func withoutAddresses(err error) string {
	text := err.Error()
	for _, named := range networkErrors(err, nil) {
		text = strings.ReplaceAll(text, named.Error(), named.Op+": "+named.Err.Error())
	}
	return text
}

// networkErrors gives those in the tree of an error.
func networkErrors(err error, found []*net.OpError) []*net.OpError {
	if named, ok := err.(*net.OpError); ok && named.Err != nil {
		found = append(found, named)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if next := e.Unwrap(); next != nil {
			found = networkErrors(next, found)
		}
	case interface{ Unwrap() []error }:
		for _, next := range e.Unwrap() {
			found = networkErrors(next, found)
		}
	}
	return found
}

func clip(s string) string {
	if len(s) > maxLogText {
		return s[:maxLogText]
	}
	return s
}

// recovered keeps a bug in the service of one connection from ending all.
func (s *Server) recovered(c *connection) {
	if p := recover(); p != nil {
		s.logger.Error("panic", "connection", c.number, "cause", string(debug.Stack()))
		if c.socket != nil {
			_ = c.socket.CloseNow()
		}
	}
}

func (s *Server) logEnding(c *connection, e ending) {
	fields := []any{"connection", c.number, "status", int(e.code), "code", e.reason}
	if c.tenant != nil {
		fields = append(fields, "tenant", c.tenant.name, "role", int(c.role))
	}
	s.logger.Info("connection closed", fields...)
}

// logFailure notes something that is the operator's to mend.
func (s *Server) logFailure(what string, err error) {
	s.logger.Error(what+" failed", "cause", err)
}
