// @ts-check
/**
 * What carries one identity's entries and files: the relay, or another
 * transport. It carries opaque bytes and sees neither a key nor a text; all
 * that it says is a claim, which the end service judges. The session, engine,
 * reader, sender, key packages and files of a client use nothing of it but what
 * is named here; relaycarrier.js makes the relay's.
 *
 * Its promise: entries of one conversation come in the order of their
 * sequences, from 1 and without a gap, and an `append` that resolved will be
 * among them. A request that failed as "unavailable" may have been done.
 *
 * One is made each time this device's identity is opened here, and closed when
 * it is left; it calls nobody back before `start`. Before each attempt to be online it awaits `prepare`, then gives
 * the organisation's manifest to `onWelcome`, and is "online" only when that has
 * resolved; if one of them throws, the attempt has failed and another follows
 * after a pause. Of an older connection nothing is remembered: after each
 * "online" conversations are subscribed again.
 *
 * A transport that refuses nothing keeps entries that came too late in its log:
 * every reader ignores them alike, and whoever sent one sees it land and seals
 * it again.
 *
 * @typedef {"connecting" | "online" | "offline" | "closed"} CarrierState
 *
 * @typedef {object} CarrierHost  what a carrier is given by the client
 * @property {string} member    own member id, 32 hex digits
 * @property {import("./types.js").RoleName} role
 * @property {string} queue     customers: whom they ask for
 * @property {() => Promise<void>} prepare  what takes time before a proof can be shown: the page's token, a credential
 * @property {(nonce: Uint8Array, host: string) => Promise<Uint8Array>} hello  for a relay: proves the identity (SPEC 10.2)
 * @property {() => Promise<Uint8Array>} manifest  for what has no welcome of its own: the newest, from the `manifest`
 *   option or the company's authority; rejects as "unavailable" where neither is set
 * @property {(entry: Uint8Array) => Promise<{ id: Uint8Array, manifest: Uint8Array } | null>} inspect  for what carries
 *   bytes that nobody checked: an entry's id and, of a commit, the hash of the manifest that it names; null: it does not
 *   decode, and so is none
 * @property {() => Promise<Uint8Array[]>} manifests  those that this end knew last: what it made, and did not append yet,
 *   names one of them
 * @property {(manifest: Uint8Array) => Promise<Uint8Array>} manifestHash  of any bytes, by SPEC 2.5
 * @property {(keyPackage: Uint8Array, member: string) => Promise<import("./foreignverify.js").Verified | null>} verify  for what
 *   carries key packages that nobody checked: whose this one is, and that he can be added by it now, for a conversation
 *   of the customer's queue or of one of this end's; null: he cannot. Rejects as "unavailable" where that cannot be told now
 * @property {(manifest: Uint8Array) => Promise<void>} onWelcome  throwing ends the attempt
 * @property {(conversation: Uint8Array, sequence: number, entry: Uint8Array) => void} onEntry  of one that is subscribed
 * @property {() => Promise<Uint8Array>} remembered  what was remembered last; empty: nothing
 * @property {(bytes: Uint8Array) => Promise<void>} remember  some bytes of the carrier's own, over restarts
 * @property {() => number} unread  bytes of what was given to `onEntry` and not read yet; of more than 16 MiB the rest is not
 *   taken, and the connection reset
 * @property {(list: Listed[]) => void} onList  pushed, not asked for: conversations that this end may have been added to
 * @property {() => void} onWanted  the company's side: a key package of this end is wanted where none lies
 * @property {(agents: boolean) => void} onWaiting  customers: whether a key package for a first contact is to be had
 * @property {(conversations: Uint8Array[]) => void} onReachable  who could be added in these may be others
 * @property {(state: CarrierState) => void} onState
 * @property {(error: Error) => void} onFailure  why an attempt or a connection ended, when there is a reason to tell
 *
 * @typedef {{ conversation: Uint8Array, sequence: number }} Listed  the sequence is of its last entry
 *
 * @typedef {object} Connection
 * @property {CarrierState} state
 * @property {boolean} [inboxes]  false: no queue has one, so nothing can be given back to it
 * @property {() => void} start   begins to connect; goes on until `close`
 * @property {() => void} close   ends it for good: open requests fail as "unavailable"
 * @property {(slowly?: boolean) => void} reset  ends this connection, and tries again after a pause; slowly: a long one
 * @property {(conversation: Uint8Array, entry: Uint8Array) => Promise<number>} append  resolves with its sequence once
 *   it is stored. The first of a conversation is its genesis. "stale epoch", "stale head", "not a member", "sent before
 *   you joined": it came too late, read on and seal again; "rate limited": later; all else is trouble
 * @property {(conversation: Uint8Array, after: number) => Promise<number>} subscribe  entries after `after` follow by
 *   `onEntry`, then live ones; resolves with the sequence of the last that is there. "rolled back" where it has fewer
 *   than `after`, "not a member" where this end may not read it
 * @property {(conversation: Uint8Array) => Promise<void>} unsubscribe  nothing more of it follows once this has resolved
 * @property {(keyPackage: Uint8Array) => Promise<number>} publish  keeps it for others to take; resolves with how many
 *   that are good for one use lie there for this end
 * @property {(queue: string, member?: Uint8Array, conversation?: Uint8Array, rather?: Uint8Array[]) => Promise<Uint8Array>} take
 *   a key package of this member (of the company's side, whatever the queue), else of the queue's inbox or of an agent of
 *   it; "unavailable" where none lies. Conversation: that it is for, where it has begun. Rather of others than of these
 * @property {(hash: Uint8Array) => Promise<Uint8Array>} manifest  the one with this hash
 * @property {() => Promise<Listed[]>} conversations  those that this end is in, or may be
 * @property {(conversation: Uint8Array) => boolean} [admits]  one that is listed may be looked at now; else later. Without it always
 * @property {(conversation: Uint8Array) => void} [keep]  this end is in it: over what else carries conversations it is not to be elsewhere later
 * @property {(conversation: Uint8Array) => readonly import("./foreignverify.js").Verified[]} [reachable]  whose key packages lie
 *   where this conversation is carried, verified; without it that is not told
 *
 * Opaque bytes of files, in parts of `PART` bytes (padding.js), the last one shorter. One call is one attempt: a
 * failure is a FileRefusal (filerefusal.js) that says whether it is of use to try again.
 * @typedef {object} Files
 * @property {import("./slots.js").Slots} uploads  a place in the line of those that go up
 * @property {(conversation: string, length: number) => Promise<string>} create  a place for so many bytes; its name,
 *   16 bytes in base64url
 * @property {(conversation: string, id: string, part: number, body: Blob, signal: AbortSignal) => Promise<void>} put
 *   the body can be read until this has resolved, and perhaps no longer: its place is used again
 * @property {(conversation: string, id: string, signal: AbortSignal) => Promise<Set<unknown>>} missing  parts that are
 *   not there, by number
 * @property {(conversation: string, id: string, signal: AbortSignal) => Promise<void>} complete  others can read it from
 *   here on
 * @property {(conversation: string, id: string) => Promise<void>} remove
 * @property {(conversation: string, id: string, offset: number, length: number, signal: AbortSignal) => AsyncGenerator<Uint8Array, void, ArrayBuffer>} read
 *   the bytes from `offset` on to `length`, of the whole, never more; the buffer of a piece is given back for the next.
 *   Where it is cut it throws after the last of what came
 *
 * @typedef {{ connection: Connection, files: Files }} Carrier
 *
 * @typedef {(host: CarrierHost) => Carrier} CarrierMaker
 *
 * @typedef {CarrierMaker | { carrier: CarrierMaker }} Transport  the `transport` option
 */

export {};
