// @ts-check
/**
 * How a conversation lies in the store: the core's state of it, sealed by the
 * core, and beside it a cursor, which says how far its log was read and what
 * the core does not keep. Both are written together, in one transaction with
 * whatever follows from the entry that was read.
 *
 * @typedef {import("./end.js").Context} Context
 * @typedef {import("./store.js").Write} Write
 *
 * @typedef {object} Cursor
 * @property {number} sequence   of the last entry read
 * @property {Uint8Array} last   its id; empty if none
 * @property {string} commit     id of the newest commit read that counted, which stands for all before it; or ""
 * @property {boolean} unsure    the log is being read again, or may not be what the others have
 * @property {number} refreshed  ms: when this end last renewed its own place by a commit; 0 if not known
 * @property {boolean} missed    messages could not be read since the keys were lost, and a note says so
 * @property {boolean} defend    a message in this end's name was none of its own: the others may doubt it
 * @property {string} asked      id of the own join request that was read in the log since the keys were lost, or ""
 * @property {number} epochTime  ms: when the epoch of now began, as its commit says; 0 if not known
 */
import { SealwireError } from "../errors.js";
import { Reader, Writer, equalBytes, fromHex, toHex } from "./bytes.js";
import { decodeJoins, decodeStatus } from "./status.js";

const PREFIX = "conversation/";
const CURSOR = "cursor/";
const CONTINUED = "continued";
const MANIFESTS = "manifests";
const REMEMBERED = "carrier";
/** Manifests that are kept, the newest; and with those that are still named. */
const MAX_MANIFESTS = 4;
const MOST_MANIFESTS = 64;
const MISSED = 1;
const DEFEND = 2;
const UNSURE = 4;
/** The first byte of a cursor. */
const CURSOR_VERSION = 1;

/** @param {string} id */
export function stateKey(id) {
  return PREFIX + id;
}

/** @param {string} id */
export function cursorKey(id) {
  return CURSOR + id;
}

/**
 * What is kept of one entry. By its id, not by its place: whoever is shown another log at a second reading keeps each once.
 * @param {string} id
 * @param {string} entry  its id, in hex
 */
export function historyKey(id, entry) {
  return `${id}/${entry}`;
}

/**
 * The entry of such a key.
 * @param {string} key
 */
export function entryOf(key) {
  return key.slice(key.indexOf("/") + 1);
}

/**
 * The ids of the conversations that are kept.
 * @param {Context} context
 */
export async function keptIds({ store }) {
  return (await store.list("state", PREFIX)).map(([key]) => key.slice(PREFIX.length));
}

/**
 * @param {Context} context
 * @param {number} handle
 */
export function statusOf({ core }, handle) {
  return decodeStatus(core.callBytes("conversation_status", handle));
}

/**
 * The join requests that stand, in the log's order.
 * @param {Context} context
 * @param {number} handle
 */
export function joinsOf({ core }, handle) {
  return decodeJoins(core.callBytes("conversation_joins", handle));
}

/**
 * The write that keeps the core's state as it is now.
 * @param {Context} context
 * @param {number} handle
 * @param {string} id
 * @returns {Write}
 */
export function saved({ core, keystore }, handle, id) {
  return { table: "state", key: PREFIX + id, value: core.callBulk("conversation_save", handle, keystore.handle) };
}

/** @type {Cursor} */
export const START = Object.freeze({ sequence: 0, last: new Uint8Array(), commit: "", unsure: false, refreshed: 0, missed: false, defend: false, asked: "", epochTime: 0 });

/**
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<Cursor>}
 */
export async function readCursor(context, id) {
  const kept = await context.store.get("state", CURSOR + id);
  return kept === undefined ? START : openCursor(context, id, kept);
}

/**
 * @param {Context} context
 * @param {string} id
 * @param {import("./store.js").Value} kept
 * @returns {Cursor}
 */
export function openCursor({ keystore }, id, kept) {
  const r = new Reader(keystore.unseal("state", CURSOR + id, kept));
  // It is this device's own: what it does not know is of another version, and not damaged.
  if (r.u8() !== CURSOR_VERSION) throw new SealwireError("unsupported version", "device storage: a cursor of another version");
  try {
    const cursor = { sequence: r.u64(), last: r.bytes8(), commit: toHex(r.bytes8()), refreshed: r.u64(), epochTime: r.u64() };
    const flags = r.u8();
    return { ...cursor, missed: (flags & MISSED) !== 0, defend: (flags & DEFEND) !== 0, unsure: (flags & UNSURE) !== 0, asked: toHex(r.rest()) };
  } catch {
    throw new SealwireError("open failed", "device storage: a cursor of another form");
  }
}

/**
 * @param {Context} context
 * @param {string} id
 * @param {Cursor} cursor
 */
export function savedCursor({ keystore }, id, { sequence, last, commit, refreshed, missed, defend, unsure, asked, epochTime }) {
  const flags = (missed ? MISSED : 0) | (defend ? DEFEND : 0) | (unsure ? UNSURE : 0);
  const w = new Writer().u8(CURSOR_VERSION).u64(sequence).bytes8(last).bytes8(fromHex(commit)).u64(refreshed).u64(epochTime);
  return keystore.seal("state", CURSOR + id, w.u8(flags).raw(fromHex(asked)).take());
}

/**
 * The conversation that the next one continues, or "". It stays after that one began, as the relay may still refuse it.
 * @param {Context} context
 */
export async function readContinued({ keystore, store }) {
  const kept = await store.get("state", CONTINUED);
  return kept === undefined ? "" : toHex(keystore.unseal("state", CONTINUED, kept));
}

/**
 * @param {Context} context
 * @param {string} id
 */
export function savedContinued({ keystore }, id) {
  return keystore.seal("state", CONTINUED, fromHex(id));
}

/**
 * The manifests that were last the newest to this end, the last first: what it made names one of them.
 * @param {Context} context
 * @returns {Promise<Uint8Array[]>}
 */
export async function readManifests({ keystore, store }) {
  const kept = await store.get("state", MANIFESTS);
  if (kept === undefined) return [];
  const r = new Reader(keystore.unseal("state", MANIFESTS, kept));
  const all = Array.from({ length: r.u8() }, () => r.bytes16());
  r.end();
  return all;
}

/**
 * One more, and one may go.
 * @param {readonly Uint8Array[]} manifests
 */
export function isFull(manifests) {
  return manifests.length >= MAX_MANIFESTS;
}

/**
 * @param {Context} context
 * @param {readonly Uint8Array[]} before
 * @param {Uint8Array} manifest
 * @param {ReadonlySet<string> | null} named  hashes of those that stay, however many came after them; null: all do
 */
export function savedManifests({ core, keystore }, before, manifest, named) {
  const all = [manifest, ...before.filter((known) => !equalBytes(known, manifest))]
    .filter((known, at) => at < MAX_MANIFESTS || !named || named.has(toHex(core.callBytes("manifest_hash", known))))
    .slice(0, MOST_MANIFESTS);
  const w = new Writer().u8(all.length);
  for (const one of all) w.bytes16(one);
  return keystore.seal("state", MANIFESTS, w.take());
}

/**
 * What the carrier keeps for itself; empty: nothing.
 * @param {Context} context
 */
export async function readRemembered({ keystore, store }) {
  const kept = await store.get("state", REMEMBERED);
  return kept === undefined ? new Uint8Array() : keystore.unseal("state", REMEMBERED, kept);
}

/**
 * @param {Context} context
 * @param {Uint8Array} bytes
 */
export function savedRemembered({ keystore }, bytes) {
  return keystore.seal("state", REMEMBERED, bytes);
}
