// @ts-check
/**
 * A manifest's hash (SPEC 2.5): by which name it lies where others find it. It
 * decides only what is put under a name; whether a manifest is the
 * organisation's the end service judges. Browsers have no SHA-512/256.
 */
import { encodeText, toHex } from "./bytes.js";

const LABEL = "sealwire/1 manifest";
const BLOCK = 128;
const ROUNDS = 80;
const START = [
  0x22312194fc2bf72cn, 0x9f555fa3c84c64c2n, 0x2393b86b6f53b151n, 0x963877195940eabdn,
  0x96283ee2a88effe3n, 0xbe5e1e2553863992n, 0x2b0199fc2c85b8aan, 0x0eb72ddc81c52ca2n,
];
/** Of the first primes' cube roots what is behind the point. @type {bigint[]} */
const CONSTANTS = [];

/**
 * @param {Uint8Array} manifest
 * @returns {string} hex
 */
export function manifestHash(manifest) {
  if (CONSTANTS.length === 0) CONSTANTS.push(...constants());
  const label = encodeText(LABEL);
  const length = 1 + label.length + manifest.length;
  const padded = new Uint8Array(Math.ceil((length + 17) / BLOCK) * BLOCK);
  padded[0] = label.length;
  padded.set(label, 1);
  padded.set(manifest, 1 + label.length);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(length) * 8n);
  const state = BigUint64Array.from(START);
  for (let at = 0; at < padded.length; at += BLOCK) block(state, view, at);
  const out = new DataView(new ArrayBuffer(32));
  for (let n = 0; n < 4; n++) out.setBigUint64(n * 8, /** @type {bigint} */ (state[n]));
  return toHex(new Uint8Array(out.buffer));
}

/**
 * @param {BigUint64Array} state
 * @param {DataView} view
 * @param {number} at
 */
function block(state, view, at) {
  const w = new BigUint64Array(ROUNDS);
  const word = (/** @type {number} */ n) => /** @type {bigint} */ (w[n]);
  for (let n = 0; n < 16; n++) w[n] = view.getBigUint64(at + n * 8);
  for (let n = 16; n < ROUNDS; n++) {
    const [x, y] = [word(n - 15), word(n - 2)];
    w[n] = word(n - 16) + (turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n)) + word(n - 7) + (turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n));
  }
  let [a, b, c, d, e, f, g, h] = /** @type {[bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint]} */ ([...state]);
  for (let n = 0; n < ROUNDS; n++) {
    const one = h + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + ((e & f) ^ (~e & g)) + /** @type {bigint} */ (CONSTANTS[n]) + word(n);
    const two = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, BigInt.asUintN(64, d + one), c, b, a, BigInt.asUintN(64, one + two)];
  }
  for (const [n, value] of [a, b, c, d, e, f, g, h].entries()) state[n] = /** @type {bigint} */ (state[n]) + value;
}

/** @param {bigint} x @param {bigint} n */
function turn(x, n) {
  return (x >> n) | BigInt.asUintN(64, x << (64n - n));
}

function constants() {
  /** @type {bigint[]} */
  const primes = [];
  for (let n = 2n; primes.length < ROUNDS; n++) if (primes.every((p) => n % p !== 0n)) primes.push(n);
  return primes.map((prime) => {
    let root = 0n;
    // Of prime × 2^192, whole; the root is below 2^67.
    for (let bit = 1n << 67n; bit > 0n; bit >>= 1n) if ((root + bit) ** 3n <= prime << 192n) root += bit;
    return BigInt.asUintN(64, root);
  });
}
