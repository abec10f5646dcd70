// Sections 2.1, 2.3 to 2.5: primitives by @noble and tweetnacl, labels, refused
// keys, names made of hashes.

import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import nacl from "tweetnacl";

import { join, order, Refused, same, toHex, u8, utf8 } from "./codec.js";

/** @typedef {{ public: Uint8Array, x: Uint8Array, seed: Uint8Array }} Leaf public ‖ of it the X25519 scalar and ML-KEM seed */
/** @typedef {{ public: Uint8Array, seed: Uint8Array, id: Uint8Array, sign: (purpose: string, m: Uint8Array) => Uint8Array }} Identity */

/** @param {string} purpose */
export function label(purpose) {
  const text = utf8(`sealwire/1 ${purpose}`);
  return join(u8(text.length), text);
}

/** @param {string} purpose @param {...Uint8Array} parts */
export const H = (purpose, ...parts) => sha512_256(join(label(purpose), ...parts));
/**
 * HKDF-Expand, by hand: @noble's refuses keys under 64 bytes, and some here have 32.
 * @param {Uint8Array} prk @param {number} n at most 64: one block @param {string} purpose @param {...Uint8Array} parts
 */
export function Expand(prk, n, purpose, ...parts) {
  if (n > 64) throw new RangeError("one block only");
  return hmac(sha512, prk, join(label(purpose), ...parts, u8(1))).slice(0, n);
}
/** @param {Uint8Array} salt @param {Uint8Array} ikm */
export const Extract = (salt, ikm) => extract(sha512, ikm, salt);
/** @param {Uint8Array} key @param {Uint8Array} message */
export const MAC = (key, message) => hmac(sha512, key, message);

/** @param {Uint8Array} key */ export const keyHash = (key) => H("key", key);
/** @param {Uint8Array} identity */ export const memberId = (identity) => keyHash(identity).slice(0, 16);
/** @param {Uint8Array} root */ export const tenantId = (root) => H("tenant", root).slice(0, 16);
/** @param {Uint8Array} entry */ export const entryHash = (entry) => H("entry", entry);
/** @param {Uint8Array} entry */ export const entryId = (entry) => entryHash(entry).slice(0, 16);
/** @param {Uint8Array} leaf */ export const leafHash = (leaf) => H("leaf", leaf);
/** @param {Uint8Array} root */ export const orgKey = (root) => Buffer.from(root).toString("base64url");

// Section 2.6.

/** @type {Map<string, string>} digits that were worked out before */
const known = new Map();

/** @param {Uint8Array} x */
function digits(x) {
  const name = toHex(x);
  const before = known.get(name);
  if (before !== undefined) return before;
  let d = x;
  for (let i = 1; i <= 5200; i++) d = H("safety step", d, x);
  let out = "";
  for (let k = 0; k < 6; k++) {
    const group = d.subarray(5 * k, 5 * k + 5).reduce((n, byte) => n * 256n + BigInt(byte), 0n);
    out += String(group % 100_000n).padStart(5, "0");
  }
  known.set(name, out);
  return out;
}

/** @param {Uint8Array} root @param {Uint8Array} identity */
export const safetyValue = (root, identity) => H("safety number", root, identity);
/** @param {Uint8Array} root @param {Uint8Array} identity */
export const safetyHalf = (root, identity) => digits(safetyValue(root, identity));
/** @param {Uint8Array} root @param {Uint8Array} one @param {Uint8Array} other identity keys, in any order */
export const safetyNumber = (root, one, other) => [one, other].sort(order).map((identity) => safetyHalf(root, identity)).join("");
/** @param {Uint8Array} transcript */
export const transcriptDigits = (transcript) => digits(transcript);

// Keys that are refused (section 2.4).

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** @param {Uint8Array} bytes little-endian */
const little = (bytes) => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

