/**
 * Boxes and secret boxes, call-compatible with TweetNaCl.js and computed by the
 * core, in an instance of its own that holds no conversation.
 *
 * It differs in this only: a public key of low order throws a SealwireError
 * `bad key` in `box` and `box.before` and makes `box.open` return null; a
 * message is at most `maxMessageLength` bytes; `sign`, `hash`, `scalarMult`,
 * `verify` and `setPRNG` are not offered. A wrong kind throws TypeError and a
 * wrong size RangeError, with TweetNaCl's texts.
 *
 * The caller's duties: never two messages under one key and nonce (24 random
 * bytes are safe), and wiping keys after use. JavaScript may hold copies that
 * nobody can wipe; conversations use handles instead, and never this.
 */

import { SealwireError } from "../errors.js";
import { instantiateNow, MAX_BULK } from "./instance.js";
import { isBytes } from "./memory.js";
import { randomBytes as drawRandom } from "./random.js";

const KEY = 32;
const NONCE = 24;
const OVERHEAD = 16;

/** @typedef {{publicKey: Uint8Array, secretKey: Uint8Array}} BoxKeyPair */

/** @typedef {ReturnType<typeof makeNacl>} Nacl */

/**
 * @param {WebAssembly.Module} module
 * @param {import("./instance.js").Core} core an instance of module that nobody else uses
 */
export function makeNacl(module, core) {
  /** The instance, or a fresh one where a bug has ended it: it held nothing. */
  const live = () => {
    if (core.dead !== undefined) core = instantiateNow(module);
    return core;
  };

  /**
   * @param {string} name
   * @param {Uint8Array} key
   * @param {Uint8Array} nonce
   * @param {Uint8Array} input
   */
  const run = (name, key, nonce, input) => {
    const c = live();
    if (KEY + NONCE + input.length + OVERHEAD <= c.traySize) return c.callBytes(name, key, nonce, input);
    try {
      c.putBulk(input);
      return c.callBulk(`${name}_bulk`, key, nonce);
    } catch (error) {
      if (c.dead === undefined) c.call("bulk_clear");
      throw error;
    }
  };

  /**
   * @param {Uint8Array} message
   * @param {Uint8Array} nonce
   * @param {Uint8Array} key
   * @returns {Uint8Array}
   */
  const seal = (message, nonce, key) => {
    checkArrays(message, nonce, key);
    checkLengths(key, nonce);
    if (message.length > MAX_BULK - OVERHEAD) throw new RangeError(`message too long: at most ${MAX_BULK - OVERHEAD} bytes`);
    return run("nacl_secretbox", key, nonce, message);
  };

  /**
   * @param {Uint8Array} box
   * @param {Uint8Array} nonce
   * @param {Uint8Array} key
   * @returns {Uint8Array | null} null when it does not authenticate
   */
  const open = (box, nonce, key) => {
    checkArrays(box, nonce, key);
    checkLengths(key, nonce);
    if (box.length < OVERHEAD || box.length > MAX_BULK) return null;
    return orNull("open failed", () => run("nacl_secretbox_open", key, nonce, box));
  };

  /**
   * @param {Uint8Array} publicKey
   * @param {Uint8Array} secretKey
   * @returns {Uint8Array}
   * @throws {SealwireError} `bad key` for a public key of low order
   */
  const before = (publicKey, secretKey) => {
    checkArrays(publicKey, secretKey);
    checkKeyPairLengths(publicKey, secretKey);
    return live().callBytes("nacl_box_before", publicKey, secretKey);
  };

  /**
   * @param {Uint8Array} message
   * @param {Uint8Array} nonce
   * @param {Uint8Array} publicKey the receiver's
   * @param {Uint8Array} secretKey the sender's
   * @returns {Uint8Array}
   * @throws {SealwireError} `bad key` for a public key of low order
   */
  const box = (message, nonce, publicKey, secretKey) => {
    const key = before(publicKey, secretKey);
    try {
      return seal(message, nonce, key);
    } finally {
      key.fill(0);
    }
  };

  /**
   * @param {Uint8Array} sealed
   * @param {Uint8Array} nonce
   * @param {Uint8Array} publicKey the sender's
   * @param {Uint8Array} secretKey the receiver's
   * @returns {Uint8Array | null}
   */
  box.open = (sealed, nonce, publicKey, secretKey) => {
    // Wrong kinds and sizes are told before a bad key is, as they are where it is good.
    checkArrays(sealed, nonce, publicKey, secretKey);
    checkKeyPairLengths(publicKey, secretKey);
    checkLengths(secretKey, nonce);
    const key = orNull("bad key", () => before(publicKey, secretKey));
    if (key === null) return null;
    const message = open(sealed, nonce, key);
    key.fill(0);
    return message;
  };
  box.before = before;
  box.after = seal;
  box.open.after = open;

  /** @returns {BoxKeyPair} */
  const keyPair = () => {
    const pair = live().callBytes("nacl_key_pair");
    const result = { publicKey: pair.slice(0, KEY), secretKey: pair.slice(KEY) };
    pair.fill(0);
    return result;
  };
  /**
   * @param {Uint8Array} secretKey
   * @returns {BoxKeyPair}
   */
  keyPair.fromSecretKey = (secretKey) => {
    checkArrays(secretKey);
    if (secretKey.length !== KEY) throw new RangeError("bad secret key size");
    return { publicKey: live().callBytes("nacl_box_public", secretKey), secretKey: new Uint8Array(secretKey) };
  };
  box.keyPair = keyPair;
  box.publicKeyLength = KEY;
  box.secretKeyLength = KEY;
  box.sharedKeyLength = KEY;
  box.nonceLength = NONCE;
  box.overheadLength = OVERHEAD;

  seal.open = open;
  seal.keyLength = KEY;
  seal.nonceLength = NONCE;
  seal.overheadLength = OVERHEAD;

  return Object.freeze({
    box,
    secretbox: seal,
    randomBytes,
    /** Most bytes of a message; TweetNaCl has no limit. */
    maxMessageLength: MAX_BULK - OVERHEAD,
  });
}

/**
 * @param {number} length
 * @returns {Uint8Array}
 * @throws {SealwireError} `no randomness`
 */
function randomBytes(length) {
  if (typeof length !== "number") throw new TypeError(`length: expected a number, got ${typeof length}`);
  if (!Number.isInteger(length) || length < 0 || length > 0x7fff_ffff) throw new RangeError("length: expected a whole number of bytes");
  return drawRandom(length);
}

/**
 * @template T
 * @param {import("../errors.js").Code} code
 * @param {() => T} f
 * @returns {T | null} null where f refuses with this code
 */
function orNull(code, f) {
  try {
    return f();
  } catch (error) {
    if (error instanceof SealwireError && error.code === code) return null;
    throw error;
  }
}

/** @param {...Uint8Array} arrays */
function checkArrays(...arrays) {
  if (!arrays.every(isBytes)) throw new TypeError("unexpected type, use Uint8Array");
}

/**
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce
 */
function checkLengths(key, nonce) {
  if (key.length !== KEY) throw new RangeError("bad key size");
  if (nonce.length !== NONCE) throw new RangeError("bad nonce size");
}

/**
 * @param {Uint8Array} publicKey
 * @param {Uint8Array} secretKey
 */
function checkKeyPairLengths(publicKey, secretKey) {
  if (publicKey.length !== KEY) throw new RangeError("bad public key size");
  if (secretKey.length !== KEY) throw new RangeError("bad secret key size");
}
