// Package transports runs the client over another chat platform: in Chromium,
// two pages of it, a customer's and an agent's, each in a browser context of its
// own, with its keys in IndexedDB, the core in a worker, and under the Content
// Security Policy that the README tells.
//
// It promises that nothing is faked between a click and the call of the
// Conversations SDK. What is faked is the SDK's objects and the cloud behind
// them, those of package flex: whose record of what left each browser is
// searched for what was written.
//
// Beside it, in JavaScript, the transports run against the platforms' own types
// and Stream's own library: `make transports`.
package transports
