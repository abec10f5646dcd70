// @ts-check
/**
 * What the end service keeps, besides the core's own states, as plaintext inside
 * keystore seals: outbox records and history, which is messages and notes. One
 * version byte each; anything else does not open.
 *
 * @typedef {object} OutboxRecord
 * @property {string} conversation  hex, or "" before the conversation exists
 * @property {Uint8Array} id        16 random bytes, the message's id for the page
 * @property {number} time          ms
 * @property {number} epoch         the epoch it was last sealed for; 0 with no entry
 * @property {Uint8Array} content
 * @property {Uint8Array} entry     the newest sealed form; empty before
 * @property {Uint8Array[]} ids     entry ids of its sealed forms, newest last
 * @property {boolean} held         not to be sent yet: its file is on the way up
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
 * @typedef {object} NoteItem  something that happened in the log, in the place where it did
 * @property {number} sequence
 * @property {import("./types.js").NoteKind} note
 * @property {number} time          ms
 * @property {import("./types.js").Member | null} from  whom it is about
 */
import { SealwireError } from "../errors.js";
import { Reader, Writer, decodeText, encodeText, fromHex, toHex } from "./bytes.js";

const VERSION = 1;
/** Version byte of an outbox record that is held. */
const HELD = 2;
/** Version byte of a note. */
const NOTE = 2;
/** @type {readonly import("./types.js").NoteKind[]} */
const NOTES = ["missed", "rejoined", "replaced"];
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
export function encodeNote({ sequence, note, time, from }) {
  return member(new Writer().u8(NOTE).u64(sequence).u8(NOTES.indexOf(note)).u64(time), from).take();
}

/**
 * @param {Uint8Array} bytes
 * @returns {HistoryItem}
 */
export function decodeHistory(bytes) {
  return decode(bytes, [VERSION], historyItem);
}

/**
 * Either of the two.
 * @param {Uint8Array} bytes
 * @returns {HistoryItem | NoteItem}
 */
export function decodeKept(bytes) {
  return decode(bytes, [VERSION, NOTE], (r, version) => (version === NOTE ? noteItem(r) : historyItem(r)));
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
  const sequence = r.u64();
  const note = NOTES[r.u8()];
  if (note === undefined) throw new RangeError("unknown note");
  return { sequence, note, time: r.u64(), from: readMember(r) };
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
    if (!versions.includes(version)) throw new RangeError("unknown version");
    const value = read(r, version);
    r.end();
    return value;
  } catch {
    throw new SealwireError("open failed", "device storage: a record is damaged");
  }
}
