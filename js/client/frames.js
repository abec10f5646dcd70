// @ts-check
/**
 * Frames of the relay connection: u8 type ‖ u32 request ‖ body, big-endian,
 * binary messages of at most 128 KiB. Both directions are here, because the
 * tests' relay speaks them too; the vectors are shared with server/relay.
 * Entries, packages and manifests are opaque bytes to this file.
 */
import { SealwireError } from "../errors.js";
import { Reader, Writer, decodeText } from "./bytes.js";

// Of wasm/wire's table of limits.
export const MAX_FRAME = 128 * 1024;
const MAX_QUEUE = 64;
const MAX_KEY_PACKAGE = 4096;
const MAX_TOKEN = 8192;
const MAX_HOST = 255;
const CODES = 23;

const VERSION = 1;

/** Frame types, by name. */
export const T = Object.freeze({
  hello: 1,
  append: 2,
  subscribe: 3,
  unsubscribe: 4,
  passing: 5,
  publish: 6,
  take: 7,
  manifest: 8,
  conversations: 9,
  ticket: 10,
  challenge: 128,
  welcome: 129,
  ack: 130,
  error: 131,
  entry: 132,
  record: 133,
  list: 134,
  passed: 135,
  waiting: 136,
});

/**
 * @typedef {object} Frame  a decoded frame: its type's fields are present
 * @property {number} type
 * @property {number} request
 * @property {Uint8Array} [body]          hello, opaque here
 * @property {Uint8Array} [conversation]
 * @property {Uint8Array} [bytes]         entry, record, key package or manifest
 * @property {number} [sequence]
 * @property {boolean} [dup]
 * @property {number} [code]
 * @property {Uint8Array} [nonce]
 * @property {Uint8Array} [hash]
 * @property {string} [queue]
 * @property {Uint8Array} [member]        of a take: empty, or a member id
 * @property {boolean} [agents]
 * @property {{ conversation: Uint8Array, sequence: number }[]} [list]
 */

/**
 * @param {number} type
 * @param {number} request
 */
const start = (type, request) => new Writer().u8(type).u32(request);

/** @param {Writer} w */
function finish(w) {
  const bytes = w.take();
  if (bytes.length > MAX_FRAME) throw new RangeError(`frame of ${bytes.length} bytes, at most ${MAX_FRAME} fit`);
  return bytes;
}

/** @param {Uint8Array | undefined} id @param {number} n */
function sized(id, n) {
  if (!(id instanceof Uint8Array)) throw new TypeError(`expected a Uint8Array of ${n} bytes`);
  if (id.length !== n) throw new RangeError(`expected ${n} bytes, got ${id.length}`);
  return id;
}

/** @param {Uint8Array} id */
function memberOf(id) {
  return id.length === 0 ? id : sized(id, 16);
}

/** @param {Uint8Array | undefined} bytes */
function present(bytes) {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("expected a Uint8Array");
  return bytes;
}

/**
 * @param {Frame} frame
 * @returns {Uint8Array}
 */
export function encodeFrame(frame) {
  const w = start(frame.type, frame.request);
  switch (frame.type) {
    case T.hello:
      w.raw(present(frame.body));
      break;
    case T.append:
    case T.passing:
    case T.passed:
      w.raw(sized(frame.conversation, 16)).bytes32(present(frame.bytes));
      break;
    case T.subscribe:
      w.raw(sized(frame.conversation, 16)).u64(frame.sequence ?? 0);
      break;
    case T.unsubscribe:
    case T.ticket:
      w.raw(sized(frame.conversation, 16));
      break;
    case T.publish:
      w.bytes16(present(frame.bytes));
      break;
    case T.take:
      w.bytes8(new TextEncoder().encode(frame.queue ?? "")).bytes8(memberOf(frame.member ?? new Uint8Array()));
      break;
    case T.manifest:
      w.raw(sized(frame.hash, 32));
      break;
    case T.conversations:
      break;
    case T.challenge:
      w.u8(1).raw(sized(frame.nonce, 32));
      break;
    case T.welcome:
    case T.record:
      w.bytes32(present(frame.bytes));
      break;
    case T.ack:
      w.u64(frame.sequence ?? 0).u8(frame.dup ? 1 : 0);
      break;
    case T.error:
      w.u16(frame.code ?? 0);
      break;
    case T.entry:
      w.raw(sized(frame.conversation, 16)).u64(frame.sequence ?? 0).bytes32(present(frame.bytes));
      break;
    case T.list: {
      const list = frame.list ?? [];
      w.u16(list.length);
      for (const item of list) w.raw(sized(item.conversation, 16)).u64(item.sequence);
      break;
    }
    case T.waiting:
      w.u8(frame.agents ? 1 : 0);
      break;
    default:
      throw new RangeError(`unknown frame type ${frame.type}`);
  }
  return finish(w);
}

