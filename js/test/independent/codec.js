// Section 2.2 of wasm/SPEC.md: encodings. Part of the independent reader, which
// is written from that text and shares no code with the core or with js/.
// Development only: not fast, not constant time, never shipped.

/** What an entry, a statement or a frame is refused with: a text of section 12. */
export class Refused extends Error {
  /**
   * @param {string} code
   * @param {string} [why] for the person who debugs
   */
  constructor(code, why) {
    super(why === undefined ? code : `${code}: ${why}`);
    this.code = code;
  }
}

/** The codes of section 12, in the order of their numbers, from 1. */
export const CODES = [
  "bad argument", "bad handle", "too long", "bad key", "open failed", "not a member", "sent before you joined",
  "epoch gone", "stale epoch", "stale head", "replayed", "forked log", "bad commit", "bad credential", "expired",
  "rolled back", "rate limited", "too large", "unsupported version", "truncated file", "no randomness",
  "unavailable", "internal",
];

/** @param {string} hex */
export const fromHex = (hex) => {
  if (!/^([0-9a-f]{2})*$/.test(hex)) throw new TypeError("not lower-case hex");
  return new Uint8Array(Buffer.from(hex, "hex"));
};
/** @param {Uint8Array} bytes */
export const toHex = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
/** @param {Uint8Array} a @param {Uint8Array} b */
export const same = (a, b) => Buffer.compare(a, b) === 0;
/** Order by bytes; a beginning comes before the longer one. @param {Uint8Array} a @param {Uint8Array} b */
export const order = (a, b) => Buffer.compare(a, b);

/** @param {...Uint8Array} parts */
export function join(...parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @param {number | bigint} value @param {number} size */
function number(value, size) {
  let rest = BigInt(value);
  if (rest < 0n || rest >= 1n << BigInt(8 * size)) throw new RangeError(`${value} is no u${8 * size}`);
  const bytes = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}
/** @param {number} v */ export const u8 = (v) => number(v, 1);
/** @param {number} v */ export const u16 = (v) => number(v, 2);
/** @param {number} v */ export const u32 = (v) => number(v, 4);
/** @param {number | bigint} v */ export const u64 = (v) => number(v, 8);
/** @param {boolean} v */ export const bool = (v) => u8(v ? 1 : 0);
/** @param {Uint8Array} b */ export const bytes8 = (b) => join(u8(b.length), b);
/** @param {Uint8Array} b */ export const bytes16 = (b) => join(u16(b.length), b);
/** @param {Uint8Array} b */ export const bytes32 = (b) => join(u32(b.length), b);
/** @template T @param {T[]} items @param {(item: T) => Uint8Array} encode */
export const list8 = (items, encode) => join(u8(items.length), ...items.map(encode));
/** @param {string} text */
export const utf8 = (text) => new TextEncoder().encode(text);

/** Reads one value; every method throws Refused for what does not decode. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** @param {number} n */
  fixed(n) {
    if (this.bytes.length - this.at < n) throw new Refused("bad argument", "ends too early");
    this.at += n;
    return this.bytes.slice(this.at - n, this.at);
  }

  /** @param {number} size */
  #number(size) {
    return this.fixed(size).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  u8() { return Number(this.#number(1)); }
  u16() { return Number(this.#number(2)); }
  u32() { return Number(this.#number(4)); }
  u64() { return this.#number(8); }

  bool() {
    const value = this.u8();
    if (value > 1) throw new Refused("bad argument", "a bool over 1");
    return value === 1;
  }

  /** @param {number} length @param {number} max */
  #bytes(length, max) {
    if (length > max) throw new Refused("bad argument", `${length} bytes, at most ${max}`);
    return this.fixed(length);
  }

  /** @param {number} [max] */ bytes8(max = 255) { return this.#bytes(this.u8(), max); }
  /** @param {number} [max] */ bytes16(max = 65535) { return this.#bytes(this.u16(), max); }
  /** @param {number} [max] */ bytes32(max = 2 ** 32 - 1) { return this.#bytes(this.u32(), max); }

  /** bytes8 that is empty or of one length. @param {number} n */
  maybe(n) {
    const bytes = this.bytes8();
    if (bytes.length !== 0 && bytes.length !== n) throw new Refused("bad argument", `neither empty nor ${n} bytes`);
    return bytes;
  }

  /** @template T @param {number} max @param {() => T} decode */
  list8(max, decode) {
    const count = this.u8();
    if (count > max) throw new Refused("bad argument", `${count} items, at most ${max}`);
    /** @type {T[]} */
    const items = [];
    for (let i = 0; i < count; i++) items.push(decode());
    return items;
  }

  /** The first byte. */
  version() {
    if (this.u8() !== 1) throw new Refused("unsupported version");
  }

  rest() { return this.fixed(this.bytes.length - this.at); }

  end() {
    if (this.at !== this.bytes.length) throw new Refused("bad argument", "trailing bytes");
  }
}

const BAD_IN_NAMES = new RegExp("[\\u{0}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{34f}\\u{61c}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}\\u{180b}-\\u{180f}\\u{200b}\\u{200e}\\u{200f}" +
  "\\u{2028}-\\u{202e}\\u{2060}-\\u{206f}\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0e}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffb}\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]", "u");

/** A name of section 2.2, at most 64 bytes. @param {Uint8Array} bytes */
export function checkName(bytes) {
  if (bytes.length > 64) throw new Refused("bad argument", "a name over 64 bytes");
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("bad argument", "a name that is not UTF-8");
  }
  if (BAD_IN_NAMES.test(text)) throw new Refused("bad argument", "a name with an invisible character");
  return text;
}

/** Queues: not empty, strictly ascending. @param {Uint8Array[]} queues @param {string} code */
export function checkQueues(queues, code) {
  queues.forEach((queue, i) => {
    if (queue.length === 0) throw new Refused(code, "an empty queue");
    if (i > 0 && order(queues[i - 1], queue) >= 0) throw new Refused(code, "queues not ascending");
  });
}
