// Package lies is the relay as its ends must suppose it: one that lies. Each lie
// is a file of data, what it does to frames and what must come of it; a [Liar]
// tells it, between ends that are honest and a relay that is. Some are about two who
// talk, the others (waits) about who comes and goes: claims, hand-overs, parking,
// supervision and the end.
//
// A Liar takes one frame at a time, in the order in which it passes, and gives
// the frames that go on instead, up or down, on this connection or another's.
// It opens no socket, starts nothing and reads no clock: the same rules, seed
// and frames give the same frames. What it delays waits for other frames, or for
// [Liar.Enter], never for a time.
//
// By default it lies well. It keeps for each end the log that this end was
// shown, and numbers entries, heads and acknowledgements by that: what it drops
// leaves no hole, what it puts in shifts the rest, and an end that asks again is
// shown the same lie again. An act that is fleeting is a clumsy lie: the end is
// shown something once, in the place of the truth, which it gets when it asks
// again; so it is with a false number, bytes that are no frame, and an end of the
// connection. After the act split the Liar is the relay of that end, and its log is
// its own branch.
//
// The caller's duties. Tell frames of one connection in order, up and down as
// the ends sent and the relay answered, and of an end's newest connection only;
// one Liar for all ends of a world; not for concurrent use. [Liar.Silent] lists
// rules that never matched: such a lie was not told, and whatever came of it
// proves nothing.
//
// Limits. It holds all entries that passed. It knows what a relay knows, and no
// more: what it forges, it forges without an end's secrets, with keys of its own
// or with what the caller gives it by name ([Props]).
package lies
