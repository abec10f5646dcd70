// Package inbox is the member that is there before an agent is: for each queue
// one identity, which customers add when they begin, which waits with them, and
// which lets in the agent who claims the conversation and goes.
//
// A [Set] holds the inboxes of a company. Each is an end of package
// conversation that talks to the relay as any member does, over frames, and
// trusts it no more: what it knows of a conversation comes from the log.
//
// Promises. Among any number of claims of a conversation one wins, by a commit
// that the state on disk knew of before it was sent; a crash or a restart, of
// this process or of the relay, at any point changes neither the winner nor the
// answers. Content that the core must open to follow the log is erased at once:
// it is not kept, shown or logged. Keys are made at the first start and leave
// the process only sealed.
//
// The caller's duties. Decide who may claim: [Set.Claim] checks the key package
// against the claimant it is told, and nothing else. Give it a store of its own,
// and the newest manifest as soon as there is one.
//
// Limits. Conversations that wait cost less than 2 KB of memory each; the core's
// states are loaded when something happens, some hundreds at a time. A relay
// lets one connection follow about a thousand conversations and names some five
// thousand: beyond the first number it is asked every half minute what is new,
// beyond the second the oldest are not seen until others end. Each comes to be
// read in its turn, claims first. Of one customer eight wait at once. What is
// closed, silent for as long as the policy keeps messages, or forked for a day is
// forgotten. A fault in the handling of one conversation stops that one until the
// next start.
package inbox
