// Package service is the company's authority over HTTP (SPEC section 10.4): it
// gives credentials to the people who answer customers, tells them what waits in
// their queues and who is there, and takes their claims to the inbox.
//
// Promises. A credential is given to an identity key that was proven to be held,
// over a nonce that is good once, for two minutes and for this service's own
// name, on the word of the company's [Login]. Nothing but a ticket, which ends
// after ten minutes or with the credential it was given for, opens the rest;
// tickets are known by their hash alone, in memory alone. No token, nonce,
// ticket or key is logged. A manifest that is older than one that was ever used
// is refused.
//
// The caller's duties. Serve [Service.Handler] under TLS, at the names it was
// told; hand it each newer organisation by [Service.SetOrg]; keep the issuer key
// to it alone. The login decides who works there, and what customers call them.
//
// Limits. One process: tickets and who is online are in its memory, so that a
// restart asks everybody for a hello again. So are the counts of requests;
// nobody gains by that. Those by address and member are full again within ten
// seconds anyhow, and nonces of before it are good no more. After each restart
// the devices of one account may displace each other eight times more, which is
// its person's own loss, and nobody outside restarts it. What would last, how
// many identities an account has in a credential's life, is in the store. A
// credential cannot be taken back one by one: it ends by itself, or with its
// issuer in the next manifest. Of one person eight identities stand at once; one
// that was displaced must log in again to do anything here, and its credential
// stands at the relay until it ends.
package service
