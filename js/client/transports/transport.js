// @ts-check
/**
 * What somebody else's chat platform has to do so that Sealwire can run over it.
 * One Transport is one conversation of that platform, as one of its users is in
 * it. It carries opaque bytes, puts them in one order that all ends see, and
 * promises nothing else: what it loses, changes, repeats or shows differently to
 * two ends is found by the ends, not by it.
 *
 * The order is the platform's own, and never changes once it was given out:
 * whoever reads again from the beginning gets the same. What the platform's
 * users write beside Sealwire is not given out at all.
 *
 * Nothing is refused for being late. Entries that came too late stay, and every
 * end ignores them alike.
 *
 * An entry that is longer than one message takes is split over several, at most
 * five of Twilio's, and never put into a file. Its place is that of its messages,
 * and who has read so far has its bytes. Of a file the platform could say at any
 * time, and to one end otherwise than to another, that it is not there yet: the
 * log would stand still at a place that is taken. Only files that people send are
 * files there.
 *
 * The relay is no Transport. It proves who an end is, refuses what comes late,
 * has inboxes, gives out each key package once and carries all conversations on
 * one connection; no platform does. So the client knows carriers (carrier.js):
 * the relay is one, `over` is another, which does what can be done of this at the
 * ends, over any number of Transports.
 *
 * @typedef {object} Transport
 * @property {string} [id]      the platform's name of this conversation, of at most 255 bytes, the same for all its users and always: what a
 *   device has read in it is not looked for in another later. Without it, where a log was copied into another, it may be
 * @property {string} self      who this end is there, as the platform says; for telling only, nothing rests on it
 * @property {number} maxBody   bytes that one `append` takes, 1,024 or more. Longer entries are split over several
 * @property {number} [maxFile] bytes that one `upload` takes; without it there is no limit
 * @property {"online" | "offline" | "closed"} state
 * @property {(bytes: Uint8Array, note: { id: string }) => Promise<number>} append  resolves with its sequence once the
 *   platform has stored it, or with 0 where that is not settled yet. `id`, of at most 48 letters, digits and dashes, is
 *   the same while it is not known whether these bytes were stored: what the platform has under it already is not to be
 *   stored twice, where that can be seen. Rejects as "unavailable" when it is not known to be stored
 * @property {(after: number) => AsyncIterable<TransportEntry>} entries  those with a sequence above `after`, in order, then
 *   live ones, until `close`; never one again. When all that is there was given out, and after each time that the
 *   connection came back, one with `bytes: null` says so. Throws "forked log" when what was given out is another now,
 *   "unavailable" when it has to be asked for anew
 * @property {(id: string, file: Blob, options: { signal: AbortSignal }) => Promise<void>} upload  stores a file under an opaque
 *   name of 22 letters, digits, dashes and underscores. The same name again is the same file, and may be stored once
 * @property {(id: string, options: { signal: AbortSignal }) => Promise<ReadableStream<Uint8Array>>} download  rejects as
 *   "unavailable" while there is no such file
 * @property {Records} [records]  where the platform has no such place they are kept among the entries
 * @property {(handler: (state: "online" | "offline" | "closed") => void) => () => void} onState  each change; returns how to
 *   stop hearing of it
 * @property {() => void} close  for good; who made the transport closes it, a client does not
 *
 * @typedef {object} TransportEntry
 * @property {number} sequence  rises; need not be dense
 * @property {Uint8Array | null} bytes
 *
 * Small named values that lie ready for all: key packages, manifests. Whoever is in the platform's conversation may
 * put some, so nothing is believed of them; under one name there may be several.
 * @typedef {object} Records
 * @property {(name: string, value: Uint8Array) => Promise<void>} put
 * @property {(name: string) => Uint8Array[]} get  the newest first
 * @property {(prefix: string) => { name: string, value: Uint8Array }[]} list  the newest first
 * @property {(handler: () => void) => () => void} onChange
 */

export {};
