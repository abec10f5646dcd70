// Package demo is Sealwire to look at: a company's page, its agent's desk, and
// what the relay between them sees, in one process on the loopback.
//
// It holds its parties with separate keys and directories, as they would be
// separate machines: the company (root key, issuer key, manifest), its authority
// (the inboxes and their keys), its site's backend (the secret of identity tokens)
// and the relay (the log and the files). State survives a restart; the manifest is
// renewed when it is near its end. Who says a name at the desk is that person.
//
// Promises. It listens on the loopback only, and answers only requests that
// name it so, since a page elsewhere may point its own name here. Requests
// that change something must come from its own pages. What the relay pane
// shows comes from package demo, around the log: package relay has no such
// door.
//
// The caller's duties. Give it a directory of its own and the embedded files,
// with the core built.
//
// Limits. It gives a token and an agent's credential to anyone on this
// machine who asks: it is a demonstration, never an installation.
package demo
