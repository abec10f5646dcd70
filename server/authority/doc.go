// Package authority is the company's own side: it makes the keys that
// everything else is checked against, signs the manifest, and issues
// credentials to the people who answer customers.
//
// An organisation is a directory ([Init], [Load]). The root key signs
// manifests and nothing else; its public half is the orgKey that pages pin.
// The issuer key signs credentials, day by day. They are two files, so that
// the root key can be moved to where no server runs: issuing does not need it.
//
// Promises. What this package signs decodes and verifies under package wire
// before it is returned. Files are created, never overwritten, readable by
// their owner only, and on disk (fsynced) before a call returns; a manifest is
// replaced in one step. The sequence of manifests only rises.
//
// The caller's duties. Decide who may have a credential: [Org.Issue] asks
// nobody. Keep root.key offline and backed up; whoever has it is the company.
// Times come from the caller's clock.
//
// Limits. Keys lie in the files unencrypted. Agents, supervisors and bots get
// at most 24 hours; a departed one ends by itself.
package authority