/** @param {Reader} r */
function flag(r) {
  const v = r.u8();
  if (v > 1) throw new RangeError("a flag is 0 or 1");
  return v === 1;
}

/**
 * @template {Uint8Array | number} T
 * @param {T} value
 * @param {number} max  of its length, or of itself
 */
function atMost(value, max) {
  if ((typeof value === "number" ? value : value.length) > max) throw new RangeError("over its limit");
  return value;
}

/** @param {Reader} r */
function version(r) {
  if (r.u8() !== VERSION) throw new SealwireError("unsupported version", "of the relay connection");
}

/** @param {Uint8Array} body */
function checkHello(body) {
  const r = new Reader(body);
  version(r);
  r.raw(1 + 16 + 32);
  atMost(r.bytes16(), MAX_HOST);
  atMost(r.bytes16(), MAX_TOKEN);
  r.raw(64);
  r.end();
  return body;
}

/**
 * Refuses another version with "unsupported version", and all else that is no frame with
 * "bad argument": unknown types, missing and trailing bytes, non-canonical flags, text
 * that is not UTF-8, and what is over its limit.
 * @param {Uint8Array} bytes
 * @returns {Frame}
 */
export function decodeFrame(bytes) {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof SealwireError) throw error;
    throw new SealwireError("bad argument", error instanceof Error ? error.message : "no frame");
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {Frame}
 */
function decode(bytes) {
  if (bytes.length > MAX_FRAME) throw new RangeError("frame too large");
  const r = new Reader(bytes);
  /** @type {Frame} */
  const frame = { type: r.u8(), request: r.u32() };
  switch (frame.type) {
    case T.hello:
      frame.body = checkHello(r.rest());
      break;
    case T.append:
    case T.passing:
    case T.passed:
      frame.conversation = r.raw(16);
      frame.bytes = r.bytes32();
      break;
    case T.subscribe:
      frame.conversation = r.raw(16);
      frame.sequence = r.u64();
      break;
    case T.unsubscribe:
    case T.ticket:
      frame.conversation = r.raw(16);
      break;
    case T.publish:
      frame.bytes = atMost(r.bytes16(), MAX_KEY_PACKAGE);
      break;
    case T.take:
      frame.queue = decodeText(atMost(r.bytes8(), MAX_QUEUE));
      frame.member = memberOf(r.bytes8());
      break;
    case T.manifest:
      frame.hash = r.raw(32);
      break;
    case T.conversations:
      break;
    case T.challenge:
      version(r);
      frame.nonce = r.raw(32);
      break;
    case T.welcome:
    case T.record:
      frame.bytes = r.bytes32();
      break;
    case T.ack:
      frame.sequence = r.u64();
      frame.dup = flag(r);
      break;
    case T.error:
      frame.code = atMost(r.u16(), CODES);
      if (frame.code === 0) throw new RangeError("0 is no error");
      break;
    case T.entry:
      frame.conversation = r.raw(16);
      frame.sequence = r.u64();
      frame.bytes = r.bytes32();
      break;
    case T.list: {
      const count = r.u16();
      frame.list = [];
      for (let i = 0; i < count; i++) frame.list.push({ conversation: r.raw(16), sequence: r.u64() });
      break;
    }
    case T.waiting:
      frame.agents = flag(r);
      break;
    default:
      throw new RangeError(`unknown frame type ${frame.type}`);
  }
  r.end();
  return frame;
}
