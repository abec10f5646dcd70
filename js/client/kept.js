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
 * @property {number} refreshed  ms: when this end last renewed its own place by a commit; 0 if not known
 */
import { Reader, Writer } from "./bytes.js";
import { decodeStatus } from "./status.js";

const PREFIX = "conversation/";
const CURSOR = "cursor/";

/** @param {string} id */
export function stateKey(id) {
  return PREFIX + id;
}

/**
 * @param {string} id
 * @param {number} sequence
 */
export function historyKey(id, sequence) {
  return `${id}/${String(sequence).padStart(16, "0")}`;
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
 * The write that keeps the core's state as it is now.
 * @param {Context} context
 * @param {number} handle
 * @param {string} id
 * @returns {Write}
 */
export function saved({ core, keystore }, handle, id) {
  return { table: "state", key: PREFIX + id, value: core.callBulk("conversation_save", handle, keystore.handle) };
}

/**
 * @param {Context} context
 * @param {string} id
 * @returns {Promise<Cursor>}
 */
export async function readCursor({ keystore, store }, id) {
  const kept = await store.get("state", CURSOR + id);
  if (kept === undefined) return { sequence: 0, last: new Uint8Array(), refreshed: 0 };
  const r = new Reader(keystore.unseal("state", CURSOR + id, kept));
  return { sequence: r.u64(), last: r.raw(16), refreshed: r.u64() };
}

/**
 * @param {Context} context
 * @param {string} id
 * @param {Cursor} cursor
 */
export function savedCursor({ keystore }, id, { sequence, last, refreshed }) {
  return keystore.seal("state", CURSOR + id, new Writer().u64(sequence).raw(last).u64(refreshed).take());
}