// y of the points of order 8: ± a square root of (the d of the curve's) …; the two
// known values, as every library lists them.
const ORDER8_Y = little(new Uint8Array(Buffer.from("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "hex")));
const SMALL_Y = new Set([0n, 1n, P - 1n, ORDER8_Y, P - ORDER8_Y]);
const SMALL_U = new Set([
  0n, 1n, P - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);

/** @param {Uint8Array} key */
export function checkEd25519(key) {
  if (key.length !== 32) throw new Refused("bad key", "not 32 bytes");
  const y = little(key) & (2n ** 255n - 1n);
  if (y >= P || SMALL_Y.has(y)) throw new Refused("bad key", "Ed25519");
}

/** @param {Uint8Array} key */
export function checkX25519(key) {
  if (key.length !== 32) throw new Refused("bad key", "not 32 bytes");
  const u = little(key);
  if (u >= P || SMALL_U.has(u)) throw new Refused("bad key", "X25519");
}

/** @param {Uint8Array} key */
export function checkMLKEM(key) {
  if (key.length !== 1184) throw new Refused("bad key", "not 1,184 bytes");
  for (let i = 0; i < 1152; i += 3) {
    const a = key[i] | ((key[i + 1] & 15) << 8);
    const b = (key[i + 1] >> 4) | (key[i + 2] << 4);
    if (a >= 3329 || b >= 3329) throw new Refused("bad key", "ML-KEM coefficient");
  }
}

/** @param {Uint8Array} leaf */
export function checkLeaf(leaf) {
  checkX25519(leaf.subarray(0, 32));
  checkMLKEM(leaf.subarray(32));
}

// Signatures: Ed25519 by tweetnacl, which compares R by its bytes (cofactorless)
// but takes an S that is not below L.

/** @param {Uint8Array} seed @returns {Identity} */
export function identity(seed) {
  const pair = nacl.sign.keyPair.fromSeed(seed);
  return {
    public: pair.publicKey,
    seed,
    id: memberId(pair.publicKey),
    sign: (purpose, m) => nacl.sign.detached(join(label(purpose), keyHash(pair.publicKey), m), pair.secretKey),
  };
}

/** @param {Uint8Array} key @param {string} purpose @param {Uint8Array} m @param {Uint8Array} signature */
export function verify(key, purpose, m, signature) {
  checkEd25519(key);
  if (little(signature.subarray(32)) >= L) return false;
  return nacl.sign.detached.verify(join(label(purpose), keyHash(key), m), signature, key);
}

// Sealing.

/** @param {Uint8Array} key @param {Uint8Array} nonce @param {Uint8Array} plaintext */
export const secretbox = (key, nonce, plaintext) => xsalsa20poly1305(key, nonce).encrypt(plaintext);

/** @param {Uint8Array} key @param {Uint8Array} nonce @param {Uint8Array} sealed */
export function secretboxOpen(key, nonce, sealed) {
  try {
    return xsalsa20poly1305(key, nonce).decrypt(sealed);
  } catch {
    throw new Refused("open failed", "secretbox");
  }
}

/** crypto_box_beforenm. @param {Uint8Array} secret @param {Uint8Array} key */
export function boxKey(secret, key) {
  let shared;
  try {
    shared = x25519.getSharedSecret(secret, key);
  } catch {
    throw new Refused("bad key", "zero shared point");
  }
  if (shared.every((byte) => byte === 0)) throw new Refused("bad key", "zero shared point");
  const sigma = new Uint32Array(Uint8Array.from(utf8("expand 32-byte k")).buffer);
  const out = new Uint32Array(8);
  hsalsa(sigma, new Uint32Array(Uint8Array.from(shared).buffer), new Uint32Array(4), out);
  const key32 = new Uint8Array(out.buffer);
  if (!same(key32, nacl.box.before(key, secret))) throw new Error("@noble and tweetnacl disagree");
  return key32;
}

/** A leaf of its secrets. @param {Uint8Array} x @param {Uint8Array} seed @returns {Leaf} */
export const leafOf = (x, seed) => ({ public: join(x25519.getPublicKey(x), ml_kem768.keygen(seed).publicKey), x, seed });

/** @param {Uint8Array} leaf @param {Uint8Array} [coins] */
export const encapsulate = (leaf, coins) => ml_kem768.encapsulate(leaf.subarray(32), coins);
/** @param {Leaf} leaf @param {Uint8Array} ct */
export const decapsulate = (leaf, ct) => ml_kem768.decapsulate(ct, ml_kem768.keygen(leaf.seed).secretKey);
/** @param {Uint8Array} secret */
export const x25519Public = (secret) => x25519.getPublicKey(secret);

/** @param {number} n */
export const randomBytes = (n) => nacl.randomBytes(n);
