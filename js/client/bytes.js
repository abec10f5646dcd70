// @ts-check
/**
 * Byte helpers shared by the client: text forms, comparison, and a big-endian
 * reader and writer in the manner of wasm/wire (trailing bytes are refused by
 * the caller asking end()).
 */

const utf8 = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {string} text */
export function encodeText(text) {
  return utf8.encode(text);
}

/**
 * Well-formed UTF-8 only: anything else throws a TypeError, nothing is replaced.
 * @param {Uint8Array} bytes
 */
export function decodeText(bytes) {
  return strict.decode(bytes);
}

/** @param {Uint8Array} bytes */
export function toHex(bytes) {
  let text = "";
  for (const b of bytes) text += b.toString(16).padStart(2, "0");
  return text;
}

/** @param {string} text */
export function fromHex(text) {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) throw new TypeError("expected lower-case hex digits");
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** @param {Uint8Array} bytes */
export function toBase64url(bytes) {
  let text = "";
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * One canonical form: without padding, unused bits zero.
 * @param {string} text
 */
export function fromBase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new TypeError("expected base64url without padding");
  /** @type {string} */
  let raw;
  try {
    raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new TypeError("expected base64url without padding");
  }
  const bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
  if (toBase64url(bytes) !== text) throw new TypeError("expected canonical base64url");
  return bytes;
}

/**
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
export function equalBytes(a, b) {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

/** Appends big-endian fields. */
export class Writer {
  /** @type {Uint8Array[]} */
  #parts = [];

  /** @param {number} v */
  u8(v) {
    return this.#uint(v, 1);
  }
  /** @param {number} v */
  u16(v) {
    return this.#uint(v, 2);
  }
  /** @param {number} v */
  u32(v) {
    return this.#uint(v, 4);
  }
  /** @param {number | bigint} v whole, not negative */
  u64(v) {
    const big = BigInt(v);
    if (big < 0n || big >= 1n << 64n) throw new RangeError(`expected a 64-bit unsigned integer, got ${big}`);
    const part = new Uint8Array(8);
    new DataView(part.buffer).setBigUint64(0, big);
    this.#parts.push(part);
    return this;
  }
  /** @param {Uint8Array} bytes as they are, no length */
  raw(bytes) {
    this.#parts.push(bytes);
    return this;
  }
  /** @param {Uint8Array} bytes */
  bytes8(bytes) {
    return this.u8(bytes.length).raw(bytes);
  }
  /** @param {Uint8Array} bytes */
  bytes16(bytes) {
    return this.u16(bytes.length).raw(bytes);
  }
  /** @param {Uint8Array} bytes */
  bytes32(bytes) {
    return this.u32(bytes.length).raw(bytes);
  }

  /** All of it, in one new array. */
  take() {
    let length = 0;
    for (const part of this.#parts) length += part.length;
    const out = new Uint8Array(length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  /**
   * @param {number} v
   * @param {1 | 2 | 4} width
   */
  #uint(v, width) {
    if (!Number.isInteger(v) || v < 0 || v >= 2 ** (8 * width)) throw new RangeError(`expected an unsigned integer of ${width} bytes, got ${v}`);
    const part = new Uint8Array(width);
    for (let i = width - 1, rest = v; i >= 0; i--, rest = Math.floor(rest / 256)) part[i] = rest % 256;
    this.#parts.push(part);
    return this;
  }
}

/** Reads big-endian fields; too few bytes throw a RangeError. Slices are copies. */
export class Reader {
  #bytes;
  #view;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u8() {
    return this.#view.getUint8(this.#skip(1));
  }
  u16() {
    return this.#view.getUint16(this.#skip(2));
  }
  u32() {
    return this.#view.getUint32(this.#skip(4));
  }
  /** A value that JavaScript's numbers cannot hold exactly is refused, never rounded. */
  u64() {
    const big = this.#view.getBigUint64(this.#skip(8));
    if (big > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError("number beyond 2^53");
    return Number(big);
  }
  /** @param {number} n */
  raw(n) {
    const at = this.#skip(n);
    return this.#bytes.slice(at, at + n);
  }
  bytes8() {
    return this.raw(this.u8());
  }
  bytes16() {
    return this.raw(this.u16());
  }
  bytes32() {
    return this.raw(this.u32());
  }
  /** Everything not read yet. */
  rest() {
    return this.raw(this.#bytes.length - this.#at);
  }
  /** Refuses trailing bytes. */
  end() {
    if (this.#at !== this.#bytes.length) throw new RangeError("trailing bytes");
  }

  /** @param {number} n */
  #skip(n) {
    const at = this.#at;
    if (n > this.#bytes.length - at) throw new RangeError("too few bytes");
    this.#at = at + n;
    return at;
  }
}
