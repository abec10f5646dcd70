// @ts-check
/**
 * What the end service keeps, besides the core's own states, as plaintext inside
 * keystore seals: outbox records and history, which is messages, commits and
 * notes. One version byte each; anything else does not open.
 *
 * @typedef {object} OutboxRecord
 * @property {string} conversation  hex, or "" before the conversation exists
 * @property {Uint8Array} id        16 random bytes, the message's id for the page
 * @property {number} time          ms
 * @property {number} epoch         the epoch it was last sealed for; 0 with no entry
 * @property {Uint8Array} content
 * @property {Uint8Array} entry     the newest sealed form; empty before
 * @property {Uint8Array[]} ids     entry ids of its sealed forms, newest last
 * @property {boolean} held         not to be sent: its file is on the way up, or this end left
 *
 * @typedef {object} HistoryItem
 * @property {number} sequence
 * @property {Uint8Array} id        own: the outbox record's id; others': the entry id
 * @property {boolean} own
 * @property {number} time          ms
 * @property {number} gap
 * @property {import("./types.js").Member | null} from
 * @property {Uint8Array} content
 *
 * @typedef {HistoryItem & { entry: string }} MessageItem  with the id of its entry, in hex: what it is kept under
 *
 * @typedef {object} CommitItem  who came and went: what the ledger and the notes are made of
 * @property {number} sequence
 * @property {number} epoch         that it begins
 * @property {number} time          ms, as it says
 * @property {number} marks
 * @property {string} role          its maker's, from here on
 * @property {boolean} false        what this end was granted of this epoch is not genuine
 * @property {boolean} unopened     this end could not open it
 * @property {import("./types.js").Member | null} by  its maker, as before it
 * @property {import("./types.js").Member[]} added
 * @property {import("./types.js").Member[]} removed  but for those who had left
 * @property {import("./status.js").Grant[]} grants
 *
 * @typedef {object} NoteItem  something that happened in the log, in the place where it did
 * @property {number} sequence
 * @property {"missed"} note
 * @property {number} time          ms
 * @property {import("./types.js").Member | null} from  whom it is about
 */
import { SealwireError } from "../errors.js";
import { Reader, Writer, decodeText, encodeText, fromHex, toHex } from "./bytes.js";

const VERSION = 1;
/** Version byte of an outbox record that is held. */
const HELD = 2;
/** Version byte of a note: that messages are missed from here on. */
const NOTE = 2;
/** Version byte of a commit. */
const COMMIT = 3;
const FALSE = 1;
const UNOPENED = 2;
/** Sealed forms that are remembered for one message; a lying relay can cause more, old ones go. */
const MAX_FORMS = 64;

/** @param {OutboxRecord} record */
export function encodeOutbox(record) {
  const ids = record.ids.slice(-MAX_FORMS);
  const w = new Writer().u8(record.held ? HELD : VERSION).bytes8(encodeText(record.conversation)).raw(record.id).u64(record.time).u64(record.epoch);
  w.bytes32(record.content).bytes32(record.entry).u8(ids.length);
  for (const id of ids) w.raw(id);
  return w.take();
}

/**
 * @param {Uint8Array} bytes
 * @returns {OutboxRecord}
 */
export function decodeOutbox(bytes) {
  return decode(bytes, [VERSION, HELD], (r, version) => {
    const record = {
      conversation: decodeText(r.bytes8()),
      id: r.raw(16),
      time: r.u64(),
      epoch: r.u64(),
      content: r.bytes32(),
      entry: r.bytes32(),
      ids: /** @type {Uint8Array[]} */ ([]),
      held: version === HELD,
    };
    for (let n = r.u8(); n > 0; n--) record.ids.push(r.raw(16));
    return record;
  });
}

/** @param {HistoryItem} item */
export function encodeHistory(item) {
  const w = new Writer().u8(VERSION).u64(item.sequence).raw(item.id).u8(item.own ? 1 : 0).u64(item.time).u64(item.gap);
  return member(w, item.from).bytes32(item.content).take();
}

/** @param {NoteItem} item */
export function encodeNote({ sequence, time, from }) {
  return member(new Writer().u8(NOTE).u64(sequence).u64(time), from).take();
}

