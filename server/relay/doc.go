// Package relay carries sealed entries between ends: an HTTP server with one
// WebSocket, over which ends append to and follow the logs of conversations,
// and with a few routes for the ciphertext of files.
//
// The relay is trusted with order and availability and with nothing else. It
// sees who talks to whom, when, and how much; it holds no key that opens
// anything, and of the core it imports only the public half, package wire. The
// same public check that ends make decides here what may be appended, so a
// commit that the relay accepts is the one that every end accepts.
//
// Promises. An acknowledged entry, or part of a file, is on disk. An entry is
// stored once for ever, whoever repeats it, and is served to nobody if its
// bytes have changed there. A subscription gives the entries after its cursor
// in order of sequence, without a gap and without a repeat, the stored ones
// and then the live ones, up to the commit that removes the subscriber. What
// an end may do follows from the identity key that it proved on this
// connection, never from what a frame claims. Nothing of a token, a body or a
// ciphertext is ever logged.
//
// The caller's duties. Open log and files and close them after [Server.Drain];
// give the host names under which ends dial ([Config.Hosts]): a hello is valid
// for one of these only. Put TLS in front of it, or give it a certificate; name
// the proxy that does ([Config.Proxies]), as limits go by address.
//
// Limits. One process: the hub knows the connections of this one. A connection
// that does not read is cut, never waited for ([Limits.Queue]); it resumes
// from its cursor. Frames hold at most 128 KiB.
//
// One file a concept: frame (encodings), hello (who is there), connection
// (one end), dispatch (what a frame does), hub (who hears of it), chains (the
// public state of conversations), joins, manifests, keypackages, tickets (with
// crowd), files (with answer, upload, download), allowance, addresses, http.
package relay
