// Package relaytest runs a relay for tests and talks to it as ends do.
//
// [Start] runs one on a free port of the loopback with a company of its own;
// [Relay.Restart] ends it and starts it again on the same log. [Dial] is an
// end's half of the connection, in native Go; it carries opaque entries, so it
// serves the real core as well as [Person], whose entries are valid in public
// and hold random bytes where secrets would be sealed: the relay must not be
// able to tell.
//
// Everything ends with the test. Waiting is for what was asked for, never for
// a time; [Patience] bounds it.
package relaytest