/** @param {CommitItem} item */
export function encodeCommit(item) {
  const w = new Writer().u8(COMMIT).u64(item.sequence).u64(item.epoch).u64(item.time).u8(item.marks).bytes8(encodeText(item.role));
  member(w.u8((item.false ? FALSE : 0) | (item.unopened ? UNOPENED : 0)), item.by);
  for (const list of [item.added, item.removed]) {
    w.u8(list.length);
    for (const one of list) member(w, one);
  }
  w.u8(item.grants.length);
  for (const { grantee, from, to, reason } of item.grants) w.raw(fromHex(grantee)).u64(from).u64(to).u8(reason);
  return w.take();
}

/**
 * @param {Uint8Array} bytes
 * @returns {HistoryItem}
 */
export function decodeHistory(bytes) {
  return decode(bytes, [VERSION], historyItem);
}

/**
 * Any of the three.
 * @param {Uint8Array} bytes
 * @returns {HistoryItem | CommitItem | NoteItem}
 */
export function decodeKept(bytes) {
  return decode(bytes, [VERSION, NOTE, COMMIT], (r, version) => (version === NOTE ? noteItem(r) : version === COMMIT ? commitItem(r) : historyItem(r)));
}

/**
 * @param {Reader} r
 * @returns {HistoryItem}
 */
function historyItem(r) {
  const head = { sequence: r.u64(), id: r.raw(16), own: r.u8() === 1, time: r.u64(), gap: r.u64() };
  return { ...head, from: readMember(r), content: r.bytes32() };
}

/**
 * @param {Reader} r
 * @returns {NoteItem}
 */
function noteItem(r) {
  return { sequence: r.u64(), note: "missed", time: r.u64(), from: readMember(r) };
}

/**
 * @param {Reader} r
 * @returns {CommitItem}
 */
function commitItem(r) {
  const head = { sequence: r.u64(), epoch: r.u64(), time: r.u64(), marks: r.u8(), role: decodeText(r.bytes8()) };
  const flags = r.u8();
  const by = readMember(r);
  const [added, removed] = [people(r), people(r)];
  /** @type {import("./status.js").Grant[]} */
  const grants = [];
  for (let n = r.u8(); n > 0; n--) grants.push({ grantee: toHex(r.raw(16)), from: r.u64(), to: r.u64(), reason: r.u8() });
  return { ...head, false: (flags & FALSE) !== 0, unopened: (flags & UNOPENED) !== 0, by, added, removed, grants };
}

/** @param {Reader} r */
function people(r) {
  const list = [];
  for (let n = r.u8(); n > 0; n--) {
    const one = readMember(r);
    if (!one) throw new RangeError("nobody");
    list.push(one);
  }
  return list;
}

/**
 * @param {Writer} w
 * @param {import("./types.js").Member | null} from
 */
function member(w, from) {
  if (!from) return w.u8(0);
  w.u8(1).raw(fromHex(from.id)).bytes8(encodeText(from.role)).u8(from.verified ? 1 : 0);
  return w.u8(from.self ? 1 : 0).bytes8(encodeText(from.alias));
}

/** @param {Reader} r */
function readMember(r) {
  if (r.u8() === 0) return null;
  return { id: toHex(r.raw(16)), role: decodeText(r.bytes8()), verified: r.u8() === 1, self: r.u8() === 1, alias: decodeText(r.bytes8()) };
}

/**
 * @template T
 * @param {Uint8Array} bytes
 * @param {number[]} versions
 * @param {(r: Reader, version: number) => T} read
 * @returns {T}
 */
function decode(bytes, versions, read) {
  try {
    const r = new Reader(bytes);
    const version = r.u8();
    // It is this device's own: what it does not know is of another version, and not damaged.
    if (!versions.includes(version)) throw new SealwireError("unsupported version", "device storage: a record of another version");
    const value = read(r, version);
    r.end();
    return value;
  } catch (error) {
    if (error instanceof SealwireError && error.code === "unsupported version") throw error;
    throw new SealwireError("open failed", "device storage: a record is damaged");
  }
}
